//! What a run folder says about itself: `run.toml` and `data.json`.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::dataset::Source;

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

/// Which images a run used for what, `data.json`, so that it can be evaluated on its own sets later.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunData {
    pub source: Source,
    pub classes: Vec<String>,
    /// Files below the source, with `/`.
    pub train: Vec<String>,
    pub validation: Vec<String>,
    pub test: Vec<String>,
    /// Where the test images lie, if not below `source`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test_source: Option<Source>,
}
