//! The runs of the project; a click shows one.

use egui::{Align, Layout, RichText, Sense, Ui};
use egui_extras::{Column, TableBuilder, TableRow};

use crate::app::command::Command;
use crate::app::panels::parts::row::elided;
use crate::app::theme::{CAPTION_SIZE, NOTE_SIZE, Tokens, figure};
use crate::app::view::View;
use crate::app::widgets::{caption, note, percent};
use crate::project::RunState;

const ROW: f32 = 26.0;
const HEIGHT: f32 = 320.0;

pub fn show(ui: &mut Ui, view: &View<'_>, commands: &mut Vec<Command>) {
    caption(ui, "Runs");
    if view.runs.is_empty() {
        note(
            ui,
            "Each training becomes a run that can be opened again later",
        );
        return;
    }
    ui.spacing_mut().item_spacing.y = 0.0;
    let right = Layout::right_to_left(Align::Center);
    TableBuilder::new(ui)
        .id_salt("runs")
        .sense(Sense::click())
        .cell_layout(Layout::left_to_right(Align::Center))
        .column(Column::remainder().at_least(80.0).clip(true))
        .column(Column::exact(56.0))
        .column(Column::exact(46.0))
        .column(Column::exact(70.0))
        .max_scroll_height(HEIGHT)
        .auto_shrink([false, true])
        .header(22.0, |mut header| {
            header.col(|ui| muted(ui, "run"));
            for name in ["val", "epochs"] {
                header.col(|ui| {
                    ui.with_layout(right, |ui| muted(ui, name));
                });
            }
            header.col(|ui| {
                ui.with_layout(right, |ui| muted(ui, "state"));
            });
        })
        .body(|body| {
            // The newest stands on top.
            let count = view.runs.len();
            body.rows(ROW, count, |row| {
                if let Some(index) = count.checked_sub(row.index() + 1) {
                    run_row(row, view, index, commands);
                }
            });
        });
}

fn run_row(mut row: TableRow<'_, '_>, view: &View<'_>, index: usize, commands: &mut Vec<Command>) {
    let Some(run) = view.runs.get(index) else {
        return;
    };
    let live = view.status.phase.is_active() && view.status.run.as_ref() == Some(&run.path);
    let shown = match view.shown {
        Some(shown) => shown.path.as_ref() == Some(&run.path),
        None => live,
    };
    row.set_selected(shown);
    let info = &run.info;
    row.col(|ui| {
        elided(ui, title(info.number, &info.title, &info.name));
    });
    let best = info.best_accuracy.map_or_else(|| "–".to_owned(), percent);
    row.col(|ui| number(ui, best));
    row.col(|ui| number(ui, info.epochs_done.to_string()));
    row.col(|ui| {
        let tokens = Tokens::of(ui);
        let (text, colour) = match (&run.problem, live, info.state) {
            (Some(_), _, _) => ("damaged".to_owned(), tokens.warning),
            (None, true, _) => ("now".to_owned(), tokens.good),
            (None, false, RunState::Failed) => (info.state.to_string(), tokens.error),
            (None, false, state) => (state.to_string(), tokens.muted),
        };
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.label(RichText::new(text).size(NOTE_SIZE).color(colour));
        });
    });
    let response = row.response();
    let spoken = format!("Show run {}", title(info.number, &info.title, &info.name));
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, true, shown, &spoken));
    let clicked = response.clicked();
    response.on_hover_ui(|ui| {
        ui.label(run.problem.as_deref().unwrap_or(&info.name));
        let device = if info.device.is_empty() { "" } else { " · " };
        ui.colored_label(
            Tokens::of(ui).muted,
            format!("{}{device}{}", info.created, info.device),
        );
        if let Some(error) = &info.error {
            ui.colored_label(Tokens::of(ui).error, error);
        }
    });
    if clicked {
        commands.push(Command::ShowRun((!live).then(|| run.path.clone())));
    }
}

fn title(number: u32, title: &str, name: &str) -> String {
    if title.is_empty() {
        name.to_owned()
    } else {
        format!("{number} · {title}")
    }
}

fn number(ui: &mut Ui, text: String) {
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        ui.label(figure(text).size(NOTE_SIZE));
    });
}

fn muted(ui: &mut Ui, text: &str) {
    let colour = Tokens::of(ui).muted;
    ui.label(RichText::new(text).size(CAPTION_SIZE).color(colour));
}
