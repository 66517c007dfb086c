//! A rectifier with a learnt slope a channel for what is negative. He et al. 2015, "Delving deep into
//! rectifiers".

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor, activation::relu};

use super::Each;
use super::activation::below;
use super::channels::along_channels;
use super::learning::{Learning, Visitor, filled};
use crate::network::CheckedLayer;

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
        relu(input.clone()) + below(input) * along_channels(self.weight.val())
    }
}

impl Learning for Prelu {
    fn show<V: Visitor>(&mut self, visitor: &mut V) -> Result<(), V::Fault> {
        visitor.learnt("weight", &mut self.weight)
    }
}
