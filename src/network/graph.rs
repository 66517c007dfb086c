//! The graph that the user draws: layers, the wires between them, and the blocks that some of them form.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::block::{Block, BlockId};
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
    /// The layers whose outputs it takes, in order; none for the input, one for most, more for joins.
    pub inputs: Vec<LayerId>,
    /// Left out of the network: what it gets goes on as it is.
    pub disabled: bool,
    /// A note of the user's; empty where there is none.
    pub comment: String,
    /// The block it belongs to.
    pub block: Option<BlockId>,
}

impl Node {
    pub(super) fn new(id: LayerId, layer: Layer, inputs: Vec<LayerId>) -> Self {
        Self {
            id,
            layer,
            inputs,
            disabled: false,
            comment: String::new(),
            block: None,
        }
    }
}

/// A network as drawn, which may be invalid. Its first layer is always the input, the only one of its kind;
/// its last layer is the output.
///
/// Two graphs are equal when their layers, wires and blocks are, whatever the ids.
#[derive(Clone, Debug)]
pub struct Graph {
    /// In the order of computing, as far as there is one; see [`super::order`].
    pub(super) nodes: Vec<Node>,
    pub(super) blocks: Vec<Block>,
    pub(super) next: u32,
}

impl Graph {
    /// A graph of an input alone. Another kind of layer gets the default input in front of it.
    pub fn new(input: Layer) -> Self {
        let mut graph = Self {
            nodes: Vec::new(),
            blocks: Vec::new(),
            next: 0,
        };
        if input.kind() != Kind::Input {
            graph.push(Layer::new(Kind::Input));
        }
        graph.push(input);
        graph
    }

    /// A graph of these layers, each after the one before, after the input; further inputs are left out.
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

    /// Adds a layer at the end, after the last one.
    pub(super) fn push(&mut self, layer: Layer) -> LayerId {
        let inputs = self.nodes.last().map(|node| node.id).into_iter().collect();
        let id = self.fresh_id();
        self.nodes.push(Node::new(id, layer, inputs));
        id
    }

    pub(super) fn fresh_id(&mut self) -> LayerId {
        let id = LayerId(self.next);
        self.next = self.next.saturating_add(1);
        id
    }

    /// All layers in the order of computing, the input first and the output last. A layer comes after those
    /// whose outputs it takes, unless there is a cycle; the layers of a block stand together.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The layer with this id.
    pub fn node(&self, id: LayerId) -> Option<&Node> {
        self.nodes.iter().find(|node| node.id == id)
    }

    pub(super) fn node_mut(&mut self, id: LayerId) -> Option<&mut Node> {
        self.nodes.iter_mut().find(|node| node.id == id)
    }

    /// Where the layer stands, the input at 0.
    pub fn position(&self, id: LayerId) -> Option<usize> {
        self.nodes.iter().position(|node| node.id == id)
    }

    /// Where every layer stands; quicker than asking for each.
    pub fn positions(&self) -> HashMap<LayerId, usize> {
        let numbered = self.nodes.iter().enumerate();
        numbered.map(|(place, node)| (node.id, place)).collect()
    }

    /// The layers that take the output of this one, in order.
    pub fn consumers(&self, id: LayerId) -> impl Iterator<Item = &Node> {
        self.nodes
            .iter()
            .filter(move |node| node.inputs.contains(&id))
    }

    /// The layers on the way to the output, from the end, each the first input of the one before it; disabled
    /// ones are passed over.
    pub fn trunk(&self) -> Vec<&Node> {
        let places = self.positions();
        let mut trunk = Vec::new();
        let mut at = self.nodes.len().checked_sub(1);
        while let Some((place, node)) = at.and_then(|at| Some((at, self.nodes.get(at)?))) {
            if !node.disabled {
                trunk.push(node);
            }
            let before = node.inputs.first().and_then(|id| places.get(id)).copied();
            // A cycle ends here.
            at = before.filter(|before| *before < place);
        }
        trunk
    }

    /// All blocks, in the order in which they were made.
    pub fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// The block with this id.
    pub fn block(&self, id: BlockId) -> Option<&Block> {
        self.blocks.iter().find(|block| block.id == id)
    }

    /// The layers of a block, in order.
    pub fn members(&self, id: BlockId) -> impl Iterator<Item = &Node> {
        self.nodes.iter().filter(move |node| node.block == Some(id))
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

    /// Whether this is the very same graph: ids and what is folded count too.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.nodes == other.nodes && self.blocks == other.blocks
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
        if self.nodes.len() != other.nodes.len() || self.blocks.len() != other.blocks.len() {
            return false;
        }
        let (ours, theirs) = (self.positions(), other.positions());
        let same_layer = |(one, two): (&Node, &Node)| {
            one.layer == two.layer
                && one.disabled == two.disabled
                && one.comment == two.comment
                && one.inputs.len() == two.inputs.len()
                && one
                    .inputs
                    .iter()
                    .map(|id| ours.get(id))
                    .eq(two.inputs.iter().map(|id| theirs.get(id)))
                && place(self, one.block) == place(other, two.block)
        };
        self.nodes.iter().zip(&other.nodes).all(same_layer)
            && self
                .blocks
                .iter()
                .zip(&other.blocks)
                .all(|(one, two)| one.same(&ours, two, &theirs))
    }
}

/// Which of the blocks it is.
fn place(graph: &Graph, id: Option<BlockId>) -> Option<usize> {
    graph.blocks.iter().position(|block| Some(block.id) == id)
}
