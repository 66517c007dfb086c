//! Whether a training fits the machine's memory. A failed allocation ends the whole program, and so
//! does the system when memory runs out; so what plainly cannot fit is refused before it starts.

use super::error::TrainError;
use super::session::Job;
use crate::network::{Context, check};

/// Refuses a training on the CPU that needs more memory than the machine has left. Where the
/// system does not tell how much that is, everything is let through.
pub(super) fn fits(job: &Job) -> Result<(), TrainError> {
    let context = Context {
        classes: Some(job.data.classes.len()),
        loss: job.recipe.loss,
        // A batch is never larger than the set.
        batch: job.recipe.batch.min(job.splits.train.len().max(1)),
    };
    let needed = check(&job.graph, &context).training_bytes;
    match available() {
        Some(free) if needed > free => Err(TrainError::Memory {
            needed: in_words(needed),
            free: in_words(free),
        }),
        _ => Ok(()),
    }
}

/// Decoded images of one set are kept in memory up to this many bytes, and decoded again whenever
/// they are asked for beyond it: 2 GiB, or a quarter of what the machine has left.
pub(super) fn pixel_budget() -> usize {
    const MOST: u64 = 2 << 30;
    let budget = available().map_or(MOST, |free| (free / 4).min(MOST));
    usize::try_from(budget).unwrap_or(usize::MAX)
}

/// Bytes that programs can still take, swap included; known on Linux only.
fn available() -> Option<u64> {
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
