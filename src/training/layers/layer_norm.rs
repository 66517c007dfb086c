//! Layer normalisation over the channels at each place: of maps as ConvNeXt has it, of sequences over the
//! features, of vectors over the units. Ba et al. 2016, "Layer normalization".

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};

use super::Each;
use super::channels::{along_channels, channel_axis, standardised};
use super::learning::{Learning, Visitor, filled};
use crate::network::CheckedLayer;

#[derive(Module, Debug)]
pub struct LayerNorm {
    /// γ, `[channels]`
    weight: Param<Tensor<1>>,
    /// β, `[channels]`
    bias: Param<Tensor<1>>,
    #[module(skip)]
    epsilon: f64,
}

impl LayerNorm {
    pub fn new(layer: &CheckedLayer, device: &Device) -> Self {
        let channels = layer.input().features();
        Self {
            weight: filled(1.0, channels, device),
            bias: filled(0.0, channels, device),
            epsilon: layer.layer().real("epsilon"),
        }
    }
}

impl Each for &LayerNorm {
    fn each<const D: usize>(self, input: Tensor<D>) -> Tensor<D> {
        let output = standardised(input, channel_axis::<D>(), self.epsilon);
        output * along_channels(self.weight.val()) + along_channels(self.bias.val())
    }
}

impl Learning for LayerNorm {
    fn show<V: Visitor>(&mut self, visitor: &mut V) -> Result<(), V::Fault> {
        visitor.learnt("weight", &mut self.weight)?;
        visitor.learnt("bias", &mut self.bias)
    }
}
