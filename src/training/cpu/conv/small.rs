//! Small maps in many images. On a map of 2×2, more than half of the weights of a kernel of 3×3 meet the zeros around it.
//! So the images stand side by side here: each weight meets a run of them, and where it would meet zeros it is left out.

use std::cell::Cell;
use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::finish::Done;
use super::{Conv, Finish, Geometry, Line, winograd};
use crate::training::cpu::threads::each;
use crate::training::cpu::tile::{LANES, ROWS, VECTORS, dispatch, lanes};

/// Weights of a kernel.
const TAPS: usize = 9;

/// Maps in and out from which on it is worth it.
const MAPS: usize = 32;

/// Images that are computed together, at most.
const IMAGES: usize = 4 * LANES;

/// Numbers that stay in the nearest cache (24 KiB).
const CACHED: usize = 6 << 10;

/// Numbers of an image that are laid beside those of the others at a time: a line of the cache.
const COLUMN: usize = 16;

/// Images whose sums are taken from among the others at a time.
const TOGETHER: usize = 8;

/// Maps in that are taken at a time where the weights of one are far from those of the next.
const FAR: usize = 8;

/// A weight, by its place in the kernel, and the place in a map in of what it meets.
type Pair = (usize, usize);

/// Whether a convolution is computed so, forward and backward: where no more multiplications are left than otherwise, the
/// images counted that fill the last vectors; clearly fewer where otherwise it is a plain product.
pub fn covers(geometry: &Geometry, images: usize) -> bool {
    let [height, width] = geometry.output();
    let plain = geometry.kernel == [3; 2] && geometry.dilation == [1; 2];
    let many = geometry.channels >= MAPS && geometry.filters >= MAPS && images >= LANES;
    if !plain || !many || height * width > TAPS {
        return false;
    }
    let left: usize = pairs(geometry).iter().map(Vec::len).sum();
    let left = left * images.next_multiple_of(LANES);
    let most = if winograd::covers(geometry, images) {
        winograd::multiplications(geometry)
    } else {
        height * width * TAPS * 3 / 4
    };
    left <= most * images
}

/// What meets at each position of a map out.
fn pairs(geometry: &Geometry) -> Vec<Vec<Pair>> {
    let [height, width] = geometry.output();
    let positions = (0..height).flat_map(|y| (0..width).map(move |x| [y, x]));
    positions
        .map(|position| {
            let met = |tap: usize| {
                let at = [tap / 3, tap % 3];
                let [y, x] = std::array::from_fn(|side| {
                    let padded = position[side] * geometry.stride[side] + at[side];
                    let place = padded.checked_sub(geometry.padding[side].0)?;
                    (place < geometry.size[side]).then_some(place)
                });
                Some((tap, y? * geometry.size[1] + x?))
            };
            (0..TAPS).filter_map(met).collect()
        })
        .collect()
}

/// The same from the other side: what a number of a map in has to do with, `places` of them, in the maps out.
fn turned(pairs: &[Vec<Pair>], places: usize) -> Vec<Vec<Pair>> {
    let mut turned = vec![Vec::new(); places];
    for (position, pairs) in pairs.iter().enumerate() {
        for &(tap, place) in pairs {
            turned[place].push((tap, position));
        }
    }
    turned
}

/// Fills `output` (`[image, filter, height, width]`) and, with pooling, `chosen` (as many; otherwise empty).
pub fn forward(
    conv: &Conv,
    input: &[f32],
    weights: &[f32],
    line: Line<'_>,
    output: &mut [f32],
    chosen: &mut [u8],
) {
    let geometry = &conv.geometry;
    let product = Product {
        weights: weights.as_chunks().0,
        row: geometry.channels,
        map: 1,
        maps: geometry.channels,
        pairs: &pairs(geometry),
        places: geometry.size.iter().product(),
        out: Out {
            maps: geometry.filters,
            size: geometry.output(),
            finish: conv.finish,
            line,
        },
    };
    let mut chosen = chosen.chunks_mut(IMAGES * conv.out());
    let input = input.chunks(IMAGES * geometry.image());
    for (input, output) in input.zip(output.chunks_mut(IMAGES * conv.out())) {
        product.write(input, output, chosen.next().unwrap_or_default());
    }
}

