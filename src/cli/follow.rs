//! A training followed from the terminal: progress, epochs, Ctrl+C, and what it ends with.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use indicatif::ProgressBar;
use serde_json::json;
use thiserror::Error;

use super::output::{self, complain, line, percent};
use crate::dataset::Set;
use crate::network::grouped;
use crate::project::{Weights, open_run};
use crate::results::Epoch;
use crate::training::{Job, Phase, Session, Status};

/// How a training ended.
pub struct Ended {
    pub run: Option<PathBuf>,
    /// [`Epoch::accuracy`] of the best epoch, if one was finished.
    pub accuracy: Option<f64>,
}

/// Trains a job to its end and tells what happens on the way.
pub fn follow(job: Job, json: bool, interrupted: &AtomicBool) -> anyhow::Result<Ended> {
    output::outlive_reader();
    let parameters = job.network.parameters();
    let classes = job.data.classes.clone();
    let title = job.title.clone();
    let (waker, woken) = channel();
    let session = Session::start(move || {
        // The main thread may have left its loop already.
        waker.send(()).ok();
    })?;
    session.train(job);
    let mut follower = Follower {
        session: &session,
        json,
        told: 0,
        noted: 0,
        started: false,
        bar: output::bar(json, &title),
    };
    let status = follower.watch(&woken, interrupted, parameters, &classes);
    follower.bar.finish_and_clear();
    if let Phase::Failed(message) = &status.phase {
        return Err(Failure::of(message, &status).into());
    }
    tell_end(&session, &status, json);
    let accuracy = session.history().best_epoch().map(Epoch::accuracy);
    Ok(Ended {
        run: status.run,
        accuracy,
    })
}

/// The first Ctrl+C ends the training in order; the second ends the program at once. Once a program.
pub fn on_interrupt() -> Arc<AtomicBool> {
    let interrupted = Arc::new(AtomicBool::new(false));
    let flag = interrupted.clone();
    let handler = move || {
        if flag.swap(true, Ordering::Relaxed) {
            // What shells report for a program that Ctrl+C ended.
            std::process::exit(130);
        }
    };
    if let Err(error) = ctrlc::set_handler(handler) {
        log::warn!("Ctrl+C will not keep the run: {error}");
    }
    interrupted
}

/// A training that failed.
#[derive(Debug, Error)]
#[error("{message}{}", kept(self.run.as_deref(), self.weights))]
pub struct Failure {
    message: String,
    /// The run's folder, where it came so far.
    pub run: Option<PathBuf>,
    /// Whether there are weights to use.
    weights: bool,
}

impl Failure {
    fn of(message: &str, status: &Status) -> Self {
        let run = status.run.clone().filter(|run| run.is_dir());
        let stored = run.as_deref().and_then(|run| open_run(run).ok());
        Self {
            message: message.to_owned(),
            weights: stored.is_some_and(|run| run.weights(Weights::Best).is_ok()),
            run,
        }
    }
}

fn kept(run: Option<&Path>, weights: bool) -> String {
    match run {
        Some(run) if weights => format!(". The best weights so far are kept in {}", run.display()),
        Some(run) => format!(". The run so far is in {}", run.display()),
        None => String::new(),
    }
}

struct Follower<'a> {
    session: &'a Session,
    json: bool,
    /// Epochs told so far.
    told: usize,
    /// Notes told so far.
    noted: usize,
    started: bool,
    bar: ProgressBar,
}

