//! The small parts that all panels share. Each looks the same everywhere, has an accessible name,
//! and holds no state.

use std::time::Duration;

use egui::{
    Align, Align2, Button, Color32, CornerRadius, Frame, InnerResponse, Label, Layout, Margin,
    Rect, Response, RichText, Sense, Stroke, StrokeKind, TextStyle, Ui, WidgetInfo, vec2,
};

use super::theme::{
    CAPTION_SIZE, CONTROL_HEIGHT, CONTROL_WIDTH, CORNER, CORNER_SMALL, HEADING_SIZE, NOTE_SIZE,
    SPACE, Tokens, figure, semibold,
};

/// A box for things that belong together.
pub fn card<R>(ui: &mut Ui, add: impl FnOnce(&mut Ui) -> R) -> InnerResponse<R> {
    let tokens = Tokens::of(ui);
    Frame::new()
        .fill(tokens.card)
        .stroke(Stroke::new(1.0, tokens.line))
        .corner_radius(CORNER)
        .inner_margin(SPACE[2])
        .show(ui, add)
}

/// The name of a section.
pub fn heading(ui: &mut Ui, text: &str) {
    ui.label(semibold(text).size(HEADING_SIZE));
}

/// A small name over a group of things.
pub fn caption(ui: &mut Ui, text: &str) {
    let muted = Tokens::of(ui).muted;
    ui.label(RichText::new(text).size(CAPTION_SIZE).color(muted));
}

/// A sentence that explains; it wraps.
pub fn note(ui: &mut Ui, text: &str) {
    let muted = Tokens::of(ui).muted;
    ui.add(Label::new(RichText::new(text).size(NOTE_SIZE).color(muted)).wrap());
}

/// A fact: its name left, its value right, a thin line under both.
pub fn stat_row(ui: &mut Ui, label: &str, value: &str) {
    let tokens = Tokens::of(ui);
    let size = vec2(ui.available_width(), CONTROL_HEIGHT);
    let row = ui.allocate_ui_with_layout(size, Layout::right_to_left(Align::Center), |ui| {
        ui.set_min_size(size);
        ui.label(figure(value).color(tokens.text));
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            ui.add(Label::new(label).truncate());
        });
    });
    let rect = row.response.rect;
    let line = Stroke::new(1.0, tokens.line);
    ui.painter().hline(rect.x_range(), rect.bottom(), line);
    ui.add_space(1.0 - ui.spacing().item_spacing.y);
}

/// A few choices side by side of which one holds; `name` tells what is chosen. True when it changed.
pub fn segmented<T: PartialEq + Copy>(
    ui: &mut Ui,
    name: &str,
    current: &mut T,
    options: &[(T, &str)],
) -> bool {
    let tokens = Tokens::of(ui);
    let before = *current;
    let frame = Frame::new()
        .stroke(Stroke::new(1.0, tokens.line))
        .corner_radius(CORNER_SMALL)
        .inner_margin(1.0);
    let all = frame.show(ui, |ui| {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 0.0;
            ui.spacing_mut().interact_size.y = CONTROL_HEIGHT - 4.0;
            ui.spacing_mut().button_padding = vec2(10.0, 2.0);
            for (value, text) in options {
                let chosen = *current == *value;
                let colour = if chosen { tokens.text } else { tokens.muted };
                let button = Button::selectable(chosen, RichText::new(*text).color(colour))
                    .stroke(Stroke::NONE)
                    .corner_radius(CornerRadius::same(CORNER_SMALL - 2));
                let button = if chosen {
                    button.fill(tokens.chosen())
                } else {
                    button
                };
                if ui.add(button).clicked() {
                    *current = *value;
                }
            }
        });
    });
    all.response
        .widget_info(|| WidgetInfo::labeled(egui::Role::RadioGroup, true, name));
    *current != before
}

