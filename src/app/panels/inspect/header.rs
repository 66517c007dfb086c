//! Which run and which set is inspected, and how well it did on the whole.

use egui::{ComboBox, RichText, Ui};

use super::figures::Figures;
use crate::app::command::Command;
use crate::app::panels::parts::row::{ROW, elided, ends};
use crate::app::theme::Tokens;
use crate::app::view::{InspectSet, ShownRun, View};
use crate::app::widgets::{percent, segmented, thousands};

pub fn show(ui: &mut Ui, view: &View<'_>, figures: Option<&Figures>, commands: &mut Vec<Command>) {
    let mut chosen = Vec::new();
    ends(
        ui,
        "inspect run",
        |ui| runs(ui, view, &mut chosen),
        |ui| {
            let Some(shown) = view.shown else { return };
            let mut set = shown.set;
            let options = [
                (InspectSet::Validation, "validation"),
                (InspectSet::Test, "test"),
            ];
            if segmented(ui, "Set to inspect", &mut set, &options) {
                commands.push(Command::ShowSet(set));
            }
        },
    );
    commands.append(&mut chosen);
    let text = view
        .shown
        .zip(figures)
        .and_then(|(shown, figures)| summary(shown, figures));
    if let Some(text) = text {
        elided(ui, RichText::new(text).color(Tokens::of(ui).muted));
    }
}

fn runs(ui: &mut Ui, view: &View<'_>, commands: &mut Vec<Command>) {
    ui.spacing_mut().interact_size.y = ROW;
    let name = view.shown.map_or("No run", |shown| shown.name.as_str());
    let list = ComboBox::from_id_salt("run")
        .width(ui.available_width().min(240.0))
        .truncate();
    let list = list.selected_text(name).show_ui(ui, |ui| {
        if view.status.phase.is_active() {
            let live = view.shown.is_some_and(|shown| shown.live);
            if ui.selectable_label(live, "Run in training").clicked() {
                commands.push(Command::ShowRun(None));
            }
        }
        for run in view.runs.iter().rev() {
            let shown = view.shown.and_then(|shown| shown.path.as_ref()) == Some(&run.path);
            if ui.selectable_label(shown, &run.info.name).clicked() {
                commands.push(Command::ShowRun(Some(run.path.clone())));
            }
        }
        if view.runs.is_empty() {
            ui.colored_label(Tokens::of(ui).muted, "No runs yet");
        }
    });
    list.response
        .accessible_name("Run to inspect")
        .on_hover_text(name);
}

fn summary(shown: &ShownRun, figures: &Figures) -> Option<String> {
    let evaluation = shown.evaluation.as_ref()?;
    let images = thousands(evaluation.rows.len() as u64);
    let accuracy = percent(figures.accuracy);
    let (f1, loss) = (figures.macro_f1, evaluation.loss);
    Some(format!(
        "{images} images · accuracy {accuracy} · macro F1 {f1:.3} · loss {loss:.3}"
    ))
}
