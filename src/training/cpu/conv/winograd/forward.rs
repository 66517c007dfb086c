//! The forward pass; and the gradient by the input, which is one with the weights turned around.

use std::cell::RefCell;
use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::filters::Filters;
use super::frame::{Frame, Layout, Maps};
use super::{APART, POINTS, tiles, transform};
use crate::training::cpu::conv::finish::Done;
use crate::training::cpu::conv::{Conv, Geometry, Line};
use crate::training::cpu::threads::each;
use crate::training::cpu::tile::{LANES, ROWS, VECTORS, dispatch, outer};

/// Tiles that are computed at a time: what they are turned into stays in the cache.
const TILES: usize = 96;

/// Maps in that are taken at a time, so that a panel of their weights stays in the nearest cache.
const BLOCK: usize = 256;

/// Buffers of a thread, kept from pass to pass.
#[derive(Default)]
struct Scratch {
    frame: Frame,
    /// `[place, tile, map in]`
    turned: Vec<f32>,
    /// `[place, tile, map out]`
    products: Vec<f32>,
    /// `[map out of a panel, position]`
    sums: Vec<f32>,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// Fills `output` (`[image, filter, height, width]`) and, with pooling, `chosen` (as many; otherwise empty).
pub fn forward(
    conv: &Conv,
    input: &[f32],
    filters: &Filters,
    line: Line<'_>,
    output: &mut [f32],
    chosen: &mut [u8],
) {
    let image = conv.geometry.image();
    let images = input.len() / image;
    let threads = rayon::current_num_threads();
    let tasks: Vec<Task<'_>> = if images < threads {
        bands(conv, (2 * threads).div_ceil(images), output, chosen)
            .into_iter()
            .map(|(number, band)| Task {
                input: &input[number * image..][..image],
                bands: vec![band],
            })
            .collect()
    } else {
        let together = together(&conv.geometry, images);
        let mut bands = bands(conv, 1, output, chosen).into_iter().map(|it| it.1);
        input
            .chunks(together * image)
            .map(|input| Task {
                input,
                bands: bands.by_ref().take(together).collect(),
            })
            .collect()
    };
    each(tasks, 1, |task| {
        SCRATCH.with_borrow_mut(|scratch| {
            dispatch(Work {
                conv,
                filters,
                line,
                task,
                scratch,
            });
        });
    });
}

/// Images that a thread takes at a time: as many threads have as many. That changes no sum.
fn together(geometry: &Geometry, images: usize) -> usize {
    let tiles: usize = tiles(geometry).iter().product();
    let most = (TILES / tiles).max(1);
    let threads = rayon::current_num_threads();
    let rounds = images.div_ceil(threads * most);
    images.div_ceil(threads * rounds).max(1)
}

/// Some rows of what comes out of one image.
struct Band<'a> {
    /// Rows of tiles.
    rows: Range<usize>,
    /// Of all maps where they are whole, else of each map.
    output: Vec<&'a mut [f32]>,
    chosen: Vec<&'a mut [u8]>,
}

/// The output of each image in so many bands, each with the number of its image. Bands from which pooling leaves
/// nothing are left out.
fn bands<'a>(
    conv: &Conv,
    count: usize,
    output: &'a mut [f32],
    chosen: &'a mut [u8],
) -> Vec<(usize, Band<'a>)> {
    let [rows, _] = tiles(&conv.geometry);
    let [height, width] = conv.size();
    let each = rows.div_ceil(count);
    let (map, part) = if each < rows {
        let rows = if conv.finish.pool { each } else { 2 * each };
        (height * width, rows * width)
    } else {
        (conv.out(), conv.out())
    };
    let mut bands: Vec<(usize, Band<'a>)> = Vec::new();
    let mut chosen = chosen.chunks_mut(map);
    for (number, output) in output.chunks_mut(map).enumerate() {
        let image = number * map / conv.out();
        // Without pooling there is nothing to remember.
        let mut marks = chosen.next().unwrap_or_default().chunks_mut(part);
        let first = bands.partition_point(|(of, _)| *of < image);
        for (place, output) in output.chunks_mut(part).enumerate() {
            if first + place == bands.len() {
                let band = Band {
                    rows: place * each..((place + 1) * each).min(rows),
                    output: Vec::new(),
                    chosen: Vec::new(),
                };
                bands.push((image, band));
            }
            let (_, band) = &mut bands[first + place];
            band.output.push(output);
            band.chosen.push(marks.next().unwrap_or_default());
        }
    }
    bands
}

/// Images, and a band of each: the same rows.
struct Task<'a> {
    input: &'a [f32],
    bands: Vec<Band<'a>>,
}

