//! What the user has changed of a data set: a list beside the files, which stay as they are.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// Images left out and images of another class, by file as [`Image::file`](super::Image::file) has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Changes {
    /// Left out.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub excluded: BTreeSet<String>,
    /// File to class.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub relabelled: BTreeMap<String, String>,
    /// Images that take the set of another place: file to set, where near-duplicates were moved to the same side.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub moved: BTreeMap<String, super::Set>,
    /// Findings that the user has looked at and accepts.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub accepted: BTreeSet<String>,
}

impl Changes {
    /// Whether nothing is changed.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
