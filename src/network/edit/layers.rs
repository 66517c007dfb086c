//! Edits that add, take out, move and change layers.

use std::collections::{HashMap, HashSet};

use super::EditError;
use crate::network::block::BlockId;
use crate::network::entry::{Arity, Kind};
use crate::network::fragment::Fragment;
use crate::network::graph::{Graph, LayerId, Node};
use crate::network::layer::Layer;
use crate::network::value::Value;

impl Graph {
    fn fresh(&mut self, layer: &Layer, inputs: Vec<LayerId>) -> Result<Node, EditError> {
        if layer.kind() == Kind::Input {
            return Err(EditError::InputStays);
        }
        let id = self.fresh_id();
        Ok(Node::new(id, layer.clone(), inputs))
    }

    pub(super) fn insert(&mut self, at: usize, layer: &Layer) -> Result<LayerId, EditError> {
        let node = self.fresh(layer, Vec::new())?;
        Ok(self.put(at, node))
    }

    /// Puts a node before the one at `at`, on its first wire, keeping the node's further inputs. Before the
    /// first layer of a block it comes before the whole block.
    fn put(&mut self, at: usize, mut node: Node) -> LayerId {
        let id = node.id;
        let place = at.max(1).min(self.nodes.len());
        let further = node.inputs.split_off(node.inputs.len().min(1));
        let before = place
            .checked_sub(1)
            .and_then(|before| self.nodes.get(before));
        let before = before.map(|before| (before.id, before.block));
        let next = self.nodes.get(place);
        let next = next.map(|next| (next.id, next.inputs.first().copied(), next.block));
        node.inputs = match next {
            Some((_, Some(source), Some(block))) if before.is_none_or(|it| it.1 != Some(block)) => {
                self.enter(block, source, id);
                vec![source]
            }
            Some((next, source, block)) => {
                node.block = block;
                if let Some(next) = self.node_mut(next) {
                    match next.inputs.first_mut() {
                        Some(first) => *first = id,
                        None => next.inputs.push(id),
                    }
                }
                let source = source.or(before.map(|before| before.0));
                source.into_iter().collect()
            }
            None => before.map(|(id, _)| id).into_iter().collect(),
        };
        node.inputs.extend(further);
        self.nodes.insert(place, node);
        id
    }

    /// What the members of a block took from `source` they take from `instead`.
    pub(super) fn enter(&mut self, block: BlockId, source: LayerId, instead: LayerId) {
        let members = self
            .nodes
            .iter_mut()
            .filter(|node| node.block == Some(block));
        for input in members.flat_map(|node| node.inputs.iter_mut()) {
            if *input == source {
                *input = instead;
            }
        }
    }

    pub(super) fn insert_after(
        &mut self,
        before: LayerId,
        layer: &Layer,
    ) -> Result<LayerId, EditError> {
        let place = self
            .position(before)
            .ok_or(EditError::NoSuchLayer(before))?;
        let mut node = self.fresh(layer, vec![before])?;
        node.block = self.open_block(before);
        let id = node.id;
        self.reroute(before, id);
        self.nodes.insert(place + 1, node);
        Ok(id)
    }

    /// The block of a layer, if what comes after it belongs to it as well: not where it is folded.
    fn open_block(&self, id: LayerId) -> Option<BlockId> {
        let block = self.node(id)?.block?;
        self.block(block).filter(|it| !it.folded)?;
        Some(block)
    }

    /// What took the output of `from` takes that of `to`.
    pub(super) fn reroute(&mut self, from: LayerId, to: LayerId) {
        let inputs = self
            .nodes
            .iter_mut()
            .flat_map(|node| node.inputs.iter_mut());
        for input in inputs.filter(|input| **input == from) {
            *input = to;
        }
    }

    /// All of them, or none where one does not take the value.
    pub(super) fn set_all(
        &mut self,
        ids: &[LayerId],
        name: &str,
        value: &Value,
    ) -> Result<Option<LayerId>, EditError> {
        for id in ids {
            let mut layer = self.existing(*id)?.layer.clone();
            layer.set(name, value.clone())?;
        }
        for node in self.nodes.iter_mut().filter(|node| ids.contains(&node.id)) {
            node.layer.set(name, value.clone())?;
        }
        Ok(None)
    }