impl Follower<'_> {
    fn watch(
        &mut self,
        woken: &Receiver<()>,
        interrupted: &AtomicBool,
        parameters: u64,
        classes: &[String],
    ) -> Status {
        let mut stopping = false;
        loop {
            let gone = woken.recv_timeout(Duration::from_millis(100));
            while woken.try_recv().is_ok() {}
            if output::reader_gone() {
                interrupted.store(true, Ordering::Relaxed);
            }
            if interrupted.load(Ordering::Relaxed) && !stopping {
                stopping = true;
                self.session.stop();
                if !self.json {
                    let message = "Stopping after this step (Ctrl+C again ends at once)";
                    self.bar.suspend(|| line(message));
                }
            }
            let status = self.session.status();
            if !self.started && status.run.is_some() {
                self.started = true;
                self.start(&status, parameters, classes);
            }
            self.notes(&status);
            self.epochs();
            self.show(&status);
            if !status.phase.is_active() || gone == Err(RecvTimeoutError::Disconnected) {
                self.epochs();
                return status;
            }
        }
    }

    fn start(&self, status: &Status, parameters: u64, classes: &[String]) {
        if self.json {
            let event = json!({
                "event": "start",
                "device": status.device,
                "parameters": parameters,
                "classes": classes,
            });
            line(&event.to_string());
        } else {
            let parameters = grouped(parameters);
            line(&format!("{parameters} parameters, on {}", status.device));
        }
    }

    /// Tells the facts that have come since the last call.
    fn notes(&mut self, status: &Status) {
        for note in status.notes.iter().skip(self.noted) {
            self.bar.suspend(|| complain(note));
        }
        self.noted = status.notes.len();
    }

    /// Tells the epochs that have ended since the last call.
    fn epochs(&mut self) {
        let new: Vec<Epoch> = {
            let history = self.session.history();
            history.epochs.iter().skip(self.told).cloned().collect()
        };
        self.told += new.len();
        for epoch in new {
            if self.json {
                let waited = self.session.waited(epoch.epoch);
                line(&epoch_event(&epoch, waited).to_string());
            } else {
                self.bar.suspend(|| line(&epoch_line(&epoch)));
            }
        }
    }

    fn show(&self, status: &Status) {
        self.bar
            .set_position((f64::from(status.fraction()) * 1000.0) as u64);
        let left = status
            .time_left
            .map(|left| format!(", {} s left", left.as_secs()))
            .unwrap_or_default();
        self.bar.set_message(match &status.phase {
            Phase::Preparing { what, .. } => what.clone(),
            Phase::Compiling => "compiling kernels".to_owned(),
            Phase::Validating => "validating".to_owned(),
            Phase::Evaluating => "testing".to_owned(),
            _ => format!(
                "epoch {} of {}, {:.0} images/s{left}",
                status.epoch, status.epochs, status.images_per_second
            ),
        });
    }
}

/// `waited`: the share of its time that went by waiting for images.
fn epoch_event(epoch: &Epoch, waited: Option<f64>) -> serde_json::Value {
    json!({
        "event": "epoch",
        "epoch": epoch.epoch,
        "train_loss": epoch.train_loss,
        "train_accuracy": epoch.train_accuracy,
        "val_loss": epoch.val_loss,
        "val_accuracy": epoch.val_accuracy,
        "images_per_second": epoch.images_per_second,
        "waited": waited,
    })
}

fn epoch_line(epoch: &Epoch) -> String {
    let validation = match (epoch.val_loss, epoch.val_accuracy) {
        (Some(loss), Some(accuracy)) => {
            format!(
                "; validation loss {loss:.4}, accuracy {}",
                percent(accuracy)
            )
        }
        _ => String::new(),
    };
    format!(
        "epoch {:>3}: loss {:.4}, accuracy {}{validation}; {:.0} images/s",
        epoch.epoch,
        epoch.train_loss,
        percent(epoch.train_accuracy),
        epoch.images_per_second
    )
}

fn tell_end(session: &Session, status: &Status, json: bool) {
    let run = status.run.clone();
    if json {
        let best = session.history().best_epoch().map(|best| best.epoch);
        let event = json!({
            "event": "done",
            "run": run,
            "best_epoch": best,
            "stopped": status.phase == Phase::Stopped,
        });
        line(&event.to_string());
        return;
    }
    if let Some(Ok(stored)) = run.as_deref().map(open_run) {
        let shown = [Set::Test, Set::Validation].iter().find_map(|set| {
            let evaluation = stored.evaluations.get(set.name())?;
            if evaluation.rows.is_empty() {
                return None;
            }
            Some((*set, evaluation))
        });
        if let Some((set, evaluation)) = shown {
            line("");
            output::evaluation(evaluation, &format!("{set} set, best weights"));
        }
    }
    line("");
    if status.steps_done > 0 {
        line(&format!(
            "Waited for images {} of the time",
            percent(status.wait_share)
        ));
    }
    match (run, status.phase == Phase::Stopped) {
        (None, _) => line("Stopped before the training began; there is no run"),
        (Some(run), true) => line(&format!(
            "Stopped; what was trained so far is kept in {}",
            run.display()
        )),
        (Some(run), false) => line(&format!("The run is in {}", run.display())),
    }
}
