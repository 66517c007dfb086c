//! Real images side by side: as they are, as the network gets them, and as training will see them.

use egui::{RichText, ScrollArea, Ui, Vec2, WidgetInfo, vec2};

use crate::app::command::Command;
use crate::app::desk::{DRAWS, Mixed, PreviewRow};
use crate::app::panels::parts::picture::paint;
use crate::app::panels::parts::row::elided;
use crate::app::theme::{CAPTION_SIZE, SPACE, Tokens, semibold};
use crate::app::view::View;
use crate::app::widgets::{empty_state, heading, note};

pub fn show(ui: &mut Ui, view: &View<'_>, commands: &mut Vec<Command>) {
    ui.horizontal(|ui| {
        heading(ui, "On real images");
        let help =
            "Take other training images; a click on a class's image in Health pins it as the first";
        if ui.button("Other images").on_hover_text(help).clicked() {
            commands.push(Command::OtherImages);
        }
    });
    let Some(preview) = &view.desk.preview else {
        let first = view.report.layers.first();
        let maps = first.is_some_and(|layer| layer.output.is_some());
        let (title, hint) = if maps {
            ("The pictures are being made", "They are decoded first")
        } else {
            (
                "The network takes no images",
                "Give its input a height and a width in Build",
            )
        };
        empty_state(ui, title, hint, None);
        return;
    };
    if preview.rows.is_empty() {
        empty_state(
            ui,
            "None of these images can be read",
            "Rescan the data",
            None,
        );
        return;
    }
    let augmented = !view.recipe.augment.is_off();
    let columns = if augmented { 2 + DRAWS } else { 2 };
    let gap = SPACE[1];
    let room = ui.available_width() - SPACE[2] - gap * (columns - 1) as f32;
    let side = (room / columns as f32).floor().clamp(48.0, 132.0);
    let size = preview.size;
    let colour = if size.channels == 1 { "grey" } else { "colour" };
    ui.spacing_mut().item_spacing = vec2(gap, SPACE[0]);
    ui.horizontal(|ui| {
        let input = format!("{}×{}, {colour}", size.width, size.height);
        header(ui, side, "As it is");
        header(ui, side, &input);
        if augmented {
            let wide = side * DRAWS as f32 + gap * (DRAWS - 1) as f32;
            header(ui, wide, "As training sees it in six epochs");
        }
    });
    ScrollArea::vertical().id_salt("preview").auto_shrink(false).show(ui, |ui| {
        for row in &preview.rows {
            one(ui, view, row, side);
            ui.add_space(SPACE[1]);
        }
        if !augmented {
            note(ui, "Augmentation is off: switch something on at the right to see what it does to these images");
        } else if view.recipe.augment.mixup > 0.0 || view.recipe.augment.cutmix > 0.0 {
            note(ui, "Each image is mixed with another of these, as in training with another of its batch; its label is mixed by the same shares");
        }
    });
}

fn header(ui: &mut Ui, width: f32, text: &str) {
    let muted = Tokens::of(ui).muted;
    let layout = egui::Layout::left_to_right(egui::Align::Center);
    ui.allocate_ui_with_layout(vec2(width, 18.0), layout, |ui| {
        ui.set_width(width);
        elided(ui, RichText::new(text).size(CAPTION_SIZE).color(muted));
    });
}

fn one(ui: &mut Ui, view: &View<'_>, row: &PreviewRow, side: f32) {
    let (file, class) = view.data.ready().map_or(("", ""), |(data, _)| {
        let file = data
            .images
            .get(row.index)
            .map_or("", |image| image.file.as_str());
        (file, data.class_of(row.index))
    });
    ui.horizontal(|ui| {
        elided(ui, semibold(class));
        let muted = Tokens::of(ui).muted;
        elided(ui, RichText::new(file).size(CAPTION_SIZE).color(muted));
    });
    ui.horizontal(|ui| {
        picture(ui, &row.original, side, &format!("{file} as it is"));
        picture(ui, &row.input, side, &format!("{file} resized"));
        for (number, (draw, mixed)) in row.draws.iter().enumerate() {
            let name = format!("{file} in epoch {}", number + 1);
            let Some(mixed) = mixed else {
                picture(ui, draw, side, &name);
                continue;
            };
            let shares = shares(view, row.index, mixed);
            let words = shares.join(", ");
            ui.vertical(|ui| {
                ui.set_width(side);
                ui.spacing_mut().item_spacing.y = 1.0;
                picture(ui, draw, side, &format!("{name}: {words}"));
                for share in &shares {
                    let muted = Tokens::of(ui).muted;
                    let text = RichText::new(share).size(CAPTION_SIZE).color(muted);
                    elided(ui, text).on_hover_text(&words);
                }
            });
        }
    });
}

/// What the label of a mixed image is: "70 % cat", "30 % dog".
fn shares(view: &View<'_>, index: usize, mixed: &Mixed) -> Vec<String> {
    let Some((data, _)) = view.data.ready() else {
        return Vec::new();
    };
    let (own, other) = (data.class_of(index), data.class_of(mixed.other));
    if own == other {
        return vec![format!("100 % {own}")];
    }
    let share = (mixed.own.clamp(0.0, 1.0) * 100.0).round();
    vec![
        format!("{share:.0} % {own}"),
        format!("{:.0} % {other}", 100.0 - share),
    ]
}

fn picture(ui: &mut Ui, texture: &egui::TextureHandle, side: f32, name: &str) {
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(side), egui::Sense::hover());
    paint(ui, rect, texture.id(), texture.size_vec2());
    response.widget_info(|| WidgetInfo::labeled(egui::Role::Image, true, name));
}
