//! Painting the cells of the confusion matrix, the visible ones only.

use egui::{Align2, Color32, FontFamily, FontId, Pos2, Rect, Response, Stroke, StrokeKind, Ui};

use super::figures::{Figures, Scale};
use crate::app::theme::{CORNER_SMALL, DARK, Tokens};
use crate::app::widgets::thousands;

/// Where the cells lie.
pub struct Cells {
    /// The upper left corner of the first one, on the screen.
    pub origin: Pos2,
    /// In points.
    pub side: f32,
    /// Classes.
    pub n: usize,
}

/// Smaller cells have no room for a figure.
const WITH_TEXT: f32 = 22.0;
/// Cells with images are painted at least so large.
const LEAST_DOT: f32 = 2.5;
/// Smaller cells are not held apart by a gap.
const WITH_GAP: f32 = 6.0;

pub fn cells(
    ui: &Ui,
    figures: &Figures,
    cells: &Cells,
    visible: Rect,
    scale: Scale,
    hide_diagonal: bool,
) {
    let tokens = Tokens::of(ui);
    let painter = ui.painter();
    let gap = if cells.side >= WITH_GAP { 1.0 } else { 0.0 };
    let whole = Rect::from_min_size(cells.origin, egui::Vec2::splat(cells.side * cells.n as f32));
    if gap == 0.0 {
        painter.rect_filled(whole.intersect(visible), 0, tokens.card);
    }
    if gap == 0.0 {
        return dots(ui, figures, cells, visible, scale, hide_diagonal);
    }
    let font = FontId::new((cells.side * 0.3).clamp(9.0, 12.0), FontFamily::Monospace);
    let (rows, columns) = cells.within(visible);
    for truth in rows {
        for predicted in columns.clone() {
            let diagonal = truth == predicted;
            let count = figures.confusion.at(truth, predicted);
            let blank = count == 0 || (diagonal && hide_diagonal);
            let rect = cells.rect(truth, predicted).shrink(gap);
            let strength = figures.strength(scale, truth, predicted);
            let fill = if blank {
                tokens.card
            } else {
                colour(tokens, diagonal, strength)
            };
            let corner = if cells.side >= WITH_TEXT { 2 } else { 0 };
            painter.rect_filled(rect, corner, fill);
            if cells.side >= WITH_TEXT && !(diagonal && hide_diagonal) {
                let text = text(figures, scale, truth, predicted);
                let faint = tokens.card.lerp_to_gamma(tokens.muted, 0.45);
                let ink = if blank { faint } else { ink(tokens, fill) };
                painter.text(
                    rect.center(),
                    Align2::CENTER_CENTER,
                    text,
                    font.clone(),
                    ink,
                );
            }
        }
    }
}

/// Cells so small that only those with images are painted, large enough to be seen.
fn dots(
    ui: &Ui,
    figures: &Figures,
    cells: &Cells,
    visible: Rect,
    scale: Scale,
    hide_diagonal: bool,
) {
    let tokens = Tokens::of(ui);
    let side = cells.side.max(LEAST_DOT);
    let shown = |&&(truth, predicted): &&(usize, usize)| !(hide_diagonal && truth == predicted);
    for &(truth, predicted) in figures.filled.iter().filter(shown) {
        let corner = cells.rect(truth, predicted).min;
        let rect = Rect::from_min_size(corner, egui::Vec2::splat(side));
        if visible.intersects(rect) {
            let strength = figures.strength(scale, truth, predicted);
            let fill = colour(tokens, truth == predicted, 0.3 + 0.7 * strength);
            ui.painter().rect_filled(rect, 0, fill);
        }
    }
}

/// Right answers in the accent's hue, mistakes in a warm one, the more the stronger.
fn colour(tokens: &Tokens, diagonal: bool, strength: f32) -> Color32 {
    let strength = strength.clamp(0.0, 1.0);
    if diagonal {
        tokens
            .card
            .lerp_to_gamma(tokens.accent, 0.12 + 0.24 * strength)
    } else {
        // A ground and no text: the bright orange of the dark theme reads on both.
        tokens
            .card
            .lerp_to_gamma(DARK.validation, 0.16 + 0.60 * strength)
    }
}

/// Text that can be read on `fill`.
fn ink(tokens: &Tokens, fill: Color32) -> Color32 {
    let distance = |a: Color32, b: Color32| (brightness(a) - brightness(b)).abs();
    if distance(tokens.text, fill) >= distance(tokens.ground, fill) {
        tokens.text
    } else {
        tokens.ground
    }
}

/// A count, or percent without the sign, which a cell has no room for.
fn text(figures: &Figures, scale: Scale, truth: usize, predicted: usize) -> String {
    let value = figures.value(scale, truth, predicted);
    match scale {
        Scale::Counts => short(value as u64),
        _ if value == 0.0 => "0".to_owned(),
        _ if value < 0.0995 => format!("{:.1}", value * 100.0),
        _ => format!("{:.0}", value * 100.0),
    }
}

fn short(count: u64) -> String {
    match count {
        0..10_000 => thousands(count),
        10_000..1_000_000 => format!("{}k", count / 1000),
        _ => format!("{}M", count / 1_000_000),
    }
}

/// The frame of the chosen cell.
pub fn outline(ui: &Ui, rect: Rect) {
    let stroke = Stroke::new(2.0, Tokens::of(ui).text);
    let rect = if rect.width() < 6.0 {
        rect.expand(2.0)
    } else {
        rect
    };
    ui.painter()
        .rect_stroke(rect, 2, stroke, StrokeKind::Inside);
}

/// Shows that the keys go to the matrix.
pub fn focus_ring(ui: &Ui, focus: &Response, rect: Rect) {
    if focus.has_focus() {
        let stroke = Stroke::new(1.0, Tokens::of(ui).accent);
        ui.painter()
            .rect_stroke(rect.expand(3.0), CORNER_SMALL, stroke, StrokeKind::Inside);
    }
}

/// Brightness as the eye sees it, 0 to 255.
fn brightness(colour: Color32) -> f32 {
    let [r, g, b, _] = colour.to_array().map(f32::from);
    0.299 * r + 0.587 * g + 0.114 * b
}
