//! One burn module for every layer of the catalogue. Tensors are `[batch, channel, height, width]`
//! for maps, `[batch, units]` for vectors and `[batch, length, features]` for sequences.

mod activation;
mod attention;
mod batch_norm;
mod channels;
mod class_token;
mod conv2d;
mod dense;
mod dropout;
mod filters;
mod group_norm;
mod initialise;
mod join;
mod layer_norm;
mod layer_scale;
mod learning;
mod noise;
mod padding;
mod patch_embedding;
mod pool;
mod position_embedding;
mod prelu;
mod recurrent;
mod reshape;
mod select_token;
mod separable;
mod transposed;
mod upsample;

use std::convert::Infallible;

pub use activation::apply as activate;
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use rand_chacha::ChaCha8Rng;

use self::activation::Function;
use self::attention::Attention;
use self::batch_norm::BatchNorm;
use self::class_token::ClassToken;
use self::conv2d::Conv2d;
use self::dense::Dense;
use self::dropout::Dropout;
use self::group_norm::GroupNorm;
use self::join::Join;
use self::layer_norm::LayerNorm;
use self::layer_scale::LayerScale;
pub use self::learning::Find;
use self::learning::{GradientReader, Learning, Loader, Reader, Visitor};
use self::noise::GaussianNoise;
use self::padding::ZeroPadding;
use self::patch_embedding::PatchEmbedding;
use self::pool::{AdaptiveAveragePool, GlobalAveragePool, Pool};
use self::position_embedding::PositionEmbedding;
use self::prelu::Prelu;
use self::recurrent::Recurrent;
use self::reshape::{Permute, Reshape};
use self::select_token::SelectToken;
use self::separable::SeparableConv2d;
use self::transposed::TransposedConv2d;
use self::upsample::Upsample;
use super::weights::{NamedTensor, WeightsError};
use crate::network::{Activation, CheckedLayer, Kind};

/// What flows between layers.
#[derive(Clone, Debug)]
pub enum Activations {
    /// `[batch, channel, height, width]`
    Maps(Tensor<4>),
    /// `[batch, units]`
    Vector(Tensor<2>),
    /// `[batch, length, features]`
    Sequence(Tensor<3>),
}

impl Activations {
    /// Any rank as `[batch, units]`, in channel, height, width order, or element after element.
    pub fn flatten(self) -> Tensor<2> {
        match self {
            Self::Maps(maps) => maps.flatten(1, 3),
            Self::Vector(vector) => vector,
            Self::Sequence(sequence) => sequence.flatten(1, 2),
        }
    }

    /// The same for every rank.
    fn map(self, f: impl Each) -> Self {
        match self {
            Self::Maps(tensor) => Self::Maps(f.each(tensor)),
            Self::Vector(tensor) => Self::Vector(f.each(tensor)),
            Self::Sequence(tensor) => Self::Sequence(f.each(tensor)),
        }
    }

    fn map_maps(self, f: impl FnOnce(Tensor<4>) -> Tensor<4>) -> Self {
        match self {
            Self::Maps(maps) => Self::Maps(f(maps)),
            // `check` lets nothing else reach a layer that works on maps.
            other => other,
        }
    }

    fn map_sequence(self, f: impl FnOnce(Tensor<3>) -> Tensor<3>) -> Self {
        match self {
            Self::Sequence(sequence) => Self::Sequence(f(sequence)),
            // Nor here, where sequences are what it works on.
            other => other,
        }
    }
}

/// What works on a tensor of any rank.
trait Each {
    fn each<const D: usize>(self, tensor: Tensor<D>) -> Tensor<D>;
}

/// Whether a forward pass trains. The generator is the run's own, so that no other use of the
/// device (a probe, a prediction) changes what dropout draws.
pub enum Mode<'a> {
    Training(&'a mut ChaCha8Rng),
    Inference,
}

