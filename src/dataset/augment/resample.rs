//! A picture read through an affine map, in whole numbers.
//!
//! Upright maps (flips, shifts, zooms, crops, and from the stored size to the input's) go through rows and columns one
//! after the other, with Pillow's filter and arithmetic: `Image.resize(size, BILINEAR, box=…)`, byte for byte where the
//! box lies within the picture. Maps that turn or shear read four pixels for each point, bilinearly.

use super::affine::{Map, mirrored, row_taps};
use crate::dataset::resize::InputSize;

/// Weights are counted in 2^-22, as Pillow does it (`PRECISION_BITS` in its `Resample.c`).
const BITS: u32 = 22;

const HALF: i32 = 1 << (BITS - 1);

/// What each pixel of a line of the result reads, and with which weight: `count` of each.
#[derive(Debug, Default)]
struct Taps {
    count: usize,
    indexes: Vec<u32>,
    weights: Vec<i32>,
}

/// Buffers that are kept between two images.
#[derive(Debug, Default)]
pub struct Warp {
    across: Taps,
    down: Taps,
    rows: Vec<u8>,
    line: Vec<i32>,
}

/// Fills `target` (`[channel, height, width]`, of size `to`) from `source` (of size `from`), whose pixels are where
/// `map` says. Neither is empty, and the channels are the same.
pub fn warp(
    source: &[u8],
    from: InputSize,
    target: &mut [u8],
    to: InputSize,
    map: Map,
    kept: &mut Warp,
) {
    let (area, to_area) = (from.height * from.width, to.height * to.width);
    if area == 0 || to_area == 0 || u32::try_from(area).is_err() {
        return;
    }
    let [a, _, c, _, e, f] = map.0;
    if !map.is_upright() {
        let taps = &mut kept.across;
        taps.count = 4 * map.points() * map.points();
        for row in 0..to.height {
            row_taps(
                map,
                from,
                row,
                to.width,
                &mut taps.indexes,
                &mut taps.weights,
            );
            let planes = source
                .chunks_exact(area)
                .zip(target.chunks_exact_mut(to_area));
            for (plane, target) in planes {
                let start = row * to.width;
                taps.gather(plane, &mut target[start..start + to.width]);
            }
        }
        return;
    }
    kept.across.along(a, c, from.width, to.width);
    kept.down.along(e, f, from.height, to.height);
    let planes = source
        .chunks_exact(area)
        .zip(target.chunks_exact_mut(to_area));
    for (plane, target) in planes {
        upright(plane, from, target, to, kept);
    }
}

/// One plane: all rows that are needed, then all columns.
fn upright(plane: &[u8], from: InputSize, target: &mut [u8], to: InputSize, kept: &mut Warp) {
    let (Some(first), Some(last)) = (
        kept.down.indexes.iter().min(),
        kept.down.indexes.iter().max(),
    ) else {
        return;
    };
    let (first, last) = (*first as usize, *last as usize);
    let rows = if kept.across.is_identity(from.width) {
        &plane[first * from.width..]
    } else {
        kept.rows.resize((last - first + 1) * to.width, 0);
        let lines = plane.chunks_exact(from.width).skip(first);
        for (line, made) in lines.zip(kept.rows.chunks_exact_mut(to.width)) {
            kept.across.gather(line, made);
        }
        &kept.rows
    };
    let row = |index: u32| {
        let start = (index as usize - first) * to.width;
        &rows[start..start + to.width]
    };
    kept.line.resize(to.width, 0);
    for (line, (indexes, weights)) in target.chunks_exact_mut(to.width).zip(kept.down.iter()) {
        match (indexes, weights) {
            ([index], _) => line.copy_from_slice(row(*index)),
            ([one, other], [weight, rest]) => {
                for ((byte, one), other) in line.iter_mut().zip(row(*one)).zip(row(*other)) {
                    *byte = byte_of(i32::from(*one) * weight + i32::from(*other) * rest);
                }
            }
            _ => {
                kept.line.fill(0);
                for (index, weight) in indexes.iter().zip(weights) {
                    for (sum, byte) in kept.line.iter_mut().zip(row(*index)) {
                        *sum += i32::from(*byte) * weight;
                    }
                }
                for (byte, sum) in line.iter_mut().zip(&kept.line) {
                    *byte = byte_of(*sum);
                }
            }
        }
    }
}

