//! What is dragged, and where it is dropped: a new layer or block out of the palette, layers of the column
//! to another place, or a wire to another card.

use egui::{
    Area, CursorIcon, DragAndDrop, Frame, Id, Order, Pos2, Rect, Sense, Stroke, StrokeKind, Ui,
    pos2, vec2,
};

use super::chosen::Chosen;
use super::column::{Asked, Stage};
use super::{ask, saved, text, wires};
use crate::app::command::Command;
use crate::app::theme::{self, CORNER, Tokens};
use crate::app::view::View;
use crate::network::{Entry, Graph, Kind, LayerId};

/// So near the edge a drag scrolls.
const EDGE: f32 = 40.0;

/// The payload of a drag.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Dragged {
    New(Kind),
    /// A saved block, by its place in the palette.
    Block(usize),
    Layer(LayerId),
    /// A wire from this layer.
    Wire(LayerId),
}

impl Dragged {
    /// What is being dragged now.
    pub fn now(ui: &Ui) -> Option<Self> {
        DragAndDrop::payload::<Self>(ui.ctx()).map(|payload| *payload)
    }

    /// What the ghost says, with the dot of a kind.
    fn label(self, view: &View<'_>) -> Option<(String, Option<&'static Entry>)> {
        let graph: &Graph = view.editor.graph();
        match self {
            Self::New(kind) => Some((kind.entry().title.to_owned(), Some(kind.entry()))),
            Self::Block(number) => Some((saved::named(view, number)?, None)),
            Self::Layer(id) if view.selection.len() > 1 && view.selection.contains(&id) => {
                Some((format!("{} layers", view.selection.len()), None))
            }
            Self::Layer(id) => {
                let entry = graph.node(id)?.layer.kind().entry();
                Some((entry.title.to_owned(), Some(entry)))
            }
            Self::Wire(_) => None,
        }
    }

    /// A small card that follows the pointer.
    fn ghost(self, ui: &Ui, view: &View<'_>) {
        let Some((label, pointer)) = self.label(view).zip(ui.ctx().pointer_interact_pos()) else {
            return;
        };
        let (title, entry) = label;
        let tokens = Tokens::of(ui);
        Area::new(Id::unique("dragged layer"))
            .order(Order::Tooltip)
            .interactable(false)
            .fixed_pos(pointer + vec2(12.0, 4.0))
            .show(ui.ctx(), |ui| {
                ui.set_opacity(0.92);
                Frame::new()
                    .fill(tokens.card)
                    .stroke(Stroke::new(1.0, tokens.accent))
                    .corner_radius(CORNER)
                    .inner_margin(8)
                    .show(ui, |ui| {
                        let title = text::line(ui, theme::semibold(title), 200.0);
                        let size = title.size() + vec2(16.0, 0.0);
                        let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
                        if let Some(entry) = entry {
                            dot(ui, rect, entry);
                        }
                        text::left(ui, pos2(rect.min.x + 16.0, rect.center().y), title);
                    });
            });
    }
}

