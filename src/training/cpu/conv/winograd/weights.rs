//! The gradient by the weights: that of the sums is turned as they are turned back, and what comes of the product is
//! turned back as weights are turned.

use std::cell::Cell;
use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::frame::{Frame, Layout, Maps};
use super::{POINTS, panel, tiles, transform};
use crate::training::cpu::conv::Geometry;
use crate::training::cpu::threads::each;
use crate::training::cpu::tile::{ROWS, VECTORS, dispatch, sides};
use crate::training::cpu::zeros::zeros;

/// Tiles of a part: what they are turned into stays in the cache.
const TILES: usize = 128;

/// Filters that stand side by side: whole groups of [`ROWS`], whole vectors, and no power of two, so that those of many
/// tiles do not share lines of the cache.
const SIDE: usize = 48;

/// Some rows of tiles, turned.
#[derive(Default)]
struct Part {
    tiles: usize,
    /// Of the input, `[place, panel, tile, channel of the panel]`
    input: Vec<f32>,
    /// Of the gradient by the sums, `[place, SIDE filters, tile, filter]`
    upstream: Vec<f32>,
    frame: Frame,
}

/// Of the weights, `[filter, channel, 3, 3]`. `upstream`: the gradient by the sums, `[image, filter, height, width]`.
pub fn gradient(geometry: &Geometry, input: &[f32], upstream: &[f32]) -> Vec<f32> {
    let side = panel();
    let [rows, columns] = tiles(geometry);
    let width = geometry.channels.next_multiple_of(side);
    let all = input.len() / geometry.image() * rows;
    let step = TILES.div_ceil(columns);
    let needed = POINTS * width * geometry.filters;
    let (mut sums, mut kept) = (SUMS.take(), PARTS.take());
    sums.resize(needed.max(sums.len()), 0.0);
    // As many parts at a time as keep all threads busy. Each sum takes them in their order.
    let together = 2 * rayon::current_num_threads();
    kept.resize_with(together.max(kept.len()), Part::default);
    for from in (0..all).step_by(step * together) {
        let count = (all - from).div_ceil(step).min(together);
        let parts = &mut kept[..count];
        each(parts.iter_mut().enumerate(), 1, |(number, part)| {
            let from = from + number * step;
            dispatch(Turn {
                geometry,
                input,
                upstream,
                rows: from..(from + step).min(all),
                part,
            });
        });
        let parts = &*parts;
        let blocks = sums[..needed].chunks_exact_mut(side * geometry.filters);
        each(blocks.enumerate(), 1, |(number, sums)| {
            dispatch(Product {
                geometry,
                parts,
                place: number / (width / side),
                panel: number % (width / side),
                begun: from > 0,
                sums,
            });
        });
    }
    let found = back(geometry, &sums);
    SUMS.set(sums);
    PARTS.set(kept);
    found
}

thread_local! {
    /// Kept from pass to pass; each number is written before it is read.
    static SUMS: Cell<Vec<f32>> = Cell::default();
    static PARTS: Cell<Vec<Part>> = Cell::default();
}

/// Rows of tiles, counted over all images.
struct Turn<'a> {
    geometry: &'a Geometry,
    input: &'a [f32],
    upstream: &'a [f32],
    rows: Range<usize>,
    part: &'a mut Part,
}

impl WithSimd for Turn<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let geometry = self.geometry;
        let [rows, columns] = tiles(geometry);
        let side = VECTORS * S::F32_LANES;
        let maps = geometry.channels.next_multiple_of(side);
        let filters = geometry.filters.next_multiple_of(side);
        let all = self.rows.len() * columns;
        let Part {
            tiles,
            input,
            upstream,
            frame,
        } = self.part;
        *tiles = all;
        let layout = |group| Layout { group, tiles: all };
        let (of_input, of_upstream) = (layout(side), layout(SIDE));
        input.resize(POINTS * of_input.place(maps), 0.0);
        upstream.resize(POINTS * of_upstream.place(filters), 0.0);
        let mut row = self.rows.start;
        while row < self.rows.end {
            // Those of one image.
            let (image, first) = (row / rows, row % rows);
            let count = (rows - first).min(self.rows.end - row);
            let done = (row - self.rows.start) * columns;
            let of = Maps {
                numbers: &self.input[image * geometry.image()..][..geometry.image()],
                size: geometry.size,
                before: geometry.padding.map(|(before, _)| before),
            };
            let framed = 2 * first..2 * (first + count) + 2;
            frame.fill(of, framed, 2 * columns + 2, maps);
            let taken = [count, columns];
            let at = (of_input, done);
            frame.turn(simd, taken, transform::Input, at, input);
            let of = Maps {
                numbers: &self.upstream[image * geometry.maps()..][..geometry.maps()],
                size: geometry.output(),
                before: [0; 2],
            };
            frame.fill(of, 2 * first..2 * (first + count), 2 * columns, filters);
            let at = (of_upstream, done);
            frame.turn(simd, taken, transform::OutputBack, at, upstream);
            row += count;
        }
    }
}

