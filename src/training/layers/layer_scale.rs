//! A learnt factor a channel. Touvron et al. 2021, "Going deeper with image transformers".

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};

use super::Each;
use super::channels::along_channels;
use super::learning::{Learning, Visitor, filled};
use crate::network::CheckedLayer;

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
    fn show<V: Visitor>(&mut self, visitor: &mut V) -> Result<(), V::Fault> {
        visitor.learnt("weight", &mut self.weight)
    }
}
