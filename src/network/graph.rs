//! The graph that the user draws. Today a chain: the order of the nodes is the order of computing.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::entry::Kind;
use super::layer::Layer;

/// Which layer; stays the same while layers move, and is not used again for another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LayerId(pub u32);

/// A layer in a graph.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Which one.
    pub id: LayerId,
    /// What it is.
    pub layer: Layer,
}

/// A network as drawn, which may be invalid. Its first layer is always the input, the only one of its kind.
///
/// Two graphs are equal when their layers are, whatever the ids.
#[derive(Clone, Debug)]
pub struct Graph {
    pub(super) nodes: Vec<Node>,
    pub(super) next: u32,
}

impl Graph {
    /// A graph of an input alone. Another kind of layer gets the default input in front of it.
    pub fn new(input: Layer) -> Self {
        let mut graph = Self {
            nodes: Vec::new(),
            next: 0,
        };
        if input.kind() != Kind::Input {
            graph.push(Layer::new(Kind::Input));
        }
        graph.push(input);
        graph
    }

    /// A graph of these layers, in their order, after the input; further inputs are left out.
    pub fn chain(input: Layer, layers: impl IntoIterator<Item = Layer>) -> Self {
        let mut graph = Self::new(input);
        for layer in layers
            .into_iter()
            .filter(|layer| layer.kind() != Kind::Input)
        {
            graph.push(layer);
        }
        graph
    }

    fn push(&mut self, layer: Layer) {
        let id = self.fresh_id();
        self.nodes.push(Node { id, layer });
    }

    pub(super) fn fresh_id(&mut self) -> LayerId {
        let id = LayerId(self.next);
        self.next = self.next.saturating_add(1);
        id
    }

    /// All layers in the order of computing, the input first.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The layer with this id.
    pub fn node(&self, id: LayerId) -> Option<&Node> {
        self.nodes.iter().find(|node| node.id == id)
    }

    /// Where the layer stands, the input at 0.
    pub fn position(&self, id: LayerId) -> Option<usize> {
        self.nodes.iter().position(|node| node.id == id)
    }

    /// What people call the layer: its kind and which of that kind it is, from 1, as "conv2d_1"; the input,
    /// of which there is one, is "input". Empty for a layer that is not there.
    pub fn name_of(&self, id: LayerId) -> String {
        let Some(position) = self.position(id) else {
            return String::new();
        };
        let Some(kind) = self.nodes.get(position).map(|node| node.layer.kind()) else {
            return String::new();
        };
        name(
            kind,
            self.nodes
                .iter()
                .take(position + 1)
                .filter(|node| node.layer.kind() == kind)
                .count(),
        )
    }

    /// The names of all layers, in order; quicker than asking for each.
    pub fn names(&self) -> Vec<String> {
        let mut seen: HashMap<Kind, usize> = HashMap::new();
        let numbered = self.nodes.iter().map(|node| {
            let number = seen.entry(node.layer.kind()).or_default();
            *number += 1;
            name(node.layer.kind(), *number)
        });
        numbered.collect()
    }
}

fn name(kind: Kind, number: usize) -> String {
    match kind {
        Kind::Input => kind.entry().name.into(),
        _ => format!("{}_{number}", kind.entry().name),
    }
}

impl PartialEq for Graph {
    fn eq(&self, other: &Self) -> bool {
        self.nodes
            .iter()
            .map(|node| &node.layer)
            .eq(other.nodes.iter().map(|node| &node.layer))
    }
}
