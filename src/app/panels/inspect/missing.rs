//! What Inspect says while there is nothing to inspect.

use egui::Ui;

use crate::app::command::Command;
use crate::app::shown::READING;
use crate::app::theme::{SPACE, Tokens, semibold};
use crate::app::view::{InspectSet, ShownRun, View, Workspace};
use crate::app::widgets::{self, card, empty_state, note, problem, thousands};
use crate::dataset::Progress;

pub fn show(ui: &mut Ui, view: &View<'_>, commands: &mut Vec<Command>) {
    let Some(shown) = view.shown else {
        let hint = "Train a network first: its mistakes are listed here from the first epoch on";
        if empty_state(ui, "Nothing to inspect yet", hint, Some("Go to Train")) {
            commands.push(Command::Go(Workspace::Train));
        }
        return;
    };
    if let Some(progress) = &shown.evaluating {
        evaluating(ui, progress, commands);
        return;
    }
    if let Some(message) = &shown.problem {
        let tokens = Tokens::of(ui);
        if shown.live || message == READING {
            return note(ui, message);
        }
        let remedy = (!shown.live && shown.stored.is_some()).then_some("Evaluate");
        if problem(ui, tokens.warning, message, remedy) {
            commands.push(Command::Evaluate);
        }
        return;
    }
    not_evaluated(ui, shown, commands);
}

fn not_evaluated(ui: &mut Ui, shown: &ShownRun, commands: &mut Vec<Command>) {
    if shown.live {
        let (title, hint) = match shown.set {
            InspectSet::Validation => (
                "No figures yet",
                "The validation images are looked at after each epoch: the first figures come then",
            ),
            InspectSet::Test => (
                "The test set waits",
                "It is looked at once, when the training has ended; validation shows the run as it goes",
            ),
        };
        if empty_state(ui, title, hint, None) {
            commands.push(Command::Evaluate);
        }
        return;
    }
    let set = match shown.set {
        InspectSet::Validation => "validation",
        InspectSet::Test => "test",
    };
    let hint = format!(
        "The run folder holds no figures over the {set} images; its best weights can make them now"
    );
    if empty_state(ui, "Not evaluated yet", &hint, Some("Evaluate")) {
        commands.push(Command::Evaluate);
    }
}

fn evaluating(ui: &mut Ui, progress: &Progress, commands: &mut Vec<Command>) {
    card(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.label(semibold("Evaluating"));
        let (done, total) = (progress.done() as u64, progress.total() as u64);
        let text = format!("{} of {} images", thousands(done), thousands(total));
        let fraction = progress.fraction().unwrap_or(0.0);
        widgets::progress(ui, fraction, format!("Evaluated {text}"));
        note(ui, &text);
        ui.add_space(SPACE[0]);
        if ui.button("Cancel").clicked() {
            commands.push(Command::CancelJob);
        }
    });
}

/// The middle column without an evaluation.
pub fn no_mistakes(ui: &mut Ui) {
    note(
        ui,
        "The images that the network gets wrong are listed here, the most confident mistake first",
    );
}
