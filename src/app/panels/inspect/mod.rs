//! Inspect: what the network gets wrong, the images behind it, and what it makes of a new picture.

mod attempt;
mod cards;
mod detail;
mod figures;
mod header;
mod listing;
mod matrix;
mod matrix_labels;
mod matrix_paint;
mod missing;
mod mistakes;
mod table;

use std::sync::Arc;

use egui::{CentralPanel, Frame, Key, Modifiers, Panel as SidePanel, Ui, vec2};

use self::attempt::Attempt;
use self::figures::Figures;
use self::listing::{Filter, Listing};
use self::matrix::{Matrix, Picked};
use self::mistakes::Mistakes;
use self::table::ClassTable;
use crate::app::command::Command;
use crate::app::panels::parts::relabel::Relabel;
use crate::app::panels::parts::row::column_frame;
use crate::app::theme::{SIDE_WIDTH, SPACE, Tokens};
use crate::app::view::{Panel, ShownRun, View};
use crate::app::widgets::segmented;

/// What the middle column holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Middle {
    #[default]
    Mistakes,
    Attempt,
}

/// What belongs to the drawing alone.
#[derive(Default)]
pub struct InspectPanel {
    figures: Option<Figures>,
    matrix: Matrix,
    table: ClassTable,
    listing: Listing,
    mistakes: Mistakes,
    attempt: Attempt,
    middle: Middle,
    relabel: Relabel,
}

/// Less than this and the class table is not worth its space.
const LEAST_TABLE: f32 = 150.0;

impl Panel for InspectPanel {
    fn show(&mut self, ui: &mut Ui, view: &View<'_>, commands: &mut Vec<Command>) {
        let tokens = Tokens::of(ui);
        if self.attempt.has_news(view) {
            self.middle = Middle::Attempt;
        }
        SidePanel::right("inspect side")
            .exact_size(SIDE_WIDTH + 2.0 * SPACE[3])
            .resizable(false)
            .frame(column_frame().fill(tokens.panel))
            .show(ui, |ui| match self.middle {
                Middle::Mistakes => detail::examined(ui, view, &mut self.relabel, commands),
                Middle::Attempt => detail::tried(ui, view),
            });
        let half = ui.available_width() * 0.48;
        let frame = Frame::new().inner_margin(SPACE[3]);
        SidePanel::right("inspect middle")
            .exact_size(half)
            .resizable(false)
            .frame(frame)
            .show(ui, |ui| self.middle(ui, view, commands));
        CentralPanel::default().frame(frame).show(ui, |ui| {
            self.left(ui, view, commands);
        });
        self.escape(ui, view, commands);
    }
}

impl InspectPanel {
    /// The matrix and the classes, or why there are none.
    fn left(&mut self, ui: &mut Ui, view: &View<'_>, commands: &mut Vec<Command>) {
        let confusion = view.shown.and_then(|shown| shown.confusion.as_ref());
        let confusion = confusion.filter(|confusion| !confusion.is_empty());
        let known = self.figures.take();
        let figures = confusion.map(|confusion| match known {
            Some(known) if known.is_of(confusion) => known,
            _ => Figures::new(confusion),
        });
        header::show(ui, view, figures.as_ref(), commands);
        ui.add_space(SPACE[1]);
        let Some(mut figures) = figures else {
            missing::show(ui, view, commands);
            return;
        };
        let listed = self.matrix.controls(ui, &figures);
        let room = vec2(
            ui.available_width(),
            (ui.available_height() - LEAST_TABLE - SPACE[3]).max(200.0),
        );
        let picked = self
            .matrix
            .show(ui, &mut figures, self.listing.filter().cell(), room);
        match picked.or(listed) {
            Some(Picked::Cell(truth, predicted)) => self.choose(Filter::Cell { truth, predicted }),
            Some(Picked::Enter) => self.enter(view, commands),
            None => {}
        }
        ui.add_space(SPACE[2]);
        if let Some(class) = self.table.show(ui, &mut figures, self.listing.filter()) {
            self.choose(Filter::Class(class));
        }
        self.figures = Some(figures);
    }

    fn middle(&mut self, ui: &mut Ui, view: &View<'_>, commands: &mut Vec<Command>) {
        let options = [
            (Middle::Mistakes, "Mistakes"),
            (Middle::Attempt, "Try an image"),
        ];
        segmented(ui, "What the middle shows", &mut self.middle, &options);
        ui.add_space(SPACE[1]);
        match self.middle {
            Middle::Attempt => self.attempt.show(ui, view, commands),
            Middle::Mistakes => {
                let evaluated = view
                    .shown
                    .and_then(|shown| Some((shown, shown.evaluation.as_ref()?)));
                match evaluated {
                    Some((shown, evaluation)) => {
                        let rows = self.listing.rows(shown, evaluation);
                        let clear = self.mistakes.show(
                            ui,
                            view,
                            evaluation,
                            &rows,
                            self.listing.filter(),
                            commands,
                        );
                        if clear {
                            self.choose(Filter::All);
                        }
                    }
                    None => missing::no_mistakes(ui),
                }
            }
        }
    }

    fn choose(&mut self, filter: Filter) {
        self.listing.set(filter);
        self.mistakes.rewind();
        self.middle = Middle::Mistakes;
    }

    /// Enter in the matrix goes on to the first image behind the cell.
    fn enter(&mut self, view: &View<'_>, commands: &mut Vec<Command>) {
        let Some(shown) = view.shown else { return };
        if let Some(evaluation) = &shown.evaluation {
            let rows = self.listing.rows(shown, evaluation);
            self.mistakes.focus();
            commands.extend(rows.first().map(|row| Command::Examine(Some(*row))));
        }
    }

    /// Escape takes back one thing: the image looked at, then the chosen cell.
    fn escape(&mut self, ui: &Ui, view: &View<'_>, commands: &mut Vec<Command>) {
        // A field in which somebody types, and an open menu, have their own use for the key.
        let busy = ui.ctx().egui_wants_keyboard_input() && !self.owns_focus(ui);
        let menu = egui::Popup::is_any_open(ui.ctx());
        if busy || menu || !ui.input(|input| input.key_pressed(Key::Escape)) {
            return;
        }
        let undone = if self.middle == Middle::Attempt && view.tried_selected.is_some() {
            commands.push(Command::ExamineTried(None));
            true
        } else if view
            .shown
            .is_some_and(|shown: &ShownRun| shown.examined.is_some())
        {
            commands.push(Command::Examine(None));
            true
        } else if *self.listing.filter() != Filter::All {
            self.choose(Filter::All);
            true
        } else {
            false
        };
        if undone {
            ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape));
        }
    }

    fn owns_focus(&self, ui: &Ui) -> bool {
        let focused = ui.memory(|memory| memory.focused());
        focused.is_some() && (focused == self.matrix.id() || focused == self.mistakes.id())
    }
}

/// The same allocation, and so the same content: what was computed from it still holds.
fn same<T>(known: Option<&Arc<T>>, now: &Arc<T>) -> bool {
    known.is_some_and(|known| Arc::ptr_eq(known, now))
}
