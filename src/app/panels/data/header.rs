//! Where the images come from, how to take others, and which set is shown.

use std::path::PathBuf;

use egui::{Button, ComboBox, Ui, vec2};

use crate::app::command::Command;
use crate::app::panels::parts::row::{ROW, elided, ends, path_field};
use crate::app::theme::{Tokens, semibold};
use crate::app::view::{Data, View};
use crate::app::widgets::{heading, note, segmented, thousands};
use crate::dataset::{LayoutChoice, Set, Source};

/// Remarks that are told in full.
const NOTICES: usize = 2;

/// The source at the left, the switch of the sets at the right.
pub fn source_row(ui: &mut Ui, view: &View<'_>, set: &mut Option<Set>) {
    ends(
        ui,
        "source",
        |ui| match view.source {
            Some(Source::Digits) => {
                elided(ui, semibold("Bundled digits"));
            }
            Some(Source::Folder(path)) => {
                let path = path.display().to_string();
                elided(ui, semibold(path));
            }
            None => heading(ui, "Images"),
        },
        |ui| {
            if let Data::Ready {
                dataset, splits, ..
            } = view.data
            {
                let count = |set: Set| splits.get(set).len();
                set_switch(ui, dataset.len(), count, set);
            }
        },
    );
}

fn set_switch(ui: &mut Ui, all: usize, count: impl Fn(Set) -> usize, set: &mut Option<Set>) {
    let label = |name: &str, count: usize| format!("{name} {}", thousands(count as u64));
    let mut labels = vec![(None, label("all", all))];
    for known in Set::ALL.into_iter().filter(|set| count(*set) > 0) {
        labels.push((Some(known), label(known.name(), count(known))));
    }
    // A set that this data does not have cannot stay chosen.
    if !labels.iter().any(|(option, _)| option == set) {
        *set = None;
    }
    let options: Vec<(Option<Set>, &str)> = labels
        .iter()
        .map(|(set, text)| (*set, text.as_str()))
        .collect();
    segmented(ui, "Set", set, &options);
}

/// Everything that changes the source.
pub fn actions(ui: &mut Ui, view: &View<'_>, path: &mut String, commands: &mut Vec<Command>) {
    let hint = "Path of a folder, then Enter";
    let mut right = Vec::new();
    ends(
        ui,
        "actions",
        |ui| {
            if control(ui, "Choose folder…").clicked() {
                commands.push(Command::ChooseFolder);
            }
            let help = "An archive (zip, tar), a table of labels (CSV), a list of paths, IDX or CIFAR files";
            if control(ui, "Open file…").on_hover_text(help).clicked() {
                commands.push(Command::ChooseDataFile);
            }
            let width = (ui.available_width() - 110.0).clamp(80.0, 360.0);
            if let Some(typed) = path_field(ui, path, hint, width) {
                commands.push(Command::OpenData(Source::Folder(home(&typed))));
                path.clear();
            }
            let muted = Tokens::of(ui).muted;
            elided(ui, egui::RichText::new("or drop one here").color(muted));
        },
        |ui| {
            if view.source != Some(&Source::Digits)
                && control(ui, "Use the bundled digits").clicked()
            {
                right.push(Command::OpenData(Source::Digits));
            }
            rescan(ui, view, &mut right);
        },
    );
    commands.append(&mut right);
}

fn rescan(ui: &mut Ui, view: &View<'_>, commands: &mut Vec<Command>) {
    let scanning = matches!(view.data, Data::Scanning { .. });
    let why = match view.source {
        Some(Source::Folder(_)) if scanning => Err("The folder is being scanned"),
        Some(Source::Folder(_)) => Ok(()),
        Some(Source::Digits) => return,
        None => Err("There is no folder to scan: choose one first"),
    };
    let button = Button::new("Rescan").min_size(vec2(0.0, ROW));
    let response = ui.add_enabled(why.is_ok(), button);
    let response = match why {
        Ok(()) => response.on_hover_text("Look for new, changed and missing files"),
        Err(reason) => response.on_disabled_hover_text(reason),
    };
    if response.clicked() {
        commands.push(Command::RescanData);
    }
}

fn control(ui: &mut Ui, text: &str) -> egui::Response {
    ui.add(Button::new(text).min_size(vec2(0.0, ROW)))
}

/// How the files say their classes, where there is a choice, and what deserves to be known of them.
pub fn reading(ui: &mut Ui, view: &View<'_>, commands: &mut Vec<Command>) {
    let Some((dataset, _)) = view.data.ready() else {
        return;
    };
    let chosen = dataset.layouts.iter().find(|choice| choice.chosen);
    if dataset.layouts.len() > 1 || view.desk.layout.is_some() {
        ui.horizontal(|ui| {
            let muted = Tokens::of(ui).muted;
            ui.colored_label(muted, "Class is");
            let text = chosen.map_or_else(|| "as found".to_owned(), choice_text);
            let list = ComboBox::from_id_salt("reading")
                .width(320.0)
                .truncate()
                .selected_text(&text);
            let shown = list.show_ui(ui, |ui| {
                for choice in &dataset.layouts {
                    let label = ui.selectable_label(choice.chosen, choice_text(choice));
                    if label.clicked() && !choice.chosen {
                        commands.push(Command::ReadAs(Some(choice.layout.clone())));
                    }
                }
            });
            shown
                .response
                .accessible_name("Class is")
                .on_hover_text(text);
            if view.desk.layout.is_some() {
                let help = "Let mapsto find out how the files say their classes";
                if ui.button("As found").on_hover_text(help).clicked() {
                    commands.push(Command::ReadAs(None));
                }
            }
        });
    }
    for notice in dataset.notices.iter().take(NOTICES) {
        note(ui, notice);
    }
    if let Some(more) = dataset.notices.len().checked_sub(NOTICES + 1) {
        let rest = dataset.notices.get(NOTICES..).unwrap_or(&[]).join("\n");
        let muted = Tokens::of(ui).muted;
        let text = format!("and {} more remarks", more + 1);
        ui.colored_label(muted, text).on_hover_text(rest);
    }
}

fn choice_text(choice: &LayoutChoice) -> String {
    let classes = thousands(choice.classes as u64);
    let images = thousands(choice.images as u64);
    format!("{} · {classes} classes, {images} images", choice.title)
}

/// `~` at the start is the home folder, as in a shell.
fn home(typed: &str) -> PathBuf {
    let rest = typed.strip_prefix("~/").or((typed == "~").then_some(""));
    match (rest, std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(typed),
    }
}
