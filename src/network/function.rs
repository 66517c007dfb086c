//! Activation functions and initial weights: the named choices that layers share.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What is applied to every output of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// Nothing.
    Linear,
    /// max(x, 0).
    Relu,
    /// x where positive, 0.01 x elsewhere (PyTorch's default slope).
    LeakyRelu,
    /// x Φ(x), the exact form with the error function.
    Gelu,
    /// 1 / (1 + exp(-x)).
    Sigmoid,
    /// The hyperbolic tangent.
    Tanh,
    /// exp(x) over the sum of all: over the units of a vector, the channels of maps, the features of a sequence.
    Softmax,
    /// x sigmoid(x), also called swish (Elfwing et al. 2017).
    Silu,
    /// x tanh(ln(1 + exp(x))) (Misra 2019).
    Mish,
    /// x where positive, exp(x) − 1 elsewhere (Clevert et al. 2015).
    Elu,
    /// An ELU scaled so that values keep mean 0 and variance 1 from layer to layer (Klambauer et al. 2017).
    Selu,
    /// x min(max(x + 3, 0), 6) / 6, cheap in place of SiLU (Howard et al. 2019).
    HardSwish,
    /// ln(1 + exp(x)).
    Softplus,
    /// min(max(x, 0), 6).
    Relu6,
}

impl Activation {
    /// All of them, simplest first.
    pub const ALL: [Self; 14] = [
        Self::Linear,
        Self::Relu,
        Self::LeakyRelu,
        Self::Gelu,
        Self::Sigmoid,
        Self::Tanh,
        Self::Softmax,
        Self::Silu,
        Self::Mish,
        Self::Elu,
        Self::Selu,
        Self::HardSwish,
        Self::Softplus,
        Self::Relu6,
    ];

    /// The name in files and settings, such as "leaky_relu".
    pub fn name(self) -> &'static str {
        match self {
            Self::Linear => "linear",
            Self::Relu => "relu",
            Self::LeakyRelu => "leaky_relu",
            Self::Gelu => "gelu",
            Self::Sigmoid => "sigmoid",
            Self::Tanh => "tanh",
            Self::Softmax => "softmax",
            Self::Silu => "silu",
            Self::Mish => "mish",
            Self::Elu => "elu",
            Self::Selu => "selu",
            Self::HardSwish => "hard_swish",
            Self::Softplus => "softplus",
            Self::Relu6 => "relu6",
        }
    }

    /// The activation of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|activation| activation.name() == name)
    }
}

impl fmt::Display for Activation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// How weights are drawn before the first step. Biases start at zero, except with [`Initialiser::Pytorch`].
///
/// `fan_in` and `fan_out` are the numbers of inputs and outputs of one unit, times the kernel's area.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Initialiser {
    /// Uniform within ±sqrt(6 / (fan_in + fan_out)); Keras's default (Glorot and Bengio 2010).
    GlorotUniform,
    /// Normal with variance 2 / (fan_in + fan_out).
    GlorotNormal,
    /// Uniform within ±sqrt(6 / fan_in) (He et al. 2015).
    HeUniform,
    /// Normal with variance 2 / fan_in.
    HeNormal,
    /// Weights and biases uniform within ±1 / sqrt(fan_in); PyTorch's default.
    Pytorch,
}

impl Initialiser {
    /// All of them, the default first.
    pub const ALL: [Self; 5] = [
        Self::GlorotUniform,
        Self::GlorotNormal,
        Self::HeUniform,
        Self::HeNormal,
        Self::Pytorch,
    ];

    /// The name in files and settings, such as "glorot_uniform".
    pub fn name(self) -> &'static str {
        match self {
            Self::GlorotUniform => "glorot_uniform",
            Self::GlorotNormal => "glorot_normal",
            Self::HeUniform => "he_uniform",
            Self::HeNormal => "he_normal",
            Self::Pytorch => "pytorch",
        }
    }

    /// The initialiser of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|initialiser| initialiser.name() == name)
    }
}

impl fmt::Display for Initialiser {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}
