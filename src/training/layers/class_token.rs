//! A learnt token before the others. Devlin et al. 2019, "BERT"; Dosovitskiy et al. 2021.

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor, TensorData};
use rand_chacha::ChaCha8Rng;

use super::initialise;
use super::learning::{Learning, Visitor};
use crate::network::CheckedLayer;

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
    fn show<V: Visitor>(&mut self, visitor: &mut V) -> Result<(), V::Fault> {
        visitor.learnt("token", &mut self.token)
    }
}
