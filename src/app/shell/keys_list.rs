//! The box that lists every key.

use egui::{Align, Grid, Label, Layout, RichText, ScrollArea, Ui};

use crate::app::command::ENTRIES;
use crate::app::layer_actions::{CHOOSING, LAYER_ENTRIES, written};
use crate::app::theme::{NOTE_SIZE, SPACE};
use crate::app::widgets::{heading, key_text};

/// Width of the box.
pub(super) const WIDTH: f32 = 640.0;
const ROW: f32 = 18.0;

pub(super) fn show(ui: &mut Ui) {
    let ctx = ui.ctx().clone();
    let everywhere = ENTRIES.iter().filter_map(|entry| {
        let keys = entry.shortcut.as_ref()?;
        Some((entry.text, written(&ctx, keys)))
    });
    let layers = LAYER_ENTRIES.iter().filter_map(|entry| {
        let keys = entry.keys.first()?;
        Some((entry.text, written(&ctx, keys)))
    });
    let choosing = CHOOSING
        .iter()
        .map(|(text, keys)| (*text, (*keys).to_owned()));
    let lists: [(&str, Vec<(&str, String)>); 2] = [
        ("Everywhere", everywhere.collect()),
        ("Layers of the network", choosing.chain(layers).collect()),
    ];
    let room = (ui.ctx().content_rect().height() - 180.0).max(120.0);
    let scroll = ScrollArea::vertical()
        .max_height(room)
        .min_scrolled_height(room);
    scroll.show(ui, |ui| columns(ui, lists));
}

fn columns(ui: &mut Ui, lists: [(&str, Vec<(&str, String)>); 2]) {
    ui.spacing_mut().item_spacing.x = SPACE[4];
    ui.columns_const(|columns: &mut [Ui; 2]| {
        for (ui, (title, lines)) in columns.iter_mut().zip(lists) {
            heading(ui, title);
            ui.spacing_mut().interact_size.y = ROW;
            Grid::new(title)
                .num_columns(2)
                .min_row_height(ROW)
                .spacing([SPACE[2], SPACE[0] + 2.0])
                .show(ui, |ui| {
                    for (text, keys) in lines {
                        let text = RichText::new(text.trim_end_matches('…')).size(NOTE_SIZE);
                        ui.add(Label::new(text).selectable(false));
                        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                            key_text(ui, &keys);
                        });
                        ui.end_row();
                    }
                });
        }
    });
}
