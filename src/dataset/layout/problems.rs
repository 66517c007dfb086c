//! What is left out, in bounded number: a table may miss a million files, and nobody reads a million lines.

use std::collections::BTreeMap;

use super::Problem;

/// Problems of one kind that are listed one by one.
const LISTED: usize = 1000;

/// Collects problems by kind.
#[derive(Debug, Default)]
pub(super) struct Problems {
    listed: Vec<Problem>,
    counts: BTreeMap<&'static str, usize>,
}

impl Problems {
    /// Adds one; `kind` is how the many are counted: “more files without a row”.
    pub fn add(&mut self, kind: &'static str, file: impl Into<String>, reason: impl Into<String>) {
        let count = self.counts.entry(kind).or_default();
        *count += 1;
        if *count <= LISTED {
            self.listed.push(Problem {
                file: file.into(),
                reason: reason.into(),
            });
        }
    }

    /// The list, and under `source` how many more there are of each kind.
    pub fn finish(mut self, source: &str) -> Vec<Problem> {
        for (kind, count) in self.counts {
            if let Some(more) = count.checked_sub(LISTED).filter(|&more| more > 0) {
                self.listed.push(Problem {
                    file: source.to_owned(),
                    reason: format!("{more} more {kind}"),
                });
            }
        }
        self.listed
    }
}
