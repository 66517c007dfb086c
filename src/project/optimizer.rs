//! The optimisers and their settings.

use serde::{Deserialize, Serialize};

/// The optimiser with its settings, each with PyTorch's meaning and default.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "lowercase")]
pub enum Optimizer {
    Sgd {
        #[serde(default)]
        momentum: f64,
        #[serde(default)]
        nesterov: bool,
        #[serde(default)]
        weight_decay: f64,
    },
    Adam {
        #[serde(default = "defaults::beta1")]
        beta1: f64,
        #[serde(default = "defaults::beta2")]
        beta2: f64,
        #[serde(default = "defaults::epsilon")]
        epsilon: f64,
        /// Added to the gradient (L2).
        #[serde(default)]
        weight_decay: f64,
    },
    AdamW {
        #[serde(default = "defaults::beta1")]
        beta1: f64,
        #[serde(default = "defaults::beta2")]
        beta2: f64,
        #[serde(default = "defaults::epsilon")]
        epsilon: f64,
        /// Taken off the weights themselves (decoupled).
        #[serde(default = "defaults::decoupled_decay")]
        weight_decay: f64,
    },
    RmsProp {
        #[serde(default = "defaults::alpha")]
        alpha: f64,
        #[serde(default = "defaults::epsilon")]
        epsilon: f64,
        #[serde(default)]
        momentum: f64,
        #[serde(default)]
        weight_decay: f64,
        /// Divide by the estimated variance of the gradient instead of its mean square.
        #[serde(default)]
        centered: bool,
    },
}

mod defaults {
    pub fn beta1() -> f64 {
        0.9
    }
    pub fn beta2() -> f64 {
        0.999
    }
    pub fn epsilon() -> f64 {
        1e-8
    }
    pub fn decoupled_decay() -> f64 {
        0.01
    }
    pub fn alpha() -> f64 {
        0.99
    }
}

impl Optimizer {
    /// All of them with their defaults, in the order they are offered.
    pub fn all() -> [Self; 4] {
        let (beta1, beta2, epsilon) = (defaults::beta1(), defaults::beta2(), defaults::epsilon());
        [
            Self::Adam {
                beta1,
                beta2,
                epsilon,
                weight_decay: 0.0,
            },
            Self::AdamW {
                beta1,
                beta2,
                epsilon,
                weight_decay: defaults::decoupled_decay(),
            },
            Self::Sgd {
                momentum: 0.0,
                nesterov: false,
                weight_decay: 0.0,
            },
            Self::RmsProp {
                alpha: defaults::alpha(),
                epsilon,
                momentum: 0.0,
                weight_decay: 0.0,
                centered: false,
            },
        ]
    }

    /// The optimiser of this name with its default settings.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::all().into_iter().find(|known| known.name() == name)
    }

    /// The same optimiser with this weight decay, and this momentum where it has one.
    pub(super) fn with(mut self, new: f64, decay: f64) -> Self {
        if let Self::Sgd { momentum, .. } | Self::RmsProp { momentum, .. } = &mut self {
            *momentum = new;
        }
        self.with_weight_decay(decay)
    }

    pub fn weight_decay(&self) -> f64 {
        match *self {
            Self::Sgd { weight_decay, .. }
            | Self::Adam { weight_decay, .. }
            | Self::AdamW { weight_decay, .. }
            | Self::RmsProp { weight_decay, .. } => weight_decay,
        }
    }

    /// The same optimiser with this weight decay.
    pub fn with_weight_decay(mut self, decay: f64) -> Self {
        match &mut self {
            Self::Sgd { weight_decay, .. }
            | Self::Adam { weight_decay, .. }
            | Self::AdamW { weight_decay, .. }
            | Self::RmsProp { weight_decay, .. } => *weight_decay = decay,
        }
        self
    }

    /// The name for files and the terminal.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Sgd { .. } => "sgd",
            Self::Adam { .. } => "adam",
            Self::AdamW { .. } => "adamw",
            Self::RmsProp { .. } => "rmsprop",
        }
    }

    /// The name for people.
    pub fn title(&self) -> &'static str {
        match self {
            Self::Sgd { .. } => "SGD",
            Self::Adam { .. } => "Adam",
            Self::AdamW { .. } => "AdamW",
            Self::RmsProp { .. } => "RMSprop",
        }
    }

    /// Numbers that it remembers of every weight between two steps.
    pub fn numbers_kept(&self) -> u64 {
        match self {
            Self::Sgd { momentum, .. } => u64::from(*momentum > 0.0),
            Self::Adam { .. } | Self::AdamW { .. } => 2,
            Self::RmsProp {
                momentum, centered, ..
            } => 1 + u64::from(*momentum > 0.0) + u64::from(*centered),
        }
    }

    /// What is wrong with the settings, a sentence each, behind the name of the setting in files.
    pub(super) fn faults(&self) -> Vec<(&'static str, String)> {
        let mut faults = Vec::new();
        let mut fraction = |name: &'static str, value: f64| {
            if !(0.0..1.0).contains(&value) {
                faults.push((
                    name,
                    format!("{name} must be from 0 to below 1, not {value}"),
                ));
            }
        };
        let (epsilon, weight_decay) = match *self {
            Self::Sgd {
                momentum,
                weight_decay,
                ..
            } => {
                fraction("momentum", momentum);
                (None, weight_decay)
            }
            Self::Adam {
                beta1,
                beta2,
                epsilon,
                weight_decay,
            }
            | Self::AdamW {
                beta1,
                beta2,
                epsilon,
                weight_decay,
            } => {
                fraction("beta1", beta1);
                fraction("beta2", beta2);
                (Some(epsilon), weight_decay)
            }
            Self::RmsProp {
                alpha,
                epsilon,
                momentum,
                weight_decay,
                centered: _,
            } => {
                fraction("alpha", alpha);
                fraction("momentum", momentum);
                (Some(epsilon), weight_decay)
            }
        };
        if epsilon.is_some_and(|value| !(value.is_finite() && value > 0.0)) {
            faults.push(("epsilon", "epsilon must be above 0".into()));
        }
        if !(weight_decay.is_finite() && weight_decay >= 0.0) {
            faults.push(("weight_decay", "weight decay must be 0 or more".into()));
        }
        if matches!(self, Self::Sgd { momentum, nesterov: true, .. } if *momentum == 0.0) {
            faults.push((
                "nesterov",
                "Nesterov momentum needs a momentum above 0".into(),
            ));
        }
        faults
    }
}
