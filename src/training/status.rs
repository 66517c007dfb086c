//! What the engine thread tells the outside: small facts under short locks, big state newest-wins.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use crate::dataset::Progress;
use crate::results::{Evaluation, History};

/// What the engine is doing.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Phase {
    /// Nothing to train; predictions and evaluations are served.
    #[default]
    Idle,
    /// Decoding images or opening the device; `fraction` from 0 to 1 where it is known.
    Preparing {
        /// What is being prepared, in words for the status line.
        what: String,
        /// Share done, 0 to 1.
        fraction: Option<f32>,
    },
    /// The first step on a GPU: kernels are compiled and tuned, which can take a minute.
    Compiling,
    Training,
    Validating,
    Paused,
    /// The best weights go over the validation and test sets.
    Evaluating,
    Finished,
    Stopped,
    /// Ended by a fault; the message says what happened and what to do.
    Failed(String),
}

impl Phase {
    /// Preparing, its share done not known yet.
    pub(super) fn preparing(what: impl Into<String>) -> Self {
        Self::Preparing {
            what: what.into(),
            fraction: None,
        }
    }

    /// Whether a training is under way (paused counts).
    pub fn is_active(&self) -> bool {
        matches!(
            self,
            Self::Preparing { .. }
                | Self::Compiling
                | Self::Training
                | Self::Validating
                | Self::Paused
                | Self::Evaluating
        )
    }
}

/// A request that the engine has not carried out yet: the window says what it waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    Pause,
    Resume,
    Step,
    Stop,
}

/// A snapshot of a training, cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Status {
    pub phase: Phase,
    /// Asked for and not yet carried out.
    pub requested: Option<Control>,
    /// The folder of the run in training or trained last.
    pub run: Option<PathBuf>,
    /// The device's name, once it is open.
    pub device: String,
    /// The epoch in progress, from 1; 0 before the first.
    pub epoch: u32,
    pub epochs: u32,
    /// Steps done in this epoch, and in a whole one.
    pub step: usize,
    pub steps_per_epoch: usize,
    /// All steps done.
    pub steps_done: u64,
    /// Training throughput of the last seconds, in images per second.
    pub images_per_second: f64,
    /// Mean time of a training step, in milliseconds.
    pub step_ms: f64,
    pub learning_rate: f64,
    pub time_left: Option<Duration>,
    /// Best epoch so far and its [`Epoch::accuracy`](crate::results::Epoch::accuracy), 0 to 1.
    pub best: Option<(u32, f64)>,
    /// Share of the training time that the feature maps cost, 0 to 1.
    pub probe_share: f64,
    /// Share of the time of training and validation that went by waiting for images, 0 to 1; below 0.01 it costs
    /// nothing.
    pub wait_share: f64,
    /// Facts worth telling that are not errors (images left out, a stale index).
    pub notes: Vec<String>,
}

impl Status {
    /// Share of the training done, 0 to 1.
    pub fn fraction(&self) -> f32 {
        if self.epochs == 0 || self.steps_per_epoch == 0 {
            return 0.0;
        }
        let epochs_done = f64::from(self.epoch.saturating_sub(1));
        let part = self.step as f64 / self.steps_per_epoch as f64;
        ((epochs_done + part.min(1.0)) / f64::from(self.epochs)) as f32
    }
}

/// The activations of one layer for one image.
#[derive(Clone, Debug)]
pub struct LayerMaps {
    /// The layer's name in the graph (`conv2d_1`).
    pub name: String,
    /// Channels, height, width of what the layer put out; a vector is `[units, 1, 1]`.
    pub shape: [usize; 3],
    /// The first `kept` channels, row by row: `kept × height × width` numbers.
    pub values: Arc<[f32]>,
    /// Channels held in `values`, at most [`MAPS_KEPT`].
    pub kept: usize,
}

/// More channels than this are not shown on a card.
pub const MAPS_KEPT: usize = 64;

/// What the pinned image becomes in every layer, with the weights after `step` steps.
#[derive(Clone, Debug)]
pub struct FeatureMaps {
    /// Training steps that the weights had seen.
    pub step: u64,
    /// Counts up with every publication, so that a view can tell new from old.
    pub version: u64,
    /// One a layer that computes, in the order of the network, without the input.
    pub layers: Vec<LayerMaps>,
    /// The probability of each class.
    pub probabilities: Vec<f32>,
}

/// A newest-wins slot: the writer never waits, the reader takes what is there.
#[derive(Debug)]
pub struct Latest<T>(Mutex<Option<Arc<T>>>);

impl<T> Default for Latest<T> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

impl<T> Latest<T> {
    /// Replaces what is in the slot.
    pub fn put(&self, value: impl Into<Arc<T>>) {
        *self.0.lock() = Some(value.into());
    }

    /// The newest value, shared.
    pub fn get(&self) -> Option<Arc<T>> {
        self.0.lock().clone()
    }

    /// Empties the slot.
    pub fn clear(&self) {
        *self.0.lock() = None;
    }
}

/// Everything that the engine thread writes and others read. No lock is held longer than a copy.
#[derive(Debug, Default)]
pub(super) struct Board {
    pub status: Mutex<Status>,
    pub history: Mutex<History>,
    /// The share of each epoch's time that went by waiting for images, 0 to 1.
    pub waits: Mutex<Vec<f64>>,
    pub maps: Latest<FeatureMaps>,
    /// The pinned image in the network as it is drawn.
    pub preview: Latest<FeatureMaps>,
    /// Where the preview ends, and why, if it is not whole.
    pub preview_note: Mutex<Option<String>>,
    /// The validation of the last epoch.
    pub validation: Latest<Evaluation>,
    pub answers: Mutex<Vec<super::Answer>>,
    /// Progress of the preparation of the newest training; cancelling it ends that preparation.
    pub preparing: Mutex<Arc<Progress>>,
}
