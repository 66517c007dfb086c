//! One row a class: its name, how many images it has, and the first of them.

use egui::{Align, Layout, Role, ScrollArea, Sense, Ui, UiBuilder, WidgetInfo, vec2};

use super::controls;
use super::index::Index;
use crate::app::command::Command;
use crate::app::panels::parts::picture::{Mark, thumbnail};
use crate::app::panels::parts::row::elided;
use crate::app::theme::{NOTE_SIZE, SPACE, Tokens, figure, semibold};
use crate::app::view::View;
use crate::app::widgets::{bar, note, thousands};

/// Sides of a thumbnail, in points: a few classes share the height that there is.
const SIDE: f32 = 56.0;
const LARGEST: f32 = 96.0;
/// Fewer classes need no search.
const FEW: usize = 12;
/// Width of the class's own part of the row.
const LABEL: f32 = 132.0;

/// Draws the rows that are visible; gives the class that was opened.
pub fn show(
    ui: &mut Ui,
    view: &View<'_>,
    index: &Index,
    search: &mut String,
    commands: &mut Vec<Command>,
) -> Option<usize> {
    let mut opened = None;
    // A few classes are seen at a glance.
    if index.classes() > FEW {
        ui.horizontal(|ui| {
            controls::search(ui, search);
            let count = thousands(index.classes() as u64);
            ui.colored_label(Tokens::of(ui).muted, format!("{count} classes"));
        });
    } else {
        search.clear();
    }
    let found = index.matching(search);
    if found.is_empty() {
        note(ui, "No class has such a name");
    }
    ui.spacing_mut().item_spacing = vec2(SPACE[0], SPACE[1]);
    let share = (ui.available_height() + SPACE[1]) / index.classes().max(1) as f32 - SPACE[1];
    let side = share.floor().clamp(SIDE, LARGEST);
    ScrollArea::vertical()
        .id_salt("classes")
        .auto_shrink(false)
        .show_rows(ui, side, found.len(), |ui, visible| {
            for &class in found.get(visible).unwrap_or(&[]) {
                ui.push_id(class, |ui| {
                    ui.horizontal(|ui| {
                        if label(ui, index, class, side) {
                            opened = Some(class);
                        }
                        strip(ui, view, index, (class, side), commands);
                    });
                });
            }
        });
    opened
}

/// Name, bar and count; the whole of it opens the class.
fn label(ui: &mut Ui, index: &Index, class: usize, side: f32) -> bool {
    let tokens = Tokens::of(ui);
    let name = index.class_name(class);
    let (count, out) = index.count(class);
    let (rect, response) = ui.allocate_exact_size(vec2(LABEL, side), Sense::click());
    if response.hovered() || response.has_focus() {
        ui.painter().rect_filled(rect, 6, tokens.card);
    }
    let inner = rect.shrink2(vec2(SPACE[0], SPACE[0]));
    let layout = Layout::top_down(Align::Min);
    let mut inside = ui.new_child(UiBuilder::new().max_rect(inner).layout(layout));
    inside.spacing_mut().item_spacing.y = 3.0;
    elided(&mut inside, semibold(name));
    let share = count as f32 / index.fullest.max(1) as f32;
    bar(&mut inside, share, inner.width() - SPACE[1], tokens.accent);
    let left_out = match out {
        0 => String::new(),
        _ => format!(", {} left out", thousands(out as u64)),
    };
    let text = format!("{}{left_out}", thousands(count as u64));
    inside.label(figure(text).size(NOTE_SIZE).color(tokens.muted));
    let count = thousands(count as u64);
    let spoken = format!("Open class {name}, {count} images{left_out}");
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &spoken));
    response
        .on_hover_ui(|ui| {
            ui.label(name);
            ui.colored_label(tokens.muted, "Click to see all its images");
        })
        .clicked()
}

/// As many images as the row has room for.
fn strip(
    ui: &mut Ui,
    view: &View<'_>,
    index: &Index,
    (class, side): (usize, f32),
    commands: &mut Vec<Command>,
) {
    let images = index.of_class(class);
    if images.is_empty() {
        let text = format!("No image of this class in the {} set", index.set_name());
        ui.colored_label(Tokens::of(ui).muted, text);
        return;
    }
    let width = ui.available_width();
    let room = ((width + SPACE[0]) / (side + SPACE[0])).floor().max(1.0);
    // What is left over goes between the pictures, so that the row ends where the others end.
    ui.spacing_mut().item_spacing.x = ((width - room * side) / (room - 1.0).max(1.0)).floor();
    let room = room as usize;
    for &image in images.iter().take(room) {
        let chosen = view.pinned.is_some_and(|pinned| pinned.index == image);
        let mark = if chosen { Mark::Chosen } else { Mark::None };
        if thumbnail(ui, view, image, side, mark).clicked() {
            commands.push(Command::Pin(image));
        }
    }
}
