//! Which run Train and Inspect show, and everything of it that is shown.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::done::{Analysed, LoadedRun};
use super::jobs::Jobs;
use super::view::{InspectSet, ShownRun};
use crate::dataset::Progress;
use crate::project::ListedRun;
use crate::results::Evaluation;
use crate::training::{Explained, Session, Status};

/// What is told while a run is read.
pub const READING: &str = "The run is being read";

/// An evaluation that the engine is computing for a run.
struct Evaluating {
    ticket: u64,
    path: PathBuf,
    set: InspectSet,
    progress: Arc<Progress>,
}

/// The run that is shown: the chosen one, else the one in training or trained last.
#[derive(Default)]
pub struct Shown {
    chosen: Option<PathBuf>,
    loaded: Option<(PathBuf, LoadedRun)>,
    /// Asked for and not yet there.
    loading: Option<PathBuf>,
    /// What the last epoch's validation of the live run says.
    live: Option<Analysed>,
    live_seen: Option<Arc<Evaluation>>,
    /// Tickets of evaluations that a job is looking through.
    evaluating: Option<Evaluating>,
    /// The engine's training is of this project.
    ours: bool,
    set: InspectSet,
    run: Option<ShownRun>,
}

/// A run, and whether it is in training.
#[derive(Clone, PartialEq)]
struct Target {
    path: Option<PathBuf>,
    live: bool,
}

impl Shown {
    pub fn run(&self) -> Option<&ShownRun> {
        self.run.as_ref()
    }

    /// The user's choice; `None` follows the training again.
    pub fn choose(&mut self, path: Option<PathBuf>) {
        self.chosen = path;
    }

    pub fn show_set(&mut self, set: InspectSet) {
        self.set = set;
        self.fill();
    }

    /// A training begins: it is what there is to see.
    pub fn follow(&mut self) {
        self.chosen = None;
        self.ours = true;
        self.live = None;
        self.live_seen = None;
        self.run = None;
    }

    /// Another project: nothing of the old one is left.
    pub fn clear(&mut self) {
        *self = Self {
            set: self.set,
            ..Self::default()
        };
    }

    fn target(&self, status: &Status, runs: &[ListedRun]) -> Option<Target> {
        let active = status.phase.is_active();
        if let Some(path) = &self.chosen {
            return Some(Target {
                live: active && status.run.as_ref() == Some(path),
                path: Some(path.clone()),
            });
        }
        if self.ours && (active || status.run.is_some()) {
            return Some(Target {
                path: status.run.clone(),
                live: active,
            });
        }
        let newest = runs.iter().max_by_key(|run| run.info.number)?;
        Some(Target {
            path: Some(newest.path.clone()),
            live: false,
        })
    }

    /// Once a frame: follows the training and asks for what is missing.
    pub fn update(&mut self, status: &Status, runs: &[ListedRun], session: &Session, jobs: &Jobs) {
        let target = self.target(status, runs);
        let now = self.run.as_ref().map(|run| Target {
            path: run.path.clone(),
            live: run.live,
        });
        if target != now {
            self.run = target.clone().map(|target| empty(&target, self.set));
            self.fill();
        }
        let Some(target) = target else { return };
        if target.live {
            self.look_at_live(session, jobs);
        } else if let Some(path) = target.path
            && self
                .loaded
                .as_ref()
                .is_none_or(|(loaded, _)| *loaded != path)
            && self.loading.as_ref() != Some(&path)
        {
            jobs.open_run(path.clone());
            self.loading = Some(path);
        }
    }

    /// The validation of the last epoch, looked through on a job's thread.
    fn look_at_live(&mut self, session: &Session, jobs: &Jobs) {
        let Some(validation) = session.validation() else {
            return;
        };
        let seen = self
            .live_seen
            .as_ref()
            .is_some_and(|seen| Arc::ptr_eq(seen, &validation));
        if !seen && !validation.rows.is_empty() {
            self.live_seen = Some(validation.clone());
            jobs.analyse(0, validation);
        }
    }

    /// A run has been read.
    pub fn loaded(&mut self, path: PathBuf, result: Result<Box<LoadedRun>, String>) {
        if self.loading.as_ref() == Some(&path) {
            self.loading = None;
        }
        match result {
            Ok(run) => self.loaded = Some((path, *run)),
            Err(problem) => {
                if let Some(run) = &mut self.run
                    && run.path.as_ref() == Some(&path)
                {
                    run.problem = Some(problem);
                    // Not to be asked for again and again.
                    self.loading = Some(path);
                }
                return;
            }
        }
        self.fill();
    }

    /// An evaluation has been looked through; ticket 0 is the live run's validation.
    pub fn analysed(&mut self, ticket: u64, analysed: Analysed) {
        if ticket == 0 {
            self.live = Some(analysed);
        } else if let Some(done) = self.evaluating.take_if(|e| e.ticket == ticket)
            && let Some((path, run)) = &mut self.loaded
            && *path == done.path
        {
            match done.set {
                InspectSet::Validation => run.validation = Some(analysed),
                InspectSet::Test => run.test = Some(analysed),
            }
        }
        self.fill();
    }

