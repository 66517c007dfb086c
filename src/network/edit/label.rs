//! What an edit is called in undo, and which edits in a row are one step.

use super::{BlockChange, Edit};
use crate::network::block::BlockId;
use crate::network::graph::{Graph, LayerId};

impl Edit {
    /// What the edit does, to stand after "Undo": "add Conv 2D", "delete dense_2". Named by `graph` as it is
    /// before the edit.
    pub fn label(&self, graph: &Graph) -> String {
        let name = |id: &LayerId| graph.name_of(*id);
        let title = |id: Option<&LayerId>, setting: &String| {
            let kind = id
                .and_then(|id| graph.node(*id))
                .map(|node| node.layer.kind());
            let found = kind.and_then(|kind| kind.entry().setting(setting));
            found.map_or(setting.clone(), |found| found.title.to_lowercase())
        };
        let block = |id: &BlockId| graph.block(*id).map_or("block", |block| &block.name);
        match self {
            Self::Insert { layer, .. }
            | Self::InsertAfter { layer, .. }
            | Self::InsertBetween { layer, .. }
            | Self::Branch { layer, .. } => format!("add {}", layer.kind().entry().title),
            Self::Delete(id) => format!("delete {}", name(id)),
            Self::DeleteAll(ids) => format!("delete {}", some(ids, graph)),
            Self::Move { id, .. } => format!("move {}", name(id)),
            Self::Duplicate(id) => format!("duplicate {}", name(id)),
            Self::Set {
                id, name: setting, ..
            } => format!("change {} of {}", title(Some(id), setting), name(id)),
            Self::SetAll {
                ids, name: setting, ..
            } => format!(
                "change {} of {}",
                title(ids.first(), setting),
                some(ids, graph)
            ),
            Self::Exchange { id, kind } => {
                format!("make {} {}", name(id), kind.entry().title)
            }
            Self::Disable { ids, disabled } => {
                let verb = if *disabled { "disable" } else { "enable" };
                format!("{verb} {}", some(ids, graph))
            }
            Self::Comment { id, .. } => format!("comment on {}", name(id)),
            Self::Connect { from, to } => format!("connect {} to {}", name(from), name(to)),
            Self::Disconnect { from, to } => {
                format!("disconnect {} from {}", name(from), name(to))
            }
            Self::Join { from, to, .. } => {
                format!("skip connection from {} to {}", name(from), name(to))
            }
            Self::Paste { fragment, .. } => fragment.label(),
            Self::Group { name, .. } => format!("make the block {name}"),
            Self::Ungroup(id) => format!("ungroup {}", block(id)),
            Self::Block { id, change } => match change {
                BlockChange::Rename(_) => format!("rename {}", block(id)),
                BlockChange::Repeat(times) => format!("repeat {} {times} times", block(id)),
                BlockChange::Fold(true) => format!("fold {}", block(id)),
                BlockChange::Fold(false) => format!("open {}", block(id)),
                _ => format!("change {}", block(id)),
            },
            Self::Replace(_) => "replace the network".into(),
        }
    }

    /// What goes on being changed while a slider is dragged or text is typed: such edits in a row are one step
    /// of undo.
    pub(in crate::network) fn goes_on(&self) -> Option<Changing> {
        match self {
            Self::Set { id, name, .. } => Some(Changing::Setting(*id, name.clone())),
            Self::SetAll { ids, name, .. } => Some(Changing::Settings(ids.clone(), name.clone())),
            Self::Comment { id, .. } => Some(Changing::Comment(*id)),
            Self::Block { id, change } => match change {
                BlockChange::Rename(_) => Some(Changing::Block(*id, None)),
                BlockChange::Set { setting, .. } => Some(Changing::Block(*id, Some(*setting))),
                BlockChange::Repeat(_) => Some(Changing::Block(*id, Some(usize::MAX))),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether it changes only how the network is shown.
    pub(in crate::network) fn only_looks(&self) -> bool {
        let change = match self {
            Self::Block { change, .. } => Some(change),
            _ => None,
        };
        matches!(change, Some(BlockChange::Fold(_)))
    }
}

/// What the last edit has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::network) enum Changing {
    Setting(LayerId, String),
    Settings(Vec<LayerId>, String),
    Comment(LayerId),
    Block(BlockId, Option<usize>),
}

/// "dense_1", or "3 layers".
fn some(ids: &[LayerId], graph: &Graph) -> String {
    match ids {
        [id] => graph.name_of(*id),
        _ => format!("{} layers", ids.len()),
    }
}
