//! A data set as the user's changes make it.

use std::collections::BTreeSet;

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
        let mut labels: Vec<String> = Vec::with_capacity(self.images.len());
        for (index, image) in self.images.iter_mut().enumerate() {
            let now = self.classes.get(image.class);
            let now = now.or_else(|| {
                self.emptied
                    .get(image.class.checked_sub(self.classes.len())?)
            });
            let found = match self.was.remove(&index) {
                Some(found) => found,
                None => now.cloned().unwrap_or_default(),
            };
            image.excluded = changes.excluded.contains(&image.file);
            if let Some(given) = self.was_given.remove(&index) {
                image.given = Some(given);
            }
            if let (Some(set), Some(given)) = (changes.moved.get(&image.file), image.given)
                && *set != given
            {
                self.was_given.insert(index, given);
                image.given = Some(*set);
            }
            match changes.relabelled.get(&image.file) {
                Some(class) if *class != found => {
                    self.was.insert(index, found);
                    labels.push(class.clone());
                }
                _ => labels.push(found),
            }
        }
        self.take_labels(&labels);
        match self.classes.as_slice() {
            [_, _, ..] => Ok(self),
            left => Err(DatasetError::TooFewLeft {
                classes: left.len(),
                changes: changes.describe(),
            }),
        }
    }

    /// Sets the classes and every image's class by the names.
    fn take_labels(&mut self, labels: &[String]) {
        let full: BTreeSet<&str> = self
            .images
            .iter()
            .zip(labels)
            .filter(|(image, _)| !image.excluded)
            .map(|(_, label)| label.as_str())
            .collect();
        let all: BTreeSet<&str> = labels.iter().map(String::as_str).collect();
        let names =
            |names: &mut dyn Iterator<Item = &&str>| names.map(|name| (*name).to_owned()).collect();
        let classes: Vec<String> = names(&mut full.iter());
        let emptied: Vec<String> = names(&mut all.difference(&full));
        for (image, label) in self.images.iter_mut().zip(labels) {
            image.class = match classes.binary_search(label) {
                Ok(class) => class,
                Err(_) => classes.len() + emptied.binary_search(label).unwrap_or(emptied.len()),
            };
        }
        self.classes = classes;
        self.emptied = emptied;
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
