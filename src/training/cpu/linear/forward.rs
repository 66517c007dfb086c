//! The forward pass: a matrix product of the images with the weights.

use std::cell::Cell;
use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::Linear;
use crate::training::cpu::threads::each;
use crate::training::cpu::tile::{Entry, ROWS, VECTORS, dispatch, gather, lanes, outer};

/// Fewer multiplications than these are not worth another thread.
const SHARE: usize = 1 << 15;

/// Weights of a unit that are taken at a time, at most.
const BLOCK: usize = 1024;

/// Weights that are taken at a time, at most, where that is not too few of a unit: they stay in the cache (512 KiB).
const TAKEN: usize = 1 << 17;

/// Fewer images than these are computed one by one.
const FEW: usize = 4;

/// Inputs that one thread sums up at least.
const PART: usize = 192;

/// In how many parts the inputs are cut at most, each with sums of its own: always the same, so that results do not
/// depend on the number of threads.
const PARTS: usize = 16;

/// Images that are computed together, at most: they are read again for each few units, from the cache.
const GROUP: usize = 64 * ROWS;

/// Images for which threads share the inputs, at most.
const SMALL: usize = 16 * ROWS;

/// `input` · `weights` + `bias` into `output`.
pub fn forward(
    linear: &Linear,
    input: &[f32],
    weights: &[f32],
    bias: Option<&[f32]>,
    output: &mut [f32],
) {
    let Linear { inputs, units, .. } = *linear;
    let all = input.len() / inputs;
    let Cut {
        group,
        parts,
        shares,
        pitch,
    } = Cut::new(linear, all);
    let part = inputs.div_ceil(parts);
    // Here and not in the kernel: there it makes the compiler keep sums on the stack, at half the speed.
    let blocks = part.div_ceil((TAKEN / pitch).clamp(64, BLOCK));
    let depth = part.div_ceil(blocks);
    // `[group, part, share, image, unit of the share]`; each is written before it is read.
    let mut sums = SUMS.take();
    let needed = all.div_ceil(group) * parts * shares * group * pitch;
    if sums.len() < needed {
        sums.resize(needed, 0.0);
    }
    each(
        sums[..needed].chunks_exact_mut(group * pitch).enumerate(),
        SHARE / (part * group * pitch) + 1,
        |(number, sums)| {
            let (share, number) = (number % shares, number / shares);
            let first = number / parts * group;
            let from = (number % parts * part).min(inputs);
            let images = group.min(all - first);
            dispatch(Part {
                linear,
                few: all < FEW,
                input: &input[first * inputs..][..images * inputs],
                weights,
                inputs: from..(from + part).min(inputs),
                units: share * pitch..((share + 1) * pitch).min(units),
                depth,
                pitch,
                sums: &mut sums[..images * pitch],
            });
        },
    );
    let sums_of = sums.chunks_exact(parts * shares * group * pitch);
    each(
        output.chunks_mut(group * units).zip(sums_of),
        SHARE / (parts * group * units) + 1,
        |(output, sums)| {
            for (image, output) in output.chunks_exact_mut(units).enumerate() {
                for (share, output) in output.chunks_mut(pitch).enumerate() {
                    let parts = sums.chunks_exact(group * pitch).skip(share);
                    let parts = parts.step_by(shares);
                    let count = output.len();
                    let parts = parts.map(|part| &part[image * pitch..][..count]);
                    let bias = bias.map(|bias| &bias[share * pitch..][..count]);
                    finish(linear, parts, bias, output);
                }
            }
        },
    );
    SUMS.set(sums);
}

/// How a product is shared among threads.
struct Cut {
    /// Images that are computed together.
    group: usize,
    /// Of the inputs, each with sums of its own.
    parts: usize,
    /// Of the units.
    shares: usize,
    /// Units of a share: whole panels.
    pitch: usize,
}

impl Cut {
    fn new(linear: &Linear, images: usize) -> Self {
        let Linear { inputs, units, .. } = *linear;
        let side = VECTORS * lanes();
        let panels = units.div_ceil(side);
        // Of few images threads share the inputs, of many the units, and the images as well where there are few units.
        // Neither of these changes a sum, so that they may follow the number of threads.
        if images <= SMALL {
            return Self {
                group: images,
                parts: PARTS.min(inputs / PART).max(1),
                shares: 1,
                pitch: panels * side,
            };
        }
        let tasks = 2 * rayon::current_num_threads();
        let each = panels.div_ceil(tasks);
        let shares = panels.div_ceil(each);
        let group = images.div_ceil(tasks.div_ceil(shares));
        Self {
            group: group.next_multiple_of(ROWS).min(GROUP),
            parts: 1,
            shares,
            pitch: each * side,
        }
    }
}

thread_local! {
    /// Kept from pass to pass.
    static SUMS: Cell<Vec<f32>> = Cell::default();
}

