//! A part of a network: what is copied and pasted, and what the library of blocks holds.

use std::collections::HashSet;

use super::edit::EditError;
use super::entry::Kind;
use super::graph::{Graph, LayerId};
use super::layer::Layer;
use super::text::NetworkFileError;

/// Layers with the wires among them. Kept as a graph whose input stands for what comes before.
#[derive(Clone, Debug, PartialEq)]
pub struct Fragment {
    graph: Graph,
}

impl Fragment {
    /// The layers of a graph, without its input.
    pub fn new(graph: Graph) -> Self {
        Self { graph }
    }

    /// Copies of these layers of a graph. Wires from outside begin at what comes before; a block that is copied
    /// whole stays one.
    ///
    /// # Errors
    /// None of them is in the graph, beside its input.
    pub fn of(graph: &Graph, ids: &[LayerId]) -> Result<Self, EditError> {
        let wanted: HashSet<LayerId> = ids.iter().copied().collect();
        let first = graph.nodes.first();
        let outside = first.map_or(LayerId(0), |node| node.id);
        let input = first.map_or_else(|| Layer::new(Kind::Input), |node| node.layer.clone());
        let mut part = graph.clone();
        part.nodes
            .retain(|node| node.id == outside || wanted.contains(&node.id));
        if part.nodes.len() < 2 {
            let none = ids.first().copied().unwrap_or(outside);
            return Err(EditError::NoSuchLayer(none));
        }
        for node in part.nodes.iter_mut().skip(1) {
            let mut seen = HashSet::new();
            node.inputs = std::mem::take(&mut node.inputs)
                .into_iter()
                .map(|id| if wanted.contains(&id) { id } else { outside })
                .filter(|id| seen.insert(*id))
                .collect();
        }
        if let Some(node) = part.nodes.first_mut() {
            node.layer = input;
            node.comment.clear();
        }
        let whole = |block: &super::block::Block| {
            graph
                .members(block.id)
                .all(|node| wanted.contains(&node.id))
        };
        let kept: HashSet<_> = graph
            .blocks
            .iter()
            .filter(|block| whole(block) && graph.members(block.id).next().is_some())
            .map(|block| block.id)
            .collect();
        part.blocks.retain(|block| kept.contains(&block.id));
        for node in &mut part.nodes {
            node.block = node.block.filter(|block| kept.contains(block));
        }
        Ok(Self { graph: part })
    }

    /// As a graph whose input stands for what comes before.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// How many layers there are.
    pub fn len(&self) -> usize {
        self.graph.nodes.len().saturating_sub(1)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The layers as TOML text, which [`Fragment::parse`] reads back: that of a network without its input.
    pub fn to_text(&self) -> String {
        self.graph.text_without_input()
    }

    /// Reads layers from text: of a fragment, of a whole network (its input is left out), or of a project file.
    ///
    /// # Errors
    /// With the line and the words of all that cannot be read.
    pub fn parse(text: &str) -> Result<Self, NetworkFileError> {
        Graph::parse_part(text).map(Self::new)
    }

    /// What pasting it does, for undo.
    pub(super) fn label(&self) -> String {
        match (self.graph.blocks.as_slice(), self.graph.nodes.as_slice()) {
            ([block], nodes) if nodes.iter().skip(1).all(|node| node.block.is_some()) => {
                format!("add {}", block.name)
            }
            (_, [_, node]) => format!("paste {}", node.layer.kind().entry().title),
            _ => format!("paste {} layers", self.len()),
        }
    }
}
