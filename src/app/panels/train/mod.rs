//! Train: curves, what the network sees, the recipe, the runs.

mod lines;
mod now;
mod optimizer;
mod outcome;
mod plots;
mod recipe;
mod runs;
mod sees;
mod top;

use egui::{CentralPanel, Panel as SidePanel, Ui};

use self::plots::Plots;
use crate::app::command::Command;
use crate::app::panels::parts::row::{column_frame, column_scroll};
use crate::app::panels::parts::since;
use crate::app::theme::{SIDE_WIDTH, SPACE, Tokens};
use crate::app::view::{Panel, View};
use crate::app::widgets::empty_state;

/// What belongs to the drawing alone.
#[derive(Default)]
pub struct TrainPanel {
    plots: Plots,
}

impl Panel for TrainPanel {
    fn show(&mut self, ui: &mut Ui, view: &View<'_>, commands: &mut Vec<Command>) {
        let tokens = Tokens::of(ui);
        SidePanel::right("train side")
            .exact_size(SIDE_WIDTH + 2.0 * SPACE[3])
            .resizable(false)
            .frame(column_frame().fill(tokens.panel))
            .show(ui, |ui| {
                column_scroll("recipe").show(ui, |ui| {
                    recipe::show(ui, view, commands);
                    ui.add_space(SPACE[2]);
                    ui.scope(|ui| now::show(ui, view));
                    ui.add_space(SPACE[2]);
                    runs::show(ui, view, commands);
                });
            });
        let frame = column_frame();
        CentralPanel::default().frame(frame).show(ui, |ui| {
            column_scroll("curves").show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = SPACE[2];
                self.main(ui, view, commands);
            });
        });
    }
}

impl TrainPanel {
    fn main(&mut self, ui: &mut Ui, view: &View<'_>, commands: &mut Vec<Command>) {
        let active = view.status.phase.is_active();
        let curves = view.curves;
        let drawn = !curves.train_loss.is_empty() || !curves.train_accuracy.is_empty();
        if active || drawn || view.shown.is_some() {
            top::show(ui, view, &mut self.plots, commands);
        }
        let stored = view.shown.is_some_and(|shown| !shown.live);
        let since = if stored {
            view.desk.since_shown()
        } else {
            view.desk.since_latest()
        };
        since::row(ui, since, commands);
        outcome::show(ui, view, commands);
        if active || drawn {
            self.plots.show(ui, view);
            sees::show(ui, view, commands);
        } else if !outcome::is_told(view) {
            nothing_yet(ui, view, commands);
        }
    }
}

fn nothing_yet(ui: &mut Ui, view: &View<'_>, commands: &mut Vec<Command>) {
    let title = "Nothing trained yet";
    match view.train_blocked {
        Some(reason) => {
            empty_state(ui, title, reason, None);
        }
        None => {
            let hint = "Press Train: curves and feature maps move here while the network learns";
            if empty_state(ui, title, hint, Some("Start training")) {
                commands.push(Command::Train);
            }
        }
    }
}
