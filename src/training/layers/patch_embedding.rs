//! Maps cut into patches, each made a token. Dosovitskiy et al. 2021, "An image is worth 16x16 words".

use burn::module::{Module, Param};
use burn::tensor::module::linear;
use burn::tensor::{Device, Gradients, Tensor, TensorData};
use rand_chacha::ChaCha8Rng;

use super::learning::{Find, Learning, found};
use super::{initialise, learnt};
use crate::network::CheckedLayer;
use crate::training::weights::{NamedTensor, WeightsError};

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
        let (fan_in, fan_out) = (channels * height * width, dimensions * height * width);
        let initialiser = settings.initialiser();
        let weight = initialise::weights(initialiser, rng, dimensions * fan_in, fan_in, fan_out);
        let bias = settings.flag("bias").then(|| {
            let bias = initialise::biases(initialiser, rng, dimensions, fan_in);
            Param::from_data(TensorData::new(bias, [dimensions]), device)
        });
        let shape = [dimensions, channels, height, width];
        Self {
            weight: Param::from_data(TensorData::new(weight, shape), device),
            bias,
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
        linear(patches, weight, self.bias.as_ref().map(Param::val))
    }
}

impl Learning for PatchEmbedding {
    fn tensors(&self, name: &str) -> Vec<NamedTensor> {
        let bias = self.bias.as_ref().map(Param::val);
        learnt(name, Some(self.weight.val()), bias)
    }

    fn gradients(&self, name: &str, gradients: &Gradients) -> Vec<NamedTensor> {
        let bias = self.bias.as_ref();
        let bias = bias.and_then(|bias| bias.val().grad(gradients));
        learnt(name, self.weight.val().grad(gradients), bias)
    }

    fn load(mut self, name: &str, device: &Device, find: &mut Find) -> Result<Self, WeightsError> {
        self.weight = found(name, "weight", &self.weight, device, find)?;
        if let Some(bias) = &self.bias {
            self.bias = Some(found(name, "bias", bias, device, find)?);
        }
        Ok(self)
    }
}
