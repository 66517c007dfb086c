//! Graphs written in code: templates, the library of blocks, networks read from other programs' files.

use super::block::{BlockId, BlockSetting, Target};
use super::entry::Kind;
use super::graph::{Graph, LayerId, Node};
use super::layer::Layer;
use super::value::Value;

/// Adds layers one after another. Each method returns the layer that is new.
#[derive(Clone, Debug)]
pub struct Builder {
    graph: Graph,
    at: LayerId,
}

impl Builder {
    /// Stands at the input. Another kind of layer gets the default input in front of it.
    pub fn new(input: Layer) -> Self {
        let graph = Graph::new(input);
        let at = graph.nodes.last().map_or(LayerId(0), |node| node.id);
        Self { graph, at }
    }

    /// For a fragment: stands at what comes before.
    pub fn part() -> Self {
        Self::new(Layer::new(Kind::Input))
    }

    /// The layer that the next one comes after.
    pub fn here(&self) -> LayerId {
        self.at
    }

    /// Goes on after another layer.
    pub fn go(&mut self, at: LayerId) {
        self.at = at;
    }

    /// A layer after the last one.
    pub fn then(&mut self, layer: Layer) -> LayerId {
        self.put(layer, vec![self.at])
    }

    /// A layer after any other one; the next comes after it.
    pub fn after(&mut self, before: LayerId, layer: Layer) -> LayerId {
        self.put(layer, vec![before])
    }

    /// A join of several layers; the next comes after it.
    pub fn join(&mut self, kind: Kind, inputs: &[LayerId]) -> LayerId {
        self.put(Layer::new(kind), inputs.to_vec())
    }

    /// Any layer with any inputs; the next comes after it.
    pub fn put(&mut self, layer: Layer, inputs: Vec<LayerId>) -> LayerId {
        let id = self.graph.fresh_id();
        self.graph.nodes.push(Node::new(id, layer, inputs));
        self.at = id;
        id
    }

    /// Makes a folded block of what `build` adds, which comes after the last layer; the next comes after it.
    pub fn block(&mut self, name: &str, repeat: u32, build: impl FnOnce(&mut Self)) -> BlockId {
        let begun = self.graph.nodes.len();
        build(self);
        let id = BlockId(self.graph.fresh_id().0);
        for node in self.graph.nodes.iter_mut().skip(begun) {
            node.block = Some(id);
        }
        self.graph.blocks.push(super::block::Block {
            id,
            name: name.to_owned(),
            repeat,
            folded: true,
            settings: Vec::new(),
        });
        id
    }

    /// Gives a block a setting of its own: `targets` are layers, their settings, and how many times the block's
    /// value they have.
    pub fn setting(&mut self, block: BlockId, name: &str, targets: &[(LayerId, &str, u64)]) {
        let targets = targets.iter().map(|(layer, setting, times)| Target {
            layer: *layer,
            setting: (*setting).to_owned(),
            times: *times,
        });
        let setting = BlockSetting {
            name: name.to_owned(),
            targets: targets.collect(),
        };
        if let Some(block) = self.graph.blocks.iter_mut().find(|it| it.id == block) {
            block.settings.push(setting);
        }
    }

    /// Changes a setting of a layer that is there already; nothing where there is no such layer or setting.
    pub fn set(&mut self, id: LayerId, name: &str, value: impl Into<Value>) {
        if let Some(node) = self.graph.node_mut(id) {
            let outcome = node.layer.set(name, value.into());
            debug_assert!(outcome.is_ok(), "{outcome:?}");
        }
    }

    /// The graph, in order.
    pub fn graph(mut self) -> Graph {
        self.graph.sort();
        self.graph
    }
}
