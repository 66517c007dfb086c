//! Lists made once for a data set and a set, so that a frame looks at nothing but what is visible.

use std::sync::Arc;

use crate::dataset::{Dataset, Set, Splits};

/// The images of each class, of one set or of all.
pub struct Index {
    dataset: Arc<Dataset>,
    splits: Arc<Splits>,
    set: Option<Set>,
    by_class: Vec<Vec<usize>>,
    /// Images of the fullest class.
    pub fullest: usize,
}

impl Index {
    pub fn new(dataset: &Arc<Dataset>, splits: &Arc<Splits>, set: Option<Set>) -> Self {
        let mut by_class = vec![Vec::new(); dataset.classes.len()];
        let mut put = |index: usize| {
            let class = dataset.images.get(index).map(|image| image.class);
            if let Some(list) = class.and_then(|class| by_class.get_mut(class)) {
                list.push(index);
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
