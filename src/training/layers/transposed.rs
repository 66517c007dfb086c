//! Transposed 2D convolution with its activation: the backward pass of a convolution, which makes maps larger.

use burn::module::{Module, Param};
use burn::tensor::module::conv_transpose2d;
use burn::tensor::ops::ConvTransposeOptions;
use burn::tensor::{Device, Tensor};
use rand_chacha::ChaCha8Rng;

use super::learning::{Learning, Visitor, value};
use super::{activate, filters};
use crate::network::{Activation, CheckedLayer};

#[derive(Module, Debug)]
pub struct TransposedConv2d {
    /// `[channels in, filters, kernel height, kernel width]`
    weight: Param<Tensor<4>>,
    /// `[filters]`
    bias: Option<Param<Tensor<1>>>,
    #[module(skip)]
    stride: [usize; 2],
    /// Cut off each side of the output.
    #[module(skip)]
    pad: [usize; 2],
    /// Added at the output's end.
    #[module(skip)]
    output_pad: [usize; 2],
    #[module(skip)]
    activation: Activation,
}

impl TransposedConv2d {
    pub fn new(
        layer: &CheckedLayer,
        activation: Activation,
        rng: &mut ChaCha8Rng,
        device: &Device,
    ) -> Self {
        let settings = layer.layer();
        let [height, width] = settings.pair("kernel");
        let maps = settings.int("filters");
        let shape = [layer.input().features(), maps, height, width];
        Self {
            weight: filters::weight(settings, shape, rng, device),
            bias: filters::bias(settings, maps, maps * height * width, rng, device),
            stride: settings.pair("stride"),
            pad: settings.pair("pad"),
            output_pad: settings.pair("output_pad"),
            activation,
        }
    }

    /// `[batch, channel, height, width]` to `[batch, filter, height', width']`, where height' is
    /// (height − 1) × stride − 2 × pad + kernel + output pad.
    pub fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        let options = ConvTransposeOptions::new(self.stride, self.pad, self.output_pad, [1, 1], 1);
        let bias = value(self.bias.as_ref());
        let output = conv_transpose2d(input, self.weight.val(), bias, options);
        activate(self.activation, output)
    }
}

impl Learning for TransposedConv2d {
    fn show<V: Visitor>(&mut self, visitor: &mut V) -> Result<(), V::Fault> {
        visitor.learnt("weight", &mut self.weight)?;
        visitor.learnt_if_any("bias", self.bias.as_mut())
    }
}
