//! One layer's card: kind, settings, shape and parameters in columns that line up; below them the
//! pinned image, the feature maps, the probabilities, and what is wrong.

use egui::accesskit::Role;
use egui::{
    Align, Button, CornerRadius, Image, Label, Layout, Rect, Response, RichText, Sense, Stroke,
    StrokeKind, Ui, UiBuilder, Vec2, WidgetInfo, pos2, vec2,
};

use super::plan::{BARS, CELL, Card, HEADER, HINT, PADDING, PINNED, REMEDY, Told};
use super::{card_id, drag, text};
use crate::app::command::Command;
use crate::app::maps;
use crate::app::theme::{self, CAPTION_SIZE, CORNER, CORNER_SMALL, NOTE_SIZE, SPACE, Tokens};
use crate::app::view::{View, Workspace};
use crate::app::widgets;
use crate::network::{Kind, LayerReport, Severity, grouped};

/// Width of the column of parameters, and of the one of shapes.
pub const PARAMETERS: f32 = 84.0;
pub const SHAPES: f32 = 104.0;
/// More classes than this are not all named: the most probable ones are.
const CLASSES: usize = 12;

/// Draws the card and says what was done to it as a whole; what is in it pushes commands.
pub fn show(
    ui: &mut Ui,
    card: &Card<'_>,
    rect: Rect,
    view: &View<'_>,
    commands: &mut Vec<Command>,
) -> Response {
    let id = card_id(card.node.id);
    let response = ui.interact(rect, id, Sense::click_and_drag());
    let selected = view.selected == Some(card.node.id);
    response.widget_info(|| info(card, selected));
    frame(ui, card, rect, selected, &response);
    let row = Rect::from_min_size(rect.min, vec2(rect.width(), HEADER));
    head(ui, card, row.shrink2(vec2(PADDING, 0.0)));

    let builder = UiBuilder::new()
        .id_salt(("layer", card.node.id.0))
        .max_rect(Rect::from_min_max(
            pos2(rect.min.x + PADDING, row.max.y),
            rect.max - vec2(PADDING, 0.0),
        ));
    if response.gained_focus() {
        response.scroll_to_me(None);
    }
    ui.scope_builder(builder, |ui| {
        ui.spacing_mut().item_spacing = Vec2::ZERO;
        if card.node.layer.kind() == Kind::Input {
            pinned(ui, view, commands);
        }
        if let Some((maps, version)) = card.maps.zip(view.drawn.maps.map(|maps| maps.version)) {
            maps::strip(ui, maps, version, CELL, 1);
            ui.add_space(PADDING);
        }
        if let Some(probabilities) = card.probabilities {
            bars(ui, view, probabilities);
            ui.add_space(PADDING);
        }
        for told in &card.problems {
            problem(ui, told, commands);
        }
    });
    response
}

/// What a screen reader says of the card.
fn info(card: &Card<'_>, selected: bool) -> WidgetInfo {
    let name = card.report.map_or("", |report| report.name.as_str());
    let mut info =
        WidgetInfo::selected(Role::ListBoxOption, true, selected, format!("Layer {name}"));
    let output = card.report.and_then(|report| report.output);
    let output = output.map_or("output unknown".to_owned(), |shape| {
        format!("output {shape}")
    });
    let entry = card.node.layer.kind().entry();
    let summary = card.node.layer.summary();
    info.current_text_value = Some(format!("{} {summary}, {output}", entry.title));
    info
}

fn frame(ui: &Ui, card: &Card<'_>, rect: Rect, selected: bool, response: &Response) {
    let tokens = Tokens::of(ui);
    let lit = response.hovered() || response.has_focus();
    let stroke = match (selected, lit) {
        (true, _) => Stroke::new(1.5, tokens.accent),
        (false, true) => Stroke::new(1.0, tokens.muted.gamma_multiply(0.6)),
        (false, false) => Stroke::new(1.0, tokens.line),
    };
    if let Some(severity) = card.severity() {
        // The edge is the left part of a card below this one, so that its corners are round too.
        let colour = colour(tokens, severity);
        ui.painter().rect_filled(rect, CORNER, colour);
        let inner = Rect::from_min_max(rect.min + vec2(3.0, 0.0), rect.max);
        let corners = CornerRadius {
            nw: 0,
            sw: 0,
            ne: CORNER,
            se: CORNER,
        };
        ui.painter().rect_filled(inner, corners, tokens.card);
        ui.painter()
            .rect_stroke(rect, CORNER, stroke, StrokeKind::Inside);
    } else {
        ui.painter()
            .rect(rect, CORNER, tokens.card, stroke, StrokeKind::Inside);
    }
}

/// The line with the columns.
fn head(ui: &Ui, card: &Card<'_>, row: Rect) {
    let tokens = Tokens::of(ui);
    let entry = card.node.layer.kind().entry();
    let centre = row.center().y;
    drag::dot(ui, row, entry);

    let shape_end = row.max.x - PARAMETERS - SPACE[1];
    let title_start = row.min.x + SPACE[3];
    let room = shape_end - SHAPES - title_start;
    let title = text::line(ui, theme::semibold(entry.title).color(tokens.text), room);
    let end = text::left(ui, pos2(title_start, centre), title) + SPACE[1];
    let input = entry.kind == Kind::Input;
    if !input {
        let summary = RichText::new(card.node.layer.summary()).color(tokens.muted);
        let room = (title_start + room - end).max(0.0);
        text::left(ui, pos2(end, centre), text::line(ui, summary, room));
    }

    let output = card.report.and_then(|report| report.output);
    let shape = output.map_or("?".to_owned(), |shape| shape.to_string());
    let shape = theme::figure(shape).color(tokens.text);
    text::right(ui, pos2(shape_end, centre), text::line(ui, shape, SHAPES));
    let count = match card.report {
        _ if input => "–".to_owned(),
        Some(report) if known(report) => grouped(report.parameters),
        _ => "?".to_owned(),
    };
    let count = theme::figure(count).color(tokens.muted);
    text::right(
        ui,
        pos2(row.max.x, centre),
        text::line(ui, count, PARAMETERS),
    );
}

