//! The scalars of a run, in the order they came: one `Step` a batch, one `Epoch` a pass over the training set.

use serde::{Deserialize, Serialize};

/// The figures of one training step, measured on its batch before the weights were changed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Counted from 1 over the whole run.
    pub step: u64,
    /// Counted from 1.
    pub epoch: u32,
    /// Mean loss over the batch.
    pub loss: f32,
    /// A fraction from 0 to 1.
    pub accuracy: f32,
}

/// The figures of one epoch. Accuracies are fractions from 0 to 1, losses means over images.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// Counted from 1.
    pub epoch: u32,
    pub train_loss: f64,
    pub train_accuracy: f64,
    /// `None` where the run has no validation images.
    pub val_loss: Option<f64>,
    pub val_accuracy: Option<f64>,
    pub learning_rate: f64,
    /// Wall-clock seconds of its training: without validation, pauses and looks.
    pub seconds: f64,
    /// Training images a second.
    pub images_per_second: f64,
}

impl Epoch {
    /// Accuracy on the validation images, or on the training images where there are no others.
    pub fn accuracy(&self) -> f64 {
        self.val_accuracy.unwrap_or(self.train_accuracy)
    }
}

/// Everything a run has told so far. Only ever appended to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct History {
    pub steps: Vec<Step>,
    pub epochs: Vec<Epoch>,
}

impl History {
    /// The epoch whose weights are the best: the highest validation accuracy, or, without validation,
    /// the lowest training loss. The earliest wins a tie. Figures that are no number never win.
    pub fn best_epoch(&self) -> Option<&Epoch> {
        self.best_by(|epoch| epoch.val_accuracy)
            .or_else(|| self.best_by(|epoch| Some(-epoch.train_loss)))
    }

    /// The epoch with the highest score; the earliest wins a tie.
    fn best_by(&self, score: impl Fn(&Epoch) -> Option<f64>) -> Option<&Epoch> {
        let mut best: Option<(&Epoch, f64)> = None;
        for epoch in &self.epochs {
            let Some(value) = score(epoch).filter(|value| !value.is_nan()) else {
                continue;
            };
            if best.is_none_or(|(_, highest)| value > highest) {
                best = Some((epoch, value));
            }
        }
        best.map(|(epoch, _)| epoch)
    }
}
