//! Separable convolution with its activation: a filter over each map on its own, then a 1×1 convolution.
//! Chollet 2017, "Xception: deep learning with depthwise separable convolutions"; one bias, as in Keras.

use burn::module::{Module, Param};
use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Device, Tensor};
use rand_chacha::ChaCha8Rng;

use super::learning::{Learning, Visitor, value};
use super::{activate, filters};
use crate::network::{Activation, CheckedLayer};

#[derive(Module, Debug)]
pub struct SeparableConv2d {
    /// `[channels, 1, kernel height, kernel width]`
    depthwise: Param<Tensor<4>>,
    /// `[filters, channels, 1, 1]`
    pointwise: Param<Tensor<4>>,
    /// `[filters]`
    bias: Option<Param<Tensor<1>>>,
    #[module(skip)]
    stride: [usize; 2],
    /// (top, bottom), (left, right)
    #[module(skip)]
    padding: [(usize, usize); 2],
    #[module(skip)]
    dilation: [usize; 2],
    #[module(skip)]
    activation: Activation,
}

impl SeparableConv2d {
    pub fn new(
        layer: &CheckedLayer,
        activation: Activation,
        rng: &mut ChaCha8Rng,
        device: &Device,
    ) -> Self {
        let settings = layer.layer();
        let channels = layer.input().features();
        let [height, width] = settings.pair("kernel");
        let maps = settings.int("filters");
        Self {
            depthwise: filters::weight(settings, [channels, 1, height, width], rng, device),
            pointwise: filters::weight(settings, [maps, channels, 1, 1], rng, device),
            bias: filters::bias(settings, maps, channels, rng, device),
            stride: settings.pair("stride"),
            padding: filters::padding(layer),
            dilation: settings.pair("dilation"),
            activation,
        }
    }

    /// `[batch, channel, height, width]` to `[batch, filter, height', width']`.
    pub fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        let options = ConvOptions {
            stride: self.stride,
            padding: self.padding,
            dilation: self.dilation,
            groups: input.dims()[1],
        };
        let each = conv2d(input, self.depthwise.val(), None, options);
        let mixing = ConvOptions {
            stride: [1, 1],
            padding: [(0, 0); 2],
            dilation: [1, 1],
            groups: 1,
        };
        let bias = value(self.bias.as_ref());
        activate(
            self.activation,
            conv2d(each, self.pointwise.val(), bias, mixing),
        )
    }
}

impl Learning for SeparableConv2d {
    fn show<V: Visitor>(&mut self, visitor: &mut V) -> Result<(), V::Fault> {
        visitor.learnt("depthwise.weight", &mut self.depthwise)?;
        visitor.learnt("pointwise.weight", &mut self.pointwise)?;
        visitor.learnt_if_any("bias", self.bias.as_mut())
    }
}
