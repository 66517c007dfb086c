//! An evaluation that the user asked for: images are found and decoded on a thread of its own, then
//! the engine takes one batch at a time.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, channel};

use super::error::TrainError;
use super::evaluate::{Evaluator, Inference};
use super::memory::pixel_budget;
use super::probe::input_size;
use super::session::Over;
use crate::dataset::{
    Dataset, InputSize, PixelStore, Preprocess, Progress, Room, Set, Source, Stored,
};
use crate::project::{OpenRun, RunState, open_run, write_evaluation};
use crate::results::Evaluation;

/// Images to evaluate on.
pub(super) struct Images {
    pub store: Arc<PixelStore>,
    /// The name and class of each.
    pub truth: Vec<(String, usize)>,
    /// What is left out, in words.
    pub notes: Vec<String>,
}

pub(super) type Loaded = Result<Images, TrainError>;

pub(super) struct EvaluationJob {
    pub ticket: u64,
    inference: Inference,
    progress: Arc<Progress>,
    loading: Receiver<Loaded>,
    evaluator: Option<Evaluator>,
    /// Where the figures are kept: the run and the set, for the own sets of a run that has ended.
    keep: Option<(PathBuf, Set)>,
    /// Facts about the images that are no errors.
    pub notes: Vec<String>,
}

impl EvaluationJob {
    /// Begins to load the images.
    pub fn start(
        ticket: u64,
        run: &Path,
        over: Over,
        inference: Inference,
        progress: Arc<Progress>,
    ) -> Result<Self, TrainError> {
        let stored = open_run(run)?;
        let set = match over {
            Over::OwnTest if stored.data()?.test.is_empty() => Some(Set::Validation),
            Over::OwnTest => Some(Set::Test),
            Over::Own(set) => Some(set),
            Over::Folder(_) => None,
        };
        // A run in training writes its own figures at its end, with weights that may be better.
        let ended = stored.info.state != RunState::Running;
        let keep = set.filter(|_| ended).map(|set| (run.to_path_buf(), set));
        let stored_as = stored_as(&stored, input_size(&inference.network));
        let (sender, loading) = channel();
        let watched = progress.clone();
        std::thread::Builder::new()
            .name("evaluation images".to_owned())
            .spawn(move || {
                let images = match (over, set) {
                    (Over::Folder(source), _) => {
                        other_images(&stored, &source, &stored_as, &watched)
                    }
                    (_, set) => own_images(&stored, set.unwrap_or(Set::Test), &stored_as, &watched),
                };
                // The engine may have ended meanwhile; then nobody waits for the images.
                if sender.send(images).is_err() {
                    log::debug!("an evaluation was given up");
                }
            })
            .map_err(|error| TrainError::Request(format!("No thread could be started: {error}")))?;
        Ok(Self {
            ticket,
            inference,
            progress,
            loading,
            evaluator: None,
            keep,
            notes: Vec::new(),
        })
    }

    /// Lets the thread that reads the images end.
    pub fn cancel(&self) {
        self.progress.cancel();
    }

    /// Whether there is computing to do now (not only waiting for images).
    pub fn computing(&self) -> bool {
        self.evaluator.is_some()
    }

    /// A batch further; the result when it is done.
    pub fn advance(&mut self) -> Option<Result<Evaluation, TrainError>> {
        if self.progress.cancelled() {
            return Some(Err(TrainError::Request(
                "The evaluation was cancelled".to_owned(),
            )));
        }
        let Some(evaluator) = &mut self.evaluator else {
            match self.loading.try_recv() {
                Err(TryRecvError::Empty) => return None,
                Err(TryRecvError::Disconnected) => {
                    return Some(Err(TrainError::Panic("reading the images".to_owned())));
                }
                Ok(Err(error)) => return Some(Err(error)),
                Ok(Ok(images)) => {
                    self.progress.begin(images.store.len());
                    self.notes = images.notes;
                    self.evaluator = Some(Evaluator::new(images.store, images.truth));
                    return None;
                }
            }
        };
        let before = evaluator.progress().0;
        match evaluator.advance(&self.inference) {
            Err(error) => Some(Err(error.into())),
            Ok(false) => {
                self.progress.advance(evaluator.progress().0 - before);
                None
            }
            Ok(true) => {
                let evaluator = self.evaluator.take()?;
                let evaluation = evaluator.finish(&self.inference.classes);
                if let Some((run, set)) = &self.keep
                    && let Err(error) = write_evaluation(run, &set.to_string(), &evaluation)
                {
                    // The figures are still shown; they only have to be computed again next time.
                    log::warn!("{error}");
                }
                Some(Ok(evaluation))
            }
        }
    }
}

