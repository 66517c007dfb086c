//! Layers that bring values to a common scale.

use super::common::*;
use crate::network::entry::{
    Arity, Cost, DefaultValue as Default, Entry, Group, Kind, Range, Setting, ShapeError,
};
use crate::network::layer::Layer;
use crate::network::shape::{Shape, grouped};
use crate::network::value::Value;

const EPSILON: Setting = Setting {
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
};

pub(super) static ENTRIES: [Entry; 5] = [
    Entry {
        kind: Kind::BatchNorm,
        name: "batch_norm",
        title: "Batch norm",
        group: Group::Normalise,
        help: "Brings each map, or each unit, to mean 0 and variance 1 over the batch, then scales and shifts it",
        arity: Arity::One,
        settings: &[
            EPSILON,
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
        cost: norm_cost,
        sees: same_place,
        summary: no_summary,
    },
    Entry {
        kind: Kind::LayerNorm,
        name: "layer_norm",
        title: "Layer norm",
        group: Group::Normalise,
        help: "Brings the values at each place of an image to mean 0 and variance 1, then scales and shifts each channel",
        arity: Arity::One,
        settings: &[EPSILON],
        shape: same_shape,
        known_shape: unknown,
        cost: norm_cost,
        sees: same_place,
        summary: no_summary,
    },
    Entry {
        kind: Kind::GroupNorm,
        name: "group_norm",
        title: "Group norm",
        group: Group::Normalise,
        help: "Brings each group of maps to mean 0 and variance 1 image by image, then scales and shifts each map",
        arity: Arity::One,
        settings: &[
            Setting {
                name: "groups",
                title: "Groups",
                help: "Into how many groups the maps are split; it must divide their number",
                unit: "groups",
                range: Range::Int {
                    min: 1,
                    max: 65_536,
                },
                default: Default::Int(8),
                more: false,
            },
            EPSILON,
        ],
        shape: group_norm_shape,
        known_shape: unknown,
        cost: norm_cost,
        sees: same_place,
        summary: group_norm_summary,
    },
    Entry {
        kind: Kind::InstanceNorm,
        name: "instance_norm",
        title: "Instance norm",
        group: Group::Normalise,
        help: "Brings each map of each image to mean 0 and variance 1",
        arity: Arity::One,
        settings: &[
            Setting {
                name: "affine",
                title: "Scale and shift",
                help: "Whether each map is scaled and shifted afterwards, by numbers that are learnt",
                unit: "",
                range: Range::Flag,
                default: Default::Flag(true),
                more: false,
            },
            EPSILON,
        ],
        shape: instance_norm_shape,
        known_shape: unknown,
        cost: instance_norm_cost,
        sees: same_place,
        summary: instance_norm_summary,
    },
    Entry {
        kind: Kind::LayerScale,
        name: "layer_scale",
        title: "Layer scale",
        group: Group::Normalise,
        help: "Multiplies each channel by a factor that is learnt and starts small, so that a deep branch begins as almost nothing",
        arity: Arity::One,
        settings: &[Setting {
            name: "initial",
            title: "Initial factor",
            help: "What every factor is before training",
            unit: "",
            range: Range::Real {
                min: 0.0,
                max: 10.0,
            },
            default: Default::Real(1e-6),
            more: false,
        }],
        shape: same_shape,
        known_shape: unknown,
        cost: scale_cost,
        sees: same_place,
        summary: scale_summary,
    },
];

/// Over sequences there is no batch norm here: layer norm is what they take.
fn batch_norm_shape(_: &Layer, inputs: &[Shape]) -> ShapeResult {
    match one(inputs)? {
        Shape::Sequence { .. } => Err(ShapeError::NeedsMaps),
        shape => Ok(shape),
    }
}

/// The channels of maps, or the units of a vector, in groups of one size.
fn group_norm_shape(layer: &Layer, inputs: &[Shape]) -> ShapeResult {
    let input = one(inputs)?;
    let what = match input {
        Shape::Maps { .. } => "channels",
        Shape::Vector { .. } => "units",
        Shape::Sequence { .. } => return Err(ShapeError::NeedsMaps),
    };
    let (groups, channels) = (layer.int("groups"), input.features());
    if channels.checked_rem(groups) == Some(0) {
        return Ok(input);
    }
    let fits = (1..=groups.min(channels)).rev();
    let fits = fits
        .into_iter()
        .find(|groups| channels.is_multiple_of(*groups));
    Err(ShapeError::Refused {
        reason: format!(
            "cannot split {} {what} into {} equal groups",
            grouped(count(channels).unwrap_or(u64::MAX)),
            grouped(count(groups).unwrap_or(u64::MAX)),
        ),
        set: fits.map(|groups| ("groups", Value::from(groups))),
    })
}

/// A map of one value has no variance to be brought to 1: nothing of it would be left.
fn instance_norm_shape(_: &Layer, inputs: &[Shape]) -> ShapeResult {
    match one(inputs)? {
        Shape::Maps {
            height: 1,
            width: 1,
            ..
        } => Err(ShapeError::Refused {
            reason: "takes maps of more than 1×1, as nothing is left of a single value once its mean is taken away: \
                     put it before the layer that makes them so small"
                .into(),
            set: None,
        }),
        shape @ Shape::Maps { .. } => Ok(shape),
        Shape::Vector { .. } | Shape::Sequence { .. } => Err(ShapeError::NeedsMaps),
    }
}

/// A scale and a shift a channel; a running mean and variance are measured, not learnt.
fn norm_cost(_: &Layer, inputs: &[Shape], _: Shape) -> Option<Cost> {
    let input = inputs.first()?;
    Some(Cost {
        parameters: count(input.features())?.checked_mul(2)?,
        multiply_adds: product(&input.dims())?,
    })
}

fn instance_norm_cost(layer: &Layer, inputs: &[Shape], output: Shape) -> Option<Cost> {
    let cost = norm_cost(layer, inputs, output)?;
    Some(Cost {
        parameters: if layer.flag("affine") {
            cost.parameters
        } else {
            0
        },
        ..cost
    })
}

/// A factor a channel.
fn scale_cost(_: &Layer, inputs: &[Shape], _: Shape) -> Option<Cost> {
    let input = inputs.first()?;
    Some(Cost {
        parameters: count(input.features())?,
        multiply_adds: product(&input.dims())?,
    })
}

fn group_norm_summary(layer: &Layer) -> String {
    let groups = layer.int("groups");
    format!("{groups} group{}", if groups == 1 { "" } else { "s" })
}

fn instance_norm_summary(layer: &Layer) -> String {
    if layer.flag("affine") {
        String::new()
    } else {
        "no scale".into()
    }
}

fn scale_summary(layer: &Layer) -> String {
    Value::Real(layer.real("initial")).to_string()
}
