//! What is different in the data since a run, in a line that opens the images.

use std::sync::Arc;

use egui::{RichText, Ui, WidgetInfo};

use super::row::elided;
use crate::app::command::Command;
use crate::app::desk::Since;
use crate::app::theme::{NOTE_SIZE, Tokens};

/// Draws the line; nothing where nothing is different.
pub fn row(ui: &mut Ui, since: Option<&Arc<Since>>, commands: &mut Vec<Command>) {
    let Some(since) = since else {
        return;
    };
    let words = since.describe();
    ui.horizontal(|ui| {
        let room = (ui.available_width() - BUTTON).max(0.0);
        ui.scope(|ui| {
            ui.set_max_width(room);
            let text = RichText::new(&words).size(NOTE_SIZE);
            elided(ui, text.color(Tokens::of(ui).muted)).on_hover_text(since.gone_words());
        });
        let button = ui.button("Show");
        let spoken = format!("Show: {words}");
        button.widget_info(|| WidgetInfo::labeled(egui::Role::Button, true, &spoken));
        let help = "See these images in Data, by what is different";
        if button.on_hover_text(help).clicked() {
            commands.push(Command::ShowSince(since.run.clone()));
        }
    });
}

/// What the button takes at most, in points.
const BUTTON: f32 = 60.0;
