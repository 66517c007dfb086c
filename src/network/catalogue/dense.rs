//! The dense layer.

use super::common::*;
use crate::network::entry::{
    Arity, Cost, DefaultValue as Default, Entry, Group, Kind, Range, Setting, ShapeError,
};
use crate::network::layer::Layer;
use crate::network::shape::Shape;

pub(super) static ENTRIES: [Entry; 1] = [Entry {
    kind: Kind::Dense,
    name: "dense",
    title: "Dense",
    group: Group::Dense,
    help: "Connects every input with every unit",
    arity: Arity::One,
    settings: &[
        Setting {
            name: "units",
            title: "Units",
            help: "How many numbers the layer makes; in the last layer, one a class",
            unit: "units",
            range: Range::Int {
                min: 1,
                max: 1_000_000,
            },
            default: Default::Int(64),
            more: false,
        },
        BIAS,
        ACTIVATION,
        INITIALISER,
        WEIGHT_DECAY,
    ],
    shape: dense_shape,
    known_shape: dense_known,
    cost: dense_cost,
    sees: same_place,
    summary: dense_summary,
}];

/// A vector becomes a vector; of a sequence, each element does.
fn dense_shape(layer: &Layer, inputs: &[Shape]) -> ShapeResult {
    match one(inputs)? {
        Shape::Vector { .. } => Ok(Shape::Vector {
            units: layer.int("units"),
        }),
        Shape::Sequence { length, .. } => in_bounds(Shape::Sequence {
            length,
            features: layer.int("units"),
        }),
        Shape::Maps { .. } => Err(ShapeError::NeedsVector),
    }
}

fn dense_known(layer: &Layer) -> Option<Shape> {
    Some(Shape::Vector {
        units: layer.int("units"),
    })
}

/// Weights: units × inputs, and a bias a unit; used once for each element of a sequence.
fn dense_cost(layer: &Layer, inputs: &[Shape], output: Shape) -> Option<Cost> {
    let (inputs, units) = (
        count(inputs.first()?.features())?,
        count(output.features())?,
    );
    Some(Cost {
        parameters: inputs
            .checked_add(u64::from(layer.flag("bias")))?
            .checked_mul(units)?,
        multiply_adds: inputs.checked_mul(product(&output.dims())?)?,
    })
}

fn dense_summary(layer: &Layer) -> String {
    format!("{}, {}", layer.int("units"), layer.activation())
}
