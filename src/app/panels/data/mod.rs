//! Data: the images by class, what is wrong with them, how they are divided, and what happens to them on their way
//! into the network. The column at the right chooses among the four; the middle follows it.

mod balance;
mod changed;
mod controls;
mod findings;
mod grid;
mod header;
mod health;
mod index;
mod listing;
mod overview;
mod prepare;
mod preview;
mod problems;
mod rows;
mod selection;
mod sets;
mod splits_table;
mod waiting;

use egui::{CentralPanel, Frame, Panel as SidePanel, Ui};

use self::grid::Grid;
use self::health::HealthSide;
use self::index::Index;
use self::listing::{Listing, Open};
use crate::app::command::Command;
use crate::app::desk::DataTab;
use crate::app::panels::parts::row::column_frame;
use crate::app::panels::parts::since;
use crate::app::theme::{SIDE_WIDTH, SPACE, Tokens};
use crate::app::view::{Data, Panel, View};
use crate::app::widgets::segmented;
use crate::dataset::Set;

/// What belongs to the drawing alone: the switch, what is open, lists made once for a data set.
#[derive(Default)]
pub struct DataPanel {
    /// The set that is shown; `None` shows all images.
    set: Option<Set>,
    /// What is being typed as the path of a folder.
    path: String,
    /// The class that is searched for.
    search: String,
    /// The list of images that fills the panel.
    open: Option<Open>,
    /// How often it was asked from elsewhere to show what is different.
    wanted: u64,
    listing: Option<Listing>,
    grid: Grid,
    index: Option<Index>,
    side: HealthSide,
    sets: sets::SetsSide,
    table: splits_table::SetsTable,
    histogram: balance::Histogram,
}

impl Panel for DataPanel {
    fn show(&mut self, ui: &mut Ui, view: &View<'_>, commands: &mut Vec<Command>) {
        let tokens = Tokens::of(ui);
        let (wanted, run) = &view.desk.wanted;
        if self.wanted != *wanted {
            self.wanted = *wanted;
            self.show_list(Open::Since(run.clone()));
        }
        if let Data::Ready { .. } = view.data {
            SidePanel::right("data side")
                .exact_size(SIDE_WIDTH + 2.0 * SPACE[3])
                .resizable(false)
                .frame(column_frame().fill(tokens.panel))
                .show(ui, |ui| self.column(ui, view, commands));
        }
        let frame = Frame::new().inner_margin(SPACE[3]);
        CentralPanel::default().frame(frame).show(ui, |ui| {
            header::source_row(ui, view, &mut self.set);
            header::actions(ui, view, &mut self.path, commands);
            header::reading(ui, view, commands);
            since::row(ui, view.desk.since_latest(), commands);
            ui.add_space(SPACE[1]);
            self.body(ui, view, commands);
        });
    }
}

impl DataPanel {
    fn column(&mut self, ui: &mut Ui, view: &View<'_>, commands: &mut Vec<Command>) {
        let mut tab = view.desk.tab;
        if segmented(ui, "What to do with the data", &mut tab, &DataTab::ALL) {
            commands.push(Command::ShowData(tab));
        }
        ui.add_space(SPACE[1]);
        let opened = match view.desk.tab {
            DataTab::Health => self.side.show(ui, view, commands),
            DataTab::Sets => self.sets.show(ui, view, commands),
            DataTab::Prepare => {
                prepare::show(ui, view, commands);
                None
            }
            DataTab::Balance => {
                balance::side(ui, view, commands);
                None
            }
        };
        if let Some(open) = opened {
            self.show_list(open);
            // Images are looked at in Health.
            if view.desk.tab != DataTab::Health {
                commands.push(Command::ShowData(DataTab::Health));
            }
        }
    }

    fn show_list(&mut self, open: Open) {
        self.open = Some(open);
        self.listing = None;
        self.grid.reset();
    }

    fn body(&mut self, ui: &mut Ui, view: &View<'_>, commands: &mut Vec<Command>) {
        let Data::Ready {
            dataset, splits, ..
        } = view.data
        else {
            self.open = None;
            waiting::show(ui, view, commands);
            return;
        };
        match view.desk.tab {
            DataTab::Health => {}
            DataTab::Sets => return self.table.show(ui, view),
            DataTab::Prepare => return preview::show(ui, view, commands),
            DataTab::Balance => return self.histogram.show(ui, view),
        }
        let set = self.set.filter(|set| view.has(*set));
        let known = self
            .index
            .take()
            .filter(|index| index.is_of(dataset, splits, set));
        let index = known.unwrap_or_else(|| {
            self.listing = None;
            Index::new(dataset, splits, set)
        });
        if self.images(ui, view, &index, commands) {
            self.index = Some(index);
            return;
        }
        self.open = None;
        if let Some(class) = rows::show(ui, view, &index, &mut self.search, commands) {
            self.show_list(Open::Class(index.class_name(class).to_owned()));
        }
        self.index = Some(index);
    }

    /// The list that is open; false where there is none, or it is closed.
    fn images(
        &mut self,
        ui: &mut Ui,
        view: &View<'_>,
        index: &Index,
        commands: &mut Vec<Command>,
    ) -> bool {
        let Some(open) = &self.open else {
            return false;
        };
        let known = self.listing.take().filter(|list| list.is_of(view, open));
        let listing = match known {
            Some(listing) => listing,
            None => {
                let Some(listing) = Listing::of(view, index, open) else {
                    return false;
                };
                self.grid.relist(&listing);
                listing
            }
        };
        let back = self.grid.show(ui, view, &listing, commands);
        self.listing = Some(listing);
        !back
    }
}
