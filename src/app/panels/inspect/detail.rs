//! One image in detail: large, what it is and what the network says, and what it becomes inside.

use egui::{RichText, Ui};

use super::attempt::{file_name, reason};
use super::mistakes::{image_of, is_open};
use crate::app::command::Command;
use crate::app::desk::DataChange;
use crate::app::panels::parts::relabel::Relabel;
use crate::app::panels::parts::row::{ROW, column_scroll, elided, ends, shortened};
use crate::app::panels::parts::{layer_maps, picture, probabilities};
use crate::app::theme::{SPACE, Tokens, semibold};
use crate::app::view::View;
use crate::app::widgets::{caption, heading, note, problem};
use crate::training::Explained;

/// So many classes get a bar.
const BARS: usize = 8;
const CELL: f32 = 30.0;

/// The row of the evaluation that is looked at.
pub fn examined(ui: &mut Ui, view: &View<'_>, relabel: &mut Relabel, commands: &mut Vec<Command>) {
    let shown = view.shown;
    let row = shown.and_then(|shown| {
        let (index, explained) = shown.examined.as_ref()?;
        let evaluation = shown.evaluation.as_ref()?;
        Some((evaluation, evaluation.rows.get(*index)?, explained))
    });
    let Some((evaluation, row, explained)) = row else {
        heading(ui, "Image");
        note(ui, "Click an image in the list to look at it closely");
        note(
            ui,
            "Arrow keys move through the matrix and the list, Enter looks closer, Esc goes back",
        );
        return;
    };
    let index = is_open(view).then(|| image_of(view, &row.file)).flatten();
    scrolled(ui, |ui| {
        elided(ui, semibold(&row.file));
        let texture = index.and_then(|index| view.thumbnails.large(index));
        picture::large(
            ui,
            texture.as_ref(),
            ui.available_width(),
            &format!("Image {}", row.file),
        );
        let name = |class: usize| evaluation.classes.get(class).map_or("?", String::as_str);
        verdict(ui, name(row.label), name(row.predicted), row.is_right());
        probabilities::bars(
            ui,
            &evaluation.classes,
            &row.probabilities,
            BARS,
            Some(row.label),
        );
        ui.add_space(SPACE[0]);
        ui.horizontal_wrapped(|ui| {
            pin(ui, index, commands);
            fix(ui, view, index, name(row.predicted), relabel, commands);
        });
        taken_back(ui, view, commands);
        match explained {
            None => note(ui, "Asking the network for its feature maps…"),
            Some(Err(message)) => {
                problem(ui, Tokens::of(ui).error, message, None);
            }
            Some(Ok(explained)) => inside(ui, explained),
        }
    });
}

/// The picture of "Try an image" that is looked at.
pub fn tried(ui: &mut Ui, view: &View<'_>) {
    let Some(tried) = view.tried_selected.and_then(|index| view.tried.get(index)) else {
        heading(ui, "Picture");
        note(
            ui,
            "Drop or choose pictures, then click one to see what the network makes of it",
        );
        return;
    };
    scrolled(ui, |ui| {
        elided(ui, semibold(file_name(&tried.name))).on_hover_text(&tried.name);
        let texture = tried.texture.as_ref();
        if texture.is_some() {
            picture::large(
                ui,
                texture,
                ui.available_width(),
                &format!("Picture {}", tried.name),
            );
        }
        match &tried.answer {
            None => note(ui, "Waiting for the network…"),
            Some(Err(message)) => {
                let reason = reason(message, &tried.name);
                problem(ui, Tokens::of(ui).error, reason, None);
            }
            Some(Ok(explained)) => {
                let class = explained
                    .classes
                    .get(explained.predicted)
                    .map_or("?", String::as_str);
                ui.horizontal(|ui| {
                    ui.label("predicted");
                    elided(ui, semibold(class));
                });
                probabilities::bars(ui, &explained.classes, &explained.probabilities, BARS, None);
                inside(ui, explained);
            }
        }
    });
}

fn scrolled(ui: &mut Ui, add: impl FnOnce(&mut Ui)) {
    column_scroll("detail").show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = SPACE[1];
        add(ui);
    });
}

/// "labelled 3" and "predicted 7".
fn verdict(ui: &mut Ui, truth: &str, predicted: &str, right: bool) {
    let tokens = Tokens::of(ui);
    let colour = if right { tokens.good } else { tokens.error };
    ends(
        ui,
        "verdict",
        |ui| {
            ui.label("labelled");
            elided(ui, semibold(truth));
        },
        |ui| {
            ui.label("predicted");
            let name = semibold(shortened(predicted, 16)).color(colour);
            ui.label(name).on_hover_text(predicted);
        },
    );
}

/// The label may be wrong, or the image worth nothing: a change of the data, which Data shows and takes back.
fn fix(
    ui: &mut Ui,
    view: &View<'_>,
    index: Option<usize>,
    predicted: &str,
    relabel: &mut Relabel,
    commands: &mut Vec<Command>,
) {
    let Some(((data, _), index)) = view.data.ready().zip(index) else {
        return;
    };
    let excluded = data.images.get(index).is_some_and(|image| image.excluded);
    if excluded || data.class_before(index).is_some() {
        let help = "Take the image back as its file says";
        if ui.button("Restore").on_hover_text(help).clicked() {
            commands.push(Command::ChangeData(DataChange::Restore(vec![index])));
        }
    }
    if excluded {
        return;
    }
    let help = "Leave the image out of the next training; the file stays. Data takes it back";
    if ui.button("Exclude").on_hover_text(help).clicked() {
        commands.push(Command::ChangeData(DataChange::Exclude(vec![index])));
    }
    if data.class_of(index) != predicted && data.classes.iter().any(|class| class == predicted) {
        let text = format!("Relabel as {}", shortened(predicted, 14));
        let help = "The network is right and the label is not: the next training takes this class; the file stays";
        if ui.button(text).on_hover_text(help).clicked() {
            let change = DataChange::Relabel(vec![index], predicted.to_owned());
            commands.push(Command::ChangeData(change));
        }
    }
    if let Some(class) = relabel.button(ui, view) {
        let change = DataChange::Relabel(vec![index], class);
        commands.push(Command::ChangeData(change));
    }
}

/// The last change of the data can be undone where it was made.
fn taken_back(ui: &mut Ui, view: &View<'_>, commands: &mut Vec<Command>) {
    if let Some(name) = view.desk.undo_label() {
        let button = ui.button(format!("Undo {name}"));
        if button.on_hover_text("Ctrl+Z in this workspace").clicked() {
            commands.push(Command::UndoData);
        }
    }
}

fn pin(ui: &mut Ui, index: Option<usize>, commands: &mut Vec<Command>) {
    let button = ui.add_enabled(
        index.is_some(),
        egui::Button::new("Pin").min_size(egui::vec2(0.0, ROW)),
    );
    let button = button
        .on_hover_text("Watch this image's feature maps while the network trains")
        .on_disabled_hover_text("Its image is not in the data that is open");
    if button.clicked() {
        commands.extend(index.map(Command::Pin));
    }
}

/// The feature maps of the picture.
fn inside(ui: &mut Ui, explained: &Explained) {
    let Some(maps) = &explained.maps else { return };
    ui.add_space(SPACE[1]);
    caption(ui, "What the network sees");
    if layer_maps::with_maps(maps).next().is_none() {
        let muted = Tokens::of(ui).muted;
        ui.label(RichText::new("No layer of this network has maps").color(muted));
    }
    layer_maps::stacked(ui, maps, CELL, 2);
}
