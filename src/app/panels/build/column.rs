//! The network as a column of cards that lays itself out, with its wires; selection, dragging and the
//! "+" between two cards.

use egui::accesskit::Role;
use egui::{Id, Popup, Pos2, Rect, ScrollArea, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::ask::{Asking, Question};
use super::chosen::{self, Chosen};
use super::drag::Dragged;
use super::plan::{BLOCK_HEAD, GAP, Plan};
use super::rows::Rows;
use super::wires::{self, Wire, gutter};
use super::{blocks, card, comment, menu, palette, text};
use crate::app::command::Command;
use crate::app::theme::{CAPTION_SIZE, SPACE, Tokens};
use crate::app::view::View;
use crate::network::{Edit, Kind, Layer, LayerId};

/// Above the first card: the heads of the columns.
const TOP: f32 = 20.0;
/// Below the last card: room to drop, and what to do next.
const BOTTOM: f32 = 120.0;

/// What the column remembers between frames.
#[derive(Default)]
pub struct Column {
    pub rows: Rows,
    /// The selection that was scrolled to.
    seen: Option<LayerId>,
    asking: Option<Asking>,
    comment: Option<comment::Writing>,
}

impl Column {
    /// The width of the cards in a place so wide: the lanes take their room at both sides, so that the
    /// cards stay in the middle.
    pub fn width(&self, available: f32) -> f32 {
        let side = gutter(self.rows.lanes).max(SPACE[4]) + SPACE[0];
        (available - 2.0 * side).clamp(300.0, 680.0)
    }

    /// The keyboard belongs to a question, or to a comment.
    pub fn is_asking(&self) -> bool {
        self.asking.is_some() || self.comment.is_some()
    }

    /// Asks something beside its card, or at a place.
    pub fn ask(&mut self, question: Question, at: Option<Pos2>) {
        match question {
            Question::Comment(id) => self.comment = Some(comment::Writing::new(id)),
            question => self.asking = Some(Asking::new(question, at)),
        }
    }

    /// `place`: where the palette would add, to be marked.
    pub fn show(
        &mut self,
        ui: &mut Ui,
        view: &View<'_>,
        commands: &mut Vec<Command>,
        width: f32,
        place: Option<usize>,
    ) {
        let known = |it: &mut comment::Writing| self.rows.of_layer(it.layer()).is_some();
        self.comment.take_if(|it| !known(it));
        let writing = self.comment.as_ref().map(comment::Writing::layer);
        let plan = Plan::of(ui, view, &self.rows, width, writing);
        let selected = view.selected.filter(|_| view.selected != self.seen);
        self.seen = view.selected;
        let asked = ScrollArea::vertical()
            .id_salt("network")
            .auto_shrink(false)
            .show_viewport(ui, |ui, viewport| {
                ui.set_min_height(TOP + plan.height + BOTTOM);
                let full = ui.max_rect();
                let left = (full.center().x - width / 2.0).round();
                let stage = Stage {
                    plan: &plan,
                    rows: &self.rows,
                    view,
                    origin: pos2(left, full.min.y + TOP),
                    width,
                };
                let shown = viewport.min.y - TOP..=viewport.max.y - TOP;
                let mut asked = stage.show(ui, shown, &mut self.comment, commands);
                if let Some(place) = place.filter(|_| Dragged::now(ui).is_none()) {
                    stage.mark(ui, place, 0.6);
                }
                stage.reveal(ui, selected);
                if let Some(asking) = &mut self.asking {
                    let corner = |row| stage.corner(row);
                    if !asking.show(ui, view, &self.rows, corner, commands) {
                        self.asking = None;
                    }
                }
                asked.take()
            });
        if let Some((question, at)) = asked.inner {
            self.ask(question, at);
        }
    }
}

/// A question, and where to ask it.
pub type Asked = Option<(Question, Option<Pos2>)>;

/// One frame's column.
pub struct Stage<'a> {
    pub plan: &'a Plan<'a>,
    pub rows: &'a Rows,
    pub view: &'a View<'a>,
    /// Top left corner of the first card.
    pub origin: Pos2,
    pub width: f32,
}

