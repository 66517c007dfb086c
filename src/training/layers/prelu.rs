//! A rectifier with a learnt slope a channel for what is negative. He et al. 2015, "Delving deep into
//! rectifiers".

use burn::module::{Module, Param};
use burn::tensor::{Device, Gradients, Tensor, activation::relu};

use super::Each;
use super::channels::along_channels;
use super::learning::{Find, Learning, filled, found, named};
use crate::network::CheckedLayer;
use crate::training::weights::{NamedTensor, WeightsError};

#[derive(Module, Debug)]
pub struct Prelu {
    /// `[channels]`
    weight: Param<Tensor<1>>,
}

impl Prelu {
    pub fn new(layer: &CheckedLayer, device: &Device) -> Self {
        let initial = layer.layer().real("initial") as f32;
        Self {
            weight: filled(initial, layer.input().features(), device),
        }
    }
}

impl Each for &Prelu {
    fn each<const D: usize>(self, input: Tensor<D>) -> Tensor<D> {
        relu(input.clone()) - relu(-input) * along_channels(self.weight.val())
    }
}

impl Learning for Prelu {
    fn tensors(&self, name: &str) -> Vec<NamedTensor> {
        named(name, "weight", Some(self.weight.val()))
            .into_iter()
            .collect()
    }

    fn gradients(&self, name: &str, gradients: &Gradients) -> Vec<NamedTensor> {
        named(name, "weight", self.weight.val().grad(gradients))
            .into_iter()
            .collect()
    }

    fn load(mut self, name: &str, device: &Device, find: &mut Find) -> Result<Self, WeightsError> {
        self.weight = found(name, "weight", &self.weight, device, find)?;
        Ok(self)
    }
}
