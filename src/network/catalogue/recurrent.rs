//! Layers that read a sequence step by step, and remember.

use super::common::*;
use crate::network::entry::{
    Arity, Cost, DefaultValue as Default, Entry, Group, Kind, Range, Setting, ShapeError,
};
use crate::network::layer::Layer;
use crate::network::shape::Shape;

pub(super) static ENTRIES: [Entry; 2] = [
    Entry {
        kind: Kind::Lstm,
        name: "lstm",
        title: "LSTM",
        group: Group::Sequence,
        help: "Reads the rows of maps, or the tokens of a sequence, one after another, with a long and a short memory",
        arity: Arity::One,
        settings: &SETTINGS,
        shape: recurrent_shape,
        known_shape: recurrent_known,
        cost: recurrent_cost,
        sees: same_place,
        summary: recurrent_summary,
    },
    Entry {
        kind: Kind::Gru,
        name: "gru",
        title: "GRU",
        group: Group::Sequence,
        help: "Reads the rows of maps, or the tokens of a sequence, one after another, with one memory: smaller than an LSTM",
        arity: Arity::One,
        settings: &SETTINGS,
        shape: recurrent_shape,
        known_shape: recurrent_known,
        cost: recurrent_cost,
        sees: same_place,
        summary: recurrent_summary,
    },
];

static SETTINGS: [Setting; 5] = [
    Setting {
        name: "units",
        title: "Units",
        help: "How many numbers the memory holds, in each direction",
        unit: "units",
        range: Range::Int {
            min: 1,
            max: 65_536,
        },
        default: Default::Int(64),
        more: false,
    },
    Setting {
        name: "direction",
        title: "Direction",
        help: "Whether it reads from the first step on, from the last, or both ways side by side with weights of their own",
        unit: "",
        range: Range::Choice(&["forward", "backward", "both"]),
        default: Default::Choice("forward"),
        more: false,
    },
    Setting {
        name: "output",
        title: "Output",
        help: "last is what it knows at the end, as a vector; sequence is what it knows after each step",
        unit: "",
        range: Range::Choice(&["last", "sequence"]),
        default: Default::Choice("last"),
        more: false,
    },
    Setting {
        name: "over",
        title: "Over",
        help: "Whether maps are read row by row or column by column; of a sequence it reads the tokens",
        unit: "",
        range: Range::Choice(&["rows", "columns"]),
        default: Default::Choice("rows"),
        more: false,
    },
    WEIGHT_DECAY,
];

/// Steps, and features of each.
fn steps(layer: &Layer, inputs: &[Shape]) -> Result<[usize; 2], ShapeError> {
    let (length, across, channels) = match one(inputs)? {
        Shape::Sequence { length, features } => (length, features, 1),
        Shape::Maps {
            height,
            width,
            channels,
        } if layer.choice("over") == "columns" => (width, height, channels),
        Shape::Maps {
            height,
            width,
            channels,
        } => (height, width, channels),
        Shape::Vector { .. } => return Err(ShapeError::NeedsSequence),
    };
    let features = across.checked_mul(channels).ok_or(ShapeError::Overflow)?;
    Ok([length, features])
}

fn directions(layer: &Layer) -> usize {
    match layer.choice("direction") {
        "both" => 2,
        _ => 1,
    }
}

fn recurrent_shape(layer: &Layer, inputs: &[Shape]) -> ShapeResult {
    let [length, _] = steps(layer, inputs)?;
    let units = layer.int("units").checked_mul(directions(layer));
    let units = units.ok_or(ShapeError::Overflow)?;
    if layer.choice("output") == "sequence" {
        let features = units;
        in_bounds(Shape::Sequence { length, features })
    } else {
        Ok(Shape::Vector { units })
    }
}

fn recurrent_known(layer: &Layer) -> Option<Shape> {
    let units = layer.int("units").checked_mul(directions(layer))?;
    (layer.choice("output") == "last").then_some(Shape::Vector { units })
}

/// Each gate has weights for the features and for the memory, and two biases a unit, as in PyTorch. The products
/// with the weights are counted at every step, those within the memory are not.
fn recurrent_cost(layer: &Layer, inputs: &[Shape], _: Shape) -> Option<Cost> {
    let [length, features] = steps(layer, inputs).ok()?;
    let gates = match layer.kind() {
        Kind::Gru => 3,
        _ => 4,
    };
    let units = layer.int("units");
    let read = features.checked_add(units)?;
    let rows = product(&[directions(layer), gates, units])?;
    Some(Cost {
        parameters: rows.checked_mul(count(read)?.checked_add(2)?)?,
        multiply_adds: rows
            .checked_mul(count(read)?)?
            .checked_mul(count(length)?)?,
    })
}

/// Only what is unusual is said.
fn recurrent_summary(layer: &Layer) -> String {
    let mut text = layer.int("units").to_string();
    let usual = SETTINGS.iter().zip(["", "forward", "last", "rows"]).skip(1);
    for (setting, usual) in usual {
        let value = layer.choice(setting.name);
        if value != usual {
            text.push_str(&format!(", {value}"));
        }
    }
    text
}
