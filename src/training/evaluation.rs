//! An evaluation that the user asked for: images are found and decoded on a thread of its own, then
//! the engine takes one batch at a time.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::time::Duration;

use super::error::TrainError;
use super::evaluate::{Evaluator, Inference};
use super::memory::pixel_budget;
use super::probe::input_size;
use super::session::{Evaluating, Over};
use super::views::Views;
use crate::dataset::{
    Dataset, DatasetError, Layout, Loader, Opening, PixelStore, Progress, Room, Set, Source, Stored,
};
use crate::project::{Mark, OpenRun, RunState, open_run, write_evaluation};
use crate::results::Evaluation;

/// Images to evaluate on.
pub(super) struct Images {
    pub store: Arc<PixelStore>,
    /// The same images, larger, where views of them look closer.
    pub larger: Option<Arc<PixelStore>>,
    /// The name and class of each.
    pub truth: Vec<(String, usize)>,
    /// What is left out, in words.
    pub notes: Vec<String>,
}

pub(super) type Loaded = Result<Images, TrainError>;

impl Images {
    /// With the same images in that size.
    fn with(self, larger: &Stored, progress: &Progress) -> Loaded {
        let store = &self.store;
        let indices: Vec<usize> = (0..store.len()).map(|place| store.index(place)).collect();
        let larger = PixelStore::load(store.data(), &indices, larger, &room(), progress)?;
        Ok(Self {
            larger: Some(Arc::new(larger)),
            ..self
        })
    }
}

pub(super) struct EvaluationJob {
    pub ticket: u64,
    inference: Inference,
    progress: Arc<Progress>,
    loading: Receiver<Loaded>,
    evaluator: Option<Evaluator>,
    /// Test-time augmentation, if asked for.
    views: Option<Views>,
    /// Where the figures are kept: the run and the set, for the own sets of a run that has ended.
    keep: Option<(PathBuf, Set)>,
    /// Facts about the images that are no errors.
    pub notes: Vec<String>,
}

