//! Pictures: thumbnails of the data set and single large ones, always with their proportions kept.

use egui::{Color32, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, vec2};

use crate::app::theme::{CAPTION_SIZE, CORNER_SMALL, Tokens};
use crate::app::view::View;
use crate::app::widgets::thousands;
use crate::dataset::Image;

/// How a thumbnail stands out.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub enum Mark {
    #[default]
    None,
    /// The pinned image, or the one under the cursor keys.
    Chosen,
}

/// One image of the data set in a square of `side` points. Only what is drawn is asked for, so the
/// caller draws what is visible and no more.
pub fn thumbnail(ui: &mut Ui, view: &View<'_>, index: usize, side: f32, mark: Mark) -> Response {
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(side), Sense::click());
    if ui.is_rect_visible(rect) {
        paint_thumbnail(ui, view, index, rect);
        outline(ui, rect, &response, mark);
    }
    let image = view
        .data
        .ready()
        .and_then(|(data, _)| data.images.get(index));
    let name = image.map_or_else(String::new, |image| {
        let mark = mark_of(view, index);
        let mark = mark.map_or_else(String::new, |mark| format!(", {mark}"));
        format!("Image {}{mark}", image.file)
    });
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
    match image {
        Some(image) => response.on_hover_ui(|ui| describe(ui, view, index, image)),
        None => response,
    }
}

/// Paints the thumbnail of an image into `rect`, or a quiet square while it is being made; over it what the user has
/// changed.
pub fn paint_thumbnail(ui: &Ui, view: &View<'_>, index: usize, rect: Rect) {
    let texture = view.thumbnails.get(index);
    match texture {
        Some(texture) => paint(ui, rect, texture.id(), texture.size_vec2()),
        None => blank(ui, rect),
    }
    changed(ui, view, index, rect);
}

/// "left out", or the class that an image had; nothing for images as their files say.
pub fn mark_of(view: &View<'_>, index: usize) -> Option<String> {
    let (dataset, _) = view.data.ready()?;
    if dataset.images.get(index)?.excluded {
        return Some("left out".to_owned());
    }
    let before = dataset.class_before(index)?;
    Some(format!("was {before}"))
}

/// What the user has changed of an image: left out ones are grey, others tell the class that they had.
fn changed(ui: &Ui, view: &View<'_>, index: usize, rect: Rect) {
    let Some(text) = mark_of(view, index) else {
        return;
    };
    let image = view
        .data
        .ready()
        .and_then(|(data, _)| data.images.get(index));
    let excluded = image.is_some_and(|image| image.excluded);
    let tokens = Tokens::of(ui);
    if excluded {
        let veil = tokens.ground.gamma_multiply(0.75);
        ui.painter().rect_filled(rect, 0, veil);
    }
    let colour = if excluded { tokens.muted } else { tokens.text };
    let font = egui::FontId::proportional(CAPTION_SIZE);
    let mut job = egui::text::LayoutJob::simple_singleline(text, font, colour);
    job.wrap = egui::text::TextWrapping::truncate_at_width(rect.width() - 6.0);
    let galley = ui.fonts_mut(|fonts| fonts.layout_job(job));
    let height = galley.size().y + 2.0;
    let band = Rect::from_min_max(egui::pos2(rect.left(), rect.bottom() - height), rect.max);
    let ground = tokens.card.gamma_multiply(0.9);
    ui.painter().rect_filled(band, 0, ground);
    let at = band.min + vec2(3.0, 1.0);
    ui.painter().galley(at, galley, colour);
}

/// A picture as large as `width` allows, at most square; pixels stay crisp where it is tiny.
pub fn large(ui: &mut Ui, texture: Option<&egui::TextureHandle>, width: f32, name: &str) {
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(width), Sense::hover());
    match texture {
        Some(texture) => paint(ui, rect, texture.id(), texture.size_vec2()),
        None => blank(ui, rect),
    }
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, name));
}

/// Paints a texture in the middle of `rect` with its proportions kept, on a quiet ground.
pub fn paint(ui: &Ui, rect: Rect, texture: egui::TextureId, size: Vec2) {
    let tokens = Tokens::of(ui);
    let fitted = fit(size, rect.size());
    if fitted.x + 0.5 < rect.width() || fitted.y + 0.5 < rect.height() {
        ui.painter().rect_filled(rect, CORNER_SMALL, tokens.card);
    }
    let place = Rect::from_center_size(rect.center(), fitted);
    let whole = Rect::from_min_max(egui::pos2(0.0, 0.0), egui::pos2(1.0, 1.0));
    ui.painter().image(texture, place, whole, Color32::WHITE);
}

fn blank(ui: &Ui, rect: Rect) {
    let tokens = Tokens::of(ui);
    ui.painter().rect_filled(rect, CORNER_SMALL, tokens.card);
}

fn outline(ui: &Ui, rect: Rect, response: &Response, mark: Mark) {
    let tokens = Tokens::of(ui);
    let stroke = match mark {
        Mark::Chosen => Stroke::new(2.0, tokens.accent),
        Mark::None if response.hovered() || response.has_focus() => Stroke::new(1.0, tokens.muted),
        Mark::None => return,
    };
    ui.painter()
        .rect_stroke(rect, 2, stroke, StrokeKind::Inside);
}

/// The tooltip of an image: its file, its size, its class.
fn describe(ui: &mut Ui, view: &View<'_>, index: usize, image: &Image) {
    let tokens = Tokens::of(ui);
    ui.label(&image.file);
    let class = view.data.ready().map(|(data, _)| data.class_of(index));
    let (width, height) = (u64::from(image.width), u64::from(image.height));
    let size = format!("{}×{} pixels", thousands(width), thousands(height));
    let text = class.map_or(size.clone(), |class| format!("{size} · class {class}"));
    ui.colored_label(tokens.muted, text);
    let before = view
        .data
        .ready()
        .and_then(|(data, _)| data.class_before(index));
    if let Some(before) = before {
        ui.colored_label(
            tokens.muted,
            format!("was {before}; you gave it this class"),
        );
    }
    if image.excluded {
        ui.colored_label(tokens.muted, "left out of training and of all figures");
    }
}

/// The largest size with the proportions of `size` inside `room`.
fn fit(size: Vec2, room: Vec2) -> Vec2 {
    if size.x <= 0.0 || size.y <= 0.0 {
        return room;
    }
    let scale = (room.x / size.x).min(room.y / size.y);
    vec2(size.x * scale, size.y * scale)
}