impl Stage<'_> {
    /// A drag over the column: what it would do, scrolling at the edges, the drop.
    pub fn dragging(&self, ui: &mut Ui, commands: &mut Vec<Command>) -> Asked {
        let dragged = Dragged::now(ui)?;
        dragged.ghost(ui, self.view);
        let clip = ui.clip_rect();
        // A finger is gone in the frame in which it drops: the latest position would be none.
        let pointer = ui.ctx().pointer_interact_pos();
        let Some(pointer) = pointer.filter(|pointer| clip.contains(*pointer)) else {
            ui.ctx().set_cursor_icon(CursorIcon::NoDrop);
            return None;
        };
        ui.ctx().set_cursor_icon(CursorIcon::Grabbing);
        let released = ui.input(|input| input.pointer.any_released());
        scroll(ui, pointer, clip, released);
        if let Dragged::Wire(from) = dragged {
            let asked = self.wiring(ui, from, pointer, released, commands);
            if released {
                DragAndDrop::clear_payload(ui.ctx());
            }
            return asked;
        }
        let row = self.plan.place_at(pointer.y - self.origin.y);
        let command = self.dropped(ui, dragged, row);
        if command.is_some() && self.aimed(ui).is_none() {
            self.mark(ui, row, 1.0);
        }
        if released {
            DragAndDrop::clear_payload(ui.ctx());
            commands.extend(command);
        }
        None
    }

    /// What dropping before a row, or on the wire at the pointer, does; none where nothing would change.
    fn dropped(&self, ui: &Ui, dragged: Dragged, row: usize) -> Option<Command> {
        match dragged {
            Dragged::New(kind) => match self.aimed(ui) {
                Some(wire) => wires::insert_on(self.view, self.rows, wire, kind),
                None => Some(self.insert(row, kind)),
            },
            Dragged::Block(number) => {
                if let Some(wire) = self.aimed(ui) {
                    return wires::paste_on(self.view, self.rows, wire, number);
                }
                let after = self.rows.exit(self.view.editor.graph(), row - 1)?;
                saved::paste(self.view, number, after)
            }
            Dragged::Layer(id) => {
                let chosen = match self.view.selection.contains(&id) {
                    true => Chosen::of(self.view, self.rows),
                    false => Chosen::these(self.view, self.rows, [id]),
                };
                chosen.moved(row)
            }
            Dragged::Wire(_) => None,
        }
    }

    /// A wire that is being drawn: the card at the pointer takes it.
    fn wiring(
        &self,
        ui: &Ui,
        from: LayerId,
        pointer: Pos2,
        released: bool,
        commands: &mut Vec<Command>,
    ) -> Asked {
        let graph = self.view.editor.graph();
        let start = self.rows.of_layer(from)?;
        let from = self.rows.exit(graph, start)?;
        let row = self.plan.row_at(pointer.y - self.origin.y);
        let row = row.filter(|row| *row > 0 && *row != start);
        let rect =
            row.and_then(|row| Some(self.plan.cards.get(row)?.rect(self.origin, self.width)));
        let rect = rect.filter(|rect| rect.expand(24.0).contains(pointer));
        if let Some(at) = self.gives(start).filter(|_| !released) {
            if let Some(rect) = rect {
                let stroke = Stroke::new(2.0, Tokens::of(ui).accent);
                ui.painter()
                    .rect_stroke(rect, CORNER, stroke, StrokeKind::Outside);
            }
            wires::live(ui, at, pointer);
            return None;
        }
        let row = row.filter(|_| rect.is_some())?;
        let to = self.taker(row)?;
        let question = ask::wire(self.view, self.rows, from, to, commands)?;
        Some((question, Some(pointer)))
    }

    /// The layer of a row that takes what comes into it.
    fn taker(&self, row: usize) -> Option<LayerId> {
        let graph = self.view.editor.graph();
        let layers = self.rows.layers(graph, row);
        let outside = |id: &LayerId| self.rows.of_layer(*id) != Some(row);
        let taker = layers.iter().find(|node| node.inputs.iter().any(outside));
        taker.or(layers.first()).map(|node| node.id)
    }
}

/// Near the upper and the lower edge a drag scrolls.
fn scroll(ui: &Ui, pointer: Pos2, clip: Rect, released: bool) {
    let speed = if pointer.y < clip.min.y + EDGE {
        EDGE - (pointer.y - clip.min.y)
    } else if pointer.y > clip.max.y - EDGE {
        clip.max.y - pointer.y - EDGE
    } else {
        return;
    };
    if !released {
        ui.scroll_with_delta(vec2(0.0, speed * 0.4));
        ui.ctx().request_repaint();
    }
}

/// The group's dot at the left end of a row.
pub fn dot(ui: &Ui, row: Rect, entry: &Entry) {
    let colour = theme::group_colour(Tokens::of(ui), entry.group);
    ui.painter()
        .circle_filled(pos2(row.min.x + 4.0, row.center().y), 4.0, colour);
}
