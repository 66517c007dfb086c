//! The engine thread: takes requests, trains, and serves looks between two steps.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};
use std::time::Duration;

use super::checkpoint;
use super::error::{TrainError, panic_message};
use super::evaluate::Inference;
use super::evaluation::EvaluationJob;
use super::looks::Prediction;
use super::preview::Previewer;
use super::probe::Pinned;
use super::session::{Answer, Evaluating, Job, Model as Whose, Request};
use super::status::{Board, Control, Phase, Status};
use super::stored::OpenedRun;
use super::trainer::{self, Ending};
use crate::dataset::{DatasetError, Progress};

/// What the user has asked of a training.
#[derive(Debug, Default)]
pub(super) struct Controls {
    pub paused: bool,
    /// Steps to do while paused.
    pub steps: u32,
    pub stop: bool,
}

/// A training that begins when the one before it has ended.
struct Next {
    job: Box<Job>,
    progress: Arc<Progress>,
    /// What has been asked of it already.
    controls: Controls,
}

pub(super) struct Engine {
    inbox: Receiver<Request>,
    pub board: Arc<Board>,
    wake: Box<dyn Fn() + Send + Sync>,
    pub pinned: Pinned,
    pub controls: Controls,
    evaluations: Vec<EvaluationJob>,
    pub predictions: VecDeque<Prediction>,
    /// The model trained last, and the step it stands at.
    pub live: Option<(Inference, u64)>,
    /// The run asked about last.
    pub opened: Option<OpenedRun>,
    next: Option<Next>,
    ended: bool,
    pub maps_version: u64,
    pub preview: Previewer,
}

impl Engine {
    pub fn new(
        inbox: Receiver<Request>,
        board: Arc<Board>,
        wake: Box<dyn Fn() + Send + Sync>,
    ) -> Self {
        Self {
            inbox,
            board,
            wake,
            pinned: Pinned::default(),
            controls: Controls::default(),
            evaluations: Vec::new(),
            predictions: VecDeque::new(),
            live: None,
            opened: None,
            next: None,
            ended: false,
            maps_version: 0,
            preview: Previewer::default(),
        }
    }

    /// Serves until the handle is dropped.
    pub fn run(mut self) {
        while !self.ended {
            if let Some(next) = self.next.take() {
                self.train(next);
            } else {
                self.wait_for_request();
            }
        }
        // Their images are read by threads of their own.
        for job in &self.evaluations {
            job.cancel();
        }
    }

    fn train(&mut self, next: Next) {
        let Next {
            mut job, progress, ..
        } = next;
        self.controls = next.controls;
        self.pinned.prepared = None;
        self.live = None;
        self.board.maps.clear();
        self.board.validation.clear();
        *self.board.history.lock() = crate::results::History::default();
        self.board.waits.lock().clear();
        self.publish(|status| {
            *status = Status {
                phase: Phase::preparing("Opening the device"),
                // Asked since the training was.
                requested: status.requested,
                epochs: job.recipe.epochs,
                learning_rate: job.recipe.learning_rate,
                ..Status::default()
            };
        });
        let outcome = catch_unwind(AssertUnwindSafe(|| trainer::run(self, &mut job, &progress)));
        let phase = match outcome {
            Ok(Ok(Ending::Finished)) => Phase::Finished,
            Ok(Ok(Ending::Stopped)) => Phase::Stopped,
            // Stopped while the images were read.
            Ok(Err(TrainError::Data(DatasetError::Cancelled))) => Phase::Stopped,
            Ok(Err(error)) => Phase::Failed(error.to_string()),
            Err(panic) => {
                let error = TrainError::Panic(panic_message(panic.as_ref()));
                let run = self.board.status.lock().run.clone();
                if let Some(run) = run {
                    checkpoint::mark_failed(&run, &error.to_string());
                }
                Phase::Failed(error.to_string())
            }
        };
        // Perhaps it was cancelled for another one.
        self.take_waiting();
        let another = self.next.is_some();
        self.publish(|status| {
            status.time_left = None;
            if another {
                // What is requested by now is meant for the next training.
                status.phase = Phase::preparing("Starting");
            } else {
                status.phase = phase;
                status.requested = None;
            }
        });
    }

    /// Changes the status and wakes the window.
    pub fn publish(&self, change: impl FnOnce(&mut Status)) {
        change(&mut self.board.status.lock());
        self.wake();
    }

    /// Tells facts that are no errors, each once.
    pub fn note(&self, notes: &[String]) {
        let mut status = self.board.status.lock();
        for note in notes {
            if !status.notes.contains(note) {
                status.notes.push(note.clone());
            }
        }
    }

    pub fn wake(&self) {
        (self.wake)();
    }

    /// Whether the training in progress has to end.
    pub fn must_stop(&self) -> bool {
        self.controls.stop || self.ended || self.next.is_some()
    }

