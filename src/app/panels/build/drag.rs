//! What is dragged: a new layer out of the palette, or a layer of the column to another place.

use egui::{Area, DragAndDrop, Frame, Id, Order, Rect, Sense, Stroke, Ui, pos2, vec2};

use super::text;
use crate::app::theme::{self, CORNER, Tokens};
use crate::network::{Edit, Entry, Graph, Kind, Layer, LayerId};

/// The payload of a drag.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Dragged {
    New(Kind),
    Layer(LayerId),
}

impl Dragged {
    /// What is being dragged now.
    pub fn now(ui: &Ui) -> Option<Self> {
        DragAndDrop::payload::<Self>(ui.ctx()).map(|payload| *payload)
    }

    fn entry(self, graph: &Graph) -> Option<&'static Entry> {
        match self {
            Self::New(kind) => Some(kind.entry()),
            Self::Layer(id) => Some(graph.node(id)?.layer.kind().entry()),
        }
    }

    /// The edit that dropping before the layer at `place` makes; none where nothing would change.
    pub fn dropped(self, graph: &Graph, place: usize) -> Option<Edit> {
        match self {
            Self::New(kind) => Some(Edit::Insert {
                at: place,
                layer: Layer::new(kind),
            }),
            Self::Layer(id) => {
                let from = graph.position(id)?;
                let to = if from < place { place - 1 } else { place };
                (to != from && from > 0).then_some(Edit::Move { id, to })
            }
        }
    }

    /// A small card that follows the pointer.
    pub fn ghost(self, ui: &Ui, graph: &Graph) {
        let Some((entry, pointer)) = self.entry(graph).zip(ui.ctx().pointer_interact_pos()) else {
            return;
        };
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
                        let title = text::line(ui, theme::semibold(entry.title), 200.0);
                        let size = title.size() + vec2(16.0, 0.0);
                        let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
                        dot(ui, rect, entry);
                        text::left(ui, pos2(rect.min.x + 16.0, rect.center().y), title);
                    });
            });
    }
}

/// The group's dot at the left end of a row.
pub fn dot(ui: &Ui, row: Rect, entry: &Entry) {
    let colour = theme::group_colour(Tokens::of(ui), entry.group);
    ui.painter()
        .circle_filled(pos2(row.min.x + 4.0, row.center().y), 4.0, colour);
}
