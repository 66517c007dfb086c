//! The box that lists every key.

use egui::{Align, Grid, Label, Layout, RichText, Ui};

use crate::app::command::ENTRIES;
use crate::app::layer_actions::{CHOOSING, LAYER_ENTRIES, written};
use crate::app::theme::{NOTE_SIZE, SPACE};
use crate::app::widgets::{heading, key_text};

/// Width of the box.
pub(super) const WIDTH: f32 = 640.0;

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
    let lists: [(&str, Vec<_>); 2] = [
        ("Everywhere", everywhere.collect()),
        ("Layers of the network", choosing.chain(layers).collect()),
    ];
    ui.columns_const(|columns: &mut [Ui; 2]| {
        for (ui, (title, lines)) in columns.iter_mut().zip(lists) {
            heading(ui, title);
            Grid::new(title)
                .num_columns(2)
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