    /// Takes every request that has come, with the model in training to answer for `Live`.
    pub fn serve(&mut self, live: impl FnOnce() -> (Inference, u64)) {
        let first = match self.inbox.try_recv() {
            Ok(request) => Some(request),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => {
                self.ended = true;
                None
            }
        };
        if first.is_none() && self.is_idle() {
            return;
        }
        self.live = Some(live());
        if let Some(request) = first {
            self.take(request);
        }
        self.work_aside(Duration::ZERO);
    }

    /// While paused: waits for the next request.
    pub fn wait(&mut self, live: impl FnOnce() -> (Inference, u64)) {
        self.live = Some(live());
        self.wait_for_request();
    }

    fn is_idle(&self) -> bool {
        self.evaluations.is_empty() && self.predictions.is_empty() && !self.preview.is_busy()
    }

    /// Waits for a request where there is nothing else to do.
    fn wait_for_request(&mut self) {
        if self.is_idle() {
            match self.inbox.recv() {
                Ok(request) => self.take(request),
                Err(_) => self.ended = true,
            }
        } else {
            self.work_aside(Duration::from_millis(20));
        }
    }

    /// Makes one prediction, brings the preview and every evaluation one batch further and takes what is in the
    /// inbox; `patience` is how long to wait for a request where there is nothing to do.
    fn work_aside(&mut self, patience: Duration) {
        let mut busy = self.predict_next();
        busy |= self.preview_next();
        for mut job in std::mem::take(&mut self.evaluations) {
            let step = catch_unwind(AssertUnwindSafe(|| job.advance()));
            let step = step.unwrap_or_else(|panic| {
                Some(Err(TrainError::Panic(panic_message(panic.as_ref()))))
            });
            match step {
                None => {
                    busy |= job.computing();
                    self.evaluations.push(job);
                }
                Some(result) => {
                    self.note(&job.notes);
                    self.answer(Answer::Evaluation {
                        ticket: job.ticket,
                        result: result.map(Arc::new).map_err(|error| error.to_string()),
                    });
                }
            }
        }
        let patience = if busy { Duration::ZERO } else { patience };
        match self.inbox.recv_timeout(patience) {
            Ok(request) => self.take(request),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => self.ended = true,
        }
        self.take_waiting();
    }

    /// Takes every request that has come.
    fn take_waiting(&mut self) {
        while let Ok(request) = self.inbox.try_recv() {
            self.take(request);
        }
    }

    fn take(&mut self, request: Request) {
        match request {
            Request::Train(job, progress) => {
                self.next = Some(Next {
                    job,
                    progress,
                    controls: Controls::default(),
                });
            }
            Request::Control(control) => self.control(control),
            Request::Pin(image) => {
                self.pinned = Pinned {
                    image,
                    prepared: None,
                };
                self.look_at_pinned();
                self.preview.restart();
            }
            Request::Preview(wanted) => self.want_preview(wanted.map(|wanted| *wanted)),
            Request::Predict {
                ticket,
                model,
                pictures,
                maps,
                device,
            } => {
                let asked = pictures.into_iter().map(|picture| Prediction {
                    ticket,
                    model: model.clone(),
                    picture,
                    maps,
                    device: device.clone(),
                });
                self.predictions.extend(asked);
            }
            Request::Evaluate {
                ticket,
                asked,
                progress,
            } => self.evaluate(ticket, asked, progress),
            Request::End => self.ended = true,
        }
    }

    fn control(&mut self, control: Control) {
        // What comes after a request to train is meant for that training.
        let controls = match &mut self.next {
            Some(next) => &mut next.controls,
            None => &mut self.controls,
        };
        match control {
            Control::Pause => controls.paused = true,
            Control::Resume => {
                controls.paused = false;
                controls.steps = 0;
            }
            Control::Step => {
                controls.paused = true;
                controls.steps = controls.steps.saturating_add(1);
            }
            Control::Stop => {
                controls.stop = true;
                if let Some(next) = &self.next {
                    next.progress.cancel();
                }
            }
        }
        self.publish(|status| {
            if control != Control::Stop && control != Control::Pause {
                status.requested = None;
            }
        });
    }

    pub fn answer(&self, answer: Answer) {
        self.board.answers.lock().push(answer);
        self.wake();
    }

    fn evaluate(&mut self, ticket: u64, asked: Evaluating, progress: Arc<Progress>) {
        let whose = Whose::Run(asked.run.clone());
        let loaded = catch_unwind(AssertUnwindSafe(|| self.inference(&whose, &asked.device)));
        let loaded = loaded
            .unwrap_or_else(|panic| Err(TrainError::Panic(panic_message(panic.as_ref()))))
            .and_then(|(inference, _)| EvaluationJob::start(ticket, asked, inference, progress));
        match loaded {
            Ok(job) => self.evaluations.push(job),
            Err(error) => self.answer(Answer::Evaluation {
                ticket,
                result: Err(error.to_string()),
            }),
        }
    }
}
