//! Precision, recall, F1 and support of every class, sortable by any of them.

use std::cmp::Ordering;

use egui::{Align, Button, Layout, RichText, Role, Sense, Ui, WidgetInfo};
use egui_extras::{Column, TableBuilder};

use super::figures::Figures;
use super::listing::Filter;
use crate::app::panels::parts::row::elided;
use crate::app::theme::{NOTE_SIZE, Tokens, figure};
use crate::app::widgets::thousands;
use crate::results::ClassFigures;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Class,
    Precision,
    Recall,
    F1,
    Support,
}

const COLUMNS: [(By, &str, &str); 5] = [
    (By::Class, "class", "The name of the class"),
    (
        By::Precision,
        "precision",
        "Of the images predicted as this class, the share that is",
    ),
    (
        By::Recall,
        "recall",
        "Of the images of this class, the share that was found",
    ),
    (By::F1, "F1", "The harmonic mean of precision and recall"),
    (By::Support, "support", "Images of this class"),
];

/// The column and the direction of sorting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    by: By,
    falling: bool,
}

impl Sort {
    /// Puts the classes in order; equal ones stay in the order of the classes.
    pub fn apply(self, classes: &[ClassFigures], order: &mut [usize]) {
        let compare = |a: &ClassFigures, b: &ClassFigures| match self.by {
            By::Class => Ordering::Equal,
            By::Precision => a.precision.total_cmp(&b.precision),
            By::Recall => a.recall.total_cmp(&b.recall),
            By::F1 => a.f1.total_cmp(&b.f1),
            By::Support => a.support.cmp(&b.support),
        };
        order.sort_by(|&a, &b| {
            let by_figure = match (classes.get(a), classes.get(b)) {
                (Some(first), Some(second)) => compare(first, second),
                _ => Ordering::Equal,
            };
            match (self.by, self.falling) {
                (By::Class, true) => b.cmp(&a),
                (_, true) => by_figure.reverse().then(a.cmp(&b)),
                (_, false) => by_figure.then(a.cmp(&b)),
            }
        });
    }
}

pub struct ClassTable {
    sort: Sort,
}

impl Default for ClassTable {
    /// The weakest classes first: they are what one looks for.
    fn default() -> Self {
        Self {
            sort: Sort {
                by: By::F1,
                falling: false,
            },
        }
    }
}

const ROW: f32 = 24.0;

impl ClassTable {
    /// Draws the table; gives the class that was clicked.
    pub fn show(&mut self, ui: &mut Ui, figures: &mut Figures, filter: &Filter) -> Option<usize> {
        let mut clicked = None;
        let order = figures.order(self.sort).to_vec();
        ui.spacing_mut().item_spacing.y = 0.0;
        TableBuilder::new(ui)
            .id_salt("classes")
            .sense(Sense::click())
            .cell_layout(Layout::left_to_right(Align::Center))
            .column(Column::remainder().at_least(60.0).clip(true))
            .columns(Column::exact(76.0), 4)
            .auto_shrink([false, false])
            .min_scrolled_height(60.0)
            .header(ROW, |mut header| {
                for (by, name, help) in COLUMNS {
                    header.col(|ui| self.heading(ui, by, name, help));
                }
            })
            .body(|body| {
                body.rows(ROW, order.len(), |mut row| {
                    let Some(class) = order.get(row.index()).copied() else {
                        return;
                    };
                    let Some(of) = figures.per_class.get(class) else {
                        return;
                    };
                    row.set_selected(*filter == Filter::Class(class));
                    row.col(|ui| {
                        elided(ui, &of.class);
                    });
                    for value in [of.precision, of.recall, of.f1] {
                        row.col(|ui| number(ui, format!("{value:.3}")));
                    }
                    row.col(|ui| number(ui, thousands(of.support)));
                    let response = row.response();
                    let spoken = format!("Mistakes of class {}", of.class);
                    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &spoken));
                    if response.clicked() {
                        clicked = Some(class);
                    }
                });
            });
        clicked
    }

    fn heading(&mut self, ui: &mut Ui, by: By, name: &str, help: &str) {
        let tokens = Tokens::of(ui);
        let current = self.sort.by == by;
        let arrow = match (current, self.sort.falling) {
            (false, _) => "",
            (true, true) => " ↓",
            (true, false) => " ↑",
        };
        let colour = if current { tokens.text } else { tokens.muted };
        let text = RichText::new(format!("{name}{arrow}"))
            .size(NOTE_SIZE)
            .color(colour);
        let layout = match by {
            By::Class => Layout::left_to_right(Align::Center),
            _ => Layout::right_to_left(Align::Center),
        };
        ui.with_layout(layout, |ui| {
            ui.spacing_mut().button_padding.x = 0.0;
            let button = ui.add(Button::new(text).frame(false));
            let spoken = format!("Sort by {name}");
            button.widget_info(|| WidgetInfo::labeled(Role::Button, true, &spoken));
            if button.on_hover_text(help).clicked() {
                self.sort.falling = if current { !self.sort.falling } else { false };
                self.sort.by = by;
            }
        });
    }
}

fn number(ui: &mut Ui, text: String) {
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        ui.label(figure(text).size(NOTE_SIZE));
    });
}
