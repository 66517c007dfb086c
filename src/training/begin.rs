//! What of a training is decided by its recipe and its images: statistics, class weights, the order and the changes of
//! an epoch's images.

use super::checkpoint::since_last_run;
use super::device::Opened;
use super::engine::Engine;
use super::error::TrainError;
use super::passes::Passes;
use super::probe::input_size;
use super::resident::release;
use super::session::Job;
use super::sets::Kept;
use super::start;
use super::status::Phase;
use super::stepper::Stepper;
use super::trial;
use super::weights::Weights;
use crate::dataset::{Draw, Form, Normalise, Normaliser, PixelStore};
use crate::project::Recipe;

/// What is decided once the training begins: statistics become numbers, and what has changed in the data since the
/// last run is told, and given back.
pub(super) fn prepare(engine: &Engine, job: &mut Job) -> Vec<String> {
    let channels = input_size(&job.network).channels;
    let normalise = &mut job.recipe.preprocess.normalise;
    if *normalise == Normalise::Statistics {
        engine.publish(|status| status.phase = Phase::preparing("Measuring the training images"));
        *normalise = normalise.resolved(&job.data, &job.splits.train, channels);
    }
    let changed = since_last_run(job);
    let told = changed
        .iter()
        .map(|sentence| format!("Since the last run on this data: {sentence}"));
    engine.note(&told.collect::<Vec<_>>());
    changed
}

/// A model whose loss weighs the classes of the training images as the recipe says, and which takes them from the
/// device where they are there. Batches that do not fit it go through in passes, which is told.
pub(super) fn stepper(
    engine: &Engine,
    job: &Job,
    opened: &Opened,
    train: &PixelStore,
    mut passes: Passes,
    kept: &mut Kept,
) -> Stepper {
    let mut counts = vec![0; job.data.classes.len()];
    for &label in train.labels() {
        if let Some(count) = counts.get_mut(label) {
            *count += 1;
        }
    }
    let make = || {
        let mut stepper = Stepper::new(&job.network, &job.recipe, opened);
        stepper.balance(&job.recipe, &counts);
        stepper
    };
    if opened.compiles() {
        engine.publish(|status| status.phase = Phase::Compiling);
        let fitting = || trial::fitting(&opened.device, passes.batch, passes.most, make);
        let mut most = fitting();
        if most != Some(passes.most) && kept.any() {
            // The memory is of more use to the batch.
            *kept = Kept::default();
            release(opened);
            most = fitting();
        }
        // What fails without them, and not for the size of the batch, is left to the training to tell.
        if let Some(most) = most {
            passes.limit(most, &opened.info.name);
        }
    }
    engine.note(passes.note(&job.network).as_slice());
    let mut stepper = make();
    stepper.limit_pass(passes.most);
    stepper.keep(kept.train.take());
    stepper
}

/// Lets it start from other weights than drawn ones, where the recipe names some, and tells which it has taken.
///
/// # Errors
/// None that a file can cause.
pub(super) fn start_from(
    engine: &Engine,
    job: &Job,
    stepper: &mut Stepper,
    start: Option<Weights>,
) -> Result<(), TrainError> {
    if let Some(weights) = start {
        let taken = stepper.start_from(&weights)?;
        engine.note(&[taken.note(&start::name(&job.recipe))]);
    }
    Ok(())
}

/// What happens to the training images of an epoch, and where.
pub(super) fn draw(recipe: &Recipe, train: &PixelStore, epoch: u32, form: Form) -> Draw {
    let channels = train.size().channels;
    Draw {
        seed: recipe.seed,
        epoch,
        augment: recipe.augment.clone(),
        normaliser: Normaliser::new(recipe.preprocess.normalise, channels),
        form,
    }
}

/// The order of the training images in an epoch; with over-sampling, some come several times.
pub(super) fn order(recipe: &Recipe, train: &PixelStore, epoch: u32) -> Vec<usize> {
    recipe.balance.order(train.labels(), recipe.seed, epoch)
}
