//! Random numbers that a seed, an epoch and a position decide, the same on every machine and thread.
//!
//! One ChaCha8 generator a seed, with a [`Stream`] for each use and epoch: the image at `position` has the words from
//! `position · 2^32` of its epoch's, and a batch or a class likewise by its number.
//!
//! The words of an image are divided again, [`Part`] by part, so that what one of them uses moves no other.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::exact::{exponential, logarithm};
use crate::dataset::random::{Stream, below, generator};

/// Words of the generator that an image, batch or class has for itself.
const WORDS: u32 = 32;

/// A stream has 2^68 words.
const MOST: u64 = (1 << 36) - 1;

/// Where a part of an image's words begins.
#[derive(Clone, Copy, Debug)]
pub enum Part {
    /// The strengths, one after the other: the same words whichever of them are on.
    Strengths = 0,
    /// The random resized crop, which tries until one fits.
    Crop = 1 << 10,
    /// The operations of a policy.
    Policy = 2 << 10,
}

/// A place in the random numbers of a seed.
#[derive(Debug)]
pub struct Draws {
    random: ChaCha8Rng,
    start: u128,
}

impl Draws {
    /// For the augmentation of one image.
    pub fn of_image(seed: u64, epoch: u32, position: usize) -> Self {
        Self::new(seed, Stream::Augment(epoch), position)
    }

    /// For the mixing of one batch.
    pub fn of_batch(seed: u64, epoch: u32, batch: usize) -> Self {
        Self::new(seed, Stream::Mix(epoch), batch)
    }

    /// For the over-sampling of one class.
    pub fn of_class(seed: u64, epoch: u32, class: usize) -> Self {
        Self::new(seed, Stream::Oversample(epoch), class)
    }

    fn new(seed: u64, stream: Stream, place: usize) -> Self {
        let mut random = generator(seed, stream);
        let start = u128::from((place as u64).min(MOST)) << WORDS;
        random.set_word_pos(start);
        Self { random, start }
    }

    /// Goes to the beginning of a part.
    pub fn go(&mut self, part: Part) {
        self.random.set_word_pos(self.start + part as u128);
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.random.next_u64()
    }

    /// From 0 to 1, 1 excluded, in steps of 2^-53.
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// From −1 to 1.
    pub fn signed(&mut self) -> f64 {
        self.unit() * 2.0 - 1.0
    }

    /// Yes or no.
    pub fn coin(&mut self) -> bool {
        self.bits() >> 63 == 1
    }

    /// A whole number from 0 to `bound`, which is excluded and above 0.
    pub fn below(&mut self, bound: usize) -> usize {
        below(&mut self.random, bound.max(1) as u64) as usize
    }

    /// Brings `count` of the items, drawn without repetition, to the front.
    pub fn choose(&mut self, items: &mut [usize], count: usize) {
        for place in 0..count.min(items.len().saturating_sub(1)) {
            let other = place + self.below(items.len() - place);
            items.swap(place, other);
        }
    }

    /// From the Beta distribution whose parameters are both `alpha`, which is above 0.
    pub fn beta(&mut self, alpha: f64) -> f64 {
        if alpha <= 1.0 {
            self.beta_of_johnk(alpha)
        } else {
            self.beta_of_cheng(alpha)
        }
    }

    /// Jöhnk 1964, in logarithms where the powers are too small for a number.
    fn beta_of_johnk(&mut self, alpha: f64) -> f64 {
        loop {
            let one = logarithm(1.0 - self.unit()) / alpha;
            let other = logarithm(1.0 - self.unit()) / alpha;
            if exponential(one) + exponential(other) <= 1.0 {
                return 1.0 / (1.0 + exponential(other - one));
            }
        }
    }

    /// Cheng, "Generating Beta variates with nonintegral shape parameters", 1978, algorithm BB for equal parameters.
    fn beta_of_cheng(&mut self, alpha: f64) -> f64 {
        let sum = 2.0 * alpha;
        let beta = ((sum - 2.0) / (2.0 * alpha * alpha - sum)).sqrt();
        let gamma = alpha + 1.0 / beta;
        loop {
            let one = 1.0 - self.unit();
            let other = 1.0 - self.unit();
            // 1 has no odds.
            let odds = logarithm(one) - logarithm((1.0 - one).max(f64::MIN_POSITIVE));
            let power = beta * odds;
            let weight = alpha * exponential(power);
            let limit = gamma * power + sum * logarithm(sum / (alpha + weight)) - logarithm(4.0);
            if limit >= logarithm(one * one * other) {
                return weight / (alpha + weight);
            }
        }
    }
}
