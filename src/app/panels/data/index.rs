//! Lists made once for a data set and a set, so that a frame looks at nothing but what is visible.

use std::sync::Arc;

use crate::dataset::{Dataset, Set, Splits};

/// The images of each class, of one set or of all.
pub struct Index {
    dataset: Arc<Dataset>,
    splits: Arc<Splits>,
    set: Option<Set>,
    by_class: Vec<Vec<usize>>,
    /// Of those, the images of each class that the user has left out.
    left_out: Vec<usize>,
    /// Images of the fullest class.
    pub fullest: usize,
}

impl Index {
    pub fn new(dataset: &Arc<Dataset>, splits: &Arc<Splits>, set: Option<Set>) -> Self {
        let mut by_class = vec![Vec::new(); dataset.classes.len()];
        let mut left_out = vec![0; dataset.classes.len()];
        let mut put = |index: usize| {
            let Some(image) = dataset.images.get(index) else {
                return;
            };
            if let Some(list) = by_class.get_mut(image.class) {
                list.push(index);
            }
            if let Some(count) = left_out.get_mut(image.class).filter(|_| image.excluded) {
                *count += 1;
            }
        };
        match set {
            None => (0..dataset.len()).for_each(&mut put),
            Some(set) => splits.get(set).iter().copied().for_each(&mut put),
        }
        let fullest = by_class.iter().map(Vec::len).max().unwrap_or(0);
        Self {
            dataset: dataset.clone(),
            splits: splits.clone(),
            set,
            by_class,
            left_out,
            fullest,
        }
    }

    /// Whether the lists are still those of this data and this set.
    pub fn is_of(&self, dataset: &Arc<Dataset>, splits: &Arc<Splits>, set: Option<Set>) -> bool {
        Arc::ptr_eq(&self.dataset, dataset) && Arc::ptr_eq(&self.splits, splits) && self.set == set
    }

    /// Indices of the images of a class.
    pub fn of_class(&self, class: usize) -> &[usize] {
        self.by_class.get(class).map_or(&[], Vec::as_slice)
    }

    /// How many images of a class count, and how many the user has left out.
    pub fn count(&self, class: usize) -> (usize, usize) {
        let out = self.left_out.get(class).copied().unwrap_or(0);
        (self.of_class(class).len().saturating_sub(out), out)
    }

    /// Classes whose names have the text, by number.
    pub fn matching(&self, text: &str) -> Vec<usize> {
        super::controls::matching(&self.dataset.classes, text)
    }

    /// Number of classes.
    pub fn classes(&self) -> usize {
        self.by_class.len()
    }

    pub fn class_name(&self, class: usize) -> &str {
        self.dataset.classes.get(class).map_or("", String::as_str)
    }

    /// The set in words, for places that have no image of it.
    pub fn set_name(&self) -> &'static str {
        self.set.map_or("data", Set::name)
    }
}
