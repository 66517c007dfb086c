//! Layers that lay values out in another form, or apply a function to each.

use super::common::*;
use crate::network::entry::{
    Arity, Cost, DefaultValue as Default, Entry, Group, Kind, Range, Sees, Setting, ShapeError,
};
use crate::network::layer::Layer;
use crate::network::shape::{Shape, axes_in_order, grouped};
use crate::network::value::Value;

pub(super) static ENTRIES: [Entry; 5] = [
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
        sees: same_place,
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
            range: Range::Choice(APPLIED),
            default: Default::Choice("relu"),
            more: false,
        }],
        shape: same_shape,
        known_shape: unknown,
        cost: free,
        sees: same_place,
        summary: activation_summary,
    },
    Entry {
        kind: Kind::Prelu,
        name: "prelu",
        title: "PReLU",
        group: Group::Shape,
        help: "Keeps positive values and multiplies negative ones by a slope, one a channel, that is learnt",
        arity: Arity::One,
        settings: &[Setting {
            name: "initial",
            title: "Initial slope",
            help: "What every slope is before training",
            unit: "",
            range: Range::Real { min: 0.0, max: 1.0 },
            default: Default::Real(0.25),
            more: false,
        }],
        shape: same_shape,
        known_shape: unknown,
        cost: prelu_cost,
        sees: same_place,
        summary: prelu_summary,
    },
    Entry {
        kind: Kind::Reshape,
        name: "reshape",
        title: "Reshape",
        group: Group::Shape,
        help: "Lays the same numbers out as maps of another size, in the order channel, row, column",
        arity: Arity::One,
        settings: &[
            side("height", "Height", "Rows of the new maps", "pixels"),
            side("width", "Width", "Columns of the new maps", "pixels"),
            side("channels", "Channels", "How many maps there are", "maps"),
        ],
        shape: reshape_shape,
        known_shape: reshape_known,
        cost: free,
        sees: everything,
        summary: reshape_summary,
    },
    Entry {
        kind: Kind::Permute,
        name: "permute",
        title: "Permute",
        group: Group::Shape,
        help: "Swaps height, width and channels, or the length and features of a sequence",
        arity: Arity::One,
        settings: &[Setting {
            name: "order",
            title: "Order",
            help: "What of the input becomes height, width and channels, in this order",
            unit: "",
            range: Range::Choice(&[
                "height_width_channels",
                "width_height_channels",
                "channels_height_width",
                "height_channels_width",
                "width_channels_height",
                "channels_width_height",
            ]),
            default: Default::Choice("width_height_channels"),
            more: false,
        }],
        shape: permute_shape,
        known_shape: unknown,
        cost: free,
        sees: permute_sees,
        summary: permute_summary,
    },
];

/// One side of the maps that a reshape makes.
const fn side(
    name: &'static str,
    title: &'static str,
    help: &'static str,
    unit: &'static str,
) -> Setting {
    Setting {
        name,
        title,
        help,
        unit,
        range: Range::Int {
            min: 1,
            max: 10_000_000,
        },
        default: Default::Int(1),
        more: false,
    }
}

fn flatten_shape(_: &Layer, inputs: &[Shape]) -> ShapeResult {
    Ok(Shape::Vector {
        units: in_bounds(one(inputs)?)?.elements(),
    })
}

fn activation_summary(layer: &Layer) -> String {
    layer.activation().to_string()
}

/// A slope a channel.
fn prelu_cost(_: &Layer, inputs: &[Shape], _: Shape) -> Option<Cost> {
    Some(Cost {
        parameters: count(inputs.first()?.features())?,
        multiply_adds: 0,
    })
}

fn prelu_summary(layer: &Layer) -> String {
    Value::Real(layer.real("initial")).to_string()
}

fn reshape_known(layer: &Layer) -> Option<Shape> {
    let [height, width, channels] = ["height", "width", "channels"].map(|name| layer.int(name));
    in_bounds(Shape::Maps {
        height,
        width,
        channels,
    })
    .ok()
}

/// The new shape, where it has as many numbers as the input; else told with the side that would mend it.
fn reshape_shape(layer: &Layer, inputs: &[Shape]) -> ShapeResult {
    let input = in_bounds(one(inputs)?)?;
    let shape = reshape_known(layer).ok_or(ShapeError::Overflow)?;
    let present = input.elements();
    if shape.elements() == present {
        return Ok(shape);
    }
    // The channels first: they are what is usually left to the layer before.
    let mending = ["channels", "height", "width"]
        .into_iter()
        .find_map(|name| {
            let others = shape.elements().checked_div(layer.int(name))?;
            let exact = present.checked_rem(others)? == 0;
            let value = Value::from(present.checked_div(others).filter(|_| exact)?);
            let setting = layer.kind().entry().setting(name)?;
            setting
                .range
                .contains(&value)
                .then_some((setting.name, value))
        });
    let numbers = |number: usize| grouped(count(number).unwrap_or(u64::MAX));
    let mut reason = format!(
        "makes {shape} of {} numbers, but its input ({input}) has {}",
        numbers(shape.elements()),
        numbers(present)
    );
    if mending.is_none() {
        reason.push_str(": height × width × channels must be that many");
    }
    Err(ShapeError::Refused {
        reason,
        set: mending,
    })
}

fn reshape_summary(layer: &Layer) -> String {
    let [height, width, channels] = ["height", "width", "channels"].map(|name| layer.int(name));
    format!("{height}×{width}×{channels}")
}

/// Maps take any order; a sequence can only be swapped, or stay.
fn permute_shape(layer: &Layer, inputs: &[Shape]) -> ShapeResult {
    let order = axes_in_order(layer.choice("order"));
    match (one(inputs)?, order) {
        (
            Shape::Maps {
                height,
                width,
                channels,
            },
            order,
        ) => {
            let sides = [height, width, channels];
            let [height, width, channels] = order.map(|axis| sides[axis]);
            Ok(Shape::Maps {
                height,
                width,
                channels,
            })
        }
        (Shape::Sequence { length, features }, [0, 1, 2]) => {
            Ok(Shape::Sequence { length, features })
        }
        (Shape::Sequence { length, features }, [1, 0, 2]) => Ok(Shape::Sequence {
            length: features,
            features: length,
        }),
        (Shape::Sequence { .. }, _) => Err(ShapeError::Refused {
            reason: "has an order with channels, but a sequence has only length and features"
                .into(),
            set: Some(("order", Value::from("width_height_channels"))),
        }),
        (Shape::Vector { .. }, _) => Err(ShapeError::NeedsMaps),
    }
}

/// Channels that become rows or columns leave no place in the image.
fn permute_sees(layer: &Layer) -> Sees {
    match axes_in_order(layer.choice("order")) {
        [0, 1, 2] => Sees::Place,
        [1, 0, 2] => Sees::Turned,
        _ => Sees::All,
    }
}

fn everything(_: &Layer) -> Sees {
    Sees::All
}

fn permute_summary(layer: &Layer) -> String {
    layer.choice("order").replace('_', ", ")
}
