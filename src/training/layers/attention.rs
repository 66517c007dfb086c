//! Self-attention in several heads, as PyTorch's `nn.MultiheadAttention`. Vaswani et al. 2017, "Attention is all you
//! need", section 3.2.

use burn::module::{Module, Param};
use burn::tensor::activation::softmax;
use burn::tensor::module::linear;
use burn::tensor::{Device, Gradients, Tensor, TensorData};
use rand_chacha::ChaCha8Rng;

use super::dropout::Dropout;
use super::learning::{Find, Learning, found, named};
use super::{Mode, initialise};
use crate::network::{CheckedLayer, Initialiser};
use crate::training::weights::{NamedTensor, WeightsError};

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
        let zeros = |count: usize| {
            let zeros = || Param::from_data(TensorData::new(vec![0_f32; count], [count]), device);
            settings.flag("bias").then(zeros)
        };
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
            self.in_bias.as_ref().map(Param::val),
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
            self.out_bias.as_ref().map(Param::val),
        )
    }

    /// `nn.MultiheadAttention`'s names.
    fn named(
        name: &str,
        [in_weight, out_weight]: [Option<Tensor<2>>; 2],
        [in_bias, out_bias]: [Option<Tensor<1>>; 2],
    ) -> Vec<NamedTensor> {
        let parts = [
            named(name, "in_proj_weight", in_weight),
            named(name, "in_proj_bias", in_bias),
            named(name, "out_proj.weight", out_weight),
            named(name, "out_proj.bias", out_bias),
        ];
        parts.into_iter().flatten().collect()
    }
}

impl Learning for Attention {
    fn tensors(&self, name: &str) -> Vec<NamedTensor> {
        let weights = [&self.in_weight, &self.out_weight].map(|weight| Some(weight.val()));
        let biases = [&self.in_bias, &self.out_bias];
        let biases = biases.map(|bias| bias.as_ref().map(Param::val));
        Self::named(name, weights, biases)
    }

    fn gradients(&self, name: &str, gradients: &Gradients) -> Vec<NamedTensor> {
        let weights = [&self.in_weight, &self.out_weight];
        let weights = weights.map(|weight| weight.val().grad(gradients));
        let biases = [&self.in_bias, &self.out_bias];
        let biases = biases.map(|bias| bias.as_ref()?.val().grad(gradients));
        Self::named(name, weights, biases)
    }

    fn load(mut self, name: &str, device: &Device, find: &mut Find) -> Result<Self, WeightsError> {
        self.in_weight = found(name, "in_proj_weight", &self.in_weight, device, find)?;
        self.out_weight = found(name, "out_proj.weight", &self.out_weight, device, find)?;
        if let Some(bias) = &self.in_bias {
            self.in_bias = Some(found(name, "in_proj_bias", bias, device, find)?);
        }
        if let Some(bias) = &self.out_bias {
            self.out_bias = Some(found(name, "out_proj.bias", bias, device, find)?);
        }
        Ok(self)
    }
}
