//! What a network says of one picture: the likeliest classes with a bar each.

use egui::{Align, Layout, Ui, vec2};

use super::row::elided;
use crate::app::theme::{Tokens, figure, semibold};
use crate::app::widgets::{bar, percent};

/// Height of a line with a bar.
const LINE: f32 = 19.0;

/// Indices of the `count` likeliest classes, likeliest first; what is no number comes last.
pub fn likeliest(probabilities: &[f32], count: usize) -> Vec<usize> {
    let value = |index: &usize| {
        let p = probabilities.get(*index).copied().unwrap_or(f32::NAN);
        if p.is_nan() { -1.0 } else { p }
    };
    let mut order: Vec<usize> = (0..probabilities.len()).collect();
    let by_value = |a: &usize, b: &usize| value(b).total_cmp(&value(a));
    if count < order.len() {
        // Only the front has to be in order: a thousand classes are looked at in every frame.
        order.select_nth_unstable_by(count, by_value);
        order.truncate(count);
    }
    order.sort_by(by_value);
    order
}

/// Width of the widest of the names, in points.
fn widest(ui: &Ui, classes: &[String], shown: &[usize]) -> f32 {
    let font = egui::TextStyle::Body.resolve(ui.style());
    let width = |name: &String| {
        let galley = ui
            .painter()
            .layout_no_wrap(name.clone(), font.clone(), egui::Color32::WHITE);
        galley.size().x + 4.0
    };
    let names = shown.iter().filter_map(|class| classes.get(*class));
    names.map(width).fold(16.0, f32::max)
}

/// A list of bars, one a class, the likeliest first. `truth` is the class the image really has.
pub fn bars(
    ui: &mut Ui,
    classes: &[String],
    probabilities: &[f32],
    count: usize,
    truth: Option<usize>,
) {
    let tokens = Tokens::of(ui);
    let shown = likeliest(probabilities, count);
    let name_width = widest(ui, classes, &shown).min(ui.available_width() * 0.4);
    ui.spacing_mut().item_spacing.y = 2.0;
    // The theme's rows are made for buttons.
    ui.spacing_mut().interact_size.y = LINE;
    for class in shown {
        let p = probabilities.get(class).copied().unwrap_or(0.0);
        let name = classes.get(class).map_or("?", String::as_str);
        let colour = if truth == Some(class) {
            tokens.good
        } else {
            tokens.accent
        };
        ui.horizontal(|ui| {
            let width = ui.available_width();
            let figure_width = 56.0;
            let align = Layout::left_to_right(Align::Center);
            ui.allocate_ui_with_layout(vec2(name_width, LINE), align, |ui| {
                ui.set_width(name_width);
                let text = if truth == Some(class) {
                    semibold(name)
                } else {
                    name.into()
                };
                elided(ui, text);
            });
            let gap = ui.spacing().item_spacing.x;
            let room = (width - name_width - figure_width - 2.0 * gap).max(8.0);
            bar(ui, p, room, colour);
            let align = Layout::right_to_left(Align::Center);
            ui.allocate_ui_with_layout(vec2(figure_width, LINE), align, |ui| {
                ui.label(figure(percent(f64::from(p))).color(tokens.muted));
            });
        });
    }
}
