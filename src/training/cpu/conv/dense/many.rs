//! The gradient by the weights where there are many, as of many small maps: threads share the filters, and each computes
//! its part of the sums over all images.

use std::ops::Range;

use pulp::{Simd, WithSimd};

use crate::training::cpu::conv::Geometry;
use crate::training::cpu::conv::strip::Strip;
use crate::training::cpu::threads::each;
use crate::training::cpu::tile::{ROWS, VECTORS, dispatch, lanes, outer};

/// Positions that are taken at a time, so that what is read of them stays in the nearest cache.
const POSITIONS: usize = 256;

/// `[filter, channel, kernel height, kernel width]`. `upstream`: the gradient by the sums, `[image, filter, height,
/// width]`.
pub fn gradient(geometry: &Geometry, input: &[f32], upstream: &[f32]) -> Vec<f32> {
    let [height, width] = geometry.output();
    let images = input.len() / geometry.image();
    let together = (POSITIONS / (height * width)).clamp(1, images);
    let strip = Strip::new(geometry, together..=images);
    let (offsets, taps, positions) = (strip.offsets(), geometry.taps(), strip.positions());
    let mut found = vec![0.0; geometry.filters * taps];
    let mut filled = vec![0.0; strip.len()];
    let side = VECTORS * lanes();
    let mut lines = vec![0.0; taps.next_multiple_of(side) * positions];
    let mut rows = vec![0.0; geometry.filters * positions];
    for first in (0..images).step_by(strip.images) {
        let images = first..(first + strip.images).min(images);
        fill(geometry, &strip, input, images.clone(), &mut filled);
        let panels = lines.chunks_exact_mut(side * positions);
        each(panels.zip(offsets.chunks(side)), 1, |(lines, offsets)| {
            for (place, offset) in offsets.iter().enumerate() {
                let numbers = &filled[*offset as usize..][..positions];
                let to = lines[place..].iter_mut().step_by(side);
                to.zip(numbers).for_each(|(to, number)| *to = *number);
            }
        });
        let filters = rows.chunks_exact_mut(positions);
        each(filters.enumerate(), 1, |(filter, row)| {
            row.fill(0.0);
            for (number, image) in images.clone().enumerate() {
                let start = (image * geometry.filters + filter) * height * width;
                let map = &upstream[start..start + height * width];
                for (y, map) in map.chunks_exact(width).enumerate() {
                    row[strip.position(number, y)..][..width].copy_from_slice(map);
                }
            }
        });
        let groups = found.chunks_mut(ROWS * taps);
        let groups = groups.zip(rows.chunks(ROWS * positions));
        each(groups, 1, |(found, rows)| {
            dispatch(Product {
                positions,
                taps,
                rows,
                lines: &lines,
                found,
            });
        });
    }
    found
}

/// Brings all maps of some images to their places in a strip. Images that are not there any more leave the numbers of
/// those before: the gradient there is 0.
fn fill(
    geometry: &Geometry,
    strip: &Strip,
    input: &[f32],
    images: Range<usize>,
    filled: &mut [f32],
) {
    let [height, width] = geometry.size;
    let map = height * width;
    let maps = filled.chunks_exact_mut(strip.span());
    let maps = maps.take(geometry.channels).enumerate();
    each(maps, 1, |(channel, to)| {
        for (number, image) in images.clone().enumerate() {
            let start = image * geometry.image() + channel * map;
            strip.fill(number, &input[start..start + map], to);
        }
    });
}

/// `found[filter][tap] += Σ over positions of rows[filter][position] · lines[position][tap]`, for up to [`ROWS`]
/// filters.
struct Product<'a> {
    positions: usize,
    taps: usize,
    rows: &'a [f32],
    /// `[panel, position, tap of the panel]`
    lines: &'a [f32],
    found: &'a mut [f32],
}

impl WithSimd for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let side = VECTORS * S::F32_LANES;
        let last = self.rows.len() / self.positions - 1;
        // The last rows of a group that is not whole are the same, and not kept.
        let rows: [&[f32]; ROWS] = std::array::from_fn(|row| {
            &self.rows[row.min(last) * self.positions..][..self.positions]
        });
        let mut block = vec![0.0; ROWS * side];
        let panels = self.lines.chunks_exact(side * self.positions);
        for (tap, lines) in (0..self.taps).step_by(side).zip(panels) {
            let mut sums = [[simd.splat_f32s(0.0); VECTORS]; ROWS];
            outer(simd, rows, lines, &mut sums);
            let (to, _) = S::as_mut_simd_f32s(&mut block);
            to.copy_from_slice(sums.as_flattened());
            let found = self.found.chunks_exact_mut(self.taps);
            for (found, sums) in found.zip(block.chunks_exact(side)) {
                let found = found[tap..].iter_mut();
                found.zip(sums).for_each(|(to, sum)| *to += sum);
            }
        }
    }
}
