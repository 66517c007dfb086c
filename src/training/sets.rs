//! The images of a training's sets: decoded for the network's input, and gone over by a model.

use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use super::device::Opened;
use super::engine::Engine;
use super::error::TrainError;
use super::evaluate::{Evaluator, Inference};
use super::evaluation::{Images, Loaded, load, test_images};
use super::memory::pixel_budget;
use super::probe::input_size;
use super::resident::Resident;
use super::session::Job;
use super::status::Phase;
use crate::dataset::{Batch, DatasetError, Loader, PixelStore, Progress, Room, Set, Stored};
use crate::results::Evaluation;

/// Beside the runs: images that are ready for the network and do not fit memory. It may be deleted at any time.
const PIXEL_CACHE: &str = "pixels.cache";

/// The same for training images that are kept larger than the input: a cache has one size.
const LARGE_CACHE: &str = "pixels-large.cache";

/// So long the engine waits for images before it looks whether it is asked for something.
pub(super) const PATIENCE: Duration = Duration::from_millis(20);

/// Decodes one set for the network's input.
pub(super) fn store(
    engine: &Engine,
    job: &Job,
    set: Set,
    progress: &Progress,
) -> Result<Arc<PixelStore>, TrainError> {
    reading(engine, set);
    let size = input_size(&job.network);
    let indices = job.splits.get(set);
    let recipe = &job.recipe;
    // Validation and test images are never augmented.
    let stored = match set {
        Set::Train => Stored::augmented(size, &recipe.preprocess, &recipe.augment),
        Set::Validation | Set::Test => Stored::plain(size, &recipe.preprocess),
    };
    let room = Room {
        // What a pass reads ahead belongs to it.
        budget_bytes: pixel_budget().saturating_sub(Loader::AHEAD_BYTES),
        cache: Some(job.runs_dir.join(if stored.kept == stored.input {
            PIXEL_CACHE
        } else {
            LARGE_CACHE
        })),
    };
    let store = PixelStore::load(&job.data, indices, &stored, &room, progress)?;
    if let Some(notice) = store.notice() {
        let notice = notice.to_owned();
        engine.publish(|status| {
            // The sets of one training share a cache, and what is the matter with it.
            if !status.notes.contains(&notice) {
                status.notes.push(notice);
            }
        });
    }
    Ok(Arc::new(store))
}

fn reading(engine: &Engine, set: Set) {
    let what = format!("Reading the {} images", kind(set));
    engine.publish(|status| status.phase = Phase::preparing(what));
}

fn kind(set: Set) -> &'static str {
    match set {
        Set::Train => "training",
        Set::Validation => "validation",
        Set::Test => "test",
    }
}

/// The sets that stay on the device.
#[derive(Default)]
pub(super) struct Kept {
    pub train: Option<Resident>,
    pub validation: Option<Resident>,
}

impl Kept {
    /// Whether there are any.
    pub fn any(&self) -> bool {
        self.train.is_some() || self.validation.is_some()
    }
}

/// Sends to the device what fits so many bytes of it: the training images, unless what is drawn for them has to be made
/// on the host, then those of the validation.
pub(super) fn keep(
    engine: &Engine,
    job: &Job,
    opened: &Opened,
    [train, validation]: [&Arc<PixelStore>; 2],
    mut room: u64,
    progress: &Progress,
) -> Result<Kept, TrainError> {
    let mut send = |set, store: &Arc<PixelStore>| {
        if store.is_empty() || Resident::bytes(store) > room {
            return Ok(None);
        }
        let what = format!("Sending the {} images to the device", kind(set));
        engine.publish(|status| status.phase = Phase::preparing(what));
        let sent = Resident::upload(store, opened, room, progress)?;
        if sent.is_some() {
            room -= Resident::bytes(store);
        }
        Ok::<_, TrainError>(sent)
    };
    let moved = job.recipe.augment.is_gathered();
    Ok(Kept {
        train: if moved {
            send(Set::Train, train)?
        } else {
            None
        },
        validation: send(Set::Validation, validation)?,
    })
}

/// The test images: the job's own, or those that came from elsewhere.
pub(super) fn test_store(engine: &Engine, job: &Job, progress: &Progress) -> Loaded {
    let Some(test) = &job.test else {
        let store = store(engine, job, Set::Test, progress)?;
        let truth = truth(job, &store);
        return Ok(Images {
            store,
            larger: None,
            truth,
            notes: Vec::new(),
        });
    };
    reading(engine, Set::Test);
    let indices: Vec<usize> = test_images(test).collect();
    let classes = &job.data.classes;
    let stored = Stored::plain(input_size(&job.network), &job.recipe.preprocess);
    load(test, &indices, classes, &stored, progress)
}

/// Name and class of every image of a store.
pub(super) fn truth(job: &Job, store: &PixelStore) -> Vec<(String, usize)> {
    (0..store.len())
        .map(|position| {
            let file = &job.data.images[store.index(position)].file;
            (file.clone(), store.label(position))
        })
        .collect()
}

/// The next batch of a training, which serves requests while it is not ready; nothing at the end of the pass, or when
/// the user stopped meanwhile.
pub(super) fn next_batch(
    engine: &mut Engine,
    loader: &mut Loader,
    live: impl Fn() -> (Inference, u64),
) -> Option<Result<Batch, DatasetError>> {
    loop {
        if let Poll::Ready(batch) = loader.next_within(PATIENCE) {
            return batch;
        }
        engine.serve(&live);
        if engine.must_stop() {
            return None;
        }
    }
}

/// A whole evaluation that serves requests between its batches, and while it waits for images; `false` when the user
/// stopped.
pub(super) fn evaluate(
    engine: &mut Engine,
    inference: &Inference,
    step: u64,
    evaluator: &mut Evaluator,
) -> Result<bool, TrainError> {
    while !evaluator.advance(inference, PATIENCE)? {
        engine.serve(|| (inference.clone(), step));
        if engine.must_stop() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The figures of the test images. Images that have vanished meanwhile cost these, not the run: then the user is told
/// why there are none.
pub(super) fn test(
    engine: &mut Engine,
    job: &Job,
    inference: &Inference,
    step: u64,
    progress: &Progress,
) -> Result<Option<Evaluation>, TrainError> {
    let evaluation = test_store(engine, job, progress).and_then(|images| {
        engine.note(&images.notes);
        engine.publish(|status| status.phase = Phase::Evaluating);
        let mut evaluator = Evaluator::new(images.store, images.truth);
        let whole = evaluate(engine, inference, step, &mut evaluator)?;
        Ok(whole.then(|| evaluator.finish(&job.data.classes)))
    });
    let reason = match evaluation {
        Ok(Some(test)) => return Ok(Some(test)),
        Ok(None) => "the test was stopped".to_owned(),
        Err(error @ (TrainError::Data(_) | TrainError::Request(_))) => error.to_string(),
        Err(error) => return Err(error),
    };
    engine.note(&[format!("There are no test figures: {reason}")]);
    Ok(None)
}
