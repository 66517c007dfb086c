//! Text laid out by hand, where columns must line up and heights be known before drawing.

use std::sync::Arc;

use egui::{Galley, Pos2, RichText, TextStyle, TextWrapMode, Ui, WidgetText, pos2};

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
    let colour = ui.visuals().text_color();
    ui.painter().galley(corner, text, colour);
    end
}

/// Draws with the right end at `at`, centred on its height.
pub fn right(ui: &Ui, at: Pos2, text: Arc<Galley>) {
    let start = pos2(at.x - text.size().x, at.y);
    left(ui, start, text);
}

/// A message as it begins a line: with a capital, unless it begins with a layer's name.
pub fn sentence(message: &str) -> String {
    let first = message.split_whitespace().next().unwrap_or_default();
    let mut letters = message.chars();
    match letters.next() {
        Some(letter) if !first.contains('_') => letter.to_uppercase().chain(letters).collect(),
        _ => message.to_owned(),
    }
}

/// A message without the remedy at its end, where a button beside it says that.
pub fn without(message: &str, remedy: Option<&str>) -> String {
    let plain = remedy.and_then(|remedy| {
        let (told, end) = message.rsplit_once(": ")?;
        let same = end.eq_ignore_ascii_case(remedy);
        same.then_some(told)
    });
    sentence(plain.unwrap_or(message))
}

#[cfg(test)]
mod tests {
    use super::{sentence, without};

    #[test]
    fn what_a_button_says_is_not_said_twice() {
        let message = "add_1 takes inputs of one shape: add a 1×1 convolution";
        let told = "add_1 takes inputs of one shape";
        assert_eq!(without(message, Some("Add a 1×1 convolution")), told);
        assert_eq!(without(message, Some("Delete add_1")), message);
        assert_eq!(without(message, None), message);
    }

    #[test]
    fn messages_begin_with_a_capital_unless_a_name_does() {
        assert_eq!(
            sentence("the kernel is too large"),
            "The kernel is too large"
        );
        assert_eq!(sentence("dense_1 needs a vector"), "dense_1 needs a vector");
        assert_eq!(sentence(""), "");
    }
}
