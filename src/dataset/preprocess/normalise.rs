//! Bytes to the numbers that a network takes.

use rayon::prelude::*;

use super::Normalise;
use crate::dataset::{Dataset, Look, colour};

/// The least deviation of a channel: pictures of one colour would be divided by nothing.
const LEAST: f64 = 1.0 / 255.0;

/// What [`Look::mean`] and [`Look::square`] count as 1.
const WHOLE: f64 = 65_535.0;

impl Normalise {
    /// [`Statistics`](Self::Statistics) becomes [`Given`](Self::Given), with those of these images; the others stay as
    /// they are. For a network of one channel they are those of the grey picture.
    pub fn resolved(self, data: &Dataset, images: &[usize], channels: usize) -> Self {
        if self != Self::Statistics {
            return self;
        }
        let (mean, deviation) = statistics(data, images);
        if channels != 1 {
            return Self::Given { mean, deviation };
        }
        // The mean is exact. Of the deviation this is an upper bound, reached where the channels go up and down
        // together, as they do in grey pictures and nearly do in photographs.
        let grey = |[red, green, blue]: [f32; 3]| [0.299 * red + 0.587 * green + 0.114 * blue; 3];
        Self::Given {
            mean: grey(mean),
            deviation: grey(deviation),
        }
    }
}

/// Mean and deviation of red, green and blue, from 0 to 1, over these images of the set, where each image counts the
/// same whatever its size. From the index where it has them; other images are read. Without images 0 and 1. A
/// deviation is 1/255 at least.
pub fn statistics(data: &Dataset, images: &[usize]) -> ([f32; 3], [f32; 3]) {
    // Whole numbers, so that the order of the additions does not matter.
    let (count, mean, square) = images
        .par_iter()
        .filter_map(|&index| moments(data, index))
        .map(|(mean, square)| (1u64, mean.map(u64::from), square.map(u64::from)))
        .reduce(
            || (0, [0; 3], [0; 3]),
            |one, other| (one.0 + other.0, add(one.1, other.1), add(one.2, other.2)),
        );
    if count == 0 {
        return ([0.0; 3], [1.0; 3]);
    }
    let share = |sum: u64| sum as f64 / (count as f64 * WHOLE);
    let deviation = |channel: usize| {
        let mean = share(mean[channel]);
        let variance = share(square[channel]) - mean * mean;
        variance.max(0.0).sqrt().max(LEAST) as f32
    };
    (
        mean.map(|sum| share(sum) as f32),
        [deviation(0), deviation(1), deviation(2)],
    )
}

fn add(one: [u64; 3], other: [u64; 3]) -> [u64; 3] {
    [one[0] + other[0], one[1] + other[1], one[2] + other[2]]
}

/// Means and means of the squares of one image, as a [`Look`] has them; nothing for an image that cannot be read.
fn moments(data: &Dataset, index: usize) -> Option<([u16; 3], [u16; 3])> {
    let image = data.images.get(index)?;
    if image.look != Look::default() {
        return Some((image.look.mean, image.look.square));
    }
    let picture = data.read(index).ok()?;
    let bytes = colour::rgb(&picture);
    let (pixels, _) = bytes.as_chunks::<3>();
    let (mut sum, mut squares) = ([0u64; 3], [0u64; 3]);
    for pixel in pixels {
        for channel in 0..3 {
            let value = u64::from(pixel[channel]);
            sum[channel] += value;
            squares[channel] += value * value;
        }
    }
    let count = pixels.len().max(1) as f64;
    let scaled = |sum: u64, white: f64| (sum as f64 / (count * white) * WHOLE).round() as u16;
    Some((
        sum.map(|sum| scaled(sum, 255.0)),
        squares.map(|sum| scaled(sum, 255.0 * 255.0)),
    ))
}

/// Bytes to numbers, by one table of 256 a channel.
#[derive(Clone, Debug, PartialEq)]
pub struct Normaliser {
    tables: Vec<[f32; 256]>,
    mean: [f32; 3],
    deviation: [f32; 3],
}

impl Normaliser {
    /// For a network of that many channels. [`Normalise::Statistics`] counts as [`Normalise::Unit`]: resolve it first
    /// ([`Normalise::resolved`]).
    pub fn new(normalise: Normalise, channels: usize) -> Self {
        let (mean, deviation) = match normalise {
            Normalise::Unit | Normalise::Statistics => ([0.0; 3], [1.0; 3]),
            Normalise::Given { mean, deviation } => (mean, deviation),
        };
        let table = |channel: usize| {
            let channel = channel.min(2);
            // The same steps in the same order as torchvision's `to_tensor` and `normalize`.
            std::array::from_fn(|byte| (byte as f32 / 255.0 - mean[channel]) / deviation[channel])
        };
        Self {
            tables: (0..channels.max(1)).map(table).collect(),
            mean,
            deviation,
        }
    }

    /// Of each channel, to be subtracted from `byte / 255`; for a device that begins with bytes.
    pub fn mean(&self) -> [f32; 3] {
        self.mean
    }

    /// Of each channel, to divide by afterwards.
    pub fn deviation(&self) -> [f32; 3] {
        self.deviation
    }

    /// The number of each byte, `[channel, 256]`; for a device that begins with bytes.
    pub fn tables(&self) -> Vec<f32> {
        self.tables.concat()
    }

    /// Writes the numbers of one image. `bytes`: `[channel, height, width]`, with `area` bytes (height · width) a
    /// channel.
    pub(in crate::dataset) fn fill(&self, bytes: &[u8], area: usize, numbers: &mut [f32]) {
        let area = area.max(1);
        let planes = numbers.chunks_mut(area).zip(bytes.chunks(area));
        for ((numbers, plane), table) in planes.zip(self.tables.iter().cycle()) {
            for (number, &byte) in numbers.iter_mut().zip(plane) {
                *number = table[usize::from(byte)];
            }
        }
    }

    /// Adds the numbers of whole images at the end of `numbers`. `bytes`: `[n, channel, height, width]`, with `area`
    /// bytes (height · width) a channel.
    pub fn append(&self, bytes: &[u8], area: usize, numbers: &mut Vec<f32>) {
        numbers.reserve(bytes.len());
        for (plane, table) in bytes.chunks(area.max(1)).zip(self.tables.iter().cycle()) {
            numbers.extend(plane.iter().map(|&byte| table[usize::from(byte)]));
        }
    }
}
