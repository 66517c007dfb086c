//! Whether a training fits the machine's memory. A failed allocation ends the whole program, and so
//! does the system when memory runs out; so a batch that plainly cannot fit is cut before it starts, and what does not
//! fit then is refused.

use super::error::TrainError;
use super::passes::even;
use crate::network::{Report, Shape};
use crate::project::Optimizer;

/// What a training takes of its device's memory, in bytes: an estimate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Need {
    /// Whatever the batch: weights, their gradients, and what the optimiser remembers of each.
    pub fixed: u64,
    /// For every image that goes through the network at once.
    pub image: u64,
    /// Where a batch goes through in several passes: the sum of their gradients.
    pub sum: u64,
    /// The same, for every image that goes through at once: its pixels and those of the image that it may be mixed with,
    /// and the same of the next pass. Of small ones some more may be ready, of 64 MiB at most
    /// ([`Loader::AHEAD_BYTES`](crate::dataset::Loader::AHEAD_BYTES)).
    pub waiting: u64,
}

impl Need {
    pub fn of(report: &Report, optimizer: &Optimizer) -> Self {
        let kept = optimizer.numbers_kept();
        let fixed = report.weight_bytes(kept);
        let input = report.layers.first().and_then(|input| input.output);
        let pixels = input.map_or(0, Shape::elements) as u64;
        Self {
            fixed,
            image: report.image_bytes,
            sum: report.weight_bytes(kept.saturating_add(1)) - fixed,
            waiting: pixels.saturating_mul(4 * size_of::<f32>() as u64),
        }
    }

    /// Bytes at a batch size that goes through the network as a whole.
    pub fn at(&self, batch: usize) -> u64 {
        self.fixed
            .saturating_add(self.image.saturating_mul(count(batch)))
    }

    /// Bytes at a batch size that goes through the network in passes of so many images.
    pub fn in_passes(&self, batch: usize, pass: usize) -> u64 {
        if pass >= batch {
            return self.at(batch);
        }
        let waiting = self.waiting.saturating_mul(count(pass));
        self.at(pass)
            .saturating_add(self.sum)
            .saturating_add(waiting)
    }

    /// Images a batch that fit so many bytes; 0 where not even one does.
    pub fn largest_batch(&self, free: u64) -> u64 {
        free.saturating_sub(self.fixed) / self.image.max(1)
    }

    /// How many images of a batch can go through the network at once where so many bytes are free: all, or those of
    /// the largest of as few even parts as fit; 0 where not even one image can.
    pub fn pass(&self, batch: usize, free: u64) -> usize {
        if self.at(batch) <= free {
            return batch;
        }
        let besides = self.fixed.saturating_add(self.sum);
        let image = self.image.saturating_add(self.waiting).max(1);
        let most = |free: u64| free.saturating_sub(besides) / image;
        // As many as surely fit; one by one even where that is close.
        let most = most(spare(free)).max(most(free).min(1));
        even(batch, usize::try_from(most).unwrap_or(usize::MAX))
    }
}

fn count(images: usize) -> u64 {
    u64::try_from(images).unwrap_or(u64::MAX)
}

/// What of the free memory can be planned with: what is free changes all the time.
pub fn spare(free: u64) -> u64 {
    free / 10 * 9
}

/// That a training needs more memory than there is.
pub(super) fn too_little(needed: u64, free: u64) -> TrainError {
    TrainError::Memory {
        needed: in_words(needed),
        free: in_words(free),
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

#[cfg(test)]
mod tests {
    use super::*;

    const NEED: Need = Need {
        fixed: 1_000,
        image: 100,
        sum: 200,
        waiting: 1,
    };

    #[test]
    fn a_batch_that_fits_stays_whole() {
        assert_eq!(NEED.pass(64, 1_000 + 6_400), 64);
        assert_eq!(NEED.pass(1, 1_100), 1);
        assert_eq!(NEED.in_passes(64, 64), NEED.at(64));
    }

    #[test]
    fn a_batch_that_does_not_fit_is_cut_into_the_fewest_even_passes_that_do() {
        // A tenth is left: 16 images, and a byte for each, besides 1,200.
        let free = (1_000 + 200 + 16 * (100 + 1)) * 10 / 9 + 10;
        assert_eq!(NEED.pass(33, free), 11);
        for batch in 1..200 {
            for free in (1_000..12_000).step_by(77) {
                let pass = NEED.pass(batch, free);
                assert!(pass <= batch);
                if pass == 0 {
                    assert!(NEED.in_passes(batch, 1) > free, "{batch} in {free}");
                } else {
                    assert!(NEED.in_passes(batch, pass) <= free, "{batch} in {free}");
                }
                if (2..batch).contains(&pass) {
                    let fewer = batch.div_ceil(batch.div_ceil(pass) - 1);
                    assert!(
                        NEED.in_passes(batch, fewer) > spare(free),
                        "{batch} in {free}"
                    );
                }
            }
        }
    }

    #[test]
    fn only_what_does_not_fit_image_by_image_is_refused() {
        let least = NEED.in_passes(50, 1);
        assert_eq!(NEED.pass(50, least), 1);
        assert_eq!(NEED.pass(50, least - 1), 0);
        assert_eq!(NEED.pass(1, 1_099), 0);
    }
}
