//! What the network sees: the pinned image, its feature maps layer by layer, and the answer.

use egui::{Align, Layout, RichText, Ui, vec2};

use crate::app::command::Command;
use crate::app::panels::parts::{layer_maps, picture, probabilities, row};
use crate::app::theme::{CAPTION_SIZE, SPACE, Tokens, figure};
use crate::app::view::{Pinned, View, Workspace};
use crate::app::widgets::{bar, card, heading, note, thousands};
use crate::training::FeatureMaps;

/// Width of the names of the layers.
const LABEL: f32 = 148.0;
const CELL: f32 = 40.0;
/// With more classes than these, the likeliest are listed instead of all.
const ALL_CLASSES: usize = 10;

pub fn show(ui: &mut Ui, view: &View<'_>, commands: &mut Vec<Command>) {
    card(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = SPACE[1];
        row::ends(
            ui,
            "sees",
            |ui| {
                heading(ui, "What the network sees");
                if let Some(pinned) = view.pinned {
                    pinned_image(ui, pinned);
                }
            },
            |ui| {
                if let Some(maps) = view.maps {
                    let muted = Tokens::of(ui).muted;
                    ui.label(RichText::new("after step").color(muted));
                    ui.label(figure(thousands(maps.step)));
                }
            },
        );
        match (view.pinned, view.maps) {
            (None, _) => {
                note(
                    ui,
                    "Click an image in Data to pin it: its feature maps move here while the network learns",
                );
                if ui.button("Choose an image in Data").clicked() {
                    commands.push(Command::Go(Workspace::Data));
                }
            }
            (Some(_), None) => note(ui, "The feature maps come with the first training step"),
            (Some(pinned), Some(maps)) => live(ui, view, pinned, maps),
        }
    });
}

fn pinned_image(ui: &mut Ui, pinned: &Pinned) {
    let muted = Tokens::of(ui).muted;
    let name = format!("Pinned image {}", pinned.file);
    picture::large(ui, pinned.texture.as_ref(), row::ROW + 4.0, &name);
    let text = format!("pinned image, true class {}", pinned.class);
    row::elided(ui, RichText::new(text).color(muted)).on_hover_text(&pinned.file);
}

fn live(ui: &mut Ui, view: &View<'_>, pinned: &Pinned, maps: &FeatureMaps) {
    if layer_maps::with_maps(maps).next().is_none() {
        note(
            ui,
            "No layer of this network has maps; the bars show its answer",
        );
    }
    layer_maps::rows(ui, maps, LABEL, CELL);
    let classes = view.data.ready().map_or(&[][..], |(data, _)| &data.classes);
    if maps.probabilities.is_empty() {
        return;
    }
    answer(ui, classes, pinned, &maps.probabilities);
}

/// The answer on one line: the predicted class at the left, a bar a class.
fn answer(ui: &mut Ui, classes: &[String], pinned: &Pinned, values: &[f32]) {
    let tokens = Tokens::of(ui);
    let shown = probabilities::likeliest(values, ALL_CLASSES.min(values.len()));
    let best = shown.first().copied().unwrap_or(0);
    let name = |class: usize| classes.get(class).map_or("?", String::as_str);
    let right = name(best) == pinned.class;
    let mut order = shown;
    if values.len() <= ALL_CLASSES {
        order.sort_unstable();
    }
    ui.horizontal(|ui| {
        let align = Layout::left_to_right(Align::Center);
        ui.allocate_ui_with_layout(vec2(LABEL, 28.0), align, |ui| {
            ui.set_width(LABEL);
            let value = values.get(best).copied().unwrap_or(0.0);
            row::elided(ui, figure(format!("{value:.2} · {}", name(best))));
        });
        let gap = ui.spacing().item_spacing.x;
        let count = order.len().max(1) as f32;
        let width = ((ui.available_width() - gap * (count - 1.0)) / count).max(16.0);
        for class in order {
            let layout = Layout::top_down(Align::Min);
            ui.allocate_ui_with_layout(vec2(width, 28.0), layout, |ui| {
                ui.set_width(width);
                ui.spacing_mut().item_spacing.y = 3.0;
                let value = values.get(class).copied().unwrap_or(0.0);
                let colour = match (class == best, right) {
                    (true, true) => tokens.good,
                    (true, false) => tokens.error,
                    (false, _) => tokens.muted,
                };
                bar(ui, value, width, colour);
                let text = figure(name(class)).size(CAPTION_SIZE).color(tokens.muted);
                let hover = format!("{}: {:.1} %", name(class), value * 100.0);
                row::elided(ui, text).on_hover_text(hover);
            });
        }
    });
}
