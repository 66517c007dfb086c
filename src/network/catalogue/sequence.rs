//! Layers that make sequences of tokens, and work on them.

use super::common::*;
use crate::network::check::MAX_ELEMENTS;
use crate::network::entry::{
    Arity, Cost, DefaultValue as Default, Entry, Group, Kind, Range, Setting, ShapeError,
};
use crate::network::layer::Layer;
use crate::network::shape::{Shape, grouped};
use crate::network::value::Value;

pub(super) static ENTRIES: [Entry; 5] = [
    Entry {
        kind: Kind::PatchEmbedding,
        name: "patch_embedding",
        title: "Patch embedding",
        group: Group::Sequence,
        help: "Cuts the maps into patches, row by row, and turns each into a token: a list of features",
        arity: Arity::One,
        settings: &[
            window(
                "patch",
                "Patch",
                "Height and width of a patch; they must divide those of the maps",
                [16, 16],
            ),
            Setting {
                name: "dimensions",
                title: "Dimensions",
                help: "How many features each token has",
                unit: "features",
                range: Range::Int {
                    min: 1,
                    max: 65_536,
                },
                default: Default::Int(192),
                more: false,
            },
            BIAS,
            INITIALISER,
            WEIGHT_DECAY,
        ],
        shape: patch_shape,
        known_shape: unknown,
        cost: patch_cost,
        sees: same_place,
        summary: patch_summary,
    },
    Entry {
        kind: Kind::ClassToken,
        name: "class_token",
        title: "Class token",
        group: Group::Sequence,
        help: "Puts one learnt token before the others, in which attention gathers what tells the class",
        arity: Arity::One,
        settings: &[],
        shape: class_token_shape,
        known_shape: unknown,
        cost: class_token_cost,
        sees: same_place,
        summary: no_summary,
    },
    Entry {
        kind: Kind::PositionEmbedding,
        name: "position_embedding",
        title: "Position embedding",
        group: Group::Sequence,
        help: "Adds to each token where it stands, which attention cannot see by itself",
        arity: Arity::One,
        settings: &[Setting {
            name: "method",
            title: "Method",
            help: "learnt has one weight a value; sinusoidal adds waves of many lengths, without weights",
            unit: "",
            range: Range::Choice(&["learnt", "sinusoidal"]),
            default: Default::Choice("learnt"),
            more: false,
        }],
        shape: sequence_shape,
        known_shape: unknown,
        cost: position_cost,
        sees: same_place,
        summary: position_summary,
    },
    Entry {
        kind: Kind::Attention,
        name: "attention",
        title: "Attention",
        group: Group::Sequence,
        help: "Lets every token take in what the others hold, weighted by how well they match: self-attention in several heads",
        arity: Arity::One,
        settings: &[
            Setting {
                name: "heads",
                title: "Heads",
                help: "How many attentions work side by side, each on its share of the features; they must divide the features",
                unit: "heads",
                range: Range::Int { min: 1, max: 1024 },
                default: Default::Int(3),
                more: false,
            },
            BIAS,
            Setting {
                name: "dropout",
                title: "Dropout",
                help: "The part of the attention weights that is set to 0 while training",
                unit: "",
                range: Range::Real {
                    min: 0.0,
                    max: 0.99,
                },
                default: Default::Real(0.0),
                more: false,
            },
            WEIGHT_DECAY,
        ],
        shape: attention_shape,
        known_shape: unknown,
        cost: attention_cost,
        sees: same_place,
        summary: attention_summary,
    },
    Entry {
        kind: Kind::SelectToken,
        name: "select_token",
        title: "Select token",
        group: Group::Sequence,
        help: "Turns a sequence into one vector, which dense layers at the end need",
        arity: Arity::One,
        settings: &[Setting {
            name: "token",
            title: "Token",
            help: "first is where a class token stands; mean is that of all tokens",
            unit: "",
            range: Range::Choice(&["first", "last", "mean"]),
            default: Default::Choice("first"),
            more: false,
        }],
        shape: select_shape,
        known_shape: unknown,
        cost: free,
        sees: same_place,
        summary: select_summary,
    },
];

/// Length and features of the only input.
fn tokens(inputs: &[Shape]) -> Result<[usize; 2], ShapeError> {
    match one(inputs)? {
        Shape::Sequence { length, features } => Ok([length, features]),
        Shape::Maps { .. } | Shape::Vector { .. } => Err(ShapeError::NeedsSequence),
    }
}

/// The divisor of `number` that is nearest to `wanted`, up to 1,024; of two the smaller.
pub(in crate::network) fn nearest_divisor(number: usize, wanted: usize) -> usize {
    (1..=number.min(1024))
        .filter(|divisor| number.is_multiple_of(*divisor))
        .min_by_key(|divisor| divisor.abs_diff(wanted))
        .unwrap_or(1)
}