impl EvaluationJob {
    /// Begins to load the images.
    pub fn start(
        ticket: u64,
        asked: Evaluating,
        inference: Inference,
        progress: Arc<Progress>,
    ) -> Result<Self, TrainError> {
        let stored = open_run(&asked.run)?;
        let set = match asked.over {
            Over::OwnTest if stored.data()?.test.is_empty() => Some(Set::Validation),
            Over::OwnTest => Some(Set::Test),
            Over::Own(set) => Some(set),
            Over::Folder(_) => None,
        };
        let views = Views::of(stored.recipe()?, asked.views);
        // A run in training writes its own figures at its end, with weights that may be better. Those of several
        // views are not what other runs are compared by.
        let keeps = stored.info.state != RunState::Running && views.is_none();
        let keep = set.filter(|_| keeps).map(|set| (asked.run.clone(), set));
        let wanted = Wanted {
            stored: Stored::plain(input_size(&inference.network), &inference.preprocess),
            cache: asked.cache,
        };
        let larger = views.as_ref().and_then(|views| {
            let Stored {
                input, preprocess, ..
            } = &wanted.stored;
            views.stored(*input, preprocess)
        });
        let over = asked.over;
        let (sender, loading) = channel();
        let watched = progress.clone();
        std::thread::Builder::new()
            .name("evaluation images".to_owned())
            .spawn(move || {
                let images = match (over, set) {
                    (Over::Folder(opening), _) => {
                        other_images(&stored, &opening, &wanted, &watched)
                    }
                    (_, set) => own_images(&stored, set.unwrap_or(Set::Test), &wanted, &watched),
                };
                let images = match &larger {
                    Some(larger) => images.and_then(|images| images.with(larger, &watched)),
                    None => images,
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
            views,
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
        self.evaluator
            .as_ref()
            .is_some_and(|evaluator| !evaluator.is_waiting())
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
                    let mut views = self.views.take();
                    if let Some(views) = &mut views {
                        views.store = images.larger;
                    }
                    let evaluator = Evaluator::new(images.store, images.truth);
                    self.evaluator = Some(evaluator.with_views(views));
                    return None;
                }
            }
        };
        let before = evaluator.progress().0;
        match evaluator.advance(&self.inference, Duration::ZERO) {
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

/// How images are wanted.
struct Wanted {
    stored: Stored,
    /// The folder of the index.
    cache: Option<PathBuf>,
}

impl Wanted {
    fn open(
        &self,
        source: &Source,
        layout: Option<&Layout>,
        progress: &Progress,
    ) -> Result<Dataset, DatasetError> {
        let opening = Opening {
            layout: layout.cloned(),
            cache: self.cache.clone(),
            ..Opening::from(source.clone())
        };
        Dataset::open_with(&opening, progress)
    }
}

/// The images of one of the run's own sets, found again by name, with the classes that they had in the training.
fn own_images(run: &OpenRun, set: Set, wanted: &Wanted, progress: &Progress) -> Loaded {
    let data = run.data()?;
    let files = data.files(set);
    if files.is_empty() {
        return Err(TrainError::Request(format!(
            "The run {} has no {set} images; evaluate it on another folder",
            run.info.name
        )));
    }
    let (source, layout) = data.place(set);
    let now = wanted.open(source, layout, progress).map_err(|error| {
        TrainError::Request(format!(
            "{error}. These are the {set} images of the run; it can be evaluated on another folder"
        ))
    })?;
    let now = Arc::new(now);
    let marks = data.marks(set);
    let mut found: Vec<(usize, Option<Mark>)> = files
        .iter()
        .enumerate()
        .filter_map(|(place, file)| Some((now.index_of(file)?, marks.get(place).copied())))
        .collect();
    found.sort_unstable_by_key(|(index, _)| *index);
    let indices: Vec<usize> = found.iter().map(|(index, _)| *index).collect();
    let mut images = if marks.is_empty() {
        load(&now, &indices, &run.info.classes, &wanted.stored, progress)?
    } else {
        let class = |mark: &Option<Mark>| mark.map_or(0, |mark| mark.0 as usize);
        let classes = found.iter().map(|(_, mark)| class(mark)).collect();
        of_classes(&now, &indices, classes, &wanted.stored, progress)?
    };
    let lost = files.len().saturating_sub(found.len());
    if lost > 0 {
        images.notes.push(format!(
            "{lost} of the {} {set} images are no longer there or cannot be read: the figures are \
             of the others",
            files.len()
        ));
    }
    let other = |(index, mark): &&(usize, Option<Mark>)| {
        let sum = now.images.get(*index).map_or(0, |image| image.look.sum);
        mark.is_some_and(|mark| mark.1 != 0 && sum != 0 && mark.1 != sum)
    };
    let rewritten = found.iter().filter(other).count();
    if rewritten > 0 {
        images.notes.push(format!(
            "{rewritten} of the {} {set} images have other contents than in the training",
            files.len()
        ));
    }
    Ok(images)
}

/// Every image of another folder, or its `test/` where it has one.
fn other_images(run: &OpenRun, opening: &Opening, wanted: &Wanted, progress: &Progress) -> Loaded {
    let opening = Opening {
        cache: wanted.cache.clone(),
        ..opening.clone()
    };
    let data = Arc::new(Dataset::open_to_evaluate(&opening, progress)?);
    let indices: Vec<usize> = test_images(&data).collect();
    load(&data, &indices, &run.info.classes, &wanted.stored, progress)
}

/// Memory for a set. What a pass reads ahead belongs to it.
fn room() -> Room {
    Room::memory(pixel_budget().saturating_sub(Loader::AHEAD_BYTES))
}

/// Decodes images whose classes are known.
fn of_classes(
    data: &Arc<Dataset>,
    indices: &[usize],
    classes: Vec<usize>,
    stored: &Stored,
    progress: &Progress,
) -> Loaded {
    let store = PixelStore::load(data, indices, stored, &room(), progress)?;
    let file = |&index: &usize| data.images.get(index).map(|image| image.file.clone());
    let files = indices.iter().filter_map(file);
    Ok(Images {
        store: Arc::new(store),
        larger: None,
        truth: files.zip(classes).collect(),
        notes: Vec::new(),
    })
}

/// The images below `test/` where there is one, else all of them; without those that are left out.
pub(super) fn test_images(data: &Dataset) -> impl Iterator<Item = usize> {
    let is_test = |index: &usize| data.images[*index].given == Some(Set::Test);
    let used = |index: &usize| !data.images[*index].excluded;
    let whole = !(0..data.len()).any(|index| is_test(&index));
    (0..data.len()).filter(move |index| used(index) && (whole || is_test(index)))
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
    let (indices, classes): (Vec<usize>, Vec<usize>) = usable.into_iter().unzip();
    let images = of_classes(data, &indices, classes, stored, progress)?;
    Ok(Images { notes, ..images })
}
