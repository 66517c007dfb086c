//! The engine thread: takes requests, trains, and serves looks between two steps.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};
use std::time::Duration;

use super::checkpoint;
use super::error::{TrainError, panic_message};
use super::evaluate::Inference;
use super::evaluation::EvaluationJob;
use super::probe::{self, Pinned};
use super::session::{Answer, Explained, Job, Picture, Request};
use super::session::{Model as Whose, Over};
use super::status::{Board, Control, Phase, Status};
use super::stored::{load_run, open_picture};
use super::trainer::{self, Ending};
use crate::dataset::{DatasetError, Progress};

/// What the user has asked of the training in progress.
#[derive(Debug, Default)]
pub(super) struct Controls {
    pub paused: bool,
    /// Steps to do while paused.
    pub steps: u32,
    pub stop: bool,
}

pub(super) struct Engine {
    inbox: Receiver<Request>,
    pub board: Arc<Board>,
    wake: Box<dyn Fn() + Send + Sync>,
    pub pinned: Pinned,
    pub controls: Controls,
    evaluations: Vec<EvaluationJob>,
    /// The model trained last, and the step it stands at.
    pub live: Option<(Inference, u64)>,
    /// The run opened last for predictions: its folder, the device asked for.
    opened: Option<(PathBuf, String, Inference)>,
    next: Option<(Box<Job>, Arc<Progress>)>,
    ended: bool,
    maps_version: u64,
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
            live: None,
            opened: None,
            next: None,
            ended: false,
            maps_version: 0,
        }
    }

    /// Serves until the handle is dropped.
    pub fn run(mut self) {
        while !self.ended {
            if let Some((job, progress)) = self.next.take() {
                self.train(&job, &progress);
            } else if self.evaluations.is_empty() {
                match self.inbox.recv() {
                    Ok(request) => self.take(request),
                    Err(_) => return,
                }
            } else {
                self.work_aside(Duration::from_millis(20));
            }
        }
    }

    fn train(&mut self, job: &Job, progress: &Progress) {
        self.controls = Controls::default();
        self.pinned.prepared = None;
        self.live = None;
        self.board.maps.clear();
        self.board.validation.clear();
        *self.board.history.lock() = crate::results::History::default();
        *self.board.status.lock() = Status {
            phase: Phase::Preparing {
                what: "Opening the device".to_owned(),
                fraction: None,
            },
            epochs: job.recipe.epochs,
            learning_rate: job.recipe.learning_rate,
            ..Status::default()
        };
        self.wake();
        let outcome = catch_unwind(AssertUnwindSafe(|| trainer::run(self, job, progress)));
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
        self.publish(|status| {
            status.phase = phase;
            status.requested = None;
            status.time_left = None;
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
        if first.is_none() && self.evaluations.is_empty() {
            return;
        }
        if first.as_ref().is_some_and(needs_live) || self.live.is_none() {
            self.live = Some(live());
        }
        if let Some(request) = first {
            self.take(request);
        }
        self.work_aside(Duration::ZERO);
    }

    /// While paused: waits for the next request.
    pub fn wait(&mut self, live: impl FnOnce() -> (Inference, u64)) {
        self.live = Some(live());
        if self.evaluations.is_empty() {
            match self.inbox.recv() {
                Ok(request) => self.take(request),
                Err(_) => self.ended = true,
            }
        } else {
            self.work_aside(Duration::from_millis(20));
        }
    }

    /// Takes what is in the inbox and brings every evaluation one batch further; `patience` is how
    /// long to wait for a request where there is nothing to do.
    fn work_aside(&mut self, patience: Duration) {
        let mut busy = false;
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
        loop {
            match self.inbox.recv_timeout(patience) {
                Ok(request) => self.take(request),
                Err(RecvTimeoutError::Timeout) => return,
                Err(RecvTimeoutError::Disconnected) => {
                    self.ended = true;
                    return;
                }
            }
            if patience > Duration::ZERO {
                return;
            }
        }
    }

    fn take(&mut self, request: Request) {
        match request {
            Request::Train(job, progress) => self.next = Some((job, progress)),
            Request::Control(control) => self.control(control),
            Request::Pin(image) => {
                self.pinned = Pinned {
                    image,
                    prepared: None,
                };
                self.look_at_pinned();
            }
            Request::Predict {
                ticket,
                model,
                pictures,
                maps,
                device,
            } => {
                for picture in pictures {
                    self.predict(ticket, &model, &picture, maps, &device);
                }
            }
            Request::Evaluate {
                ticket,
                run,
                over,
                device,
                progress,
            } => self.evaluate(ticket, &run, over, &device, progress),
            Request::End => self.ended = true,
        }
    }

    fn control(&mut self, control: Control) {
        let controls = &mut self.controls;
        match control {
            Control::Pause => controls.paused = true,
            Control::Resume => controls.paused = false,
            Control::Step => {
                controls.paused = true;
                controls.steps += 1;
            }
            Control::Stop => controls.stop = true,
        }
        self.publish(|status| {
            if control != Control::Stop && control != Control::Pause {
                status.requested = None;
            }
        });
    }

    /// Publishes feature maps of the pinned image.
    pub fn show_maps(&mut self, inference: &Inference, step: u64) {
        let Some(pixels) = self.pinned.pixels(&inference.network) else {
            return;
        };
        let mut maps = probe::feature_maps(inference, pixels, step);
        self.maps_version += 1;
        maps.version = self.maps_version;
        self.board.maps.put(maps);
        self.wake();
    }

    fn look_at_pinned(&mut self) {
        if self.pinned.image.is_none() {
            self.board.maps.clear();
            self.wake();
        } else if let Some((inference, step)) = self.live.clone() {
            self.show_maps(&inference, step);
        }
    }

    fn answer(&self, answer: Answer) {
        self.board.answers.lock().push(answer);
        self.wake();
    }

    fn predict(&mut self, ticket: u64, whose: &Whose, picture: &Picture, maps: bool, device: &str) {
        let work = AssertUnwindSafe(|| self.explain(whose, picture, maps, device));
        let result = catch_unwind(work)
            .unwrap_or_else(|panic| Err(TrainError::Panic(panic_message(panic.as_ref()))));
        self.answer(Answer::Prediction {
            ticket,
            name: picture.name(),
            result: result.map_err(|error| error.to_string()),
        });
    }

    fn explain(
        &mut self,
        whose: &Whose,
        picture: &Picture,
        with_maps: bool,
        device: &str,
    ) -> Result<Explained, TrainError> {
        let (inference, step) = self.inference(whose, device)?;
        let image = match picture {
            Picture::Image { image, .. } => image.clone(),
            Picture::Of { data, index } => {
                let read = data.read(*index);
                Arc::new(read.map_err(|error| TrainError::Request(error.to_string()))?)
            }
            Picture::File(path) => Arc::new(open_picture(path)?),
        };
        let pixels = probe::prepare(&image, &inference.network);
        let maps = probe::feature_maps(&inference, pixels, step);
        let mut predicted = 0;
        for (index, probability) in maps.probabilities.iter().enumerate() {
            if *probability > maps.probabilities[predicted] {
                predicted = index;
            }
        }
        Ok(Explained {
            classes: inference.classes,
            probabilities: maps.probabilities.clone(),
            predicted,
            maps: with_maps.then_some(maps),
        })
    }

    fn inference(&mut self, whose: &Whose, device: &str) -> Result<(Inference, u64), TrainError> {
        match whose {
            Whose::Live => self.live.clone().ok_or_else(|| {
                TrainError::Request("There is no trained model yet: press Train first".to_owned())
            }),
            Whose::Run(path) => {
                if let Some((open, on, inference)) = &self.opened
                    && open == path
                    && on == device
                {
                    return Ok((inference.clone(), 0));
                }
                let inference = load_run(path, device)?;
                self.opened = Some((path.clone(), device.to_owned(), inference.clone()));
                Ok((inference, 0))
            }
        }
    }

    fn evaluate(
        &mut self,
        ticket: u64,
        run: &Path,
        over: Over,
        device: &str,
        progress: Arc<Progress>,
    ) {
        let whose = Whose::Run(run.to_path_buf());
        let loaded = catch_unwind(AssertUnwindSafe(|| self.inference(&whose, device)));
        let loaded = loaded
            .unwrap_or_else(|panic| Err(TrainError::Panic(panic_message(panic.as_ref()))))
            .and_then(|(inference, _)| {
                EvaluationJob::start(ticket, run, over, inference, progress)
            });
        match loaded {
            Ok(job) => self.evaluations.push(job),
            Err(error) => self.answer(Answer::Evaluation {
                ticket,
                result: Err(error.to_string()),
            }),
        }
    }
}

fn needs_live(request: &Request) -> bool {
    matches!(request, Request::Predict { .. } | Request::Pin(_))
}