/// Height × width × channels to (height / patch height × width / patch width) × dimensions.
fn patch_shape(layer: &Layer, inputs: &[Shape]) -> ShapeResult {
    let Shape::Maps { height, width, .. } = one(inputs)? else {
        return Err(ShapeError::NeedsMaps);
    };
    let [tall, wide] = layer.pair("patch");
    if tall == 0 || wide == 0 || !height.is_multiple_of(tall) || !width.is_multiple_of(wide) {
        let fitting = [nearest_divisor(height, tall), nearest_divisor(width, wide)];
        let fitting = fitting.map(|side| u64::try_from(side).unwrap_or(1));
        return Err(ShapeError::Refused {
            reason: format!("cannot cut {height}×{width} maps into patches of {tall}×{wide}"),
            set: Some(("patch", Value::Pair(fitting))),
        });
    }
    let length = (height / tall).checked_mul(width / wide);
    in_bounds(Shape::Sequence {
        length: length.ok_or(ShapeError::Overflow)?,
        features: layer.int("dimensions"),
    })
}

/// A convolution whose stride is its kernel: dimensions × channels × patch, and a bias a dimension.
fn patch_cost(layer: &Layer, inputs: &[Shape], output: Shape) -> Option<Cost> {
    let [height, width] = layer.pair("patch");
    let patch = product(&[height, width, inputs.first()?.features()])?;
    let bias = u64::from(layer.flag("bias"));
    Some(Cost {
        parameters: patch
            .checked_add(bias)?
            .checked_mul(count(output.features())?)?,
        multiply_adds: patch.checked_mul(product(&output.dims())?)?,
    })
}

fn patch_summary(layer: &Layer) -> String {
    let [height, width] = layer.pair("patch");
    format!("{height}×{width}, {}", layer.int("dimensions"))
}

fn sequence_shape(_: &Layer, inputs: &[Shape]) -> ShapeResult {
    let [length, features] = tokens(inputs)?;
    Ok(Shape::Sequence { length, features })
}

fn class_token_shape(_: &Layer, inputs: &[Shape]) -> ShapeResult {
    let [length, features] = tokens(inputs)?;
    in_bounds(Shape::Sequence {
        length: length.checked_add(1).ok_or(ShapeError::Overflow)?,
        features,
    })
}

fn class_token_cost(_: &Layer, _: &[Shape], output: Shape) -> Option<Cost> {
    Some(Cost {
        parameters: count(output.features())?,
        multiply_adds: 0,
    })
}

fn position_cost(layer: &Layer, _: &[Shape], output: Shape) -> Option<Cost> {
    let learnt = layer.choice("method") == "learnt";
    Some(Cost {
        parameters: if learnt { product(&output.dims())? } else { 0 },
        multiply_adds: 0,
    })
}

fn position_summary(layer: &Layer) -> String {
    layer.choice("method").to_owned()
}

/// The same shape, where the heads divide the features.
fn attention_shape(layer: &Layer, inputs: &[Shape]) -> ShapeResult {
    let [length, features] = tokens(inputs)?;
    let heads = layer.int("heads");
    if heads == 0 || !features.is_multiple_of(heads) {
        let fitting = u64::try_from(nearest_divisor(features, heads)).unwrap_or(1);
        return Err(ShapeError::Refused {
            reason: format!("cannot split {features} features into {heads} heads"),
            set: Some(("heads", Value::Int(fitting))),
        });
    }
    // Every token's weight for every other, in each head.
    let weights = product(&[length, length, heads]).ok_or(ShapeError::Overflow)?;
    if weights > MAX_ELEMENTS {
        return Err(ShapeError::Refused {
            reason: format!(
                "cannot compare {} tokens with each other in {heads} heads, which takes more memory than there is: make the sequence shorter, with larger patches say",
                grouped(count(length).unwrap_or(u64::MAX))
            ),
            set: None,
        });
    }
    in_bounds(Shape::Sequence { length, features })
}

/// The projections in (three times features²) and out (features²), each with its bias; and for every two tokens
/// two products over the features: how well they match, and what one takes from the other.
fn attention_cost(layer: &Layer, inputs: &[Shape], _: Shape) -> Option<Cost> {
    let [length, features] = tokens(inputs).ok()?;
    let bias = usize::from(layer.flag("bias"));
    let projections = product(&[4, length, features, features])?;
    let attention = product(&[2, length, length, features])?;
    Some(Cost {
        parameters: product(&[4, features, features.checked_add(bias)?])?,
        multiply_adds: projections.checked_add(attention)?,
    })
}

fn attention_summary(layer: &Layer) -> String {
    let mut text = match layer.int("heads") {
        1 => "1 head".to_owned(),
        heads => format!("{heads} heads"),
    };
    let dropout = layer.real("dropout");
    if dropout > 0.0 {
        text.push_str(&format!(", dropout {dropout}"));
    }
    text
}

fn select_shape(_: &Layer, inputs: &[Shape]) -> ShapeResult {
    let [_, units] = tokens(inputs)?;
    Ok(Shape::Vector { units })
}

fn select_summary(layer: &Layer) -> String {
    layer.choice("token").to_owned()
}
