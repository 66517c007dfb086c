//! Layers that change the form of values, or apply a function to them.

use super::common::*;
use crate::network::entry::{Arity, DefaultValue as Default, Entry, Group, Kind, Range, Setting};
use crate::network::layer::Layer;
use crate::network::shape::Shape;

pub(super) static ENTRIES: [Entry; 2] = [
    Entry {
        kind: Kind::Flatten,
        name: "flatten",
        title: "Flatten",
        group: Group::Shape,
        help: "Lays all maps out as one vector, which dense layers need",
        arity: Arity::One,
        settings: &[],
        shape: flatten_shape,
        known_shape: unknown,
        cost: free,
        window: no_window,
        summary: no_summary,
    },
    Entry {
        kind: Kind::Activation,
        name: "activation",
        title: "Activation",
        group: Group::Shape,
        help: "Applies a function to every value",
        arity: Arity::One,
        settings: &[Setting {
            name: "function",
            title: "Function",
            help: "What is applied",
            unit: "",
            range: Range::Choice(&["relu", "leaky_relu", "gelu", "sigmoid", "tanh", "softmax"]),
            default: Default::Choice("relu"),
            more: false,
        }],
        shape: same_shape,
        known_shape: unknown,
        cost: free,
        window: no_window,
        summary: activation_summary,
    },
];

fn flatten_shape(_: &Layer, inputs: &[Shape]) -> ShapeResult {
    Ok(Shape::Vector {
        units: in_bounds(one(inputs)?)?.elements(),
    })
}

fn activation_summary(layer: &Layer) -> String {
    layer.activation().to_string()
}
