//! Controls that the tabs of Data share.

use egui::{Align, DragValue, Layout, Slider, TextEdit, Ui, WidgetInfo, vec2};

use crate::app::panels::parts::row::{ROW, elided};
use crate::app::theme::{CONTROL_HEIGHT, CONTROL_WIDTH, Tokens};
use crate::app::widgets::setting_row;

pub const SIZE: [f32; 2] = [CONTROL_WIDTH, CONTROL_HEIGHT - 2.0];

/// A share from 0, as per cent.
pub fn share(ui: &mut Ui, name: &str, help: &str, value: &mut f64, most: f64) {
    setting_row(ui, name, help, |ui| {
        let mut shown = *value * 100.0;
        let field = DragValue::new(&mut shown)
            .range(0.0..=(most.max(0.0) * 100.0))
            .speed(0.2)
            .max_decimals(1)
            .suffix(" %");
        let field = ui.add_sized(SIZE, field);
        if field.accessible_name(name).changed() {
            *value = shown / 100.0;
        }
    });
}

/// A slider with its name left and its figure, with the unit, right; 0 reads "off" where that is what it is.
pub fn slider(
    ui: &mut Ui,
    (name, help, unit): (&str, &str, &str),
    value: &mut f32,
    most: f32,
    off: bool,
) -> bool {
    let size = vec2(ui.available_width(), ROW);
    let layout = Layout::left_to_right(Align::Center);
    let changed = ui.allocate_ui_with_layout(size, layout, |ui| {
        ui.set_min_size(size);
        let label = 132.0;
        ui.allocate_ui_with_layout(vec2(label, ROW), layout, |ui| {
            ui.set_width(label);
            let muted = Tokens::of(ui).muted;
            let colour = if off && *value == 0.0 {
                muted
            } else {
                Tokens::of(ui).text
            };
            elided(ui, egui::RichText::new(name).color(colour)).on_hover_text(help);
        });
        let figure = 56.0;
        let gap = ui.spacing().item_spacing.x;
        ui.spacing_mut().slider_width = (ui.available_width() - figure - gap).max(40.0);
        let track = Slider::new(value, 0.0..=most).show_value(false);
        let track = ui.add(track).on_hover_text(help);
        track.widget_info(|| WidgetInfo::labeled(egui::Role::Slider, true, name));
        let mut changed = track.changed();
        let suffix = if unit.is_empty() || unit == "°" {
            unit.to_owned()
        } else {
            format!(" {unit}")
        };
        let field = DragValue::new(value)
            .range(0.0..=most)
            .speed(f64::from(most) / 200.0)
            .max_decimals(2)
            .custom_formatter(move |value, _| {
                if off && value == 0.0 {
                    return "off".to_owned();
                }
                let text = format!("{value:.2}");
                let text = text.trim_end_matches('0').trim_end_matches('.');
                format!("{text}{suffix}")
            })
            .custom_parser(|text| {
                let number = text.trim_end_matches(|letter: char| !letter.is_ascii_digit());
                match number.trim().parse() {
                    Err(_) if text.trim() == "off" => Some(0.0),
                    parsed => parsed.ok(),
                }
            });
        let field = ui.add_sized([figure, ROW - 4.0], field);
        changed |= field.accessible_name(format!("{name}, figure")).changed();
        changed
    });
    changed.inner
}

/// A field that narrows a list of classes.
pub fn search(ui: &mut Ui, text: &mut String) {
    let field = TextEdit::singleline(text)
        .hint_text("Search classes")
        .desired_width(180.0)
        .align(egui::Align2::LEFT_CENTER)
        .min_size(vec2(0.0, ROW));
    ui.add(field).accessible_name("Search classes");
}

/// The classes whose names have the text, by number; all for no text.
pub fn matching(classes: &[String], text: &str) -> Vec<usize> {
    let text = text.trim().to_lowercase();
    let fits = |name: &String| text.is_empty() || name.to_lowercase().contains(&text);
    let found = classes.iter().enumerate().filter(|(_, name)| fits(name));
    found.map(|(class, _)| class).collect()
}