/// A layer with its weights on a device.
#[derive(Module, Debug)]
pub enum Layer {
    Conv2d(Conv2d),
    SeparableConv2d(SeparableConv2d),
    TransposedConv2d(TransposedConv2d),
    Dense(Dense),
    BatchNorm(BatchNorm),
    Pool(Pool),
    GlobalAveragePool(GlobalAveragePool),
    AdaptiveAveragePool(AdaptiveAveragePool),
    Flatten(Flatten),
    Dropout(Dropout),
    Activation(Function),
    Join(Join),
    LayerNorm(LayerNorm),
    GroupNorm(GroupNorm),
    LayerScale(LayerScale),
    Prelu(Prelu),
    GaussianNoise(GaussianNoise),
    ZeroPadding(ZeroPadding),
    Upsample(Upsample),
    Reshape(Reshape),
    Permute(Permute),
    PatchEmbedding(PatchEmbedding),
    ClassToken(ClassToken),
    PositionEmbedding(PositionEmbedding),
    Attention(Attention),
    SelectToken(SelectToken),
    Recurrent(Recurrent),
}

/// The same call on the module of whichever layer it is.
macro_rules! each_layer {
    ($self:expr, $layer:ident => $call:expr) => {
        match $self {
            Layer::Conv2d($layer) => $call,
            Layer::SeparableConv2d($layer) => $call,
            Layer::TransposedConv2d($layer) => $call,
            Layer::Dense($layer) => $call,
            Layer::BatchNorm($layer) => $call,
            Layer::Pool($layer) => $call,
            Layer::GlobalAveragePool($layer) => $call,
            Layer::AdaptiveAveragePool($layer) => $call,
            Layer::Flatten($layer) => $call,
            Layer::Dropout($layer) => $call,
            Layer::Activation($layer) => $call,
            Layer::Join($layer) => $call,
            Layer::LayerNorm($layer) => $call,
            Layer::GroupNorm($layer) => $call,
            Layer::LayerScale($layer) => $call,
            Layer::Prelu($layer) => $call,
            Layer::GaussianNoise($layer) => $call,
            Layer::ZeroPadding($layer) => $call,
            Layer::Upsample($layer) => $call,
            Layer::Reshape($layer) => $call,
            Layer::Permute($layer) => $call,
            Layer::PatchEmbedding($layer) => $call,
            Layer::ClassToken($layer) => $call,
            Layer::PositionEmbedding($layer) => $call,
            Layer::Attention($layer) => $call,
            Layer::SelectToken($layer) => $call,
            Layer::Recurrent($layer) => $call,
        }
    };
}

/// `[batch, channel, height, width]` to `[batch, channel × height × width]`.
#[derive(Module, Debug, Default)]
pub struct Flatten {}

impl Learning for Flatten {}

