//! Text laid out by hand, where columns must line up and heights be known before drawing.

use std::sync::Arc;

use egui::{Color32, Galley, Pos2, RichText, TextStyle, TextWrapMode, Ui, WidgetText, pos2};

use crate::network::grouped;

/// One line, cut with an ellipsis where it is too long.
pub fn line(ui: &Ui, text: RichText, width: f32) -> Arc<Galley> {
    WidgetText::from(text).into_galley(ui, Some(TextWrapMode::Truncate), width, TextStyle::Body)
}

/// Several lines, wrapped.
pub fn wrapped(ui: &Ui, text: RichText, width: f32) -> Arc<Galley> {
    WidgetText::from(text).into_galley(ui, Some(TextWrapMode::Wrap), width, TextStyle::Body)
}

/// Draws with the left end at `at`, centred on its height; returns where it ends.
pub fn left(ui: &Ui, at: Pos2, text: Arc<Galley>) -> f32 {
    let end = at.x + text.size().x;
    let corner = pos2(at.x, at.y - text.size().y / 2.0);
    ui.painter().galley(corner, text, Color32::PLACEHOLDER);
    end
}

/// Draws with the right end at `at`, centred on its height.
pub fn right(ui: &Ui, at: Pos2, text: Arc<Galley>) {
    let start = pos2(at.x - text.size().x, at.y);
    left(ui, start, text);
}

/// A large number in short: "2.23 M"; small ones in full.
pub fn short(number: u64) -> String {
    const STEPS: [(f64, &str); 4] = [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")];
    let value = number as f64;
    match STEPS.iter().find(|(step, _)| value >= *step) {
        Some((step, unit)) if number >= 10_000 => {
            let share = value / step;
            let decimals = if share < 10.0 {
                2
            } else {
                usize::from(share < 100.0)
            };
            format!("{share:.decimals$} {unit}")
        }
        _ => grouped(number),
    }
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn numbers_in_short() {
        let cases = [
            (0, "0"),
            (9_999, "9,999"),
            (10_000, "10.0 k"),
            (2_230_272, "2.23 M"),
            (123_456_789, "123 M"),
            (1_500_000_000, "1.50 G"),
        ];
        for (number, text) in cases {
            assert_eq!(short(number), text);
        }
    }
}