    /// On a wire into a block the layer comes before the block where that is folded, else into it.
    pub(super) fn insert_between(
        &mut self,
        from: LayerId,
        to: LayerId,
        layer: &Layer,
    ) -> Result<LayerId, EditError> {
        let outside = self.existing(from)?.block;
        let place = self.movable(to)?;
        let block = self.existing(to)?.block;
        if !self.existing(to)?.inputs.contains(&from) {
            return Err(EditError::NoSuchLayer(from));
        }
        let mut node = self.fresh(layer, vec![from])?;
        let id = node.id;
        let folded = block.filter(|block| {
            outside != Some(*block) && self.block(*block).is_some_and(|block| block.folded)
        });
        match folded {
            Some(block) => self.enter(block, from, id),
            None => {
                node.block = block;
                let next = self.node_mut(to).ok_or(EditError::NoSuchLayer(to))?;
                for input in next.inputs.iter_mut().filter(|input| **input == from) {
                    *input = id;
                }
            }
        }
        self.nodes.insert(place, node);
        Ok(id)
    }

    pub(super) fn branch(&mut self, from: LayerId, layer: &Layer) -> Result<LayerId, EditError> {
        let place = self.position(from).ok_or(EditError::NoSuchLayer(from))?;
        let mut node = self.fresh(layer, vec![from])?;
        node.block = self.open_block(from);
        let id = node.id;
        self.nodes.insert(place + 1, node);
        Ok(id)
    }

    pub(super) fn delete_all(&mut self, ids: &[LayerId]) -> Result<(), EditError> {
        self.all_movable(ids)?;
        self.bypass(ids);
        let gone: HashSet<LayerId> = ids.iter().copied().collect();
        self.nodes.retain(|node| !gone.contains(&node.id));
        self.forget_targets();
        Ok(())
    }

    /// What took the output of one of these takes its first input, once; that of a join which is within the same
    /// block goes before one that passes the block by.
    fn bypass(&mut self, ids: &[LayerId]) {
        let places = self.positions();
        let node = |id: &LayerId| self.nodes.get(*places.get(id)?);
        let source = |of: &Node| {
            let own = |id: &&LayerId| node(id).is_some_and(|it| it.block == of.block);
            let own = of.inputs.iter().find(own).filter(|_| of.block.is_some());
            own.or(of.inputs.first()).copied()
        };
        let sources: HashMap<LayerId, Option<LayerId>> = ids
            .iter()
            .filter_map(|id| Some((*id, source(node(id)?))))
            .collect();
        // Past all of them that follow one another; where they go round, to nowhere.
        let mut found: HashMap<LayerId, Option<LayerId>> = HashMap::new();
        for id in ids {
            let (mut at, mut passed) = (Some(*id), HashSet::new());
            while let Some((here, next)) = at.and_then(|id| Some((id, sources.get(&id)?))) {
                if let Some(known) = found.get(&here) {
                    at = *known;
                    break;
                }
                at = next.filter(|_| passed.insert(here));
            }
            found.extend(passed.into_iter().map(|id| (id, at)));
        }
        for node in &mut self.nodes {
            if !node.inputs.iter().any(|input| found.contains_key(input)) {
                continue;
            }
            let mut seen: HashSet<LayerId> = HashSet::new();
            let inputs = std::mem::take(&mut node.inputs);
            let kept: HashSet<LayerId> = inputs
                .iter()
                .copied()
                .filter(|input| !found.contains_key(input))
                .collect();
            let inputs = inputs.into_iter().filter_map(|input| {
                let instead = match found.get(&input) {
                    Some(instead) => instead.filter(|instead| !kept.contains(instead))?,
                    None => input,
                };
                seen.insert(instead).then_some(instead)
            });
            node.inputs = inputs.collect();
        }
    }

    pub(super) fn relocate(&mut self, id: LayerId, to: usize) -> Result<(), EditError> {
        let position = self.movable(id)?;
        self.bypass(&[id]);
        let node = self.nodes.remove(position);
        self.put(
            to,
            Node {
                block: None,
                ..node
            },
        );
        self.forget_targets();
        Ok(())
    }

