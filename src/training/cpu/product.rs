//! Matrix products of a few rows with numbers that are read where they stand.

use pulp::Simd;
use rayon::prelude::*;

use super::tile::{ROWS, VECTORS, rows_by_vectors};

/// Numbers from one row of sums to the next: whole blocks.
pub fn pitch<S: Simd>(positions: usize) -> usize {
    positions.next_multiple_of(VECTORS * S::F32_LANES)
}

/// What the rows of a matrix are multiplied with.
#[derive(Clone, Copy)]
pub struct Lines<'a> {
    pub numbers: &'a [f32],
    /// Of each k, where its line begins.
    pub offsets: &'a [u32],
    /// Values of k at a time, whose lines stay in the cache.
    pub block: usize,
}

/// The rows of a matrix in panels of [`ROWS`], `[panel, k, row]`, made up with zeros.
pub struct Panels {
    values: Vec<[f32; ROWS]>,
    length: usize,
}

impl Panels {
    /// Of a matrix whose rows are `step` apart, each with its numbers at `places` from there.
    pub fn new(matrix: &[f32], rows: usize, step: usize, places: &[u32]) -> Self {
        let length = places.len();
        let mut values = vec![[0.0; ROWS]; rows.div_ceil(ROWS) * length];
        values
            .par_chunks_exact_mut(length.max(1))
            .enumerate()
            .for_each(|(panel, values)| {
                let rows = (rows - panel * ROWS).min(ROWS);
                let matrix = &matrix[panel * ROWS * step..];
                for (to, place) in values.iter_mut().zip(places) {
                    let numbers = &matrix[*place as usize..];
                    match numbers.first_chunk() {
                        Some(numbers) if step == 1 && rows == ROWS => *to = *numbers,
                        _ => {
                            let numbers = numbers.iter().step_by(step).take(rows);
                            to.iter_mut().zip(numbers).for_each(|(to, one)| *to = *one);
                        }
                    }
                }
            });
        Self { values, length }
    }

    /// `sums[row][position] = Σ over k of matrix[row][k] · numbers[position + offsets[k]]`, rows `pitch` apart and made
    /// up to whole panels, positions to whole blocks. `more`: on top of what stands there.
    #[inline(always)]
    pub fn times<S: Simd>(
        &self,
        simd: S,
        lines: Lines<'_>,
        sums: &mut [f32],
        pitch: usize,
        more: bool,
    ) {
        let step = VECTORS * S::F32_LANES;
        for (block, offsets) in lines.offsets.chunks(lines.block).enumerate() {
            let panels = self.values.chunks_exact(self.length);
            for (panel, sums) in panels.zip(sums.chunks_exact_mut(ROWS * pitch)) {
                let panel = &panel[block * lines.block..][..offsets.len()];
                for at in (0..pitch).step_by(step) {
                    let mut kept = [[simd.splat_f32s(0.0); VECTORS]; ROWS];
                    if more || block > 0 {
                        for (kept, row) in kept.iter_mut().zip(sums.chunks_exact(pitch)) {
                            let (row, _) = S::as_simd_f32s(&row[at..at + step]);
                            kept.copy_from_slice(row);
                        }
                    }
                    // What the last block reads beyond the last position is never used.
                    rows_by_vectors(simd, panel, &lines.numbers[at..], offsets, &mut kept);
                    for (kept, row) in kept.iter().zip(sums.chunks_exact_mut(pitch)) {
                        let (row, _) = S::as_mut_simd_f32s(&mut row[at..at + step]);
                        row.copy_from_slice(kept);
                    }
                }
            }
        }
    }
}
