//! One layer's card: kind, settings, shape and parameters in columns that line up; below them the
//! pinned image, the feature maps, the probabilities, and what is wrong.

use egui::accesskit::Role;
use egui::{
    Align, Button, CornerRadius, Id, Image, Label, Layout, Rect, Response, RichText, Sense, Stroke,
    StrokeKind, Ui, UiBuilder, Vec2, WidgetInfo, pos2, vec2,
};

use super::chosen::fold;
use super::column::Stage;
use super::comment::Writing;
use super::plan::{CELL, Card, HEADER, HINT, PADDING, PINNED, REMEDY, Told};
use super::{bars, blocks, card_id, drag, text};
use crate::app::command::Command;
use crate::app::maps;
use crate::app::theme::{self, CAPTION_SIZE, CORNER, CORNER_SMALL, NOTE_SIZE, SPACE, Tokens};
use crate::app::view::{View, Workspace};
use crate::app::widgets;
use crate::network::{Arity, Block, Kind, LayerReport, Severity, grouped};

/// Width of the column of parameters, and of the one of shapes.
pub const PARAMETERS: f32 = 84.0;
pub const SHAPES: f32 = 104.0;

/// Draws the card and says what was done to it as a whole; what is in it pushes commands.
pub fn show(
    stage: &Stage<'_>,
    ui: &mut Ui,
    card: &Card<'_>,
    rect: Rect,
    selected: bool,
    writing: &mut Option<Writing>,
    commands: &mut Vec<Command>,
) -> Response {
    let view = stage.view;
    let id = card_id(card.node.id);
    let response = ui.interact(rect, id, Sense::click_and_drag());
    response.widget_info(|| info(card, selected));
    if card.disabled {
        ui.set_opacity(ui.opacity() * 0.55);
    }
    frame(ui, card, rect, selected, &response);
    let row = Rect::from_min_size(rect.min, vec2(rect.width(), HEADER));
    head(stage, ui, card, row.shrink2(vec2(PADDING, 0.0)), commands);

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
        comment(stage, ui, card, writing, commands);
        if card.node.layer.kind() == Kind::Input {
            pinned(ui, view, commands);
        }
        if let Some((maps, version)) = card.maps.zip(view.drawn.maps.map(|maps| maps.version)) {
            maps::strip(ui, maps, version, CELL, 1);
            ui.add_space(PADDING);
        }
        if let Some(probabilities) = card.probabilities {
            bars::show(ui, view, probabilities);
            ui.add_space(PADDING);
        }
        for told in &card.problems {
            problem(ui, told, commands);
        }
    });
    response
}

/// The comment, or the field it is written in.
fn comment(
    stage: &Stage<'_>,
    ui: &mut Ui,
    card: &Card<'_>,
    writing: &mut Option<Writing>,
    commands: &mut Vec<Command>,
) {
    if card.writing
        && let Some(open) = writing
    {
        if !open.show(ui, stage.view.editor.graph(), commands) {
            *writing = None;
        }
        ui.add_space(PADDING);
    } else if let Some(words) = &card.comment {
        let size = vec2(ui.available_width(), words.size().y + SPACE[1]);
        let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &card.node.comment));
        let corner = rect.min + vec2(SPACE[3], 0.0);
        ui.painter()
            .galley(corner, words.clone(), Tokens::of(ui).muted);
    }
}