/// A setting: its name left (`help` on hover), its control right.
pub fn setting_row<R>(ui: &mut Ui, label: &str, help: &str, add: impl FnOnce(&mut Ui) -> R) -> R {
    let size = vec2(ui.available_width(), CONTROL_HEIGHT);
    ui.allocate_ui_with_layout(size, Layout::right_to_left(Align::Center), |ui| {
        ui.set_min_size(size);
        let control = vec2(CONTROL_WIDTH, CONTROL_HEIGHT);
        let inner = ui
            .allocate_ui_with_layout(control, Layout::right_to_left(Align::Center), |ui| {
                ui.set_min_width(CONTROL_WIDTH);
                ui.spacing_mut().combo_width = CONTROL_WIDTH;
                add(ui)
            })
            .inner;
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            let name = ui.add(Label::new(label).truncate().sense(Sense::hover()));
            if !help.is_empty() {
                name.on_hover_text(help);
            }
        });
        inner
    })
    .inner
}

/// What an empty place says: what is missing, what to do, and a button that does it. True when the
/// button was clicked.
pub fn empty_state(ui: &mut Ui, title: &str, hint: &str, button: Option<&str>) -> bool {
    let muted = Tokens::of(ui).muted;
    let room = ui.available_height();
    let top = if room.is_finite() { room * 0.3 } else { 0.0 };
    ui.vertical_centered(|ui| {
        ui.add_space(top.clamp(SPACE[4], 240.0));
        ui.set_max_width(420.0);
        ui.label(semibold(title).size(HEADING_SIZE + 2.0));
        ui.add(Label::new(RichText::new(hint).color(muted)).wrap());
        ui.add_space(SPACE[1]);
        button.is_some_and(|text| primary_button(ui, text, Ok(())).clicked())
    })
    .inner
}

/// The one button that stands out; `Err(reason)` disables it and says why when hovered.
pub fn primary_button(ui: &mut Ui, text: &str, enabled: Result<(), &str>) -> Response {
    let tokens = Tokens::of(ui);
    let scope = ui.scope(|ui| {
        let widgets = &mut ui.visuals_mut().widgets;
        for look in [&mut widgets.inactive, &mut widgets.noninteractive] {
            look.weak_bg_fill = tokens.accent;
            look.bg_stroke = Stroke::new(1.0, tokens.accent);
        }
        widgets.hovered.weak_bg_fill = tokens.accent_strong();
        widgets.hovered.bg_stroke = Stroke::new(1.0, tokens.accent_strong());
        widgets.active.weak_bg_fill = tokens.accent_strong();
        widgets.active.bg_stroke = Stroke::new(1.0, tokens.text);
        ui.spacing_mut().button_padding.x = SPACE[3];
        let button = Button::new(semibold(text).color(tokens.on_accent));
        ui.add_enabled(enabled.is_ok(), button)
    });
    match enabled {
        Ok(()) => scope.inner,
        Err(reason) => scope.inner.on_disabled_hover_text(reason),
    }
}

/// A thin rounded bar, `fraction` of it filled.
pub fn bar(ui: &mut Ui, fraction: f32, width: f32, colour: Color32) {
    let height = SPACE[0] + 1.0;
    let (rect, response) = ui.allocate_exact_size(vec2(width, height), Sense::hover());
    let radius = CornerRadius::same(3);
    let painter = ui.painter();
    painter.rect_filled(rect, radius, Tokens::of(ui).line);
    let share = if fraction.is_finite() {
        fraction.clamp(0.0, 1.0)
    } else {
        0.0
    };
    // What reads as 0.0 % has no bar, not a dot.
    if share >= 0.0005 {
        let filled = (width * share).max(height.min(width));
        let done = Rect::from_min_size(rect.min, vec2(filled, height));
        painter.rect_filled(done, radius, colour);
    }
    response.widget_info(|| {
        let text = percent(f64::from(share));
        WidgetInfo::labeled(egui::Role::ProgressIndicator, true, text)
    });
}

/// A button on a card, where one in the card's own colour would not be seen.
pub fn card_button(ui: &mut Ui, text: impl Into<String>) -> Response {
    let line = Tokens::of(ui).line;
    let button = Button::new(RichText::new(text).size(NOTE_SIZE)).min_size(vec2(0.0, SPACE[4]));
    ui.scope(|ui| {
        ui.spacing_mut().button_padding = vec2(SPACE[1], 2.0);
        ui.visuals_mut().widgets.inactive.weak_bg_fill = line;
        ui.add(button)
    })
    .inner
}

