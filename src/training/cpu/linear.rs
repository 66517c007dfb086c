//! A fully connected layer, forward and backward, with bias and relu in one pass.
//!
//! Slices are input `[image, input]`, weights `[input, unit]`, output `[image, unit]`.

use std::ops::Range;

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::tile::{self, Entry, OUTER_ROWS, OUTER_VECTORS, arch, gather, lanes, outer};

/// Weights of a unit, or images, that are taken at a time, so that what is read of them stays in the cache.
const BLOCK: usize = 64;

/// Fewer images than these are computed one by one.
const FEW: usize = 4;

/// Inputs that one thread sums up at least.
const PART: usize = 192;

/// In how many parts the inputs are cut at most, each with sums of its own: always the same, so that results do not
/// depend on the number of threads.
const PARTS: usize = 16;

/// Images that one thread finishes at least.
const GROUP: usize = 16;

/// Inputs whose gradients one thread computes at a time: whole rows of both kernels.
const SLICE: usize = 16 * OUTER_ROWS;

/// A layer's sizes, and whether negative sums are cut.
#[derive(Clone, Copy, Debug)]
pub struct Linear {
    pub inputs: usize,
    pub units: usize,
    pub relu: bool,
}

/// The gradients of a layer.
#[derive(Debug)]
pub struct Gradients {
    /// `[input, unit]`
    pub weights: Vec<f32>,
    /// One a unit.
    pub bias: Vec<f32>,
    /// `[image, input]`, where it was asked for.
    pub input: Option<Vec<f32>>,
}

/// `input` · `weights` + `bias` into `output`.
pub fn forward(
    linear: &Linear,
    input: &[f32],
    weights: &[f32],
    bias: Option<&[f32]>,
    output: &mut [f32],
) {
    let Linear { inputs, units, .. } = *linear;
    let part = inputs.div_ceil(PARTS).max(PART);
    let images = input.len() / inputs;
    let pitch = units.next_multiple_of(OUTER_VECTORS * lanes());
    // `[part, image, unit]`
    let mut sums = vec![0.0; inputs.div_ceil(part) * images * pitch];
    sums.par_chunks_exact_mut(images * pitch)
        .enumerate()
        .for_each(|(number, sums)| {
            arch().dispatch(Part {
                linear,
                input,
                weights,
                inputs: number * part..(number * part + part).min(inputs),
                pitch,
                sums,
            });
        });
    output
        .par_chunks_exact_mut(units)
        .with_min_len(GROUP)
        .enumerate()
        .for_each(|(image, output)| {
            let parts = sums.chunks_exact(images * pitch);
            let parts = parts.map(|part| &part[image * pitch..][..units]);
            finish(linear, parts, bias, output);
        });
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
    input: &'a [f32],
    weights: &'a [f32],
    inputs: Range<usize>,
    pitch: usize,
    /// `[image, unit]`, rows `pitch` apart
    sums: &'a mut [f32],
}

