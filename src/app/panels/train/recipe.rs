//! The recipe: what the next run is trained with.

use egui::{Align, ComboBox, DragValue, Layout, Response, RichText, TextStyle, Ui, Widget};

use super::optimizer;
use crate::app::command::Command;
use crate::app::theme::{NOTE_SIZE, SPACE, Tokens};
use crate::app::view::View;
use crate::app::widgets::{heading, note, setting_row};
use crate::network::Loss;
use crate::project::{Optimizer, Recipe};

/// Width and height of a control.
const CONTROL: [f32; 2] = [148.0, 26.0];
/// Seeds beyond it are not whole numbers any more in a field that counts in floating point.
const LARGEST_SEED: u64 = 1 << 53;

pub fn show(ui: &mut Ui, view: &View<'_>, commands: &mut Vec<Command>) {
    ui.scope(|ui| form(ui, view, commands));
}

fn form(ui: &mut Ui, view: &View<'_>, commands: &mut Vec<Command>) {
    ui.spacing_mut().item_spacing.y = SPACE[0];
    ui.style_mut().drag_value_text_style = TextStyle::Monospace;
    let mut recipe = view.recipe.clone();
    heading(ui, "Recipe");
    ui.add_space(SPACE[0]);
    loss(ui, &mut recipe.loss);
    optimiser(ui, &mut recipe.optimizer);
    figures(ui, &mut recipe);
    target(ui, &mut recipe.target_accuracy);
    device(ui, view, commands);
    optimizer::more(ui, &mut recipe);
    let tokens = Tokens::of(ui);
    for fault in recipe.validate() {
        ui.colored_label(tokens.error, fault);
    }
    if view.status.phase.is_active() {
        note(ui, "Changes apply to the next run");
    }
    if recipe != *view.recipe {
        commands.push(Command::SetRecipe(Box::new(recipe)));
    }
}

fn loss(ui: &mut Ui, loss: &mut Loss) {
    let help = "What training makes small; the last layer has to fit it, and Build says how";
    setting_row(ui, "Loss", help, |ui| {
        let short = loss.name();
        choice(ui, "Loss", short, |ui| {
            for known in Loss::ALL {
                ui.selectable_value(loss, known, known.title());
            }
        });
    });
}

fn optimiser(ui: &mut Ui, optimizer: &mut Optimizer) {
    let help = "How the weights follow the gradients; its own settings are under More";
    setting_row(ui, "Optimiser", help, |ui| {
        choice(ui, "Optimiser", optimizer.title(), |ui| {
            for known in Optimizer::all() {
                let current = known.name() == optimizer.name();
                // The settings of the present one stay as they are when it is chosen again.
                if ui.selectable_label(current, known.title()).clicked() && !current {
                    *optimizer = known;
                }
            }
        });
    });
}

fn figures(ui: &mut Ui, recipe: &mut Recipe) {
    number(
        ui,
        "Learning rate",
        "How far each step goes",
        &mut recipe.learning_rate,
        1e-8..=100.0,
    );
    setting_row(ui, "Batch", "Images in one step", |ui| {
        let field = DragValue::new(&mut recipe.batch)
            .range(1..=65_536)
            .speed(0.5);
        field_named(ui, "Batch", field);
    });
    setting_row(
        ui,
        "Epochs",
        "How often every training image is seen",
        |ui| {
            let field = DragValue::new(&mut recipe.epochs)
                .range(1..=100_000)
                .speed(0.1);
            field_named(ui, "Epochs", field);
        },
    );
    let help = "Decides the split, the first weights and the order; the same seed on the CPU gives the same figures";
    setting_row(ui, "Seed", help, |ui| {
        let mut seed = recipe.seed;
        let field = DragValue::new(&mut seed).range(0..=LARGEST_SEED);
        let field = field.clamp_existing_to_range(false).speed(0.2);
        if field_named(ui, "Seed", field).changed() {
            recipe.set_seed(seed);
        }
    });
}

