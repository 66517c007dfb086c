//! Carrying out what changes the network and what of it is selected.

use std::collections::HashSet;

use super::command::Command;
use super::state::State;
use crate::network::{BlockId, Edit, EditError, Fragment, LayerId};

impl State {
    pub(super) fn carry_out_edit(&mut self, command: Command) {
        let before = self.ids();
        let done = match command {
            Command::UseTemplate(name) => {
                self.use_template(name);
                Ok(None)
            }
            Command::Edit(edit) => self.edit(edit, &before),
            Command::Edits(edits) => {
                let label = edits.first().map(|edit| edit.label(self.editor.graph()));
                let label = label.unwrap_or_default();
                self.editor.apply_all(&label, &edits).map(|()| None)
            }
            Command::Together { label, edits } => {
                let done = self.editor.apply_all(&label, &edits);
                self.select_new(&before);
                done.map(|()| None)
            }
            Command::PasteText { after, text } => self.paste(after, &text, &before),
            Command::SealEdit => {
                self.editor.seal();
                Ok(None)
            }
            Command::Undo => {
                if let Some(undone) = self.editor.undo() {
                    self.follow_brought(&undone, false);
                }
                Ok(None)
            }
            Command::Redo => {
                if let Some(done) = self.editor.redo() {
                    self.follow_brought(&done, true);
                }
                Ok(None)
            }
            Command::Select(id) => return self.select(id.into_iter().collect()),
            Command::SelectMany(ids) => return self.select(ids),
            Command::OnLayers(action) => {
                self.on_layers = action;
                return;
            }
            Command::SaveBlock(id) => return self.save_block(id),
            Command::DeleteBlock(path) => return self.jobs.delete_block(path),
            _ => return,
        };
        match done {
            Ok(Some(new)) => self.select(vec![new]),
            Ok(None) => {}
            Err(error) => self.tell(true, error.to_string()),
        }
        self.check_again();
    }

    fn ids(&self) -> HashSet<LayerId> {
        let nodes = self.editor.graph().nodes().iter();
        nodes.map(|node| node.id).collect()
    }

    fn edit(
        &mut self,
        edit: Edit,
        before: &HashSet<LayerId>,
    ) -> Result<Option<LayerId>, EditError> {
        let pasted = matches!(edit, Edit::Paste { .. });
        let new = self.editor.apply(edit)?;
        if pasted {
            self.select_new(before);
            return Ok(None);
        }
        Ok(new)
    }

    /// Selects the layers that were not there before, if there are any.
    fn select_new(&mut self, before: &HashSet<LayerId>) {
        let nodes = self.editor.graph().nodes().iter();
        let new = nodes.map(|node| node.id).filter(|id| !before.contains(id));
        let new: Vec<LayerId> = new.collect();
        if !new.is_empty() {
            self.select(new);
        }
    }

    /// Layers from the clipboard; text that holds none is told with its line.
    fn paste(
        &mut self,
        after: LayerId,
        text: &str,
        before: &HashSet<LayerId>,
    ) -> Result<Option<LayerId>, EditError> {
        match Fragment::parse(text) {
            Ok(fragment) if fragment.is_empty() => {
                self.tell(true, "The clipboard holds no layers");
                Ok(None)
            }
            Ok(fragment) => self.edit(Edit::Paste { after, fragment }, before),
            Err(error) => {
                let problem = format!("line {}: {}", error.line, error.message);
                self.tell(true, format!("The clipboard holds no layers: {problem}"));
                Ok(None)
            }
        }
    }

    fn save_block(&mut self, id: BlockId) {
        let graph = self.editor.graph();
        let members: Vec<LayerId> = graph.members(id).map(|node| node.id).collect();
        let block = graph.block(id).map(|block| block.name.clone());
        match Fragment::of(graph, &members).ok().zip(block) {
            Some((fragment, name)) => self.jobs.save_block(name, fragment.to_text()),
            None => self.tell(true, EditError::NoSuchBlock(id).to_string()),
        }
    }
}
