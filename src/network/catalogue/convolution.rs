//! Layers that slide filters over maps.

use super::common::*;
use crate::network::entry::{
    Arity, Cost, DefaultValue as Default, Entry, Group, Kind, Range, Setting, ShapeError, Window,
};
use crate::network::layer::Layer;
use crate::network::shape::Shape;

pub(super) static ENTRIES: [Entry; 1] = [Entry {
    kind: Kind::Conv2d,
    name: "conv2d",
    title: "Conv 2D",
    group: Group::Convolution,
    help: "Slides small filters over the maps and makes one new map a filter",
    arity: Arity::One,
    settings: &[
        Setting {
            name: "filters",
            title: "Filters",
            help: "How many maps the layer makes",
            unit: "maps",
            range: Range::Int {
                min: 1,
                max: 65_536,
            },
            default: Default::Int(32),
            more: false,
        },
        window(
            "kernel",
            "Kernel",
            "Height and width of each filter",
            [3, 3],
        ),
        window(
            "stride",
            "Stride",
            "How far the filter moves at each step",
            [1, 1],
        ),
        PADDING,
        ACTIVATION,
        INITIALISER,
    ],
    shape: conv_shape,
    known_shape: unknown,
    cost: conv_cost,
    window: conv_window,
    summary: conv_summary,
}];

fn conv_shape(layer: &Layer, inputs: &[Shape]) -> ShapeResult {
    let Shape::Maps { height, width, .. } = one(inputs)? else {
        return Err(ShapeError::NeedsMaps);
    };
    let [height, width] = slid(layer, [height, width], conv_window(layer))?;
    in_bounds(Shape::Maps {
        height,
        width,
        channels: layer.int("filters"),
    })
}

/// Weights: filters × input channels × kernel, and a bias a filter.
fn conv_cost(layer: &Layer, inputs: &[Shape], output: Shape) -> Option<Cost> {
    let [height, width] = layer.pair("kernel");
    let window = product(&[height, width, inputs.first()?.features()])?;
    let filters = count(output.features())?;
    Some(Cost {
        parameters: window.checked_add(1)?.checked_mul(filters)?,
        multiply_adds: window.checked_mul(product(&output.dims())?)?,
    })
}

fn conv_window(layer: &Layer) -> Window {
    Window {
        size: layer.pair("kernel"),
        stride: layer.pair("stride"),
    }
}

fn conv_summary(layer: &Layer) -> String {
    let [height, width] = layer.pair("kernel");
    let filters = layer.int("filters");
    let mut text = format!("{height}×{width}, {filters}, {}", layer.activation());
    say_stride(&mut text, layer.pair("stride"), [1, 1]);
    say_padding(&mut text, layer);
    text
}
