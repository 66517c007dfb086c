//! The comment of a layer, written on its card.

use egui::{Key, KeyboardShortcut, Modifiers, RichText, TextEdit, Ui, vec2};

use super::plan::FIELD;
use crate::app::command::Command;
use crate::app::theme::NOTE_SIZE;
use crate::network::{Edit, Graph, LayerId};

/// A comment that is being written.
pub struct Writing {
    id: LayerId,
    /// None until the field is shown.
    text: Option<String>,
}

impl Writing {
    pub fn new(id: LayerId) -> Self {
        Self { id, text: None }
    }

    pub fn layer(&self) -> LayerId {
        self.id
    }

    /// The field; Enter or a click elsewhere keeps the text, Escape does not. False when it is done.
    pub fn show(&mut self, ui: &mut Ui, graph: &Graph, commands: &mut Vec<Command>) -> bool {
        let Some(node) = graph.node(self.id) else {
            return false;
        };
        let fresh = self.text.is_none();
        let text = self.text.get_or_insert_with(|| node.comment.clone());
        let field = TextEdit::multiline(text)
            .hint_text(RichText::new("A note about this layer").size(NOTE_SIZE))
            .font(egui::FontId::proportional(NOTE_SIZE))
            .desired_rows(3)
            .return_key(KeyboardShortcut::new(Modifiers::SHIFT, Key::Enter));
        let size = vec2(ui.available_width(), FIELD);
        let field = ui.add_sized(size, field);
        let field = field.accessible_name(format!("Comment on {}", graph.name_of(self.id)));
        if fresh {
            field.request_focus();
            field.scroll_to_me(None);
            return true;
        }
        let (enter, escape) = ui.input(|input| {
            let enter = input.key_pressed(Key::Enter) && !input.modifiers.shift;
            (enter, input.key_pressed(Key::Escape))
        });
        let done = enter || escape || field.lost_focus();
        if done && !escape && *text != node.comment {
            let text = text.trim().to_owned();
            commands.push(Command::Edit(Edit::Comment { id: self.id, text }));
            commands.push(Command::SealEdit);
        }
        if done {
            field.surrender_focus();
        }
        !done
    }
}
