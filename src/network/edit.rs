//! The edits of a graph, as data: what a click, a drag, a remedy or a template does.

use super::entry::Kind;
use super::graph::{Graph, LayerId, Node};
use super::layer::Layer;
use super::value::{SettingError, Value};

/// One change of a graph.
#[derive(Clone, Debug, PartialEq)]
pub enum Edit {
    /// Puts a new layer at this position. The input's place is kept: 0 means right after it, and what is
    /// beyond the end means the end.
    Insert {
        /// Position that the layer will have.
        at: usize,
        /// The layer.
        layer: Layer,
    },
    /// Takes the layer out.
    Delete(LayerId),
    /// Moves the layer to another position, kept between the input and the end.
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
    /// Puts another network in place of this one. Its layers get new ids, so that none is taken for an old one.
    Replace(Graph),
}

/// Why an edit was not made; the graph is then as it was.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum EditError {
    /// The layer is not in the graph.
    #[error("this layer is no longer in the network")]
    NoSuchLayer(LayerId),
    /// The input stays where it is, and stays one.
    #[error("the input stays the first layer: it cannot be moved, deleted or added again")]
    InputStays,
    /// The setting does not take the value.
    #[error(transparent)]
    Setting(#[from] SettingError),
}

impl Edit {
    /// What the edit does, to stand after "Undo": "add Conv 2D", "delete dense_2". Named by `graph` as it is
    /// before the edit.
    pub fn label(&self, graph: &Graph) -> String {
        match self {
            Self::Insert { layer, .. } => format!("add {}", layer.kind().entry().title),
            Self::Delete(id) => format!("delete {}", graph.name_of(*id)),
            Self::Move { id, .. } => format!("move {}", graph.name_of(*id)),
            Self::Duplicate(id) => format!("duplicate {}", graph.name_of(*id)),
            Self::Set { id, name, .. } => {
                let setting = graph
                    .node(*id)
                    .and_then(|node| node.layer.kind().entry().setting(name));
                let title = setting.map_or(name.clone(), |setting| setting.title.to_lowercase());
                format!("change {title} of {}", graph.name_of(*id))
            }
            Self::Replace(_) => "replace the network".into(),
        }
    }
}

impl Graph {
    /// Makes an edit. Returns the layer that is new, for selecting it: the inserted one or the copy.
    ///
    /// # Errors
    /// Where the layer is gone, or is the input, or does not take the value; the graph is then unchanged.
    pub fn apply(&mut self, edit: &Edit) -> Result<Option<LayerId>, EditError> {
        match edit {
            Edit::Insert { at, layer } => self.insert(*at, layer).map(Some),
            Edit::Delete(id) => {
                let position = self.movable(*id)?;
                self.nodes.remove(position);
                Ok(None)
            }
            Edit::Move { id, to } => {
                let position = self.movable(*id)?;
                let node = self.nodes.remove(position);
                self.nodes.insert((*to).max(1).min(self.nodes.len()), node);
                Ok(None)
            }
            Edit::Duplicate(id) => {
                let position = self.movable(*id)?;
                let layer = self
                    .node(*id)
                    .ok_or(EditError::NoSuchLayer(*id))?
                    .layer
                    .clone();
                self.insert(position + 1, &layer).map(Some)
            }
            Edit::Set { id, name, value } => {
                let node = self.nodes.iter_mut().find(|node| node.id == *id);
                node.ok_or(EditError::NoSuchLayer(*id))?
                    .layer
                    .set(name, value.clone())?;
                Ok(None)
            }
            Edit::Replace(graph) => {
                self.nodes.clear();
                for node in graph.nodes() {
                    let id = self.fresh_id();
                    self.nodes.push(Node {
                        id,
                        layer: node.layer.clone(),
                    });
                }
                Ok(None)
            }
        }
    }

    fn insert(&mut self, at: usize, layer: &Layer) -> Result<LayerId, EditError> {
        if layer.kind() == Kind::Input {
            return Err(EditError::InputStays);
        }
        let id = self.fresh_id();
        self.nodes.insert(
            at.max(1).min(self.nodes.len()),
            Node {
                id,
                layer: layer.clone(),
            },
        );
        Ok(id)
    }

    /// Where a layer stands that may be moved, deleted or copied: any but the input.
    fn movable(&self, id: LayerId) -> Result<usize, EditError> {
        match self.position(id) {
            None => Err(EditError::NoSuchLayer(id)),
            Some(0) => Err(EditError::InputStays),
            Some(position) => Ok(position),
        }
    }
}
