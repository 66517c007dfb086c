//! The training loop: batches, steps, validation, checkpoints, history; and between two steps
//! whatever the user asks.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::ahead::Ahead;
use super::begin::{prepare, start_from, stepper};
use super::checkpoint::{Best, Checkpoints, converged};
use super::device::{self, Opened};
use super::engine::Engine;
use super::error::TrainError;
use super::evaluate::Inference;
use super::figures::{Pending, Sums};
use super::pace::Throughput;
use super::passes;
use super::probe::Pace;
use super::resident::{Resident, release};
use super::session::Job;
use super::sets::{evaluate, keep, next_batch, store, test};
use super::start;
use super::status::Phase;
use super::stepper::Stepper;
use crate::dataset::{Progress, Set};
use crate::project::RunState;
use crate::results::{Epoch, Evaluation, History, Step};

/// How a training that did not fail ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    Finished,
    Stopped,
}

/// Losses are read from the device this often.
const READ_EVERY: Duration = Duration::from_millis(100);

/// Trains a job to its end. The run folder says how it ended, whatever happens. The statistics that the recipe asks
/// for become numbers in it, which the run keeps.
pub(super) fn run(
    engine: &mut Engine,
    job: &mut Job,
    progress: &Progress,
) -> Result<Ending, TrainError> {
    let start = start::weights(&job.recipe)?;
    let opened = device::open(&job.recipe.device)?;
    engine.publish(|status| status.device.clone_from(&opened.info.name));
    passes::plan(job, &opened)?;
    let changed = prepare(engine, job);
    let job = &*job;
    let train = store(engine, job, Set::Train, progress)?;
    let validation = store(engine, job, Set::Validation, progress)?;
    let passes = passes::plan(job, &opened)?;
    let checkpoints = Checkpoints::create(job, &opened.info.name, changed)?;
    engine.publish(|status| status.run = Some(checkpoints.path().to_path_buf()));
    for store in [&train, &validation] {
        engine.note(store.notice().map(str::to_owned).as_slice());
    }
    let room = Resident::room(&opened);
    let mut kept = keep(engine, job, &opened, [&train, &validation], room, progress)?;
    let mut stepper = stepper(engine, job, &opened, &train, passes, &mut kept);
    start_from(engine, job, &mut stepper, start)?;
    let ahead = Ahead::new([train, validation], stepper.most(), kept.validation);
    let mut trainer = Trainer::new(job, &opened, stepper, ahead, checkpoints);
    let outcome = trainer.epochs(engine).and_then(|ending| {
        trainer.finish(engine, ending, progress)?;
        Ok(ending)
    });
    if let Err(error) = &outcome {
        trainer
            .checkpoints
            .end(RunState::Failed, Some(error.to_string()));
        let best = trainer.checkpoints.best.take();
        engine.live = best.map(|best| (best.inference, best.step));
    }
    drop(trainer);
    if opened.compiles() {
        release(&opened);
    }
    outcome
}

struct Trainer<'a> {
    job: &'a Job,
    compiles: bool,
    stepper: Stepper,
    ahead: Ahead,
    checkpoints: Checkpoints,
    /// Steps whose figures are still on the device.
    pending: Vec<Pending>,
    read: Instant,
    steps: u64,
    /// Figures of the epoch in progress.
    sums: Sums,
    throughput: Throughput,
    pace: Pace,
}

impl<'a> Trainer<'a> {
    fn new(
        job: &'a Job,
        opened: &Opened,
        stepper: Stepper,
        ahead: Ahead,
        checkpoints: Checkpoints,
    ) -> Self {
        Self {
            job,
            compiles: opened.compiles(),
            stepper,
            ahead,
            checkpoints,
            pending: Vec::new(),
            read: Instant::now(),
            steps: 0,
            sums: Sums::default(),
            throughput: Throughput::new(),
            pace: Pace::new(),
        }
    }

    fn inference(&self) -> (Inference, u64) {
        let inference = self.stepper.inference(&self.job.data.classes);
        (inference, self.steps)
    }

    fn epochs(&mut self, engine: &mut Engine) -> Result<Ending, TrainError> {
        let batch = self.job.recipe.batch.max(1);
        let steps_per_epoch = self.ahead.images(self.job).div_ceil(batch);
        engine.publish(|status| status.steps_per_epoch = steps_per_epoch);
        for epoch in 1..=self.job.recipe.epochs {
            engine.publish(|status| {
                status.phase = self.computing();
                status.epoch = epoch;
                status.step = 0;
            });
            if !self.epoch(engine, epoch)? {
                return Ok(Ending::Stopped);
            }
            let Some(validation) = self.validate(engine, epoch)? else {
                return Ok(Ending::Stopped);
            };
            if self.record(engine, epoch, validation)? {
                break;
            }
        }
        Ok(Ending::Finished)
    }

