//! Fully connected layer with its activation.

use burn::module::{Module, Param};
use burn::tensor::module::linear;
use burn::tensor::{Device, Gradients, Tensor, TensorData};
use rand_chacha::ChaCha8Rng;

use super::learning::{Find, Learning, found_if_any, gradient, value};
use super::{activate, filters, initialise, learnt};
use crate::network::{Activation, CheckedLayer};
use crate::training::weights::{NamedTensor, WeightsError};

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
    fn tensors(&self, name: &str) -> Vec<NamedTensor> {
        learnt(
            name,
            Some(self.weight.val().transpose()),
            value(self.bias.as_ref()),
        )
    }

    fn gradients(&self, name: &str, gradients: &Gradients) -> Vec<NamedTensor> {
        let weight = self.weight.val().grad(gradients).map(Tensor::transpose);
        learnt(name, weight, gradient(self.bias.as_ref(), gradients))
    }

    fn load(mut self, name: &str, device: &Device, find: &mut Find) -> Result<Self, WeightsError> {
        let [inputs, units] = self.weight.val().dims();
        let stored = find(&format!("{name}.weight"), &[units, inputs])?;
        let mut weight = vec![0.0; stored.len()];
        for (unit, row) in stored.chunks_exact(inputs).enumerate() {
            for (input, value) in row.iter().enumerate() {
                weight[input * units + unit] = *value;
            }
        }
        self.weight = Param::from_data(TensorData::new(weight, [inputs, units]), device);
        self.bias = found_if_any(name, "bias", self.bias.as_ref(), device, find)?;
        Ok(self)
    }
}
