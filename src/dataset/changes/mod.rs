//! What the user has changed of a data set: a list beside the files, which stay as they are.

mod apply;
mod difference;
mod files;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::Set;

pub use difference::{Before, Difference, Known};
pub use files::{Applied, copy_to, move_back, move_files};

/// Images left out, images of another class and images of another set, by file as
/// [`Image::file`](super::Image::file) has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Changes {
    /// Left out.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub excluded: BTreeSet<String>,
    /// Findings of the health report that the user has looked at and accepts, by their keys.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub accepted: BTreeSet<String>,
    /// File to class.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub relabelled: BTreeMap<String, String>,
    /// File to set, where the data's places give sets: near-duplicates were moved to the same side.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub moved: BTreeMap<String, Set>,
}

impl Changes {
    /// Whether nothing is changed.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether the images, their classes and sets are those of the files.
    pub fn leave_images(&self) -> bool {
        self.excluded.is_empty() && self.relabelled.is_empty() && self.moved.is_empty()
    }

    /// Leaves images out.
    pub fn exclude<'a>(&mut self, files: impl IntoIterator<Item = &'a str>) {
        self.excluded.extend(files.into_iter().map(str::to_owned));
    }

    /// Takes images back: in, of the class and the set that their files say.
    pub fn restore<'a>(&mut self, files: impl IntoIterator<Item = &'a str>) {
        for file in files {
            self.excluded.remove(file);
            self.relabelled.remove(file);
            self.moved.remove(file);
        }
    }

    /// Gives an image the class `class`; `found` is the one that its file says, which needs no entry.
    pub fn relabel(&mut self, file: &str, found: &str, class: &str) {
        if found == class {
            self.relabelled.remove(file);
        } else {
            self.relabelled.insert(file.to_owned(), class.to_owned());
        }
    }

    /// A few words of how much is changed: “3 left out, 1 of another class”; empty where nothing is.
    pub fn describe(&self) -> String {
        let counted = [
            (self.excluded.len(), "left out"),
            (self.relabelled.len(), "of another class"),
            (self.moved.len(), "of another set"),
        ];
        let told = counted.iter().filter(|(count, _)| *count > 0);
        let told: Vec<String> = told
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        told.join(", ")
    }
}
