//! Layers as the architectures of the last years use them, which blocks and templates are made of.

use crate::network::builder::Builder;
use crate::network::entry::Kind;
use crate::network::function::{Activation, Initialiser};
use crate::network::graph::LayerId;
use crate::network::layer::Layer;

/// A convolution without bias or activation, for a batch norm to follow. Its odd kernel is padded so that only
/// the stride makes the maps smaller, on both sides alike as in PyTorch; He's initial weights.
pub fn conv(filters: u64, kernel: u64, stride: u64) -> Layer {
    let layer = Layer::new(Kind::Conv2d)
        .with("filters", filters)
        .with("bias", false);
    windowed(layer, kernel, stride)
}

/// As [`conv`], with a filter of its own for each map.
pub fn depthwise(kernel: u64, stride: u64) -> Layer {
    let layer = Layer::new(Kind::DepthwiseConv2d).with("bias", false);
    windowed(layer, kernel, stride)
}

fn windowed(layer: Layer, kernel: u64, stride: u64) -> Layer {
    let layer = layer
        .with("kernel", [kernel, kernel])
        .with("stride", [stride, stride])
        .with("activation", Activation::Linear)
        .with("initialiser", Initialiser::HeNormal);
    padded(layer, kernel / 2)
}

/// The same layer with so many zeros on each side; 0 leaves it as it is.
pub fn padded(layer: Layer, pad: u64) -> Layer {
    if pad == 0 {
        return layer;
    }
    layer.with("padding", "explicit").with("pad", [pad, pad])
}

/// A convolution with bias and activation, padded as [`conv`].
pub fn active(filters: u64, kernel: u64, stride: u64, function: Activation) -> Layer {
    conv(filters, kernel, stride)
        .with("bias", true)
        .with("activation", function)
}

/// A 1×1 convolution with bias: a dense layer at every place.
pub fn pointwise(filters: u64, function: Activation, initialiser: Initialiser) -> Layer {
    active(filters, 1, 1, function).with("initialiser", initialiser)
}

/// A pooling window of this size and stride.
pub fn pool(kind: Kind, size: u64, stride: u64) -> Layer {
    Layer::new(kind)
        .with("size", [size, size])
        .with("stride", [stride, stride])
}

/// A dense layer with an activation.
pub fn dense(units: u64, function: Activation) -> Layer {
    Layer::new(Kind::Dense)
        .with("units", units)
        .with("activation", function)
}

/// A function by itself.
pub fn activation(function: Activation) -> Layer {
    Layer::new(Kind::Activation).with("function", function)
}

/// A layer norm with the ε of ConvNeXt and ViT.
pub fn layer_norm() -> Layer {
    Layer::new(Kind::LayerNorm).with("epsilon", 1e-6)
}

/// Leaves an image's branch out at this rate, at `last` in the last repeat of the block.
pub fn stochastic_depth(rate: f64, last: f64) -> Layer {
    Layer::new(Kind::StochasticDepth)
        .with("rate", rate)
        .with("last_rate", last)
}

/// A layer and the batch norm after it; returns the layer.
pub fn normed(b: &mut Builder, layer: Layer) -> LayerId {
    let id = b.then(layer);
    b.then(Layer::new(Kind::BatchNorm));
    id
}

/// A layer, a batch norm and a function after it; returns the layer.
pub fn normed_active(b: &mut Builder, layer: Layer, function: Activation) -> LayerId {
    let id = normed(b, layer);
    b.then(activation(function));
    id
}
