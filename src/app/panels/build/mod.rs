//! The Build workspace: layers to add on the left, the network as a column of cards in the middle,
//! the selected layer's settings on the right.
//!
//! `rows` and `lanes` say which cards and wires there are, `plan` where they lie; `column` draws them with
//! `card`, `wires` and `blocks`; `chosen` is what can be done with the selection, by `keys` and by `menu`.

mod ask;
mod bars;
mod blocks;
mod card;
mod chosen;
mod column;
mod comment;
mod compare;
mod drag;
mod figures;
mod header;
mod keys;
mod lanes;
mod menu;
mod palette;
mod perform;
mod plan;
mod rows;
mod saved;
mod settings;
mod templates;
mod text;
mod wires;

use egui::{CentralPanel, Frame, Id, Margin, Ui};

pub use self::perform::blocked;
use self::rows::Rows;
pub use self::text::sentence;
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

        self.column.rows.update(view.editor.graph());
        keys::asked_elsewhere(ui.ctx(), view, &mut self.column, commands);
        keys::handle(ui, view, &mut self.column, commands);
        egui::Panel::left("build palette")
            .exact_size(PALETTE_WIDTH)
            .resizable(false)
            .frame(side)
            .show(ui, |ui| {
                self.palette.show(ui, view, &self.column.rows, commands);
            });
        egui::Panel::right("build settings")
            .exact_size(SIDE_WIDTH)
            .resizable(false)
            .frame(side)
            .show(ui, |ui| self.settings.show(ui, view, commands));
        CentralPanel::no_frame().show(ui, |ui| {
            let width = self.column.width(ui.available_width());
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

/// What a click in the palette does with a layer of this kind, and before which row it comes: after the
/// selected layer, else at the end; but not behind the layer that makes the classes, where hardly anything
/// makes sense.
fn addition(view: &View<'_>, rows: &Rows, kind: Kind) -> (Edit, usize) {
    let layer = Layer::new(kind);
    let graph = view.editor.graph();
    let end = rows.rows.len();
    let row = view.selected.and_then(|id| rows.of_layer(id));
    if let Some(row) = row.filter(|row| row + 1 < end)
        && let Some(id) = rows.exit(graph, row)
    {
        return (Edit::InsertAfter { id, layer }, row + 1);
    }
    let before = kind != Kind::Activation && ends_in_classes(view, row.is_some());
    let (at, row) = match before {
        true => (graph.nodes().len() - 1, end - 1),
        false => (graph.nodes().len(), end),
    };
    (Edit::Insert { at, layer }, row)
}

/// After which layer the palette puts a block: the selected one, else the last but the one that makes the
/// classes.
fn anchor(view: &View<'_>, rows: &Rows) -> Option<LayerId> {
    let end = rows.rows.len();
    let row = view.selected.and_then(|id| rows.of_layer(id));
    let last = match row {
        Some(row) if row + 1 < end => row,
        row if ends_in_classes(view, row.is_some()) => end.saturating_sub(2),
        _ => end.saturating_sub(1),
    };
    rows.exit(view.editor.graph(), last)
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
