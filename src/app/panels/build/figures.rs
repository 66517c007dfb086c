//! The figures at the bottom of the settings: what a layer costs, and what training the whole network would take
//! of this machine.

use egui::{RichText, Ui};

use super::card;
use crate::app::command::Command;
use crate::app::theme::{NOTE_SIZE, SPACE, Tokens};
use crate::app::view::View;
use crate::app::widgets;
use crate::network::{Kind, LayerReport, Node, Shape, grouped};
use crate::project::Recipe;

/// What is known of one layer.
pub fn layer(ui: &mut Ui, node: &Node, report: &LayerReport) {
    let shape =
        |shape: Option<Shape>| shape.map_or("unknown".to_owned(), |shape| shape.to_string());
    if node.layer.kind() == Kind::Input {
        widgets::stat_row(ui, "Output", &shape(report.output));
        return;
    }
    let cost = |text: String| match card::known(report) {
        true => text,
        false => "unknown".to_owned(),
    };
    widgets::stat_row(ui, "Input", &shape(report.input));
    widgets::stat_row(ui, "Output", &shape(report.output));
    if report.repeats > 1 {
        widgets::stat_row(ui, "Copies", &grouped(u64::from(report.repeats)));
    }
    widgets::stat_row(ui, "Parameters", &cost(grouped(report.parameters)));
    widgets::stat_row(
        ui,
        "Multiply-adds an image",
        &cost(widgets::short(report.multiply_adds)),
    );
    widgets::stat_row(
        ui,
        "Activation memory an image",
        &cost(widgets::bytes(report.activation_bytes)),
    );
    if let Some(field) = report.receptive_field {
        widgets::stat_row(ui, "Receptive field", &format!("{field} px"));
    }
}

/// What training takes: memory against what there is, and time.
pub fn training(ui: &mut Ui, view: &View<'_>, commands: &mut Vec<Command>) {
    let drawn = &view.drawn;
    if view.report.network.is_none() {
        return;
    }
    let batch = view.recipe.batch;
    let label = match drawn.pass {
        Some(pass @ 1..) => format!("Training memory in passes of {}", grouped(pass as u64)),
        _ => format!("Training memory at batch {}", grouped(batch as u64)),
    };
    widgets::stat_row(ui, &label, &widgets::bytes(drawn.bytes));
    if let Some(memory) = drawn.memory {
        widgets::stat_row(ui, "Memory that is free", &widgets::bytes(memory));
    }
    if let Some(largest) = drawn.largest_batch {
        if let Some(pass) = drawn.pass {
            too_much(ui, view, (pass, largest), commands);
        } else {
            let largest = grouped(largest.max(batch as u64));
            widgets::stat_row(ui, "Largest batch that fits", &largest);
        }
    }
    if let Some(epoch) = drawn.epoch {
        widgets::stat_row(ui, "Time", &about(epoch, view));
    }
}

/// "about 12 s an epoch on CPU"
fn about(epoch: std::time::Duration, view: &View<'_>) -> String {
    let time = if epoch.as_secs_f64() < 1.0 {
        "below 1 s".to_owned()
    } else {
        format!("about {}", widgets::duration(epoch))
    };
    let device = view.drawn.device;
    let device = device.map_or(String::new(), |device| format!(" on {device}"));
    format!("{time} an epoch{device}")
}

/// The batch does not fit: it is computed in passes of so many images. One that does fit is a click away.
fn too_much(
    ui: &mut Ui,
    view: &View<'_>,
    (pass, largest): (usize, u64),
    commands: &mut Vec<Command>,
) {
    let tokens = Tokens::of(ui);
    let batch = grouped(view.recipe.batch as u64);
    let (text, colour) = match (pass, largest) {
        (0, 0) => {
            let text = "Not even one image at a time fits the memory: make the network or its input smaller";
            (text.to_owned(), tokens.error)
        }
        (0, _) => {
            let text = format!(
                "The images of a batch of {batch} do not fit the memory: take a smaller one"
            );
            (text, tokens.error)
        }
        _ => {
            let images = if pass == 1 { "image" } else { "images" };
            let pass = grouped(pass as u64);
            let text = format!(
                "A batch of {batch} does not fit the memory: it is computed in passes of {pass} {images}"
            );
            (text, tokens.warning)
        }
    };
    ui.add_space(SPACE[1]);
    ui.label(RichText::new(text).size(NOTE_SIZE).color(colour));
    if largest > 0 {
        ui.add_space(SPACE[0]);
        let button = ui.button(format!("Use a batch of {}", grouped(largest)));
        if button.clicked() {
            commands.push(Command::SetRecipe(Box::new(Recipe {
                batch: usize::try_from(largest).unwrap_or(usize::MAX),
                ..view.recipe.clone()
            })));
        }
    }
}
