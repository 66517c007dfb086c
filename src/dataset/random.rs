//! What a seed decides, on every machine and with every version of the libraries: generators, and random orders.
//!
//! The draw is written out here because `rand` promises reproducible generators, not reproducible shuffles.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use twox_hash::XxHash3_64;

/// What is drawn of a seed. Each has a stream of its own, so that none shifts or repeats what another draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// The weights that a training begins with.
    Weights,
    /// The order of the images in an epoch, from 1.
    Epoch(u32),
    /// What happens to each image in an epoch.
    Augment(u32),
    /// Which images of a batch are mixed in an epoch, and how.
    Mix(u32),
    /// Which images of small classes an epoch repeats.
    Oversample(u32),
    /// What layers draw while training: dropout, noise.
    Layers,
}

impl Stream {
    fn number(self) -> u64 {
        match self {
            Self::Weights => 0,
            Self::Epoch(epoch) => u64::from(epoch),
            Self::Augment(epoch) => (1 << 48) + u64::from(epoch),
            Self::Mix(epoch) => (2 << 48) + u64::from(epoch),
            Self::Oversample(epoch) => (3 << 48) + u64::from(epoch),
            Self::Layers => 1 << 63,
        }
    }
}

/// The beginning of a stream of this seed.
pub fn generator(seed: u64, stream: Stream) -> ChaCha8Rng {
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    generator.set_stream(stream.number());
    generator
}

/// The order of `0..len` in one epoch: ChaCha8 and Fisher–Yates. Each epoch has its own, independent of the others.
pub fn shuffled(len: usize, seed: u64, epoch: u32) -> Vec<usize> {
    let mut order: Vec<usize> = (0..len).collect();
    shuffle(&mut order, generator(seed, Stream::Epoch(epoch)));
    order
}

/// Where a file stands in the order in which images are dealt out to the sets: the same whatever other files there
/// are, so that an image more or less moves hardly any other one to another set.
pub(super) fn place(seed: u64, file: &str) -> u64 {
    XxHash3_64::oneshot_with_seed(seed, file.as_bytes())
}

fn shuffle(items: &mut [usize], mut random: ChaCha8Rng) {
    for last in (1..items.len()).rev() {
        items.swap(last, below(&mut random, last as u64 + 1) as usize);
    }
}

/// A uniform draw from `0..bound` without bias (Lemire, "Fast random integer generation in an interval", 2019).
pub(super) fn below(random: &mut ChaCha8Rng, bound: u64) -> u64 {
    let threshold = bound.wrapping_neg() % bound;
    loop {
        let product = u128::from(random.next_u64()) * u128::from(bound);
        if product as u64 >= threshold {
            return (product >> 64) as u64;
        }
    }
}
