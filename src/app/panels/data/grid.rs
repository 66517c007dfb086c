//! All images of one class.

use egui::{Key, Modifiers, ScrollArea, Ui, vec2};

use super::index::Index;
use crate::app::command::Command;
use crate::app::panels::parts::picture::{Mark, thumbnail};
use crate::app::panels::parts::row::elided;
use crate::app::theme::{SPACE, Tokens, figure, semibold};
use crate::app::view::View;
use crate::app::widgets::{note, thousands};

const SIDE: f32 = 80.0;

/// Draws the grid; true when the user wants the list of classes back.
pub fn show(
    ui: &mut Ui,
    view: &View<'_>,
    index: &Index,
    class: usize,
    commands: &mut Vec<Command>,
) -> bool {
    let images = index.of_class(class);
    let mut back = ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape));
    ui.horizontal(|ui| {
        back |= ui.button("← All classes").clicked();
        let count = thousands(images.len() as u64);
        ui.label(figure(count).color(Tokens::of(ui).muted));
        elided(ui, semibold(index.class_name(class)));
    });
    if images.is_empty() {
        note(
            ui,
            &format!("No image of this class in the {} set", index.set_name()),
        );
        return back;
    }
    ui.spacing_mut().item_spacing = vec2(SPACE[0], SPACE[0]);
    let pitch = SIDE + SPACE[0];
    let columns = ((ui.available_width() - SPACE[1]) / pitch).floor().max(1.0) as usize;
    ScrollArea::vertical()
        .id_salt(("class", class))
        .auto_shrink(false)
        .show_rows(ui, SIDE, images.len().div_ceil(columns), |ui, visible| {
            for row in visible {
                ui.push_id(row, |ui| {
                    ui.horizontal(|ui| {
                        for &image in images.iter().skip(row * columns).take(columns) {
                            cell(ui, view, image, commands);
                        }
                    });
                });
            }
        });
    back
}

fn cell(ui: &mut Ui, view: &View<'_>, image: usize, commands: &mut Vec<Command>) {
    let chosen = view.pinned.is_some_and(|pinned| pinned.index == image);
    let mark = if chosen { Mark::Chosen } else { Mark::None };
    if thumbnail(ui, view, image, SIDE, mark).clicked() {
        commands.push(Command::Pin(image));
    }
}
