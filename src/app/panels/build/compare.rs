//! Two networks side by side: layers that stand for each other in one line, what differs in the accent colour.

use egui::accesskit::Role;
use egui::{
    Align, Align2, Button, Id, Layout, Rect, RichText, ScrollArea, Sense, Stroke, StrokeKind, Ui,
    WidgetInfo, pos2, vec2,
};

use super::{drag, text};
use crate::app::command::Command;
use crate::app::comparison::Comparison;
use crate::app::theme::{self, CORNER_SMALL, NOTE_SIZE, SPACE, Tokens};
use crate::app::view::View;
use crate::app::widgets;
use crate::network::{Edit, Graph, LayerId, Pair, Report, grouped};

/// A layer's title and summary, and below them its shape and parameters.
const ROW: f32 = 46.0;
/// One difference.
const LINE: f32 = 18.0;
const GAP: f32 = 6.0;

/// What the comparison remembers of its looks.
#[derive(Default)]
pub struct CompareView {
    only_differences: bool,
}

impl CompareView {
    pub fn show(
        &mut self,
        ui: &mut Ui,
        view: &View<'_>,
        comparison: &Comparison,
        commands: &mut Vec<Command>,
    ) {
        let width = (ui.available_width() - 2.0 * SPACE[4]).max(300.0);
        let sheet = Sheet {
            view,
            comparison,
            half: ((width - SPACE[2]) / 2.0).floor(),
        };
        ui.add_space(SPACE[2]);
        self.head(ui, &sheet, commands);
        ui.add_space(SPACE[1]);
        let pairs: Vec<&Pair> = comparison
            .pairs
            .iter()
            .filter(|pair| !self.only_differences || !pair.same())
            .collect();
        ScrollArea::vertical()
            .id_salt("comparison")
            .auto_shrink(false)
            .show_viewport(ui, |ui, viewport| {
                let heights = pairs.iter().map(|pair| height(pair) + GAP);
                ui.set_min_height(heights.sum::<f32>() + SPACE[4]);
                let corner = ui.max_rect().min + vec2(SPACE[4], 0.0);
                let mut top = 0.0;
                for pair in &pairs {
                    let bottom = top + height(pair);
                    if bottom >= viewport.min.y && top <= viewport.max.y {
                        sheet.pair(ui, pair, corner + vec2(0.0, top), commands);
                    }
                    top = bottom + GAP;
                }
                if pairs.is_empty() {
                    ui.add_space(SPACE[3]);
                    ui.vertical_centered(|ui| widgets::note(ui, "Both networks are the same"));
                }
            });
    }

    fn head(&mut self, ui: &mut Ui, sheet: &Sheet<'_>, commands: &mut Vec<Command>) {
        let comparison = sheet.comparison;
        ui.horizontal(|ui| {
            ui.add_space(SPACE[4]);
            let half = vec2(sheet.half, 28.0);
            let layout = Layout::left_to_right(Align::Center);
            ui.allocate_ui_with_layout(half, layout, |ui| {
                ui.label(theme::semibold("This network"));
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    ui.checkbox(&mut self.only_differences, "Only differences");
                });
            });
            ui.add_space(SPACE[2] - ui.spacing().item_spacing.x);
            ui.allocate_ui_with_layout(half, layout, |ui| {
                let title = theme::semibold(&comparison.title);
                ui.add(egui::Label::new(title).truncate());
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    let close = Button::new("Close").frame_when_inactive(false);
                    let close = ui.add(close).accessible_name("Close the comparison");
                    if close.clicked() {
                        commands.push(Command::Compare(None));
                    }
                    let take = ui
                        .button("Use")
                        .accessible_name("Use the other network")
                        .on_hover_text("Puts it in place of yours; Undo brings yours back");
                    if take.clicked() {
                        let graph = comparison.graph.as_ref().clone();
                        commands.push(Command::Edit(Edit::Replace(graph)));
                    }
                });
            });
        });
        ui.horizontal(|ui| {
            ui.add_space(SPACE[4]);
            let half = vec2(sheet.half, 16.0);
            let layout = Layout::left_to_right(Align::Center);
            for (gap, report) in [
                (0.0, sheet.view.report),
                (SPACE[2] - ui.spacing().item_spacing.x, &comparison.report),
            ] {
                ui.add_space(gap);
                ui.allocate_ui_with_layout(half, layout, |ui| {
                    ui.set_min_width(half.x);
                    widgets::caption(ui, &total(report));
                });
            }
        });
    }
}

fn total(report: &Report) -> String {
    format!("{} parameters", grouped(report.parameters))
}

fn height(pair: &Pair) -> f32 {
    match pair.differences.len() {
        0 => ROW,
        lines => ROW + LINE * lines as f32 + SPACE[0],
    }
}

