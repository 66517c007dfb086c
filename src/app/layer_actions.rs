//! What can be done with the selected layers, as one table: its keys, the menu of a card, the command
//! palette and the list of keys read it.

use egui::{Context, Key, KeyboardShortcut, Modifiers};

/// Something to do with the selected layers of the Build workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LayerAction {
    Cut,
    Copy,
    Paste,
    Duplicate,
    Delete,
    Disable,
    Comment,
    Connect,
    Replace,
    Group,
    Ungroup,
    Fold,
    MoveUp,
    MoveDown,
    SelectAll,
    SelectNone,
}

/// A line of the table.
pub struct LayerEntry {
    pub action: LayerAction,
    /// Text of the palette and of the list of keys.
    pub text: &'static str,
    pub help: &'static str,
    /// The first one is shown.
    pub keys: &'static [KeyboardShortcut],
}

const fn on(modifiers: Modifiers, key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(modifiers, key)
}

const CTRL: Modifiers = Modifiers::COMMAND;
const SHIFT: Modifiers = Modifiers::COMMAND.plus(Modifiers::SHIFT);

const fn entry(
    action: LayerAction,
    text: &'static str,
    help: &'static str,
    keys: &'static [KeyboardShortcut],
) -> LayerEntry {
    LayerEntry {
        action,
        text,
        help,
        keys,
    }
}

/// The table. Where one key lies in another (Ctrl+G in Ctrl+Shift+G), the longer one comes first.
pub const LAYER_ENTRIES: &[LayerEntry] = &[
    entry(
        LayerAction::Cut,
        "Cut layers",
        "Copy the selected layers and delete them",
        &[on(CTRL, Key::X)],
    ),
    entry(
        LayerAction::Copy,
        "Copy layers",
        "Put the selected layers on the clipboard, as text",
        &[on(CTRL, Key::C)],
    ),
    entry(
        LayerAction::Paste,
        "Paste layers",
        "Put the layers on the clipboard after the selected one",
        &[on(CTRL, Key::V)],
    ),
    entry(
        LayerAction::Duplicate,
        "Duplicate layers",
        "Put a copy after the selected layers",
        &[on(CTRL, Key::D)],
    ),
    entry(
        LayerAction::Delete,
        "Delete layers",
        "Take the selected layers out",
        &[
            on(Modifiers::NONE, Key::Delete),
            on(Modifiers::NONE, Key::Backspace),
        ],
    ),
    entry(
        LayerAction::Disable,
        "Disable or enable layers",
        "Leave the selected layers out of the network without deleting them",
        &[on(CTRL, Key::Slash)],
    ),
    entry(
        LayerAction::Comment,
        "Comment on layer…",
        "Write a note on the selected layer's card",
        &[on(CTRL, Key::M)],
    ),
    entry(
        LayerAction::Connect,
        "Connect layer to…",
        "Draw a wire from the selected layer",
        &[on(CTRL, Key::L)],
    ),
    entry(
        LayerAction::Replace,
        "Replace layer by…",
        "Make the selected layer one of another kind; what fits is kept",
        &[on(CTRL, Key::R)],
    ),
    entry(
        LayerAction::Ungroup,
        "Ungroup block",
        "Make the layers of the block plain ones",
        &[on(SHIFT, Key::G)],
    ),
    entry(
        LayerAction::Group,
        "Make a block…",
        "Put the selected layers into a block with a name",
        &[on(CTRL, Key::G)],
    ),
    entry(
        LayerAction::Fold,
        "Fold or open block",
        "Show the block as one card, or its layers",
        &[on(CTRL, Key::E)],
    ),
    entry(
        LayerAction::MoveUp,
        "Move layers up",
        "Put the selected layers before the card above",
        &[on(Modifiers::ALT, Key::ArrowUp)],
    ),
    entry(
        LayerAction::MoveDown,
        "Move layers down",
        "Put the selected layers after the card below",
        &[on(Modifiers::ALT, Key::ArrowDown)],
    ),
    entry(
        LayerAction::SelectAll,
        "Select all layers",
        "Select every layer but the input",
        &[on(CTRL, Key::A)],
    ),
    entry(
        LayerAction::SelectNone,
        "Select no layer",
        "Show the figures of the whole network",
        &[on(Modifiers::NONE, Key::Escape)],
    ),
];

/// Keys and clicks that choose cards, which are no commands.
pub const CHOOSING: &[(&str, &str)] = &[
    ("Select the card above or below", "↑ ↓"),
    ("Select further cards", "Shift+↑ ↓"),
    ("Select a card more or less", "Ctrl+click"),
    ("Select all up to a card", "Shift+click"),
];

/// The keys of an action as they are written on this system.
pub fn keys_of(ctx: &Context, action: LayerAction) -> String {
    let entry = LAYER_ENTRIES.iter().find(|entry| entry.action == action);
    let keys = entry.and_then(|entry| entry.keys.first());
    keys.map_or_else(String::new, |keys| written(ctx, keys))
}

/// A key as it is written on this system, with signs in place of their names.
pub fn written(ctx: &Context, keys: &KeyboardShortcut) -> String {
    let sign = match keys.logical_key {
        Key::ArrowUp => "↑",
        Key::ArrowDown => "↓",
        Key::Slash => "/",
        Key::Period => ".",
        _ => return ctx.format_shortcut(keys),
    };
    let text = ctx.format_shortcut(keys);
    let cut = text.rfind('+').map_or(0, |plus| plus + 1);
    format!("{}{sign}", text.get(..cut).unwrap_or_default())
}
