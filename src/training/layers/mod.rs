//! One burn module for every layer of the catalogue. Tensors are `[batch, channel, height, width]`
//! for maps and `[batch, units]` for vectors.

mod activation;
mod batch_norm;
mod conv2d;
mod dense;
mod dropout;
mod initialise;
mod pool;

pub use activation::apply as activate;
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use rand_chacha::ChaCha8Rng;

use self::activation::Function;
use self::batch_norm::BatchNorm;
use self::conv2d::Conv2d;
use self::dense::Dense;
use self::dropout::Dropout;
use self::pool::{GlobalAveragePool, Pool};
use super::weights::NamedTensor;
use crate::network::{Activation, CheckedLayer, Kind};

/// What flows between layers.
#[derive(Clone, Debug)]
pub enum Activations {
    /// `[batch, channel, height, width]`
    Maps(Tensor<4>),
    /// `[batch, units]`
    Vector(Tensor<2>),
}

impl Activations {
    /// Both ranks as `[batch, units]`, in channel, height, width order.
    pub fn flatten(self) -> Tensor<2> {
        match self {
            Self::Maps(maps) => maps.flatten(1, 3),
            Self::Vector(vector) => vector,
        }
    }

    fn map_maps(self, f: impl FnOnce(Tensor<4>) -> Tensor<4>) -> Self {
        match self {
            Self::Maps(maps) => Self::Maps(f(maps)),
            // `check` lets no vector reach a layer that works on maps.
            Self::Vector(vector) => Self::Vector(vector),
        }
    }
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
    Dense(Dense),
    BatchNorm(BatchNorm),
    Pool(Pool),
    GlobalAveragePool(GlobalAveragePool),
    Flatten(Flatten),
    Dropout(Dropout),
    Activation(Function),
}

/// `[batch, channel, height, width]` to `[batch, channel × height × width]`.
#[derive(Module, Debug, Default)]
pub struct Flatten {}

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
            Kind::Conv2d => Self::Conv2d(Conv2d::new(layer, activation, rng, device)),
            Kind::Dense => Self::Dense(Dense::new(layer, activation, rng, device)),
            Kind::BatchNorm => Self::BatchNorm(BatchNorm::new(layer, device)),
            Kind::MaxPool | Kind::AveragePool => Self::Pool(Pool::new(layer)),
            Kind::GlobalAveragePool => Self::GlobalAveragePool(GlobalAveragePool::default()),
            // The input computes nothing and is not among the checked layers.
            Kind::Flatten | Kind::Input => Self::Flatten(Flatten::default()),
            Kind::Dropout => Self::Dropout(Dropout::new(settings.real("rate"))),
            Kind::Activation => Self::Activation(Function::new(activation)),
        }
    }

    /// One layer's output for a batch.
    pub fn forward(&self, input: Activations, mode: &mut Mode<'_>) -> Activations {
        match self {
            Self::Conv2d(layer) => input.map_maps(|maps| layer.forward(maps)),
            Self::Dense(layer) => Activations::Vector(layer.forward(input.flatten())),
            Self::BatchNorm(layer) => match input {
                Activations::Maps(maps) => Activations::Maps(layer.forward(maps, mode)),
                Activations::Vector(vector) => Activations::Vector(layer.forward(vector, mode)),
            },
            Self::Pool(layer) => input.map_maps(|maps| layer.forward(maps)),
            Self::GlobalAveragePool(layer) => match input {
                Activations::Maps(maps) => Activations::Vector(layer.forward(maps)),
                vector @ Activations::Vector(_) => vector,
            },
            Self::Flatten(_) => Activations::Vector(input.flatten()),
            Self::Dropout(layer) => match input {
                Activations::Maps(maps) => Activations::Maps(layer.forward(maps, mode)),
                Activations::Vector(vector) => Activations::Vector(layer.forward(vector, mode)),
            },
            Self::Activation(layer) => match input {
                Activations::Maps(maps) => Activations::Maps(layer.forward(maps)),
                Activations::Vector(vector) => Activations::Vector(layer.forward(vector)),
            },
        }
    }

    /// The weights as files hold them: PyTorch's layouts, names `LAYER.weight` and so on.
    pub fn tensors(&self, name: &str) -> Vec<NamedTensor> {
        match self {
            Self::Conv2d(layer) => layer.tensors(name),
            Self::Dense(layer) => layer.tensors(name),
            Self::BatchNorm(layer) => layer.tensors(name),
            _ => Vec::new(),
        }
    }

    /// Replaces the weights by those of a file; `find` gives the tensor of a name.
    pub fn load<E>(
        self,
        name: &str,
        device: &Device,
        find: &mut impl FnMut(&str, &[usize]) -> Result<Vec<f32>, E>,
    ) -> Result<Self, E> {
        Ok(match self {
            Self::Conv2d(layer) => Self::Conv2d(layer.load(name, device, find)?),
            Self::Dense(layer) => Self::Dense(layer.load(name, device, find)?),
            Self::BatchNorm(layer) => Self::BatchNorm(layer.load(name, device, find)?),
            other => other,
        })
    }

    /// The gradients of a backward pass, named and laid out as [`Self::tensors`].
    pub fn gradients(&self, name: &str, gradients: &burn::tensor::Gradients) -> Vec<NamedTensor> {
        match self {
            Self::Conv2d(layer) => layer.gradients(name, gradients),
            Self::Dense(layer) => layer.gradients(name, gradients),
            Self::BatchNorm(layer) => layer.gradients(name, gradients),
            _ => Vec::new(),
        }
    }
}

/// `LAYER.weight` and `LAYER.bias`, where there are any.
fn learnt<const D: usize>(
    name: &str,
    weight: Option<Tensor<D>>,
    bias: Option<Tensor<1>>,
) -> Vec<NamedTensor> {
    let weight = weight.map(|weight| NamedTensor::new(format!("{name}.weight"), weight));
    let bias = bias.map(|bias| NamedTensor::new(format!("{name}.bias"), bias));
    weight.into_iter().chain(bias).collect()
}
