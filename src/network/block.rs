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
        let mut source = None;
        let mut exit = None;
        let refuse = |reason: &str| Err(EditError::NoBlock(reason.to_owned()));
        for (place, node) in self.nodes.iter().enumerate() {
            let member = members.contains(&node.id);
            for input in &node.inputs {
                match (member, members.contains(input)) {
                    (true, false) if source.is_some_and(|source| source != *input) => {
                        return refuse("takes one input, but these layers take several");
                    }
                    (true, false) => source = Some(*input),
                    (false, true) if exit.is_some_and(|exit| exit != *input) => {
                        return refuse("gives one output, but these layers give several");
                    }
                    (false, true) => exit = Some(*input),
                    _ => {}
                }
            }
            let last = place + 1 == self.nodes.len();
            if member && last && exit.is_some_and(|exit| exit != node.id) {
                return refuse("gives one output, but these layers give several");
            }
            if member && last {
                exit = Some(node.id);
            }
        }
        match (source, exit) {
            (Some(source), Some(exit)) => Ok(Ends { source, exit }),
            (None, _) => refuse("takes an input, but these layers take none"),
            (_, None) => refuse("gives an output, but nothing takes that of these layers"),
        }
    }
}
