//! 2D convolution with its activation: of all maps, in groups, or (depthwise) of each map on its own.

use burn::module::{Module, Param};
use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Device, Tensor};
use rand_chacha::ChaCha8Rng;

use super::learning::{Learning, Visitor, value};
use super::{activate, filters};
use crate::network::{Activation, CheckedLayer, Kind};

#[derive(Module, Debug)]
pub struct Conv2d {
    /// `[filters, channels in of a group, kernel height, kernel width]`
    weight: Param<Tensor<4>>,
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
    groups: usize,
    #[module(skip)]
    activation: Activation,
}

impl Conv2d {
    pub fn new(
        layer: &CheckedLayer,
        activation: Activation,
        rng: &mut ChaCha8Rng,
        device: &Device,
    ) -> Self {
        let settings = layer.layer();
        let (channels, maps) = (layer.input().features(), layer.output().features());
        let groups = match settings.kind() {
            Kind::DepthwiseConv2d => channels,
            _ => settings.int("groups"),
        };
        let [height, width] = settings.pair("kernel");
        let shape = [maps, channels / groups, height, width];
        let weight = filters::weight(settings, shape, rng, device);
        let fan_in = shape[1] * height * width;
        Self {
            weight,
            bias: filters::bias(settings, maps, fan_in, rng, device),
            stride: settings.pair("stride"),
            padding: filters::padding(layer),
            dilation: settings.pair("dilation"),
            groups,
            activation,
        }
    }

    /// `[batch, channel, height, width]` to `[batch, filter, height', width']`.
    pub fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        let options = ConvOptions {
            stride: self.stride,
            padding: self.padding,
            dilation: self.dilation,
            groups: self.groups,
        };
        let bias = value(self.bias.as_ref());
        let output = conv2d(input, self.weight.val(), bias, options);
        activate(self.activation, output)
    }
}

impl Learning for Conv2d {
    fn show<V: Visitor>(&mut self, visitor: &mut V) -> Result<(), V::Fault> {
        visitor.learnt("weight", &mut self.weight)?;
        visitor.learnt_if_any("bias", self.bias.as_mut())
    }
}
