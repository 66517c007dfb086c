//! What the user has changed of the data: how much, undo, and carrying it out on files.

use egui::{Frame, Ui};

use super::listing::Open;
use crate::app::command::Command;
use crate::app::desk::DataChange;
use crate::app::theme::{CORNER_SMALL, SPACE, Tokens, semibold};
use crate::app::view::View;
use crate::app::widgets::{card_button, note, progress, thousands};

/// Draws the card; gives what the user wants to see.
pub fn show(ui: &mut Ui, view: &View<'_>, commands: &mut Vec<Command>) -> Option<Open> {
    let desk = view.desk;
    let changed = !desk.changes.leave_images();
    let steps = desk.undo_label().is_some() || desk.redo_label().is_some();
    if !changed && !steps && desk.applying.is_none() && desk.moved.is_none() {
        return None;
    }
    let mut opened = None;
    Frame::new()
        .fill(Tokens::of(ui).card)
        .corner_radius(CORNER_SMALL)
        .inner_margin(SPACE[2])
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.spacing_mut().item_spacing.y = SPACE[0] + 2.0;
            ui.label(semibold("Your changes"));
            if changed {
                let words = format!(
                    "{}. A list in the project: no file is touched",
                    desk.changes.describe()
                );
                note(ui, &words);
            }
            if steps {
                ui.horizontal_wrapped(|ui| steps_row(ui, view, commands));
            }
            ui.horizontal_wrapped(|ui| {
                if changed && card_button(ui, "Show changed images").clicked() {
                    opened = Some(Open::Changed);
                }
                let help = "Everything in, of the class and the set that the files say";
                if changed && card_button(ui, "Restore all").on_hover_text(help).clicked() {
                    commands.push(Command::ChangeData(DataChange::RestoreAll));
                }
            });
            files(ui, view, changed, commands);
        });
    opened
}

fn steps_row(ui: &mut Ui, view: &View<'_>, commands: &mut Vec<Command>) {
    if let Some(name) = view.desk.undo_label()
        && card_button(ui, format!("Undo {name}"))
            .on_hover_text("Ctrl+Z in this workspace")
            .clicked()
    {
        commands.push(Command::UndoData);
    }
    if let Some(name) = view.desk.redo_label()
        && card_button(ui, format!("Redo {name}")).clicked()
    {
        commands.push(Command::RedoData);
    }
}

/// "Apply to files", and what became of it.
fn files(ui: &mut Ui, view: &View<'_>, changed: bool, commands: &mut Vec<Command>) {
    let desk = view.desk;
    if let Some(applying) = &desk.applying {
        note(ui, applying.what);
        let done = &applying.progress;
        if let Some(fraction) = done.fraction() {
            let text = format!(
                "{}: {} of {}",
                applying.what,
                thousands(done.done() as u64),
                thousands(done.total() as u64)
            );
            progress(ui, fraction, text);
        }
        if ui.button(format!("Cancel: {}", applying.what)).clicked() {
            commands.push(Command::CancelJob);
        }
        ui.ctx()
            .request_repaint_after(std::time::Duration::from_millis(100));
        return;
    }
    if let Some(moved) = &desk.moved {
        let count = thousands(moved.applied.done.len() as u64);
        note(ui, &format!("{count} files were moved"));
        let help = "Put every file back where it was, and the changes back in the list";
        if ui
            .button("Take the moves back")
            .on_hover_text(help)
            .clicked()
        {
            commands.push(Command::MoveBack);
        }
    }
    if !changed {
        return;
    }
    ui.menu_button("Apply to files…", |ui| {
        let help = "A new folder with the images as they are now; nothing here is touched";
        if ui.button("Write a copy…").on_hover_text(help).clicked() {
            commands.push(Command::CopyData(None));
            ui.close();
        }
        let folder = view.data.ready().and_then(|(data, _)| data.root());
        let button = ui.add_enabled(folder.is_some(), egui::Button::new("Move files…"));
        let button = button
            .on_hover_text("Files go to the folders that the changes say; asks first, deletes nothing, and can be taken back")
            .on_disabled_hover_text("Only files of a folder can be moved: write a copy instead");
        if button.clicked() {
            commands.push(Command::MoveFiles);
            ui.close();
        }
    });
}
