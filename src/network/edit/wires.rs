//! Edits of the wires between layers.

use super::EditError;
use crate::network::entry::{Arity, Kind};
use crate::network::graph::{Graph, LayerId, Node};
use crate::network::layer::Layer;

impl Graph {
    pub(super) fn connect(&mut self, from: LayerId, to: LayerId) -> Result<(), EditError> {
        self.existing(from)?;
        self.movable(to)?;
        if from == to {
            return Err(EditError::Itself);
        }
        let node = self.node_mut(to).ok_or(EditError::NoSuchLayer(to))?;
        if node.layer.kind().entry().arity == Arity::One {
            node.inputs = vec![from];
        } else if !node.inputs.contains(&from) {
            node.inputs.push(from);
        }
        Ok(())
    }

    pub(super) fn disconnect(&mut self, from: LayerId, to: LayerId) -> Result<(), EditError> {
        let node = self.node_mut(to).ok_or(EditError::NoSuchLayer(to))?;
        node.inputs.retain(|input| *input != from);
        Ok(())
    }

    pub(super) fn join(
        &mut self,
        from: LayerId,
        to: LayerId,
        kind: Kind,
    ) -> Result<LayerId, EditError> {
        self.existing(from)?;
        let place = self.movable(to)?;
        if from == to {
            return Err(EditError::Itself);
        }
        let id = self.fresh_id();
        let (block, before) = {
            let node = self.existing(to)?;
            (node.block, node.inputs.first().copied())
        };
        let inputs = before.into_iter().chain([from]).collect();
        let mut join = Node::new(id, Layer::new(kind), inputs);
        let outside = before.and_then(|before| self.node(before)?.block) != block;
        match (block, before) {
            // At the way into a block: before the whole of it.
            (Some(block), Some(before)) if outside => self.enter(block, before, id),
            _ => {
                join.block = block;
                let node = self.node_mut(to).ok_or(EditError::NoSuchLayer(to))?;
                match node.inputs.first_mut() {
                    Some(first) => *first = id,
                    None => node.inputs.push(id),
                }
            }
        }
        self.nodes.insert(place, join);
        Ok(id)
    }
}