impl Layer {
    /// Builds the module of a checked layer; weights are drawn from `rng` as its initialiser says.
    /// `activation` is the one to apply (the last layer's may fold into the loss instead).
    pub fn new(
        layer: &CheckedLayer,
        activation: Activation,
        rng: &mut ChaCha8Rng,
        device: &Device,
    ) -> Self {
        let settings = layer.layer();
        match settings.kind() {
            Kind::Conv2d | Kind::DepthwiseConv2d => {
                Self::Conv2d(Conv2d::new(layer, activation, rng, device))
            }
            Kind::SeparableConv2d => {
                Self::SeparableConv2d(SeparableConv2d::new(layer, activation, rng, device))
            }
            Kind::TransposedConv2d => {
                Self::TransposedConv2d(TransposedConv2d::new(layer, activation, rng, device))
            }
            Kind::Dense => Self::Dense(Dense::new(layer, activation, rng, device)),
            Kind::BatchNorm => Self::BatchNorm(BatchNorm::new(layer, device)),
            Kind::MaxPool | Kind::AveragePool => Self::Pool(Pool::new(layer)),
            Kind::GlobalAveragePool => Self::GlobalAveragePool(GlobalAveragePool::default()),
            Kind::AdaptiveAveragePool => Self::AdaptiveAveragePool(AdaptiveAveragePool::new(layer)),
            // The input computes nothing and is not among the checked layers.
            Kind::Flatten | Kind::Input => Self::Flatten(Flatten::default()),
            Kind::Dropout | Kind::SpatialDropout | Kind::StochasticDepth => {
                Self::Dropout(Dropout::new(settings))
            }
            Kind::Activation => Self::Activation(Function::new(activation)),
            Kind::PatchEmbedding => Self::PatchEmbedding(PatchEmbedding::new(layer, rng, device)),
            Kind::ClassToken => Self::ClassToken(ClassToken::new(layer, rng, device)),
            Kind::PositionEmbedding => {
                Self::PositionEmbedding(PositionEmbedding::new(layer, rng, device))
            }
            Kind::Attention => Self::Attention(Attention::new(layer, rng, device)),
            Kind::SelectToken => Self::SelectToken(SelectToken::new(layer)),
            Kind::Lstm | Kind::Gru => Self::Recurrent(Recurrent::new(layer, rng, device)),
            Kind::Add | Kind::Multiply | Kind::Concatenate => Self::Join(Join::new(layer)),
            Kind::LayerNorm => Self::LayerNorm(LayerNorm::new(layer, device)),
            Kind::GroupNorm | Kind::InstanceNorm => Self::GroupNorm(GroupNorm::new(layer, device)),
            Kind::LayerScale => Self::LayerScale(LayerScale::new(layer, device)),
            Kind::Prelu => Self::Prelu(Prelu::new(layer, device)),
            Kind::GaussianNoise => {
                Self::GaussianNoise(GaussianNoise::new(settings.real("deviation")))
            }
            Kind::ZeroPadding => Self::ZeroPadding(ZeroPadding::new(settings)),
            Kind::Upsample => Self::Upsample(Upsample::new(settings)),
            Kind::Reshape => Self::Reshape(Reshape::new(settings)),
            Kind::Permute => Self::Permute(Permute::new(settings)),
        }
    }

    /// One layer's output for a batch; `inputs` by wire, of which only joins have several.
    pub fn forward(&self, mut inputs: Vec<Activations>, mode: &mut Mode<'_>) -> Activations {
        if let Self::Join(layer) = self {
            return layer.forward(inputs);
        }
        let Some(input) = inputs.pop() else {
            panic!("a layer without an input was not refused");
        };
        match self {
            Self::Conv2d(layer) => input.map_maps(|maps| layer.forward(maps)),
            Self::Dense(layer) => match input {
                Activations::Sequence(sequence) => Activations::Sequence(layer.forward(sequence)),
                other => Activations::Vector(layer.forward(other.flatten())),
            },
            Self::BatchNorm(layer) => match input {
                Activations::Maps(maps) => Activations::Maps(layer.forward(maps, mode)),
                other => Activations::Vector(layer.forward(other.flatten(), mode)),
            },
            Self::SeparableConv2d(layer) => input.map_maps(|maps| layer.forward(maps)),
            Self::TransposedConv2d(layer) => input.map_maps(|maps| layer.forward(maps)),
            Self::Pool(layer) => input.map_maps(|maps| layer.forward(maps)),
            Self::AdaptiveAveragePool(layer) => input.map_maps(|maps| layer.forward(maps)),
            Self::GlobalAveragePool(layer) => match input {
                Activations::Maps(maps) => Activations::Vector(layer.forward(maps)),
                other => other,
            },
            Self::Flatten(_) | Self::Join(_) => Activations::Vector(input.flatten()),
            Self::Dropout(layer) => input.map(layer.with(mode)),
            Self::Activation(layer) => input.map(layer),
            Self::LayerNorm(layer) => input.map(layer),
            Self::GroupNorm(layer) => input.map(layer),
            Self::LayerScale(layer) => input.map(layer),
            Self::Prelu(layer) => input.map(layer),
            Self::GaussianNoise(layer) => input.map(layer.with(mode)),
            Self::ZeroPadding(layer) => input.map_maps(|maps| layer.forward(maps)),
            Self::Upsample(layer) => input.map_maps(|maps| layer.forward(maps)),
            Self::Reshape(layer) => layer.forward(input),
            Self::Permute(layer) => layer.forward(input),
            Self::PatchEmbedding(layer) => match input {
                Activations::Maps(maps) => Activations::Sequence(layer.forward(maps)),
                other => other,
            },
            Self::ClassToken(layer) => input.map_sequence(|it| layer.forward(it)),
            Self::PositionEmbedding(layer) => input.map_sequence(|it| layer.forward(it)),
            Self::Attention(layer) => input.map_sequence(|it| layer.forward(it, mode)),
            Self::SelectToken(layer) => match input {
                Activations::Sequence(sequence) => Activations::Vector(layer.forward(sequence)),
                other => other,
            },
            Self::Recurrent(layer) => layer.forward(input),
        }
    }