/// Weights sum to 2^22 but for rounding, so that a sum of 255s may stand a little above.
fn byte_of(sum: i32) -> u8 {
    ((sum + HALF) >> BITS).clamp(0, 255) as u8
}

impl Taps {
    /// For a line of `to` pixels that comes from one of `from`, at `scale · x + offset`. Pillow's
    /// `precompute_coeffs`; what lies outside is mirrored where the middle of a pixel does.
    fn along(&mut self, scale: f64, offset: f64, from: usize, to: usize) {
        let spread = scale.abs().max(1.0);
        let most = spread.ceil() as usize * 2 + 1;
        self.indexes.clear();
        self.weights.clear();
        self.indexes.resize(to * most, 0);
        self.weights.resize(to * most, 0);
        self.count = 1;
        let pixels = self
            .indexes
            .chunks_exact_mut(most)
            .zip(self.weights.chunks_exact_mut(most));
        for (pixel, (indexes, weights)) in pixels.enumerate() {
            let middle = scale * (pixel as f64 + 0.5) + offset;
            let inside = (0.0..=from as f64).contains(&middle);
            let bound = |place: f64| {
                let place = (place + 0.5).floor() as i64;
                if inside {
                    place.clamp(0, from as i64)
                } else {
                    place
                }
            };
            let (start, end) = (bound(middle - spread), bound(middle + spread));
            let weight = |place: i64| {
                let distance = (place as f64 - middle + 0.5) / spread;
                (1.0 - distance.abs()).max(0.0)
            };
            let sum: f64 = (start..end).map(weight).sum();
            let mut used = 0;
            for place in start..end {
                let part = (weight(place) / sum * f64::from(1 << BITS) + 0.5) as i32;
                if part > 0 && used < most {
                    indexes[used] = mirrored(place, from) as u32;
                    weights[used] = part;
                    used += 1;
                }
            }
            // A place that is read with no weight must not reach for a far row.
            let last = indexes[used.saturating_sub(1)];
            indexes[used..].fill(last);
            self.count = self.count.max(used);
        }
        self.narrow(most);
    }

    /// From `most` taps a pixel to the number that is used.
    fn narrow(&mut self, most: usize) {
        let pixels = self.indexes.len() / most;
        for pixel in 0..pixels {
            let taps = pixel * most..pixel * most + self.count;
            self.indexes.copy_within(taps.clone(), pixel * self.count);
            self.weights.copy_within(taps, pixel * self.count);
        }
        self.indexes.truncate(pixels * self.count);
        self.weights.truncate(pixels * self.count);
    }

    fn iter(&self) -> impl Iterator<Item = (&[u32], &[i32])> {
        let count = self.count.max(1);
        self.indexes
            .chunks_exact(count)
            .zip(self.weights.chunks_exact(count))
    }

    /// Whether each of `width` pixels is read where it stands.
    fn is_identity(&self, width: usize) -> bool {
        let in_place = |(place, &index): (usize, &u32)| place == index as usize;
        self.count == 1
            && self.indexes.len() == width
            && self.indexes.iter().enumerate().all(in_place)
    }

    /// The pixels of `line`, each the weighted sum of those of `source` that it reads.
    fn gather(&self, source: &[u8], line: &mut [u8]) {
        match self.count {
            1 => {
                for (byte, index) in line.iter_mut().zip(&self.indexes) {
                    *byte = source[*index as usize];
                }
            }
            2 => self.gather_of::<2>(source, line),
            3 => self.gather_of::<3>(source, line),
            4 => self.gather_of::<4>(source, line),
            _ => {
                for (byte, (indexes, weights)) in line.iter_mut().zip(self.iter()) {
                    let taps = indexes.iter().zip(weights);
                    let sum =
                        taps.map(|(index, weight)| i32::from(source[*index as usize]) * weight);
                    *byte = byte_of(sum.sum());
                }
            }
        }
    }

    fn gather_of<const COUNT: usize>(&self, source: &[u8], line: &mut [u8]) {
        let (indexes, _) = self.indexes.as_chunks::<COUNT>();
        let (weights, _) = self.weights.as_chunks::<COUNT>();
        for ((byte, indexes), weights) in line.iter_mut().zip(indexes).zip(weights) {
            let mut sum = 0;
            for tap in 0..COUNT {
                sum += i32::from(source[indexes[tap] as usize]) * weights[tap];
            }
            *byte = byte_of(sum);
        }
    }
}
