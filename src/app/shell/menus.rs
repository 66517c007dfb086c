//! The two menus of the bar on top: the project's and the device's.

use std::path::Path;

use egui::containers::menu::MenuButton;
use egui::{Button, RichText, Ui, WidgetInfo};

use super::shortcuts::{entry_of, keys};
use super::top_bar::menu_text;
use crate::app::command::Command;
use crate::app::theme::{CAPTION_SIZE, Tokens};
use crate::app::view::{ThemeChoice, View};
use crate::training::DeviceInfo;

/// What the recipe holds where mapsto is to choose.
const AUTOMATIC: &str = "auto";
const WIDTH: f32 = 240.0;

pub(super) fn project(ui: &mut Ui, view: &View<'_>, commands: &mut Vec<Command>) {
    let name = elide(view.project_name, 28);
    let mark = if view.unsaved { " •" } else { "" };
    let button = Button::new(menu_text(ui, "Project", &format!("{name}{mark}")));
    let (response, _) = MenuButton::from_button(button).ui(ui, |ui| {
        ui.set_min_width(WIDTH);
        item(ui, "New", Command::NewProject, commands);
        item(ui, "Open…", Command::OpenProject(None), commands);
        recent(ui, view, commands);
        ui.separator();
        item(ui, "Save", Command::SaveProject, commands);
        item(ui, "Save as…", Command::SaveProjectAs(None), commands);
        ui.separator();
        themes(ui, view, commands);
        item(ui, "About…", Command::ShowAbout(true), commands);
        ui.separator();
        item(ui, "Quit", Command::Quit, commands);
    });
    response.widget_info(|| {
        let text = format!("Project {}", view.project_name);
        WidgetInfo::labeled(egui::Role::Button, true, text)
    });
    let place = view.project_path.map_or_else(
        || "Not saved to a file yet".to_owned(),
        |path| path.display().to_string(),
    );
    response.on_hover_text(if view.unsaved {
        format!("{place}\nThere are changes that are not saved")
    } else {
        place
    });
}

/// A line of a menu, with the keys that the command table gives it.
fn item(ui: &mut Ui, text: &str, command: Command, commands: &mut Vec<Command>) {
    let meant = std::mem::discriminant(&command);
    let entry = entry_of(|command| std::mem::discriminant(command) == meant);
    let keys = entry.map_or_else(String::new, |entry| keys(ui.ctx(), entry));
    let muted = Tokens::of(ui).muted;
    let shown = ui.add(
        Button::new(text)
            .frame_when_inactive(false)
            .right_text(RichText::new(keys).size(CAPTION_SIZE).color(muted)),
    );
    shown.widget_info(|| WidgetInfo::labeled(egui::Role::MenuItem, true, text));
    let shown = match entry {
        Some(entry) => shown.on_hover_text(entry.help),
        None => shown,
    };
    if shown.clicked() {
        commands.push(command);
        ui.close();
    }
}

fn recent(ui: &mut Ui, view: &View<'_>, commands: &mut Vec<Command>) {
    if view.recent.is_empty() {
        ui.add_enabled(false, Button::new("Recent").frame_when_inactive(false))
            .on_disabled_hover_text("Projects that you open or save are listed here");
        return;
    }
    ui.menu_button("Recent", |ui| {
        ui.set_min_width(WIDTH);
        for path in view.recent {
            let name = elide(&stem(path), 40);
            let shown = ui.add(Button::new(name).frame_when_inactive(false));
            if shown.on_hover_text(path.display().to_string()).clicked() {
                commands.push(Command::OpenProject(Some(path.clone())));
                ui.close();
            }
        }
    });
}

/// The name of a project by its file.
pub(super) fn stem(path: &Path) -> String {
    path.file_stem()
        .unwrap_or(path.as_os_str())
        .to_string_lossy()
        .into_owned()
}

fn themes(ui: &mut Ui, view: &View<'_>, commands: &mut Vec<Command>) {
    ui.menu_button("Theme", |ui| {
        for (theme, text) in [
            (ThemeChoice::System, "As the system"),
            (ThemeChoice::Light, "Light"),
            (ThemeChoice::Dark, "Dark"),
        ] {
            if ui.radio(view.theme == theme, text).clicked() {
                commands.push(Command::SetTheme(theme));
                ui.close();
            }
        }
    });
}

pub(super) fn device(ui: &mut Ui, view: &View<'_>, commands: &mut Vec<Command>) {
    let chosen = view.recipe.device.as_str();
    let name = device_name(view);
    let button = Button::new(menu_text(ui, "Device", &elide(&name, 40)));
    let (response, _) = MenuButton::from_button(button).ui(ui, |ui| {
        ui.set_min_width(WIDTH);
        let choose = |ui: &mut Ui, id: &str, text: &str, help: &str, out: &mut Vec<Command>| {
            if ui.radio(chosen == id, text).on_hover_text(help).clicked() {
                out.push(Command::SetDevice(id.to_owned()));
                ui.close();
            }
        };
        let help = "The first real GPU, and the CPU where there is none";
        choose(ui, AUTOMATIC, "Automatic", help, commands);
        for device in view.devices {
            let (text, help) = describe(device);
            choose(ui, &device.id, &text, help, commands);
        }
        let muted = Tokens::of(ui).muted;
        let say = |text: &str| RichText::new(text).size(CAPTION_SIZE).color(muted);
        if view.devices.is_empty() {
            ui.label(say("Looking for devices…"));
        } else if view.status.phase.is_active() {
            ui.label(say("Holds from the next training on"));
        }
    });
    response
        .widget_info(|| WidgetInfo::labeled(egui::Role::Button, true, format!("Device {name}")));
    response.on_hover_text(match chosen {
        AUTOMATIC => format!("{name}\nChosen by mapsto"),
        _ => name.clone(),
    });
}

/// A device as the menu names it, and one sentence on it.
pub(super) fn describe(device: &DeviceInfo) -> (String, &'static str) {
    if device.software {
        let text = format!("{}, software, slow", device.name);
        (text, "A GPU that the processor plays: for tests only")
    } else {
        let help = "Where the network is trained";
        (device.name.clone(), help)
    }
}

/// What the recipe's device is on this machine, in words. While a training is under way, the one
/// that it runs on.
fn device_name(view: &View<'_>) -> String {
    if view.status.phase.is_active() && !view.status.device.is_empty() {
        return view.status.device.clone();
    }
    let wanted = view.recipe.device.as_str();
    let real_gpu = |device: &&DeviceInfo| device.id.starts_with("gpu") && !device.software;
    let devices = view.devices;
    let found = match wanted {
        AUTOMATIC | "" => devices.iter().find(real_gpu).or_else(|| devices.first()),
        "gpu" => devices.iter().find(real_gpu),
        id => devices.iter().find(|device| device.id == id),
    };
    match found {
        Some(device) => device.name.clone(),
        None if matches!(wanted, AUTOMATIC | "") => "Automatic".to_owned(),
        None => wanted.to_owned(),
    }
}

/// The text, or as much of it as `most` characters hold.
fn elide(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}
