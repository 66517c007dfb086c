//! Which run is shown, what it is doing, and how the curves are drawn.

use egui::{RichText, Slider, Ui};

use super::plots::Plots;
use crate::app::command::Command;
use crate::app::panels::parts::row::{elided, ends};
use crate::app::theme::{Tokens, semibold};
use crate::app::view::View;
use crate::training::{Control, Phase, Status};

/// More than this would hide what the curve does.
const MOST_SMOOTHING: f32 = 0.99;

pub fn show(ui: &mut Ui, view: &View<'_>, plots: &mut Plots, commands: &mut Vec<Command>) {
    let live = view.shown.is_none_or(|shown| shown.live);
    let name = view.shown.map_or("This run", |shown| shown.name.as_str());
    let mut requests = Vec::new();
    ends(
        ui,
        "train top",
        |ui| {
            if !live && view.status.phase.is_active() {
                let button = ui.button("← Run in training");
                if button
                    .on_hover_text("Show the curves of the run in training")
                    .clicked()
                {
                    requests.push(Command::ShowRun(None));
                }
            }
            ui.label(semibold(name));
            let text = if live {
                phase_text(view.status)
            } else {
                String::new()
            };
            elided(ui, RichText::new(text).color(Tokens::of(ui).muted));
        },
        |ui| {
            let help = "Show the loss on a logarithmic scale";
            ui.checkbox(&mut plots.log, "Log scale").on_hover_text(help);
            let mut smoothing = view.curves.smoothing;
            let slider = Slider::new(&mut smoothing, 0.0..=MOST_SMOOTHING)
                .text("Smoothing")
                .fixed_decimals(2);
            let help =
                "How much the training loss is averaged over its steps; the steps stay behind it";
            ui.spacing_mut().slider_width = 90.0;
            if ui.add(slider).on_hover_text(help).changed() {
                commands.push(Command::SetSmoothing(smoothing));
            }
        },
    );
    commands.append(&mut requests);
}

/// What the engine does now, or what it has been asked for.
pub fn phase_text(status: &Status) -> String {
    let asked = status.requested.map(|control| match control {
        Control::Pause => "pausing after this step…",
        Control::Resume => "going on…",
        Control::Step => "doing one step…",
        Control::Stop => "stopping after this step…",
    });
    if let Some(asked) = asked {
        return asked.to_owned();
    }
    let of = format!("epoch {} of {}", status.epoch, status.epochs);
    match &status.phase {
        Phase::Idle => String::new(),
        Phase::Preparing {
            what,
            fraction: None,
        } => format!("{what}…"),
        Phase::Preparing {
            what,
            fraction: Some(share),
        } => format!("{what}… {:.0} %", share * 100.0),
        Phase::Compiling => "compiling for the GPU: the first step can take a minute".to_owned(),
        Phase::Training => of,
        Phase::Validating => format!("{of}, validating"),
        Phase::Paused => format!("paused in {of}"),
        Phase::Evaluating => "evaluating the best weights…".to_owned(),
        Phase::Finished => "finished".to_owned(),
        Phase::Stopped => "stopped; the best and the last weights are kept".to_owned(),
        Phase::Failed(_) => "failed".to_owned(),
    }
}
