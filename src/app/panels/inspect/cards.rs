//! One image of the mistakes grid: the picture, "3 → 7", and how sure the network was.

use egui::text::{LayoutJob, TextFormat, TextWrapping};
use egui::{Align2, FontFamily, FontId, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, pos2, vec2};

use crate::app::panels::parts::picture::paint_thumbnail;
use crate::app::theme::{CORNER_SMALL, NOTE_SIZE, SPACE, Tokens};
use crate::app::view::View;
use crate::results::{Evaluation, Prediction};

/// Height of the text under the picture.
const TEXT: f32 = 24.0;

/// Width and height of a card that is `width` wide.
pub fn size(width: f32) -> Vec2 {
    vec2(width, width + TEXT - SPACE[0])
}

/// Draws a card; `image` is its index in the open data, where it is there.
pub fn show(
    ui: &mut Ui,
    view: &View<'_>,
    evaluation: &Evaluation,
    row: &Prediction,
    image: Option<usize>,
    width: f32,
    current: bool,
) -> Response {
    let tokens = Tokens::of(ui);
    let (rect, response) = ui.allocate_exact_size(size(width), Sense::CLICK);
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
        ui.painter().rect_stroke(rect, CORNER_SMALL, stroke, StrokeKind::Inside);
        let side = width - 2.0 * 6.0;
        let picture = Rect::from_min_size(rect.min + Vec2::splat(6.0), Vec2::splat(side));
        match image {
            Some(index) => paint_thumbnail(ui, view, index, picture),
            None => {
                ui.painter().rect_filled(picture, 2, tokens.panel);
                let font = FontId::new(NOTE_SIZE, FontFamily::Proportional);
                ui.painter().text(picture.center(), Align2::CENTER_CENTER, "not open", font, tokens.muted);
            }
        }
        caption(ui, rect, truth, predicted, row.is_right(), &sure);
    }
    let spoken = format!("{}, true {truth}, predicted {predicted}, {sure}", row.file);
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, current, &spoken));
    response.on_hover_ui(|ui| {
        ui.label(&row.file);
        ui.colored_label(tokens.muted, format!("true {truth}, predicted {predicted}, {sure} sure"));
    })
}

/// "3 → 7" at the left, "99%" at the right.
fn caption(ui: &Ui, card: Rect, truth: &str, predicted: &str, right: bool, sure: &str) {
    let tokens = Tokens::of(ui);
    let mono = FontId::new(11.0, FontFamily::Monospace);
    let middle = card.bottom() - TEXT / 2.0;
    let at = pos2(card.right() - 6.0, middle);
    let drawn = ui.painter().text(at, Align2::RIGHT_CENTER, sure, mono, tokens.muted);
    let font = FontId::new(NOTE_SIZE, FontFamily::Proportional);
    let mut job = LayoutJob::default();
    let part = |color| TextFormat { font_id: font.clone(), color, ..Default::default() };
    job.append(truth, 0.0, part(tokens.text));
    job.append(" → ", 0.0, part(tokens.muted));
    job.append(predicted, 0.0, part(if right { tokens.good } else { tokens.error }));
    job.wrap = TextWrapping::truncate_at_width((drawn.left() - card.left() - 10.0).max(8.0));
    let galley = ui.painter().layout_job(job);
    let at = pos2(card.left() + 6.0, middle - galley.size().y / 2.0);
    ui.painter().galley(at, galley, tokens.text);
}
