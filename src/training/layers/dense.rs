//! Fully connected layer with its activation.

use burn::module::{Module, Param};
use burn::tensor::module::linear;
use burn::tensor::{Device, Tensor, TensorData};
use rand_chacha::ChaCha8Rng;

use super::learning::{Learning, Visitor, value};
use super::{activate, filters, initialise};
use crate::network::{Activation, CheckedLayer};

#[derive(Module, Debug)]
pub struct Dense {
    /// `[inputs, units]` (files hold PyTorch's `[units, inputs]`)
    weight: Param<Tensor<2>>,
    /// `[units]`
    bias: Option<Param<Tensor<1>>>,
    #[module(skip)]
    activation: Activation,
}

impl Dense {
    pub fn new(
        layer: &CheckedLayer,
        activation: Activation,
        rng: &mut ChaCha8Rng,
        device: &Device,
    ) -> Self {
        let inputs = layer.input().features();
        let units = layer.layer().int("units");
        let initialiser = layer.layer().initialiser();
        let weight = initialise::weights(initialiser, rng, inputs * units, inputs, units);
        Self {
            weight: Param::from_data(TensorData::new(weight, [inputs, units]), device),
            bias: filters::bias(layer.layer(), units, inputs, rng, device),
            activation,
        }
    }

    /// `[…, inputs]` to `[…, units]`: a vector, or each element of a sequence.
    pub fn forward<const D: usize>(&self, input: Tensor<D>) -> Tensor<D> {
        let output = linear(input, self.weight.val(), value(self.bias.as_ref()));
        activate(self.activation, output)
    }
}

impl Learning for Dense {
    fn show<V: Visitor>(&mut self, visitor: &mut V) -> Result<(), V::Fault> {
        visitor.transposed("weight", &mut self.weight)?;
        visitor.learnt_if_any("bias", self.bias.as_mut())
    }
}
