//! Activation functions.

use burn::module::Module;
use burn::tensor::{Tensor, activation};

use super::Each;
use super::learning::Learning;
use crate::network::Activation;

/// PyTorch's and Keras's classic slope for negative inputs.
const LEAKY_SLOPE: f64 = 0.01;

/// Applies a function to every element; softmax runs over dimension 1 (channels or units).
pub fn apply<const D: usize>(function: Activation, input: Tensor<D>) -> Tensor<D> {
    match function {
        Activation::Linear => input,
        Activation::Relu => activation::relu(input),
        Activation::LeakyRelu => activation::leaky_relu(input, LEAKY_SLOPE),
        Activation::Gelu => activation::gelu(input),
        Activation::Sigmoid => activation::sigmoid(input),
        Activation::Tanh => activation::tanh(input),
        Activation::Softmax => activation::softmax(input, 1),
    }
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
