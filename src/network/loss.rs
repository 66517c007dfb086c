//! Losses, which outputs they allow, and what of the last layer folds into them.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::function::Activation;

/// What training makes small.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Loss {
    /// The negative logarithm of the true class's probability.
    #[default]
    CrossEntropy,
    /// Each unit says yes or no: one unit for two classes (the second by name is yes), or one a class.
    BinaryCrossEntropy,
    /// The squared distance to a one-hot target.
    MeanSquaredError,
}

impl Loss {
    /// All of them, the most usual first.
    pub const ALL: [Self; 3] = [
        Self::CrossEntropy,
        Self::BinaryCrossEntropy,
        Self::MeanSquaredError,
    ];

    /// In files and on the command line: "cross-entropy".
    pub fn name(self) -> &'static str {
        match self {
            Self::CrossEntropy => "cross-entropy",
            Self::BinaryCrossEntropy => "binary-cross-entropy",
            Self::MeanSquaredError => "mean-squared-error",
        }
    }

    /// In the window: "Cross-entropy".
    pub fn title(self) -> &'static str {
        match self {
            Self::CrossEntropy => "Cross-entropy",
            Self::BinaryCrossEntropy => "Binary cross-entropy",
            Self::MeanSquaredError => "Mean squared error",
        }
    }

    /// The loss of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|loss| loss.name() == name)
    }

    /// Whether the last layer may look like this. Where the classes are not known yet, any number of them
    /// from two that fits will do.
    pub fn allows(self, classes: Option<usize>, units: usize, activation: Activation) -> bool {
        let unit_a_class = classes.map_or(units >= 2, |classes| units == classes);
        let unit_for_two = units == 1 && classes.is_none_or(|classes| classes == 2);
        match (self, activation) {
            (Self::CrossEntropy, Activation::Softmax | Activation::Linear) => unit_a_class,
            (Self::CrossEntropy, _) => false,
            (Self::BinaryCrossEntropy, Activation::Sigmoid) => unit_a_class || unit_for_two,
            (Self::BinaryCrossEntropy, Activation::Linear) => unit_for_two,
            (Self::BinaryCrossEntropy, _) => false,
            (Self::MeanSquaredError, Activation::Sigmoid) => unit_a_class || unit_for_two,
            (Self::MeanSquaredError, _) => unit_a_class,
        }
    }

    /// What folds into this loss, with a last layer that it allows.
    pub(super) fn head(self, activation: Activation) -> Head {
        match (self, activation) {
            (Self::CrossEntropy, _) | (Self::MeanSquaredError, Activation::Softmax) => {
                Head::Softmax
            }
            (Self::BinaryCrossEntropy, _) | (Self::MeanSquaredError, Activation::Sigmoid) => {
                Head::Sigmoid
            }
            (Self::MeanSquaredError, Activation::Linear) => Head::Linear,
            (Self::MeanSquaredError, _) => Head::Other,
        }
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// How the last layer's values become probabilities.
///
/// With [`Head::Softmax`] and [`Head::Sigmoid`] the engine leaves out the last layer's own activation: what it
/// computes are logits, and the function belongs to the loss (mean squared error then compares probabilities).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Head {
    /// Probabilities are the softmax of the logits.
    Softmax,
    /// The sigmoid of each logit; of a single unit, it is the probability of the second class.
    Sigmoid,
    /// The outputs stand for the one-hot target as they are.
    Linear,
    /// As linear, after the last layer's own activation, which the engine applies.
    Other,
}
