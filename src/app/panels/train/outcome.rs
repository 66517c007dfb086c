//! What went wrong with the shown run, where everybody sees it.

use egui::Ui;

use crate::app::command::Command;
use crate::app::theme::Tokens;
use crate::app::view::{ShownRun, View};
use crate::app::widgets::{note, problem};
use crate::training::Phase;

/// The failure of the shown run in words.
fn failure<'a>(view: &View<'a>) -> Option<&'a str> {
    let shown = view.shown;
    let stored = shown.and_then(|shown| shown.stored.as_deref());
    let of_engine = shown.is_none_or(|shown| shown.live || shown.path == view.status.run);
    match &view.status.phase {
        Phase::Failed(message) if of_engine => Some(message),
        _ => stored.and_then(|run| run.info.error.as_deref()),
    }
}

/// Whether there is something to tell, so that the place is not empty.
pub fn is_told(view: &View<'_>) -> bool {
    failure(view).is_some()
}

pub fn show(ui: &mut Ui, view: &View<'_>, commands: &mut Vec<Command>) {
    let tokens = Tokens::of(ui);
    if let Some(message) = failure(view) {
        let again = view.train_blocked.is_none() && !view.status.phase.is_active();
        let remedy = again.then_some("Train again");
        if problem(ui, tokens.error, message, remedy) {
            commands.push(Command::Train);
        }
    }
    let stored = view.shown.and_then(|shown| shown.stored.as_deref());
    for damage in stored.map_or(&[][..], |run| &run.damage) {
        problem(ui, tokens.warning, &damage.message, None);
    }
    let of_engine = |shown: &ShownRun| shown.live || shown.path == view.status.run;
    if view.shown.is_none_or(of_engine) {
        for text in &view.status.notes {
            note(ui, text);
        }
    }
}
