//! The blocks of ConvNeXt and of transformers.

use super::parts::{dense, depthwise, layer_norm, pointwise, stochastic_depth};
use crate::network::builder::Builder;
use crate::network::entry::Kind;
use crate::network::function::{Activation, Initialiser};
use crate::network::layer::Layer;

/// ConvNeXt's block (Liu et al. 2022) of `filters` maps. `drop`: the rates at which the branch is left out of
/// training, in the first and the last repeat.
pub fn convnext(b: &mut Builder, repeat: u32, filters: u64, drop: [f64; 2]) {
    let mut convs = None;
    let id = b.block("ConvNeXt", repeat, |b| {
        let source = b.here();
        let initialiser = Initialiser::GlorotNormal;
        let filter = depthwise(7, 1).with("bias", true);
        b.then(filter.with("initialiser", initialiser));
        b.then(layer_norm());
        let widen = b.then(pointwise(4 * filters, Activation::Gelu, initialiser));
        let narrow = b.then(pointwise(filters, Activation::Linear, initialiser));
        b.then(Layer::new(Kind::LayerScale));
        b.then(stochastic_depth(drop[0], drop[1]));
        let branch = b.here();
        b.join(Kind::Add, &[branch, source]);
        convs = Some([widen, narrow]);
    });
    if let Some([widen, narrow]) = convs {
        let filters = [(narrow, "filters", 1), (widen, "filters", 4)];
        b.setting(id, "Filters", &filters);
    }
}

/// A transformer's encoder block with the norm first (Dosovitskiy et al. 2020), for tokens of `dimensions`
/// numbers.
pub fn transformer(b: &mut Builder, repeat: u32, dimensions: u64, heads: u64) {
    let mut layers = None;
    let id = b.block("Transformer", repeat, |b| {
        let source = b.here();
        b.then(layer_norm());
        let attention = b.then(Layer::new(Kind::Attention).with("heads", heads));
        let seen = b.join(Kind::Add, &[attention, source]);
        b.then(layer_norm());
        let widen = b.then(dense(4 * dimensions, Activation::Gelu));
        let narrow = b.then(dense(dimensions, Activation::Linear));
        b.join(Kind::Add, &[narrow, seen]);
        layers = Some([attention, widen, narrow]);
    });
    if let Some([attention, widen, narrow]) = layers {
        b.setting(id, "Heads", &[(attention, "heads", 1)]);
        let dimensions = [(narrow, "units", 1), (widen, "units", 4)];
        b.setting(id, "Dimensions", &dimensions);
    }
}
