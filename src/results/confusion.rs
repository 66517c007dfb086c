//! The confusion matrix and the figures made from it, by scikit-learn's definitions with `labels` given
//! (every class counts, seen or not) and `zero_division=0` (0/0 is 0).

use serde::{Deserialize, Serialize};

/// Counts of images by true class (rows) and predicted class (columns).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confusion {
    classes: Vec<String>,
    /// Row-major, `classes × classes`.
    counts: Vec<u64>,
}

/// The figures of one class; all but the support are fractions from 0 to 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClassFigures {
    pub class: String,
    /// Of the images predicted as this class, the share that is.
    pub precision: f64,
    /// Of the images of this class, the share that was found.
    pub recall: f64,
    /// The harmonic mean of the two.
    pub f1: f64,
    /// Number of images of this class.
    pub support: u64,
}

/// One cell of the matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Index of the true class (the row).
    pub truth: usize,
    /// Index of the predicted class (the column).
    pub predicted: usize,
    pub count: u64,
}

impl Confusion {
    /// Counts `(true class, predicted class)` pairs; a pair outside the classes is left out.
    pub fn new(classes: &[String], pairs: impl IntoIterator<Item = (usize, usize)>) -> Self {
        let n = classes.len();
        let mut counts = vec![0; n * n];
        for (truth, predicted) in pairs {
            if truth < n
                && predicted < n
                && let Some(count) = counts.get_mut(truth * n + predicted)
            {
                *count += 1;
            }
        }
        Self {
            classes: classes.to_vec(),
            counts,
        }
    }

    /// Number of classes.
    pub fn len(&self) -> usize {
        self.classes.len()
    }

    pub fn is_empty(&self) -> bool {
        self.classes.is_empty()
    }

    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// All counts, row-major: `[true][predicted]`.
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// The counts as one list for each true class.
    pub fn rows(&self) -> Vec<Vec<u64>> {
        let n = self.len();
        let row = |truth| (0..n).map(|predicted| self.at(truth, predicted)).collect();
        (0..n).map(row).collect()
    }

    /// Images of class `truth` that were predicted as `predicted`; 0 outside the matrix.
    pub fn at(&self, truth: usize, predicted: usize) -> u64 {
        let n = self.len();
        if truth < n && predicted < n {
            self.counts.get(truth * n + predicted).copied().unwrap_or(0)
        } else {
            0
        }
    }

    /// All images counted.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Each count as a fraction of its row, the images of that class; row-major. The diagonal is the recall.
    pub fn by_row(&self) -> Vec<f64> {
        let sums = self.row_sums();
        self.normalised(|truth, _| sums.get(truth).copied().unwrap_or(0))
    }

    /// Each count as a fraction of its column, the images predicted so; row-major. The diagonal is the precision.
    pub fn by_column(&self) -> Vec<f64> {
        let sums = self.column_sums();
        self.normalised(|_, predicted| sums.get(predicted).copied().unwrap_or(0))
    }

    /// Precision, recall, F1 and support of every class, in the order of the classes.
    pub fn per_class(&self) -> Vec<ClassFigures> {
        let sums = self.row_sums().into_iter().zip(self.column_sums());
        let named = self.classes.iter().zip(sums).enumerate();
        named
            .map(|(index, (class, (support, predicted)))| {
                let right = self.at(index, index);
                ClassFigures {
                    class: class.clone(),
                    precision: ratio(right, predicted),
                    recall: ratio(right, support),
                    f1: ratio(2 * right, support + predicted),
                    support,
                }
            })
            .collect()
    }

    /// The unweighted mean of the classes' F1; 0 without classes.
    pub fn macro_f1(&self) -> f64 {
        let sum: f64 = self.per_class().iter().map(|figures| figures.f1).sum();
        if self.is_empty() {
            0.0
        } else {
            sum / self.len() as f64
        }
    }

    /// The fraction of images on the diagonal, from 0 to 1; 0 for an empty matrix.
    pub fn accuracy(&self) -> f64 {
        let right = (0..self.len()).map(|index| self.at(index, index)).sum();
        ratio(right, self.total())
    }

    /// The `k` fullest cells beside the diagonal, fullest first, empty ones left out.
    pub fn worst_cells(&self, k: usize) -> Vec<Cell> {
        let n = self.len();
        let cells = (0..n).flat_map(|truth| (0..n).map(move |predicted| (truth, predicted)));
        let mut worst: Vec<Cell> = cells
            .filter(|(truth, predicted)| truth != predicted)
            .map(|(truth, predicted)| Cell {
                truth,
                predicted,
                count: self.at(truth, predicted),
            })
            .filter(|cell| cell.count > 0)
            .collect();
        // Stable, so that equal counts stand in reading order.
        worst.sort_by_key(|cell| std::cmp::Reverse(cell.count));
        worst.truncate(k);
        worst
    }

    fn row_sums(&self) -> Vec<u64> {
        let n = self.len();
        let row = |truth| (0..n).map(|predicted| self.at(truth, predicted)).sum();
        (0..n).map(row).collect()
    }

    fn column_sums(&self) -> Vec<u64> {
        let n = self.len();
        let column = |predicted| (0..n).map(|truth| self.at(truth, predicted)).sum();
        (0..n).map(column).collect()
    }

    fn normalised(&self, whole: impl Fn(usize, usize) -> u64) -> Vec<f64> {
        let n = self.len();
        let places = (0..n).flat_map(|truth| (0..n).map(move |predicted| (truth, predicted)));
        places
            .map(|(truth, predicted)| ratio(self.at(truth, predicted), whole(truth, predicted)))
            .collect()
    }
}

/// `part / whole`, where 0/0 is 0.
fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    }
}
