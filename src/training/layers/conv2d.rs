//! 2D convolution with its activation: of all maps, in groups, or (depthwise) of each map on its own.

use burn::module::{Module, Param};
use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Device, Tensor};
use rand_chacha::ChaCha8Rng;

use super::batch_norm::BatchNorm;
use super::learning::{Learning, Visitor, value};
use super::{activate, filters};
use crate::network::{Activation, CheckedLayer, Kind, Shape};
use crate::training::cpu::conv::{self, Conv, Finish, Geometry, Line};
use crate::training::cpu::ops::{convolve, convolve_line};
use crate::training::device::is_cpu;

#[derive(Module, Debug)]
pub struct Conv2d {
    /// `[filters, channels in of a group, kernel height, kernel width]`
    weight: Param<Tensor<4>>,
    /// `[filters]`
    bias: Option<Param<Tensor<1>>>,
    #[module(skip)]
    stride: [usize; 2],
    /// (top, bottom), (left, right)
    #[module(skip)]
    padding: [(usize, usize); 2],
    #[module(skip)]
    dilation: [usize; 2],
    #[module(skip)]
    groups: usize,
    #[module(skip)]
    activation: Activation,
    /// The same for our own arithmetic, where it covers it.
    #[module(skip)]
    own: Option<Conv>,
}

impl Conv2d {
    pub fn new(
        layer: &CheckedLayer,
        activation: Activation,
        rng: &mut ChaCha8Rng,
        device: &Device,
    ) -> Self {
        let settings = layer.layer();
        let (channels, maps) = (layer.input().features(), layer.output().features());
        let groups = match settings.kind() {
            Kind::DepthwiseConv2d => channels,
            _ => settings.int("groups"),
        };
        let [height, width] = settings.pair("kernel");
        let shape = [maps, channels / groups, height, width];
        let weight = filters::weight(settings, shape, rng, device);
        let fan_in = shape[1] * height * width;
        let padding = filters::padding(layer);
        let geometry = Geometry {
            channels,
            size: sides(layer.input()),
            filters: maps,
            kernel: [height, width],
            stride: settings.pair("stride"),
            padding,
            dilation: settings.pair("dilation"),
        };
        let finish = Finish {
            relu: activation == Activation::Relu,
            pool: false,
        };
        let covered = is_cpu(device) && groups == 1 && conv::covers(&geometry);
        Self {
            weight,
            bias: filters::bias(settings, maps, fan_in, rng, device),
            stride: geometry.stride,
            padding,
            dilation: geometry.dilation,
            groups,
            activation,
            own: covered.then_some(Conv { geometry, finish }),
        }
    }

    /// Whether [`Self::forward_pooled`] can take the place of this layer and a 2×2 max pooling behind it.
    pub fn pools(&self) -> bool {
        let functions = [Activation::Relu, Activation::Linear];
        let enough = |own: &Conv| own.geometry.output().iter().all(|side| *side > 1);
        functions.contains(&self.activation) && self.own.as_ref().is_some_and(enough)
    }

    /// As [`Self::forward`] and a 2×2 max pooling behind it, in one pass.
    pub fn forward_pooled(&self, input: Tensor<4>) -> Tensor<4> {
        let mut own = self.own;
        if let Some(own) = &mut own {
            own.finish.pool = true;
        }
        self.convolve(input, own)
    }

    /// Whether [`Self::forward_normed`] can take the place of this layer and a batch norm behind it.
    pub fn norms(&self) -> bool {
        self.own.is_some() && self.activation == Activation::Linear
    }

    /// As [`Self::forward`] with a batch norm behind it, by its running moments, and a relu if `cut`, in one pass; `None`
    /// for an input that keeps a graph.
    pub fn forward_normed(
        &self,
        input: Tensor<4>,
        norm: &BatchNorm,
        cut: bool,
    ) -> Option<Tensor<4>> {
        let mut own = self.own?;
        own.finish.relu = cut;
        let (scale, mut shift) = norm.line();
        if let Some(bias) = &self.bias {
            let bias = bias.val().into_data();
            for ((shift, scale), bias) in shift.iter_mut().zip(&scale).zip(bias.iter::<f32>()) {
                *shift += scale * bias;
            }
        }
        let line = Line {
            scale: Some(&scale),
            shift: Some(&shift),
        };
        convolve_line(input, self.weight.val(), line, &own)
    }

    /// `[batch, channel, height, width]` to `[batch, filter, height', width']`.
    pub fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        self.convolve(input, self.own)
    }

    fn convolve(&self, input: Tensor<4>, own: Option<Conv>) -> Tensor<4> {
        let bias = value(self.bias.as_ref());
        if let Some(own) = own {
            let none = || Tensor::zeros([own.geometry.filters], &input.device());
            let bias = bias.unwrap_or_else(none);
            let output = convolve(input, self.weight.val(), bias, own);
            return if own.finish.relu {
                output
            } else {
                activate(self.activation, output)
            };
        }
        let options = ConvOptions {
            stride: self.stride,
            padding: self.padding,
            dilation: self.dilation,
            groups: self.groups,
        };
        let output = conv2d(input, self.weight.val(), bias, options);
        activate(self.activation, output)
    }
}

/// Height and width of maps.
fn sides(shape: Shape) -> [usize; 2] {
    match shape {
        Shape::Maps { height, width, .. } => [height, width],
        // `check` lets nothing else reach a convolution.
        _ => [1, 1],
    }
}

impl Learning for Conv2d {
    fn show<V: Visitor>(&mut self, visitor: &mut V) -> Result<(), V::Fault> {
        visitor.learnt("weight", &mut self.weight)?;
        visitor.learnt_if_any("bias", self.bias.as_mut())
    }
}
