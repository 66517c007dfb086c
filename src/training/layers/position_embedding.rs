//! Where each token stands, added to it: learnt, or waves as in Vaswani et al. 2017, "Attention is all you need",
//! section 3.5.

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor, TensorData};
use rand_chacha::ChaCha8Rng;

use super::class_token::DEVIATION;
use super::initialise;
use super::learning::{Learning, Visitor};
use crate::network::CheckedLayer;

#[derive(Module, Debug)]
pub struct PositionEmbedding {
    /// `[length, features]`; none for waves
    weight: Option<Param<Tensor<2>>>,
    /// The waves, `[length, features]` row by row; empty where positions are learnt.
    #[module(skip)]
    waves: Vec<f32>,
}

impl PositionEmbedding {
    pub fn new(layer: &CheckedLayer, rng: &mut ChaCha8Rng, device: &Device) -> Self {
        let features = layer.input().features();
        let count = layer.input().elements();
        if layer.layer().choice("method") == "sinusoidal" {
            return Self {
                weight: None,
                waves: waves(count / features.max(1), features),
            };
        }
        let values = initialise::normals(rng, DEVIATION, count);
        let shape = [count / features.max(1), features];
        Self {
            weight: Some(Param::from_data(TensorData::new(values, shape), device)),
            waves: Vec::new(),
        }
    }

    /// `[batch, length, features]`, same shape out as in.
    pub fn forward(&self, sequence: Tensor<3>) -> Tensor<3> {
        let [_, length, features] = sequence.dims();
        let positions: Tensor<2> = match &self.weight {
            Some(weight) => weight.val(),
            None => {
                let waves = TensorData::new(self.waves.clone(), [length, features]);
                Tensor::from_data(waves, &sequence.device())
            }
        };
        sequence + positions.reshape([1, length, features])
    }
}

/// sin(p / 10000^(2i / features)) for the even feature 2i of position p, the cosine of the same for 2i + 1.
fn waves(length: usize, features: usize) -> Vec<f32> {
    let mut values = Vec::with_capacity(length * features);
    for position in 0..length {
        for feature in 0..features {
            let even = feature - feature % 2;
            let slowness = 10_000_f64.powf(even as f64 / features as f64);
            let (sine, cosine) = (position as f64 / slowness).sin_cos();
            values.push(if feature == even { sine } else { cosine } as f32);
        }
    }
    values
}

impl Learning for PositionEmbedding {
    fn show<V: Visitor>(&mut self, visitor: &mut V) -> Result<(), V::Fault> {
        visitor.learnt_if_any("weight", self.weight.as_mut())
    }
}
