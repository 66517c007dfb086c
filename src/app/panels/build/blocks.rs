//! The frame of an opened block with its head, and what a folded one says of itself.

use std::ops::RangeInclusive;

use egui::accesskit::Role;
use egui::{
    Align, Button, Id, Layout, Rect, RichText, Sense, Stroke, StrokeKind, Ui, UiBuilder,
    WidgetInfo, pos2, vec2,
};

use super::chosen::fold;
use super::column::Stage;
use super::plan::{BLOCK_FOOT, BLOCK_HEAD};
use super::rows::Opened;
use super::text;
use crate::app::command::Command;
use crate::app::theme::{self, CORNER, NOTE_SIZE, SPACE, Tokens};
use crate::network::{Block, Graph};

/// How far the frame stands out beside the cards.
const SIDE: f32 = 10.0;

/// The frames of all opened blocks between two heights.
pub fn frames(
    stage: &Stage<'_>,
    ui: &mut Ui,
    shown: &RangeInclusive<f32>,
    commands: &mut Vec<Command>,
) {
    for opened in &stage.rows.opened {
        let first = stage.plan.cards.get(opened.rows.start);
        let last = stage.plan.cards.get(opened.rows.end.saturating_sub(1));
        let Some((first, last)) = first.zip(last) else {
            continue;
        };
        let (top, bottom) = (first.top - BLOCK_HEAD, last.top + last.height + BLOCK_FOOT);
        if bottom < *shown.start() || top > *shown.end() {
            continue;
        }
        let rect = Rect::from_min_max(
            stage.origin + vec2(-SIDE, top),
            stage.origin + vec2(stage.width + SIDE, bottom),
        );
        frame(stage, ui, opened, rect, commands);
    }
}

fn frame(stage: &Stage<'_>, ui: &mut Ui, opened: &Opened, rect: Rect, commands: &mut Vec<Command>) {
    let graph = stage.view.editor.graph();
    let Some(block) = graph.block(opened.block) else {
        return;
    };
    let tokens = Tokens::of(ui);
    let members: Vec<_> = graph.members(block.id).map(|node| node.id).collect();
    let chosen = members.iter().all(|id| stage.view.selection.contains(id));
    let head = Rect::from_min_size(rect.min, vec2(rect.width(), BLOCK_HEAD));
    let id = Id::unique(("block", block.id.0));
    let response = ui.interact(head, id, Sense::click());
    response.widget_info(|| {
        let name = format!("Block {}", block.name);
        WidgetInfo::selected(Role::ListBoxOption, true, chosen, name)
    });
    let edge = match (chosen, response.hovered()) {
        (true, _) => tokens.accent,
        (false, true) => tokens.muted,
        (false, false) => tokens.line,
    };
    ui.painter().rect(
        rect,
        CORNER + 4,
        tokens.panel,
        Stroke::new(1.0, edge),
        StrokeKind::Inside,
    );
    if response.clicked() {
        commands.push(Command::SelectMany(members));
    }
    let row = head.shrink2(vec2(SIDE + SPACE[2], 0.0));
    let middle = row.min.y + 17.0;
    let end = title(ui, block, pos2(row.min.x, middle), row.width() * 0.6);
    let output = stage
        .view
        .report
        .block(block.id)
        .and_then(|report| report.output);
    if let Some(output) = output {
        let words = theme::figure(output.to_string()).color(tokens.muted);
        text::left(
            ui,
            pos2(end + SPACE[2], middle),
            text::line(ui, words, 120.0),
        );
    }
    fold_button(ui, block, row, commands);
}

fn fold_button(ui: &mut Ui, block: &Block, row: Rect, commands: &mut Vec<Command>) {
    let place = Rect::from_min_max(
        pos2(row.max.x - 80.0, row.min.y + 4.0),
        pos2(row.max.x, row.min.y + 30.0),
    );
    let builder = UiBuilder::new()
        .id_salt(("fold", block.id.0))
        .max_rect(place)
        .layout(Layout::right_to_left(Align::Center));
    let button = Button::new(RichText::new("Fold").size(NOTE_SIZE)).frame_when_inactive(false);
    let button = ui.new_child(builder).add(button);
    if button
        .accessible_name(format!("Fold {}", block.name))
        .on_hover_text("Show the block as one card (Ctrl+E)")
        .clicked()
    {
        commands.push(fold(block.id, true));
    }
}

/// Name and repeats of a block from a place on; returns where they end.
pub fn title(ui: &Ui, block: &Block, at: egui::Pos2, room: f32) -> f32 {
    let tokens = Tokens::of(ui);
    let name = theme::semibold(&block.name).color(tokens.text);
    let end = text::left(ui, at, text::line(ui, name, room));
    if block.repeat < 2 {
        return end;
    }
    let repeat = theme::figure(format!("×{}", block.repeat)).color(tokens.accent);
    text::left(ui, pos2(end + SPACE[1], at.y), text::line(ui, repeat, 60.0))
}

/// What a folded block holds, in short: "5 layers, 64 filters".
pub fn summary(graph: &Graph, block: &Block) -> String {
    let count = graph.members(block.id).count();
    let plural = if count == 1 { "" } else { "s" };
    let settings = block.settings.iter().take(3).filter_map(|setting| {
        let value = setting.value(graph)?;
        Some(format!(", {} {value}", setting.name.to_lowercase()))
    });
    let settings: String = settings.collect();
    format!("{count} layer{plural}{settings}")
}
