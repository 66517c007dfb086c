//! Matrix products of a few rows with numbers that are read where they stand.

use pulp::Simd;

use super::tile::{ROWS, VECTORS, outer_at};

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

/// `sums[row][position] = Σ over k of matrix[row][k] · numbers[position + offsets[k]]`, for a matrix `[row, k]`; rows of
/// sums `pitch` apart, positions made up to whole blocks.
#[inline(always)]
pub fn times<S: Simd>(simd: S, matrix: &[f32], lines: Lines<'_>, sums: &mut [f32], pitch: usize) {
    let step = VECTORS * S::F32_LANES;
    let length = lines.offsets.len();
    let last = matrix.len() / length - 1;
    for (block, offsets) in lines.offsets.chunks(lines.block).enumerate() {
        let from = block * lines.block;
        for (group, sums) in sums.chunks_mut(ROWS * pitch).enumerate() {
            let rows: [&[f32]; ROWS] = std::array::from_fn(|row| {
                let row = (group * ROWS + row).min(last);
                &matrix[row * length + from..][..offsets.len()]
            });
            for at in (0..pitch).step_by(step) {
                let mut kept = [[simd.splat_f32s(0.0); VECTORS]; ROWS];
                if block > 0 {
                    for (kept, row) in kept.iter_mut().zip(sums.chunks_exact(pitch)) {
                        kept.copy_from_slice(S::as_simd_f32s(&row[at..at + step]).0);
                    }
                }
                // What the last block reads beyond the last position is never used.
                outer_at(simd, rows, &lines.numbers[at..], offsets, &mut kept);
                for (kept, row) in kept.iter().zip(sums.chunks_exact_mut(pitch)) {
                    S::as_mut_simd_f32s(&mut row[at..at + step])
                        .0
                        .copy_from_slice(kept);
                }
            }
        }
    }
}