    /// What the next step shows as.
    fn computing(&self) -> Phase {
        if self.compiles && self.steps == 0 {
            Phase::Compiling
        } else {
            Phase::Training
        }
    }

    /// One pass over the training images; `false` when the user stopped it.
    fn epoch(&mut self, engine: &mut Engine, epoch: u32) -> Result<bool, TrainError> {
        self.sums = Sums::default();
        self.throughput.begin_epoch();
        let images = self.ahead.images(self.job);
        let mut loader = self.ahead.epoch(self.job, epoch, self.stepper.form());
        let mut seen = 0;
        let mut waited = Duration::ZERO;
        while let Some(batch) = next_batch(engine, &mut loader, || self.inference()) {
            let begins = batch.as_ref().map_or(true, |batch| batch.places.start == 0);
            let goes_on = if begins {
                self.between_steps(engine, epoch)?
            } else {
                engine.serve(|| self.inference());
                !engine.must_stop()
            };
            if !goes_on {
                self.read_pending(engine, epoch)?;
                return Ok(false);
            }
            let batch = batch?;
            let size = batch.labels.len();
            seen += batch.places.len();
            if seen == images {
                let (inference, _) = self.inference();
                self.ahead.begin_validation(self.job, &inference);
            }
            let tunes = self.tunes(epoch, size);
            if tunes {
                engine.publish(|status| status.phase = Phase::Compiling);
            }
            let Some(pending) = self.stepper.take(batch) else {
                continue;
            };
            self.pending.push(pending);
            self.steps += 1;
            if self.read.elapsed() >= READ_EVERY || self.steps == 1 || tunes {
                self.read_pending(engine, epoch)?;
            }
            let all = loader.waited();
            self.throughput.step(size, all - waited);
            waited = all;
            self.after_step(engine, images);
        }
        self.read_pending(engine, epoch)?;
        Ok(!engine.must_stop())
    }

    /// Whether a GPU sees a batch of this size for the first time: it compiles and tunes its kernels for each class of
    /// sizes, and an epoch ends with a smaller batch. To fill that one up would be another training: batch
    /// normalisation would count the images that fill it, and dropout would draw for them.
    fn tunes(&self, epoch: u32, images: usize) -> bool {
        let smaller = epoch == 1 && images < self.job.recipe.batch;
        self.compiles && (self.steps == 0 || smaller)
    }

    /// `images`: of an epoch.
    fn after_step(&mut self, engine: &mut Engine, images: usize) {
        let left = self.job.recipe.epochs;
        let throughput = &self.throughput;
        let rate = throughput.images_per_second();
        engine.publish(|status| {
            status.phase = Phase::Training;
            status.step += 1;
            status.steps_done = self.steps;
            status.images_per_second = rate;
            status.step_ms = throughput.step_ms();
            status.probe_share = throughput.look_share();
            status.wait_share = throughput.wait_share();
            let done = f64::from(status.fraction()) * f64::from(left);
            status.time_left = throughput.time_left(f64::from(left) - done, images);
        });
        if engine.pinned.image.is_some() && self.pace.due() {
            let (inference, step) = self.inference();
            let start = Instant::now();
            self.pace.look(|| engine.show_maps(&inference, step));
            self.throughput.look(start.elapsed());
        }
    }

    /// Serves requests; waits while paused. `false` ends the training.
    fn between_steps(&mut self, engine: &mut Engine, epoch: u32) -> Result<bool, TrainError> {
        engine.serve(|| self.inference());
        let mut waited = false;
        while engine.controls.paused && engine.controls.steps == 0 && !engine.must_stop() {
            self.read_pending(engine, epoch)?;
            engine.publish(|status| {
                status.phase = Phase::Paused;
                status.requested = None;
            });
            engine.wait(|| self.inference());
            self.throughput.paused();
            waited = true;
        }
        if waited {
            engine.publish(|status| status.phase = self.computing());
        }
        engine.controls.steps = engine.controls.steps.saturating_sub(1);
        Ok(!engine.must_stop())
    }

