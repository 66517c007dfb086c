//! Blocks: several layers that stand for one, with a name, settings of their own and a repeat count.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::edit::EditError;
use super::graph::{Graph, LayerId, Node};
use super::value::Value;

/// Which block; never used again for another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct BlockId(pub u32);

/// More repeats than this are refused.
pub const MAX_REPEAT: u32 = 100;

/// Layers that stand for one. They get their input over one wire source, and one of them gives the output.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// Which one.
    pub id: BlockId,
    /// For people: "Residual".
    pub name: String,
    /// How many copies of it follow one another, from 1 to [`MAX_REPEAT`].
    pub repeat: u32,
    /// Shown as one card.
    pub folded: bool,
    /// What can be set for the whole of it.
    pub settings: Vec<BlockSetting>,
}

/// One value that sets several layers of a block.
#[derive(Clone, Debug, PartialEq)]
pub struct BlockSetting {
    /// For people: "Filters".
    pub name: String,
    /// What it sets; at least one.
    pub targets: Vec<Target>,
}

/// A setting of a layer that follows one of its block.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// Which layer.
    pub layer: LayerId,
    /// Which of its settings.
    pub setting: String,
    /// Whole numbers are this many times the block's value, as in a bottleneck that widens by 4.
    pub times: u64,
}

/// How a block is wired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ends {
    /// The layer outside that its first layers take.
    pub source: LayerId,
    /// The member whose output leaves it.
    pub exit: LayerId,
}

impl Block {
    /// Whether both are the same, in graphs whose layers stand at these places.
    pub(super) fn same(
        &self,
        ours: &HashMap<LayerId, usize>,
        other: &Self,
        theirs: &HashMap<LayerId, usize>,
    ) -> bool {
        let same_target = |(one, two): (&Target, &Target)| {
            ours.get(&one.layer) == theirs.get(&two.layer)
                && one.setting == two.setting
                && one.times == two.times
        };
        let same_setting = |(one, two): (&BlockSetting, &BlockSetting)| {
            one.name == two.name
                && one.targets.len() == two.targets.len()
                && one.targets.iter().zip(&two.targets).all(same_target)
        };
        self.name == other.name
            && self.repeat == other.repeat
            && self.settings.len() == other.settings.len()
            && self.settings.iter().zip(&other.settings).all(same_setting)
    }
}

impl BlockSetting {
    /// The value that the block has: that of its first target; none where that layer is gone.
    pub fn value(&self, graph: &Graph) -> Option<Value> {
        let target = self.targets.first()?;
        let value = graph.node(target.layer)?.layer.get(&target.setting)?;
        Some(match value {
            Value::Int(number) => Value::Int(number / target.times.max(1)),
            other => other.clone(),
        })
    }
}

impl Target {
    /// What the target becomes for a value of the block's.
    pub(super) fn scaled(&self, value: &Value) -> Value {
        match value {
            Value::Int(number) => Value::Int(number.saturating_mul(self.times.max(1))),
            other => other.clone(),
        }
    }
}

impl Graph {
    /// Where a block gets its input and gives its output.
    ///
    /// # Errors
    /// In words that stand after "a block": where there are several ways in or out, or none.
    pub fn ends(&self, id: BlockId) -> Result<Ends, EditError> {
        self.ends_of(|node| node.block == Some(id))
    }

    /// As [`Graph::ends`], for any layers.
    pub(super) fn ends_of(&self, inside: impl Fn(&Node) -> bool) -> Result<Ends, EditError> {
        let members: HashSet<LayerId> = self
            .nodes
            .iter()
            .filter(|node| inside(node))
            .map(|node| node.id)
            .collect();
        let mut ends = Finder::default();
        for (place, node) in self.nodes.iter().enumerate() {
            let member = members.contains(&node.id);
            for input in &node.inputs {
                match (member, members.contains(input)) {
                    (true, false) => ends.takes(*input),
                    (false, true) => ends.gives(*input),
                    _ => {}
                }
            }
            if member && place + 1 == self.nodes.len() {
                ends.gives(node.id);
            }
        }
        ends.ends()
    }

    /// As [`Graph::ends`], of all blocks in one go.
    pub(super) fn all_ends(&self) -> HashMap<BlockId, Result<Ends, EditError>> {
        if self.blocks.is_empty() {
            return HashMap::new();
        }
        let of = self.nodes.iter().map(|node| (node.id, node.block));
        let of: HashMap<LayerId, Option<BlockId>> = of.collect();
        let mut found: HashMap<BlockId, Finder> = self
            .blocks
            .iter()
            .map(|block| (block.id, Finder::default()))
            .collect();
        for (place, node) in self.nodes.iter().enumerate() {
            for input in &node.inputs {
                let from = of.get(input).copied().flatten();
                if from == node.block {
                    continue;
                }
                if let Some(ends) = node.block.and_then(|id| found.get_mut(&id)) {
                    ends.takes(*input);
                }
                if let Some(ends) = from.and_then(|id| found.get_mut(&id)) {
                    ends.gives(*input);
                }
            }
            let last = node.block.filter(|_| place + 1 == self.nodes.len());
            if let Some(ends) = last.and_then(|id| found.get_mut(&id)) {
                ends.gives(node.id);
            }
        }
        let ends = found.into_iter().map(|(id, ends)| (id, ends.ends()));
        ends.collect()
    }
}

/// Gathers the wires that go in and out of some layers.
#[derive(Default)]
struct Finder {
    source: Option<LayerId>,
    exit: Option<LayerId>,
    refused: Option<&'static str>,
}

impl Finder {
    fn takes(&mut self, from: LayerId) {
        if self.source.is_some_and(|source| source != from) {
            self.refuse("takes one input, but these layers take several");
        } else {
            self.source = Some(from);
        }
    }

    fn gives(&mut self, member: LayerId) {
        if self.exit.is_some_and(|exit| exit != member) {
            self.refuse("gives one output, but these layers give several");
        } else {
            self.exit = Some(member);
        }
    }

    /// The first reason is the one that is told.
    fn refuse(&mut self, reason: &'static str) {
        self.refused.get_or_insert(reason);
    }

    fn ends(self) -> Result<Ends, EditError> {
        let reason = match (self.source, self.exit, self.refused) {
            (_, _, Some(reason)) => reason,
            (Some(source), Some(exit), None) => return Ok(Ends { source, exit }),
            (None, _, None) => "takes an input, but these layers take none",
            (_, None, None) => "gives an output, but nothing takes that of these layers",
        };
        Err(EditError::NoBlock(reason.to_owned()))
    }
}
