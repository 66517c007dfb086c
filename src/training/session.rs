//! The handle of the engine thread: the window and the terminal drive the same one.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;

use image::DynamicImage;
use parking_lot::MutexGuard;

use super::cpu::threads;
use super::engine::Engine;
use super::preview::Preview;
use super::status::{Board, Control, FeatureMaps, Phase, Status};
use crate::dataset::{Dataset, Opening, Progress, Set, Splits};
use crate::network::{Graph, Network};
use crate::project::Recipe;
use crate::results::{Evaluation, History};

/// Everything a training needs; nothing in it is looked up again while it runs.
#[derive(Clone, Debug)]
pub struct Job {
    pub network: Network,
    /// The drawing that `network` was checked from, kept with the run.
    pub graph: Graph,
    /// Names the run folder (`digits-cnn`).
    pub title: String,
    pub data: Arc<Dataset>,
    /// Test images from elsewhere; the test set of `splits` is empty then.
    pub test: Option<Arc<Dataset>>,
    pub splits: Splits,
    pub recipe: Recipe,
    /// The run becomes a new folder below it.
    pub runs_dir: PathBuf,
}

/// Whose weights answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Model {
    /// The network in training, with the weights of this moment; the best ones once it has ended.
    Live,
    /// The best weights of a run on disk.
    Run(PathBuf),
}

/// A picture to look at.
#[derive(Clone, Debug)]
pub enum Picture {
    File(PathBuf),
    Image {
        name: String,
        image: Arc<DynamicImage>,
    },
    /// An image of a data set, read by the engine.
    Of {
        data: Arc<Dataset>,
        index: usize,
    },
}

impl Picture {
    /// The path or name shown to the user.
    pub fn name(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Image { name, .. } => name.clone(),
            Self::Of { data, index } => data
                .images
                .get(*index)
                .map_or_else(String::new, |image| image.file.clone()),
        }
    }
}

/// What a network says of one picture.
#[derive(Clone, Debug)]
pub struct Explained {
    pub classes: Vec<String>,
    /// The probability of each class; their sum is 1.
    pub probabilities: Vec<f32>,
    /// Index of the class with the highest probability.
    pub predicted: usize,
    /// Present where the request asked for it.
    pub maps: Option<FeatureMaps>,
}

/// Which images an evaluation goes over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Over {
    /// The run's own test set, or its validation set where it has no test images.
    OwnTest,
    /// One of the run's own sets.
    Own(Set),
    /// Every image of another folder that is not left out, or of its `test/` where it has one. The index is that of
    /// the evaluation.
    Folder(Box<Opening>),
}

/// An evaluation to make.
#[derive(Clone, Debug)]
pub struct Evaluating {
    /// The run's folder; its best weights answer.
    pub run: PathBuf,
    pub over: Over,
    pub device: String,
    /// Test-time augmentation: the mean of the probabilities over this many views of each image, of which the plain
    /// image is the first and the others are drawn as the run's own augmentation draws them (without mixing; flips and
    /// small shifts where it has none), by its seed. 0 and 1: the plain image alone. The figures of several views are
    /// not kept with the run.
    pub views: usize,
    /// A folder for the index of the images, as [`Opening::cache`](crate::dataset::Opening::cache).
    pub cache: Option<PathBuf>,
}

/// What came of a request; `ticket` is what the request returned.
#[derive(Clone, Debug)]
pub enum Answer {
    Prediction {
        ticket: u64,
        name: String,
        result: Result<Explained, String>,
    },
    Evaluation {
        ticket: u64,
        result: Result<Arc<Evaluation>, String>,
    },
}

pub(super) enum Request {
    Train(Box<Job>, Arc<Progress>),
    Control(Control),
    Pin(Option<Arc<DynamicImage>>),
    Preview(Option<Box<Preview>>),
    Predict {
        ticket: u64,
        model: Model,
        pictures: Vec<Picture>,
        maps: bool,
        device: String,
    },
    Evaluate {
        ticket: u64,
        asked: Evaluating,
        progress: Arc<Progress>,
    },
    End,
}

/// The engine: one plain thread, the only one that touches burn. Dropping the handle stops the
/// work after the step in progress and joins the thread.
pub struct Session {
    requests: Sender<Request>,
    board: Arc<Board>,
    tickets: AtomicU64,
    thread: Option<JoinHandle<()>>,
}

impl Session {
    /// Starts an idle engine. `wake` is called after everything the engine publishes; it must not
    /// block.
    ///
    /// # Errors
    /// The operating system refused a thread.
    pub fn start(wake: impl Fn() + Send + Sync + 'static) -> std::io::Result<Self> {
        let (requests, inbox) = channel();
        let board = Arc::new(Board::default());
        let engine = Engine::new(inbox, board.clone(), Box::new(wake));
        let thread = std::thread::Builder::new()
            .name("engine".to_owned())
            .spawn(move || {
                let _pool = threads::join();
                engine.run();
            })?;
        Ok(Self {
            requests,
            board,
            tickets: AtomicU64::new(1),
            thread: Some(thread),
        })
    }

