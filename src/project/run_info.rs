//! What a run folder says about itself: `run.toml` and `data.json`.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::dataset::{Before, Dataset, Known, Layout, Set, Source};

/// The head of a run, `run.toml`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RunInfo {
    /// Unique in its runs folder; `RunFolder::create` sets it, the name and the time.
    #[serde(default)]
    pub number: u32,
    /// The name of the folder, "0003-digits-cnn".
    #[serde(default)]
    pub name: String,
    /// RFC 3339, UTC.
    #[serde(default)]
    pub created: String,
    pub state: RunState,
    /// Why it failed, as it was shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The device it ran on, in words.
    #[serde(default)]
    pub device: String,
    /// What the network is called: a template's name or the project's.
    #[serde(default)]
    pub title: String,
    #[serde(default)]
    pub classes: Vec<String>,
    #[serde(default)]
    pub parameters: u64,
    #[serde(default)]
    pub epochs_done: u32,
    /// Counted from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub best_epoch: Option<u32>,
    /// Of the best epoch, as `Epoch::accuracy` has it, from 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub best_accuracy: Option<f64>,
    /// What had changed in the data since the run before on the same data, a sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changed: Vec<String>,
    /// Versions of the crates that decide the numbers.
    #[serde(default)]
    pub versions: BTreeMap<String, String>,
}

/// How far a run came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RunState {
    #[default]
    Running,
    Finished,
    /// By the user.
    Stopped,
    Failed,
    /// Its program ended without a word: killed, or the power went.
    Interrupted,
}

impl fmt::Display for RunState {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Running => "running",
            Self::Finished => "finished",
            Self::Stopped => "stopped",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
        })
    }
}

/// Which images a run used for what, `data.json`, so that it can be evaluated on its own sets later, and the next run
/// can say what has changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunData {
    pub source: Source,
    /// How its files were read; old runs do not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layout: Option<Layout>,
    pub classes: Vec<String>,
    /// Files below the source, with `/`.
    pub train: Vec<String>,
    pub validation: Vec<String>,
    pub test: Vec<String>,
    /// Where the test images lie, if not below `source`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test_source: Option<Source>,
    /// How the files of `test_source` were read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test_layout: Option<Layout>,
    /// What was known of each file; empty in old runs.
    #[serde(default, skip_serializing_if = "Marks::is_empty")]
    pub marks: Marks,
}

/// What was known of each file of the sets, in the order of their names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Marks {
    pub train: Vec<Mark>,
    pub validation: Vec<Mark>,
    pub test: Vec<Mark>,
}

/// Of a file: its class, as an index into [`RunData::classes`], and the sum of its bytes
/// ([`Look::sum`](crate::dataset::Look::sum); 0: not known). In files it is a pair, for there may be a million.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark(pub u32, pub u64);

impl Marks {
    /// Whether nothing was kept.
    pub fn is_empty(&self) -> bool {
        self.train.is_empty() && self.validation.is_empty() && self.test.is_empty()
    }

    fn get(&self, set: Set) -> &[Mark] {
        match set {
            Set::Train => &self.train,
            Set::Validation => &self.validation,
            Set::Test => &self.test,
        }
    }
}

impl RunData {
    /// The files of a set.
    pub fn files(&self, set: Set) -> &[String] {
        match set {
            Set::Train => &self.train,
            Set::Validation => &self.validation,
            Set::Test => &self.test,
        }
    }

    /// What was known of the files of a set, in the order of their names; empty in old runs.
    pub fn marks(&self, set: Set) -> &[Mark] {
        self.marks.get(set)
    }

    /// Where the images of a set lie, and how they are read.
    pub fn place(&self, set: Set) -> (&Source, Option<&Layout>) {
        match (&self.test_source, set) {
            (Some(source), Set::Test) => (source, self.test_layout.as_ref()),
            _ => (&self.source, self.layout.as_ref()),
        }
    }

    /// What contradicts itself in it; nothing where all is well.
    pub(super) fn fault(&self) -> Option<String> {
        Set::ALL.into_iter().find_map(|set| {
            let (files, marks) = (self.files(set).len(), self.marks(set));
            if !marks.is_empty() && marks.len() != files {
                let marks = marks.len();
                return Some(format!("it has {files} {set} files and marks for {marks}"));
            }
            let known = |mark: &&Mark| usize::try_from(mark.0).ok() >= Some(self.classes.len());
            let wrong = marks.iter().find(known)?;
            Some(format!("it has no class number {}", wrong.0))
        })
    }

    /// The images as the next run compares its own with them. Test images from elsewhere are left out; old runs did
    /// not keep the classes, so those of `now` count.
    pub fn before(&self, now: &Dataset) -> Before {
        let mut before = Before::default();
        for set in Set::ALL {
            if set == Set::Test && self.test_source.is_some() {
                continue;
            }
            let marks = self.marks(set);
            for (place, file) in self.files(set).iter().enumerate() {
                let mark = marks.get(place);
                let class = match mark {
                    Some(mark) => usize::try_from(mark.0)
                        .ok()
                        .and_then(|class| self.classes.get(class).cloned()),
                    None => now
                        .index_of(file)
                        .map(|index| now.class_of(index).to_owned()),
                };
                let known = Known {
                    set,
                    class: class.unwrap_or_default(),
                    sum: mark.map_or(0, |mark| mark.1),
                };
                before.images.insert(file.clone(), known);
            }
        }
        before
    }
}