    /// The run whose evaluation the user may ask for.
    pub fn to_evaluate(&self) -> Option<(PathBuf, InspectSet)> {
        let run = self.run.as_ref()?;
        if run.live {
            return None;
        }
        Some((run.path.clone()?, self.set))
    }

    pub fn evaluation_asked(&mut self, ticket: u64, path: PathBuf, progress: Arc<Progress>) {
        self.evaluating = Some(Evaluating {
            ticket,
            path,
            set: self.set,
            progress,
        });
        self.fill();
    }

    /// The evaluation that a ticket is of has failed.
    pub fn evaluation_failed(&mut self, ticket: u64, message: String) {
        if self
            .evaluating
            .take_if(|asked| asked.ticket == ticket)
            .is_some()
        {
            self.fill();
            if let Some(run) = &mut self.run {
                run.problem = Some(message);
            }
        }
    }

    pub fn cancel_evaluation(&self) {
        if let Some(evaluating) = &self.evaluating {
            evaluating.progress.cancel();
        }
    }

    /// Begins to look closely at a row.
    pub fn examine(&mut self, row: Option<usize>) {
        if let Some(run) = &mut self.run {
            run.examined = row.map(|row| (row, None));
        }
    }

    pub fn explained(&mut self, result: Result<Explained, String>) {
        if let Some(run) = &mut self.run
            && let Some((_, answer)) = &mut run.examined
        {
            *answer = Some(result);
        }
    }

    /// The model that answers for what is shown.
    pub fn model(&self) -> Option<crate::training::Model> {
        let run = self.run.as_ref()?;
        match (&run.path, run.live) {
            (_, true) => Some(crate::training::Model::Live),
            (Some(path), false) => Some(crate::training::Model::Run(path.clone())),
            (None, false) => None,
        }
    }

    /// The history on disk of what is shown, unless it is live.
    pub fn stored(&self) -> Option<&LoadedRun> {
        let run = self.run.as_ref()?;
        let (path, loaded) = self.loaded.as_ref()?;
        (!run.live && run.path.as_deref() == Some(path.as_path())).then_some(loaded)
    }

    /// Puts what is known into what is shown.
    fn fill(&mut self) {
        let Some(mut run) = self.run.take() else {
            return;
        };
        run.set = self.set;
        let evaluating = self.evaluating.as_ref();
        run.evaluating = evaluating
            .filter(|asked| run.path.as_ref() == Some(&asked.path) && asked.set == self.set)
            .map(|asked| asked.progress.clone());
        let found = if run.live {
            self.live
                .clone()
                .filter(|_| self.set == InspectSet::Validation)
        } else {
            self.loaded
                .as_ref()
                .filter(|(path, _)| run.path.as_deref() == Some(path))
                .and_then(|(_, loaded)| {
                    run.stored = Some(loaded.run.clone());
                    match self.set {
                        InspectSet::Validation => loaded.validation.clone(),
                        InspectSet::Test => loaded.test.clone(),
                    }
                })
        };
        let same = match (&run.evaluation, &found) {
            (Some(old), Some(new)) => Arc::ptr_eq(old, &new.evaluation),
            (None, None) => true,
            _ => false,
        };
        if !same {
            // Rows of another evaluation are other images.
            run.examined = None;
        }
        run.problem = found.is_none().then(|| missing(&run, self.set));
        run.evaluation = found.as_ref().map(|found| found.evaluation.clone());
        run.confusion = found.as_ref().map(|found| found.confusion.clone());
        run.mistakes = found.map_or_else(Default::default, |found| found.mistakes);
        self.run = Some(run);
    }
}

/// Why there is nothing to inspect.
fn missing(run: &ShownRun, set: InspectSet) -> String {
    match (run.live, set, &run.stored) {
        (true, InspectSet::Validation, _) => {
            "The first figures come when the first epoch has ended".to_owned()
        }
        (true, InspectSet::Test, _) => {
            "The test set is looked at once, when the training has ended".to_owned()
        }
        (false, _, None) => READING.to_owned(),
        (false, _, Some(stored)) => {
            let damage = stored.damage.first();
            damage.map_or_else(
                || "This run has not been evaluated on this set yet".to_owned(),
                |damage| damage.message.clone(),
            )
        }
    }
}

fn empty(target: &Target, set: InspectSet) -> ShownRun {
    ShownRun {
        name: target
            .path
            .as_deref()
            .and_then(Path::file_name)
            .map_or_else(
                || "now".to_owned(),
                |name| name.to_string_lossy().into_owned(),
            ),
        path: target.path.clone(),
        live: target.live,
        stored: None,
        set,
        evaluation: None,
        confusion: None,
        mistakes: Arc::default(),
        evaluating: None,
        problem: None,
        examined: None,
    }
}
