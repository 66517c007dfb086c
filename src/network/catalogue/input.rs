//! The image.

use super::common::*;
use crate::network::entry::{
    Arity, DefaultValue as Default, Entry, Group, Kind, Range, Setting, ShapeError,
};
use crate::network::layer::Layer;
use crate::network::shape::Shape;

pub(super) static ENTRIES: [Entry; 1] = [Entry {
    kind: Kind::Input,
    name: "input",
    title: "Input",
    group: Group::Input,
    help: "The image: every picture is resized to this size, with values from 0 to 1",
    arity: Arity::None,
    settings: &[
        side("height", "Height", "Rows that every image is resized to"),
        side("width", "Width", "Columns that every image is resized to"),
        Setting {
            name: "channels",
            title: "Channels",
            help: "1 reads images as grey, 3 as colour",
            unit: "",
            range: Range::OneOf(&[1, 3]),
            default: Default::Int(1),
            more: false,
        },
    ],
    shape: takes_no_input,
    known_shape: input_shape,
    cost: free,
    sees: same_place,
    summary: input_summary,
}];

/// One side of the input.
const fn side(name: &'static str, title: &'static str, help: &'static str) -> Setting {
    Setting {
        name,
        title,
        help,
        unit: "pixels",
        range: Range::Int { min: 1, max: 4096 },
        default: Default::Int(28),
        more: false,
    }
}

fn input_shape(layer: &Layer) -> Option<Shape> {
    Some(Shape::Maps {
        height: layer.int("height"),
        width: layer.int("width"),
        channels: layer.int("channels"),
    })
}

fn takes_no_input(_: &Layer, _: &[Shape]) -> ShapeResult {
    Err(ShapeError::TakesNoInput)
}

fn input_summary(layer: &Layer) -> String {
    input_shape(layer)
        .map(|shape| shape.to_string())
        .unwrap_or_default()
}
