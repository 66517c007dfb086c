//! Whether the network's end fits the loss and the classes: the pairing table of the design.

use std::collections::HashMap;

use super::check::{Context, check};
use super::entry::Kind;
use super::function::Activation;
use super::graph::Graph;
use super::loss::Loss;
use super::remedy::{self, advice};
use super::report::{LayerReport, Problem, Remedy, Severity};
use super::shape::Shape;

/// Flattening more than this makes dense layers so large that a global average pool is the better advice.
const FLATTEN_UP_TO: usize = 65_536;

/// What makes the network's end fit so many classes; none where it fits, or where no more is known of it
/// than that other layers are wrong.
pub fn fit_classes(graph: &Graph, loss: Loss, classes: usize) -> Option<Remedy> {
    let context = Context {
        classes: Some(classes),
        loss,
        batch: 1,
    };
    problem(graph, &check(graph, &context).layers, &context)?.remedy
}

/// What is wrong with the network's end, if anything is and it can be known. `layers` are the graph's.
pub(super) fn problem(graph: &Graph, layers: &[LayerReport], context: &Context) -> Option<Problem> {
    if let Some(classes @ 0..=1) = context.classes {
        let message = format!(
            "the data has {classes} class: a classifier needs two or more, each in a folder of its own"
        );
        return Some(Problem {
            layer: None,
            severity: Severity::Error,
            message,
            remedy: None,
        });
    }
    let last = layers.last()?;
    match (graph.nodes().len(), last.output?) {
        (0 | 1, shape) => Some(no_layers(shape, context)),
        (_, shape @ (Shape::Maps { .. } | Shape::Sequence { .. })) => {
            Some(ends_in_maps(last, shape, context))
        }
        (_, Shape::Vector { units }) => pairing(graph, layers, last, units, context),
    }
}

fn no_layers(shape: Shape, context: &Context) -> Problem {
    let remedy = ending(shape, context);
    let message = "the network has no layers after the input: add some from the palette, or choose a template";
    Problem {
        layer: None,
        severity: Severity::Error,
        message: message.into(),
        remedy: Some(remedy),
    }
}

fn ends_in_maps(last: &LayerReport, shape: Shape, context: &Context) -> Problem {
    let remedy = ending(shape, context);
    let message = format!(
        "the network ends in {} ({shape}) after {}, but must end in one vector: {}",
        if shape.is_maps() {
            "maps"
        } else {
            "a sequence"
        },
        last.name,
        advice(&remedy),
    );
    Problem {
        layer: Some(last.id),
        severity: Severity::Error,
        message,
        remedy: Some(remedy),
    }
}

/// From maps to an output that fits.
fn ending(shape: Shape, context: &Context) -> Remedy {
    let (units, function) = ideal(context.loss, context.classes);
    let bridge = if shape.is_maps() && shape.elements() > FLATTEN_UP_TO {
        Kind::GlobalAveragePool
    } else {
        Kind::Flatten
    };
    remedy::append_dense(Some(bridge), units, function)
}

/// The usual output for a loss: for ten classes where none are known yet.
fn ideal(loss: Loss, classes: Option<usize>) -> (usize, Activation) {
    match (loss, classes) {
        (Loss::BinaryCrossEntropy, None | Some(2)) => (1, Activation::Sigmoid),
        (Loss::BinaryCrossEntropy, Some(classes)) => (classes, Activation::Sigmoid),
        (Loss::CrossEntropy | Loss::MeanSquaredError, classes) => {
            (classes.unwrap_or(10), Activation::Softmax)
        }
    }
}

/// The allowed output that is nearest to this one.
fn wanted(context: &Context, units: usize, function: Activation) -> (usize, Activation) {
    let allowed = |units, function| context.loss.allows(context.classes, units, function);
    let (ideal_units, ideal_function) = ideal(context.loss, context.classes);
    let a_class = context.classes.unwrap_or(ideal_units);
    let candidates = [
        (units, ideal_function),
        (units, Activation::Sigmoid),
        (ideal_units, function),
        (a_class, function),
    ];
    candidates
        .into_iter()
        .find(|(units, function)| allowed(*units, *function))
        .unwrap_or((ideal_units, ideal_function))
}

fn pairing(
    graph: &Graph,
    layers: &[LayerReport],
    last: &LayerReport,
    units: usize,
    context: &Context,
) -> Option<Problem> {
    let trunk: Vec<_> = graph.trunk();
    let function = trunk.first()?.layer.activation();
    if context.loss.allows(context.classes, units, function) {
        return None;
    }
    let names: HashMap<_, _> = layers.iter().map(|layer| (layer.id, &layer.name)).collect();
    let named = trunk.into_iter().map(|node| {
        let name = names.get(&node.id);
        (node, name.map_or_else(String::new, |name| (*name).clone()))
    });
    let trunk: Vec<_> = named.collect();
    let remedy = remedy::fit_output(&trunk, (units, function), wanted(context, units, function));
    let others = Loss::ALL
        .into_iter()
        .filter(|loss| loss.allows(context.classes, units, function));
    let mut message = format!(
        "{} needs {}, but {} gives {}: {}",
        context.loss.title().to_lowercase(),
        requirement(context),
        last.name,
        remedy::output(units, function),
        advice(&remedy),
    );
    for loss in others {
        message.push_str(&format!(
            ", or choose {} as the loss",
            loss.title().to_lowercase()
        ));
    }
    Some(Problem {
        layer: Some(last.id),
        severity: Severity::Error,
        message,
        remedy: Some(remedy),
    })
}

/// What the loss allows, in words.
fn requirement(context: &Context) -> String {
    let a_class = match context.classes {
        Some(classes) => format!("one unit a class ({classes})"),
        None => "one unit a class".into(),
    };
    let two = context.classes.is_none_or(|classes| classes == 2);
    match context.loss {
        Loss::CrossEntropy => format!("{a_class} with softmax or linear"),
        Loss::BinaryCrossEntropy if two => {
            format!("1 unit with sigmoid or linear for two classes, or {a_class} with sigmoid")
        }
        Loss::BinaryCrossEntropy => format!("{a_class} with sigmoid"),
        Loss::MeanSquaredError if two => {
            format!("{a_class}, or 1 unit with sigmoid for two classes")
        }
        Loss::MeanSquaredError => a_class,
    }
}

/// A network without a single weight cannot learn.
pub(super) fn nothing_learns(units: usize, context: &Context) -> Problem {
    let (_, function) = ideal(context.loss, context.classes);
    let remedy = remedy::append_dense(None, units, function);
    let message = format!(
        "no layer of the network learns anything: {}",
        advice(&remedy)
    );
    Problem {
        layer: None,
        severity: Severity::Error,
        message,
        remedy: Some(remedy),
    }
}
