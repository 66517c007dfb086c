//! The gradient by the weights: of each the sum, over all positions, of the number it met times the gradient there.

use std::cell::RefCell;
use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::many;
use crate::training::cpu::conv::strip::Strip;
use crate::training::cpu::conv::{Geometry, PARTS, total, winograd};
use crate::training::cpu::threads::{each, map};
use crate::training::cpu::tile::{LANES, ROWS, VECTORS, dispatch, lanes, outer};

/// Sums that one thread keeps at a time: they stay in the cache (1 MiB).
const BLOCK: usize = 1 << 18;

/// Buffers of a thread, kept from pass to pass.
#[derive(Default)]
struct Scratch {
    strip: Vec<f32>,
    /// The gradient of the sums in panels of filters, `[panel, position, filter]`
    lines: Vec<f32>,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// Of the weights, `[filter, channel, kernel height, kernel width]`, and of the bias. `upstream`: the gradient by the
/// sums, `[image, filter, height, width]`.
pub fn gradients(geometry: &Geometry, input: &[f32], upstream: &[f32]) -> (Vec<f32>, Vec<f32>) {
    let panel = VECTORS * lanes();
    let width = geometry.filters.next_multiple_of(panel);
    let work = Work {
        geometry,
        input,
        upstream,
        panel,
        width,
    };
    let weights = if winograd::covers(geometry, work.images()) {
        winograd::gradient(geometry, input, upstream)
    } else if geometry.taps() * width <= BLOCK {
        work.turned(&work.by_images())
    } else {
        many::gradient(geometry, input, upstream)
    };
    (weights, work.bias())
}

struct Work<'a> {
    geometry: &'a Geometry,
    input: &'a [f32],
    upstream: &'a [f32],
    /// Filters of a panel.
    panel: usize,
    /// Filters, made up to whole panels.
    width: usize,
}