    /// Begins a training; one that is under way is stopped first and keeps its run.
    pub fn train(&self, job: Job) {
        let progress = Arc::new(Progress::default());
        std::mem::replace(&mut *self.board.preparing.lock(), progress.clone()).cancel();
        {
            let mut status = self.board.status.lock();
            status.requested = None;
            status.phase = Phase::preparing("Starting");
        }
        self.send(Request::Train(Box::new(job), progress));
    }

    pub fn pause(&self) {
        self.control(Control::Pause);
    }

    pub fn resume(&self) {
        self.control(Control::Resume);
    }

    /// One training step, then paused again.
    pub fn step(&self) {
        self.control(Control::Step);
    }

    /// Ends the training after the step in progress. The run keeps its best and last weights.
    pub fn stop(&self) {
        if matches!(self.board.status.lock().phase, Phase::Preparing { .. }) {
            self.board.preparing.lock().cancel();
        }
        self.control(Control::Stop);
    }

    /// Shows `image` to the network while it trains; `None` turns the feature maps off.
    pub fn pin(&self, image: Option<Arc<DynamicImage>>) {
        self.send(Request::Pin(image));
    }

    /// Shows the pinned image in this network before it is trained, with the weights that a training would
    /// begin with. The newest request wins; what it shows comes by [`Self::preview_maps`].
    pub fn preview(&self, wanted: Option<Preview>) {
        self.send(Request::Preview(wanted.map(Box::new)));
    }

    /// Asks for predictions; one [`Answer::Prediction`] a picture comes back with the ticket.
    pub fn predict(&self, model: Model, pictures: Vec<Picture>, maps: bool, device: &str) -> u64 {
        let ticket = self.ticket();
        self.send(Request::Predict {
            ticket,
            model,
            pictures,
            maps,
            device: device.to_owned(),
        });
        ticket
    }

    /// Evaluates a run's best weights on plain images. The progress can be watched and cancelled.
    pub fn evaluate(&self, run: PathBuf, over: Over, device: &str) -> (u64, Arc<Progress>) {
        self.evaluate_as(Evaluating {
            run,
            over,
            device: device.to_owned(),
            views: 1,
            cache: None,
        })
    }

    /// The same with every wish.
    pub fn evaluate_as(&self, asked: Evaluating) -> (u64, Arc<Progress>) {
        let ticket = self.ticket();
        let progress = Arc::new(Progress::default());
        self.send(Request::Evaluate {
            ticket,
            asked,
            progress: progress.clone(),
        });
        (ticket, progress)
    }

    /// Where the training stands.
    pub fn status(&self) -> Status {
        let mut status = self.board.status.lock().clone();
        if let Phase::Preparing { fraction, .. } = &mut status.phase {
            *fraction = self.board.preparing.lock().fraction();
        }
        status
    }

    /// The history of the training, under a short lock: copy what is needed and let go.
    pub fn history(&self) -> MutexGuard<'_, History> {
        self.board.history.lock()
    }

    /// The share of an epoch's time, counted from 1, that went by waiting for images, 0 to 1.
    pub fn waited(&self, epoch: u32) -> Option<f64> {
        let place = usize::try_from(epoch).ok()?.checked_sub(1)?;
        self.board.waits.lock().get(place).copied()
    }

    /// The newest feature maps of the pinned image.
    pub fn maps(&self) -> Option<Arc<FeatureMaps>> {
        self.board.maps.get()
    }

    /// The newest preview, where one was asked for and an image is pinned. While one is computed, layers that are
    /// not reached yet have the maps of the one before.
    pub fn preview_maps(&self) -> Option<Arc<FeatureMaps>> {
        self.board.preview.get()
    }

    /// Why the newest preview is not of the whole network, in a few words.
    pub fn preview_note(&self) -> Option<String> {
        self.board.preview_note.lock().clone()
    }

    /// The validation of the last finished epoch.
    pub fn validation(&self) -> Option<Arc<Evaluation>> {
        self.board.validation.get()
    }

    /// Takes the answers that have come since the last call.
    pub fn answers(&self) -> Vec<Answer> {
        std::mem::take(&mut *self.board.answers.lock())
    }

    fn control(&self, control: Control) {
        {
            let mut status = self.board.status.lock();
            if !status.phase.is_active() {
                return;
            }
            status.requested = Some(control);
        }
        self.send(Request::Control(control));
    }

    fn ticket(&self) -> u64 {
        self.tickets.fetch_add(1, Ordering::Relaxed)
    }

    fn send(&self, request: Request) {
        // The engine thread catches panics and ends only with the handle; should it be gone all
        // the same, the status says so instead of nothing happening.
        if self.requests.send(request).is_err() {
            self.board.status.lock().phase =
                Phase::Failed("The engine has ended; restart mapsto".to_owned());
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.board.preparing.lock().cancel();
        self.send(Request::End);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            log::error!("the engine thread ended by a panic");
        }
    }
}