struct Work<'a> {
    conv: &'a Conv,
    filters: &'a Filters,
    line: Line<'a>,
    task: Task<'a>,
    scratch: &'a mut Scratch,
}

impl WithSimd for Work<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let [_, columns] = tiles(&self.conv.geometry);
        let images = self.task.bands.len();
        let all = self.task.bands[0].rows.clone();
        let step = (TILES / (images * columns)).clamp(1, all.len());
        for from in all.clone().step_by(step) {
            let rows = from..(from + step).min(all.end);
            self.turn(simd, rows.clone(), images);
            self.multiply(simd, rows.len() * columns * images);
            self.finish(simd, rows, images);
        }
    }
}

impl Work<'_> {
    /// Brings rows of tiles of all images to `turned`.
    #[inline(always)]
    fn turn<S: Simd>(&mut self, simd: S, rows: Range<usize>, images: usize) {
        let geometry = &self.conv.geometry;
        let [_, columns] = tiles(geometry);
        let side = VECTORS * S::F32_LANES;
        let maps = geometry.channels.next_multiple_of(side);
        let tiles = [rows.len(), columns];
        let of_image = rows.len() * columns;
        let layout = Layout {
            group: maps,
            tiles: images * of_image,
        };
        let Scratch { frame, turned, .. } = &mut *self.scratch;
        turned.resize(POINTS * layout.place(maps), 0.0);
        for (image, numbers) in self.task.input.chunks_exact(geometry.image()).enumerate() {
            let of = Maps {
                numbers,
                size: geometry.size,
                before: geometry.padding.map(|(before, _)| before),
            };
            let framed = 2 * rows.start..2 * rows.end + 2;
            frame.fill(of, framed, 2 * columns + 2, maps);
            let at = (layout, image * of_image);
            frame.turn(simd, tiles, transform::Input, at, turned);
        }
    }

    /// For each place of a tile, `products[tile][filter] = Σ over maps of turned[tile][map] · weights[map][filter]`.
    #[inline(always)]
    fn multiply<S: Simd>(&mut self, simd: S, tiles: usize) {
        let Geometry {
            channels, filters, ..
        } = self.conv.geometry;
        let side = VECTORS * S::F32_LANES;
        let (maps, width) = (
            channels.next_multiple_of(side),
            filters.next_multiple_of(side),
        );
        let Scratch {
            turned, products, ..
        } = &mut *self.scratch;
        products.resize(POINTS * (tiles * width + APART), 0.0);
        let places = turned.chunks_exact(tiles * maps + APART);
        let places = places.zip(products.chunks_exact_mut(tiles * width + APART));
        for (place, (turned, products)) in places.enumerate() {
            for panel in 0..width / side {
                let start = (panel * POINTS + place) * (channels * side + APART);
                let weights = &self.filters.0[start..];
                for from in (0..channels).step_by(BLOCK) {
                    let until = (from + BLOCK).min(channels);
                    let lines = &weights[from * side..until * side];
                    for group in (0..tiles).step_by(ROWS) {
                        let mut rows: [&[f32]; ROWS] = [&[]; ROWS];
                        for (row, numbers) in rows.iter_mut().enumerate() {
                            let tile = (group + row).min(tiles - 1);
                            *numbers = &turned[tile * maps + from..tile * maps + until];
                        }
                        let mut sums = [[simd.splat_f32s(0.0); VECTORS]; ROWS];
                        let to = products[group * width..].chunks_exact_mut(width);
                        let to = to.take(ROWS).map(|row| {
                            S::as_mut_simd_f32s(&mut row[panel * side..(panel + 1) * side]).0
                        });
                        if from == 0 {
                            outer(simd, rows, lines, &mut sums);
                            to.zip(&sums)
                                .for_each(|(to, sums)| to.copy_from_slice(sums));
                        } else {
                            outer(simd, rows, lines, &mut sums);
                            for (to, sums) in to.zip(&sums) {
                                for (to, sum) in to.iter_mut().zip(sums) {
                                    *to = simd.add_f32s(*to, *sum);
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    /// Turns the products into sums, some maps at a time, and puts those out.
    #[inline(always)]
    fn finish<S: Simd>(&mut self, simd: S, rows: Range<usize>, images: usize) {
        let geometry = &self.conv.geometry;
        let [_, columns] = tiles(geometry);
        let side = VECTORS * S::F32_LANES;
        let of_image = rows.len() * columns;
        let (all, line) = (images * of_image, 2 * columns);
        let pitch = 4 * all + APART;
        let mut sums = std::mem::take(&mut self.scratch.sums);
        sums.resize(side * pitch, 0.0);
        for first in (0..geometry.filters).step_by(side) {
            let filters = first..(first + side).min(geometry.filters);
            for number in 0..all {
                let four = self.sums(simd, number, all, first);
                let (image, tile) = (number / of_image, number % of_image);
                let (row, column) = (tile / columns, tile % columns);
                let start = 4 * image * of_image + 2 * row * line + 2 * column;
                let [a, b, c, d] = four;
                for (lane, to) in sums.chunks_exact_mut(pitch).take(filters.len()).enumerate() {
                    let (above, below) = to[start..start + line + 2].split_at_mut(line);
                    (above[0], above[1]) = (a[lane], b[lane]);
                    (below[0], below[1]) = (c[lane], d[lane]);
                }
            }
            self.write(&sums, pitch, filters, rows.clone());
        }
        self.scratch.sums = sums;
    }

    /// The four sums of a tile for the maps of a panel.
    #[inline(always)]
    fn sums<S: Simd>(
        &self,
        simd: S,
        number: usize,
        all: usize,
        filter: usize,
    ) -> [[f32; VECTORS * LANES]; 4] {
        let side = VECTORS * S::F32_LANES;
        let width = self.conv.geometry.filters.next_multiple_of(side);
        let mut sums = [[0.0; VECTORS * LANES]; 4];
        for n in 0..VECTORS {
            let mut tile = [[simd.splat_f32s(0.0); 4]; 4];
            let places = self.scratch.products.chunks_exact(all * width + APART);
            for (to, products) in tile.as_flattened_mut().iter_mut().zip(places) {
                let start = number * width + filter + n * S::F32_LANES;
                *to = S::as_simd_f32s(&products[start..start + S::F32_LANES]).0[0];
            }
            let four = transform::output(simd, &tile);
            for (to, sum) in sums.iter_mut().zip(four.as_flattened()) {
                S::as_mut_simd_f32s(to).0[n] = *sum;
            }
        }
        sums
    }

    /// Puts out the sums of some maps, `[map, image, row, column]`.
    #[inline(always)]
    fn write(&mut self, sums: &[f32], pitch: usize, filters: Range<usize>, rows: Range<usize>) {
        let conv = self.conv;
        let [height, _] = conv.geometry.output();
        let [_, columns] = tiles(&conv.geometry);
        let [_, width] = conv.size();
        for (image, band) in self.task.bands.iter_mut().enumerate() {
            let first = 2 * band.rows.start;
            let maps = conv.geometry.filters / band.output.len();
            let map = band.output[0].len() / maps;
            let done = Done {
                finish: conv.finish,
                size: [map / width, width],
                rows: 2 * rows.start - first..(2 * rows.end).min(height) - first,
                start: image * 4 * rows.len() * columns,
                line: 2 * columns,
                pitch,
            };
            // All maps, or each by itself.
            let (at, whole) = if maps > 1 {
                (0, filters.len())
            } else {
                (filters.start, 1)
            };
            let skipped = if maps > 1 { filters.start * map } else { 0 };
            let outputs = band.output[at..].iter_mut().zip(&mut band.chosen[at..]);
            for (number, (output, chosen)) in outputs.take(filters.len() / whole).enumerate() {
                let part = skipped..skipped + whole * map;
                let chosen = if conv.finish.pool {
                    &mut chosen[part.clone()]
                } else {
                    &mut []
                };
                let of = filters.start + number..filters.start + number + whole;
                let sums = &sums[number * pitch..];
                done.write(sums, self.line.part(of), &mut output[part], chosen);
            }
        }
    }
}
