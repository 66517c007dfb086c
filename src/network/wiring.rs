//! What is wrong with the wires: none, too many, cycles, outputs that nothing takes, blocks with several ways in.

use std::collections::HashMap;

use super::edit::Edit;
use super::entry::Arity;
use super::expand::{Expansion, Step};
use super::graph::{Graph, LayerId, Node};
use super::remedy::{self, advice};
use super::report::{Problem, Remedy, Severity};

/// What is wrong with the wires of the layer at `position`, if anything is. `places` says where every layer
/// stands.
pub(super) fn problem(
    graph: &Graph,
    names: &[String],
    places: &HashMap<LayerId, usize>,
    position: usize,
    step: &Step,
) -> Option<(String, Option<Remedy>)> {
    let node = graph.nodes().get(position)?;
    let name = |position: usize| names.get(position).map_or("", String::as_str);
    let own = name(position);
    if let Some(told) = backward(graph, names, places, position) {
        return Some(told);
    }
    match (node.layer.kind().entry().arity, node.inputs.len()) {
        (Arity::None, 0) | (Arity::One, 1) => None,
        (Arity::Many, 2..) => None,
        (Arity::None, _) => Some((format!("{own} takes no input"), None)),
        (Arity::One, 0) => Some(unwired(graph, names, position)),
        (Arity::One, _) => {
            let (first, second) = (node.inputs.first()?, node.inputs.get(1)?);
            let called = |id: &LayerId| places.get(id).map_or("", |place| name(*place));
            let remedy = disconnect(*second, called(second), node.id, own);
            let message = format!(
                "{own} takes one input, but is wired to {} and {}: {}, or join them before it",
                called(first),
                called(second),
                advice(&remedy)
            );
            Some((message, Some(remedy)))
        }
        (Arity::Many, _) => {
            let remedy = remedy::delete(node.id, own);
            let message = format!(
                "{own} joins two or more layers, but takes {}: drag a wire to it from another card, or {}",
                if step.sources.is_empty() {
                    "none"
                } else {
                    "one"
                },
                advice(&remedy)
            );
            Some((message, Some(remedy)))
        }
    }
}

/// A wire that comes from a later layer, or from nowhere.
pub(super) fn backward(
    graph: &Graph,
    names: &[String],
    places: &HashMap<LayerId, usize>,
    position: usize,
) -> Option<(String, Option<Remedy>)> {
    let node = graph.nodes().get(position)?;
    let name = |position: usize| names.get(position).map_or("", String::as_str);
    let own = name(position);
    for input in &node.inputs {
        let from = places.get(input).copied();
        match from {
            Some(from) if from >= position => {
                let remedy = disconnect(*input, name(from), node.id, own);
                let message = format!(
                    "{own} takes the output of {}, which needs that of {own} first: {}",
                    name(from),
                    advice(&remedy)
                );
                return Some((message, Some(remedy)));
            }
            None => {
                let remedy = disconnect(*input, "a layer that is gone", node.id, own);
                let message = format!("{own} takes the output of a layer that is gone");
                return Some((message, Some(remedy)));
            }
            Some(_) => {}
        }
    }
    None
}

/// A layer without a wire: the one before it is the nearest guess.
fn unwired(graph: &Graph, names: &[String], position: usize) -> (String, Option<Remedy>) {
    let own = names.get(position).map_or("", String::as_str);
    let before = position
        .checked_sub(1)
        .and_then(|before| graph.nodes().get(before).zip(names.get(before)));
    let node = graph.nodes().get(position);
    let remedy = before.zip(node).map(|((before, name), node)| {
        let (from, to) = (before.id, node.id);
        remedy::one(
            format!("Connect {name} to {own}"),
            Edit::Connect { from, to },
        )
    });
    let advice = remedy.as_ref().map_or("connect it".to_owned(), advice);
    (format!("{own} has no input: {advice}"), remedy)
}

fn disconnect(from: LayerId, from_name: &str, to: LayerId, name: &str) -> Remedy {
    remedy::one(
        format!("Remove the wire from {from_name} to {name}"),
        Edit::Disconnect { from, to },
    )
}

/// Layers whose output nothing takes, beside the last one. Branches that are disabled as a whole are left alone.
pub(super) fn dangling(
    graph: &Graph,
    names: &[String],
    places: &HashMap<LayerId, usize>,
) -> Vec<Problem> {
    let mut taken: HashMap<LayerId, usize> = HashMap::new();
    for input in graph.nodes().iter().flat_map(|node| &node.inputs) {
        *taken.entry(*input).or_default() += 1;
    }
    let last = graph.nodes().len().saturating_sub(1);
    let mut problems = Vec::new();
    for (place, node) in graph.nodes().iter().enumerate().skip(1) {
        if place >= last || taken.contains_key(&node.id) {
            continue;
        }
        let branch = branch(graph, node, places, &taken);
        if branch.iter().all(|node| node.disabled) {
            continue;
        }
        let name = names.get(place).map_or("", String::as_str);
        let ids = branch.iter().map(|node| node.id).collect();
        let remedy = remedy::one(
            format!("Delete the branch that ends in {name}"),
            Edit::DeleteAll(ids),
        );
        let message = format!(
            "nothing takes the output of {name}: drag a wire from it to a join, or {}",
            advice(&remedy)
        );
        problems.push(Problem {
            layer: Some(node.id),
            severity: Severity::Error,
            message,
            remedy: Some(remedy),
        });
    }
    problems
}

/// The layers that serve this one alone, itself first. `taken` says how many layers take each.
fn branch<'a>(
    graph: &'a Graph,
    end: &'a Node,
    places: &HashMap<LayerId, usize>,
    taken: &HashMap<LayerId, usize>,
) -> Vec<&'a Node> {
    let mut branch = vec![end];
    let mut at = end;
    while let [input] = at.inputs.as_slice() {
        let before = places
            .get(input)
            .and_then(|place| graph.nodes().get(*place));
        let only = taken.get(input) == Some(&1);
        match before.filter(|node| only && !node.inputs.is_empty() && node.id != end.id) {
            Some(node) => {
                branch.push(node);
                at = node;
            }
            None => break,
        }
    }
    branch
}

/// Blocks that have several ways in or out, and networks that blocks make too long.
pub(super) fn broken_blocks(graph: &Graph, expansion: &Expansion) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (id, reason) in &expansion.broken {
        let name = graph.block(*id).map_or("", |block| &block.name);
        let remedy = remedy::one(format!("Ungroup {name}"), Edit::Ungroup(*id));
        problems.push(Problem {
            layer: graph.members(*id).next().map(|node| node.id),
            severity: Severity::Error,
            message: format!(
                "the block {name} cannot be one, as {reason}; or {}",
                advice(&remedy)
            ),
            remedy: Some(remedy),
        });
    }
    if expansion.too_many {
        problems.push(Problem {
            layer: None,
            severity: Severity::Error,
            message: format!(
                "with the repeats of its blocks the network has more than the {} layers that are allowed: repeat them less",
                super::shape::grouped(super::check::MAX_LAYERS as u64)
            ),
            remedy: None,
        });
    }
    problems
}
