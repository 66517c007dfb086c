//! What is wrong with the wires: none, too many, cycles, outputs that nothing takes, blocks with several ways in.

use std::collections::{HashMap, HashSet};

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
            let remedy = disconnect(*second, &graph.name_of(*second), node.id, own);
            let message = format!(
                "{own} takes one input, but is wired to {} and {}: {}, or join them before it",
                graph.name_of(*first),
                graph.name_of(*second),
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

/// Layers whose output nothing takes, beside the last one.
pub(super) fn dangling(graph: &Graph, names: &[String]) -> Vec<Problem> {
    let taken: HashSet<LayerId> = graph
        .nodes()
        .iter()
        .flat_map(|node| node.inputs.iter().copied())
        .collect();
    let last = graph.nodes().len().saturating_sub(1);
    let loose = graph.nodes().iter().enumerate().filter(|(place, node)| {
        *place < last && *place > 0 && !taken.contains(&node.id) && !node.disabled
    });
    loose
        .map(|(place, node)| {
            let name = names.get(place).map_or("", String::as_str);
            let remedy = remedy::one(
                format!("Delete the branch that ends in {name}"),
                Edit::DeleteAll(branch(graph, node)),
            );
            let message = format!(
                "nothing takes the output of {name}: drag a wire from it to a join, or {}",
                advice(&remedy)
            );
            Problem {
                layer: Some(node.id),
                severity: Severity::Error,
                message,
                remedy: Some(remedy),
            }
        })
        .collect()
}

/// The layers that serve this one alone, itself first.
fn branch(graph: &Graph, end: &Node) -> Vec<LayerId> {
    let mut ids = vec![end.id];
    let mut at = end;
    while let [input] = at.inputs.as_slice() {
        let only = graph.consumers(*input).count() == 1;
        match graph.node(*input).filter(|_| only) {
            Some(node) if !node.inputs.is_empty() && !ids.contains(&node.id) => {
                ids.push(node.id);
                at = node;
            }
            _ => break,
        }
    }
    ids
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