/// `sums[filter][channel] += Σ over tiles of upstream[tile][filter] · input[tile][channel]` for one place of the tiles
/// and a panel of channels.
struct Product<'a> {
    geometry: &'a Geometry,
    parts: &'a [Part],
    place: usize,
    panel: usize,
    /// Whether there are sums of earlier parts.
    begun: bool,
    /// `[filter, channel of the panel]`
    sums: &'a mut [f32],
}

impl WithSimd for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let side = VECTORS * S::F32_LANES;
        let Geometry {
            channels, filters, ..
        } = *self.geometry;
        let filters = filters.next_multiple_of(side);
        for (number, part) in self.parts.iter().enumerate() {
            let layout = |group| Layout {
                group,
                tiles: part.tiles,
            };
            let start = self.place * layout(side).place(channels) + self.panel * part.tiles * side;
            let lines = &part.input[start..start + part.tiles * side];
            for (group, sums) in self.sums.chunks_mut(ROWS * side).enumerate() {
                let filter = group * ROWS;
                let start =
                    self.place * layout(SIDE).place(filters) + filter / SIDE * part.tiles * SIDE;
                let numbers = &part.upstream[start..start + part.tiles * SIDE];
                let mut kept = [[simd.splat_f32s(0.0); VECTORS]; ROWS];
                if self.begun || number > 0 {
                    for (kept, sums) in kept.iter_mut().zip(sums.chunks_exact(side)) {
                        kept.copy_from_slice(S::as_simd_f32s(sums).0);
                    }
                }
                sides::<S, SIDE>(simd, &numbers[filter % SIDE..], lines, &mut kept);
                for (kept, sums) in kept.iter().zip(sums.chunks_exact_mut(side)) {
                    S::as_mut_simd_f32s(sums).0.copy_from_slice(kept);
                }
            }
        }
    }
}

/// From sums `[place, panel of channels, filter, channel of the panel]` to weights.
fn back(geometry: &Geometry, sums: &[f32]) -> Vec<f32> {
    let mut found = zeros(geometry.filters * geometry.taps());
    let filters = found.chunks_exact_mut(geometry.taps());
    each(filters.enumerate(), 1, |(filter, found)| {
        dispatch(Back {
            geometry,
            sums,
            filter,
            found,
        });
    });
    found
}

struct Back<'a> {
    geometry: &'a Geometry,
    sums: &'a [f32],
    filter: usize,
    /// Of one filter, `[channel, 3, 3]`
    found: &'a mut [f32],
}

impl WithSimd for Back<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let side = VECTORS * S::F32_LANES;
        let Geometry {
            channels, filters, ..
        } = *self.geometry;
        let panels = channels.div_ceil(side);
        let mut kernels = vec![0.0; 9 * S::F32_LANES];
        for (number, found) in self.found.chunks_mut(9 * S::F32_LANES).enumerate() {
            let (panel, n) = (number / VECTORS, number % VECTORS);
            let mut tile = [[simd.splat_f32s(0.0); 4]; 4];
            for (place, to) in tile.as_flattened_mut().iter_mut().enumerate() {
                let start = ((place * panels + panel) * filters + self.filter) * side;
                let sums = &self.sums[start + n * S::F32_LANES..][..S::F32_LANES];
                *to = S::as_simd_f32s(sums).0[0];
            }
            let turned = transform::weights_back(simd, &tile);
            let (to, _) = S::as_mut_simd_f32s(&mut kernels);
            to.copy_from_slice(turned.as_flattened());
            for (lane, kernel) in found.chunks_exact_mut(9).enumerate() {
                let taps = kernels[lane..].iter().step_by(S::F32_LANES);
                kernel.iter_mut().zip(taps).for_each(|(to, tap)| *to = *tap);
            }
        }
    }
}