/// Adds up the parts of an image's sums.
fn finish<'a>(
    linear: &Linear,
    parts: impl Iterator<Item = &'a [f32]>,
    bias: Option<&[f32]>,
    output: &mut [f32],
) {
    match bias {
        Some(bias) => output.copy_from_slice(bias),
        None => output.fill(0.0),
    }
    for part in parts {
        for (output, sum) in output.iter_mut().zip(part) {
            *output += sum;
        }
    }
    if linear.relu {
        for output in output {
            // What is no number stays none, so that it is seen.
            *output = if *output < 0.0 { 0.0 } else { *output };
        }
    }
}

/// The sums of some inputs.
struct Part<'a> {
    linear: &'a Linear,
    /// Of few images in all: how many are left here follows the number of threads.
    few: bool,
    input: &'a [f32],
    weights: &'a [f32],
    inputs: Range<usize>,
    units: Range<usize>,
    /// Inputs that are taken at a time.
    depth: usize,
    pitch: usize,
    /// `[image, unit]`, rows `pitch` apart
    sums: &'a mut [f32],
}

impl WithSimd for Part<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        if self.few {
            self.one_by_one(simd);
        } else {
            self.together(simd);
        }
    }
}

impl Part<'_> {
    /// A few images: each weight is read where it stands and used once an image.
    #[inline(always)]
    fn one_by_one<S: Simd>(self, simd: S) {
        let Linear { inputs, units, .. } = *self.linear;
        let (first, count) = (self.units.start, self.units.len());
        let whole = count / S::F32_LANES * S::F32_LANES;
        let images = self.input.chunks_exact(inputs);
        for (image, sums) in images.zip(self.sums.chunks_exact_mut(self.pitch)) {
            let entry = |input: usize| ((input * units + first) as u32, image[input]);
            let entries: Vec<Entry> = self.inputs.clone().map(entry).collect();
            sums.fill(0.0);
            gather(simd, &entries, self.weights, 0, &mut sums[..whole]);
            for (place, value) in entries {
                let row = &self.weights[place as usize..][whole..count];
                let sums = sums[whole..].iter_mut();
                sums.zip(row)
                    .for_each(|(sum, weight)| *sum += value * weight);
            }
        }
    }

    #[inline(always)]
    fn together<S: Simd>(self, simd: S) {
        let Linear { inputs, units, .. } = *self.linear;
        let side = VECTORS * S::F32_LANES;
        let last = self.input.len() / inputs - 1;
        let depth = self.depth;
        // `[panel, input, unit of the panel]`
        let mut lines = vec![0.0; depth * self.pitch];
        for from in self.inputs.clone().step_by(depth) {
            let block = from..(from + depth).min(self.inputs.end);
            let weights = &self.weights[from * units..block.end * units];
            deal(simd, weights, units, self.units.clone(), depth, &mut lines);
            let first = from == self.inputs.start;
            for (panel, lines) in lines.chunks_exact(depth * side).enumerate() {
                for (group, found) in self.sums.chunks_mut(ROWS * self.pitch).enumerate() {
                    let rows: [&[f32]; ROWS] = std::array::from_fn(|row| {
                        let image = (group * ROWS + row).min(last);
                        &self.input[image * inputs..][block.clone()]
                    });
                    let mut sums = [[simd.splat_f32s(0.0); VECTORS]; ROWS];
                    if !first {
                        for (found, sums) in found.chunks_exact(self.pitch).zip(&mut sums) {
                            let found = &found[panel * side..][..side];
                            sums.copy_from_slice(S::as_simd_f32s(found).0);
                        }
                    }
                    outer(simd, rows, lines, &mut sums);
                    for (found, sums) in found.chunks_exact_mut(self.pitch).zip(&sums) {
                        let found = &mut found[panel * side..][..side];
                        S::as_mut_simd_f32s(found).0.copy_from_slice(sums);
                    }
                }
            }
        }
    }
}

/// Some units of rows `[input, unit]` in panels, `[panel, input, unit of the panel]`, with room for `depth` inputs.
#[inline(always)]
fn deal<S: Simd>(
    _: S,
    rows: &[f32],
    units: usize,
    taken: Range<usize>,
    depth: usize,
    lines: &mut [f32],
) {
    let side = VECTORS * S::F32_LANES;
    let whole = taken.len() / side * side;
    for (number, row) in rows.chunks_exact(units).enumerate() {
        let row = &row[taken.clone()];
        let (vectors, _) = S::as_simd_f32s(&row[..whole]);
        let (vectors, _) = vectors.as_chunks::<VECTORS>();
        let panels = lines.chunks_exact_mut(depth * side);
        for (panel, vectors) in panels.zip(vectors) {
            let (line, _) = S::as_mut_simd_f32s(&mut panel[number * side..][..side]);
            let (line, _) = line.as_chunks_mut::<VECTORS>();
            line.fill(*vectors);
        }
        if whole < row.len() {
            let line = &mut lines[whole * depth + number * side..];
            let row = row[whole..].iter();
            line.iter_mut().zip(row).for_each(|(to, one)| *to = *one);
        }
    }
}
