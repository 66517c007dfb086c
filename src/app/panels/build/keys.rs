//! The keyboard of the column: arrows select (with Shift more), Alt with arrows moves; the other keys
//! stand in the menu of a card.

use egui::{Context, DragAndDrop, Event, EventFilter, Key, Modifiers, Popup, Ui};

use super::ask::Question;
use super::card_id;
use super::chosen::{self, Chosen};
use super::column::Column;
use super::rows::Rows;
use crate::app::command::Command;
use crate::app::layer_actions::{LAYER_ENTRIES, LayerAction};
use crate::app::view::View;
use crate::network::LayerId;

/// Carries out the keys, unless a text field, a menu or a dialog has them.
pub fn handle(ui: &Ui, view: &View<'_>, column: &mut Column, commands: &mut Vec<Command>) {
    let ctx = ui.ctx();
    let (focused, dialog) = ctx.memory(|memory| (memory.focused(), memory.top_modal_layer()));
    let dialog = dialog.is_some() || view.dialog.is_some() || view.palette;
    let busy = Popup::is_any_open(ctx) || DragAndDrop::has_any_payload(ctx);
    if dialog || busy || column.is_asking() {
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
    let focus = on_card
        .map(|node| node.id)
        .filter(|_| view.selection.is_empty());
    let chosen = match focus {
        Some(id) => Chosen::these(view, &column.rows, [id]),
        None => Chosen::of(view, &column.rows),
    };
    let primary = view.selected.or(focus);
    clipboard(ctx, view, &chosen, primary, commands);
    let question = shortcuts(ctx, &chosen, primary, commands);
    select(
        ctx,
        view,
        &column.rows,
        primary,
        on_card.is_some(),
        commands,
    );
    if let Some(question) = question {
        column.ask(question, None);
    }
}

/// What the command palette has asked for.
pub fn asked_elsewhere(
    ctx: &Context,
    view: &View<'_>,
    column: &mut Column,
    commands: &mut Vec<Command>,
) {
    let Some(action) = view.on_layers else {
        return;
    };
    commands.push(Command::OnLayers(None));
    let chosen = Chosen::of(view, &column.rows);
    if chosen.blocked(action, view.selected).is_none()
        && let Some(question) = chosen.perform(action, ctx, view.selected, commands)
    {
        column.ask(question, None);
    }
}

/// The keys of the table. Where a block cannot be made or a layer not replaced, it is said why.
fn shortcuts(
    ctx: &Context,
    chosen: &Chosen<'_>,
    primary: Option<LayerId>,
    commands: &mut Vec<Command>,
) -> Option<Question> {
    let mut question = None;
    for entry in LAYER_ENTRIES {
        // The system makes events of its own of these.
        if matches!(
            entry.action,
            LayerAction::Cut | LayerAction::Copy | LayerAction::Paste
        ) {
            continue;
        }
        let mut keys = entry.keys.iter();
        if !keys.any(|keys| pressed(ctx, keys.modifiers, keys.logical_key)) {
            continue;
        }
        question = match (chosen.blocked(entry.action, primary), primary) {
            (None, _) => chosen.perform(entry.action, ctx, primary, commands),
            (Some(reason), Some(id)) if says_why(entry.action) => {
                Some(Question::Refused { id, reason })
            }
            _ => None,
        };
        break;
    }
    question
}

fn says_why(action: LayerAction) -> bool {
    matches!(
        action,
        LayerAction::Group | LayerAction::Ungroup | LayerAction::Fold | LayerAction::Replace
    )
}

fn pressed(ctx: &Context, modifiers: Modifiers, key: Key) -> bool {
    ctx.input_mut(|input| input.consume_key(modifiers, key))
}

/// What the system's copy, cut and paste mean here: the layers as text.
fn clipboard(
    ctx: &Context,
    view: &View<'_>,
    chosen: &Chosen<'_>,
    primary: Option<LayerId>,
    commands: &mut Vec<Command>,
) {
    let events = ctx.input(|input| input.events.clone());
    for event in events {
        match event {
            Event::Copy | Event::Cut => {
                let Some(fragment) = chosen.fragment() else {
                    continue;
                };
                ctx.copy_text(fragment.to_text());
                if event == Event::Cut {
                    chosen.delete(commands);
                }
            }
            Event::Paste(text) => {
                let last = view.editor.graph().nodes().last().map(|node| node.id);
                let after = chosen.ids.last().copied().or(primary).or(last);
                commands.extend(after.map(|after| Command::PasteText { after, text }));
            }
            _ => {}
        }
    }
}

fn select(
    ctx: &Context,
    view: &View<'_>,
    rows: &Rows,
    primary: Option<LayerId>,
    focus: bool,
    commands: &mut Vec<Command>,
) {
    for (up, key) in [(true, Key::ArrowUp), (false, Key::ArrowDown)] {
        if pressed(ctx, Modifiers::SHIFT, key) {
            let end = reach(view, rows, up);
            commands.extend(end.and_then(|row| chosen::click(view, rows, row, false, true)));
        } else if pressed(ctx, Modifiers::NONE, key) {
            let next = neighbour(rows, primary.and_then(|id| rows.of_layer(id)), up);
            let next = rows.exit(view.editor.graph(), next);
            commands.push(Command::Select(next));
            if let Some(id) = next.filter(|_| focus) {
                ctx.memory_mut(|memory| memory.request_focus(card_id(id)));
            }
        }
    }
}

/// The row above or below; from nowhere, the last or the first one.
fn neighbour(rows: &Rows, selected: Option<usize>, up: bool) -> usize {
    let last = rows.rows.len().saturating_sub(1);
    match selected {
        Some(row) if up => row.saturating_sub(1),
        Some(row) => (row + 1).min(last),
        None if up => last,
        None => 0,
    }
}

/// The end of the selected range that Shift moves, one further.
fn reach(view: &View<'_>, rows: &Rows, up: bool) -> Option<usize> {
    let anchor = rows.of_layer(view.selected?)?;
    let chosen = view.selection.iter().filter_map(|id| rows.of_layer(*id));
    let far = chosen
        .max_by_key(|row| row.abs_diff(anchor))
        .unwrap_or(anchor);
    Some(neighbour(rows, Some(far), up))
}
