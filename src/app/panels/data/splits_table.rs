//! How many images each set has, in all and of each class.

use egui::{Align, Layout, Ui};
use egui_extras::{Column, TableBuilder};

use crate::app::panels::parts::row::elided;
use crate::app::theme::{CAPTION_SIZE, SPACE, Tokens, figure};
use crate::app::view::{Data, View};
use crate::app::widgets::{caption, thousands};

const ROW: f32 = 22.0;
/// Longer tables scroll.
const HEIGHT: f32 = 300.0;

/// A row a class and one for all of them: training, validation and test images.
pub fn show(ui: &mut Ui, view: &View<'_>) {
    let Data::Ready {
        dataset, counts, ..
    } = view.data
    else {
        return;
    };
    ui.add_space(SPACE[1]);
    caption(ui, "Sets");
    let total = counts.iter().fold([0; 3], |sum, row| {
        [sum[0] + row[0], sum[1] + row[1], sum[2] + row[2]]
    });
    ui.push_id("sets", |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        let right = Layout::right_to_left(Align::Center);
        let names = ["train", "validation", "test"];
        TableBuilder::new(ui)
            .cell_layout(Layout::left_to_right(Align::Center))
            .column(Column::remainder().at_least(60.0).clip(true))
            .columns(Column::exact(64.0), 3)
            .max_scroll_height(HEIGHT)
            .auto_shrink([false, true])
            .header(ROW, |mut header| {
                header.col(|ui| muted(ui, "class"));
                for name in names {
                    header.col(|ui| {
                        ui.with_layout(right, |ui| muted(ui, name));
                    });
                }
            })
            .body(|body| {
                body.rows(ROW, counts.len() + 1, |mut row| {
                    let class = row.index().checked_sub(1);
                    let name = class.map_or("all classes", |class| {
                        dataset.classes.get(class).map_or("", String::as_str)
                    });
                    row.col(|ui| {
                        elided(ui, name);
                    });
                    let figures = class.map_or(Some(&total), |class| counts.get(class));
                    for count in figures.unwrap_or(&[0; 3]) {
                        row.col(|ui| {
                            ui.with_layout(right, |ui| {
                                ui.label(figure(thousands(*count as u64)).size(12.0));
                            });
                        });
                    }
                });
            });
    });
}

fn muted(ui: &mut Ui, text: &str) {
    let colour = Tokens::of(ui).muted;
    ui.label(egui::RichText::new(text).size(CAPTION_SIZE).color(colour));
}