impl Work<'_> {
    fn images(&self) -> usize {
        self.input.len() / self.geometry.image()
    }

    /// `[tap, filter]`, where there are few weights: some images a thread, each with sums of its own.
    fn by_images(&self) -> Vec<f32> {
        let strip = Strip::new(self.geometry, 1..=self.images());
        let offsets = strip.offsets();
        let part = self.images().div_ceil(PARTS);
        let part = part.next_multiple_of(strip.images);
        let parts: Vec<Range<usize>> = (0..self.images())
            .step_by(part)
            .map(|first| first..(first + part).min(self.images()))
            .collect();
        let sums = map(parts, |images| {
            let mut sums = vec![0.0; offsets.len() * self.width];
            SCRATCH.with_borrow_mut(|scratch| {
                scratch.strip.clear();
                scratch.strip.resize(strip.len(), 0.0);
                for first in images.clone().step_by(strip.images) {
                    let images = first..(first + strip.images).min(images.end);
                    let Scratch { strip: to, lines } = scratch;
                    let maps = to.chunks_exact_mut(strip.span());
                    for (channel, to) in maps.take(self.geometry.channels).enumerate() {
                        self.fill(&strip, channel, images.clone(), to);
                    }
                    let panel = self.prepare(&strip, lines);
                    for (number, lines) in lines.chunks_exact_mut(panel).enumerate() {
                        self.deal(&strip, number, images.clone(), lines);
                    }
                    dispatch(Product {
                        work: self,
                        positions: strip.positions(),
                        strip: to,
                        lines,
                        offsets: &offsets,
                        sums: &mut sums,
                    });
                }
            });
            sums
        });
        total(sums)
    }

    /// Brings one map of some images to its place in a strip. Images that are not there any more leave the numbers of
    /// those before: the gradient there is 0.
    fn fill(&self, strip: &Strip, channel: usize, images: Range<usize>, to: &mut [f32]) {
        let [height, width] = self.geometry.size;
        let map = height * width;
        for (number, image) in images.enumerate() {
            let start = image * self.geometry.image() + channel * map;
            strip.fill(number, &self.input[start..start + map], to);
        }
    }

    /// Lines of zeros; gives the numbers of a panel.
    fn prepare(&self, strip: &Strip, lines: &mut Vec<f32>) -> usize {
        lines.clear();
        lines.resize(strip.positions() * self.width, 0.0);
        strip.positions() * self.panel
    }

    /// Brings the gradient of some images' sums to a panel of the lines, `[position, filter]`.
    fn deal(&self, strip: &Strip, number: usize, images: Range<usize>, lines: &mut [f32]) {
        let [height, width] = self.geometry.output();
        let panel = self.panel;
        let filters = number * panel..((number + 1) * panel).min(self.geometry.filters);
        for (number, image) in images.enumerate() {
            for (place, filter) in filters.clone().enumerate() {
                let start = (image * self.geometry.filters + filter) * height * width;
                let map = &self.upstream[start..start + height * width];
                for (y, row) in map.chunks_exact(width).enumerate() {
                    let start = strip.position(number, y) * panel + place;
                    let to = lines[start..].iter_mut().step_by(panel);
                    to.zip(row).for_each(|(to, value)| *to = *value);
                }
            }
        }
    }

    /// From `[tap, filter]` to `[filter, tap]`.
    fn turned(&self, sums: &[f32]) -> Vec<f32> {
        let taps = self.geometry.taps();
        let mut weights = vec![0.0; self.geometry.filters * taps];
        // Some filters at a time: their sums share lines of the cache.
        let blocks = weights.chunks_mut(LANES * taps);
        each(blocks.enumerate(), 1, |(block, weights)| {
            for (tap, sums) in sums.chunks_exact(self.width).enumerate() {
                let column = weights[tap..].iter_mut().step_by(taps);
                let sums = &sums[block * LANES..];
                column.zip(sums).for_each(|(to, sum)| *to = *sum);
            }
        });
        weights
    }

    fn bias(&self) -> Vec<f32> {
        let [height, width] = self.geometry.output();
        let filters = self.geometry.filters;
        let mut bias = vec![0.0; filters];
        each(bias.iter_mut().enumerate(), 1, |(filter, bias)| {
            let maps = self.upstream.chunks_exact(height * width);
            let maps = maps.skip(filter).step_by(filters);
            *bias = maps.map(|map| map.iter().sum::<f32>()).sum();
        });
        bias
    }
}

/// `sums[tap][filter] += Σ over positions of strip[offsets[tap] + position] · lines[position][filter]`
struct Product<'a> {
    work: &'a Work<'a>,
    positions: usize,
    strip: &'a [f32],
    lines: &'a [f32],
    offsets: &'a [u32],
    sums: &'a mut [f32],
}

impl WithSimd for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Work { panel, width, .. } = *self.work;
        let positions = self.positions;
        let panels = self.lines.chunks_exact(positions * panel);
        for (filter, lines) in (0..width).step_by(panel).zip(panels) {
            let sums = self.sums.chunks_mut(ROWS * width);
            for (offsets, sums) in self.offsets.chunks(ROWS).zip(sums) {
                // The last rows of a block that is not whole are the same, and not kept.
                let rows: [&[f32]; ROWS] = std::array::from_fn(|k| {
                    let offset = offsets[k.min(offsets.len() - 1)];
                    &self.strip[offset as usize..][..positions]
                });
                let mut kept = [[simd.splat_f32s(0.0); VECTORS]; ROWS];
                outer(simd, rows, lines, &mut kept);
                for (kept, row) in kept.iter().zip(sums.chunks_exact_mut(width)) {
                    let (row, _) = S::as_mut_simd_f32s(&mut row[filter..filter + panel]);
                    for (sum, kept) in row.iter_mut().zip(kept) {
                        *sum = simd.add_f32s(*sum, *kept);
                    }
                }
            }
        }
    }
}
