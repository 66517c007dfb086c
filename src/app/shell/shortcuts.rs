//! Keys: every entry of the command table that has one, wherever the focus is.

use egui::{Context, Key, KeyboardShortcut};

use crate::app::command::{Command, ENTRIES, Entry};
use crate::app::layer_actions::written;
use crate::app::view::View;

/// The commands whose keys were pressed. While a dialog is open it has the keyboard to itself, and
/// a text field keeps its own undo and every key without Ctrl.
pub fn collect(ctx: &Context, view: &View<'_>, commands: &mut Vec<Command>) {
    if view.dialog.is_some() {
        return;
    }
    let typing = ctx.text_edit_focused();
    // Ctrl+Shift+Z must be asked before Ctrl+Z, which egui also finds in it.
    let mut entries: Vec<(&Entry, KeyboardShortcut)> = ENTRIES
        .iter()
        .filter_map(|entry| Some((entry, entry.shortcut?)))
        .collect();
    entries.sort_by_key(|(_, keys)| std::cmp::Reverse(keys.modifiers.shift));
    for (entry, keys) in entries {
        let plain = !keys.modifiers.command && !keys.modifiers.ctrl && !keys.modifiers.alt;
        let own_undo = keys.logical_key == Key::Z && typing;
        if own_undo || (plain && ctx.egui_wants_keyboard_input()) {
            continue;
        }
        if ctx.input_mut(|input| input.consume_shortcut(&keys)) {
            commands.extend(allowed((entry.command)(), view));
        }
    }
    if !typing && ctx.input_mut(|input| input.consume_shortcut(&REDO_AGAIN)) {
        commands.push(Command::Redo);
    }
}

/// The other key for redo that hands know.
const REDO_AGAIN: KeyboardShortcut = KeyboardShortcut::new(egui::Modifiers::COMMAND, Key::Y);

/// What a key means now: Ctrl+K closes the palette that it opened; a key for what cannot be done
/// does nothing.
fn allowed(command: Command, view: &View<'_>) -> Option<Command> {
    match command {
        Command::ShowPalette(_) => Some(Command::ShowPalette(!view.palette)),
        other => available(&other, view).is_ok().then_some(other),
    }
}

/// Whether a command makes sense now, and if not why.
pub(super) fn available(command: &Command, view: &View<'_>) -> Result<(), String> {
    use crate::training::Phase;
    let active = view.status.phase.is_active();
    let paused = view.status.phase == Phase::Paused;
    let unless = |holds: bool, reason: &str| {
        if holds {
            Ok(())
        } else {
            Err(reason.to_owned())
        }
    };
    match command {
        Command::Train if active => Err("A training is in progress".to_owned()),
        Command::Train => view.train_blocked.map_or(Ok(()), |why| Err(why.to_owned())),
        Command::Pause if paused => Err("The training is paused already".to_owned()),
        Command::Pause | Command::Stop => unless(active, "Nothing is being trained"),
        Command::Resume | Command::Step => unless(paused, "No training is paused"),
        Command::Undo if view.workspace.changes_data() => unless(
            view.desk.undo_label().is_some(),
            "There is nothing to undo in the data; in Build, undo is that of the network",
        ),
        Command::Redo if view.workspace.changes_data() => unless(
            view.desk.redo_label().is_some(),
            "There is nothing to redo in the data",
        ),
        Command::Undo => unless(
            view.editor.undo_label().is_some(),
            "There is nothing to undo",
        ),
        Command::Redo => unless(
            view.editor.redo_label().is_some(),
            "There is nothing to redo",
        ),
        _ => Ok(()),
    }
}

/// The entry of the table whose command is the one meant.
pub(super) fn entry_of(meant: impl Fn(&Command) -> bool) -> Option<&'static Entry> {
    ENTRIES.iter().find(|entry| meant(&(entry.command)()))
}

/// The keys of an entry as they are written on this system, or nothing.
pub(super) fn keys(ctx: &Context, entry: &Entry) -> String {
    entry
        .shortcut
        .map_or_else(String::new, |keys| written(ctx, &keys))
}
