//! The backward pass: by the weights a product of the input with the gradient, by the input one of the gradient with
//! the weights.

use pulp::{Simd, WithSimd};

use super::{Gradients, Linear};
use crate::training::cpu::threads::each;
use crate::training::cpu::tile::{ROWS, VECTORS, dispatch, lanes, outer, packed};
use crate::training::cpu::zeros::zeros;

/// Fewer multiplications than these are not worth another thread.
const SHARE: usize = 1 << 17;

/// Inputs whose gradients one thread computes at a time: whole rows of both kernels.
const SLICE: usize = 16 * ROWS;

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
        let side = VECTORS * lanes();
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
        let side = VECTORS * lanes();
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
    let mut found = zeros(inputs * units);
    each(
        found.chunks_mut(SLICE * units).enumerate(),
        SHARE / (SLICE * units * upstream.images) + 1,
        |(number, found)| {
            dispatch(Outer {
                inputs,
                units,
                images: upstream.images,
                input: &input[number * SLICE..],
                lines: &lines,
                found,
            });
        },
    );
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
        let side = VECTORS * S::F32_LANES;
        let rows = self.found.len() / self.units;
        // `[group of inputs, image, input of the group]`
        let mut groups = vec![[0.0; ROWS]; rows.div_ceil(ROWS) * self.images];
        for (number, image) in self.input.chunks(self.inputs).enumerate() {
            let groups = groups.chunks_exact_mut(self.images);
            for (group, numbers) in groups.zip(image[..rows].chunks(ROWS)) {
                group[number][..numbers.len()].copy_from_slice(numbers);
            }
        }
        let mut block = vec![0.0; ROWS * side];
        for (panel, lines) in self.lines.chunks_exact(self.images * side).enumerate() {
            let width = side.min(self.units - panel * side);
            let found = self.found.chunks_mut(ROWS * self.units);
            for (rows, found) in groups.chunks_exact(self.images).zip(found) {
                let mut sums = [[simd.splat_f32s(0.0); VECTORS]; ROWS];
                packed(simd, rows, lines, &mut sums);
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
    let mut found = zeros(upstream.images * inputs);
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
    each(
        slices.into_iter().zip(weights.chunks(SLICE * units)),
        SHARE / (SLICE * units * upstream.images) + 1,
        |(found, weights)| {
            dispatch(Inner {
                weights,
                units,
                lines: &lines,
                found,
            });
        },
    );
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
        let side = VECTORS * S::F32_LANES;
        let last = self.weights.len() / self.units - 1;
        // `[input, image of the panel]`
        let mut turned = vec![0.0; SLICE * side];
        let panels = self.lines.chunks_exact(side * self.units);
        for (lines, found) in panels.zip(self.found.chunks_mut(side)) {
            for (group, turned) in turned.chunks_exact_mut(ROWS * side).enumerate() {
                let rows: [&[f32]; ROWS] = std::array::from_fn(|row| {
                    let row = (group * ROWS + row).min(last);
                    &self.weights[row * self.units..][..self.units]
                });
                let mut sums = [[simd.splat_f32s(0.0); VECTORS]; ROWS];
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
