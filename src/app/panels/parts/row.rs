//! Rows: two ends, elided text, a field for a path.

use egui::{
    Align, Frame, Key, Label, Layout, Margin, Response, RichText, ScrollArea, TextEdit, Ui, vec2,
};

use crate::app::theme::SPACE;

/// Height of a row of controls.
pub const ROW: f32 = 28.0;

/// The frame of a column that scrolls as a whole: its right margin is left to [`column_scroll`].
pub fn column_frame() -> Frame {
    let side = SPACE[3] as i8;
    let margin = Margin {
        left: side,
        right: side / 2,
        top: side,
        bottom: side,
    };
    Frame::new().inner_margin(margin)
}

/// Scrolls a column; the bar stands in the margin and covers nothing.
pub fn column_scroll(salt: &str) -> ScrollArea {
    let margin = Margin {
        right: SPACE[3] as i8 / 2,
        ..Margin::ZERO
    };
    ScrollArea::vertical()
        .id_salt(salt)
        .auto_shrink(false)
        .content_margin(margin)
}

/// A row whose `right` part stands at the right edge in its own width; `left` gets what remains.
pub fn ends(ui: &mut Ui, salt: &str, left: impl FnOnce(&mut Ui), right: impl FnOnce(&mut Ui)) {
    // The width of the right part is known after it was drawn once: it is kept for the next frame.
    let id = ui.scope_id().with(("row ends", salt));
    let width = ui.data(|data| data.get_temp::<f32>(id));
    let known = width.unwrap_or(0.0);
    let size = vec2(ui.available_width(), ROW + SPACE[0]);
    ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), |ui| {
        // Rows inside this one begin as high as it is; they would hang below its middle else.
        ui.spacing_mut().interact_size.y = ROW;
        let gap = ui.spacing().item_spacing.x;
        let room = (ui.available_width() - known - gap).max(0.0);
        let align = Layout::left_to_right(Align::Center);
        ui.allocate_ui_with_layout(vec2(room, size.y), align, |ui| {
            ui.set_width(room);
            left(ui);
        });
        let drawn = ui.scope(right).response.rect.width();
        if (drawn - known).abs() > 0.5 {
            ui.data_mut(|data| data.insert_temp(id, drawn));
            ui.ctx()
                .request_discard("the right end of a row has a new width");
        }
    });
}

/// Text on one line that ends in "…" where it does not fit; hovering shows all of it.
pub fn elided(ui: &mut Ui, text: impl Into<RichText>) -> Response {
    ui.add(Label::new(text.into()).truncate().selectable(false))
}

/// A name cut to `most` characters, for places whose width is not known beforehand.
pub fn shortened(name: &str, most: usize) -> String {
    if name.chars().count() <= most {
        return name.to_owned();
    }
    let kept: String = name.chars().take(most.saturating_sub(1)).collect();
    format!("{kept}…")
}

/// A field to type a path into; gives the path when Enter is pressed.
pub fn path_field(ui: &mut Ui, text: &mut String, hint: &str, width: f32) -> Option<String> {
    let field = TextEdit::singleline(text)
        .hint_text(hint)
        .desired_width(width)
        .align(egui::Align2::LEFT_CENTER)
        .min_size(vec2(0.0, ROW));
    let response = ui.add(field).accessible_name(hint);
    let entered = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    let path = unquoted(text);
    (entered && !path.is_empty()).then_some(path)
}

/// File managers put quotes around what they copy, and `file://` in front.
fn unquoted(text: &str) -> String {
    let text = text.trim();
    let text = text.strip_prefix("file://").unwrap_or(text);
    let quote = |c| c == '"' || c == '\'';
    text.trim_matches(quote).to_owned()
}