impl WithSimd for Part<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        if self.sums.len() / self.pitch < FEW {
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
        let whole = units / S::F32_LANES * S::F32_LANES;
        let images = self.input.chunks_exact(inputs);
        for (image, sums) in images.zip(self.sums.chunks_exact_mut(self.pitch)) {
            let entry = |input: usize| ((input * units) as u32, image[input]);
            let entries: Vec<Entry> = self.inputs.clone().map(entry).collect();
            gather(simd, &entries, self.weights, 0, &mut sums[..whole]);
            for (place, value) in entries {
                let row = &self.weights[place as usize..][whole..units];
                let sums = sums[whole..].iter_mut();
                sums.zip(row)
                    .for_each(|(sum, weight)| *sum += value * weight);
            }
        }
    }

    #[inline(always)]
    fn together<S: Simd>(self, simd: S) {
        let Linear { inputs, units, .. } = *self.linear;
        let side = OUTER_VECTORS * S::F32_LANES;
        let last = self.input.len() / inputs - 1;
        // `[panel, input, unit of the panel]`
        let mut lines = vec![0.0; BLOCK * self.pitch];
        for from in self.inputs.clone().step_by(BLOCK) {
            let block = from..(from + BLOCK).min(self.inputs.end);
            let weights = self.weights[from * units..block.end * units].chunks_exact(units);
            for (number, row) in weights.enumerate() {
                for (row, panel) in row.chunks(side).zip(lines.chunks_exact_mut(BLOCK * side)) {
                    panel[number * side..][..row.len()].copy_from_slice(row);
                }
            }
            for (group, found) in self.sums.chunks_mut(OUTER_ROWS * self.pitch).enumerate() {
                let rows: [&[f32]; OUTER_ROWS] = std::array::from_fn(|row| {
                    let image = (group * OUTER_ROWS + row).min(last);
                    &self.input[image * inputs..][block.clone()]
                });
                for (panel, lines) in lines.chunks_exact(BLOCK * side).enumerate() {
                    let mut sums = [[simd.splat_f32s(0.0); OUTER_VECTORS]; OUTER_ROWS];
                    for (found, sums) in found.chunks_exact(self.pitch).zip(&mut sums) {
                        let found = &found[panel * side..][..side];
                        sums.copy_from_slice(S::as_simd_f32s(found).0);
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

/// The gradients by weights, bias and, if asked for, input, from that of the output.
pub fn backward(
    linear: &Linear,
    input: &[f32],
    weights: &[f32],
    output: &[f32],
    gradient: &[f32],
    with_input: bool,
) -> Gradients {
    let upstream = Upstream::new(linear, output, gradient);
    Gradients {
        weights: by_weights(linear, input, &upstream),
        bias: upstream.bias(),
        input: with_input.then(|| by_input(linear, weights, &upstream)),
    }
}

/// The gradient by the sums.
struct Upstream {
    units: usize,
    images: usize,
    /// `[image, unit]`
    rows: Vec<f32>,
}

impl Upstream {
    fn new(linear: &Linear, output: &[f32], gradient: &[f32]) -> Self {
        let passes = |(value, output): (&f32, &f32)| if *output > 0.0 { *value } else { 0.0 };
        let rows = if linear.relu {
            gradient.iter().zip(output).map(passes).collect()
        } else {
            gradient.to_vec()
        };
        Self {
            units: linear.units,
            images: gradient.len() / linear.units,
            rows,
        }
    }

    fn bias(&self) -> Vec<f32> {
        let mut bias = vec![0.0; self.units];
        for row in self.rows.chunks_exact(self.units) {
            bias.iter_mut().zip(row).for_each(|(sum, one)| *sum += one);
        }
        bias
    }

    /// `[panel, image, unit of the panel]`
    fn by_units(&self) -> Vec<f32> {
        let side = OUTER_VECTORS * lanes();
        let mut lines = vec![0.0; self.images * self.units.next_multiple_of(side)];
        for (image, row) in self.rows.chunks_exact(self.units).enumerate() {
            let panels = lines.chunks_exact_mut(self.images * side);
            for (panel, row) in panels.zip(row.chunks(side)) {
                panel[image * side..][..row.len()].copy_from_slice(row);
            }
        }
        lines
    }

    /// `[panel, unit, image of the panel]`
    fn by_images(&self) -> Vec<f32> {
        let side = OUTER_VECTORS * lanes();
        let mut lines = vec![0.0; self.images.next_multiple_of(side) * self.units];
        for (image, row) in self.rows.chunks_exact(self.units).enumerate() {
            let panel = &mut lines[image / side * side * self.units..];
            let to = panel[image % side..].iter_mut().step_by(side);
            to.zip(row).for_each(|(to, number)| *to = *number);
        }
        lines
    }
}

/// `[input, unit]`
fn by_weights(linear: &Linear, input: &[f32], upstream: &Upstream) -> Vec<f32> {
    let Linear { inputs, units, .. } = *linear;
    let lines = upstream.by_units();
    let mut found = vec![0.0; inputs * units];
    found
        .par_chunks_mut(SLICE * units)
        .enumerate()
        .for_each(|(number, found)| {
            arch().dispatch(Outer {
                inputs,
                units,
                images: upstream.images,
                input: &input[number * SLICE..],
                lines: &lines,
                found,
            });
        });
    found
}

/// Some rows of the gradient by the weights.
struct Outer<'a> {
    inputs: usize,
    units: usize,
    images: usize,
    /// From the first of these inputs on.
    input: &'a [f32],
    /// `[panel, image, unit of the panel]`
    lines: &'a [f32],
    /// `[input, unit]`
    found: &'a mut [f32],
}

impl WithSimd for Outer<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let side = OUTER_VECTORS * S::F32_LANES;
        let rows = self.found.len() / self.units;
        // `[group of inputs, image, input of the group]`
        let mut packed = vec![[0.0; OUTER_ROWS]; rows.div_ceil(OUTER_ROWS) * self.images];
        for (number, image) in self.input.chunks(self.inputs).enumerate() {
            let groups = packed.chunks_exact_mut(self.images);
            for (group, numbers) in groups.zip(image[..rows].chunks(OUTER_ROWS)) {
                group[number][..numbers.len()].copy_from_slice(numbers);
            }
        }
        let mut block = vec![0.0; OUTER_ROWS * side];
        for (panel, lines) in self.lines.chunks_exact(self.images * side).enumerate() {
            let width = side.min(self.units - panel * side);
            let found = self.found.chunks_mut(OUTER_ROWS * self.units);
            for (rows, found) in packed.chunks_exact(self.images).zip(found) {
                let mut sums = [[simd.splat_f32s(0.0); OUTER_VECTORS]; OUTER_ROWS];
                tile::packed(simd, rows, lines, &mut sums);
                S::as_mut_simd_f32s(&mut block)
                    .0
                    .copy_from_slice(sums.as_flattened());
                for (found, sums) in found
                    .chunks_exact_mut(self.units)
                    .zip(block.chunks_exact(side))
                {
                    found[panel * side..][..width].copy_from_slice(&sums[..width]);
                }
            }
        }
    }
}

/// `[image, input]`
fn by_input(linear: &Linear, weights: &[f32], upstream: &Upstream) -> Vec<f32> {
    let Linear { inputs, units, .. } = *linear;
    let lines = upstream.by_images();
    let mut found = vec![0.0; upstream.images * inputs];
    // Threads share the inputs, so that each reads its weights once: `[slice][image]`.
    let mut slices: Vec<Vec<&mut [f32]>> = Vec::new();
    slices.resize_with(inputs.div_ceil(SLICE), || {
        Vec::with_capacity(upstream.images)
    });
    for row in found.chunks_exact_mut(inputs) {
        for (slice, part) in slices.iter_mut().zip(row.chunks_mut(SLICE)) {
            slice.push(part);
        }
    }
    let weights = weights.par_chunks(SLICE * units);
    slices
        .into_par_iter()
        .zip(weights)
        .for_each(|(found, weights)| {
            arch().dispatch(Inner {
                weights,
                units,
                lines: &lines,
                found,
            });
        });
    found
}

/// Some inputs' part of the gradient by the input.
struct Inner<'a> {
    /// `[input, unit]`
    weights: &'a [f32],
    units: usize,
    /// `[panel, unit, image of the panel]`
    lines: &'a [f32],
    /// `[image][input]`
    found: Vec<&'a mut [f32]>,
}

impl WithSimd for Inner<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let side = OUTER_VECTORS * S::F32_LANES;
        let last = self.weights.len() / self.units - 1;
        // `[input, image of the panel]`
        let mut turned = vec![0.0; SLICE * side];
        let panels = self.lines.chunks_exact(side * self.units);
        for (lines, found) in panels.zip(self.found.chunks_mut(side)) {
            for (group, turned) in turned.chunks_exact_mut(OUTER_ROWS * side).enumerate() {
                let rows: [&[f32]; OUTER_ROWS] = std::array::from_fn(|row| {
                    let row = (group * OUTER_ROWS + row).min(last);
                    &self.weights[row * self.units..][..self.units]
                });
                let mut sums = [[simd.splat_f32s(0.0); OUTER_VECTORS]; OUTER_ROWS];
                outer(simd, rows, lines, &mut sums);
                for (turned, sums) in turned.chunks_exact_mut(side).zip(&sums) {
                    S::as_mut_simd_f32s(turned).0.copy_from_slice(sums);
                }
            }
            for (image, found) in found.iter_mut().enumerate() {
                let numbers = turned.chunks_exact(side).map(|line| line[image]);
                found
                    .iter_mut()
                    .zip(numbers)
                    .for_each(|(to, one)| *to = one);
            }
        }
    }
}