    /// Brings the figures of the last steps to the host and into the history.
    fn read_pending(&mut self, engine: &Engine, epoch: u32) -> Result<(), TrainError> {
        self.read = Instant::now();
        let figures = Pending::read(std::mem::take(&mut self.pending));
        let first = self.steps - figures.len() as u64;
        let mut steps = Vec::with_capacity(figures.len());
        let mut fault = None;
        for (step, figures) in (first + 1..).zip(&figures) {
            if !figures.loss.is_finite() {
                fault = Some(TrainError::NotFinite {
                    value: figures.loss,
                    step,
                    epoch,
                    learning_rate: self.job.recipe.learning_rate,
                });
                break;
            }
            self.sums.add(figures);
            steps.push(Step {
                step,
                epoch,
                loss: figures.loss,
                accuracy: figures.hits / figures.images.max(1) as f32,
            });
        }
        self.checkpoints.steps(&steps)?;
        engine.board.history.lock().steps.extend(steps);
        fault.map_or(Ok(()), Err)
    }

    /// The validation images with the weights of this moment; `None` when the user stopped.
    fn validate(
        &mut self,
        engine: &mut Engine,
        epoch: u32,
    ) -> Result<Option<Evaluation>, TrainError> {
        engine.publish(|status| status.phase = Phase::Validating);
        let start = Instant::now();
        let (inference, step) = self.inference();
        let mut evaluator = self.ahead.validation(self.job);
        if epoch < self.job.recipe.epochs {
            let form = self.stepper.form();
            self.ahead.begin_epoch(self.job, epoch + 1, form);
        }
        let whole = evaluate(engine, &inference, step, &mut evaluator)?;
        self.throughput
            .validation(start.elapsed(), evaluator.waited());
        Ok(whole.then(|| evaluator.finish(&self.job.data.classes)))
    }

    /// Writes an epoch down; `true` when the target accuracy is reached.
    fn record(
        &mut self,
        engine: &Engine,
        number: u32,
        validation: Evaluation,
    ) -> Result<bool, TrainError> {
        let (train_loss, train_accuracy) = self.sums.means();
        let validated = !validation.rows.is_empty();
        let (seconds, images_per_second) = self.throughput.epoch(self.sums.images);
        let epoch = Epoch {
            epoch: number,
            train_loss,
            train_accuracy,
            val_loss: validated.then_some(validation.loss),
            val_accuracy: validated.then(|| validation.accuracy()),
            learning_rate: self.stepper.learning_rate(),
            seconds,
            images_per_second,
        };
        converged(&epoch)?;
        // On disk before anybody is told, so that no epoch that was seen is lost.
        let mut history = History::default();
        history
            .epochs
            .clone_from(&engine.board.history.lock().epochs);
        history.epochs.push(epoch);
        let best = history.best_epoch().copied();
        let is_best = best.as_ref().is_some_and(|best| best.epoch == number);
        self.checkpoints
            .epoch(&epoch, best.as_ref(), &self.stepper)?;
        let validation = Arc::new(validation);
        engine
            .board
            .waits
            .lock()
            .push(self.throughput.epoch_wait_share());
        engine.board.history.lock().epochs.push(epoch);
        if is_best {
            let (inference, step) = self.inference();
            self.checkpoints.best = Some(Best {
                inference,
                step,
                validation: validation.clone(),
            });
        }
        engine.board.validation.put(validation);
        engine.publish(|status| {
            status.best = best.map(|best| (best.epoch, best.accuracy()));
        });
        let target = self.job.recipe.target_accuracy;
        Ok(target.is_some_and(|target| epoch.accuracy() >= target))
    }

    /// The best weights go over the validation and the test set, and answer from now on.
    fn finish(
        &mut self,
        engine: &mut Engine,
        ending: Ending,
        progress: &Progress,
    ) -> Result<(), TrainError> {
        if self.checkpoints.best.is_none() && self.steps > 0 {
            // Stopped in the first epoch: what there is becomes the run's weights.
            let rate = self.stepper.learning_rate();
            self.checkpoints.weights(&self.stepper, rate)?;
        }
        let (inference, step) = match self.checkpoints.best.take() {
            Some(best) => {
                let validation = &best.validation;
                self.checkpoints.evaluation(Set::Validation, validation)?;
                (best.inference, best.step)
            }
            None => self.inference(),
        };
        let tests = self.job.test.is_some() || !self.job.splits.test.is_empty();
        if ending == Ending::Finished && tests {
            let test = test(engine, self.job, &inference, step, progress)?;
            if let Some(test) = &test {
                self.checkpoints.evaluation(Set::Test, test)?;
            }
        }
        let state = match ending {
            Ending::Finished => RunState::Finished,
            Ending::Stopped => RunState::Stopped,
        };
        self.checkpoints.end(state, None);
        engine.live = Some((inference, step));
        Ok(())
    }
}
