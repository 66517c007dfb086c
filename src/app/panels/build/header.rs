//! Above the column: what the network is, the templates, undo and redo.

use egui::containers::menu::MenuButton;
use egui::text::LayoutJob;
use egui::{
    Align, Button, FontSelection, Layout, Pos2, RichText, ScrollArea, Shape, Stroke, Ui, vec2,
};

use super::classes;
use crate::app::command::Command;
use crate::app::comparison::Other;
use crate::app::theme::{self, NOTE_SIZE, SPACE, Tokens};
use crate::app::view::View;
use crate::app::widgets;
use crate::network::{Context, Template, check, grouped, template, templates};

const HEIGHT: f32 = 52.0;
/// The longest that a menu becomes before it scrolls.
const MENU: f32 = 420.0;

pub fn show(ui: &mut Ui, view: &View<'_>, commands: &mut Vec<Command>, width: f32) {
    let margin = ((ui.available_width() - width) / 2.0).max(0.0);
    let size = vec2(ui.available_width(), HEIGHT);
    ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), |ui| {
        ui.add_space(margin);
        let title = view
            .template
            .and_then(template)
            .map_or("Network", |it| it.title);
        ui.label(theme::semibold(title));
        ui.add_space(SPACE[1]);
        let size = vec2(104.0, ui.spacing().interact_size.y);
        let button = Button::new("Templates").right_text("").min_size(size);
        let (button, _) = MenuButton::from_button(button).ui(ui, |ui| menu(ui, view, commands));
        arrow(ui, button.rect.right_center() - vec2(SPACE[3], 0.0));
        button
            .accessible_name("Templates")
            .on_hover_text("Start from a network that is known to work; Undo brings yours back");
        let size = vec2(96.0, ui.spacing().interact_size.y);
        let button = Button::new("Compare").right_text("").min_size(size);
        let (button, _) = MenuButton::from_button(button).ui(ui, |ui| others(ui, view, commands));
        arrow(ui, button.rect.right_center() - vec2(SPACE[3], 0.0));
        button
            .accessible_name("Compare")
            .on_hover_text("Shows this network beside another one, with what differs");
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.add_space(margin);
            let editor = view.editor;
            step(
                ui,
                "Redo",
                editor.redo_label(),
                "Ctrl+Shift+Z",
                Command::Redo,
                commands,
            );
            step(
                ui,
                "Undo",
                editor.undo_label(),
                "Ctrl+Z",
                Command::Undo,
                commands,
            );
        });
    });
}

/// The mark of a button that opens a menu, as on a combo box.
fn arrow(ui: &Ui, centre: Pos2) {
    let corners = [vec2(-4.0, -2.5), vec2(4.0, -2.5), vec2(0.0, 3.0)];
    let corners = corners.map(|corner| centre + corner).to_vec();
    let muted = Tokens::of(ui).muted;
    let shape = Shape::convex_polygon(corners, muted, Stroke::NONE);
    ui.painter().add(shape);
}

/// Undo or Redo, named by what it would do.
fn step(
    ui: &mut Ui,
    verb: &str,
    label: Option<&str>,
    keys: &str,
    command: Command,
    commands: &mut Vec<Command>,
) {
    let button = Button::new(verb).frame_when_inactive(false);
    let response = ui.add_enabled(label.is_some(), button);
    let name = label.map_or(verb.to_owned(), |label| format!("{verb}: {label}"));
    let response = response.accessible_name(name.clone());
    let nothing = format!("Nothing to {}", verb.to_lowercase());
    if response
        .on_hover_text(format!("{name} ({keys})"))
        .on_disabled_hover_text(nothing)
        .clicked()
    {
        commands.push(command);
    }
}

fn menu(ui: &mut Ui, view: &View<'_>, commands: &mut Vec<Command>) {
    ui.set_width(440.0);
    ui.spacing_mut().button_padding = vec2(SPACE[1], 6.0);
    let muted = Tokens::of(ui).muted;
    ui.horizontal(|ui| {
        widgets::caption(ui, "Network");
        let end = Layout::right_to_left(Align::Center);
        ui.with_layout(end, |ui| widgets::caption(ui, "Parameters"));
    });
    for template in templates() {
        let fit = Fit::of(template, view);
        let button = Button::new(text(ui, template))
            .right_text(theme::figure(grouped(fit.parameters)).color(muted))
            .selected(view.template == Some(template.name));
        let response = ui.add_enabled(fit.reason.is_none(), button);
        let response = response.accessible_name(template.title);
        let response = match &fit.reason {
            Some(reason) => response.on_disabled_hover_text(reason),
            None => response.on_hover_text(&fit.adapted),
        };
        if response.clicked() {
            commands.push(Command::UseTemplate(template.name));
            commands.push(Command::Select(None));
            ui.close();
        }
    }
}

/// What the network can be compared with.
fn others(ui: &mut Ui, view: &View<'_>, commands: &mut Vec<Command>) {
    ui.set_width(240.0);
    let mut chosen = None;
    ui.menu_button("Template", |ui| {
        ScrollArea::vertical().max_height(MENU).show(ui, |ui| {
            for template in templates() {
                if ui.button(template.title).clicked() {
                    chosen = Some(Command::Compare(Some(Other::Template(template.name))));
                }
            }
        });
    });
    let none = view.runs.is_empty();
    ui.add_enabled_ui(!none, |ui| {
        let run = ui.menu_button("Run", |ui| {
            ScrollArea::vertical().max_height(MENU).show(ui, |ui| {
                for run in view.runs.iter().rev() {
                    if ui.button(&run.info.name).clicked() {
                        chosen = Some(Command::Compare(Some(Other::Run(run.path.clone()))));
                    }
                }
            });
        });
        run.response
            .on_disabled_hover_text("This project has no runs yet");
    });
    if ui.button("File…").clicked() {
        chosen = Some(Command::CompareFile);
    }
    if chosen.is_some() {
        ui.close();
    }
    commands.extend(chosen);
}

/// The title, and the summary below it.
fn text(ui: &Ui, template: &Template) -> LayoutJob {
    let mut job = LayoutJob::default();
    let tokens = Tokens::of(ui);
    let title = theme::semibold(format!("{}\n", template.title)).color(tokens.text);
    let summary = RichText::new(template.summary)
        .size(NOTE_SIZE)
        .color(tokens.muted);
    for part in [title, summary] {
        part.append_to(&mut job, ui.style(), FontSelection::Default, Align::Min);
    }
    job
}

/// A template as it would be with the images that are open.
struct Fit {
    parameters: u64,
    /// Why it cannot be used.
    reason: Option<String>,
    /// What it does to the images.
    adapted: String,
}

impl Fit {
    fn of(template: &Template, view: &View<'_>) -> Self {
        let classes = classes(view);
        let context = Context {
            classes,
            loss: template.fitted_loss(classes),
            batch: view.recipe.batch,
        };
        let graph = template.graph(classes);
        let report = check(&graph, &context);
        let input = report.layers.first().and_then(|layer| layer.output);
        let size = input.map(|shape| shape.to_string()).unwrap_or_default();
        let outputs = classes.map_or(String::new(), |count| {
            format!(" and fitted to {count} classes")
        });
        Self {
            parameters: report.parameters,
            reason: report
                .errors()
                .next()
                .map(|problem| problem.message.clone()),
            adapted: format!(
                "Images are resized to {size}{outputs}, {} loss",
                context.loss.title().to_lowercase()
            ),
        }
    }
}
