//! The images of what comes next in a training, read while the stage before still computes: to wait for the first batch
//! of an epoch or of a validation takes as long as several steps of a small network.

use std::sync::Arc;

use super::begin::{draw, order};
use super::evaluate::{Evaluator, Inference};
use super::resident::Resident;
use super::session::Job;
use super::sets::truth;
use crate::dataset::{Form, Loader, PixelStore};

/// The sets of a training, and what has been begun of them.
pub(super) struct Ahead {
    train: Arc<PixelStore>,
    validation: Arc<PixelStore>,
    /// Training images that are needed at once.
    most: usize,
    /// The validation images, where the device has them.
    kept: Option<Resident>,
    epoch: Option<(u32, Loader)>,
    evaluator: Option<Evaluator>,
}

impl Ahead {
    pub fn new(
        [train, validation]: [Arc<PixelStore>; 2],
        most: usize,
        kept: Option<Resident>,
    ) -> Self {
        Self {
            train,
            validation,
            most,
            kept,
            epoch: None,
            evaluator: None,
        }
    }

    /// Training images of an epoch; as many in every one.
    pub fn images(&self, job: &Job) -> usize {
        order(&job.recipe, &self.train, 1).len()
    }

    /// Begins to read the training images of an epoch.
    pub fn begin_epoch(&mut self, job: &Job, epoch: u32, form: Form) {
        self.epoch = Some((epoch, self.start(job, epoch, form)));
    }

    /// The training images of an epoch, in its order.
    pub fn epoch(&mut self, job: &Job, epoch: u32, form: Form) -> Loader {
        match self.epoch.take() {
            Some((begun, loader)) if begun == epoch => loader,
            _ => self.start(job, epoch, form),
        }
    }

    fn start(&self, job: &Job, epoch: u32, form: Form) -> Loader {
        let recipe = &job.recipe;
        let order = order(recipe, &self.train, epoch);
        let draw = Arc::new(draw(recipe, &self.train, epoch, form));
        let batch = recipe.batch.max(1);
        Loader::in_parts(self.train.clone(), order, batch, self.most, draw)
    }

    /// Begins to read the validation images, as a model like this one takes them.
    pub fn begin_validation(&mut self, job: &Job, inference: &Inference) {
        let mut evaluator = self.evaluator(job);
        evaluator.prepare(inference);
        self.evaluator = Some(evaluator);
    }

    /// A pass over the validation images.
    pub fn validation(&mut self, job: &Job) -> Evaluator {
        let begun = self.evaluator.take();
        begun.unwrap_or_else(|| self.evaluator(job))
    }

    fn evaluator(&self, job: &Job) -> Evaluator {
        let truth = truth(job, &self.validation);
        Evaluator::new(self.validation.clone(), truth).keep(self.kept.clone())
    }
}
