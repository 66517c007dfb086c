//! The Build workspace: layers to add on the left, the network as a column of cards in the middle,
//! the selected layer's settings on the right.
//!
//! `column` lays the cards out and handles dragging, `card` draws one, `keys` is the keyboard.

mod card;
mod column;
mod compare;
mod drag;
mod figures;
mod header;
mod keys;
mod palette;
mod plan;
mod settings;
mod text;

use egui::{CentralPanel, Frame, Id, Margin, Ui};

use crate::app::command::Command;
use crate::app::theme::{SIDE_WIDTH, SPACE, Tokens};
use crate::app::view::{Panel, View};
use crate::network::{Activation, Edit, Kind, Layer, LayerId};

const PALETTE_WIDTH: f32 = 208.0;

/// What the Build workspace remembers of its own looks.
#[derive(Default)]
pub struct BuildPanel {
    palette: palette::Palette,
    column: column::Column,
    compare: compare::CompareView,
    settings: settings::Settings,
}

impl Panel for BuildPanel {
    fn show(&mut self, ui: &mut Ui, view: &View<'_>, commands: &mut Vec<Command>) {
        let tokens = Tokens::of(ui);
        let side = Frame::new()
            .fill(tokens.panel)
            .inner_margin(Margin::same(SPACE[3] as i8));

        keys::handle(ui, view, commands);
        egui::Panel::left("build palette")
            .exact_size(PALETTE_WIDTH)
            .resizable(false)
            .frame(side)
            .show(ui, |ui| self.palette.show(ui, view, commands));
        egui::Panel::right("build settings")
            .exact_size(SIDE_WIDTH)
            .resizable(false)
            .frame(side)
            .show(ui, |ui| self.settings.show(ui, view, commands));
        CentralPanel::no_frame()
            .frame(Frame::new().fill(tokens.ground))
            .show(ui, |ui| {
                let width = column::width(ui.available_width());
                header::show(ui, view, commands, width);
                if let Some(comparison) = view.comparison {
                    self.compare.show(ui, view, comparison, commands);
                    return;
                }
                self.column
                    .show(ui, view, commands, width, self.palette.shows_place());
            });
    }
}

/// The widget of a layer's card, for the keyboard's focus.
fn card_id(id: LayerId) -> Id {
    Id::unique(("layer card", id.0))
}

/// Where a click in the palette puts a layer of this kind: after the selected layer, else at the end;
/// but not behind the layer that makes the classes, where hardly anything makes sense.
fn place_for(view: &View<'_>, kind: Kind) -> usize {
    let graph = view.editor.graph();
    let end = graph.nodes().len();
    let selected = view.selected.and_then(|id| graph.position(id));
    match selected.map(|position| position + 1) {
        Some(after) if after < end => after,
        after if kind != Kind::Activation && ends_in_classes(view, after.is_some()) => end - 1,
        _ => end,
    }
}

/// Whether the last layer makes the classes: a dense layer with softmax or sigmoid, or, where nobody
/// has chosen it on purpose, with one unit a class.
fn ends_in_classes(view: &View<'_>, chosen: bool) -> bool {
    let [_, .., last] = view.editor.graph().nodes() else {
        return false;
    };
    let layer = &last.layer;
    let unit_a_class = classes(view).is_some_and(|classes| layer.int("units") == classes);
    layer.kind() == Kind::Dense
        && (matches!(
            layer.activation(),
            Activation::Softmax | Activation::Sigmoid
        ) || (!chosen && unit_a_class))
}

/// How many classes the images have, once they are there.
fn classes(view: &View<'_>) -> Option<usize> {
    view.data.ready().map(|(dataset, _)| dataset.classes.len())
}

fn insert(kind: Kind, at: usize) -> Command {
    Command::Edit(Edit::Insert {
        at,
        layer: Layer::new(kind),
    })
}

/// Deletes a layer and selects its neighbour, so that the keyboard can go on.
fn delete(view: &View<'_>, id: LayerId, commands: &mut Vec<Command>) {
    let nodes = view.editor.graph().nodes();
    let Some(position) = view.editor.graph().position(id).filter(|place| *place > 0) else {
        return;
    };
    let next = nodes.get(position + 1).or_else(|| nodes.get(position - 1));
    commands.push(Command::Edit(Edit::Delete(id)));
    if view.selected == Some(id) {
        commands.push(Command::Select(next.map(|node| node.id)));
    }
}

/// Moves a layer up or down by one; nothing at the ends.
fn shift(view: &View<'_>, id: LayerId, down: bool, commands: &mut Vec<Command>) {
    let graph = view.editor.graph();
    let last = graph.nodes().len().saturating_sub(1);
    let to = match graph.position(id) {
        Some(position) if down && position > 0 && position < last => position + 1,
        Some(position) if !down && position > 1 => position - 1,
        _ => return,
    };
    commands.push(Command::Edit(Edit::Move { id, to }));
}
