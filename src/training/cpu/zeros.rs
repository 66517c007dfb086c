//! Room for what a pass computes.

use rayon::prelude::*;

/// Numbers that are written by one thread at a time.
const BLOCK: usize = 1024;

/// Blocks that are worth another thread.
const SHARE: usize = 64;

/// Fewer numbers stay in the cache of the thread that writes them.
const LEAST: usize = 1 << 19;

/// So many zeros. All threads write them: where memory is touched for the first time, that takes as long as some layers
/// do.
pub fn zeros(count: usize) -> Vec<f32> {
    if count < LEAST {
        return vec![0.0; count];
    }
    let blocks = (0..count.div_ceil(BLOCK)).into_par_iter();
    let blocks = blocks.with_min_len(SHARE).map(|_| [0.0; BLOCK]);
    let mut numbers = blocks.collect::<Vec<[f32; BLOCK]>>().into_flattened();
    numbers.truncate(count);
    numbers
}
