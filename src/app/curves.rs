//! From a history to curves that can be plotted: in epochs, smoothed, no more points than pixels.
//!
//! A history only grows, so each step is looked at once: the work of a frame does not depend on how
//! long the training has run.

use std::time::{Duration, Instant};

use super::view::Curves;
use crate::results::{Epoch, History, Step, decimate};

/// Points of one curve at most; more would not show.
const POINTS: usize = 600;
/// Points that are kept to be decimated again.
const KEPT: usize = 8_192;
/// Steps that are looked at in one frame; a long run that is opened takes several.
const A_FRAME: usize = 100_000;
/// While training, curves are made anew this often.
const EVERY: Duration = Duration::from_millis(200);

/// What the present curves were made from.
#[derive(Default)]
pub struct CurveMaker {
    source: u64,
    smoothing: f32,
    per_epoch: usize,
    steps: usize,
    epochs: usize,
    raw: Vec<[f64; 2]>,
    smooth: Vec<[f64; 2]>,
    average: Average,
    at: Option<Instant>,
}

/// A moving average with bias correction, as [`crate::results::smooth`] has it, one value at a time.
#[derive(Default)]
struct Average {
    sum: f64,
    weight: f64,
}

impl Average {
    fn next(&mut self, value: f64, factor: f64) -> f64 {
        if !value.is_finite() {
            return f64::NAN;
        }
        self.sum = factor * self.sum + (1.0 - factor) * value;
        self.weight = factor * self.weight + (1.0 - factor);
        self.sum / self.weight
    }
}

impl CurveMaker {
    /// Brings the curves up to the history. Returns when to come again: where there was more than
    /// fits a frame, or where the last look was so short ago that the eye would see no difference.
    pub fn update(
        &mut self,
        curves: &mut Curves,
        history: &History,
        epochs: u32,
        per_epoch: usize,
        source: u64,
    ) -> Option<Duration> {
        let other = source != self.source
            || curves.smoothing.to_bits() != self.smoothing.to_bits()
            || per_epoch.max(1) != self.per_epoch
            || history.steps.len() < self.steps
            || history.epochs.len() < self.epochs;
        if other {
            *self = Self {
                source,
                smoothing: curves.smoothing,
                per_epoch: per_epoch.max(1),
                ..Self::default()
            };
        }
        let same = history.steps.len() == self.steps && history.epochs.len() == self.epochs;
        if same && !other {
            return None;
        }
        if let Some(past) = self.at.map(|at| at.elapsed()).filter(|past| *past < EVERY) {
            return Some(EVERY - past);
        }
        let fresh = history.steps.get(self.steps..).unwrap_or_default();
        let more = fresh.len() > A_FRAME;
        self.take(fresh.get(..A_FRAME).unwrap_or(fresh));
        self.epochs = history.epochs.len();
        *curves = self.curves(&history.epochs, epochs);
        if more {
            return Some(Duration::from_millis(1));
        }
        self.at = Some(Instant::now());
        None
    }

    /// Nothing is shown.
    pub fn clear(&mut self, curves: &mut Curves) {
        if self.steps > 0 || self.epochs > 0 {
            *self = Self::default();
            *curves = Curves {
                smoothing: curves.smoothing,
                ..Curves::default()
            };
        }
    }

    fn take(&mut self, steps: &[Step]) {
        let factor = f64::from(self.smoothing).clamp(0.0, 0.9999);
        for step in steps {
            let x = step.step as f64 / self.per_epoch as f64;
            let loss = f64::from(step.loss);
            self.raw.push([x, loss]);
            self.smooth.push([x, self.average.next(loss, factor)]);
            if self.raw.len() >= 4 * KEPT {
                self.raw = decimate(&self.raw, KEPT / 2);
                self.smooth = decimate(&self.smooth, KEPT / 2);
            }
        }
        self.steps += steps.len();
    }

    fn curves(&self, told: &[Epoch], epochs: u32) -> Curves {
        let by_epoch = |value: fn(&Epoch) -> Option<f64>| -> Vec<[f64; 2]> {
            told.iter()
                .filter_map(|epoch| Some([f64::from(epoch.epoch), value(epoch)?]))
                .collect()
        };
        Curves {
            train_loss: decimate(&self.raw, POINTS),
            train_loss_smooth: decimate(&self.smooth, POINTS),
            val_loss: by_epoch(|epoch| epoch.val_loss),
            train_accuracy: by_epoch(|epoch| Some(epoch.train_accuracy)),
            val_accuracy: by_epoch(|epoch| epoch.val_accuracy),
            epochs: f64::from(epochs),
            smoothing: self.smoothing,
        }
    }
}
