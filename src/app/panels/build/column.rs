//! The network as a column of cards that lays itself out, with connectors between them; selection,
//! dragging, context menus and the "+" between two cards.

use egui::accesskit::Role;
use egui::{
    CursorIcon, DragAndDrop, Id, Popup, Pos2, Rect, ScrollArea, Sense, Stroke, Ui, WidgetInfo,
    pos2, vec2,
};

use super::drag::Dragged;
use super::plan::{GAP, Plan};
use super::{card, delete, insert, palette, shift, text};
use crate::app::command::Command;
use crate::app::theme::{CAPTION_SIZE, SPACE, Tokens};
use crate::app::view::View;
use crate::network::{Edit, LayerId};

/// Above the first card: the heads of the columns.
const TOP: f32 = 20.0;
/// Below the last card: room to drop, and what to do next.
const BOTTOM: f32 = 120.0;
/// So near the edge a drag scrolls.
const EDGE: f32 = 40.0;

/// The width of the cards in a place so wide.
pub fn width(available: f32) -> f32 {
    (available - 2.0 * SPACE[4]).clamp(300.0, 680.0)
}

/// What the column remembers between frames.
#[derive(Default)]
pub struct Column {
    /// The selection that was scrolled to.
    seen: Option<LayerId>,
}

impl Column {
    /// `place`: where the palette would add, to be marked.
    pub fn show(
        &mut self,
        ui: &mut Ui,
        view: &View<'_>,
        commands: &mut Vec<Command>,
        width: f32,
        place: Option<usize>,
    ) {
        let plan = Plan::of(ui, view, width);
        let selected = view.selected.filter(|_| view.selected != self.seen);
        self.seen = view.selected;
        ScrollArea::vertical()
            .id_salt("network")
            .auto_shrink(false)
            .show_viewport(ui, |ui, viewport| {
                ui.set_min_height(TOP + plan.height + BOTTOM);
                let full = ui.max_rect();
                let ground =
                    ui.interact(ui.clip_rect(), Id::unique("network ground"), Sense::click());
                if ground.clicked() {
                    commands.push(Command::Select(None));
                }
                let left = (full.center().x - width / 2.0).round();
                let stage = Stage {
                    plan: &plan,
                    view,
                    origin: pos2(left, full.min.y + TOP),
                    width,
                };
                stage.heads(ui);
                let shown = viewport.min.y - TOP..=viewport.max.y - TOP;
                for (position, _) in plan.between(*shown.start(), *shown.end()) {
                    stage.card(ui, position, commands);
                }
                stage.foot(ui, commands);
                stage.dragging(ui, commands);
                if let Some(place) = place.filter(|_| Dragged::now(ui).is_none()) {
                    stage.mark(ui, place, 0.6);
                }
                if let Some(card) = plan
                    .cards
                    .iter()
                    .find(|card| Some(card.node.id) == selected)
                {
                    let rect = card.rect(stage.origin, width).expand(GAP);
                    ui.scroll_to_rect(rect, None);
                }
            });
    }
}

/// One frame's column.
struct Stage<'a> {
    plan: &'a Plan<'a>,
    view: &'a View<'a>,
    /// Top left corner of the first card.
    origin: Pos2,
    width: f32,
}

