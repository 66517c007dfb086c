//! Fully connected layer with its activation.

use burn::module::{Module, Param};
use burn::tensor::module::linear;
use burn::tensor::{Device, Gradients, Tensor, TensorData};
use rand_chacha::ChaCha8Rng;

use super::{activate, initialise, learnt};
use crate::network::{Activation, CheckedLayer};
use crate::training::weights::NamedTensor;

#[derive(Module, Debug)]
pub struct Dense {
    /// `[inputs, units]` (files hold PyTorch's `[units, inputs]`)
    weight: Param<Tensor<2>>,
    /// `[units]`
    bias: Param<Tensor<1>>,
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
        let inputs = layer.input().elements();
        let units = layer.layer().int("units");
        let initialiser = layer.layer().initialiser();
        let weight = initialise::weights(initialiser, rng, inputs * units, inputs, units);
        let bias = initialise::biases(initialiser, rng, units, inputs);
        Self {
            weight: Param::from_data(TensorData::new(weight, [inputs, units]), device),
            bias: Param::from_data(TensorData::new(bias, [units]), device),
            activation,
        }
    }

    /// `[batch, inputs]` to `[batch, units]`.
    pub fn forward(&self, input: Tensor<2>) -> Tensor<2> {
        let output = linear(input, self.weight.val(), Some(self.bias.val()));
        activate(self.activation, output)
    }

    pub fn tensors(&self, name: &str) -> Vec<NamedTensor> {
        learnt(
            name,
            Some(self.weight.val().transpose()),
            Some(self.bias.val()),
        )
    }

    pub fn gradients(&self, name: &str, gradients: &Gradients) -> Vec<NamedTensor> {
        let weight = self.weight.val().grad(gradients).map(Tensor::transpose);
        learnt(name, weight, self.bias.val().grad(gradients))
    }

    pub fn load<E>(
        mut self,
        name: &str,
        device: &Device,
        find: &mut impl FnMut(&str, &[usize]) -> Result<Vec<f32>, E>,
    ) -> Result<Self, E> {
        let [inputs, units] = self.weight.val().dims();
        let stored = find(&format!("{name}.weight"), &[units, inputs])?;
        let bias = find(&format!("{name}.bias"), &[units])?;
        let mut weight = vec![0.0; stored.len()];
        for (unit, row) in stored.chunks_exact(inputs).enumerate() {
            for (input, value) in row.iter().enumerate() {
                weight[input * units + unit] = *value;
            }
        }
        self.weight = Param::from_data(TensorData::new(weight, [inputs, units]), device);
        self.bias = Param::from_data(TensorData::new(bias, [units]), device);
        Ok(self)
    }
}
