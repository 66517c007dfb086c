//! Activation functions.

use burn::module::Module;
use burn::tensor::{Tensor, activation};

use super::Each;
use super::channels::channel_axis;
use super::learning::Learning;
use crate::network::Activation;

/// PyTorch's and Keras's classic slope for negative inputs.
const LEAKY_SLOPE: f64 = 0.01;

/// What an ELU is stretched by, and the slope at −∞ of what is stretched, to make a SELU (Klambauer et al. 2017).
const SELU_SCALE: f64 = 1.050_700_987_355_480_5;
const SELU_ALPHA: f64 = 1.673_263_242_354_377_2;

/// Applies a function to every element; softmax runs over the channels, units or features.
pub fn apply<const D: usize>(function: Activation, input: Tensor<D>) -> Tensor<D> {
    match function {
        Activation::Linear => input,
        Activation::Relu => activation::relu(input),
        Activation::LeakyRelu => activation::leaky_relu(input, LEAKY_SLOPE),
        Activation::Gelu => activation::gelu(input),
        Activation::Sigmoid => activation::sigmoid(input),
        Activation::Tanh => activation::tanh(input),
        Activation::Softmax => activation::softmax(input, channel_axis::<D>()),
        Activation::Silu => activation::silu(input),
        Activation::Mish => activation::mish(input),
        Activation::Elu => elu(input, 1.0),
        Activation::Selu => elu(input, SELU_ALPHA) * SELU_SCALE,
        Activation::HardSwish => activation::hard_swish(input),
        Activation::Softplus => activation::softplus(input, 1.0),
        Activation::Relu6 => activation::relu6(input),
    }
}

/// burn's own takes exp of the positive values too, whose overflow makes the gradient not a number.
fn elu<const D: usize>(input: Tensor<D>, alpha: f64) -> Tensor<D> {
    let below = -activation::relu(-input.clone());
    activation::relu(input) + (below.exp() - 1.0) * alpha
}

/// An activation as a layer of its own.
#[derive(Module, Debug)]
pub struct Function {
    #[module(skip)]
    function: Activation,
}

impl Function {
    pub fn new(function: Activation) -> Self {
        Self { function }
    }

    /// Same shape out as in.
    pub fn forward<const D: usize>(&self, input: Tensor<D>) -> Tensor<D> {
        apply(self.function, input)
    }
}

impl Each for &Function {
    fn each<const D: usize>(self, tensor: Tensor<D>) -> Tensor<D> {
        self.forward(tensor)
    }
}

impl Learning for Function {}
