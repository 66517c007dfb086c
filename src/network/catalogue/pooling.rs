//! Layers that make maps smaller without weights.

use super::common::*;
use super::sliding::*;
use crate::network::entry::{
    Arity, DefaultValue as Default, Entry, Group, Kind, Range, Sees, Setting, ShapeError, Window,
};
use crate::network::layer::Layer;
use crate::network::shape::Shape;
use crate::network::value::Value;

pub(super) static ENTRIES: [Entry; 4] = [
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
        sees: through_pool,
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
        sees: through_pool,
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
        sees: same_place,
        summary: no_summary,
    },
    Entry {
        kind: Kind::AdaptiveAveragePool,
        name: "adaptive_average_pool",
        title: "Adaptive average pool",
        group: Group::Pooling,
        help: "Divides the maps into a grid of so many cells, whatever their size, and keeps the mean of each cell",
        arity: Arity::One,
        settings: &[window(
            "size",
            "Size",
            "Height and width of the maps that come out",
            [1, 1],
        )],
        shape: adaptive_shape,
        known_shape: unknown,
        cost: free,
        sees: a_cell,
        summary: adaptive_summary,
    },
];

static POOL_SETTINGS: [Setting; 5] = [
    window("size", "Size", "Height and width of the window", [2, 2]),
    window(
        "stride",
        "Stride",
        "How far the window moves at each step",
        [2, 2],
    ),
    PADDING,
    PAD,
    Setting {
        name: "ceil",
        title: "Round up",
        help: "Lets the last window stand out of the maps instead of leaving the edge out; same padding does so anyway",
        unit: "",
        range: Range::Flag,
        default: Default::Flag(false),
        more: true,
    },
];

fn pool_shape(layer: &Layer, inputs: &[Shape]) -> ShapeResult {
    let (input, channels) = maps(inputs)?;
    let (size, pad) = (layer.pair("size"), layer.pads());
    // More would make windows that see nothing but padding.
    let most = size.map(|side| side / 2);
    if pad[0] > most[0] || pad[1] > most[1] {
        let allowed = [pad[0].min(most[0]), pad[1].min(most[1])];
        let allowed = allowed.map(|side| u64::try_from(side).unwrap_or(u64::MAX));
        return Err(ShapeError::Refused {
            reason: format!(
                "pads by {}, more than half of its {}×{} window",
                sides(pad),
                size[0],
                size[1]
            ),
            set: Some(("pad", Value::Pair(allowed))),
        });
    }
    maps_of(slid(layer, input, pool_window(layer))?, channels)
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

fn through_pool(layer: &Layer) -> Sees {
    Sees::Window(pool_window(layer))
}

fn pool_summary(layer: &Layer) -> String {
    let size = layer.pair("size");
    let [height, width] = size;
    let mut text = format!("{height}×{width}");
    say_stride(&mut text, layer.pair("stride"), size);
    say_padding(&mut text, layer);
    if layer.flag("ceil") {
        text.push_str(", rounded up");
    }
    text
}

fn adaptive_shape(layer: &Layer, inputs: &[Shape]) -> ShapeResult {
    let (_, channels) = maps(inputs)?;
    maps_of(layer.pair("size"), channels)
}

fn a_cell(_: &Layer) -> Sees {
    Sees::Grid
}

fn adaptive_summary(layer: &Layer) -> String {
    let [height, width] = layer.pair("size");
    format!("to {height}×{width}")
}