/// One frame of the comparison.
struct Sheet<'a> {
    view: &'a View<'a>,
    comparison: &'a Comparison,
    /// Width of one network.
    half: f32,
}

impl Sheet<'_> {
    fn pair(&self, ui: &mut Ui, pair: &Pair, corner: egui::Pos2, commands: &mut Vec<Command>) {
        let size = vec2(self.half, height(pair));
        let left = Rect::from_min_size(corner, size);
        let right = left.translate(vec2(self.half + SPACE[2], 0.0));
        let mine = (self.view.editor.graph(), self.view.report);
        let other = (self.comparison.graph.as_ref(), &self.comparison.report);
        self.side(ui, pair, mine, (pair.left, left), commands);
        self.side(ui, pair, other, (pair.right, right), commands);
    }

    /// One network's layer of a pair, or the gap where it has none.
    fn side(
        &self,
        ui: &mut Ui,
        pair: &Pair,
        (graph, report): (&Graph, &Report),
        (id, rect): (Option<LayerId>, Rect),
        commands: &mut Vec<Command>,
    ) {
        let tokens = Tokens::of(ui);
        let mine = std::ptr::eq(graph, self.view.editor.graph());
        let Some(node) = id.and_then(|id| graph.node(id)) else {
            let line = Stroke::new(1.0, tokens.line.gamma_multiply(0.5));
            ui.painter()
                .rect_stroke(rect, CORNER_SMALL, line, StrokeKind::Inside);
            return;
        };
        let alone = pair.left.is_none() || pair.right.is_none();
        let edge = if pair.same() {
            tokens.line
        } else {
            tokens.accent
        };
        ui.painter().rect(
            rect,
            CORNER_SMALL,
            tokens.card,
            Stroke::new(1.0, edge),
            StrokeKind::Inside,
        );
        let inner = rect.shrink2(vec2(SPACE[2], 0.0));
        let entry = node.layer.kind().entry();
        let line = Rect::from_min_size(
            pos2(inner.min.x, rect.min.y + 4.0),
            vec2(inner.width(), 20.0),
        );
        drag::dot(ui, line, entry);
        let start = pos2(inner.min.x + SPACE[3], line.center().y);
        let title = text::line(ui, theme::semibold(entry.title), inner.width() - SPACE[3]);
        let end = text::left(ui, start, title) + SPACE[1];
        let summary = RichText::new(node.layer.summary()).color(tokens.muted);
        let room = (inner.max.x - end).max(0.0);
        text::left(ui, pos2(end, start.y), text::line(ui, summary, room));

        let known = report.layer(node.id);
        let name = known.map_or(String::new(), |known| known.name.clone());
        let output = known.and_then(|known| known.output);
        let output = output.map_or("?".to_owned(), |shape| shape.to_string());
        let parameters = known.map_or(0, |known| known.parameters);
        let figures = format!("{output}   {} parameters", grouped(parameters));
        let figures = theme::figure(figures).size(NOTE_SIZE).color(tokens.muted);
        let low = pos2(start.x, rect.min.y + 33.0);
        text::left(ui, low, text::line(ui, figures, inner.width() - SPACE[3]));
        if alone {
            let only = RichText::new("Only here")
                .size(NOTE_SIZE)
                .color(tokens.accent);
            text::right(ui, pos2(inner.max.x, low.y), text::line(ui, only, 80.0));
        }
        self.differences(ui, pair, mine, inner);
        let name_of_widget = ("compared", mine, node.id.0);
        let response = ui.interact(rect, Id::unique(name_of_widget), Sense::click());
        response.widget_info(|| {
            let state = if pair.same() { "the same" } else { "different" };
            WidgetInfo::labeled(Role::Button, true, format!("Compared {name}, {state}"))
        });
        if response.clicked() && mine {
            commands.push(Command::Select(Some(node.id)));
        }
    }

    fn differences(&self, ui: &Ui, pair: &Pair, left: bool, inner: Rect) {
        let tokens = Tokens::of(ui);
        for (number, difference) in pair.differences.iter().enumerate() {
            let y = inner.min.y + ROW + LINE * (number as f32 + 0.5);
            let value = if left {
                &difference.left
            } else {
                &difference.right
            };
            let words = format!("{} {value}", difference.what);
            let words = RichText::new(words).size(NOTE_SIZE).color(tokens.accent);
            let galley = text::line(ui, words, inner.width() - SPACE[3]);
            let at = pos2(inner.min.x + SPACE[3], y);
            let corner = Align2::LEFT_CENTER.anchor_size(at, galley.size()).min;
            ui.painter().galley(corner, galley, tokens.accent);
        }
    }
}