/// Fills `by_input`, `[image, channel, height, width]`, from the gradient by the sums.
pub fn gradient(geometry: &Geometry, weights: &[f32], upstream: &[f32], by_input: &mut [f32]) {
    let pairs = pairs(geometry);
    let product = Product {
        weights: weights.as_chunks().0,
        row: 1,
        map: geometry.channels,
        maps: geometry.filters,
        pairs: &turned(&pairs, geometry.size.iter().product()),
        places: pairs.len(),
        out: Out {
            maps: geometry.channels,
            size: geometry.size,
            finish: Finish::default(),
            line: Line::default(),
        },
    };
    let upstream = upstream.chunks(IMAGES * geometry.maps());
    for (upstream, by_input) in upstream.zip(by_input.chunks_mut(IMAGES * geometry.image())) {
        product.write(upstream, by_input, &mut []);
    }
}

/// What is made of the sums.
#[derive(Clone, Copy)]
struct Out<'a> {
    maps: usize,
    /// Of a map of sums.
    size: [usize; 2],
    finish: Finish,
    line: Line<'a>,
}

/// All maps in with all maps out, in either direction.
#[derive(Clone, Copy)]
struct Product<'a> {
    weights: &'a [[f32; TAPS]],
    /// Kernels from a map out to the next, and from a map in to the next.
    row: usize,
    map: usize,
    /// Maps in.
    maps: usize,
    /// Of each position of a map out.
    pairs: &'a [Vec<Pair>],
    /// Of a map in.
    places: usize,
    out: Out<'a>,
}

/// Numbers of the images side by side, and sums; kept from pass to pass.
#[derive(Default)]
struct Buffers {
    /// `[map in, place, image]`
    laid: Vec<f32>,
    /// `[map out, position, image]`
    sums: Vec<f32>,
}

thread_local! {
    static KEPT: Cell<Buffers> = Cell::default();
}

impl Product<'_> {
    /// Of some images, `[image, map in, place]`.
    fn write(&self, input: &[f32], output: &mut [f32], chosen: &mut [u8]) {
        let (numbers, positions) = (self.maps * self.places, self.pairs.len());
        let images = input.len() / numbers;
        let wide = images.next_multiple_of(lanes());
        let Buffers { mut laid, mut sums } = KEPT.take();
        laid.resize(numbers * wide, 0.0);
        sums.resize(self.out.maps * positions * wide, 0.0);
        let columns = laid.chunks_mut(COLUMN * wide).enumerate();
        each(columns, 1, |(column, laid)| {
            let taken = column * COLUMN..column * COLUMN + laid.len() / wide;
            for image in 0..wide {
                let numbers = input.chunks_exact(numbers).nth(image);
                let numbers =
                    numbers.map_or(&[0.0; COLUMN][..taken.len()], |it| &it[taken.clone()]);
                let places = laid[image..].iter_mut().step_by(wide);
                places.zip(numbers).for_each(|(to, number)| *to = *number);
            }
        });
        let groups = self.out.maps.div_ceil(ROWS);
        let share = groups.div_ceil(2 * rayon::current_num_threads()) * ROWS;
        let shares = sums.chunks_mut(share * positions * wide).enumerate();
        each(shares, 1, |(number, sums)| {
            dispatch(Work {
                product: self,
                laid: &laid,
                wide,
                first: number * share,
                sums,
            });
        });
        self.finish(&sums, wide, output, chosen);
        KEPT.set(Buffers { laid, sums });
    }

    /// From sums, `[map, position, image]`, to what is put out.
    fn finish(&self, sums: &[f32], wide: usize, output: &mut [f32], chosen: &mut [u8]) {
        let Out {
            maps,
            size,
            finish,
            line,
        } = self.out;
        let positions = self.pairs.len();
        let done = Done {
            finish,
            size: finish.size(size),
            rows: 0..size[0],
            start: 0,
            line: size[1],
            pitch: positions,
        };
        let out = maps * done.size[0] * done.size[1];
        let mut chosen = chosen.chunks_mut(TOGETHER * out);
        let parts = output.chunks_mut(TOGETHER * out).enumerate();
        let parts: Vec<_> = parts
            .map(|part| (part, chosen.next().unwrap_or_default()))
            .collect();
        each(parts, 1, |((part, output), chosen)| {
            let images = part * TOGETHER..part * TOGETHER + output.len() / out;
            // `[image, map, position]`
            let mut own = vec![0.0; images.len() * maps * positions];
            for (place, sums) in sums.chunks_exact(wide).enumerate() {
                let own = own[place..].iter_mut().step_by(maps * positions);
                own.zip(&sums[images.clone()])
                    .for_each(|(to, sum)| *to = *sum);
            }
            let mut chosen = chosen.chunks_mut(out);
            let images = own.chunks_exact(maps * positions);
            for (sums, output) in images.zip(output.chunks_exact_mut(out)) {
                done.write(sums, line, output, chosen.next().unwrap_or_default());
            }
        });
    }
}

