//! Edits of blocks.

use std::collections::{HashMap, HashSet};
use std::mem::discriminant;

use super::{BlockChange, EditError};
use crate::network::block::{Block, BlockId, BlockSetting, MAX_REPEAT, Target};
use crate::network::check::MAX_LAYERS;
use crate::network::graph::{Graph, LayerId, Node};
use crate::network::value::Value;

impl Graph {
    /// A new block of these layers, with the settings that they share.
    pub(super) fn group(&mut self, ids: &[LayerId], name: &str) -> Result<(), EditError> {
        self.all_movable(ids)?;
        let wanted: HashSet<LayerId> = ids.iter().copied().collect();
        let mut members = self.nodes.iter().filter(|node| wanted.contains(&node.id));
        if let Some(block) = members.find_map(|node| self.block(node.block?)) {
            return Err(EditError::Nested(block.name.clone()));
        }
        self.ends_of(|node| wanted.contains(&node.id))?;
        let id = BlockId(self.fresh_id().0);
        for node in &mut self.nodes {
            if wanted.contains(&node.id) {
                node.block = Some(id);
            }
        }
        let settings = self.usual_settings(id);
        self.blocks.push(Block {
            id,
            name: name.to_owned(),
            repeat: 1,
            folded: true,
            settings,
        });
        Ok(())
    }

    /// What a new block can be set as a whole: filters, units and strides that several of its layers share.
    fn usual_settings(&self, id: BlockId) -> Vec<BlockSetting> {
        let members: Vec<&Node> = self.members(id).collect();
        let usual = ["filters", "units"].into_iter().filter_map(|name| {
            let having = members.iter().filter_map(|node| {
                let value = match node.layer.get(name)? {
                    Value::Int(value) => *value,
                    _ => return None,
                };
                Some((node, value))
            });
            let having: Vec<_> = having.collect();
            let least = having.iter().map(|(_, value)| *value).min()?.max(1);
            let targets: Vec<Target> = having
                .iter()
                .filter(|(_, value)| value.is_multiple_of(least))
                .map(|(node, value)| Target {
                    layer: node.id,
                    setting: name.to_owned(),
                    times: (value / least).max(1),
                })
                .collect();
            let first = having.first()?.0.layer.kind().entry().setting(name)?;
            Some(BlockSetting {
                name: first.title.to_owned(),
                targets,
            })
        });
        usual.collect()
    }

    pub(super) fn ungroup(&mut self, id: BlockId) -> Result<(), EditError> {
        let block = self.block(id).ok_or(EditError::NoSuchBlock(id))?.clone();
        if block.repeat > 1 {
            self.unroll(&block)?;
        }
        for node in &mut self.nodes {
            if node.block == Some(id) {
                node.block = None;
            }
        }
        self.blocks.retain(|block| block.id != id);
        Ok(())
    }

    /// Puts the copies of a repeated block one after another, as plain layers. A block that has several ways in
    /// or out computes once, and stays as it is.
    fn unroll(&mut self, block: &Block) -> Result<(), EditError> {
        let Ok(ends) = self.ends(block.id) else {
            return Ok(());
        };
        let members: Vec<Node> = self.members(block.id).cloned().collect();
        let repeat = block.repeat.clamp(1, MAX_REPEAT);
        let more = members.len().saturating_mul(repeat as usize - 1);
        if self.nodes.len().saturating_add(more) > MAX_LAYERS + 1 {
            return Err(EditError::TooLong(block.name.clone()));
        }
        let mut exit = ends.exit;
        let mut copies = Vec::with_capacity(more);
        for number in 1..repeat {
            let mut ids = HashMap::from([(ends.source, exit)]);
            for node in &members {
                let id = self.fresh_id();
                ids.insert(node.id, id);
            }
            copies.extend(members.iter().map(|node| {
                Node {
                    id: ids.get(&node.id).copied().unwrap_or(node.id),
                    layer: node.layer.in_repeat(number, repeat),
                    inputs: node
                        .inputs
                        .iter()
                        .filter_map(|input| ids.get(input).copied())
                        .collect(),
                    block: None,
                    ..node.clone()
                }
            }));
            exit = ids.get(&ends.exit).copied().unwrap_or(exit);
        }
        let outside = |node: &&mut Node| node.block != Some(block.id);
        for node in self.nodes.iter_mut().filter(outside) {
            for input in node.inputs.iter_mut().filter(|input| **input == ends.exit) {
                *input = exit;
            }
        }
        let last = self
            .nodes
            .iter()
            .rposition(|node| node.block == Some(block.id));
        let place = last.map_or(self.nodes.len(), |last| last + 1);
        self.nodes.splice(place..place, copies);
        Ok(())
    }

