//! Which images the grid lists: all mistakes, those of a class, or those behind a cell.

use std::sync::Arc;

use super::same;
use crate::app::view::ShownRun;
use crate::results::{Evaluation, mistakes};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Filter {
    /// Every mistake.
    #[default]
    All,
    /// The images behind a cell, right ones too where it stands on the diagonal.
    Cell { truth: usize, predicted: usize },
    /// The mistakes among the images of a class.
    Class(usize),
}

impl Filter {
    pub fn cell(&self) -> Option<(usize, usize)> {
        match *self {
            Self::Cell { truth, predicted } => Some((truth, predicted)),
            Self::All | Self::Class(_) => None,
        }
    }
}

/// The filter and the rows that it lets through, kept until one of them changes.
#[derive(Default)]
pub struct Listing {
    filter: Filter,
    made: Option<(Arc<Evaluation>, Filter, Arc<Vec<usize>>)>,
}

impl Listing {
    pub fn filter(&self) -> &Filter {
        &self.filter
    }

    pub fn set(&mut self, filter: Filter) {
        self.filter = filter;
    }

    /// Rows of the evaluation, most confident first.
    pub fn rows(&mut self, shown: &ShownRun, evaluation: &Arc<Evaluation>) -> Arc<Vec<usize>> {
        // Another run may have fewer classes.
        let classes = evaluation.classes.len();
        match self.filter {
            Filter::Cell { truth, predicted } if truth >= classes || predicted >= classes => {
                self.filter = Filter::All;
            }
            Filter::Class(class) if class >= classes => self.filter = Filter::All,
            _ => {}
        }
        let rows = match (self.filter, &self.made) {
            (Filter::All, _) => return shown.mistakes.clone(),
            (filter, Some((of, made, rows))) if *made == filter && same(Some(of), evaluation) => {
                return rows.clone();
            }
            (Filter::Cell { truth, predicted }, _) => {
                mistakes::of_cell(evaluation, truth, predicted)
            }
            (Filter::Class(class), _) => {
                let label = |row: &usize| evaluation.rows.get(*row).map(|row| row.label);
                shown
                    .mistakes
                    .iter()
                    .copied()
                    .filter(|row| label(row) == Some(class))
                    .collect()
            }
        };
        let rows = Arc::new(rows);
        self.made = Some((evaluation.clone(), self.filter, rows.clone()));
        rows
    }
}
