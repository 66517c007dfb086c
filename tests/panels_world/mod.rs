//! A made-up project for the tests of the panels: everything that a `View` borrows, on believable data.
#![allow(dead_code, reason = "each test file uses its own part")]

mod figures;
pub mod stage;

pub use figures::*;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use mapsto::app::desk::Desk;
use mapsto::app::thumbnails::Thumbnails;
use mapsto::app::view::{
    Curves, Data, Drawn, InspectSet, Pinned, ShownRun, ThemeChoice, Tried, View, Workspace,
};
use mapsto::dataset::{Alike, Dataset, HealthContext, Problem, Source, SplitRecipe, health, split};
use mapsto::network::{Context, Editor, Loss, Report, check, template};
use mapsto::project::{ListedRun, Recipe, RunInfo, RunState};
use mapsto::results::{Evaluation, mistakes};
use mapsto::training::{DeviceInfo, FeatureMaps, Phase, Status};

/// Owns what a view borrows.
pub struct World {
    pub workspace: Workspace,
    pub source: Option<Source>,
    pub data: Data,
    pub desk: Desk,
    pub thumbnails: Thumbnails,
    pub editor: Editor,
    pub report: Report,
    pub recipe: Recipe,
    pub devices: Vec<DeviceInfo>,
    pub blocked: Option<String>,
    pub status: Status,
    pub curves: Curves,
    pub maps: Option<Arc<FeatureMaps>>,
    pub pinned: Option<Pinned>,
    pub runs: Vec<ListedRun>,
    pub shown: Option<ShownRun>,
    pub tried: Vec<Tried>,
    pub tried_selected: Option<usize>,
}

impl World {
    /// A new project with nothing in it.
    pub fn empty() -> Self {
        let graph = template("digits-cnn").expect("template").graph(Some(10));
        let context = Context {
            classes: Some(10),
            loss: Loss::CrossEntropy,
            batch: 128,
        };
        Self {
            workspace: Workspace::Data,
            source: None,
            data: Data::None,
            desk: Desk::default(),
            thumbnails: Thumbnails::empty(),
            report: check(&graph, &context),
            editor: Editor::new(graph),
            recipe: Recipe::default(),
            devices: vec![
                device("cpu", "CPU · Flex, 8 threads", false),
                device("gpu:llvmpipe", "llvmpipe", true),
            ],
            blocked: None,
            status: Status::default(),
            curves: Curves::default(),
            maps: None,
            pinned: None,
            runs: Vec::new(),
            shown: None,
            tried: Vec::new(),
            tried_selected: None,
        }
    }

    /// The digits dealt out to `classes` classes.
    pub fn with_classes(classes: usize) -> Self {
        let mut data = Dataset::digits();
        data.classes = (0..classes).map(class_name).collect();
        if classes == 10 {
            data.classes = (0..10).map(|digit| digit.to_string()).collect();
        }
        for (place, image) in data.images.iter_mut().enumerate() {
            // Uneven on purpose; the digits keep their own classes.
            if classes != 10 {
                let skewed = (noise(place as u64).powf(1.4) * classes as f64) as usize;
                image.class = if place < classes {
                    place
                } else {
                    skewed.min(classes - 1)
                };
            }
        }
        data.problems = problems();
        Self::with_data(data)
    }

    pub fn with_data(data: Dataset) -> Self {
        let mut world = Self::empty();
        let splits = split(
            &data,
            &SplitRecipe {
                validation: 0.1,
                test: 0.1,
                seed: 42,
                ..SplitRecipe::default()
            },
        )
        .expect("split");
        let mut counts = vec![[0; 3]; data.classes.len()];
        for (set, list) in [&splits.train, &splits.validation, &splits.test]
            .into_iter()
            .enumerate()
        {
            for index in list {
                counts[data.images[*index].class][set] += 1;
            }
        }
        let alike = Alike::default();
        let context = HealthContext {
            alike: Some(&alike),
            ..HealthContext::default()
        };
        world.desk.health = Some(Arc::new(health(&data, Some(&splits), &context)));
        world.desk.alike = Some(Arc::new(alike));
        world.source = Some(data.source.clone());
        world.data = Data::Ready {
            dataset: Arc::new(data),
            splits: Arc::new(splits),
            counts,
        };
        world
    }

    pub fn dataset(&self) -> &Arc<Dataset> {
        self.data.ready().expect("data").0
    }

