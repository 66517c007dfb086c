//! Layers that bring values to a common scale.

use super::common::*;
use crate::network::entry::{
    Arity, Cost, DefaultValue as Default, Entry, Group, Kind, Range, Setting, ShapeError,
};
use crate::network::layer::Layer;
use crate::network::shape::Shape;

pub(super) static ENTRIES: [Entry; 1] = [Entry {
    kind: Kind::BatchNorm,
    name: "batch_norm",
    title: "Batch norm",
    group: Group::Normalise,
    help: "Brings each map, or each unit, to mean 0 and variance 1 over the batch, then scales and shifts it",
    arity: Arity::One,
    settings: &[
        Setting {
            name: "epsilon",
            title: "Epsilon",
            help: "Added to the variance, against division by zero",
            unit: "",
            range: Range::Real {
                min: 1e-12,
                max: 0.1,
            },
            default: Default::Real(1e-5),
            more: false,
        },
        Setting {
            name: "momentum",
            title: "Momentum",
            help: "Weight of each new batch in the running mean and variance (as in PyTorch; Keras counts from 1 down)",
            unit: "",
            range: Range::Real { min: 0.0, max: 1.0 },
            default: Default::Real(0.1),
            more: false,
        },
    ],
    shape: batch_norm_shape,
    known_shape: unknown,
    cost: batch_norm_cost,
    window: no_window,
    summary: no_summary,
}];

/// Over sequences there is no batch norm here: layer norm is what they take.
fn batch_norm_shape(_: &Layer, inputs: &[Shape]) -> ShapeResult {
    match one(inputs)? {
        Shape::Sequence { .. } => Err(ShapeError::NeedsMaps),
        shape => Ok(shape),
    }
}

/// A scale and a shift a channel; the running mean and variance are measured, not learnt.
fn batch_norm_cost(_: &Layer, inputs: &[Shape], _: Shape) -> Option<Cost> {
    let input = inputs.first()?;
    Some(Cost {
        parameters: count(input.features())?.checked_mul(2)?,
        multiply_adds: product(&input.dims())?,
    })
}
