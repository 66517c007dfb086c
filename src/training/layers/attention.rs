//! Self-attention in several heads, as PyTorch's `nn.MultiheadAttention`. Vaswani et al. 2017, "Attention is all you
//! need", section 3.2.

use burn::module::{Module, Param};
use burn::tensor::activation::softmax;
use burn::tensor::module::linear;
use burn::tensor::{Device, Tensor, TensorData};
use rand_chacha::ChaCha8Rng;

use super::dropout::Dropout;
use super::learning::{Learning, Visitor, filled, value};
use super::{Mode, initialise};
use crate::network::{CheckedLayer, Initialiser};

#[derive(Module, Debug)]
pub struct Attention {
    /// `[3 × features, features]`: queries, keys and values below each other
    in_weight: Param<Tensor<2>>,
    /// `[3 × features]`
    in_bias: Option<Param<Tensor<1>>>,
    /// `[features, features]`
    out_weight: Param<Tensor<2>>,
    /// `[features]`
    out_bias: Option<Param<Tensor<1>>>,
    /// Of the weights that tokens give each other.
    dropout: Dropout,
    #[module(skip)]
    heads: usize,
}

impl Attention {
    /// The projection in is drawn Glorot uniform, as one matrix, the one out as a dense layer of PyTorch's; biases
    /// start at 0. These are PyTorch's defaults.
    pub fn new(layer: &CheckedLayer, rng: &mut ChaCha8Rng, device: &Device) -> Self {
        let settings = layer.layer();
        let features = layer.input().features();
        let mut matrix = |initialiser: Initialiser, rows: usize| {
            let values = initialise::weights(initialiser, rng, rows * features, features, rows);
            Param::from_data(TensorData::new(values, [rows, features]), device)
        };
        let in_weight = matrix(Initialiser::GlorotUniform, 3 * features);
        let out_weight = matrix(Initialiser::Pytorch, features);
        let biased = settings.flag("bias");
        let zeros = |count: usize| biased.then(|| filled(0.0, count, device));
        Self {
            in_weight,
            in_bias: zeros(3 * features),
            out_weight,
            out_bias: zeros(features),
            dropout: Dropout::of_rate(settings.real("dropout")),
            heads: settings.int("heads"),
        }
    }

    /// `[batch, length, features]`, same shape out as in: softmax(Q Kᵀ / √(features / heads)) V in each head.
    pub fn forward(&self, sequence: Tensor<3>, mode: &mut Mode<'_>) -> Tensor<3> {
        let [batch, length, features] = sequence.dims();
        let width = features / self.heads.max(1);
        let projected = linear(
            sequence,
            self.in_weight.val().transpose(),
            value(self.in_bias.as_ref()),
        );
        // [3, batch, heads, length, width]
        let split = projected
            .reshape([batch, length, 3, self.heads, width])
            .permute([2, 0, 3, 1, 4]);
        let part = |at: usize| -> Tensor<4> {
            let part = split.clone().narrow(0, at, 1);
            part.reshape([batch, self.heads, length, width])
        };
        let queries = part(0) / (width as f64).sqrt();
        let weights = softmax(queries.matmul(part(1).transpose()), 3);
        let weights = self.dropout.forward(weights, mode);
        let taken = weights.matmul(part(2)).swap_dims(1, 2);
        linear(
            taken.reshape([batch, length, features]),
            self.out_weight.val().transpose(),
            value(self.out_bias.as_ref()),
        )
    }
}

/// `nn.MultiheadAttention`'s names.
impl Learning for Attention {
    fn show<V: Visitor>(&mut self, visitor: &mut V) -> Result<(), V::Fault> {
        visitor.learnt("in_proj_weight", &mut self.in_weight)?;
        visitor.learnt_if_any("in_proj_bias", self.in_bias.as_mut())?;
        visitor.learnt("out_proj.weight", &mut self.out_weight)?;
        visitor.learnt_if_any("out_proj.bias", self.out_bias.as_mut())
    }
}