    /// Whether [`Self::forward_paired`] can take the place of this layer and the next one.
    pub fn pairs_with(&self, next: &Self) -> bool {
        match (self, next) {
            (Self::Conv2d(layer), Self::Pool(pool)) => layer.pools() && pool.is_two_by_two(),
            (Self::BatchNorm(norm), Self::Activation(next)) => norm.is_own() && next.is_relu(),
            _ => false,
        }
    }

    /// Whether [`Self::forward_normed`] can take the place of this layer and the next one, once the weights are fixed.
    pub fn norms_with(&self, next: &Self) -> bool {
        match (self, next) {
            (Self::Conv2d(layer), Self::BatchNorm(_)) => layer.norms(),
            _ => false,
        }
    }

    /// The output of a batch norm behind this layer, by its running moments, and of a relu behind that if `cut`; `None`
    /// where it must be computed layer by layer.
    pub fn forward_normed(
        &self,
        input: &Activations,
        norm: &Self,
        cut: bool,
    ) -> Option<Activations> {
        match (self, norm, input) {
            (Self::Conv2d(layer), Self::BatchNorm(norm), Activations::Maps(maps)) => {
                let output = layer.forward_normed(maps.clone(), norm, cut)?;
                Some(Activations::Maps(output))
            }
            _ => None,
        }
    }

    /// The output of the next layer, computed together with that of this one: of a 2×2 max pooling, or a relu.
    pub fn forward_paired(&self, input: Activations, mode: &Mode<'_>) -> Activations {
        match (self, input) {
            (Self::Conv2d(layer), Activations::Maps(maps)) => {
                Activations::Maps(layer.forward_pooled(maps))
            }
            (Self::BatchNorm(layer), Activations::Maps(maps)) => {
                Activations::Maps(layer.forward_cut(maps, mode))
            }
            // `pairs_with` says so of no other.
            (_, input) => input,
        }
    }

    /// The weights as files hold them: PyTorch's layouts, names `LAYER.weight` and so on.
    pub fn tensors(&self, name: &str) -> Vec<NamedTensor> {
        let mut reader = Reader::new(name);
        self.read(&mut reader);
        reader.tensors
    }

    /// The gradients of a backward pass, named and laid out as [`Self::tensors`].
    pub fn gradients(&self, name: &str, gradients: &burn::tensor::Gradients) -> Vec<NamedTensor> {
        let reader = Reader::new(name);
        let mut reader = GradientReader { gradients, reader };
        self.read(&mut reader);
        reader.reader.tensors
    }

    /// Replaces the weights by those of a file; `find` gives the tensor of a name.
    pub fn load(
        mut self,
        name: &str,
        device: &Device,
        find: &mut Find,
    ) -> Result<Self, WeightsError> {
        let mut loader = Loader {
            layer: name,
            device,
            find,
        };
        self.show(&mut loader)?;
        Ok(self)
    }

    fn show<V: Visitor>(&mut self, visitor: &mut V) -> Result<(), V::Fault> {
        each_layer!(self, layer => layer.show(visitor))
    }

    fn read(&self, visitor: &mut impl Visitor<Fault = Infallible>) {
        // The clone shares the tensors.
        let Ok(()) = self.clone().show(visitor);
    }
}
