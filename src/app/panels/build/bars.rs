//! The probabilities of the classes, on the last card.

use egui::accesskit::Role;
use egui::{Rect, RichText, Sense, Ui, WidgetInfo, pos2, vec2};

use super::plan::BARS;
use super::text;
use crate::app::theme::{self, CAPTION_SIZE, SPACE, Tokens};
use crate::app::view::View;
use crate::app::widgets;

/// More classes than this are not all named: the most probable ones are.
const CLASSES: usize = 12;

/// How probable the network finds each class of the pinned image.
pub fn show(ui: &mut Ui, view: &View<'_>, probabilities: &[f32]) {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), BARS), Sense::hover());
    let names = view.data.ready().map(|(dataset, _)| &dataset.classes);
    let name = |class: usize| {
        let name = names.filter(|names| names.len() == probabilities.len());
        name.and_then(|names| names.get(class).cloned())
            .unwrap_or_else(|| format!("class {}", class + 1))
    };
    let mut shown: Vec<(usize, f32)> = probabilities.iter().copied().enumerate().collect();
    if shown.len() > CLASSES {
        shown.sort_by(|a, b| b.1.total_cmp(&a.1));
        shown.truncate(CLASSES);
    }
    let best = shown.iter().copied().max_by(|a, b| a.1.total_cmp(&b.1));
    let step = rect.width() / shown.len().max(1) as f32;
    for (number, (class, probability)) in shown.iter().enumerate() {
        let left = rect.min.x + step * number as f32;
        let place = Rect::from_min_max(pos2(left, rect.min.y), pos2(left + step, rect.max.y));
        bar(
            ui,
            place,
            &name(*class),
            *probability,
            best.is_some_and(|best| best.0 == *class),
        );
    }
    let percent = |probability: f32| widgets::percent(f64::from(probability));
    response.widget_info(|| {
        let best = best.map_or(String::new(), |(class, share)| {
            format!(": {} {}", name(class), percent(share))
        });
        WidgetInfo::labeled(Role::Image, true, format!("Class probabilities{best}"))
    });
    let pointed = response
        .hover_pos()
        .and_then(|pos| shown.get(((pos.x - rect.min.x) / step) as usize).copied());
    if let Some((class, share)) = pointed {
        response.on_hover_text_at_pointer(format!("{}: {}", name(class), percent(share)));
    }
}

fn bar(ui: &Ui, place: Rect, name: &str, probability: f32, best: bool) {
    let tokens = Tokens::of(ui);
    let colour = if best { tokens.accent } else { tokens.muted };
    let words = RichText::new(name).size(CAPTION_SIZE);
    let words = words.color(if best { tokens.text } else { tokens.muted });
    let width = (place.width() - SPACE[0]).max(1.0);
    let centred = |text: std::sync::Arc<egui::Galley>, y: f32| {
        text::left(ui, pos2(place.center().x - text.size().x / 2.0, y), text);
    };
    centred(text::line(ui, words, width), place.max.y - 7.0);
    let percent = widgets::percent(f64::from(probability));
    if place.width() > 44.0 || best {
        let percent = theme::figure(percent)
            .size(CAPTION_SIZE - 1.0)
            .color(colour);
        centred(
            text::line(ui, percent, place.width() + SPACE[1]),
            place.min.y + 6.0,
        );
    }
    let bottom = place.max.y - 17.0;
    let room = bottom - (place.min.y + 15.0);
    let half = (place.width() / 2.0 - 3.0).min(18.0);
    let share = if probability.is_finite() {
        probability.clamp(0.0, 1.0)
    } else {
        0.0
    };
    let bar = |height: f32| {
        let middle = place.center().x;
        Rect::from_min_max(
            pos2(middle - half, bottom - height),
            pos2(middle + half, bottom),
        )
    };
    ui.painter()
        .rect_filled(bar(room), 2, tokens.line.gamma_multiply(0.6));
    ui.painter()
        .rect_filled(bar((room * share).max(1.0)), 2, colour);
}
