//! What the Data workspace shows while there are no images: none chosen, a scan, a refusal.

use egui::{RichText, Ui};

use crate::app::command::Command;
use crate::app::desk::DataChange;
use crate::app::theme::{SPACE, Tokens, semibold};
use crate::app::view::{Data, View};
use crate::app::widgets::{self, card, empty_state, note, problem, thousands};
use crate::dataset::{Progress, Source};

pub fn show(ui: &mut Ui, view: &View<'_>, commands: &mut Vec<Command>) {
    match view.data {
        Data::None => {
            let hint = "Drop a folder with one sub-folder a class on the window, or choose one";
            if empty_state(ui, "No images yet", hint, Some("Choose image folder…")) {
                commands.push(Command::ChooseFolder);
            }
        }
        Data::Scanning { source, progress } => scanning(ui, source, progress, commands),
        Data::Failed { source, message } => failed(ui, view, source, message, commands),
        Data::Ready { .. } => {}
    }
}

fn scanning(ui: &mut Ui, source: &Source, progress: &Progress, commands: &mut Vec<Command>) {
    card(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.label(semibold(format!("Scanning {source}")));
        let (done, total) = (progress.done() as u64, progress.total() as u64);
        match progress.fraction() {
            Some(fraction) => {
                let text = format!("{} of {} files", thousands(done), thousands(total));
                widgets::progress(ui, fraction, format!("Scanned {text}"));
                note(ui, &text);
                if done >= total {
                    note(
                        ui,
                        "Looking for pictures that look alike, which stay in one set",
                    );
                }
            }
            None => note(
                ui,
                &format!("Looking for images: {} files so far", thousands(done)),
            ),
        }
        note(
            ui,
            "Every file is read once, so that broken ones are known before training. Nothing on disk is changed.",
        );
        ui.add_space(SPACE[0]);
        if progress.cancelled() {
            let muted = Tokens::of(ui).muted;
            ui.label(RichText::new("Cancelling…").color(muted));
        } else if ui.button("Cancel").clicked() {
            commands.push(Command::CancelJob);
        }
    });
}

fn failed(
    ui: &mut Ui,
    view: &View<'_>,
    source: &Source,
    message: &str,
    commands: &mut Vec<Command>,
) {
    let tokens = Tokens::of(ui);
    problem(ui, tokens.error, message, None);
    ui.add_space(SPACE[1]);
    note(
        ui,
        "mapsto expects a folder with one sub-folder a class, for example cats/ and dogs/; or train/ and test/ with the classes below them. An archive of such a folder, a table of labels (CSV), a list of paths, IDX and CIFAR files are opened too.",
    );
    ui.add_space(SPACE[1]);
    ui.horizontal(|ui| {
        if ui.button("Choose another folder…").clicked() {
            commands.push(Command::ChooseFolder);
        }
        if ui
            .button("Try again")
            .on_hover_text(format!("Scan {source} once more"))
            .clicked()
        {
            commands.push(Command::OpenData(source.clone()));
        }
        if !view.desk.changes.leave_images()
            && ui
                .button("Restore all images")
                .on_hover_text("Forget what you have excluded, relabelled and moved")
                .clicked()
        {
            commands.push(Command::ChangeData(DataChange::RestoreAll));
        }
        if view.desk.layout.is_some()
            && ui
                .button("Read as found")
                .on_hover_text("Forget the chosen way to read the classes")
                .clicked()
        {
            commands.push(Command::ReadAs(None));
        }
    });
}
