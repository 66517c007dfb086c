//! Feature maps, one row a layer: its name and shape, then the maps themselves.

use egui::{Align, Layout, Ui, vec2};

use super::row::elided;
use crate::app::maps;
use crate::app::theme::{CAPTION_SIZE, Tokens, figure};
use crate::training::{FeatureMaps, LayerMaps};

/// Layers whose output still has a height and a width; a vector of units is no picture.
pub fn with_maps(maps: &FeatureMaps) -> impl Iterator<Item = &LayerMaps> {
    let is_picture = |layer: &&LayerMaps| {
        let [channels, height, width] = layer.shape;
        channels > 0 && height * width > 1
    };
    maps.layers.iter().filter(is_picture)
}

/// "26×26×32", height first as people write it.
pub fn shape_text(layer: &LayerMaps) -> String {
    let [channels, height, width] = layer.shape;
    format!("{height}×{width}×{channels}")
}

/// Rows with the name at the left, `label` points wide.
pub fn rows(ui: &mut Ui, maps: &FeatureMaps, label: f32, cell: f32) {
    let tokens = Tokens::of(ui);
    for layer in with_maps(maps) {
        ui.push_id(("maps", &layer.name), |ui| {
            ui.horizontal(|ui| {
                let align = Layout::top_down(Align::Min);
                ui.allocate_ui_with_layout(vec2(label, cell), align, |ui| {
                    ui.set_width(label);
                    ui.spacing_mut().item_spacing.y = 1.0;
                    ui.add_space(((cell - 30.0) / 2.0).max(0.0));
                    elided(ui, figure(&layer.name));
                    let shape = figure(shape_text(layer)).size(CAPTION_SIZE);
                    elided(ui, shape.color(tokens.muted));
                });
                maps::strip(ui, layer, maps.version, cell, 1);
            });
        });
    }
}

/// Rows with the name above the maps, for narrow places.
pub fn stacked(ui: &mut Ui, maps: &FeatureMaps, cell: f32, max_rows: usize) {
    let tokens = Tokens::of(ui);
    for layer in with_maps(maps) {
        ui.push_id(("maps", &layer.name), |ui| {
            let text = format!("{}  {}", layer.name, shape_text(layer));
            elided(ui, figure(text).size(CAPTION_SIZE).color(tokens.muted));
            maps::strip(ui, layer, maps.version, cell, max_rows);
        });
    }
}
