//! What a training leaves on disk while it runs.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::error::TrainError;
use super::evaluate::Inference;
use super::evaluation::test_images;
use super::session::Job;
use super::stepper::Stepper;
use super::weights::{self, NamedTensor};
use crate::dataset::{Dataset, Difference, Image, Layout, Set};
use crate::project::{
    Mark, Marks, RunData, RunFolder, RunInfo, RunState, Weights, latest_data, set_run_state,
};
use crate::results::{Epoch, Evaluation, Step};

/// The run folder of a training, and the best model so far.
pub(super) struct Checkpoints {
    folder: RunFolder,
    pub best: Option<Best>,
}

/// The model of the best epoch.
pub(super) struct Best {
    pub inference: Inference,
    /// Training steps that its weights have seen.
    pub step: u64,
    pub validation: Arc<Evaluation>,
}

impl Checkpoints {
    /// Makes the run's folder; `changed` is what [`since_last_run`] has told.
    pub fn create(job: &Job, device: &str, changed: Vec<String>) -> Result<Self, TrainError> {
        let run_data = run_data(job);
        let info = RunInfo {
            state: RunState::Running,
            device: device.to_owned(),
            parameters: job.network.parameters(),
            changed,
            versions: versions(),
            ..RunInfo::default()
        };
        let folder = RunFolder::create(
            &job.runs_dir,
            &job.title,
            &job.graph,
            &job.recipe,
            info,
            &run_data,
        )?;
        Ok(Self { folder, best: None })
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn steps(&mut self, steps: &[Step]) -> Result<(), TrainError> {
        Ok(self.folder.append_steps(steps)?)
    }

    /// Writes an epoch down: the last weights, the best where this one is it, then the figures.
    pub fn epoch(
        &mut self,
        epoch: &Epoch,
        best: Option<&Epoch>,
        stepper: &Stepper,
    ) -> Result<(), TrainError> {
        let tensors = stepper.tensors();
        finite(&tensors, epoch.epoch, epoch.learning_rate)?;
        weights::write(&self.folder.weights_path(Weights::Last), &tensors)?;
        if best.is_some_and(|best| best.epoch == epoch.epoch) {
            weights::write(&self.folder.weights_path(Weights::Best), &tensors)?;
        }
        self.folder.append_epoch(epoch)?;
        let info = RunInfo {
            epochs_done: epoch.epoch,
            best_epoch: best.map(|best| best.epoch),
            best_accuracy: best.map(Epoch::accuracy),
            ..self.folder.info().clone()
        };
        Ok(self.folder.update(&info)?)
    }

    /// The weights of this moment, in the first epoch, as the last and the best ones.
    pub fn weights(&self, stepper: &Stepper, learning_rate: f64) -> Result<(), TrainError> {
        let tensors = stepper.tensors();
        finite(&tensors, 1, learning_rate)?;
        weights::write(&self.folder.weights_path(Weights::Last), &tensors)?;
        weights::write(&self.folder.weights_path(Weights::Best), &tensors)?;
        Ok(())
    }

    pub fn evaluation(&self, set: Set, evaluation: &Evaluation) -> Result<(), TrainError> {
        Ok(self.folder.write_evaluation(&set.to_string(), evaluation)?)
    }

    /// Says in the run's head how it ended. A disk that cannot take even that leaves the run
    /// "running", which opens as interrupted.
    pub fn end(&mut self, state: RunState, error: Option<String>) {
        let info = RunInfo {
            state,
            error,
            ..self.folder.info().clone()
        };
        if let Err(error) = self.folder.update(&info) {
            log::error!("{error}");
        }
    }
}

/// Which images the run uses, and what is known of them.
fn run_data(job: &Job) -> RunData {
    let data = &job.data;
    let listed = |data: &Dataset, indices: &[usize]| -> (Vec<String>, Vec<Mark>) {
        let images = indices.iter().filter_map(|&index| data.images.get(index));
        // In the order of the run's classes, which test images from elsewhere need not have.
        let position = |class| job.data.classes.iter().position(|known| known == class);
        let known: Vec<Option<usize>> = data.classes.iter().map(position).collect();
        let mark = |image: &Image| {
            let class = known.get(image.class).copied().flatten();
            Some(Mark(u32::try_from(class?).ok()?, image.look.sum))
        };
        images
            .filter_map(|image| Some((image.file.clone(), mark(image)?)))
            .unzip()
    };
    let (train, train_marks) = listed(data, &job.splits.train);
    let (validation, validation_marks) = listed(data, &job.splits.validation);
    let (test, test_marks) = match &job.test {
        Some(test) => listed(test, &test_images(test).collect::<Vec<_>>()),
        None => listed(data, &job.splits.test),
    };
    RunData {
        source: data.source.clone(),
        layout: layout(data),
        classes: data.classes.clone(),
        train,
        validation,
        test,
        test_source: job.test.as_ref().map(|test| test.source.clone()),
        test_layout: job.test.as_deref().and_then(layout),
        marks: Marks {
            train: train_marks,
            validation: validation_marks,
            test: test_marks,
        },
    }
}

/// How the files of a data set are read.
fn layout(data: &Dataset) -> Option<Layout> {
    let chosen = data.layouts.iter().find(|layout| layout.chosen);
    chosen.map(|chosen| chosen.layout.clone())
}

/// What has changed in the data since the last run on it, a sentence each.
pub(super) fn since_last_run(job: &Job) -> Vec<String> {
    let Some((data, recipe)) = latest_data(&job.runs_dir, &job.data.source) else {
        return Vec::new();
    };
    let before = data.before(&job.data);
    let mut difference = Difference::between(&before, &job.data, &job.splits);
    if recipe.split != job.recipe.split || data.test_source.is_some() != job.test.is_some() {
        // Another division, by the user's own wish, is no change of the data.
        difference.moved.clear();
    }
    let now = layout(&job.data);
    let mut sentences = Vec::new();
    if data.layout.is_some() && now.is_some() && data.layout != now {
        // Other classes then, and other sets, by the user's own wish.
        sentences.push("the images are read in another way".to_owned());
        difference.relabelled.clear();
        difference.moved.clear();
    }
    sentences.extend(difference.sentences());
    sentences
}

/// Refuses an epoch whose validation has no figures: its weights are worth nothing, and those saved
/// before stay.
pub(super) fn converged(epoch: &Epoch) -> Result<(), TrainError> {
    match epoch.val_loss {
        Some(value) if !value.is_finite() => Err(TrainError::Diverged {
            what: "the validation loss",
            value,
            epoch: epoch.epoch,
            learning_rate: epoch.learning_rate,
        }),
        _ => Ok(()),
    }
}

/// Weights that are no numbers are never written.
fn finite(tensors: &[NamedTensor], epoch: u32, learning_rate: f64) -> Result<(), TrainError> {
    let mut values = tensors.iter().flat_map(|tensor| &tensor.values);
    match values.find(|value| !value.is_finite()) {
        Some(value) => Err(TrainError::Diverged {
            what: "a weight",
            value: f64::from(*value),
            epoch,
            learning_rate,
        }),
        None => Ok(()),
    }
}

/// Marks the run of a training that broke off by a panic.
pub(super) fn mark_failed(run: &Path, message: &str) {
    if let Err(error) = set_run_state(run, RunState::Failed, message) {
        log::error!("{error}");
    }
}

/// The version in `Cargo.lock`, which a test holds.
const BURN: &str = "0.22.1";

/// What computed the run's numbers.
fn versions() -> BTreeMap<String, String> {
    let known = [
        ("mapsto", env!("CARGO_PKG_VERSION")),
        ("burn", BURN),
        ("target", std::env::consts::ARCH),
    ];
    known
        .into_iter()
        .map(|(name, version)| (name.to_owned(), version.to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn runs_name_the_burn_that_computed_them() {
        let lock = include_str!("../../Cargo.lock").replace("\r\n", "\n");
        let burn = format!("name = \"burn\"\nversion = \"{}\"\n", super::BURN);
        assert!(lock.contains(&burn), "Cargo.lock has another burn");
    }
}
