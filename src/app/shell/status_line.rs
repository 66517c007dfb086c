//! The line at the foot of the window: what is happening, and what the network costs.

use egui::{Align, Color32, Label, Layout, RichText, Sense, Ui, vec2};

use crate::app::command::Command;
use crate::app::panels::build::sentence;
use crate::app::theme::{NOTE_SIZE, SPACE, Tokens};
use crate::app::view::{Data, View, Workspace};
use crate::app::widgets::{bytes, percent, short, thousands};
use crate::training::{Control, Phase, Status};

pub(super) fn show(ui: &mut Ui, view: &View<'_>, commands: &mut Vec<Command>) {
    let area = ui.max_rect().shrink2(vec2(SPACE[3], 0.0));
    let builder = egui::UiBuilder::new()
        .max_rect(area)
        .layout(Layout::right_to_left(Align::Center));
    ui.scope_builder(builder, |ui| {
        ui.spacing_mut().item_spacing.x = SPACE[3] + SPACE[0];
        let tokens = Tokens::of(ui);
        if view.report.network.is_some() {
            let memory = format!("training memory {}", bytes(view.drawn.bytes));
            let fits = !view.drawn.is_too_large();
            let colour = if fits { tokens.muted } else { tokens.error };
            ui.label(RichText::new(memory).size(NOTE_SIZE).color(colour));
        }
        for text in costs(view).iter().rev() {
            ui.label(RichText::new(text).size(NOTE_SIZE).color(tokens.muted));
        }
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = SPACE[2];
            what_happens(ui, view, commands);
        });
    });
}

/// What the network costs, as far as it is known.
fn costs(view: &View<'_>) -> Vec<String> {
    let report = view.report;
    let mut costs = vec![format!("{} parameters", thousands(report.parameters))];
    if report.network.is_some() {
        costs.push(format!(
            "{} multiply-adds an image",
            short(report.multiply_adds)
        ));
    }
    costs
}

fn what_happens(ui: &mut Ui, view: &View<'_>, commands: &mut Vec<Command>) {
    let tokens = Tokens::of(ui);
    let (colour, text) = words(view, tokens);
    let (rect, _) = ui.allocate_exact_size(vec2(8.0, 8.0), Sense::hover());
    ui.painter().circle_filled(rect.center(), 4.0, colour);
    let failed = matches!(view.status.phase, Phase::Failed(_));
    let ink = if failed { tokens.text } else { tokens.muted };
    let label = Label::new(RichText::new(&text).size(NOTE_SIZE).color(ink)).truncate();
    if failed {
        let label = ui.add(label.sense(Sense::click())).on_hover_text(&text);
        if label.clicked() {
            commands.push(Command::Go(Workspace::Train));
        }
    } else {
        ui.add(label);
    }
}

/// The state in words, and the colour of its dot.
fn words(view: &View<'_>, tokens: &Tokens) -> (Color32, String) {
    let status = view.status;
    if let Some(text) = requested(status) {
        return (tokens.accent, text.to_owned());
    }
    match &status.phase {
        Phase::Failed(message) => (tokens.error, message.clone()),
        Phase::Finished | Phase::Stopped | Phase::Idle => idle(view, tokens),
        Phase::Paused => (tokens.warning, paused(status)),
        _ => (tokens.accent, busy(status)),
    }
}

/// What was asked for and waits for the engine.
fn requested(status: &Status) -> Option<&'static str> {
    let compiling = status.phase == Phase::Compiling;
    Some(match status.requested? {
        Control::Pause if compiling => "Pausing when the kernels are compiled",
        Control::Stop if compiling => "Stopping when the kernels are compiled",
        Control::Pause => "Pausing after the step in progress",
        Control::Stop => "Stopping after the step in progress",
        Control::Resume => "Resuming",
        Control::Step => "Doing one step",
    })
}

fn busy(status: &Status) -> String {
    match &status.phase {
        Phase::Preparing { what, fraction } => match fraction {
            Some(done) => format!("{what}, {}", percent(f64::from(*done))),
            None => what.clone(),
        },
        Phase::Compiling => "Compiling kernels for the GPU, this can take a minute".to_owned(),
        Phase::Validating => format!("Validating epoch {} of {}", status.epoch, status.epochs),
        Phase::Evaluating => {
            "Going over the validation and test images with the best weights".to_owned()
        }
        _ => training(status),
    }
}

fn training(status: &Status) -> String {
    let mut text = "Training".to_owned();
    if status.images_per_second >= 1.0 {
        let speed = thousands(status.images_per_second.round() as u64);
        text += &format!(", {speed} images a second");
    }
    if status.probe_share > 0.0 {
        text += &format!("; the feature maps cost {}", percent(status.probe_share));
    }
    text
}

fn paused(status: &Status) -> String {
    format!(
        "Paused in epoch {} after step {} of {}",
        status.epoch.max(1),
        thousands(status.step as u64),
        thousands(status.steps_per_epoch as u64)
    )
}

/// Nothing is trained: the images being read, what is in the way, or what came of the last training.
fn idle(view: &View<'_>, tokens: &Tokens) -> (Color32, String) {
    if let Data::Scanning { progress, .. } = view.data {
        let text = match progress.total() {
            0 => "Looking for images".to_owned(),
            total => format!(
                "Reading images, {} of {}",
                thousands(progress.done() as u64),
                thousands(total as u64)
            ),
        };
        return (tokens.accent, text);
    }
    if view.desk.is_busy() {
        let text = "Making the changes and dealing the images to their sets";
        return (tokens.accent, text.to_owned());
    }
    if view.desk.moving_back {
        return (tokens.accent, "Putting the files back".to_owned());
    }
    if let Some(problem) = view.train_blocked {
        return (tokens.warning, sentence(problem));
    }
    let best = match view.status.best {
        Some((epoch, accuracy)) => {
            format!(", epoch {epoch} is the best with {}", percent(accuracy))
        }
        None => String::new(),
    };
    let text = match view.status.phase {
        Phase::Finished => format!("Training finished{best}"),
        Phase::Stopped => format!("Training stopped{best}"),
        _ => ready(view),
    };
    (tokens.good, text)
}

fn ready(view: &View<'_>) -> String {
    match view.data.ready() {
        Some((dataset, _)) => format!(
            "Ready: {} images, {} classes",
            thousands(dataset.len() as u64),
            thousands(dataset.classes.len() as u64)
        ),
        None => "Ready".to_owned(),
    }
}
