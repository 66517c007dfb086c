//! The names along the two edges of the confusion matrix; they stay while the cells scroll.

use std::f32::consts::FRAC_PI_2;
use std::sync::Arc;

use egui::epaint::TextShape;
use egui::text::{LayoutJob, TextWrapping};
use egui::{Align2, Color32, FontFamily, FontId, Galley, Rect, Sense, Ui, pos2, vec2};

use super::figures::Figures;
use super::matrix_paint::Cells;
use crate::app::theme::{CAPTION_SIZE, NOTE_SIZE, SPACE, Tokens};
use crate::results::Confusion;

/// Smaller cells cannot be named one by one.
pub const WITH_NAMES: f32 = 11.0;
/// Only the longest names are measured: with a thousand classes all of them would take long.
const MEASURED: usize = 16;

fn font(size: f32) -> FontId {
    FontId::new(size, FontFamily::Proportional)
}

/// Width of the widest name, in points.
pub fn widest(ui: &Ui, confusion: &Confusion) -> f32 {
    let mut names: Vec<&String> = confusion.classes().iter().collect();
    names.sort_by_key(|name| std::cmp::Reverse(name.chars().count()));
    names.truncate(MEASURED);
    let width = |name: &String| {
        let galley = ui
            .painter()
            .layout_no_wrap(name.clone(), font(NOTE_SIZE), Color32::WHITE);
        galley.size().x
    };
    names.into_iter().map(width).fold(0.0, f32::max)
}

/// Paints the names of the visible rows and columns around `inner`, the place of the cells.
/// `lying`: column names fit over their columns.
pub fn paint(ui: &Ui, figures: &Figures, outer: Rect, inner: Rect, cells: &Cells, lying: bool) {
    let left = Rect::from_x_y_ranges(outer.left()..=inner.left(), inner.y_range());
    let top = Rect::from_x_y_ranges(inner.x_range(), outer.top()..=inner.top());
    axis_words(ui, Rect::from_min_max(outer.min, inner.min));
    if cells.side < WITH_NAMES {
        return;
    }
    let (rows, columns) = cells.within(inner);
    for row in rows {
        let middle = cells.rect(row, 0).center().y;
        let slot = Rect::from_x_y_ranges(
            left.x_range(),
            middle - cells.side / 2.0..=middle + cells.side / 2.0,
        );
        row_name(ui, left, slot, figures.name(row));
    }
    for column in columns {
        let middle = cells.rect(0, column).center().x;
        let slot = Rect::from_x_y_ranges(
            middle - cells.side / 2.0..=middle + cells.side / 2.0,
            top.y_range(),
        );
        column_name(ui, top, slot, figures.name(column), lying);
    }
}

fn axis_words(ui: &Ui, corner: Rect) {
    let colour = Tokens::of(ui).muted;
    let font = font(CAPTION_SIZE);
    let at = corner.left_bottom() + vec2(SPACE[0], -3.0);
    ui.painter()
        .text(at, Align2::LEFT_BOTTOM, "true ↓\npred →", font, colour);
}

fn row_name(ui: &Ui, edge: Rect, slot: Rect, name: &str) {
    let colour = Tokens::of(ui).text;
    let size = (slot.height() * 0.8).min(NOTE_SIZE);
    let galley = elided(ui, name, size, colour, slot.width() - 2.0 * SPACE[0]);
    let at = pos2(
        slot.left() + SPACE[0],
        slot.center().y - galley.size().y / 2.0,
    );
    hover(ui, edge, slot, name, &galley);
    ui.painter()
        .with_clip_rect(edge.intersect(ui.clip_rect()))
        .galley(at, galley, colour);
}

fn column_name(ui: &Ui, edge: Rect, slot: Rect, name: &str, lying: bool) {
    let colour = Tokens::of(ui).muted;
    let painter = ui.painter().with_clip_rect(edge.intersect(ui.clip_rect()));
    if lying {
        let galley = elided(ui, name, NOTE_SIZE, colour, slot.width());
        let at = pos2(
            slot.center().x - galley.size().x / 2.0,
            slot.bottom() - galley.size().y - 6.0,
        );
        painter.galley(at, galley, colour);
        return;
    }
    let size = (slot.width() * 0.8).min(NOTE_SIZE);
    let galley = elided(ui, name, size, colour, slot.height() - 6.0);
    hover(ui, edge, slot, name, &galley);
    // Read from below: the text starts at the matrix and goes up.
    let at = pos2(slot.center().x - galley.size().y / 2.0, slot.bottom() - 4.0);
    painter.add(TextShape::new(at, galley, colour).with_angle(-FRAC_PI_2));
}

/// One line that ends in "…" where it is longer than `width`.
fn elided(ui: &Ui, text: &str, size: f32, colour: Color32, width: f32) -> Arc<Galley> {
    let mut job = LayoutJob::simple_singleline(text.to_owned(), font(size), colour);
    job.wrap = TextWrapping::truncate_at_width(width.max(1.0));
    ui.painter().layout_job(job)
}

/// A name that was cut is told whole.
fn hover(ui: &Ui, edge: Rect, slot: Rect, name: &str, galley: &Galley) {
    if galley.elided {
        let id = ui
            .scope_id()
            .with(("axis", slot.min.x.to_bits(), slot.min.y.to_bits()));
        ui.interact(slot.intersect(edge), id, Sense::hover())
            .on_hover_text(name);
    }
}
