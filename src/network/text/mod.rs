//! The text form of a graph: `[[layers]]` tables in TOML, as in a run's `network.toml`, or as the `[network]`
//! of a project file. Settings that are left out have their defaults.
//!
//! A layer takes the one before it, unless it names others: `inputs = ["skip", "conv2d_4"]`, where the layers
//! it names say so: `name = "skip"`. A layer may be `disabled`, have a `comment`, and belong to a `block`, which
//! `[[blocks]]` describes.

mod assemble;
mod read;
mod through_serde;
mod write;

use std::fmt;

use super::graph::Graph;

/// A network in a file that cannot be read as it stands. All its problems are told at once.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{}", all_lines(problems))]
pub struct NetworkFileError {
    /// Line of the first problem, from 1.
    pub line: usize,
    /// The first problem in words, without its line.
    pub message: String,
    /// Every problem, by line; at least one.
    pub problems: Vec<FileProblem>,
    /// What can be kept: the layers and settings without a problem. None where the file is not TOML, or holds
    /// no network.
    pub kept: Option<Graph>,
}

/// One problem in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileProblem {
    /// From 1.
    pub line: usize,
    /// What is wrong and what to do.
    pub message: String,
}

impl fmt::Display for FileProblem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "line {}: {}", self.line, self.message)
    }
}

fn all_lines(problems: &[FileProblem]) -> String {
    problems
        .iter()
        .map(FileProblem::to_string)
        .collect::<Vec<_>>()
        .join("\n")
}

impl NetworkFileError {
    /// A problem that leaves nothing to be kept.
    pub(super) fn fatal(line: usize, message: String) -> Self {
        let problems = vec![FileProblem {
            line,
            message: message.clone(),
        }];
        Self {
            line,
            message,
            problems,
            kept: None,
        }
    }
}