/// What a screen reader says of the card.
fn info(card: &Card<'_>, selected: bool) -> WidgetInfo {
    let name = card.report.map_or("", |report| report.name.as_str());
    let name = match card.block {
        Some(block) => format!("Block {}", block.name),
        None => format!("Layer {name}"),
    };
    let mut info = WidgetInfo::selected(Role::ListBoxOption, true, selected, name);
    let output = card.output.map_or("output unknown".to_owned(), |shape| {
        format!("output {shape}")
    });
    let what = match card.block {
        Some(block) => format!("repeated {} times", block.repeat),
        None => {
            let summary = card.node.layer.summary();
            format!("{} {summary}", card.node.layer.kind().entry().title)
        }
    };
    let disabled = if card.disabled { ", disabled" } else { "" };
    info.current_text_value = Some(format!("{what}, {output}{disabled}"));
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
fn head(stage: &Stage<'_>, ui: &mut Ui, card: &Card<'_>, row: Rect, commands: &mut Vec<Command>) {
    let tokens = Tokens::of(ui);
    let centre = row.center().y;
    let shape_end = row.max.x - PARAMETERS - SPACE[1];
    let start = pos2(row.min.x + SPACE[3], centre);
    let room = shape_end - SHAPES - start.x;
    match card.block {
        Some(block) => folded(stage, ui, (card, block), row, room, commands),
        None => layer(stage, ui, card, row, room),
    }
    let shape = card
        .output
        .map_or("?".to_owned(), |shape| shape.to_string());
    let shape = theme::figure(shape).color(tokens.text);
    text::right(ui, pos2(shape_end, centre), text::line(ui, shape, SHAPES));
    let count = match card.parameters {
        _ if card.node.layer.kind() == Kind::Input => "–".to_owned(),
        Some(count) => grouped(count),
        None => "?".to_owned(),
    };
    let count = theme::figure(count).color(tokens.muted);
    text::right(
        ui,
        pos2(row.max.x, centre),
        text::line(ui, count, PARAMETERS),
    );
}

/// Kind and settings of a layer; of a join, what it joins.
fn layer(stage: &Stage<'_>, ui: &Ui, card: &Card<'_>, row: Rect, room: f32) {
    let tokens = Tokens::of(ui);
    let entry = card.node.layer.kind().entry();
    let centre = row.center().y;
    drag::dot(ui, row, entry);
    let start = row.min.x + SPACE[3];
    let title = text::line(ui, theme::semibold(entry.title).color(tokens.text), room);
    let mut end = text::left(ui, pos2(start, centre), title) + SPACE[1];
    let mut say = |words: RichText| {
        let room = (start + room - end).max(0.0);
        if room > 12.0 {
            end = text::left(ui, pos2(end, centre), text::line(ui, words, room)) + SPACE[1];
        }
    };
    if card.disabled {
        say(RichText::new("disabled").color(tokens.text));
    }
    if entry.arity == Arity::Many {
        say(RichText::new(joined(stage, card)).color(tokens.muted));
    } else if entry.kind != Kind::Input {
        say(RichText::new(card.node.layer.summary()).color(tokens.muted));
    }
    // What is wired elsewhere is known by its name there.
    let position = card.row.nodes.start;
    let row = stage.rows.of_layer(card.node.id);
    let source = stage.rows.nets.iter().any(|net| Some(net.from) == row);
    if source
        && position > 0
        && let Some(report) = card.report
    {
        say(RichText::new(&report.name)
            .size(CAPTION_SIZE)
            .color(tokens.muted));
    }
}

/// "conv2d_3 + input".
fn joined(stage: &Stage<'_>, card: &Card<'_>) -> String {
    let between = match card.node.layer.kind() {
        Kind::Add => " + ",
        Kind::Multiply => " × ",
        _ => ", ",
    };
    let rows = card.node.inputs.iter().map(|id| stage.rows.of_layer(*id));
    let names = rows.map(|row| row.map_or_else(|| "?".to_owned(), |row| stage.name(row)));
    names.collect::<Vec<_>>().join(between)
}

/// A folded block: its name, how often it is repeated, what it holds, and the button that opens it.
fn folded(
    stage: &Stage<'_>,
    ui: &mut Ui,
    (card, block): (&Card<'_>, &Block),
    row: Rect,
    room: f32,
    commands: &mut Vec<Command>,
) {
    let tokens = Tokens::of(ui);
    let centre = row.center().y;
    let at = pos2(row.min.x + 4.0, centre);
    let place = Rect::from_center_size(at, vec2(18.0, 22.0));
    let id = Id::unique(("open block", block.id.0));
    let button = ui.interact(place, id, Sense::click());
    button.widget_info(|| {
        let name = format!("Open {}", block.name);
        WidgetInfo::labeled(Role::Button, true, name)
    });
    let ink = if button.hovered() || button.has_focus() {
        tokens.text
    } else {
        tokens.accent
    };
    let corners = [vec2(-2.5, -4.5), vec2(3.5, 0.0), vec2(-2.5, 4.5)];
    let corners = corners.map(|corner| at + corner).to_vec();
    ui.painter()
        .add(egui::Shape::convex_polygon(corners, ink, Stroke::NONE));
    if button
        .on_hover_text("Show the layers of the block (Ctrl+E)")
        .clicked()
    {
        commands.push(fold(block.id, false));
    }
    let start = row.min.x + SPACE[3];
    let end = blocks::title(ui, block, pos2(start, centre), room) + SPACE[1];
    let words = blocks::summary(stage.view.editor.graph(), block);
    let words = if card.disabled {
        format!("disabled, {words}")
    } else {
        words
    };
    let words = RichText::new(words).color(tokens.muted);
    let room = (start + room - end).max(0.0);
    text::left(ui, pos2(end, centre), text::line(ui, words, room));
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
