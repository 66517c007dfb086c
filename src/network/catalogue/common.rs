//! What entries share: settings that several layers have, and the arithmetic of shapes and costs.

use crate::network::entry::{Cost, DefaultValue as Default, Range, Sees, Setting, ShapeError};
use crate::network::layer::Layer;
use crate::network::shape::Shape;

pub(super) type ShapeResult = Result<Shape, ShapeError>;

pub(super) const PADDING: Setting = Setting {
    name: "padding",
    title: "Padding",
    help: "valid stays inside the maps; same pads the edges, so that only the stride makes the maps smaller; explicit pads by what “Pad” says",
    unit: "",
    range: Range::Choice(&["valid", "same", "explicit"]),
    default: Default::Choice("valid"),
    more: false,
};

pub(super) const PAD: Setting = Setting {
    name: "pad",
    title: "Pad",
    help: "Rows added above and below, and columns on the left and on the right, where the padding is explicit",
    unit: "pixels",
    range: Range::Pair { min: 0, max: 1024 },
    default: Default::Pair([0, 0]),
    more: true,
};

pub(super) const BIAS: Setting = Setting {
    name: "bias",
    title: "Bias",
    help: "Adds a learnt number to each output; a normalisation right after it makes it needless",
    unit: "",
    range: Range::Flag,
    default: Default::Flag(true),
    more: true,
};

pub(super) const WEIGHT_DECAY: Setting = Setting {
    name: "weight_decay",
    title: "Weight decay",
    help: "Pulls the weights of this layer towards 0, on top of the optimiser's own weight decay; biases are left alone",
    unit: "",
    range: Range::Real { min: 0.0, max: 1.0 },
    default: Default::Real(0.0),
    more: true,
};

/// Every activation; the first one changes nothing.
const FUNCTIONS: [&str; 14] = [
    "linear",
    "relu",
    "leaky_relu",
    "gelu",
    "sigmoid",
    "tanh",
    "softmax",
    "silu",
    "mish",
    "elu",
    "selu",
    "hard_swish",
    "softplus",
    "relu6",
];

/// Those that a layer of their own is worth.
pub(super) const APPLIED: &[&str] = match FUNCTIONS.split_first() {
    Some((_, applied)) => applied,
    None => &[],
};

pub(super) const ACTIVATION: Setting = Setting {
    name: "activation",
    title: "Activation",
    help: "The function applied to the result",
    unit: "",
    range: Range::Choice(&FUNCTIONS),
    default: Default::Choice("relu"),
    more: false,
};

pub(super) const INITIALISER: Setting = Setting {
    name: "initialiser",
    title: "Initial weights",
    help: "How weights are drawn before training; pytorch draws the biases too, the others start them at 0",
    unit: "",
    range: Range::Choice(&[
        "glorot_uniform",
        "glorot_normal",
        "he_uniform",
        "he_normal",
        "pytorch",
    ]),
    default: Default::Choice("glorot_uniform"),
    more: true,
};

/// The size or the stride of a sliding window.
pub(super) const fn window(
    name: &'static str,
    title: &'static str,
    help: &'static str,
    default: [u64; 2],
) -> Setting {
    Setting {
        name,
        title,
        help,
        unit: "pixels",
        range: Range::Pair { min: 1, max: 1024 },
        default: Default::Pair(default),
        more: false,
    }
}

/// The only input of a layer that takes one.
pub(super) fn one(inputs: &[Shape]) -> Result<Shape, ShapeError> {
    match inputs {
        [input] => Ok(*input),
        _ => Err(ShapeError::Differ),
    }
}

/// Refuses shapes whose elements cannot be counted.
pub(super) fn in_bounds(shape: Shape) -> ShapeResult {
    let fits = shape
        .dims()
        .into_iter()
        .try_fold(1_usize, usize::checked_mul)
        .is_some();
    if fits {
        Ok(shape)
    } else {
        Err(ShapeError::Overflow)
    }
}

pub(super) fn unknown(_: &Layer) -> Option<Shape> {
    None
}

pub(super) fn same_shape(_: &Layer, inputs: &[Shape]) -> ShapeResult {
    one(inputs)
}

pub(super) fn free(_: &Layer, _: &[Shape], _: Shape) -> Option<Cost> {
    Some(Cost::default())
}

pub(super) fn count(number: usize) -> Option<u64> {
    u64::try_from(number).ok()
}

pub(super) fn product(numbers: &[usize]) -> Option<u64> {
    numbers
        .iter()
        .try_fold(1_u64, |total, number| total.checked_mul(count(*number)?))
}

pub(super) fn same_place(_: &Layer) -> Sees {
    Sees::Place
}

pub(super) fn no_summary(_: &Layer) -> String {
    String::new()
}
