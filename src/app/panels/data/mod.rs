//! Data: the images by class, and what is wrong with them.

mod grid;
mod header;
mod health;
mod index;
mod problems;
mod rows;
mod splits_table;
mod waiting;

use egui::{CentralPanel, Frame, Panel as SidePanel, Ui};

use self::health::HealthSide;
use self::index::Index;
use crate::app::command::Command;
use crate::app::panels::parts::row::column_frame;
use crate::app::theme::{SIDE_WIDTH, SPACE, Tokens};
use crate::app::view::{Data, Panel, View};
use crate::dataset::Set;

/// What belongs to the drawing alone: the switch, the open class, lists made once for a data set.
#[derive(Default)]
pub struct DataPanel {
    /// The set that is shown; `None` shows all images.
    set: Option<Set>,
    /// What is being typed as the path of a folder.
    path: String,
    /// The class that fills the panel.
    open: Option<usize>,
    index: Option<Index>,
    side: HealthSide,
}

impl Panel for DataPanel {
    fn show(&mut self, ui: &mut Ui, view: &View<'_>, commands: &mut Vec<Command>) {
        let tokens = Tokens::of(ui);
        if let Data::Ready { dataset, .. } = view.data {
            SidePanel::right("data side")
                .exact_size(SIDE_WIDTH + 2.0 * SPACE[3])
                .resizable(false)
                .frame(column_frame(tokens.panel))
                .show(ui, |ui| self.side.show(ui, view, dataset));
        }
        let frame = Frame::new().fill(tokens.ground).inner_margin(SPACE[3]);
        CentralPanel::default().frame(frame).show(ui, |ui| {
            header::source_row(ui, view, &mut self.set);
            header::actions(ui, view, &mut self.path, commands);
            ui.add_space(SPACE[1]);
            self.body(ui, view, commands);
        });
    }
}

impl DataPanel {
    fn body(&mut self, ui: &mut Ui, view: &View<'_>, commands: &mut Vec<Command>) {
        let Data::Ready {
            dataset, splits, ..
        } = view.data
        else {
            self.open = None;
            waiting::show(ui, view, commands);
            return;
        };
        let set = self.set.filter(|set| view.has(*set));
        let known = self
            .index
            .take()
            .filter(|index| index.is_of(dataset, splits, set));
        let index = known.unwrap_or_else(|| Index::new(dataset, splits, set));
        self.open = self.open.filter(|class| *class < dataset.classes.len());
        match self.open {
            None => {
                if let Some(class) = rows::show(ui, view, &index, commands) {
                    self.open = Some(class);
                }
            }
            Some(class) => {
                if grid::show(ui, view, &index, class, commands) {
                    self.open = None;
                }
            }
        }
        self.index = Some(index);
    }
}
