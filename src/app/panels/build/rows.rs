//! The cards of the column, one a row: a layer each, or a folded block; and the wires between them.
//! Made anew only when the network's structure has changed.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;

use super::lanes::{Net, assign};
use crate::network::{BlockId, Graph, LayerId, Node};

/// One card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Positions of its layers in the graph: one, unless it is a folded block.
    pub nodes: Range<usize>,
    /// The position of the layer whose output leaves it.
    pub exit: usize,
    /// The folded block that it is.
    pub folded: Option<BlockId>,
    /// The opened block that it belongs to.
    pub inside: Option<BlockId>,
    /// Whether a wire comes from the row before.
    pub linked: bool,
}

/// An opened block: its rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    pub block: BlockId,
    pub rows: Range<usize>,
}

/// All cards with their wires.
#[derive(Default)]
pub struct Rows {
    fingerprint: u64,
    pub rows: Vec<Row>,
    pub opened: Vec<Opened>,
    pub nets: Vec<Net>,
    /// How many lanes the wires need.
    pub lanes: usize,
    places: HashMap<LayerId, usize>,
}

impl Rows {
    /// Follows the graph.
    pub fn update(&mut self, graph: &Graph) {
        let fingerprint = fingerprint(graph);
        if fingerprint != self.fingerprint || self.rows.is_empty() {
            *self = Self::of(graph, fingerprint);
        }
    }

    fn of(graph: &Graph, fingerprint: u64) -> Self {
        let mut all = Self {
            fingerprint,
            ..Self::default()
        };
        let folded: HashMap<BlockId, bool> = graph
            .blocks()
            .iter()
            .map(|block| (block.id, block.folded))
            .collect();
        let nodes = graph.nodes();
        let mut at = 0;
        while let Some(node) = nodes.get(at) {
            let block = node.block.filter(|id| folded.contains_key(id));
            let rest = nodes.iter().skip(at);
            let length = rest.take_while(|it| it.block == node.block).count();
            match block {
                Some(id) if folded.get(&id) == Some(&true) => {
                    all.push(graph, at..at + length, Some(id), None);
                }
                Some(id) => {
                    let first = all.rows.len();
                    for place in at..at + length {
                        all.push(graph, place..place + 1, None, Some(id));
                    }
                    all.opened.push(Opened {
                        block: id,
                        rows: first..all.rows.len(),
                    });
                }
                None => all.push(graph, at..at + 1, None, None),
            }
            at += if block.is_some() { length } else { 1 };
        }
        all.wire(graph);
        all
    }

    fn push(
        &mut self,
        graph: &Graph,
        nodes: Range<usize>,
        folded: Option<BlockId>,
        inside: Option<BlockId>,
    ) {
        let last = nodes.end.saturating_sub(1);
        let ends = folded.and_then(|id| graph.ends(id).ok());
        let exit = ends.and_then(|ends| graph.position(ends.exit));
        for node in graph.nodes().iter().skip(nodes.start).take(nodes.len()) {
            self.places.insert(node.id, self.rows.len());
        }
        self.rows.push(Row {
            exit: exit.filter(|exit| nodes.contains(exit)).unwrap_or(last),
            nodes,
            folded,
            inside,
            linked: false,
        });
    }

    fn wire(&mut self, graph: &Graph) {
        let mut wires: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
        for (to, row) in self.rows.iter_mut().enumerate() {
            for node in graph
                .nodes()
                .iter()
                .skip(row.nodes.start)
                .take(row.nodes.len())
            {
                for from in node.inputs.iter().filter_map(|id| self.places.get(id)) {
                    if from + 1 == to {
                        row.linked = true;
                    } else if *from != to {
                        wires.entry(*from).or_default().insert(to);
                    }
                }
            }
        }
        self.nets = assign(wires);
        self.lanes = self.nets.iter().map(|net| net.lane + 1).max().unwrap_or(0);
    }

    /// The row that shows a layer.
    pub fn of_layer(&self, id: LayerId) -> Option<usize> {
        self.places.get(&id).copied()
    }

    /// The layer whose output a row gives.
    pub fn exit(&self, graph: &Graph, row: usize) -> Option<LayerId> {
        let exit = self.rows.get(row)?.exit;
        graph.nodes().get(exit).map(|node| node.id)
    }

    /// The layers of a row.
    pub fn layers<'g>(&self, graph: &'g Graph, row: usize) -> &'g [Node] {
        let nodes = self.rows.get(row).map_or(0..0, |row| row.nodes.clone());
        graph.nodes().get(nodes).unwrap_or_default()
    }

    /// The wires between two rows, from layer to layer: several where a folded block takes one at
    /// several of its layers.
    pub fn wires(&self, graph: &Graph, from: usize, to: usize) -> Vec<(LayerId, LayerId)> {
        let takers = self.layers(graph, to).iter();
        let pairs = takers.flat_map(|node| node.inputs.iter().map(|input| (*input, node.id)));
        pairs
            .filter(|(input, _)| self.of_layer(*input) == Some(from))
            .collect()
    }

    /// The position in the graph that stands for the place before a row.
    pub fn position(&self, graph: &Graph, place: usize) -> usize {
        let row = self.rows.get(place);
        row.map_or(graph.nodes().len(), |row| row.nodes.start)
    }
}

/// Of all that rows and wires follow from.
fn fingerprint(graph: &Graph) -> u64 {
    let mut hasher = DefaultHasher::new();
    for node in graph.nodes() {
        (node.id.0, &node.inputs, node.block).hash(&mut hasher);
    }
    for block in graph.blocks() {
        (block.id, block.folded).hash(&mut hasher);
    }
    hasher.finish()
}
