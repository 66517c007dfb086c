//! Fully connected layer with its activation.

use burn::module::{Module, Param};
use burn::tensor::module::linear;
use burn::tensor::{Device, Tensor, TensorData};
use rand_chacha::ChaCha8Rng;

use super::learning::{Learning, Visitor, value};
use super::{activate, filters, initialise};
use crate::network::{Activation, CheckedLayer};
use crate::training::cpu::linear::Linear;
use crate::training::cpu::ops;
use crate::training::device::is_cpu;

#[derive(Module, Debug)]
pub struct Dense {
    /// `[inputs, units]` (files hold PyTorch's `[units, inputs]`)
    weight: Param<Tensor<2>>,
    /// `[units]`
    bias: Option<Param<Tensor<1>>>,
    #[module(skip)]
    activation: Activation,
    /// The same for our own arithmetic, on the CPU.
    #[module(skip)]
    own: Option<Linear>,
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
        let own = Linear {
            inputs,
            units,
            relu: activation == Activation::Relu,
        };
        let initialiser = layer.layer().initialiser();
        let weight = initialise::weights(initialiser, rng, inputs * units, inputs, units);
        Self {
            weight: Param::from_data(TensorData::new(weight, [inputs, units]), device),
            bias: filters::bias(layer.layer(), units, inputs, rng, device),
            activation,
            own: is_cpu(device).then_some(own),
        }
    }

    /// `[…, inputs]` to `[…, units]`: a vector, or each element of a sequence.
    pub fn forward<const D: usize>(&self, input: Tensor<D>) -> Tensor<D> {
        let bias = value(self.bias.as_ref());
        let Some(own) = self.own else {
            return activate(self.activation, linear(input, self.weight.val(), bias));
        };
        let mut shape = input.dims();
        let rows = shape[..D - 1].iter().product();
        let bias = bias.unwrap_or_else(|| Tensor::zeros([own.units], &input.device()));
        let output = ops::linear(
            input.reshape([rows, own.inputs]),
            self.weight.val(),
            bias,
            own,
        );
        shape[D - 1] = own.units;
        let output = output.reshape(shape);
        if own.relu {
            output
        } else {
            activate(self.activation, output)
        }
    }
}

impl Learning for Dense {
    fn show<V: Visitor>(&mut self, visitor: &mut V) -> Result<(), V::Fault> {
        visitor.transposed("weight", &mut self.weight)?;
        visitor.learnt_if_any("bias", self.bias.as_mut())
    }
}