/// As the run's recipe says; as new runs have it where the recipe is lost.
fn stored_as(run: &OpenRun, size: InputSize) -> Stored {
    match &run.recipe {
        Some(recipe) => Stored::plain(size, &recipe.preprocess),
        None => Stored::plain(size, &Preprocess::default()),
    }
}

/// The images of one of the run's own sets, found again by name.
fn own_images(run: &OpenRun, set: Set, stored: &Stored, progress: &Progress) -> Loaded {
    let data = run.data()?;
    let files = match set {
        Set::Train => &data.train,
        Set::Validation => &data.validation,
        Set::Test => &data.test,
    };
    if files.is_empty() {
        return Err(TrainError::Request(format!(
            "The run {} has no {set} images; evaluate it on another folder",
            run.info.name
        )));
    }
    let source = match (&data.test_source, set) {
        (Some(source), Set::Test) => source,
        _ => &data.source,
    };
    let data = Arc::new(Dataset::open(source, progress).map_err(|error| {
        TrainError::Request(format!(
            "{error}. These are the {set} images of the run; it can be evaluated on another folder"
        ))
    })?);
    let mut wanted: Vec<&str> = files.iter().map(String::as_str).collect();
    wanted.sort_unstable();
    let found = (0..data.len()).filter(|index| {
        let file = data.images[*index].file.as_str();
        wanted.binary_search(&file).is_ok()
    });
    let found: Vec<usize> = found.collect();
    let mut images = load(&data, &found, &run.info.classes, stored, progress)?;
    let lost = files.len().saturating_sub(found.len());
    if lost > 0 {
        images.notes.push(format!(
            "{lost} of the {} {set} images are no longer there or cannot be read: the figures are \
             of the others",
            files.len()
        ));
    }
    Ok(images)
}

/// Every image of another folder, or its `test/` where it has one.
fn other_images(run: &OpenRun, source: &Source, stored: &Stored, progress: &Progress) -> Loaded {
    let data = Arc::new(Dataset::open(source, progress)?);
    let indices: Vec<usize> = test_images(&data).collect();
    load(&data, &indices, &run.info.classes, stored, progress)
}

/// The images below `test/` where there is one, else all of them.
pub(super) fn test_images(data: &Dataset) -> impl Iterator<Item = usize> {
    let is_test = |index: &usize| data.images[*index].given == Some(Set::Test);
    let whole = !(0..data.len()).any(|index| is_test(&index));
    (0..data.len()).filter(move |index| whole || is_test(index))
}

/// Decodes the images whose class the run knows.
pub(super) fn load(
    data: &Arc<Dataset>,
    indices: &[usize],
    classes: &[String],
    stored: &Stored,
    progress: &Progress,
) -> Loaded {
    // The model counts classes in the order of its own training.
    let known: Vec<Option<usize>> = data
        .classes
        .iter()
        .map(|class| classes.iter().position(|known| known == class))
        .collect();
    let class_of = |index: &usize| known.get(data.images[*index].class).copied().flatten();
    let usable: Vec<(usize, usize)> = indices
        .iter()
        .filter_map(|index| Some((*index, class_of(index)?)))
        .collect();
    if usable.is_empty() {
        return Err(TrainError::Request(format!(
            "{} holds no image of the run's classes ({}): the folders must have the same names",
            data.source,
            classes.join(", ")
        )));
    }
    let mut notes = Vec::new();
    let left_out = indices.len() - usable.len();
    if left_out > 0 {
        let unknown = data.classes.iter().filter(|class| !classes.contains(class));
        let unknown: Vec<&str> = unknown.map(String::as_str).collect();
        notes.push(format!(
            "{left_out} images of {} are left out: the run knows no class called {}",
            data.source,
            unknown.join(", ")
        ));
    }
    let indices: Vec<usize> = usable.iter().map(|(index, _)| *index).collect();
    let room = Room::memory(pixel_budget());
    let store = PixelStore::load(data, &indices, stored, &room, progress)?;
    let truth = usable
        .iter()
        .map(|(index, class)| (data.images[*index].file.clone(), *class));
    Ok(Images {
        store: Arc::new(store),
        truth: truth.collect(),
        notes,
    })
}
