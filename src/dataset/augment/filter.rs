//! Changes of a pixel by its surroundings, and noise.

use std::sync::LazyLock;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::exact::exponential;
use crate::dataset::resize::InputSize;

/// A Gaussian is cut off at three standard deviations, and never wider than this to either side.
const MOST_RADIUS: usize = 64;

/// The weights of a blur sum to 2^16.
const WEIGHT_BITS: u32 = 16;

/// Distances from the mean of 3×3 pixels, of which the middle counts five times, times a factor; torchvision's
/// `adjust_sharpness`. Pixels at the edge stay as they are.
pub fn sharpness(planes: &mut [u8], size: InputSize, factor: f64, before: &mut Vec<u8>) {
    let (width, height) = (size.width, size.height);
    if width <= 2 || height <= 2 {
        return;
    }
    before.clear();
    before.extend_from_slice(planes);
    let (factor, rest) = (factor as f32, (1.0 - factor) as f32);
    let area = width * height;
    for (plane, before) in planes.chunks_exact_mut(area).zip(before.chunks_exact(area)) {
        for row in 1..height - 1 {
            let line = |row: usize| &before[row * width..(row + 1) * width];
            let (above, here, below) = (line(row - 1), line(row), line(row + 1));
            let made = &mut plane[row * width + 1..(row + 1) * width - 1];
            let windows = above.windows(3).zip(here.windows(3)).zip(below.windows(3));
            for (byte, ((above, here), below)) in made.iter_mut().zip(windows) {
                let sum: u32 = [above, here, below]
                    .iter()
                    .flat_map(|line| line.iter().map(|&value| u32::from(value)))
                    .sum();
                // Rounded; thirteenths are never halves.
                let mean = (2 * (sum + 4 * u32::from(here[1])) + 13) / 26;
                *byte = (factor * f32::from(here[1]) + rest * mean as f32) as u8;
            }
        }
    }
}

/// A Gaussian blur whose standard deviation is in pixels; torchvision's `gaussian_blur` with a kernel that reaches
/// three deviations to either side, in whole numbers. Beyond the edge the picture is mirrored about its last pixel.
pub fn blur(planes: &mut [u8], size: InputSize, deviation: f32, wide: &mut Vec<u16>) {
    let Some(weights) = gaussian(f64::from(deviation)) else {
        return;
    };
    let radius = weights.len() / 2;
    let (width, height) = (size.width, size.height);
    wide.resize(width * height, 0);
    let mut sums = vec![0u32; width];
    let mut padded = vec![0u8; width + 2 * radius];
    for plane in planes.chunks_exact_mut(width * height) {
        for (line, made) in plane.chunks_exact(width).zip(wide.chunks_exact_mut(width)) {
            for (place, byte) in padded.iter_mut().enumerate() {
                *byte = line[about_edge(place as i64 - radius as i64, width)];
            }
            sums.fill(1 << 7);
            for (tap, weight) in weights.iter().enumerate() {
                for (sum, byte) in sums.iter_mut().zip(&padded[tap..]) {
                    *sum += u32::from(*byte) * weight;
                }
            }
            for (made, sum) in made.iter_mut().zip(&sums) {
                *made = (sum >> 8) as u16;
            }
        }
        for (row, made) in plane.chunks_exact_mut(width).enumerate() {
            sums.fill(1 << 23);
            for (tap, weight) in weights.iter().enumerate() {
                let from = about_edge((row + tap) as i64 - radius as i64, height);
                let line = &wide[from * width..(from + 1) * width];
                for (sum, value) in sums.iter_mut().zip(line) {
                    *sum += u32::from(*value) * weight;
                }
            }
            for (made, sum) in made.iter_mut().zip(&sums) {
                *made = (sum >> 24) as u8;
            }
        }
    }
}

/// The weights of a Gaussian, which sum to 2^16 exactly; nothing where it changes nothing.
fn gaussian(deviation: f64) -> Option<Vec<u32>> {
    if !(deviation.is_finite() && deviation > 0.0) {
        return None;
    }
    let radius = ((3.0 * deviation).ceil() as usize).clamp(1, MOST_RADIUS);
    let weight = |place: usize| {
        let distance = (place as f64 - radius as f64) / deviation;
        exponential(-0.5 * distance * distance)
    };
    let places = 0..=2 * radius;
    let sum: f64 = places.clone().map(weight).sum();
    let one = f64::from(1u32 << WEIGHT_BITS);
    let mut weights: Vec<u32> = places
        .map(|place| (weight(place) / sum * one).round() as u32)
        .collect();
    let others: u32 = weights.iter().sum::<u32>() - weights[radius];
    weights[radius] = (1 << WEIGHT_BITS) - others;
    Some(weights)
}

/// The place that stands for one outside of `0..length`: as in a mirror at the last pixel, which is seen once.
fn about_edge(place: i64, length: usize) -> usize {
    let period = (2 * length as i64 - 2).max(1);
    let place = place.rem_euclid(period);
    place.min(period - place).min(length as i64 - 1) as usize
}

/// Adds Gaussian noise to every value of every channel: its standard deviation as a share of the whole range.
pub fn noise(planes: &mut [u8], deviation: f32, seed: u64) {
    if !(deviation.is_finite() && deviation > 0.0) {
        return;
    }
    let table: Box<[f32]> = NORMAL
        .iter()
        .map(|value| value * deviation * 255.0 + 0.5)
        .collect();
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    for values in planes.chunks_mut(5) {
        let mut bits = random.next_u64();
        for value in values {
            let noise = table[bits as usize % NORMALS];
            // Below 0 becomes 0, above 255 becomes 255.
            *value = (f32::from(*value) + noise) as u8;
            bits >>= NORMALS.ilog2();
        }
    }
}

/// Steps of the table of the normal distribution: far finer than a byte.
const NORMALS: usize = 4096;

/// The normal distribution by its quantiles: equally many draws fall between each two. Its variance is 1 within a
/// thousandth, and its largest value 3.67.
static NORMAL: LazyLock<Vec<f32>> = LazyLock::new(|| {
    let half = NORMALS / 2;
    let mut upper = Vec::with_capacity(half);
    let density = |place: f64| exponential(-0.5 * place * place) * 0.398_942_280_401_432_7;
    // The distribution function by Simpson's rule, from 0.5 on, in steps; within a step it is nearly straight.
    let step = 1.0 / 4096.0;
    let (mut place, mut reached) = (0.0, 0.5);
    while upper.len() < half && place < 8.0 {
        let end = place + step;
        let middle = density(place + step / 2.0);
        let next = reached + (density(place) + 4.0 * middle + density(end)) * step / 6.0;
        loop {
            let wanted = 0.5 + (upper.len() as f64 + 0.5) / NORMALS as f64;
            if upper.len() >= half || wanted > next {
                break;
            }
            upper.push((place + (wanted - reached) / (next - reached) * step) as f32);
        }
        (place, reached) = (end, next);
    }
    let lower: Vec<f32> = upper.iter().rev().map(|value| -value).collect();
    lower.into_iter().chain(upper).collect()
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_normal() {
        assert_eq!(NORMAL.len(), NORMALS);
        let share = |limit: f32| {
            let within = NORMAL.iter().filter(|value| value.abs() < limit).count();
            within as f64 / NORMALS as f64
        };
        assert!((share(1.0) - 0.6827).abs() < 5e-4);
        assert!((share(2.0) - 0.9545).abs() < 5e-4);
        let squares: f32 = NORMAL.iter().map(|value| value * value).sum();
        assert!((squares / NORMALS as f32 - 1.0).abs() < 2e-3);
    }
}
