//! The edits of a graph, as data: what a click, a drag, a remedy or a template does.

mod blocks;
mod label;
mod layers;
mod wires;

use std::collections::HashSet;

use super::block::BlockId;
use super::entry::Kind;
use super::fragment::Fragment;
use super::graph::{Graph, LayerId, Node};
use super::layer::Layer;
use super::value::{SettingError, Value};
pub(super) use label::Changing;

/// One change of a graph.
#[derive(Clone, Debug, PartialEq)]
pub enum Edit {
    /// Puts a new layer before the one at this position, on its first wire. The input's place is kept: 0 means
    /// right after it, and what is beyond the end means after the last layer.
    Insert {
        /// Position that the layer will have.
        at: usize,
        /// The layer.
        layer: Layer,
    },
    /// Puts a new layer after this one: what took the output of this one takes that of the new one.
    InsertAfter {
        /// The layer before.
        id: LayerId,
        /// The new layer.
        layer: Layer,
    },
    /// Puts a new layer on the wire between two.
    InsertBetween {
        /// Where the wire comes from.
        from: LayerId,
        /// Where it goes.
        to: LayerId,
        /// The new layer.
        layer: Layer,
    },
    /// Starts a branch: a new layer that takes the output of this one, and that nothing takes yet.
    Branch {
        /// Where it branches off.
        from: LayerId,
        /// The new layer.
        layer: Layer,
    },
    /// Takes the layer out; what took its output takes its first input.
    Delete(LayerId),
    /// Takes several layers out.
    DeleteAll(Vec<LayerId>),
    /// Takes the layer out and puts it before the one that will then be at this position, on its first wire.
    Move {
        /// Which layer.
        id: LayerId,
        /// Position that it will have.
        to: usize,
    },
    /// Puts a copy right after the layer.
    Duplicate(LayerId),
    /// Changes one setting of a layer.
    Set {
        /// Which layer.
        id: LayerId,
        /// The setting's name.
        name: String,
        /// Its new value.
        value: Value,
    },
    /// Changes one setting of several layers to the same value.
    SetAll {
        /// Which layers.
        ids: Vec<LayerId>,
        /// The setting's name.
        name: String,
        /// Its new value.
        value: Value,
    },
    /// Makes a layer one of another kind, with the settings that both have.
    Exchange {
        /// Which layer.
        id: LayerId,
        /// What it becomes.
        kind: Kind,
    },
    /// Leaves layers out of the network, or takes them in again.
    Disable {
        /// Which layers.
        ids: Vec<LayerId>,
        /// Whether they are left out.
        disabled: bool,
    },
    /// Writes a note at a layer.
    Comment {
        /// Which layer.
        id: LayerId,
        /// The note; empty to have none.
        text: String,
    },
    /// Draws a wire. A layer that takes one input takes this one in place of what it had; a join takes it too.
    Connect {
        /// Where it comes from.
        from: LayerId,
        /// Where it goes.
        to: LayerId,
    },
    /// Takes a wire away.
    Disconnect {
        /// Where it comes from.
        from: LayerId,
        /// Where it goes.
        to: LayerId,
    },
    /// Draws a skip connection: a new join before a layer, of what that layer had and of the output of `from`.
    Join {
        /// Where the skip connection comes from.
        from: LayerId,
        /// The layer that it goes to.
        to: LayerId,
        /// The kind of join.
        kind: Kind,
    },
    /// Puts layers after this one, wired among themselves; what took its output takes that of the last of them.
    Paste {
        /// The layer before.
        after: LayerId,
        /// The layers.
        fragment: Fragment,
    },
    /// Makes a block of layers.
    Group {
        /// Its members.
        ids: Vec<LayerId>,
        /// Its name.
        name: String,
    },
    /// Makes a block's layers plain ones again; the copies of a repeated block stand one after another then.
    Ungroup(BlockId),
    /// Changes a block.
    Block {
        /// Which block.
        id: BlockId,
        /// What of it.
        change: BlockChange,
    },
    /// Puts another network in place of this one. Its layers get new ids, so that none is taken for an old one.
    Replace(Graph),
}

/// One change of a block.
#[derive(Clone, Debug, PartialEq)]
pub enum BlockChange {
    /// Another name.
    Rename(String),
    /// How many copies follow one another.
    Repeat(u32),
    /// Sets all targets of one of its settings.
    Set {
        /// Position in the block's settings.
        setting: usize,
        /// The new value.
        value: Value,
    },
    /// Makes a setting of a member one of the block: of that position, or a new one.
    Expose {
        /// The member.
        layer: LayerId,
        /// The member's setting.
        setting: String,
        /// Position in the block's settings; none for a new one.
        into: Option<usize>,
    },
    /// Makes it one of the member alone again.
    Hide {
        /// The member.
        layer: LayerId,
        /// The member's setting.
        setting: String,
    },
    /// Shows the block as one card, or its layers. No step of its own in undo.
    Fold(bool),
}

