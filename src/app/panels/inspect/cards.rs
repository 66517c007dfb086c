//! One image of the mistakes grid: the picture, "3 → 7", and how sure the network was.

use egui::text::{LayoutJob, TextFormat, TextWrapping};
use egui::{
    Align2, Color32, FontFamily, FontId, Pos2, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui,
    Vec2, WidgetInfo, pos2, vec2,
};

use crate::app::panels::parts::picture::{mark_of, paint_thumbnail};
use crate::app::theme::{CORNER_SMALL, NOTE_SIZE, SPACE, Tokens};
use crate::app::view::View;
use crate::results::{Evaluation, Prediction};

/// Height of the text under the picture.
const TEXT: f32 = 24.0;
/// Height of one more line of it.
const LINE: f32 = 16.0;

/// How the cards of a grid look: all the same.
#[derive(Clone, Copy)]
pub struct Style {
    pub width: f32,
    /// The names are long: each has a line of its own.
    two_lines: bool,
}

impl Style {
    pub fn new(width: f32, evaluation: &Evaluation) -> Self {
        // Names up to so many letters fit on a line together.
        let two_lines = evaluation
            .classes
            .iter()
            .any(|class| class.chars().count() > 3);
        Self { width, two_lines }
    }

    /// Width and height of a card.
    pub fn size(self) -> Vec2 {
        let more = if self.two_lines { LINE } else { 0.0 };
        vec2(self.width, self.width + TEXT + more - SPACE[0])
    }
}

/// Draws a card; `image` is its index in the open data, where it is there.
pub fn show(
    ui: &mut Ui,
    view: &View<'_>,
    evaluation: &Evaluation,
    row: &Prediction,
    image: Option<usize>,
    style: Style,
    current: bool,
) -> Response {
    let tokens = Tokens::of(ui);
    let (rect, response) = ui.allocate_exact_size(style.size(), Sense::CLICK);
    let name = |class: usize| evaluation.classes.get(class).map_or("?", String::as_str);
    let (truth, predicted) = (name(row.label), name(row.predicted));
    let sure = format!("{:.0}%", row.confidence() * 100.0);
    if ui.is_rect_visible(rect) {
        ui.painter().rect_filled(rect, CORNER_SMALL, tokens.card);
        let stroke = match (current, response.hovered()) {
            (true, _) => Stroke::new(1.5, tokens.accent),
            (false, true) => Stroke::new(1.0, tokens.muted),
            (false, false) => Stroke::new(1.0, tokens.line),
        };
        ui.painter()
            .rect_stroke(rect, CORNER_SMALL, stroke, StrokeKind::Inside);
        let side = style.width - 2.0 * 6.0;
        let picture = Rect::from_min_size(rect.min + Vec2::splat(6.0), Vec2::splat(side));
        match image {
            Some(index) => paint_thumbnail(ui, view, index, picture),
            None => {
                ui.painter().rect_filled(picture, 2, tokens.panel);
                let font = FontId::new(NOTE_SIZE, FontFamily::Proportional);
                ui.painter().text(
                    picture.center(),
                    Align2::CENTER_CENTER,
                    "not open",
                    font,
                    tokens.muted,
                );
            }
        }
        let names = Names {
            truth,
            predicted,
            right: row.is_right(),
        };
        caption(ui, rect, &names, &sure, style.two_lines);
    }
    let mark = image.and_then(|index| mark_of(view, index));
    let mark = mark.map_or_else(String::new, |mark| format!(", {mark}"));
    let spoken = format!(
        "{}, true {truth}, predicted {predicted}, {sure}{mark}",
        row.file
    );
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, current, &spoken));
    response.on_hover_ui(|ui| {
        ui.label(&row.file);
        ui.colored_label(
            tokens.muted,
            format!("true {truth}, predicted {predicted}, {sure} sure"),
        );
    })
}

struct Names<'a> {
    truth: &'a str,
    predicted: &'a str,
    right: bool,
}

/// "3 → 7" at the left, "99%" at the right; long names on two lines.
fn caption(ui: &Ui, card: Rect, names: &Names<'_>, sure: &str, two_lines: bool) {
    let tokens = Tokens::of(ui);
    let mono = FontId::new(11.0, FontFamily::Monospace);
    let middle = card.bottom() - TEXT / 2.0;
    let at = pos2(card.right() - 6.0, middle);
    let drawn = ui
        .painter()
        .text(at, Align2::RIGHT_CENTER, sure, mono, tokens.muted);
    let colour = if names.right {
        tokens.good
    } else {
        tokens.error
    };
    let room = drawn.left() - card.left() - 10.0;
    let truth = (names.truth, tokens.text);
    let answer = [
        (if two_lines { "→ " } else { " → " }, tokens.muted),
        (names.predicted, colour),
    ];
    let left = card.left() + 6.0;
    if two_lines {
        line(ui, pos2(left, middle - LINE), &[truth], card.width() - 12.0);
        line(ui, pos2(left, middle), &answer, room);
    } else {
        line(ui, pos2(left, middle), &[truth, answer[0], answer[1]], room);
    }
}

/// Coloured pieces on one line, from `at` (its left end, vertically its middle), cut at `room`.
fn line(ui: &Ui, at: Pos2, pieces: &[(&str, Color32)], room: f32) {
    let font_id = FontId::new(NOTE_SIZE, FontFamily::Proportional);
    let mut job = LayoutJob::default();
    for &(text, color) in pieces {
        job.append(
            text,
            0.0,
            TextFormat {
                font_id: font_id.clone(),
                color,
                ..Default::default()
            },
        );
    }
    job.wrap = TextWrapping::truncate_at_width(room.max(8.0));
    let galley = ui.painter().layout_job(job);
    let at = pos2(at.x, at.y - galley.size().y / 2.0);
    ui.painter().galley(at, galley, Tokens::of(ui).text);
}
