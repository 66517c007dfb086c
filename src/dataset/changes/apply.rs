//! A data set as the user's changes make it.

use std::collections::{BTreeMap, BTreeSet};

use super::Changes;
use crate::dataset::{Dataset, DatasetError};

impl Dataset {
    /// The same images with these changes in place of any before: some left out, some of another class or set. The
    /// order of [`images`](Self::images) stays, so that an index means the same image as before.
    ///
    /// Classes are the names that images which are not left out have, sorted. A class of images that are all left out
    /// is in [`emptied`](Self::emptied), and those images point behind the end of [`classes`](Self::classes).
    /// Entries of files that are not there have no effect; [`Self::unmatched`] counts them.
    ///
    /// # Errors
    /// Fewer than two classes would be left.
    pub fn changed(mut self, changes: &Changes) -> Result<Self, DatasetError> {
        let mut names = Names::of(&self);
        let mut labels: Vec<usize> = Vec::with_capacity(self.images.len());
        let (mut was, mut was_given) = (BTreeMap::new(), BTreeMap::new());
        for (index, image) in self.images.iter_mut().enumerate() {
            let found = match self.was.get(&index) {
                Some(found) => names.number(found),
                None => image.class,
            };
            // A set of a million has few changes: most of the time there is nothing to look up.
            image.excluded = !changes.excluded.is_empty() && changes.excluded.contains(&image.file);
            if let Some(given) = self.was_given.get(&index) {
                image.given = Some(*given);
            }
            if let (Some(set), Some(given)) = (changes.moved.get(&image.file), image.given)
                && *set != given
            {
                was_given.insert(index, given);
                image.given = Some(*set);
            }
            let label = match changes.relabelled.get(&image.file) {
                Some(class) => names.number(class),
                None => found,
            };
            if label != found {
                was.insert(index, names.name(found).to_owned());
            }
            labels.push(label);
        }
        (self.was, self.was_given) = (was, was_given);
        self.take_labels(&labels, &names);
        match self.classes.as_slice() {
            [_, _, ..] => Ok(self),
            left => Err(DatasetError::TooFewLeft {
                classes: left.len(),
                changes: changes.describe(),
            }),
        }
    }

    /// Sets the classes and every image's class by the numbers of their names.
    fn take_labels(&mut self, labels: &[usize], names: &Names) {
        // Whether an image has the name at all, and one that is not left out.
        let (mut all, mut full) = (vec![false; names.0.len()], vec![false; names.0.len()]);
        for (image, &label) in self.images.iter().zip(labels) {
            if let (Some(all), Some(full)) = (all.get_mut(label), full.get_mut(label)) {
                *all = true;
                *full |= !image.excluded;
            }
        }
        let sorted = |wanted: &dyn Fn(usize) -> bool| {
            let named = names.0.iter().enumerate();
            let named = named.filter(|(number, _)| wanted(*number));
            let mut names: Vec<String> = named.map(|(_, name)| name.clone()).collect();
            names.sort_unstable();
            names
        };
        let has = |flags: &[bool], number: usize| flags.get(number) == Some(&true);
        self.classes = sorted(&|number| has(&full, number));
        self.emptied = sorted(&|number| has(&all, number) && !has(&full, number));
        let place = |name: &String| match self.classes.binary_search(name) {
            Ok(class) => class,
            Err(_) => {
                let emptied = self.emptied.binary_search(name);
                self.classes.len() + emptied.unwrap_or(self.emptied.len())
            }
        };
        let places: Vec<usize> = names.0.iter().map(place).collect();
        for (image, &label) in self.images.iter_mut().zip(labels) {
            image.class = places.get(label).copied().unwrap_or(usize::MAX);
        }
    }

    /// The class of an image by name, also where all images of that class are left out; empty for no image.
    pub fn class_of(&self, index: usize) -> &str {
        let class = self.images.get(index).map(|image| image.class);
        let name = class.and_then(|class| {
            let emptied = || self.emptied.get(class.checked_sub(self.classes.len())?);
            self.classes.get(class).or_else(emptied)
        });
        name.map_or("", String::as_str)
    }

    /// The class that the place of an image says, where the user has given it another one.
    pub fn class_before(&self, index: usize) -> Option<&str> {
        self.was.get(&index).map(String::as_str)
    }

    /// Entries of the changes whose files the data set does not have, or cannot read.
    pub fn unmatched(&self, changes: &Changes) -> usize {
        let excluded = changes.excluded.iter();
        let files = excluded
            .chain(changes.relabelled.keys())
            .chain(changes.moved.keys());
        let files: BTreeSet<&String> = files.collect();
        files
            .iter()
            .filter(|file| self.index_of(file).is_none())
            .count()
    }
}

/// Names of classes with numbers: first those of a data set as its images have them, behind them those of changes.
struct Names(Vec<String>);

impl Names {
    fn of(data: &Dataset) -> Self {
        Self(data.classes.iter().chain(&data.emptied).cloned().collect())
    }

    fn number(&mut self, name: &str) -> usize {
        let known = self.0.iter().position(|known| known == name);
        known.unwrap_or_else(|| {
            self.0.push(name.to_owned());
            self.0.len() - 1
        })
    }

    fn name(&self, number: usize) -> &str {
        self.0.get(number).map_or("", String::as_str)
    }
}