/// The sums of some maps out.
struct Work<'a> {
    product: &'a Product<'a>,
    laid: &'a [f32],
    /// From a run of images to the next.
    wide: usize,
    /// The first map out.
    first: usize,
    sums: &'a mut [f32],
}

impl WithSimd for Work<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Product {
            weights,
            row,
            map,
            maps,
            pairs,
            places,
            out,
        } = *self.product;
        let wide = self.wide;
        let block = match map {
            1 => (CACHED / (places * wide)).max(FAR),
            _ => FAR,
        };
        let whole = wide / (VECTORS * S::F32_LANES) * (VECTORS * S::F32_LANES);
        for from in (0..maps).step_by(block) {
            let taken = from..(from + block).min(maps);
            let groups = self.sums.chunks_mut(ROWS * pairs.len() * wide);
            for (group, sums) in groups.enumerate() {
                let first = self.first + group * ROWS;
                let rows = std::array::from_fn(|n| (first + n).min(out.maps - 1) * row);
                for (position, pairs) in pairs.iter().enumerate() {
                    let mut sums = Sums {
                        weights,
                        rows,
                        map,
                        taken: taken.clone(),
                        laid: self.laid,
                        of_map: places * wide,
                        wide,
                        pairs,
                        at: position * wide,
                        pitch: self.product.pairs.len() * wide,
                        sums,
                    };
                    for image in (0..whole).step_by(VECTORS * S::F32_LANES) {
                        sums.add::<S, VECTORS>(simd, image);
                    }
                    for image in (whole..wide).step_by(S::F32_LANES) {
                        sums.add::<S, 1>(simd, image);
                    }
                }
            }
        }
    }
}

/// Of [`ROWS`] maps out, at one position.
struct Sums<'a> {
    weights: &'a [[f32; TAPS]],
    /// Where the kernels of each begin.
    rows: [usize; ROWS],
    map: usize,
    taken: Range<usize>,
    laid: &'a [f32],
    of_map: usize,
    wide: usize,
    pairs: &'a [Pair],
    /// Where the sums of the first begin, and from there to those of the next.
    at: usize,
    pitch: usize,
    sums: &'a mut [f32],
}

impl Sums<'_> {
    /// What some maps in add to the sums of some vectors of images.
    #[inline(always)]
    fn add<S: Simd, const WIDE: usize>(&mut self, simd: S, image: usize) {
        let (width, at) = (WIDE * S::F32_LANES, self.at + image);
        let mut kept = [[simd.splat_f32s(0.0); WIDE]; ROWS];
        if self.taken.start > 0 {
            for (kept, row) in kept.iter_mut().zip(self.sums.chunks_exact(self.pitch)) {
                kept.copy_from_slice(S::as_simd_f32s(&row[at..at + width]).0);
            }
        }
        for map in self.taken.clone() {
            let kernels: [&[f32; TAPS]; ROWS] =
                std::array::from_fn(|row| &self.weights[self.rows[row] + map * self.map]);
            let laid = &self.laid[map * self.of_map..][..self.of_map];
            for &(tap, place) in self.pairs {
                let start = place * self.wide + image;
                let (line, _) = S::as_simd_f32s(&laid[start..start + width]);
                let line: [S::f32s; WIDE] = std::array::from_fn(|n| line[n]);
                for (kept, kernel) in kept.iter_mut().zip(kernels) {
                    let factor = simd.splat_f32s(kernel[tap]);
                    for n in 0..WIDE {
                        kept[n] = simd.mul_add_e_f32s(factor, line[n], kept[n]);
                    }
                }
            }
        }
        for (kept, row) in kept.iter().zip(self.sums.chunks_exact_mut(self.pitch)) {
            let (sums, _) = S::as_mut_simd_f32s(&mut row[at..at + width]);
            sums.copy_from_slice(kept);
        }
    }
}