    /// A training in its fourth epoch, with an image pinned.
    pub fn training(mut self) -> Self {
        self.curves = curves(4.0);
        self.status = Status {
            phase: Phase::Training,
            device: "CPU · Flex, 8 threads".to_owned(),
            epoch: 4,
            epochs: 10,
            step: 31,
            steps_per_epoch: 63,
            steps_done: 220,
            images_per_second: 48_210.0,
            step_ms: 2.6,
            learning_rate: 1e-3,
            time_left: Some(Duration::from_secs(21)),
            best: Some((3, 0.954)),
            probe_share: 0.008,
            ..Status::default()
        };
        let file = self.dataset().images[5].file.clone();
        self.pinned = Some(Pinned {
            index: 5,
            file,
            class: "0".to_owned(),
            texture: None,
        });
        self.maps = Some(Arc::new(maps(220, self.dataset().classes.len())));
        self.runs = runs();
        self.shown = Some(shown("0015-digits-cnn", true));
        self
    }

    /// A finished run that was evaluated on its validation set.
    pub fn evaluated(mut self) -> Self {
        let evaluation = Arc::new(evaluation(
            self.dataset(),
            &self.data.ready().expect("data").1.validation,
        ));
        let mut run = shown("0015-digits-cnn", false);
        run.confusion = Some(Arc::new(evaluation.confusion()));
        run.mistakes = Arc::new(mistakes::worst(&evaluation));
        run.evaluation = Some(evaluation);
        self.shown = Some(run);
        self.status.phase = Phase::Finished;
        self.runs = runs();
        self
    }

    pub fn evaluation(&self) -> &Arc<Evaluation> {
        let shown = self.shown.as_ref().expect("a run");
        shown.evaluation.as_ref().expect("an evaluation")
    }

    pub fn view(&self) -> View<'_> {
        View {
            workspace: self.workspace,
            dialog: None,
            palette: false,
            project_name: "digits",
            project_path: None,
            unsaved: false,
            recent: &[],
            theme: ThemeChoice::Dark,
            source: self.source.as_ref(),
            data: &self.data,
            desk: &self.desk,
            thumbnails: &self.thumbnails,
            editor: &self.editor,
            report: &self.report,
            comparison: None,
            on_layers: None,
            template: Some("digits-cnn"),
            selected: None,
            selection: &[],
            blocks: &[],
            recipe: &self.recipe,
            devices: &self.devices,
            train_blocked: self.blocked.as_deref(),
            status: &self.status,
            curves: &self.curves,
            maps: self.maps.as_ref(),
            drawn: Drawn::default(),
            pinned: self.pinned.as_ref(),
            runs: &self.runs,
            shown: self.shown.as_ref(),
            tried: &self.tried,
            tried_selected: self.tried_selected,
            notices: &[],
        }
    }
}

pub fn shown(name: &str, live: bool) -> ShownRun {
    ShownRun {
        name: name.to_owned(),
        path: Some(PathBuf::from("runs").join(name)),
        live,
        stored: None,
        set: InspectSet::Validation,
        evaluation: None,
        confusion: None,
        mistakes: Arc::default(),
        evaluating: None,
        problem: None,
        examined: None,
    }
}

pub fn device(id: &str, name: &str, software: bool) -> DeviceInfo {
    DeviceInfo {
        id: id.to_owned(),
        name: name.to_owned(),
        software,
    }
}

/// Short names, long ones, other scripts.
fn class_name(class: usize) -> String {
    let stems = [
        "cat",
        "dog",
        "aeroplane",
        "Übergangsjäckchen mit Fell",
        "πλοίο",
        "automobile",
        "frog",
    ];
    let stem = stems[class % stems.len()];
    if class < stems.len() {
        stem.to_owned()
    } else {
        format!("{stem} {class:03}")
    }
}

fn problems() -> Vec<Problem> {
    let problem = |file: &str, reason: &str| Problem {
        file: file.to_owned(),
        reason: reason.to_owned(),
    };
    vec![
        problem(
            "3/0042.jpg",
            "is cut off: the file ends in the middle of the picture",
        ),
        problem(
            "3/0051.jpg",
            "is cut off: the file ends in the middle of the picture",
        ),
        problem("7/empty.png", "is empty"),
    ]
}

fn runs() -> Vec<ListedRun> {
    let run = |number: u32, title: &str, state: RunState, best: f64, epochs: u32| {
        let name = format!("{number:04}-{title}");
        let info = RunInfo {
            number,
            name: name.clone(),
            created: "2026-11-22T17:40:00Z".to_owned(),
            state,
            title: title.to_owned(),
            epochs_done: epochs,
            best_accuracy: (best > 0.0).then_some(best),
            ..RunInfo::default()
        };
        ListedRun {
            path: PathBuf::from("runs").join(&name),
            info,
            problem: None,
        }
    };
    vec![
        run(12, "plain-mlp", RunState::Failed, 0.0, 0),
        run(13, "plain-mlp", RunState::Finished, 0.937, 10),
        run(14, "dropout-mlp", RunState::Stopped, 0.951, 7),
        run(15, "digits-cnn", RunState::Finished, 0.954, 10),
    ]
}
