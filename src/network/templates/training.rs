//! How templates are known to train well.

/// The optimiser and its settings that a template comes with; a recipe is made of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Training {
    /// In files and on the command line: "adam".
    pub optimizer: &'static str,
    /// Of the optimisers that have one.
    pub momentum: f64,
    /// As the optimiser means it.
    pub weight_decay: f64,
    /// Constant over the run.
    pub learning_rate: f64,
    /// Images a step.
    pub batch: usize,
    /// Passes over the training images.
    pub epochs: u32,
}

impl Training {
    pub(super) const fn adam(learning_rate: f64, batch: usize, epochs: u32) -> Self {
        Self {
            optimizer: "adam",
            momentum: 0.0,
            weight_decay: 0.0,
            learning_rate,
            batch,
            epochs,
        }
    }

    /// Stochastic gradient descent.
    pub(super) const fn sgd(learning_rate: f64, batch: usize, epochs: u32) -> Self {
        Self {
            optimizer: "sgd",
            ..Self::adam(learning_rate, batch, epochs)
        }
    }

    /// Adam with decoupled weight decay.
    pub(super) const fn adamw(learning_rate: f64, batch: usize, epochs: u32) -> Self {
        Self {
            optimizer: "adamw",
            weight_decay: 0.05,
            ..Self::adam(learning_rate, batch, epochs)
        }
    }

    pub(super) const fn with_momentum(self, momentum: f64, weight_decay: f64) -> Self {
        Self {
            momentum,
            weight_decay,
            ..self
        }
    }
}
