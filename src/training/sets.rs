//! The images of a training's sets: decoded for the network's input, and gone over by a model.

use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use super::engine::Engine;
use super::error::TrainError;
use super::evaluate::{Evaluator, Inference};
use super::evaluation::{Images, Loaded, load, test_images};
use super::memory::pixel_budget;
use super::probe::input_size;
use super::session::Job;
use super::status::Phase;
use crate::dataset::{Batch, DatasetError, Loader, PixelStore, Progress, Room, Set, Stored};

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
    let kind = match set {
        Set::Train => "training",
        Set::Validation => "validation",
        Set::Test => "test",
    };
    let what = format!("Reading the {kind} images");
    engine.publish(|status| status.phase = Phase::preparing(what));
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