fn target(ui: &mut Ui, target: &mut Option<f64>) {
    let help = "End the run as soon as validation reaches this accuracy";
    setting_row(ui, "Target accuracy", help, |ui| {
        let layout = Layout::left_to_right(Align::Center);
        ui.allocate_ui_with_layout(CONTROL.into(), layout, |ui| {
            ui.set_width(CONTROL[0]);
            let mut on = target.is_some();
            let tick = ui.checkbox(&mut on, "").on_hover_text(help);
            if tick
                .accessible_name("Stop at the target accuracy")
                .changed()
            {
                *target = on.then_some(0.99);
            }
            let Some(value) = target else {
                ui.colored_label(Tokens::of(ui).muted, "off");
                return;
            };
            let mut shown = *value * 100.0;
            let field = DragValue::new(&mut shown)
                .range(0.0..=100.0)
                .speed(0.1)
                .suffix(" %");
            let field = field.max_decimals(2).update_while_editing(false);
            let size = [ui.available_width(), CONTROL[1]];
            if ui
                .add_sized(size, field)
                .accessible_name("Target accuracy")
                .changed()
            {
                *value = shown / 100.0;
            }
        });
    });
}

fn device(ui: &mut Ui, view: &View<'_>, commands: &mut Vec<Command>) {
    let id = view.recipe.device.as_str();
    let known = view.devices.iter().find(|device| device.id == id);
    let text = match known {
        Some(device) => device.name.as_str(),
        None if id == "auto" => "Automatic",
        None => id,
    };
    setting_row(ui, "Device", "Where the network is computed", |ui| {
        choice(ui, "Device of the next run", text, |ui| {
            let auto = "Automatic: a GPU where there is one";
            if ui.selectable_label(id == "auto", auto).clicked() {
                commands.push(Command::SetDevice("auto".to_owned()));
            }
            for device in view.devices {
                let software = if device.software {
                    " (software, slow)"
                } else {
                    ""
                };
                let name = format!("{}{software}", device.name);
                if ui.selectable_label(id == device.id, name).clicked() {
                    commands.push(Command::SetDevice(device.id.clone()));
                }
            }
        });
    });
}

/// A row with a number that may be very small: `1e-3` is read and written.
pub fn number(
    ui: &mut Ui,
    name: &str,
    help: &str,
    value: &mut f64,
    range: std::ops::RangeInclusive<f64>,
) {
    setting_row(ui, name, help, |ui| {
        let speed = (*value * 0.01).max(1e-9);
        let field = DragValue::new(value)
            .range(range)
            .speed(speed)
            .custom_formatter(|value, _| number_text(value))
            .custom_parser(|text| text.trim().parse().ok())
            .update_while_editing(false);
        field_named(ui, name, field);
    });
}

/// "0.9", "1e-3".
pub fn number_text(value: f64) -> String {
    if value != 0.0 && (value.abs() < 0.01 || value.abs() >= 1e5) {
        // Dragging leaves long tails of digits.
        let short = format!("{value:.3e}");
        let (digits, power) = short.split_once('e').unwrap_or((&short, "0"));
        let digits = digits.trim_end_matches('0').trim_end_matches('.');
        return format!("{digits}e{power}");
    }
    let short = format!("{value:.4}");
    short.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn field_named(ui: &mut Ui, name: &str, field: impl Widget) -> Response {
    ui.add_sized(CONTROL, field).accessible_name(name)
}

/// A drop-down list as wide as the other controls.
fn choice(ui: &mut Ui, name: &str, text: &str, add: impl FnOnce(&mut Ui)) {
    ui.spacing_mut().interact_size.y = CONTROL[1];
    ui.spacing_mut().button_padding.x = 6.0;
    ui.spacing_mut().icon_width = 12.0;
    ui.set_max_width(CONTROL[0]);
    let list = ComboBox::from_id_salt(name).width(CONTROL[0]).truncate();
    let response = list
        .selected_text(RichText::new(text).size(NOTE_SIZE))
        .show_ui(ui, |ui| {
            ui.set_min_width(180.0);
            add(ui);
        });
    let response = response.response.accessible_name(name);
    response.on_hover_text(text);
}
