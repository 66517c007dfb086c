//! Above the column: what the network is, the templates, undo and redo.

use egui::containers::menu::MenuButton;
use egui::{Align, Button, Layout, Pos2, ScrollArea, Shape, Stroke, Ui, vec2};

use super::templates;
use crate::app::command::Command;
use crate::app::comparison::Other;
use crate::app::theme::{self, SPACE, Tokens};
use crate::app::view::View;
use crate::export::Target;
use crate::network::{self, template};

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
        let (button, _) =
            MenuButton::from_button(button).ui(ui, |ui| templates::menu(ui, view, commands));
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
        let size = vec2(86.0, ui.spacing().interact_size.y);
        let button = Button::new("Code").right_text("").min_size(size);
        let (button, _) = MenuButton::from_button(button).ui(ui, |ui| programs(ui, view, commands));
        arrow(ui, button.rect.right_center() - vec2(SPACE[3], 0.0));
        button
            .accessible_name("Code")
            .on_hover_text("Writes the network and its training as a program");
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

/// What the network can be written for.
fn programs(ui: &mut Ui, view: &View<'_>, commands: &mut Vec<Command>) {
    ui.set_width(180.0);
    for target in Target::ALL {
        let button = Button::new(format!("{}…", target.title()));
        let button = ui.add_enabled(view.report.network.is_some(), button);
        let button = button.on_disabled_hover_text("Mend the network first");
        if button.clicked() {
            commands.push(Command::ExportCode(target, None));
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
            for template in network::templates() {
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