    pub(super) fn duplicate(&mut self, id: LayerId) -> Result<LayerId, EditError> {
        self.movable(id)?;
        let Node { layer, inputs, .. } = self.existing(id)?.clone();
        let copy = self.insert_after(id, &layer)?;
        // A copy of a join brings together the same branches, with the join in place of the first.
        if let Some(node) = self.node_mut(copy)
            && layer.kind().entry().arity == Arity::Many
        {
            node.inputs.extend(inputs.into_iter().skip(1));
        }
        Ok(copy)
    }

    pub(super) fn exchange(&mut self, id: LayerId, kind: Kind) -> Result<(), EditError> {
        self.movable(id)?;
        if kind == Kind::Input {
            return Err(EditError::InputStays);
        }
        let node = self.node_mut(id).ok_or(EditError::NoSuchLayer(id))?;
        let mut layer = Layer::new(kind);
        for (setting, value) in node.layer.settings() {
            let wanted = kind.entry().setting(setting.name);
            if wanted.is_some_and(|wanted| wanted.range.contains(value)) {
                layer.set(setting.name, value.clone())?;
            }
        }
        node.layer = layer;
        if kind.entry().arity == Arity::One {
            node.inputs.truncate(1);
        }
        self.forget_targets();
        Ok(())
    }

    pub(super) fn disable(&mut self, ids: &[LayerId], disabled: bool) -> Result<(), EditError> {
        self.all_movable(ids)?;
        let ids: HashSet<LayerId> = ids.iter().copied().collect();
        for node in self.nodes.iter_mut().filter(|node| ids.contains(&node.id)) {
            node.disabled = disabled;
        }
        Ok(())
    }

    pub(super) fn paste(
        &mut self,
        after: LayerId,
        fragment: &Fragment,
    ) -> Result<Option<LayerId>, EditError> {
        let place = self.position(after).ok_or(EditError::NoSuchLayer(after))?;
        let open = self.open_block(after);
        let mut part = fragment.graph().clone();
        if open.is_some() {
            // Blocks do not stand in blocks: there they come as the layers that they are.
            for block in fragment.graph().blocks() {
                part.ungroup(block.id)?;
            }
        }
        let mut added = self.adopted(&part, Some(after));
        let Some(last) = added.last().map(|node| node.id) else {
            return Ok(None);
        };
        for node in &mut added {
            node.block = node.block.or(open);
        }
        self.reroute(after, last);
        // The rerouted wires are those of the graph; those of the new layers still begin at `after`.
        self.nodes.splice(place + 1..place + 1, added);
        Ok(Some(last))
    }

    /// The layers of another graph without its input, with ids of this one; what took the input takes `source`.
    /// Their blocks come along.
    fn adopted(&mut self, other: &Graph, source: Option<LayerId>) -> Vec<Node> {
        let mut names = HashMap::new();
        let input = other.nodes.first().map(|node| node.id);
        names.extend(input.zip(source));
        for node in other.nodes.iter().skip(1) {
            let id = self.fresh_id();
            names.insert(node.id, id);
        }
        let blocks = self.adopt_blocks(other, &names);
        let adopted = other.nodes.iter().skip(1).filter_map(|node| {
            Some(Node {
                id: *names.get(&node.id)?,
                inputs: node
                    .inputs
                    .iter()
                    .filter_map(|id| names.get(id).copied())
                    .collect(),
                block: node.block.and_then(|block| blocks.get(&block).copied()),
                ..node.clone()
            })
        });
        adopted.collect()
    }

    pub(super) fn replace(&mut self, graph: &Graph) {
        let input = graph.nodes.first().map(|node| node.layer.clone());
        self.nodes.clear();
        self.blocks.clear();
        let id = self.fresh_id();
        let input = input.unwrap_or_else(|| Layer::new(Kind::Input));
        self.nodes.push(Node::new(id, input, Vec::new()));
        if let (Some(first), Some(theirs)) = (self.nodes.first_mut(), graph.nodes.first()) {
            first.comment.clone_from(&theirs.comment);
        }
        let added = self.adopted(graph, Some(id));
        self.nodes.extend(added);
    }
}
