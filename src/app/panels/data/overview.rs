//! All classes at a glance: a thin bar each, the fullest first, so that a thousand of them show how uneven they are.

use egui::{Rect, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::app::theme::Tokens;
use crate::app::widgets::{caption, thousands};

const HEIGHT: f32 = 56.0;

/// `sizes`: images of each class, most first.
pub fn show(ui: &mut Ui, sizes: &[usize]) {
    let (Some(most), Some(least)) = (sizes.first(), sizes.last()) else {
        return;
    };
    let middle = sizes.get(sizes.len() / 2).unwrap_or(least);
    let words = format!(
        "{} classes, the fullest first: {} images in it, {} in the middle one, {} in the smallest",
        thousands(sizes.len() as u64),
        thousands(*most as u64),
        thousands(*middle as u64),
        thousands(*least as u64)
    );
    let size = vec2(ui.available_width(), HEIGHT);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(egui::Role::Image, true, &words));
    let colour = Tokens::of(ui).muted;
    // As many bars as there is room for: a class each, or the fullest of several.
    let bars = sizes.len().min(rect.width().max(1.0) as usize).max(1);
    let step = rect.width() / bars as f32;
    for bar in 0..bars {
        let class = bar * sizes.len() / bars;
        let count = sizes.get(class).copied().unwrap_or(0);
        let height = HEIGHT * count as f32 / (*most).max(1) as f32;
        // On whole points: thin bars would have stripes between them.
        let edge = |bar: usize| (rect.left() + step * bar as f32).floor();
        let gap = if step > 3.0 { 1.0 } else { 0.0 };
        let top = pos2(edge(bar), (rect.bottom() - height.max(1.0)).floor());
        let filled = Rect::from_min_max(top, pos2(edge(bar + 1) - gap, rect.bottom()));
        ui.painter().rect_filled(filled, 0, colour);
    }
    let line = egui::Stroke::new(1.0, Tokens::of(ui).line);
    ui.painter().hline(rect.x_range(), rect.bottom(), line);
    caption(ui, &words);
}
