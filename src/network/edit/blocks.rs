//! Edits of blocks.

use std::collections::HashMap;

use super::{BlockChange, EditError};
use crate::network::block::{Block, BlockId, BlockSetting, MAX_REPEAT, Target};
use crate::network::graph::{Graph, LayerId, Node};
use crate::network::value::Value;

impl Graph {
    /// A new block of these layers, with the settings that they share.
    pub(super) fn group(&mut self, ids: &[LayerId], name: &str) -> Result<(), EditError> {
        for id in ids {
            self.movable(*id)?;
            if self.existing(*id)?.block.is_some() {
                let reason = "holds layers that are in no other block".to_owned();
                return Err(EditError::NoBlock(reason));
            }
        }
        self.ends_of(|node| ids.contains(&node.id))?;
        let id = BlockId(self.fresh_id().0);
        for node in &mut self.nodes {
            if ids.contains(&node.id) {
                node.block = Some(id);
            }
        }
        let settings = self.usual_settings(ids);
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
    fn usual_settings(&self, ids: &[LayerId]) -> Vec<BlockSetting> {
        let members: Vec<&Node> = ids.iter().filter_map(|id| self.node(*id)).collect();
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

    /// Puts the copies of a repeated block one after another, as plain layers.
    fn unroll(&mut self, block: &Block) -> Result<(), EditError> {
        let ends = self.ends(block.id)?;
        let members: Vec<Node> = self.members(block.id).cloned().collect();
        let mut exit = ends.exit;
        let mut place = self
            .nodes
            .iter()
            .rposition(|node| node.block == Some(block.id))
            .map_or(self.nodes.len(), |last| last + 1);
        let consumers: Vec<LayerId> = self
            .nodes
            .iter()
            .filter(|node| node.block != Some(block.id) && node.inputs.contains(&ends.exit))
            .map(|node| node.id)
            .collect();
        for repeat in 1..block.repeat.min(MAX_REPEAT) {
            let mut ids = HashMap::from([(ends.source, exit)]);
            for node in &members {
                let id = self.fresh_id();
                ids.insert(node.id, id);
            }
            for node in &members {
                let copy = Node {
                    id: ids.get(&node.id).copied().unwrap_or(node.id),
                    layer: node.layer.in_repeat(repeat, block.repeat),
                    inputs: node
                        .inputs
                        .iter()
                        .filter_map(|input| ids.get(input).copied())
                        .collect(),
                    block: None,
                    ..node.clone()
                };
                self.nodes.insert(place, copy);
                place += 1;
            }
            exit = ids.get(&ends.exit).copied().unwrap_or(exit);
        }
        for node in &mut self.nodes {
            if consumers.contains(&node.id) {
                for input in node.inputs.iter_mut().filter(|input| **input == ends.exit) {
                    *input = exit;
                }
            }
        }
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
                for target in targets {
                    if let Some(node) = self.node_mut(target.layer) {
                        node.layer.set(&target.setting, target.scaled(value))?;
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
        let Some(found) = node.layer.kind().entry().setting(setting) else {
            return Ok(());
        };
        let own = node.layer.get(setting).cloned();
        let name = found.title.to_owned();
        let joined = into.and_then(|at| self.block(id)?.settings.get(at)?.value(self));
        let times = match (&own, &joined) {
            (Some(Value::Int(own)), Some(Value::Int(of))) if *of > 0 && own.is_multiple_of(*of) => {
                (own / of).max(1)
            }
            _ => 1,
        };
        let target = Target {
            layer,
            setting: setting.to_owned(),
            times,
        };
        let block = self.blocks.iter_mut().find(|block| block.id == id);
        let block = block.ok_or(EditError::NoSuchBlock(id))?;
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
        let mut blocks = std::mem::take(&mut self.blocks);
        for block in &mut blocks {
            for setting in &mut block.settings {
                setting.targets.retain(|target| {
                    self.node(target.layer).is_some_and(|node| {
                        node.block == Some(block.id) && node.layer.get(&target.setting).is_some()
                    })
                });
            }
            block.settings.retain(|setting| !setting.targets.is_empty());
        }
        blocks.retain(|block| self.members(block.id).next().is_some());
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
