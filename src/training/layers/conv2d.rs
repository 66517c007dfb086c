//! 2D convolution with its activation.

use burn::module::{Module, Param};
use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Device, Gradients, Tensor, TensorData};
use rand_chacha::ChaCha8Rng;

use super::learning::{Find, Learning, found};
use super::{activate, initialise, learnt};
use crate::network::{Activation, CheckedLayer, Shape, same_padding};
use crate::training::weights::{NamedTensor, WeightsError};

#[derive(Module, Debug)]
pub struct Conv2d {
    /// `[filters, channels in, kernel height, kernel width]`
    weight: Param<Tensor<4>>,
    /// `[filters]`
    bias: Param<Tensor<1>>,
    #[module(skip)]
    stride: [usize; 2],
    /// (top, bottom), (left, right)
    #[module(skip)]
    padding: [(usize, usize); 2],
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
        let channels = layer.input().features();
        let filters = settings.int("filters");
        let [height, width] = settings.pair("kernel");
        let (fan_in, fan_out) = (channels * height * width, filters * height * width);
        let initialiser = settings.initialiser();
        let weight = initialise::weights(initialiser, rng, filters * fan_in, fan_in, fan_out);
        let bias = initialise::biases(initialiser, rng, filters, fan_in);
        Self {
            weight: Param::from_data(
                TensorData::new(weight, [filters, channels, height, width]),
                device,
            ),
            bias: Param::from_data(TensorData::new(bias, [filters]), device),
            stride: settings.pair("stride"),
            padding: padding(layer, settings.pair("kernel"), settings.pair("stride")),
            activation,
        }
    }

    /// `[batch, channel, height, width]` to `[batch, filter, height', width']`.
    pub fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        let options = ConvOptions {
            stride: self.stride,
            padding: self.padding,
            dilation: [1, 1],
            groups: 1,
        };
        let output = conv2d(input, self.weight.val(), Some(self.bias.val()), options);
        activate(self.activation, output)
    }
}

impl Learning for Conv2d {
    fn tensors(&self, name: &str) -> Vec<NamedTensor> {
        learnt(name, Some(self.weight.val()), Some(self.bias.val()))
    }

    fn gradients(&self, name: &str, gradients: &Gradients) -> Vec<NamedTensor> {
        let weight = self.weight.val().grad(gradients);
        learnt(name, weight, self.bias.val().grad(gradients))
    }

    fn load(mut self, name: &str, device: &Device, find: &mut Find) -> Result<Self, WeightsError> {
        self.weight = found(name, "weight", &self.weight, device, find)?;
        self.bias = found(name, "bias", &self.bias, device, find)?;
        Ok(self)
    }
}

/// Padding of a window over a layer's input: none for "valid", TensorFlow's rule for "same".
pub(super) fn padding(
    layer: &CheckedLayer,
    kernel: [usize; 2],
    stride: [usize; 2],
) -> [(usize, usize); 2] {
    match (layer.layer().choice("padding"), layer.input()) {
        ("same", Shape::Maps { height, width, .. }) => [
            same_padding(height, kernel[0], stride[0]),
            same_padding(width, kernel[1], stride[1]),
        ],
        _ => [(0, 0); 2],
    }
}
