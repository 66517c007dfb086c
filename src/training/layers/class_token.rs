//! A learnt token before the others. Devlin et al. 2019, "BERT"; Dosovitskiy et al. 2021.

use burn::module::{Module, Param};
use burn::tensor::{Device, Gradients, Tensor, TensorData};
use rand_chacha::ChaCha8Rng;

use super::initialise;
use super::learning::{Find, Learning, found, named};
use crate::network::CheckedLayer;
use crate::training::weights::{NamedTensor, WeightsError};

/// The spread of tokens and positions at first, as in vision transformers.
pub const DEVIATION: f32 = 0.02;

#[derive(Module, Debug)]
pub struct ClassToken {
    /// `[features]`
    token: Param<Tensor<1>>,
}

impl ClassToken {
    pub fn new(layer: &CheckedLayer, rng: &mut ChaCha8Rng, device: &Device) -> Self {
        let features = layer.input().features();
        let token = initialise::normals(rng, DEVIATION, features);
        Self {
            token: Param::from_data(TensorData::new(token, [features]), device),
        }
    }

    /// `[batch, length, features]` to `[batch, 1 + length, features]`.
    pub fn forward(&self, sequence: Tensor<3>) -> Tensor<3> {
        let [batch, _, features] = sequence.dims();
        let token = self.token.val().reshape([1, 1, features]);
        Tensor::cat(vec![token.expand([batch, 1, features]), sequence], 1)
    }
}

impl Learning for ClassToken {
    fn tensors(&self, name: &str) -> Vec<NamedTensor> {
        let token = named(name, "token", Some(self.token.val()));
        token.into_iter().collect()
    }

    fn gradients(&self, name: &str, gradients: &Gradients) -> Vec<NamedTensor> {
        let token = named(name, "token", self.token.val().grad(gradients));
        token.into_iter().collect()
    }

    fn load(mut self, name: &str, device: &Device, find: &mut Find) -> Result<Self, WeightsError> {
        self.token = found(name, "token", &self.token, device, find)?;
        Ok(self)
    }
}
