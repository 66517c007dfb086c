//! Joins of branches.

use burn::module::Module;
use burn::tensor::Tensor;

use super::Activations;
use super::learning::Learning;
use crate::network::{CheckedLayer, Kind};

/// Which join.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    Add,
    Multiply,
    Concatenate,
}

/// Several inputs to one output; the shapes are those that `check` lets through.
#[derive(Module, Debug)]
pub struct Join {
    #[module(skip)]
    operation: Operation,
}

impl Learning for Join {}

impl Join {
    pub fn new(layer: &CheckedLayer) -> Self {
        let operation = match layer.layer().kind() {
            Kind::Multiply => Operation::Multiply,
            Kind::Concatenate => Operation::Concatenate,
            _ => Operation::Add,
        };
        Self { operation }
    }

    pub fn forward(&self, inputs: Vec<Activations>) -> Activations {
        if self.operation == Operation::Concatenate {
            return concatenate(inputs);
        }
        let joined = inputs.into_iter().reduce(|one, two| match self.operation {
            Operation::Multiply => multiply(one, two),
            _ => add(one, two),
        });
        joined.unwrap_or_else(unreachable_join)
    }
}

/// `check` lets no join without inputs through, nor one of different ranks.
fn unreachable_join() -> Activations {
    panic!("a join of inputs that do not fit was not refused")
}

fn add(one: Activations, two: Activations) -> Activations {
    match (one, two) {
        (Activations::Maps(one), Activations::Maps(two)) => Activations::Maps(one + two),
        (Activations::Vector(one), Activations::Vector(two)) => Activations::Vector(one + two),
        (Activations::Sequence(one), Activations::Sequence(two)) => {
            Activations::Sequence(one + two)
        }
        _ => unreachable_join(),
    }
}

/// Maps `[batch, channel, 1, 1]` or a vector `[batch, channel]` scale maps `[batch, channel, height, width]`.
fn multiply(one: Activations, two: Activations) -> Activations {
    match (one, two) {
        (Activations::Maps(one), Activations::Maps(two)) => Activations::Maps(one * two),
        (Activations::Vector(one), Activations::Vector(two)) => Activations::Vector(one * two),
        (Activations::Sequence(one), Activations::Sequence(two)) => {
            Activations::Sequence(one * two)
        }
        (Activations::Maps(maps), Activations::Vector(gate))
        | (Activations::Vector(gate), Activations::Maps(maps)) => {
            let [batch, channels] = gate.dims();
            Activations::Maps(maps * gate.reshape([batch, channels, 1, 1]))
        }
        _ => unreachable_join(),
    }
}

fn concatenate(inputs: Vec<Activations>) -> Activations {
    let mut maps = Vec::new();
    let mut vectors = Vec::new();
    let mut sequences = Vec::new();
    for input in inputs {
        match input {
            Activations::Maps(tensor) => maps.push(tensor),
            Activations::Vector(tensor) => vectors.push(tensor),
            Activations::Sequence(tensor) => sequences.push(tensor),
        }
    }
    if !maps.is_empty() {
        Activations::Maps(Tensor::cat(maps, 1))
    } else if !vectors.is_empty() {
        Activations::Vector(Tensor::cat(vectors, 1))
    } else {
        Activations::Sequence(Tensor::cat(sequences, 1))
    }
}
