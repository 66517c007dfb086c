//! Figures of the moment: speed, time left, what the live view costs.

use egui::Ui;

use crate::app::theme::SPACE;
use crate::app::view::View;
use crate::app::widgets::{caption, duration, percent, stat_row, thousands};

pub fn show(ui: &mut Ui, view: &View<'_>) {
    let status = view.status;
    if !status.phase.is_active() && status.steps_done == 0 {
        return;
    }
    ui.spacing_mut().item_spacing.y = SPACE[1];
    caption(
        ui,
        if status.phase.is_active() {
            "Now"
        } else {
            "Last run"
        },
    );
    let or_dash = |known: bool, text: String| if known { text } else { "–".to_owned() };
    let rate = status.images_per_second.round() as u64;
    stat_row(ui, "Images a second", &or_dash(rate > 0, thousands(rate)));
    let step = format!("{:.1} ms", status.step_ms);
    stat_row(ui, "Step", &or_dash(status.step_ms > 0.0, step));
    stat_row(ui, "Steps done", &thousands(status.steps_done));
    stat_row(
        ui,
        "Learning rate",
        &super::recipe::number_text(status.learning_rate),
    );
    let best = status
        .best
        .map(|(epoch, accuracy)| format!("{epoch} · {}", percent(accuracy)));
    stat_row(ui, "Best epoch", &best.unwrap_or_else(|| "–".to_owned()));
    if status.phase.is_active() {
        let left = status.time_left.map_or_else(|| "–".to_owned(), duration);
        stat_row(ui, "Time left", &left);
    }
    stat_row(ui, "The live view costs", &percent(status.probe_share));
    if !status.device.is_empty() {
        stat_row(ui, "Device", &status.device);
    }
}
