//! From a history to curves that can be plotted: in epochs, smoothed, no more points than pixels.

use std::time::{Duration, Instant};

use super::view::Curves;
use crate::results::{History, decimate, smooth};

/// Points of one curve at most; more would not show.
const POINTS: usize = 600;
/// While training, curves are made anew this often.
const EVERY: Duration = Duration::from_millis(200);

/// What the present curves were made from.
#[derive(Default)]
pub struct CurveMaker {
    made_of: Option<(usize, usize, f32, u64)>,
    at: Option<Instant>,
}

impl CurveMaker {
    /// Makes the curves anew where the history, its source or the smoothing has changed; not more
    /// often than the eye can see.
    pub fn update(
        &mut self,
        curves: &mut Curves,
        history: &History,
        epochs: u32,
        steps_per_epoch: usize,
        source: u64,
    ) {
        let now = (
            history.steps.len(),
            history.epochs.len(),
            curves.smoothing,
            source,
        );
        if self.made_of == Some(now) {
            return;
        }
        let same_source = self
            .made_of
            .is_some_and(|old| old.3 == source && old.2 == now.2);
        if same_source && self.at.is_some_and(|at| at.elapsed() < EVERY) {
            return;
        }
        self.made_of = Some(now);
        self.at = Some(Instant::now());
        *curves = make(history, epochs, steps_per_epoch, curves.smoothing);
    }
}

fn make(history: &History, epochs: u32, steps_per_epoch: usize, smoothing: f32) -> Curves {
    let per_epoch = steps_per_epoch.max(1) as f64;
    let steps: Vec<[f64; 2]> = history
        .steps
        .iter()
        .map(|step| [step.step as f64 / per_epoch, f64::from(step.loss)])
        .collect();
    let by_epoch = |value: fn(&crate::results::Epoch) -> Option<f64>| -> Vec<[f64; 2]> {
        history
            .epochs
            .iter()
            .filter_map(|epoch| Some([f64::from(epoch.epoch), value(epoch)?]))
            .collect()
    };
    let smoothed = smooth(&steps, f64::from(smoothing));
    Curves {
        train_loss: decimate(&steps, POINTS),
        train_loss_smooth: decimate(&smoothed, POINTS),
        val_loss: by_epoch(|epoch| epoch.val_loss),
        train_accuracy: by_epoch(|epoch| Some(epoch.train_accuracy)),
        val_accuracy: by_epoch(|epoch| epoch.val_accuracy),
        epochs: f64::from(epochs),
        smoothing,
    }
}