impl Stage<'_> {
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

    fn card(&self, ui: &mut Ui, position: usize, commands: &mut Vec<Command>) {
        let Some(card) = self.plan.cards.get(position) else {
            return;
        };
        let rect = card.rect(self.origin, self.width);
        let id = card.node.id;
        self.connector(ui, rect, position, commands);
        let dragged = Dragged::now(ui) == Some(Dragged::Layer(id));
        let response = ui.scope(|ui| {
            if dragged {
                ui.set_opacity(0.4);
            }
            card::show(ui, card, rect, self.view, commands)
        });
        let response = response.inner;
        if response.clicked() {
            response.request_focus();
            commands.push(Command::Select(Some(id)));
        }
        if response.secondary_clicked() {
            commands.push(Command::Select(Some(id)));
        }
        if position > 0 {
            response.dnd_set_drag_payload(Dragged::Layer(id));
        }
        response.context_menu(|ui| self.menu(ui, id, position, commands));
    }

    /// The line to the card above, and the "+" on it.
    fn connector(&self, ui: &mut Ui, rect: Rect, position: usize, commands: &mut Vec<Command>) {
        if position == 0 {
            return;
        }
        let tokens = Tokens::of(ui);
        let middle = rect.center().x.round();
        let line = Stroke::new(1.5, tokens.line);
        ui.painter()
            .vline(middle, rect.min.y - GAP..=rect.min.y, line);
        let centre = pos2(middle, rect.min.y - GAP / 2.0);
        let name = self.plan.cards.get(position).and_then(|card| card.report);
        let name = name.map_or("the next layer", |report| report.name.as_str());
        self.plus(
            ui,
            centre,
            position,
            &format!("Insert a layer before {name}"),
            commands,
        );
    }

    /// A round button that shows when the pointer comes near, with a menu of layers.
    fn plus(
        &self,
        ui: &mut Ui,
        centre: Pos2,
        place: usize,
        name: &str,
        commands: &mut Vec<Command>,
    ) {
        let tokens = Tokens::of(ui);
        let rect = Rect::from_center_size(centre, vec2(20.0, GAP));
        let id = Id::unique((
            "insert before",
            self.plan.cards.get(place).map(|card| card.node.id.0),
        ));
        let response = ui.interact(rect, id, Sense::click());
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
            let ink = Stroke::new(1.5, ink);
            ui.painter()
                .hline(centre.x - 4.0..=centre.x + 4.0, centre.y, ink);
            ui.painter()
                .vline(centre.x, centre.y - 4.0..=centre.y + 4.0, ink);
        }
        let response = response.on_hover_text(name);
        if let Some(Some(kind)) = Popup::menu(&response)
            .show(palette::menu)
            .map(|menu| menu.inner)
        {
            commands.push(insert(kind, place));
        }
    }

    /// Below the last card: add there, and what to do first in an empty network.
    fn foot(&self, ui: &mut Ui, commands: &mut Vec<Command>) {
        let middle = self.origin.x + self.width / 2.0;
        let end = self.origin.y + self.plan.height;
        let line = Stroke::new(1.5, Tokens::of(ui).line);
        ui.painter().vline(middle, end..=end + GAP, line);
        let centre = pos2(middle, end + GAP + 8.0);
        let place = self.plan.cards.len();
        self.plus_always(ui, centre);
        self.plus(ui, centre, place, "Add a layer at the end", commands);
        if place <= 1 {
            let text = egui::RichText::new(
                "Click a layer on the left, drag it here, or start from a template",
            );
            let text = text::line(ui, text.color(Tokens::of(ui).muted), self.width);
            let corner = pos2(middle - text.size().x / 2.0, centre.y + 32.0);
            text::left(ui, corner, text);
        }
    }

    /// The "+" at the end is there without being looked for.
    fn plus_always(&self, ui: &Ui, centre: Pos2) {
        let muted = Tokens::of(ui).muted;
        ui.painter()
            .circle_stroke(centre, 8.0, Stroke::new(1.0, Tokens::of(ui).line));
        ui.painter().hline(
            centre.x - 4.0..=centre.x + 4.0,
            centre.y,
            Stroke::new(1.5, muted),
        );
        ui.painter().vline(
            centre.x,
            centre.y - 4.0..=centre.y + 4.0,
            Stroke::new(1.5, muted),
        );
    }

    /// Marks where a layer would come.
    fn mark(&self, ui: &Ui, place: usize, opacity: f32) {
        let y = self.origin.y + self.plan.gap(place);
        let colour = Tokens::of(ui).accent.gamma_multiply(opacity);
        let (left, right) = (self.origin.x, self.origin.x + self.width);
        ui.painter()
            .hline(left..=right, y, Stroke::new(2.0, colour));
        ui.painter().circle_filled(pos2(left, y), 3.5, colour);
        ui.painter().circle_filled(pos2(right, y), 3.5, colour);
    }

    /// A drag over the column: the place, the card at the pointer, scrolling at the edges, the drop.
    fn dragging(&self, ui: &mut Ui, commands: &mut Vec<Command>) {
        let Some(dragged) = Dragged::now(ui) else {
            return;
        };
        let graph = self.view.editor.graph();
        dragged.ghost(ui, graph);
        let clip = ui.clip_rect();
        // A finger is gone in the frame in which it drops: the latest position would be none.
        let pointer = ui.ctx().pointer_interact_pos();
        let Some(pointer) = pointer.filter(|pointer| clip.contains(*pointer)) else {
            ui.ctx().set_cursor_icon(CursorIcon::NoDrop);
            return;
        };
        ui.ctx().set_cursor_icon(CursorIcon::Grabbing);
        let place = self.plan.place_at(pointer.y - self.origin.y);
        let edit = dragged.dropped(graph, place);
        if edit.is_some() {
            self.mark(ui, place, 1.0);
        }
        if ui.input(|input| input.pointer.any_released()) {
            DragAndDrop::clear_payload(ui.ctx());
            commands.extend(edit.map(Command::Edit));
            return;
        }
        let speed = if pointer.y < clip.min.y + EDGE {
            EDGE - (pointer.y - clip.min.y)
        } else if pointer.y > clip.max.y - EDGE {
            clip.max.y - pointer.y - EDGE
        } else {
            return;
        };
        ui.scroll_with_delta(vec2(0.0, speed * 0.4));
        ui.ctx().request_repaint();
    }

    fn menu(&self, ui: &mut Ui, id: LayerId, position: usize, commands: &mut Vec<Command>) {
        ui.set_min_width(200.0);
        let last = position + 1 == self.plan.cards.len();
        let input = position == 0;
        let stays = Some("The input stays the first layer").filter(|_| input);
        let first = Some("It is the first layer after the input").filter(|_| position == 1);
        let end = Some("It is the last layer").filter(|_| last);
        if item(ui, "Duplicate", "Ctrl+D", stays) {
            commands.push(Command::Edit(Edit::Duplicate(id)));
        }
        if item(ui, "Move up", "Alt+↑", stays.or(first)) {
            shift(self.view, id, false, commands);
        }
        if item(ui, "Move down", "Alt+↓", stays.or(end)) {
            shift(self.view, id, true, commands);
        }
        ui.menu_button("Insert before", |ui| {
            if let Some(kind) = palette::menu(ui) {
                commands.push(insert(kind, position.max(1)));
            }
        });
        ui.menu_button("Insert after", |ui| {
            if let Some(kind) = palette::menu(ui) {
                commands.push(insert(kind, position + 1));
            }
        });
        ui.separator();
        if item(ui, "Delete", "Delete", stays) {
            delete(self.view, id, commands);
        }
    }
}

/// A line of the context menu; disabled where there is a reason.
fn item(ui: &mut Ui, words: &str, keys: &str, reason: Option<&str>) -> bool {
    let button = egui::Button::new(words).shortcut_text(keys);
    let response = ui
        .add_enabled(reason.is_none(), button)
        .accessible_name(words);
    let clicked = response
        .on_disabled_hover_text(reason.unwrap_or_default())
        .clicked();
    if clicked {
        ui.close();
    }
    clicked
}
