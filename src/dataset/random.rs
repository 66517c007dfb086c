//! Random orders that a seed decides, on every machine and with every version of the libraries.
//!
//! The draw is written out here because `rand` promises reproducible generators, not reproducible shuffles.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Streams of one seed: an epoch's shuffle is the stream of its number, splits use those above all epochs.
const SPLIT_STREAMS: u64 = 1 << 32;

/// The order of `0..len` in one epoch: ChaCha8 and Fisher–Yates. Each epoch has its own, independent of the others.
pub fn shuffled(len: usize, seed: u64, epoch: u32) -> Vec<usize> {
    let mut order: Vec<usize> = (0..len).collect();
    shuffle(&mut order, seed, u64::from(epoch));
    order
}

/// Shuffles the images of one class before they are dealt out to the sets.
pub(super) fn shuffle_class(images: &mut [usize], seed: u64, class: usize) {
    shuffle(images, seed, SPLIT_STREAMS + class as u64);
}

/// Shuffles what is dealt out in groups; none of its streams is a class's.
pub(super) fn shuffle_units(units: &mut [usize], seed: u64) {
    shuffle(units, seed, 2 * SPLIT_STREAMS);
}

fn shuffle(items: &mut [usize], seed: u64, stream: u64) {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(stream);
    for last in (1..items.len()).rev() {
        items.swap(last, below(&mut random, last as u64 + 1) as usize);
    }
}

/// A uniform draw from `0..bound` without bias (Lemire, "Fast random integer generation in an interval", 2019).
fn below(random: &mut ChaCha8Rng, bound: u64) -> u64 {
    let threshold = bound.wrapping_neg() % bound;
    loop {
        let product = u128::from(random.next_u64()) * u128::from(bound);
        if product as u64 >= threshold {
            return (product >> 64) as u64;
        }
    }
}