/// How far a job is, from 0 to 1; `spoken` says it to those who cannot see the bar.
pub fn progress(ui: &mut Ui, fraction: f32, spoken: String) {
    let bar = egui::ProgressBar::new(fraction)
        .desired_height(SPACE[0] + 2.0)
        .fill(Tokens::of(ui).accent);
    ui.add(bar).accessible_name(spoken);
}

/// What is wrong, in a box with an edge in the colour of how bad it is, and a button for the remedy.
/// True when the remedy was clicked.
pub fn problem(ui: &mut Ui, colour: Color32, message: &str, remedy: Option<&str>) -> bool {
    let tokens = Tokens::of(ui);
    let margin = Margin {
        left: SPACE[2] as i8 + 2,
        right: SPACE[2] as i8,
        top: SPACE[1] as i8,
        bottom: SPACE[1] as i8,
    };
    let shown = Frame::new()
        .fill(tokens.card)
        .corner_radius(CORNER_SMALL)
        .inner_margin(margin)
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.add(Label::new(message).wrap().selectable(true));
            remedy.is_some_and(|text| ui.button(text).clicked())
        });
    edge(ui, shown.response.rect, colour);
    shown.inner
}

/// The coloured left edge of a box.
pub(in crate::app) fn edge(ui: &Ui, rect: Rect, colour: Color32) {
    let left = Rect::from_min_size(rect.min, vec2(3.0, rect.height()));
    let radius = CornerRadius {
        nw: CORNER_SMALL,
        sw: CORNER_SMALL,
        ..CornerRadius::ZERO
    };
    ui.painter().rect_filled(left, radius, colour);
}

/// A key of the keyboard, as it stands beside a command.
pub(super) fn key_text(ui: &mut Ui, text: &str) {
    let tokens = Tokens::of(ui);
    let font = TextStyle::Small.resolve(ui.style());
    let galley = ui
        .painter()
        .layout_no_wrap(text.to_owned(), font, tokens.muted);
    let size = galley.size() + vec2(SPACE[1] + 2.0, SPACE[0]);
    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
    let line = Stroke::new(1.0, tokens.line);
    ui.painter()
        .rect_stroke(rect, CORNER_SMALL - 2, line, StrokeKind::Inside);
    let at = Align2::CENTER_CENTER.align_size_within_rect(galley.size(), rect);
    ui.painter().galley(at.min, galley, tokens.muted);
}

/// "93,322".
pub fn thousands(number: u64) -> String {
    crate::network::grouped(number)
}

/// "95.4 %" of a fraction from 0 to 1.
pub fn percent(fraction: f64) -> String {
    if fraction.is_finite() {
        format!("{:.1} %", fraction * 100.0)
    } else {
        "–".to_owned()
    }
}

/// "61 MB": in thousands, as disks and drivers count.
pub fn bytes(number: u64) -> String {
    scaled(number, &["B", "kB", "MB", "GB", "TB"])
}

/// "2.8 M": a large count in few figures; below a thousand as it is.
pub fn short(number: u64) -> String {
    scaled(number, &["", "k", "M", "G", "T"])
        .trim_end()
        .to_owned()
}

/// One decimal below ten, none above, in the largest unit that leaves at least 1.
fn scaled(number: u64, units: &[&str]) -> String {
    let mut value = number as f64;
    let mut unit = 0;
    while value >= 999.5 && unit + 1 < units.len() {
        value /= 1000.0;
        unit += 1;
    }
    let digits = usize::from(unit > 0 && value < 9.95);
    format!("{value:.digits$} {}", units[unit])
}

/// "21 s", "3 min", "1 h 20 min".
pub fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs_f64().ceil() as u64;
    let minutes = seconds.div_ceil(60);
    match seconds {
        0..=90 => format!("{seconds} s"),
        91..=3600 => format!("{minutes} min"),
        _ if minutes.is_multiple_of(60) => format!("{} h", minutes / 60),
        _ => format!("{} h {} min", minutes / 60, minutes % 60),
    }
}
