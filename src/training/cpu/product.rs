//! Matrix products of a few rows with numbers that are read where they stand.

use pulp::Simd;

use super::tile::{ROWS, VECTORS, outer_at};

/// Numbers from one row of sums to the next: whole vectors.
pub fn pitch<S: Simd>(positions: usize) -> usize {
    positions.next_multiple_of(S::F32_LANES)
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
/// sums `pitch` apart, positions made up to whole vectors.
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
            let mut columns = Columns {
                rows,
                numbers: lines.numbers,
                offsets,
                begun: block > 0,
                sums,
                pitch,
            };
            let whole = pitch / step * step;
            for at in (0..whole).step_by(step) {
                columns.add::<S, VECTORS>(simd, at);
            }
            for at in (whole..pitch).step_by(S::F32_LANES) {
                columns.add::<S, 1>(simd, at);
            }
        }
    }
}

/// A group of rows.
struct Columns<'a> {
    rows: [&'a [f32]; ROWS],
    numbers: &'a [f32],
    offsets: &'a [u32],
    /// There are sums already.
    begun: bool,
    sums: &'a mut [f32],
    pitch: usize,
}

impl Columns<'_> {
    /// The sums of some vectors of positions.
    #[inline(always)]
    fn add<S: Simd, const WIDE: usize>(&mut self, simd: S, at: usize) {
        let places = at..at + WIDE * S::F32_LANES;
        let mut kept = [[simd.splat_f32s(0.0); WIDE]; ROWS];
        if self.begun {
            for (kept, row) in kept.iter_mut().zip(self.sums.chunks_exact(self.pitch)) {
                kept.copy_from_slice(S::as_simd_f32s(&row[places.clone()]).0);
            }
        }
        // What the last vector reads beyond the last position is never used.
        outer_at(
            simd,
            self.rows,
            &self.numbers[at..],
            self.offsets,
            &mut kept,
        );
        for (kept, row) in kept.iter().zip(self.sums.chunks_exact_mut(self.pitch)) {
            S::as_mut_simd_f32s(&mut row[places.clone()])
                .0
                .copy_from_slice(kept);
        }
    }
}