    pub(super) fn change_block(
        &mut self,
        id: BlockId,
        change: &BlockChange,
    ) -> Result<(), EditError> {
        let gone = EditError::NoSuchBlock(id);
        let block = self.blocks.iter_mut().find(|block| block.id == id);
        let block = block.ok_or(gone)?;
        match change {
            BlockChange::Rename(name) => block.name.clone_from(name),
            BlockChange::Repeat(times) if (1..=MAX_REPEAT).contains(times) => {
                block.repeat = *times;
            }
            BlockChange::Repeat(times) => return Err(EditError::Repeat(*times)),
            BlockChange::Fold(folded) => block.folded = *folded,
            BlockChange::Set { setting, value } => {
                let targets = block.settings.get(*setting);
                let targets = targets.map(|it| it.targets.clone()).unwrap_or_default();
                let set = targets.iter().filter_map(|target| {
                    let mut layer = self.node(target.layer)?.layer.clone();
                    let outcome = layer.set(&target.setting, target.scaled(value));
                    Some(outcome.map(|()| (target.layer, layer)))
                });
                // All of them, or none.
                let set: Vec<_> = set.collect::<Result<_, _>>()?;
                for (id, layer) in set {
                    if let Some(node) = self.node_mut(id) {
                        node.layer = layer;
                    }
                }
            }
            BlockChange::Expose {
                layer,
                setting,
                into,
            } => self.expose(id, *layer, setting, *into)?,
            BlockChange::Hide { layer, setting } => {
                for it in &mut block.settings {
                    it.targets
                        .retain(|target| target.layer != *layer || target.setting != *setting);
                }
                block.settings.retain(|it| !it.targets.is_empty());
            }
        }
        Ok(())
    }

    fn expose(
        &mut self,
        id: BlockId,
        layer: LayerId,
        setting: &str,
        into: Option<usize>,
    ) -> Result<(), EditError> {
        let node = self.existing(layer)?;
        if node.block != Some(id) {
            return Err(EditError::NoMember(layer));
        }
        let Some(found) = node.layer.kind().entry().setting(setting) else {
            return Ok(());
        };
        let own = node.layer.get(setting).cloned();
        let name = found.title.to_owned();
        // A value of another type cannot follow: it gets a setting of its own.
        let joined = into.and_then(|at| self.block(id)?.settings.get(at)?.value(self));
        let times = match (&own, &joined) {
            (Some(Value::Int(own)), Some(Value::Int(of))) if *of > 0 && own.is_multiple_of(*of) => {
                (own / of).max(1)
            }
            _ => 1,
        };
        let alike = own
            .zip(joined)
            .is_some_and(|(own, of)| discriminant(&own) == discriminant(&of));
        let into = into.filter(|_| alike);
        let target = Target {
            layer,
            setting: setting.to_owned(),
            times,
        };
        let block = self.blocks.iter_mut().find(|block| block.id == id);
        let block = block.ok_or(EditError::NoSuchBlock(id))?;
        let same = |it: &Target| it.layer == layer && it.setting == setting;
        if block.settings.iter().any(|it| it.targets.iter().any(same)) {
            return Ok(());
        }
        match into.and_then(|at| block.settings.get_mut(at)) {
            Some(it) => it.targets.push(target),
            None => block.settings.push(BlockSetting {
                name,
                targets: vec![target],
            }),
        }
        Ok(())
    }

    /// Takes targets away whose layers or settings are gone, and blocks without layers.
    pub(in crate::network) fn forget_targets(&mut self) {
        if self.blocks.is_empty() {
            return;
        }
        let mut blocks = std::mem::take(&mut self.blocks);
        let places = self.positions();
        let node = |id: LayerId| self.nodes.get(*places.get(&id)?);
        for block in &mut blocks {
            for setting in &mut block.settings {
                setting.targets.retain(|target| {
                    node(target.layer).is_some_and(|node| {
                        node.block == Some(block.id) && node.layer.get(&target.setting).is_some()
                    })
                });
            }
            block.settings.retain(|setting| !setting.targets.is_empty());
        }
        let used: HashSet<BlockId> = self.nodes.iter().filter_map(|node| node.block).collect();
        blocks.retain(|block| used.contains(&block.id));
        self.blocks = blocks;
    }

    /// Copies of the blocks of another graph; `names` says which layer became which.
    pub(super) fn adopt_blocks(
        &mut self,
        other: &Graph,
        names: &HashMap<LayerId, LayerId>,
    ) -> HashMap<BlockId, BlockId> {
        let mut adopted = HashMap::new();
        for block in &other.blocks {
            let id = BlockId(self.fresh_id().0);
            adopted.insert(block.id, id);
            let settings = block.settings.iter().map(|setting| BlockSetting {
                name: setting.name.clone(),
                targets: setting
                    .targets
                    .iter()
                    .filter_map(|target| {
                        Some(Target {
                            layer: *names.get(&target.layer)?,
                            ..target.clone()
                        })
                    })
                    .collect(),
            });
            let settings = settings.collect();
            self.blocks.push(Block {
                id,
                settings,
                ..block.clone()
            });
        }
        adopted
    }
}
