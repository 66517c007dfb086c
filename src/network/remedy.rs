//! The mendings that `check` offers, each a button's text and the edits behind it.

use super::edit::Edit;
use super::entry::{Kind, Setting};
use super::function::Activation;
use super::graph::{LayerId, Node};
use super::layer::Layer;
use super::report::Remedy;
use super::shape::grouped;
use super::value::Value;

pub(super) fn one(label: String, edit: Edit) -> Remedy {
    Remedy {
        label,
        edits: vec![edit],
    }
}

fn set(id: LayerId, name: &str, value: impl Into<Value>) -> Edit {
    Edit::Set {
        id,
        name: name.into(),
        value: value.into(),
    }
}

/// A remedy's label within a sentence.
pub(super) fn advice(remedy: &Remedy) -> String {
    let mut letters = remedy.label.chars();
    letters
        .next()
        .map(|first| first.to_lowercase().collect::<String>() + letters.as_str())
        .unwrap_or_default()
}

/// The value nearest to what is there, or the default.
pub(super) fn into_range(
    id: LayerId,
    layer: &str,
    setting: &Setting,
    value: &Value,
) -> (Value, Remedy) {
    let value = setting
        .range
        .nearest(value)
        .unwrap_or_else(|| setting.default.value());
    let label = format!("Set {} of {layer} to {value}", setting.title.to_lowercase());
    (value.clone(), one(label, set(id, setting.name, value)))
}

/// A layer on the wire between two.
pub(super) fn insert_between(from: LayerId, to: LayerId, layer: Layer, name: &str) -> Remedy {
    one(
        format!(
            "Insert {} before {name}",
            layer.kind().entry().title.to_lowercase()
        ),
        Edit::InsertBetween { from, to, layer },
    )
}

pub(super) fn move_before(id: LayerId, layer: &str, position: usize, other: &str) -> Remedy {
    one(
        format!("Move {layer} before {other}"),
        Edit::Move { id, to: position },
    )
}

pub(super) fn pad(id: LayerId, layer: &str) -> Remedy {
    one(
        format!("Set padding of {layer} to same"),
        set(id, "padding", "same"),
    )
}

pub(super) fn delete(id: LayerId, layer: &str) -> Remedy {
    one(format!("Delete {layer}"), Edit::Delete(id))
}

/// Another value for a setting of a layer.
pub(super) fn set_to(node: &Node, layer: &str, name: &str, value: Value) -> Remedy {
    let setting = node.layer.kind().entry().setting(name);
    let title = setting.map_or(name.to_owned(), |setting| setting.title.to_lowercase());
    one(
        format!("Set {title} of {layer} to {value}"),
        set(node.id, name, value),
    )
}

/// Another function for a layer that has one.
pub(super) fn activation(node: &Node, layer: &str, function: Activation) -> Remedy {
    one(
        format!("Set {layer} to {function}"),
        set_activation(node, function),
    )
}

fn set_activation(node: &Node, function: Activation) -> Edit {
    let name = if node.layer.kind() == Kind::Activation {
        "function"
    } else {
        "activation"
    };
    set(node.id, name, function)
}

/// Beyond the last layer, wherever that is.
const END: usize = usize::MAX;

/// A dense layer at the end, and what is needed before it when the network ends in maps.
pub(super) fn append_dense(before: Option<Kind>, units: usize, function: Activation) -> Remedy {
    let layers = before.map(Layer::new).into_iter();
    let dense = Layer::new(Kind::Dense)
        .with("units", units)
        .with("activation", function);
    let label = match before {
        Some(kind) => {
            let bridge = kind.entry().title.to_lowercase();
            format!("Add {bridge} and dense with {}", output(units, function))
        }
        None => format!("Add dense with {}", output(units, function)),
    };
    let added = layers.chain([dense]);
    let edits = added.map(|layer| Edit::Insert { at: END, layer });
    Remedy {
        label,
        edits: edits.collect(),
    }
}

/// Units with an activation, in words: "10 units with softmax".
pub(super) fn output(units: usize, function: Activation) -> String {
    format!("{} with {function}", counted(units, "unit"))
}

/// "1 unit", "10 units".
fn counted(number: usize, unit: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!(
        "{} {unit}{plural}",
        grouped(number.try_into().unwrap_or(u64::MAX))
    )
}

/// An output of so many units with this activation, in place of the present one. `trunk` are the layers on the
/// way to the output, from its end, with their names.
pub(super) fn fit_output(
    trunk: &[(&Node, String)],
    present: (usize, Activation),
    wanted: (usize, Activation),
) -> Remedy {
    let (units, function) = wanted;
    let mut edits = Vec::new();
    let mut said: Vec<String> = Vec::new();
    if present.0 != units {
        let Some((node, name, setting)) = decides_units(trunk, units) else {
            return append_dense(None, units, function);
        };
        edits.push(set(node.id, setting, units));
        said.push(match setting {
            "filters" => format!("set {name} to {}", counted(units, "filter")),
            _ => format!("set {name} to {}", counted(units, "unit")),
        });
    }
    if present.1 != function {
        match trunk.first() {
            Some((node, name)) if has_function(node) => {
                let same = edits
                    .iter()
                    .any(|edit| matches!(edit, Edit::Set { id, .. } if *id == node.id));
                edits.push(set_activation(node, function));
                match said.last_mut().filter(|_| same) {
                    Some(said) => said.push_str(&format!(" with {function}")),
                    None => said.push(format!("set {name} to {function}")),
                }
            }
            _ => {
                let layer = Layer::new(Kind::Activation).with("function", function);
                edits.push(Edit::Insert { at: END, layer });
                said.push(format!("add {function} at the end"));
            }
        }
    }
    Remedy {
        label: capitalised(&said.join(" and ")),
        edits,
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

fn has_function(node: &Node) -> bool {
    node.layer.kind() == Kind::Activation || node.layer.get("activation").is_some()
}

/// The layer and setting that decide how many units the network ends in, if they can become this many.
fn decides_units<'a>(
    trunk: &'a [(&'a Node, String)],
    units: usize,
) -> Option<(&'a Node, &'a str, &'static str)> {
    let mut through_pool = false;
    for (node, name) in trunk {
        let setting = match node.layer.kind() {
            Kind::Activation | Kind::Dropout | Kind::BatchNorm => continue,
            Kind::LayerNorm | Kind::LayerScale | Kind::Prelu => continue,
            Kind::SpatialDropout | Kind::GaussianNoise | Kind::StochasticDepth => continue,
            Kind::GlobalAveragePool => {
                through_pool = true;
                continue;
            }
            Kind::MaxPool | Kind::AveragePool if through_pool => continue,
            Kind::Dense if !through_pool => "units",
            Kind::Conv2d if through_pool => "filters",
            _ => return None,
        };
        let range = &node.layer.kind().entry().setting(setting)?.range;
        return range
            .contains(&Value::from(units))
            .then_some((*node, name.as_str(), setting));
    }
    None
}
