//! Layers against learning by heart. All of them change nothing once the network is trained.

use super::common::*;
use crate::network::entry::{
    Arity, DefaultValue as Default, Entry, Group, Kind, Range, Setting, ShapeError,
};
use crate::network::layer::Layer;
use crate::network::shape::Shape;

/// A part of 1, below 1: what is left is divided by the rest.
const fn rate(
    name: &'static str,
    title: &'static str,
    help: &'static str,
    default: f64,
    more: bool,
) -> Setting {
    Setting {
        name,
        title,
        help,
        unit: "",
        range: Range::Real {
            min: 0.0,
            max: 0.99,
        },
        default: Default::Real(default),
        more,
    }
}

pub(super) static ENTRIES: [Entry; 4] = [
    Entry {
        kind: Kind::Dropout,
        name: "dropout",
        title: "Dropout",
        group: Group::Regularise,
        help: "Sets a random part of the values to 0 while training, against learning by heart",
        arity: Arity::One,
        settings: &[rate(
            "rate",
            "Rate",
            "The part that is set to 0; the rest is scaled up to make up for it",
            0.2,
            false,
        )],
        shape: same_shape,
        known_shape: unknown,
        cost: free,
        sees: same_place,
        summary: rate_summary,
    },
    Entry {
        kind: Kind::SpatialDropout,
        name: "spatial_dropout",
        title: "Spatial dropout",
        group: Group::Regularise,
        help: "Sets whole maps to 0 at random while training, as neighbouring values of one map say much the same",
        arity: Arity::One,
        settings: &[rate(
            "rate",
            "Rate",
            "The part of the maps that is set to 0; the rest is scaled up to make up for it",
            0.2,
            false,
        )],
        shape: spatial_dropout_shape,
        known_shape: unknown,
        cost: free,
        sees: same_place,
        summary: rate_summary,
    },
    Entry {
        kind: Kind::GaussianNoise,
        name: "gaussian_noise",
        title: "Gaussian noise",
        group: Group::Regularise,
        help: "Adds random numbers to the values while training, so that small differences are not learnt by heart",
        arity: Arity::One,
        settings: &[Setting {
            name: "deviation",
            title: "Standard deviation",
            help: "How large the random numbers are, in units of the values",
            unit: "",
            range: Range::Real {
                min: 0.0,
                max: 10.0,
            },
            default: Default::Real(0.1),
            more: false,
        }],
        shape: same_shape,
        known_shape: unknown,
        cost: free,
        sees: same_place,
        summary: noise_summary,
    },
    Entry {
        kind: Kind::StochasticDepth,
        name: "stochastic_depth",
        title: "Stochastic depth",
        group: Group::Regularise,
        help: "Sets its whole input to 0 for random images while training: at the end of a branch, before the sum",
        arity: Arity::One,
        settings: &[
            rate(
                "rate",
                "Rate",
                "The part of the images that loses the branch; the others have it scaled up to make up for it",
                0.1,
                false,
            ),
            rate(
                "last_rate",
                "Last rate",
                "The rate in the last repeat of the layer's block, with equal steps between; not used without repeats",
                0.1,
                true,
            ),
        ],
        shape: same_shape,
        known_shape: unknown,
        cost: free,
        sees: same_place,
        summary: depth_summary,
    },
];

fn spatial_dropout_shape(_: &Layer, inputs: &[Shape]) -> ShapeResult {
    match one(inputs)? {
        shape @ Shape::Maps { .. } => Ok(shape),
        Shape::Vector { .. } | Shape::Sequence { .. } => Err(ShapeError::NeedsMaps),
    }
}

fn rate_summary(layer: &Layer) -> String {
    format!("{}", layer.real("rate"))
}

fn noise_summary(layer: &Layer) -> String {
    format!("{}", layer.real("deviation"))
}

fn depth_summary(layer: &Layer) -> String {
    let (first, last) = (layer.real("rate"), layer.real("last_rate"));
    if first == last {
        format!("{first}")
    } else {
        format!("{first} to {last}")
    }
}
