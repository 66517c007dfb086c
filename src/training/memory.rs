//! Whether a training fits the machine's memory. A failed allocation ends the whole program, and so
//! does the system when memory runs out; so what plainly cannot fit is refused before it starts.

use super::error::TrainError;
use super::session::Job;
use crate::network::{Context, Report, check};
use crate::project::Optimizer;

/// What a training takes of its device's memory, in bytes: an estimate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Need {
    /// Whatever the batch: weights, their gradients, and what the optimiser remembers of each.
    pub fixed: u64,
    /// For every image of a batch.
    pub image: u64,
}

impl Need {
    pub fn of(report: &Report, optimizer: &Optimizer) -> Self {
        Self {
            fixed: report.weight_bytes(optimizer.numbers_kept()),
            image: report.image_bytes,
        }
    }

    /// Bytes at a batch size.
    pub fn at(&self, batch: usize) -> u64 {
        let batch = u64::try_from(batch).unwrap_or(u64::MAX);
        self.fixed.saturating_add(self.image.saturating_mul(batch))
    }

    /// Images a batch that fit so many bytes; 0 where not even one does.
    pub fn largest_batch(&self, free: u64) -> u64 {
        free.saturating_sub(self.fixed) / self.image.max(1)
    }
}

/// Refuses a training on the CPU that needs more memory than the machine has left. Where the
/// system does not tell how much that is, everything is let through.
pub(super) fn fits(job: &Job) -> Result<(), TrainError> {
    let context = Context {
        classes: Some(job.data.classes.len()),
        loss: job.recipe.loss,
        batch: job.recipe.batch,
    };
    let need = Need::of(&check(&job.graph, &context), &job.recipe.optimizer);
    // A batch is never larger than the set.
    let needed = need.at(job.recipe.batch.min(job.splits.train.len().max(1)));
    match available() {
        Some(free) if needed > free => Err(TrainError::Memory {
            needed: in_words(needed),
            free: in_words(free),
        }),
        _ => Ok(()),
    }
}

/// Decoded images of one set are kept in memory up to this many bytes, with what is read ahead of them, and decoded
/// again whenever they are asked for beyond it: 2 GiB, or a quarter of what the machine has left.
pub(super) fn pixel_budget() -> usize {
    const MOST: u64 = 2 << 30;
    let budget = available().map_or(MOST, |free| (free / 4).min(MOST));
    usize::try_from(budget).unwrap_or(usize::MAX)
}

/// Bytes that programs can still take, swap included; known on Linux only.
pub fn available() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let kib = |name: &str| -> Option<u64> {
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().trim_end_matches("kB").trim().parse().ok()
    };
    let free = kib("MemAvailable:")?;
    Some(free.saturating_add(kib("SwapFree:").unwrap_or(0)) << 10)
}

fn in_words(bytes: u64) -> String {
    let mebibytes = bytes >> 20;
    if mebibytes < 10 << 10 {
        format!("{mebibytes} MiB")
    } else {
        format!("{} GiB", mebibytes >> 10)
    }
}
