//! What the matrix and the table draw, computed once for a confusion matrix.

use std::sync::Arc;

use super::table::Sort;
use crate::results::{Cell, ClassFigures, Confusion};

/// So many of the fullest cells are listed.
const WORST: usize = 25;

/// What a cell says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scale {
    #[default]
    Counts,
    /// As a share of the images of the true class.
    ByRow,
    /// As a share of the images predicted so.
    ByColumn,
}

pub struct Figures {
    pub confusion: Arc<Confusion>,
    pub per_class: Vec<ClassFigures>,
    /// The cells that have images, in reading order: of a million cells few have.
    pub filled: Vec<(usize, usize)>,
    /// The fullest cells beside the diagonal, fullest first.
    pub worst: Vec<Cell>,
    rows: Vec<u64>,
    columns: Vec<u64>,
    /// The largest value beside the diagonal and on it: counts, by row, by column.
    most: [[f64; 2]; 3],
    /// Classes in the order of the table.
    order: Vec<usize>,
    sorted: Option<Sort>,
    /// Of all images, the share predicted right.
    pub accuracy: f64,
    pub macro_f1: f64,
    /// Width of the widest name in points, once it was measured.
    pub widest: Option<f32>,
}

impl Figures {
    pub fn new(confusion: &Arc<Confusion>) -> Self {
        let n = confusion.len();
        let (mut rows, mut columns) = (vec![0; n], vec![0; n]);
        let mut filled = Vec::new();
        for (truth, row) in confusion.counts().chunks(n.max(1)).enumerate() {
            for (predicted, count) in row.iter().enumerate() {
                rows[truth] += count;
                columns[predicted] += count;
                if *count > 0 {
                    filled.push((truth, predicted));
                }
            }
        }
        let mut figures = Self {
            accuracy: confusion.accuracy(),
            macro_f1: confusion.macro_f1(),
            confusion: confusion.clone(),
            worst: worst(confusion, &filled),
            filled,
            per_class: confusion.per_class(),
            rows,
            columns,
            most: [[0.0; 2]; 3],
            order: (0..n).collect(),
            sorted: None,
            widest: None,
        };
        figures.most =
            [Scale::Counts, Scale::ByRow, Scale::ByColumn].map(|scale| figures.largest(scale));
        figures
    }

    fn largest(&self, scale: Scale) -> [f64; 2] {
        let mut most = [0.0_f64; 2];
        for &(truth, predicted) in &self.filled {
            let place = &mut most[usize::from(truth == predicted)];
            *place = place.max(self.value(scale, truth, predicted));
        }
        most
    }

    pub fn is_of(&self, confusion: &Arc<Confusion>) -> bool {
        Arc::ptr_eq(&self.confusion, confusion)
    }

    /// Number of classes.
    pub fn len(&self) -> usize {
        self.confusion.len()
    }

    pub fn name(&self, class: usize) -> &str {
        self.confusion
            .classes()
            .get(class)
            .map_or("", String::as_str)
    }

    /// What a cell says: a count, or a fraction from 0 to 1.
    pub fn value(&self, scale: Scale, truth: usize, predicted: usize) -> f64 {
        let count = self.confusion.at(truth, predicted) as f64;
        let whole = match scale {
            Scale::Counts => return count,
            Scale::ByRow => self.rows.get(truth),
            Scale::ByColumn => self.columns.get(predicted),
        };
        match whole {
            Some(0) | None => 0.0,
            Some(whole) => count / *whole as f64,
        }
    }

    /// The value as a share of the largest one of its kind, 0 to 1: how strongly the cell is coloured.
    pub fn strength(&self, scale: Scale, truth: usize, predicted: usize) -> f32 {
        let most = self.most[scale as usize][usize::from(truth == predicted)];
        if most > 0.0 {
            (self.value(scale, truth, predicted) / most) as f32
        } else {
            0.0
        }
    }

    /// "true cat, predicted dog: 12 (8.1 % of cat)".
    pub fn spoken(&self, scale: Scale, truth: usize, predicted: usize) -> String {
        let (t, p) = (self.name(truth), self.name(predicted));
        let count = crate::app::widgets::thousands(self.confusion.at(truth, predicted));
        let (share, of) = match scale {
            Scale::ByColumn => (Scale::ByColumn, format!("of those predicted {p}")),
            Scale::Counts | Scale::ByRow => (Scale::ByRow, format!("of {t}")),
        };
        let share = self.value(share, truth, predicted) * 100.0;
        format!("true {t}, predicted {p}: {count} ({share:.1} % {of})")
    }

    /// Classes in the order of the table, sorted anew where that is another one.
    pub fn order(&mut self, sort: Sort) -> &[usize] {
        if self.sorted != Some(sort) {
            sort.apply(&self.per_class, &mut self.order);
            self.sorted = Some(sort);
        }
        &self.order
    }
}

fn worst(confusion: &Confusion, filled: &[(usize, usize)]) -> Vec<Cell> {
    let beside = filled
        .iter()
        .filter(|(truth, predicted)| truth != predicted);
    let cell = |&(truth, predicted): &(usize, usize)| Cell {
        truth,
        predicted,
        count: confusion.at(truth, predicted),
    };
    let mut worst: Vec<Cell> = beside.map(cell).collect();
    worst.sort_by_key(|cell| std::cmp::Reverse(cell.count));
    worst.truncate(WORST);
    worst
}
