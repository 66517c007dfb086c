//! "More": the optimiser's own settings and the shares of the sets, folded away.

use egui::{CollapsingHeader, Ui};

use super::recipe::number;
use crate::app::theme::SPACE;
use crate::app::widgets::{note, setting_row};
use crate::project::{Optimizer, Recipe};

pub fn more(ui: &mut Ui, recipe: &mut Recipe) {
    CollapsingHeader::new("More")
        .id_salt("recipe more")
        .show_unindented(ui, |ui| {
            ui.spacing_mut().item_spacing.y = SPACE[0];
            settings(ui, &mut recipe.optimizer);
            let validation =
                "Share of the images that choose the best epoch, where the folder gives no sets";
            number(
                ui,
                "Validation share",
                validation,
                &mut recipe.split.validation,
                0.0..=0.9,
            );
            let test = "Share of the images that are looked at after training only";
            number(ui, "Test share", test, &mut recipe.split.test, 0.0..=0.9);
            note(ui, "Settings mean what they mean in PyTorch");
        });
}

fn settings(ui: &mut Ui, optimizer: &mut Optimizer) {
    match optimizer {
        Optimizer::Sgd {
            momentum,
            nesterov,
            weight_decay,
        } => {
            keep(ui, momentum);
            tick(ui, "Nesterov", "Look ahead along the momentum", nesterov);
            decay(ui, weight_decay);
        }
        Optimizer::Adam {
            beta1,
            beta2,
            epsilon,
            weight_decay,
        }
        | Optimizer::AdamW {
            beta1,
            beta2,
            epsilon,
            weight_decay,
        } => {
            fraction(ui, "Beta 1", "Memory of the mean of the gradients", beta1);
            fraction(ui, "Beta 2", "Memory of their squares", beta2);
            floor(ui, epsilon);
            decay(ui, weight_decay);
        }
        Optimizer::RmsProp {
            alpha,
            epsilon,
            momentum,
            centered,
            weight_decay,
        } => {
            fraction(ui, "Alpha", "Memory of the squares of the gradients", alpha);
            floor(ui, epsilon);
            keep(ui, momentum);
            let help = "Divide by the variance of the gradients";
            tick(ui, "Centred", help, centered);
            decay(ui, weight_decay);
        }
    }
}

fn fraction(ui: &mut Ui, name: &str, help: &str, value: &mut f64) {
    number(ui, name, help, value, 0.0..=0.999_999);
}

fn keep(ui: &mut Ui, momentum: &mut f64) {
    fraction(
        ui,
        "Momentum",
        "How much of the last step is kept",
        momentum,
    );
}

fn floor(ui: &mut Ui, epsilon: &mut f64) {
    let help = "Keeps the division away from zero";
    number(ui, "Epsilon", help, epsilon, 1e-16..=1.0);
}

fn decay(ui: &mut Ui, value: &mut f64) {
    number(
        ui,
        "Weight decay",
        "Pulls the weights towards zero",
        value,
        0.0..=10.0,
    );
}

fn tick(ui: &mut Ui, name: &str, help: &str, value: &mut bool) {
    setting_row(ui, name, help, |ui| {
        ui.checkbox(value, "").accessible_name(name);
    });
}