impl Stage<'_> {
    fn show(
        &self,
        ui: &mut Ui,
        shown: std::ops::RangeInclusive<f32>,
        writing: &mut Option<comment::Writing>,
        commands: &mut Vec<Command>,
    ) -> Asked {
        let ground = ui.interact(ui.clip_rect(), Id::unique("network ground"), Sense::click());
        if ground.clicked() {
            commands.push(Command::Select(None));
        }
        self.heads(ui);
        let lit = self.lit(ui);
        blocks::frames(self, ui, &shown, commands);
        self.lanes(ui, &lit, commands);
        let mut asked = None;
        // The field that is written in keeps the keyboard where its card is scrolled away.
        let written = writing
            .as_ref()
            .and_then(|it| self.rows.of_layer(it.layer()));
        let shown = self.plan.between(*shown.start(), *shown.end());
        let shown: Vec<usize> = shown.map(|(row, _)| row).collect();
        let written = written.filter(|row| !shown.contains(row));
        for row in shown.into_iter().chain(written) {
            let question = self.card(ui, row, &lit, writing, commands);
            asked = asked.or(question);
        }
        self.foot(ui, commands);
        let dropped = self.dragging(ui, commands);
        asked.or(dropped)
    }

    /// What the columns mean.
    fn heads(&self, ui: &Ui) {
        let muted = Tokens::of(ui).muted;
        let head = |words: &str, end: f32| {
            let words = egui::RichText::new(words).size(CAPTION_SIZE).color(muted);
            let words = text::line(ui, words, 120.0);
            text::right(ui, pos2(end, self.origin.y - 10.0), words);
        };
        let end = self.origin.x + self.width - SPACE[2];
        head("Parameters", end);
        head("Output", end - card::PARAMETERS - SPACE[1]);
    }

    /// The rows whose wires stand out: the selected ones and that under the pointer.
    fn lit(&self, ui: &Ui) -> Vec<usize> {
        let chosen = self.view.selection.iter();
        let mut lit: Vec<usize> = chosen.filter_map(|id| self.rows.of_layer(*id)).collect();
        // With everything selected nothing would stand out.
        if lit.len() > 8 {
            lit.clear();
        }
        let pointer = ui.ctx().pointer_hover_pos();
        let pointer = pointer.filter(|at| ui.clip_rect().contains(*at));
        // Not under a menu.
        let pointer = pointer.filter(|at| ui.ctx().layer_id_at(*at) == Some(ui.layer_id()));
        let column = self.origin.x..=self.origin.x + self.width;
        let pointer = pointer.filter(|at| column.contains(&at.x));
        lit.extend(pointer.and_then(|at| self.plan.row_at(at.y - self.origin.y)));
        lit
    }

    /// What a row is called: its layer's name, or its block's.
    pub fn name(&self, row: usize) -> String {
        let card = self.plan.cards.get(row);
        match card.map(|card| (card.block, card.report)) {
            Some((Some(block), _)) => block.name.clone(),
            Some((None, Some(report))) => report.name.clone(),
            _ => "a layer".to_owned(),
        }
    }

    /// Where a question about a row is asked.
    fn corner(&self, row: usize) -> Option<Pos2> {
        let card = self.plan.cards.get(row)?;
        Some(self.origin + vec2(SPACE[4], card.top + 34.0))
    }

    fn card(
        &self,
        ui: &mut Ui,
        row: usize,
        lit: &[usize],
        writing: &mut Option<comment::Writing>,
        commands: &mut Vec<Command>,
    ) -> Asked {
        let card = self.plan.cards.get(row)?;
        let rect = card.rect(self.origin, self.width);
        let id = card.node.id;
        self.connector(
            ui,
            row,
            lit.contains(&row) || row > 0 && lit.contains(&(row - 1)),
        );
        self.gap(ui, rect, row, commands);
        let chosen = self.is_chosen(row);
        let dragged = match Dragged::now(ui) {
            Some(Dragged::Layer(it)) => it == id || (chosen && self.view.selection.contains(&it)),
            _ => false,
        };
        let response = ui.scope(|ui| {
            if dragged {
                ui.set_opacity(0.4);
            }
            card::show(self, ui, card, rect, chosen, writing, commands)
        });
        let response = response.inner;
        let (ctrl, shift) = ui.input(|input| (input.modifiers.command, input.modifiers.shift));
        if response.clicked() {
            response.request_focus();
            commands.extend(chosen::click(self.view, self.rows, row, ctrl, shift));
        }
        if response.double_clicked() && card.block.is_some() {
            commands.extend(card.block.map(|block| chosen::fold(block.id, false)));
        }
        if response.secondary_clicked() && !chosen {
            commands.push(Command::Select(Some(id)));
        }
        if row > 0 {
            response.dnd_set_drag_payload(Dragged::Layer(id));
        }
        let shown = chosen || lit.contains(&row);
        if let Some(at) = self.gives(row) {
            wires::port(
                ui,
                at,
                id,
                &self.name(row),
                shown && Dragged::now(ui).is_none(),
            );
        }
        let mut asked = None;
        response.context_menu(|ui| {
            let ids = match chosen {
                true => Chosen::of(self.view, self.rows),
                false => Chosen::these(self.view, self.rows, [id]),
            };
            asked = menu::show(self, ui, &ids, row, commands);
        });
        asked
    }

    fn is_chosen(&self, row: usize) -> bool {
        let mut chosen = self.view.selection.iter();
        chosen.any(|id| self.rows.of_layer(*id) == Some(row))
    }

    /// The "+" on the way to the card above.
    fn gap(&self, ui: &mut Ui, rect: Rect, row: usize, commands: &mut Vec<Command>) {
        if row == 0 {
            return;
        }
        let centre = pos2(rect.center().x.round(), rect.min.y - GAP / 2.0);
        let name = format!("Insert a layer before {}", self.name(row));
        self.plus(ui, centre, row, &name, commands);
    }

    /// What puts a new layer before a row: on the wire from the row above, where there is one.
    pub fn insert(&self, row: usize, kind: Kind) -> Command {
        let graph = self.view.editor.graph();
        let linked = self.rows.rows.get(row).is_some_and(|row| row.linked);
        let wire = row.checked_sub(1).map(|from| Wire { from, to: row });
        let on = wire.filter(|_| linked);
        let on = on.and_then(|wire| wires::insert_on(self.view, self.rows, wire, kind));
        on.unwrap_or_else(|| {
            Command::Edit(Edit::Insert {
                at: self.rows.position(graph, row),
                layer: Layer::new(kind),
            })
        })
    }

    /// A round button that shows when the pointer comes near, with a menu of layers.
    fn plus(&self, ui: &mut Ui, centre: Pos2, row: usize, name: &str, commands: &mut Vec<Command>) {
        let tokens = Tokens::of(ui);
        let rect = Rect::from_center_size(centre, vec2(20.0, GAP));
        let before = self.plan.cards.get(row).map(|card| card.node.id.0);
        let response = ui.interact(rect, Id::unique(("insert before", before)), Sense::click());
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, name));
        let near = Rect::from_center_size(centre, vec2(self.width, GAP));
        let open = Popup::is_id_open(ui.ctx(), Popup::default_response_id(&response));
        let shown = open || response.has_focus() || ui.rect_contains_pointer(near);
        if shown && Dragged::now(ui).is_none() {
            let (fill, ink) = if response.hovered() || open {
                (tokens.accent, tokens.on_accent)
            } else {
                (tokens.card, tokens.accent)
            };
            ui.painter()
                .circle(centre, 8.0, fill, Stroke::new(1.0, tokens.accent));
            cross(ui, centre, Stroke::new(1.5, ink));
        }
        let response = response.on_hover_text(name);
        if let Some(Some(kind)) = Popup::menu(&response)
            .show(palette::menu)
            .map(|menu| menu.inner)
        {
            commands.push(self.insert(row, kind));
        }
    }

    /// Below the last card: add there, and what to do first in an empty network.
    fn foot(&self, ui: &mut Ui, commands: &mut Vec<Command>) {
        let tokens = Tokens::of(ui);
        let middle = (self.origin.x + self.width / 2.0).round();
        let end = self.origin.y + self.plan.height;
        let line = Stroke::new(1.5, tokens.line);
        ui.painter().vline(middle, end..=end + GAP, line);
        let centre = pos2(middle, end + GAP + 8.0);
        let place = self.plan.cards.len();
        // The "+" at the end is there without being looked for.
        ui.painter()
            .circle_stroke(centre, 8.0, Stroke::new(1.0, tokens.line));
        cross(ui, centre, Stroke::new(1.5, tokens.muted));
        self.plus(ui, centre, place, "Add a layer at the end", commands);
        if place <= 1 {
            let text = egui::RichText::new(
                "Click a layer on the left, drag it here, or start from a template",
            );
            let text = text::line(ui, text.color(tokens.muted), self.width);
            let corner = pos2(middle - text.size().x / 2.0, centre.y + 32.0);
            text::left(ui, corner, text);
        }
    }

    /// Marks where a layer would come.
    pub fn mark(&self, ui: &Ui, row: usize, opacity: f32) {
        let y = self.origin.y + self.plan.gap(row);
        let colour = Tokens::of(ui).accent.gamma_multiply(opacity);
        let (left, right) = (self.origin.x, self.origin.x + self.width);
        ui.painter()
            .hline(left..=right, y, Stroke::new(2.0, colour));
        ui.painter().circle_filled(pos2(left, y), 3.5, colour);
        ui.painter().circle_filled(pos2(right, y), 3.5, colour);
    }

    /// Scrolls to what was selected.
    fn reveal(&self, ui: &Ui, selected: Option<LayerId>) {
        let row = selected.and_then(|id| self.rows.of_layer(id));
        if let Some(card) = row.and_then(|row| self.plan.cards.get(row)) {
            let mut rect = card.rect(self.origin, self.width).expand(GAP);
            if self.rows.opened.iter().any(|it| Some(it.rows.start) == row) {
                rect.min.y -= BLOCK_HEAD;
            }
            ui.scroll_to_rect(rect, None);
        }
    }
}

fn cross(ui: &Ui, centre: Pos2, stroke: Stroke) {
    let across = centre.x - 4.0..=centre.x + 4.0;
    ui.painter().hline(across, centre.y, stroke);
    let down = centre.y - 4.0..=centre.y + 4.0;
    ui.painter().vline(centre.x, down, stroke);
}
