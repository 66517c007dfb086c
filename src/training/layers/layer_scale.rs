//! A learnt factor a channel. Touvron et al. 2021, "Going deeper with image transformers".

use burn::module::{Module, Param};
use burn::tensor::{Device, Gradients, Tensor};

use super::Each;
use super::channels::along_channels;
use super::learning::{Find, Learning, filled, found, named};
use crate::network::CheckedLayer;
use crate::training::weights::{NamedTensor, WeightsError};

#[derive(Module, Debug)]
pub struct LayerScale {
    /// `[channels]`
    weight: Param<Tensor<1>>,
}

impl LayerScale {
    pub fn new(layer: &CheckedLayer, device: &Device) -> Self {
        let initial = layer.layer().real("initial") as f32;
        Self {
            weight: filled(initial, layer.input().features(), device),
        }
    }
}

impl Each for &LayerScale {
    fn each<const D: usize>(self, input: Tensor<D>) -> Tensor<D> {
        input * along_channels(self.weight.val())
    }
}

impl Learning for LayerScale {
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
