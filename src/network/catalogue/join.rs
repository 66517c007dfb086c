//! Layers that bring branches together.

use super::common::*;
use crate::network::entry::{Arity, Cost, Entry, Group, Kind, ShapeError};
use crate::network::layer::Layer;
use crate::network::shape::Shape;

pub(super) static ENTRIES: [Entry; 3] = [
    Entry {
        kind: Kind::Add,
        name: "add",
        title: "Add",
        group: Group::Join,
        help: "Adds its inputs value by value, as a skip connection does; they must have the same shape",
        arity: Arity::Many,
        settings: &[],
        shape: add_shape,
        known_shape: unknown,
        cost: free,
        sees: same_place,
        summary: no_summary,
    },
    Entry {
        kind: Kind::Multiply,
        name: "multiply",
        title: "Multiply",
        group: Group::Join,
        help: "Multiplies its inputs value by value; a vector with one number a map scales the maps, as a gate",
        arity: Arity::Many,
        settings: &[],
        shape: multiply_shape,
        known_shape: unknown,
        cost: multiply_cost,
        sees: same_place,
        summary: no_summary,
    },
    Entry {
        kind: Kind::Concatenate,
        name: "concatenate",
        title: "Concatenate",
        group: Group::Join,
        help: "Puts the maps of its inputs one after another; they must have the same height and width",
        arity: Arity::Many,
        settings: &[],
        shape: concatenate_shape,
        known_shape: unknown,
        cost: free,
        sees: same_place,
        summary: no_summary,
    },
];

fn add_shape(_: &Layer, inputs: &[Shape]) -> ShapeResult {
    let (first, rest) = inputs.split_first().ok_or(ShapeError::Differ)?;
    if rest.iter().all(|shape| shape == first) {
        Ok(*first)
    } else {
        Err(ShapeError::Differ)
    }
}

/// Whether `gate` scales the maps of `shape`: one number a map.
fn scales(gate: Shape, shape: Shape) -> bool {
    match (gate, shape) {
        (Shape::Vector { units }, Shape::Maps { channels, .. }) => units == channels,
        (
            Shape::Maps {
                height: 1,
                width: 1,
                channels: one_each,
            },
            Shape::Maps { channels, .. },
        ) => one_each == channels,
        _ => false,
    }
}

/// The largest input's, where every other one is of the same shape or has one number a map.
fn multiply_shape(_: &Layer, inputs: &[Shape]) -> ShapeResult {
    // Of equals the first: a gate of 1×1 maps may come before maps that are 1×1 as well.
    let whole = inputs
        .iter()
        .copied()
        .rev()
        .max_by_key(|shape| (shape.is_maps(), shape.elements()))
        .ok_or(ShapeError::Differ)?;
    let fits = |shape: &Shape| *shape == whole || scales(*shape, whole);
    if inputs.iter().all(fits) {
        Ok(whole)
    } else {
        Err(ShapeError::Differ)
    }
}

fn multiply_cost(_: &Layer, inputs: &[Shape], output: Shape) -> Option<Cost> {
    let others = count(inputs.len())?.saturating_sub(1);
    Some(Cost {
        parameters: 0,
        multiply_adds: product(&output.dims())?.checked_mul(others)?,
    })
}

/// Maps of one height and width, vectors, or sequences of the same features.
fn concatenate_shape(_: &Layer, inputs: &[Shape]) -> ShapeResult {
    let (first, rest) = inputs.split_first().ok_or(ShapeError::Differ)?;
    let joined = rest
        .iter()
        .try_fold(*first, |whole, next| match (whole, *next) {
            (
                Shape::Maps {
                    height,
                    width,
                    channels,
                },
                Shape::Maps {
                    height: tall,
                    width: wide,
                    channels: more,
                },
            ) if height == tall && width == wide => Some(Shape::Maps {
                height,
                width,
                channels: channels.checked_add(more)?,
            }),
            (Shape::Vector { units }, Shape::Vector { units: more }) => Some(Shape::Vector {
                units: units.checked_add(more)?,
            }),
            (
                Shape::Sequence { length, features },
                Shape::Sequence {
                    length: more,
                    features: same,
                },
            ) if features == same => Some(Shape::Sequence {
                length: length.checked_add(more)?,
                features,
            }),
            _ => None,
        });
    joined.map_or(Err(ShapeError::Differ), in_bounds)
}
