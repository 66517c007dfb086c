//! How many images of each class are in each set and in each fold.

use std::sync::Arc;

use egui::{Align, Layout, Ui};
use egui_extras::{Column, TableBuilder};

use super::controls::{matching, search};
use crate::app::panels::parts::row::elided;
use crate::app::theme::{CAPTION_SIZE, Tokens, figure, semibold};
use crate::app::view::{Data, View};
use crate::app::widgets::{heading, thousands};
use crate::dataset::Dataset;

const ROW: f32 = 24.0;
/// Width of a column of figures.
const FIGURE: f32 = 80.0;
/// Between text and the edge of its cell.
const PAD: f32 = 8.0;

/// What is searched for, and what it finds.
#[derive(Default)]
pub struct SetsTable {
    search: String,
    found: Option<(Arc<Dataset>, String, Vec<usize>)>,
}

impl SetsTable {
    /// A row a class and one for all of them.
    pub fn show(&mut self, ui: &mut Ui, view: &View<'_>) {
        let Data::Ready {
            dataset, counts, ..
        } = view.data
        else {
            return;
        };
        ui.horizontal(|ui| {
            heading(ui, "Images of each class");
            search(ui, &mut self.search);
        });
        let known = self
            .found
            .take()
            .filter(|(data, text, _)| Arc::ptr_eq(data, dataset) && *text == self.search);
        let (data, text, found) = known.unwrap_or_else(|| {
            let found = matching(&dataset.classes, &self.search);
            (dataset.clone(), self.search.clone(), found)
        });
        let folds = &view.desk.folds;
        let fold_count = folds.first().map_or(0, Vec::len);
        let chosen = view.recipe.split.fold;
        let total = counts.iter().fold([0; 3], |sum, row| {
            [sum[0] + row[0], sum[1] + row[1], sum[2] + row[2]]
        });
        let names = ["train", "validation", "test"].map(str::to_owned);
        let of_folds = (1..=fold_count).map(|fold| {
            let mark = if fold == chosen { " ✓" } else { "" };
            format!("fold {fold}{mark}")
        });
        let names: Vec<String> = names.into_iter().chain(of_folds).collect();
        let figures = |class: Option<usize>| -> Vec<usize> {
            let sets = class.map_or(Some(&total), |class| counts.get(class));
            let mut row = sets.unwrap_or(&[0; 3]).to_vec();
            row.extend((0..fold_count).map(|fold| {
                match class {
                    Some(class) => folds
                        .get(class)
                        .and_then(|row| row.get(fold))
                        .copied()
                        .unwrap_or(0),
                    None => folds.iter().filter_map(|row| row.get(fold)).sum(),
                }
            }));
            row
        };
        egui::ScrollArea::horizontal().show(ui, |ui| {
            table(ui, dataset, &names, &found, &figures);
        });
        self.found = Some((data, text, found));
    }
}

fn table(
    ui: &mut Ui,
    dataset: &Dataset,
    names: &[String],
    found: &[usize],
    figures: &dyn Fn(Option<usize>) -> Vec<usize>,
) {
    ui.spacing_mut().item_spacing.y = 0.0;
    let right = Layout::right_to_left(Align::Center);
    // Names stand near their figures, however wide the window is.
    let gap = ui.spacing().item_spacing.x;
    let figures_width = (FIGURE + gap) * names.len() as f32;
    let names_width = (ui.available_width() - figures_width).clamp(140.0, 420.0);
    TableBuilder::new(ui)
        .striped(true)
        .cell_layout(Layout::left_to_right(Align::Center))
        .column(Column::exact(names_width).clip(true))
        .columns(Column::exact(FIGURE), names.len())
        .auto_shrink([false, false])
        .header(ROW, |mut header| {
            header.col(|ui| {
                ui.add_space(PAD);
                muted(ui, "class");
            });
            for name in names {
                header.col(|ui| {
                    ui.with_layout(right, |ui| {
                        ui.add_space(PAD);
                        muted(ui, name);
                    });
                });
            }
        })
        .body(|body| {
            body.rows(ROW, found.len() + 1, |mut row| {
                let class = row.index().checked_sub(1);
                let class = class.and_then(|place| found.get(place).copied());
                row.col(|ui| {
                    ui.add_space(PAD);
                    match class {
                        Some(class) => {
                            elided(ui, dataset.classes.get(class).map_or("", String::as_str))
                        }
                        None => elided(ui, semibold("all classes")),
                    };
                });
                for count in figures(class) {
                    row.col(|ui| {
                        ui.with_layout(right, |ui| {
                            ui.add_space(PAD);
                            ui.label(figure(thousands(count as u64)).size(12.0));
                        });
                    });
                }
            });
        });
}

fn muted(ui: &mut Ui, text: &str) {
    let colour = Tokens::of(ui).muted;
    ui.label(egui::RichText::new(text).size(CAPTION_SIZE).color(colour));
}
