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
        Activation::LeakyRelu => activation::relu(input.clone()) + below(input) * LEAKY_SLOPE,
        Activation::Gelu => activation::gelu(input),
        Activation::Sigmoid => activation::sigmoid(input),
        Activation::Tanh => activation::tanh(input),
        Activation::Softmax => activation::softmax(input, channel_axis::<D>()),
        Activation::Silu => activation::silu(input),
        Activation::Mish => activation::mish(input),
        Activation::Elu => elu(input, 1.0),
        Activation::Selu => elu(input, SELU_ALPHA) * SELU_SCALE,
        Activation::HardSwish => input.clone() * relu6(input + 3.0) / 6.0,
        Activation::Softplus => activation::softplus(input, 1.0),
        Activation::Relu6 => relu6(input),
    }
}

// The gradients where a function bends, at 0 above all, are PyTorch's, which burn's own functions do not all have:
// black images and biases of 0 make many an exact 0.

/// What is negative, else 0; of 0 the gradient passes.
pub fn below<const D: usize>(input: Tensor<D>) -> Tensor<D> {
    input.clamp_max(0.0)
}

/// The gradient passes between 0 and 6, at neither.
fn relu6<const D: usize>(input: Tensor<D>) -> Tensor<D> {
    let above = input.clone().greater_equal_elem(6.0);
    activation::relu(input).mask_fill(above, 6.0)
}

/// Without exp of the positive values, whose overflow would make the gradient not a number.
fn elu<const D: usize>(input: Tensor<D>, alpha: f64) -> Tensor<D> {
    activation::relu(input.clone()) + (below(input).exp() - 1.0) * alpha
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

    pub fn is_relu(&self) -> bool {
        self.function == Activation::Relu
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
