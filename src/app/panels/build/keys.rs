//! The keyboard of the column: arrows select, Alt with arrows moves, Ctrl+D duplicates, Delete deletes.

use egui::{DragAndDrop, EventFilter, Key, Modifiers, Popup, Ui};

use super::{card_id, delete, shift};
use crate::app::command::Command;
use crate::app::view::View;
use crate::network::{Edit, LayerId};

/// Carries out the keys, unless a text field, a menu or a dialog has them.
pub fn handle(ui: &Ui, view: &View<'_>, commands: &mut Vec<Command>) {
    let ctx = ui.ctx();
    let (focused, dialog) = ctx.memory(|memory| (memory.focused(), memory.top_modal_layer()));
    let dialog = dialog.is_some() || view.dialog.is_some() || view.palette;
    if dialog || Popup::is_any_open(ctx) || DragAndDrop::has_any_payload(ctx) {
        return;
    }
    let nodes = view.editor.graph().nodes();
    let on_card = focused.and_then(|focus| nodes.iter().find(|node| card_id(node.id) == focus));
    if focused.is_some() && on_card.is_none() {
        return;
    }
    if let Some(node) = on_card {
        let arrows = EventFilter {
            vertical_arrows: true,
            ..EventFilter::default()
        };
        ctx.memory_mut(|memory| memory.set_focus_lock_filter(card_id(node.id), arrows));
    }
    let key = |modifiers, key| ctx.input_mut(|input| input.consume_key(modifiers, key));
    let selected = view.selected.or(on_card.map(|node| node.id));

    if let Some(id) = selected {
        if key(Modifiers::ALT, Key::ArrowUp) {
            shift(view, id, false, commands);
        } else if key(Modifiers::ALT, Key::ArrowDown) {
            shift(view, id, true, commands);
        } else if key(Modifiers::COMMAND, Key::D) {
            if view.editor.graph().position(id) != Some(0) {
                commands.push(Command::Edit(Edit::Duplicate(id)));
            }
        } else if key(Modifiers::NONE, Key::Delete) || key(Modifiers::NONE, Key::Backspace) {
            delete(view, id, commands);
        } else if key(Modifiers::NONE, Key::Escape) {
            commands.push(Command::Select(None));
        }
    }
    let up = key(Modifiers::NONE, Key::ArrowUp);
    if up || key(Modifiers::NONE, Key::ArrowDown) {
        let next = neighbour(view, selected, up);
        commands.push(Command::Select(next));
        if let Some(id) = next.filter(|_| on_card.is_some()) {
            ctx.memory_mut(|memory| memory.request_focus(card_id(id)));
        }
    }
}

/// The layer above or below; from nowhere, the last or the first one.
fn neighbour(view: &View<'_>, selected: Option<LayerId>, up: bool) -> Option<LayerId> {
    let graph = view.editor.graph();
    let last = graph.nodes().len().saturating_sub(1);
    let place = match selected.and_then(|id| graph.position(id)) {
        Some(position) if up => position.saturating_sub(1),
        Some(position) => (position + 1).min(last),
        None if up => last,
        None => 0,
    };
    graph.nodes().get(place).map(|node| node.id)
}
