//! Maps cut into patches, each made a token. Dosovitskiy et al. 2021, "An image is worth 16x16 words".

use burn::module::{Module, Param};
use burn::tensor::module::linear;
use burn::tensor::{Device, Tensor};
use rand_chacha::ChaCha8Rng;

use super::filters;
use super::learning::{Learning, Visitor, value};
use crate::network::CheckedLayer;

#[derive(Module, Debug)]
pub struct PatchEmbedding {
    /// `[dimensions, channels, patch height, patch width]`, as a convolution's whose stride is its kernel
    weight: Param<Tensor<4>>,
    /// `[dimensions]`
    bias: Option<Param<Tensor<1>>>,
}

impl PatchEmbedding {
    pub fn new(layer: &CheckedLayer, rng: &mut ChaCha8Rng, device: &Device) -> Self {
        let settings = layer.layer();
        let (channels, dimensions) = (layer.input().features(), settings.int("dimensions"));
        let [height, width] = settings.pair("patch");
        let shape = [dimensions, channels, height, width];
        let fan_in = channels * height * width;
        Self {
            weight: filters::weight(settings, shape, rng, device),
            bias: filters::bias(settings, dimensions, fan_in, rng, device),
        }
    }

    /// `[batch, channel, height, width]` to `[batch, patches, dimensions]`, the patches row by row.
    pub fn forward(&self, maps: Tensor<4>) -> Tensor<3> {
        let weight = self.weight.val();
        let [dimensions, channels, tall, wide] = weight.dims();
        let [batch, _, height, width] = maps.dims();
        let (down, across) = (height / tall, width / wide);
        let patch = channels * tall * wide;
        let patches = maps
            .reshape([batch, channels, down, tall, across, wide])
            .permute([0, 2, 4, 1, 3, 5])
            .reshape([batch, down * across, patch]);
        let weight = weight.reshape([dimensions, patch]).transpose();
        linear(patches, weight, value(self.bias.as_ref()))
    }
}

impl Learning for PatchEmbedding {
    fn show<V: Visitor>(&mut self, visitor: &mut V) -> Result<(), V::Fault> {
        visitor.learnt("weight", &mut self.weight)?;
        visitor.learnt_if_any("bias", self.bias.as_mut())
    }
}
