//! The bar on top: project, device, the training and how far it is.

use egui::text::LayoutJob;
use egui::{Align, Button, FontId, Layout, Response, TextFormat, TextStyle, Ui, WidgetInfo, vec2};

use super::menus;
use super::shortcuts::{available, entry_of, keys};
use crate::app::command::Command;
use crate::app::theme::{SPACE, Tokens, figure, semibold};
use crate::app::view::View;
use crate::app::widgets::{bar, duration, percent, primary_button};
use crate::training::{Control, Phase, Status};

pub(super) fn show(ui: &mut Ui, view: &View<'_>, commands: &mut Vec<Command>) {
    let area = ui.max_rect().shrink2(vec2(SPACE[3], 0.0));
    let builder = egui::UiBuilder::new()
        .max_rect(area)
        .layout(Layout::left_to_right(Align::Center));
    ui.scope_builder(builder, |ui| {
        ui.spacing_mut().item_spacing.x = SPACE[2];
        wordmark(ui);
        menus::project(ui, view, commands);
        menus::device(ui, view, commands);
        ui.add_space(SPACE[2]);
        training(ui, view, commands);
        if view.status.phase.is_active() {
            progress(ui, view.status);
        } else {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                palette_button(ui, commands);
            });
        }
    });
}

fn wordmark(ui: &mut Ui) {
    let tokens = Tokens::of(ui);
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.x = SPACE[0] + 1.0;
        ui.label(semibold("mapsto").size(15.0));
        ui.label(semibold("↦").size(16.0).color(tokens.accent));
    });
}

/// A button that opens a menu: what it chooses, what is chosen, and the sign of a menu.
pub(super) fn menu_text(ui: &Ui, what: &str, chosen: &str) -> LayoutJob {
    let tokens = Tokens::of(ui);
    let font = TextStyle::Button.resolve(ui.style());
    let format = |colour| TextFormat {
        font_id: FontId::clone(&font),
        color: colour,
        valign: Align::Center,
        ..TextFormat::default()
    };
    let mut job = LayoutJob::default();
    job.append(what, 0.0, format(tokens.muted));
    job.append(chosen, SPACE[0], format(tokens.text));
    let mut sign = format(tokens.muted);
    sign.font_id.size += SPACE[0];
    job.append("▾", SPACE[0], sign);
    job
}

/// Train; or, while one is under way, what can be done with it.
fn training(ui: &mut Ui, view: &View<'_>, commands: &mut Vec<Command>) {
    let status = view.status;
    if !status.phase.is_active() {
        let train = primary_button(ui, "Train", view.train_blocked.map_or(Ok(()), Err));
        if with_help(train, &Command::Train).clicked() {
            commands.push(Command::Train);
        }
        return;
    }
    if status.phase == Phase::Paused {
        let waits = waiting(status, &[Control::Resume, Control::Stop]);
        let resume = primary_button(ui, "Resume", waits.map_or(Ok(()), Err));
        if with_help(resume, &Command::Resume).clicked() {
            commands.push(Command::Resume);
        }
        button(ui, view, "Step", Command::Step, commands);
    } else {
        button(ui, view, "Pause", Command::Pause, commands);
    }
    button(ui, view, "Stop", Command::Stop, commands);
}

fn button(ui: &mut Ui, view: &View<'_>, text: &str, command: Command, out: &mut Vec<Command>) {
    let status = view.status;
    let asked: &[Control] = match command {
        Command::Pause => &[Control::Pause, Control::Stop],
        Command::Step => &[Control::Step, Control::Stop],
        _ => &[Control::Stop],
    };
    let waits = waiting(status, asked).map(str::to_owned);
    let reason = waits.or_else(|| available(&command, view).err());
    let minimum = vec2(56.0, ui.spacing().interact_size.y);
    let shown = ui.add_enabled(reason.is_none(), Button::new(text).min_size(minimum));
    let shown = match &reason {
        Some(reason) => shown.on_disabled_hover_text(reason),
        None => with_help(shown, &command),
    };
    if shown.clicked() {
        out.push(command);
    }
}

/// Why a button cannot be pressed again: the engine has not yet done what was asked.
fn waiting(status: &Status, controls: &[Control]) -> Option<&'static str> {
    let requested = status.requested?;
    controls.contains(&requested).then_some(match requested {
        Control::Pause => "Pausing after the step in progress",
        Control::Resume => "Resuming",
        Control::Step => "Doing one step",
        Control::Stop => "Stopping after the step in progress",
    })
}

fn with_help(response: Response, command: &Command) -> Response {
    let meant = std::mem::discriminant(command);
    match entry_of(|command| std::mem::discriminant(command) == meant) {
        Some(entry) => {
            let keys = keys(&response.ctx, entry);
            response.on_hover_text(match keys.as_str() {
                "" => entry.help.to_owned(),
                keys => format!("{} ({keys})", entry.help),
            })
        }
        None => response,
    }
}

/// How far the training is: a bar, the epoch, the time left.
fn progress(ui: &mut Ui, status: &Status) {
    let (fraction, text) = far(status);
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        ui.label(figure(text).color(Tokens::of(ui).text));
        let width = ui.available_width();
        if width > 24.0 {
            bar(ui, fraction, width, Tokens::of(ui).accent);
        }
    });
}

fn far(status: &Status) -> (f32, String) {
    let left = match status.time_left {
        Some(left) if status.phase != Phase::Paused => format!(" · {} left", duration(left)),
        _ => String::new(),
    };
    match &status.phase {
        Phase::Preparing {
            fraction: Some(done),
            ..
        } => (*done, format!("preparing · {}", percent(f64::from(*done)))),
        Phase::Preparing { .. } => (0.0, "preparing".to_owned()),
        Phase::Compiling => (status.fraction(), "compiling".to_owned()),
        Phase::Evaluating => (1.0, "evaluating".to_owned()),
        Phase::Paused => (status.fraction(), format!("{} · paused", epoch(status))),
        _ => (status.fraction(), format!("{}{left}", epoch(status))),
    }
}

fn epoch(status: &Status) -> String {
    format!("epoch {} of {}", status.epoch.max(1), status.epochs)
}

fn palette_button(ui: &mut Ui, commands: &mut Vec<Command>) {
    let muted = Tokens::of(ui).muted;
    let keys = entry_of(|command| matches!(command, Command::ShowPalette(_)))
        .map_or_else(String::new, |entry| keys(ui.ctx(), entry));
    let text = egui::RichText::new(format!("{keys} commands")).color(muted);
    let button = ui.add(Button::new(text).frame_when_inactive(false));
    button.widget_info(|| WidgetInfo::labeled(egui::Role::Button, true, "Commands"));
    if button
        .on_hover_text("Search everything that mapsto can do")
        .clicked()
    {
        commands.push(Command::ShowPalette(true));
    }
}