/// Whether a layer's costs can be told: they follow from its shapes.
pub fn known(report: &LayerReport) -> bool {
    report.input.is_some() && report.output.is_some()
}

/// The pinned image on the input's card.
fn pinned(ui: &mut Ui, view: &View<'_>, commands: &mut Vec<Command>) {
    let Some(pinned) = view.pinned else {
        let link = RichText::new("Choose an image in Data to see its feature maps here");
        let size = vec2(ui.available_width(), HINT);
        let layout = Layout::left_to_right(Align::Center);
        let link = ui.allocate_ui_with_layout(size, layout, |ui| ui.link(link.size(NOTE_SIZE)));
        if link.inner.clicked() {
            commands.push(Command::Go(Workspace::Data));
        }
        ui.add_space(PADDING);
        return;
    };
    ui.horizontal(|ui| {
        ui.set_height(PINNED);
        let (rect, picture) = ui.allocate_exact_size(Vec2::splat(PINNED), Sense::hover());
        match &pinned.texture {
            Some(texture) => Image::new(texture)
                .corner_radius(CORNER_SMALL / 2)
                .maintain_aspect_ratio(true)
                .fit_to_exact_size(rect.size())
                .texture_options(egui::TextureOptions::NEAREST)
                .paint_at(ui, fitted(rect, texture.size_vec2())),
            None => {
                let line = Tokens::of(ui).line;
                ui.painter().rect_filled(rect, CORNER_SMALL, line);
            }
        }
        picture.widget_info(|| {
            let name = format!("Pinned image {}", pinned.file);
            WidgetInfo::labeled(Role::Image, true, name)
        });
        ui.add_space(SPACE[2]);
        ui.vertical(|ui| {
            ui.add_space((PINNED - 34.0) / 2.0);
            let file = RichText::new(&pinned.file).size(NOTE_SIZE);
            ui.add(Label::new(file).truncate().selectable(false))
                .on_hover_text(&pinned.file);
            ui.add_space(SPACE[0]);
            ui.horizontal(|ui| {
                let note = view.drawn.note;
                let note = note.map_or(String::new(), |note| format!("; {note}"));
                let class = format!("Pinned image of class {}{note}", pinned.class);
                widgets::caption(ui, &class);
                ui.add_space(SPACE[1]);
                let change = ui.link(RichText::new("Change").size(CAPTION_SIZE));
                if change
                    .on_hover_text("Choose another image in Data; its feature maps are shown here")
                    .clicked()
                {
                    commands.push(Command::Go(Workspace::Data));
                }
            });
        });
    });
    ui.add_space(PADDING);
}

/// The largest rectangle of an image's proportions within another one.
fn fitted(rect: Rect, size: Vec2) -> Rect {
    let scale = (rect.width() / size.x.max(1.0)).min(rect.height() / size.y.max(1.0));
    Rect::from_center_size(rect.center(), size * scale)
}

/// How probable the network finds each class of the pinned image.
fn bars(ui: &mut Ui, view: &View<'_>, probabilities: &[f32]) {
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

/// What is wrong, and the button that mends it.
fn problem(ui: &mut Ui, told: &Told<'_>, commands: &mut Vec<Command>) {
    let tokens = Tokens::of(ui);
    let colour = colour(tokens, told.problem.severity);
    let (rect, response) =
        ui.allocate_exact_size(vec2(ui.available_width(), told.height()), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &told.problem.message));
    let size = told.text.size();
    let mark = pos2(rect.min.x + 4.0, rect.min.y + 8.0);
    ui.painter()
        .circle_stroke(mark, 5.0, Stroke::new(1.5, colour));
    ui.painter().vline(
        mark.x,
        mark.y - 2.5..=mark.y + 0.5,
        Stroke::new(1.5, colour),
    );
    ui.painter().vline(
        mark.x,
        mark.y + 1.5..=mark.y + 2.5,
        Stroke::new(1.5, colour),
    );
    let corner = pos2(rect.min.x + SPACE[3], rect.min.y);
    ui.painter().galley(corner, told.text.clone(), tokens.text);
    let Some(remedy) = &told.problem.remedy else {
        return;
    };
    let label = RichText::new(&remedy.label).size(NOTE_SIZE);
    let at = pos2(corner.x, corner.y + size.y + SPACE[0]);
    let room = Rect::from_min_size(at, vec2(rect.max.x - at.x, REMEDY));
    let builder = UiBuilder::new()
        .id_salt(&told.problem.message)
        .max_rect(room)
        .layout(Layout::left_to_right(Align::Center));
    let button = ui.new_child(builder).add(Button::new(label).truncate());
    if button
        .on_hover_text("Mends this in one step; Undo takes it back")
        .clicked()
    {
        commands.push(Command::Edits(remedy.edits.clone()));
    }
}

pub fn colour(tokens: &Tokens, severity: Severity) -> egui::Color32 {
    match severity {
        Severity::Error => tokens.error,
        Severity::Warning => tokens.warning,
    }
}
