//! The menu of a card: all that can be done with the selected layers, with their keys.

use egui::{Button, Ui, ViewportCommand};

use super::ask::Question;
use super::chosen::Chosen;
use super::column::{Asked, Stage};
use super::palette;
use crate::app::command::Command;
use crate::app::layer_actions::{LayerAction, keys_of};
use crate::network::{Edit, Layer};

/// Draws it; returns what is to be asked.
pub fn show(
    stage: &Stage<'_>,
    ui: &mut Ui,
    chosen: &Chosen<'_>,
    row: usize,
    commands: &mut Vec<Command>,
) -> Asked {
    ui.set_min_width(220.0);
    clipboard(stage, ui, chosen, row, commands);
    ui.separator();
    let asked = change(stage, ui, chosen, row, commands);
    ui.separator();
    let block = blocks(stage, ui, chosen, commands);
    ui.separator();
    places(stage, ui, chosen, row, commands);
    ui.separator();
    if item(ui, "Delete", Some(LayerAction::Delete), chosen.stays()) {
        chosen.delete(commands);
    }
    asked.or(block).map(|question| (question, None))
}

fn clipboard(
    stage: &Stage<'_>,
    ui: &mut Ui,
    chosen: &Chosen<'_>,
    row: usize,
    commands: &mut Vec<Command>,
) {
    let stays = chosen.stays();
    if item(ui, "Cut", Some(LayerAction::Cut), stays)
        && let Some(fragment) = chosen.fragment()
    {
        ui.copy_text(fragment.to_text());
        chosen.delete(commands);
    }
    if item(ui, "Copy", Some(LayerAction::Copy), stays)
        && let Some(fragment) = chosen.fragment()
    {
        ui.copy_text(fragment.to_text());
    }
    if item(ui, "Paste after it", Some(LayerAction::Paste), None) {
        let id = stage.rows.exit(stage.view.editor.graph(), row);
        if !stage.view.selection.iter().any(|it| Some(*it) == id) {
            commands.push(Command::Select(id));
        }
        ui.send_viewport_cmd(ViewportCommand::RequestPaste);
    }
    if item(ui, "Duplicate", Some(LayerAction::Duplicate), stays) {
        chosen.duplicate(commands);
    }
}

fn change(
    stage: &Stage<'_>,
    ui: &mut Ui,
    chosen: &Chosen<'_>,
    row: usize,
    commands: &mut Vec<Command>,
) -> Option<Question> {
    let stays = chosen.stays();
    let card = stage.plan.cards.get(row)?;
    let id = card.node.id;
    let mut asked = None;
    let disable = if chosen.disabled() && stays.is_none() {
        "Enable"
    } else {
        "Disable"
    };
    if item(ui, disable, Some(LayerAction::Disable), stays) {
        chosen.disable(commands);
    }
    if item(ui, "Comment…", Some(LayerAction::Comment), None) {
        asked = Some(Question::Comment(id));
    }
    if item(ui, "Connect to…", Some(LayerAction::Connect), None) {
        asked = Some(Question::connect(id));
    }
    let several = "Select one layer to replace it";
    let several = Some(several).filter(|_| chosen.ids.len() > 1);
    if item(
        ui,
        "Replace by…",
        Some(LayerAction::Replace),
        stays.or(several),
    ) {
        asked = Some(Question::replace(id));
    }
    asked
}

fn blocks(
    stage: &Stage<'_>,
    ui: &mut Ui,
    chosen: &Chosen<'_>,
    commands: &mut Vec<Command>,
) -> Option<Question> {
    let graph = stage.view.editor.graph();
    let Some(block) = chosen.block().and_then(|id| graph.block(id)) else {
        let reason = chosen.no_block();
        let make = item(
            ui,
            "Make a block…",
            Some(LayerAction::Group),
            reason.as_deref(),
        );
        return make.then(|| Question::name(chosen.ids.clone()));
    };
    let fold = if block.folded {
        "Open block"
    } else {
        "Fold block"
    };
    if item(ui, fold, Some(LayerAction::Fold), None) {
        chosen.fold(commands);
    }
    if item(ui, "Ungroup", Some(LayerAction::Ungroup), None) {
        commands.push(Command::Edit(Edit::Ungroup(block.id)));
    }
    if item(ui, "Save block", None, None) {
        commands.push(Command::SaveBlock(block.id));
    }
    None
}

fn places(
    stage: &Stage<'_>,
    ui: &mut Ui,
    chosen: &Chosen<'_>,
    row: usize,
    commands: &mut Vec<Command>,
) {
    if item(
        ui,
        "Move up",
        Some(LayerAction::MoveUp),
        chosen.fixed(false),
    ) {
        chosen.shift(false, commands);
    }
    if item(
        ui,
        "Move down",
        Some(LayerAction::MoveDown),
        chosen.fixed(true),
    ) {
        chosen.shift(true, commands);
    }
    ui.menu_button("Insert before", |ui| {
        if let Some(kind) = palette::menu(ui) {
            commands.push(stage.insert(row.max(1), kind));
        }
    });
    let graph = stage.view.editor.graph();
    let Some(id) = stage.rows.exit(graph, row) else {
        return;
    };
    ui.menu_button("Insert after", |ui| {
        if let Some(kind) = palette::menu(ui) {
            let layer = Layer::new(kind);
            commands.push(Command::Edit(Edit::InsertAfter { id, layer }));
        }
    });
    ui.menu_button("Branch off", |ui| {
        if let Some(kind) = palette::menu(ui) {
            let (from, layer) = (id, Layer::new(kind));
            commands.push(Command::Edit(Edit::Branch { from, layer }));
        }
    });
}

/// A line of the context menu; disabled where there is a reason.
fn item(ui: &mut Ui, words: &str, action: Option<LayerAction>, reason: Option<&str>) -> bool {
    let keys = action.map(|action| keys_of(ui.ctx(), action));
    let button = Button::new(words).shortcut_text(keys.unwrap_or_default());
    let response = ui
        .add_enabled(reason.is_none(), button)
        .accessible_name(words);
    let clicked = response
        .on_disabled_hover_text(super::text::sentence(reason.unwrap_or_default()))
        .clicked();
    if clicked {
        ui.close();
    }
    clicked
}