/// Why an edit was not made; the graph is then as it was.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum EditError {
    /// The layer is not in the graph.
    #[error("this layer is no longer in the network")]
    NoSuchLayer(LayerId),
    /// The block is not in the graph.
    #[error("this block is no longer in the network")]
    NoSuchBlock(BlockId),
    /// The input stays where it is, and stays one.
    #[error("the input stays the first layer: it cannot be moved, deleted or added again")]
    InputStays,
    /// A layer cannot take its own output.
    #[error("a layer cannot take its own output")]
    Itself,
    /// The layer is not one of the block's.
    #[error("this layer is not in the block whose setting it should follow")]
    NoMember(LayerId),
    /// The layers cannot be a block.
    #[error("a block {0}: select layers that follow one another")]
    NoBlock(String),
    /// Some of the layers are in a block already, of this name.
    #[error(
        "blocks do not stand in blocks, and {0} holds some of these layers: ungroup it first, or leave its layers out"
    )]
    Nested(String),
    /// The copies of a repeated block would be too many layers.
    #[error("as plain layers {0} would make the network longer than the {max} layers that are allowed: repeat it less", max = super::shape::grouped(super::check::MAX_LAYERS as u64))]
    TooLong(String),
    /// A count is out of range.
    #[error("a block is repeated from 1 to 100 times, not {0}")]
    Repeat(u32),
    /// The setting does not take the value.
    #[error(transparent)]
    Setting(#[from] SettingError),
}

impl Graph {
    /// Makes an edit. Returns the layer that is new, for selecting it: the inserted one, the copy, the join, or
    /// the last of those pasted.
    ///
    /// # Errors
    /// Where the layer is gone, or is the input, or does not take the value; the graph is then unchanged.
    pub fn apply(&mut self, edit: &Edit) -> Result<Option<LayerId>, EditError> {
        if matches!(
            edit,
            Edit::Set { .. } | Edit::SetAll { .. } | Edit::Comment { .. }
        ) {
            return self.change(edit);
        }
        let twice = self.twice();
        let new = self.change(edit)?;
        self.tidy_wires(&twice);
        self.sort();
        Ok(new)
    }

    /// Joins, each with an output that it takes more than once: x + x.
    fn twice(&self) -> HashSet<(LayerId, LayerId)> {
        let mut twice = HashSet::new();
        for node in &self.nodes {
            let mut seen = HashSet::new();
            let again = node.inputs.iter().filter(|input| !seen.insert(**input));
            twice.extend(again.map(|input| (node.id, *input)));
        }
        twice
    }

    /// No edit makes a second wire between two layers, nor leaves one from a layer that is gone or from itself. A join
    /// that took an output twice before goes on doing so.
    fn tidy_wires(&mut self, twice: &HashSet<(LayerId, LayerId)>) {
        let present: HashSet<LayerId> = self.nodes.iter().map(|node| node.id).collect();
        for node in &mut self.nodes {
            // Taking out a layer of a cycle may leave one that takes its own output.
            let mut seen = HashSet::from([node.id]);
            let id = node.id;
            node.inputs.retain(|input| {
                let first = seen.insert(*input);
                present.contains(input) && (first || twice.contains(&(id, *input)))
            });
        }
    }

    fn change(&mut self, edit: &Edit) -> Result<Option<LayerId>, EditError> {
        match edit {
            Edit::Insert { at, layer } => self.insert(*at, layer).map(Some),
            Edit::InsertAfter { id, layer } => self.insert_after(*id, layer).map(Some),
            Edit::InsertBetween { from, to, layer } => {
                self.insert_between(*from, *to, layer).map(Some)
            }
            Edit::Branch { from, layer } => self.branch(*from, layer).map(Some),
            Edit::Delete(id) => self.delete_all(&[*id]).map(|()| None),
            Edit::DeleteAll(ids) => self.delete_all(ids).map(|()| None),
            Edit::Move { id, to } => self.relocate(*id, *to).map(|()| None),
            Edit::Duplicate(id) => self.duplicate(*id).map(Some),
            Edit::Set { id, name, value } => self.set_all(&[*id], name, value),
            Edit::SetAll { ids, name, value } => self.set_all(ids, name, value),
            Edit::Exchange { id, kind } => self.exchange(*id, *kind).map(|()| None),
            Edit::Disable { ids, disabled } => self.disable(ids, *disabled).map(|()| None),
            Edit::Comment { id, text } => {
                let node = self.node_mut(*id).ok_or(EditError::NoSuchLayer(*id))?;
                node.comment.clone_from(text);
                Ok(None)
            }
            Edit::Connect { from, to } => self.connect(*from, *to).map(|()| None),
            Edit::Disconnect { from, to } => self.disconnect(*from, *to).map(|()| None),
            Edit::Join { from, to, kind } => self.join(*from, *to, *kind).map(Some),
            Edit::Paste { after, fragment } => self.paste(*after, fragment),
            Edit::Group { ids, name } => self.group(ids, name).map(|()| None),
            Edit::Ungroup(id) => self.ungroup(*id).map(|()| None),
            Edit::Block { id, change } => self.change_block(*id, change).map(|()| None),
            Edit::Replace(graph) => {
                self.replace(graph);
                Ok(None)
            }
        }
    }

    /// Where a layer stands that may be moved, deleted or copied: any but the input.
    fn movable(&self, id: LayerId) -> Result<usize, EditError> {
        match self.position(id) {
            None => Err(EditError::NoSuchLayer(id)),
            Some(0) => Err(EditError::InputStays),
            Some(position) => Ok(position),
        }
    }

    /// As [`Graph::movable`], of several at once.
    fn all_movable(&self, ids: &[LayerId]) -> Result<(), EditError> {
        let places = self.positions();
        ids.iter().try_for_each(|id| match places.get(id) {
            None => Err(EditError::NoSuchLayer(*id)),
            Some(0) => Err(EditError::InputStays),
            Some(_) => Ok(()),
        })
    }

    fn existing(&self, id: LayerId) -> Result<&Node, EditError> {
        self.node(id).ok_or(EditError::NoSuchLayer(id))
    }
}
