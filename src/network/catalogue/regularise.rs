//! Layers against learning by heart.

use super::common::*;
use crate::network::entry::{Arity, DefaultValue as Default, Entry, Group, Kind, Range, Setting};
use crate::network::layer::Layer;

pub(super) static ENTRIES: [Entry; 1] = [Entry {
    kind: Kind::Dropout,
    name: "dropout",
    title: "Dropout",
    group: Group::Regularise,
    help: "Sets a random part of the values to 0 while training, against learning by heart",
    arity: Arity::One,
    settings: &[Setting {
        name: "rate",
        title: "Rate",
        help: "The part that is set to 0; the rest is scaled up to make up for it",
        unit: "",
        range: Range::Real {
            min: 0.0,
            max: 0.99,
        },
        default: Default::Real(0.2),
        more: false,
    }],
    shape: same_shape,
    known_shape: unknown,
    cost: free,
    window: no_window,
    summary: dropout_summary,
}];

fn dropout_summary(layer: &Layer) -> String {
    format!("{}", layer.real("rate"))
}
