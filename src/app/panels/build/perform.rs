//! Carrying out what the table of actions offers for the selected layers.

use egui::{Context, ViewportCommand};

use super::ask::Question;
use super::chosen::{self, Chosen};
use super::rows::Rows;
use crate::app::command::Command;
use crate::app::layer_actions::{LAYER_ENTRIES, LayerAction};
use crate::app::view::View;
use crate::network::{Edit, LayerId};

/// Why each line of the table cannot be done now, in its order.
pub fn blocked(view: &View<'_>) -> Vec<Option<String>> {
    let mut rows = Rows::default();
    rows.update(view.editor.graph());
    let chosen = Chosen::of(view, &rows);
    LAYER_ENTRIES
        .iter()
        .map(|entry| chosen.blocked(entry.action, view.selected))
        .collect()
}

impl Chosen<'_> {
    /// Why something cannot be done with them.
    pub fn blocked(&self, action: LayerAction, primary: Option<LayerId>) -> Option<String> {
        let nothing = || match primary {
            None => Some("Select a layer first".to_owned()),
            Some(_) => self.stays().map(str::to_owned),
        };
        match action {
            LayerAction::Paste | LayerAction::SelectAll => None,
            LayerAction::SelectNone => primary.is_none().then(|| "No layer is selected".to_owned()),
            LayerAction::Comment | LayerAction::Connect => {
                primary.is_none().then(|| "Select a layer first".to_owned())
            }
            LayerAction::Replace if self.ids.len() > 1 => {
                Some("Select one layer to replace it".to_owned())
            }
            LayerAction::Group => nothing().or_else(|| self.no_block()),
            LayerAction::Ungroup | LayerAction::Fold => self
                .block()
                .is_none()
                .then(|| "Select the layers of a block first".to_owned()),
            LayerAction::MoveUp | LayerAction::MoveDown => nothing().or_else(|| {
                let down = action == LayerAction::MoveDown;
                self.fixed(down).map(str::to_owned)
            }),
            _ => nothing(),
        }
    }

    /// Does it, or says what is to be asked first.
    pub fn perform(
        &self,
        action: LayerAction,
        ctx: &Context,
        primary: Option<LayerId>,
        commands: &mut Vec<Command>,
    ) -> Option<Question> {
        match action {
            LayerAction::Cut | LayerAction::Copy => {
                ctx.copy_text(self.fragment()?.to_text());
                if action == LayerAction::Cut {
                    self.delete(commands);
                }
            }
            LayerAction::Paste => ctx.send_viewport_cmd(ViewportCommand::RequestPaste),
            LayerAction::Duplicate => self.duplicate(commands),
            LayerAction::Delete => self.delete(commands),
            LayerAction::Disable => self.disable(commands),
            LayerAction::Comment => return self.card_of(primary?).map(Question::Comment),
            LayerAction::Connect => return self.card_of(primary?).map(Question::connect),
            LayerAction::Replace => return primary.map(Question::replace),
            LayerAction::Group => return Some(Question::name(self.ids.clone())),
            LayerAction::Ungroup => {
                commands.extend(self.block().map(|id| Command::Edit(Edit::Ungroup(id))));
            }
            LayerAction::Fold => self.fold(commands),
            LayerAction::MoveUp => self.shift(false, commands),
            LayerAction::MoveDown => self.shift(true, commands),
            LayerAction::SelectAll => commands.push(chosen::all(self.view)),
            LayerAction::SelectNone => commands.push(Command::Select(None)),
        }
        None
    }

    /// The layer whose card shows this one: of a folded block the one that leaves it.
    fn card_of(&self, id: LayerId) -> Option<LayerId> {
        let row = self.rows.of_layer(id)?;
        self.rows.exit(self.view.editor.graph(), row)
    }
}
