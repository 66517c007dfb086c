//! Layers that make maps smaller without weights.

use super::common::*;
use crate::network::entry::{Arity, Entry, Group, Kind, Setting, ShapeError, Window};
use crate::network::layer::Layer;
use crate::network::shape::Shape;

pub(super) static ENTRIES: [Entry; 3] = [
    Entry {
        kind: Kind::MaxPool,
        name: "max_pool",
        title: "Max pool",
        group: Group::Pooling,
        help: "Keeps the largest value of each window, which makes the maps smaller",
        arity: Arity::One,
        settings: &POOL_SETTINGS,
        shape: pool_shape,
        known_shape: unknown,
        cost: free,
        window: pool_window,
        summary: pool_summary,
    },
    Entry {
        kind: Kind::AveragePool,
        name: "average_pool",
        title: "Average pool",
        group: Group::Pooling,
        help: "Keeps the mean of each window, which makes the maps smaller; padding does not count",
        arity: Arity::One,
        settings: &POOL_SETTINGS,
        shape: pool_shape,
        known_shape: unknown,
        cost: free,
        window: pool_window,
        summary: pool_summary,
    },
    Entry {
        kind: Kind::GlobalAveragePool,
        name: "global_average_pool",
        title: "Global average pool",
        group: Group::Pooling,
        help: "Turns each map into its mean: a vector with one number a map",
        arity: Arity::One,
        settings: &[],
        shape: global_pool_shape,
        known_shape: unknown,
        cost: free,
        window: no_window,
        summary: no_summary,
    },
];

static POOL_SETTINGS: [Setting; 3] = [
    window("size", "Size", "Height and width of the window", [2, 2]),
    window(
        "stride",
        "Stride",
        "How far the window moves at each step",
        [2, 2],
    ),
    PADDING,
];

fn pool_shape(layer: &Layer, inputs: &[Shape]) -> ShapeResult {
    let Shape::Maps {
        height,
        width,
        channels,
    } = one(inputs)?
    else {
        return Err(ShapeError::NeedsMaps);
    };
    let [height, width] = slid(layer, [height, width], pool_window(layer))?;
    in_bounds(Shape::Maps {
        height,
        width,
        channels,
    })
}

fn global_pool_shape(_: &Layer, inputs: &[Shape]) -> ShapeResult {
    match one(inputs)? {
        Shape::Maps { channels, .. } => Ok(Shape::Vector { units: channels }),
        Shape::Vector { .. } | Shape::Sequence { .. } => Err(ShapeError::NeedsMaps),
    }
}

fn pool_window(layer: &Layer) -> Window {
    Window {
        size: layer.pair("size"),
        stride: layer.pair("stride"),
    }
}

fn pool_summary(layer: &Layer) -> String {
    let size = layer.pair("size");
    let [height, width] = size;
    let mut text = format!("{height}×{width}");
    say_stride(&mut text, layer.pair("stride"), size);
    say_padding(&mut text, layer);
    text
}
