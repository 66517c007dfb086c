//! The innermost loops: small blocks of sums that stay in registers.
//!
//! All take their vectors from whatever the processor has (AVX-512, AVX2, NEON, or plain numbers), found out once
//! ([`dispatch`]), without unsafe code: `pulp` makes the functions below anew for each.

use std::sync::LazyLock;

use pulp::{Arch, Simd, WithSimd};

/// Rows of a block of [`outer`], and its vectors a row.
pub const ROWS: usize = 6;
pub const VECTORS: usize = 2;

/// Numbers in the longest vector there is (AVX-512): what is read up to here beyond the end of a buffer is never used.
pub const LANES: usize = 16;

/// Set in the environment, no instructions are used but those that every processor of the kind has; in tests with
/// [`LONG`] as its value, in vectors as long as the longest.
pub const PORTABLE: &str = "MAPSTO_PORTABLE";

#[cfg(test)]
pub const LONG: &str = "long";

#[derive(Clone, Copy)]
enum Vectors {
    Found(Arch),
    /// What takes [`LANES`] numbers at once can be tested on a processor that does not have it.
    #[cfg(test)]
    Long(pulp::Scalar512b),
}

/// Those of this processor.
fn vectors() -> Vectors {
    static VECTORS: LazyLock<Vectors> = LazyLock::new(|| match std::env::var_os(PORTABLE) {
        #[cfg(test)]
        Some(value) if value == LONG => Vectors::Long(pulp::Scalar512b),
        Some(_) => Vectors::Found(Arch::Scalar),
        None => Vectors::Found(Arch::new()),
    });
    *VECTORS
}

/// Computes it with the vectors of this processor.
#[inline(always)]
pub fn dispatch<Op: WithSimd>(work: Op) -> Op::Output {
    match vectors() {
        Vectors::Found(arch) => arch.dispatch(work),
        #[cfg(test)]
        Vectors::Long(simd) => work.with_simd(simd),
    }
}

/// Numbers of a vector of this processor.
pub fn lanes() -> usize {
    struct Lanes;
    impl WithSimd for Lanes {
        type Output = usize;
        fn with_simd<S: Simd>(self, _: S) -> usize {
            S::F32_LANES
        }
    }
    dispatch(Lanes)
}

/// A block of a product of columns: `sums[k][..] += Σ over i of rows[k][i] · lines[i][..]`, for rows of one length and
/// lines of [`VECTORS`], one after the other; as far as the shorter ones reach.
#[inline(always)]
pub fn outer<S: Simd>(
    simd: S,
    rows: [&[f32]; ROWS],
    lines: &[f32],
    sums: &mut [[S::f32s; VECTORS]; ROWS],
) {
    let mut kept = *sums;
    let (lines, _) = S::as_simd_f32s(lines);
    let (lines, _) = lines.as_chunks::<VECTORS>();
    let [first, rows @ ..] = rows;
    let [second, third, fourth, fifth, sixth] = rows;
    // Zipped, so that no place is checked.
    let numbers = first.iter().zip(second).zip(third);
    let numbers = numbers.zip(fourth).zip(fifth).zip(sixth);
    for (line, (((((a, b), c), d), e), f)) in lines.iter().zip(numbers) {
        for (kept, number) in kept.iter_mut().zip([a, b, c, d, e, f]) {
            let factor = simd.splat_f32s(*number);
            for n in 0..VECTORS {
                kept[n] = simd.mul_add_e_f32s(factor, line[n], kept[n]);
            }
        }
    }
    *sums = kept;
}

/// The same with lines of `WIDE` vectors that begin at `offsets` in `source`.
#[inline(always)]
pub fn outer_at<S: Simd, const WIDE: usize>(
    simd: S,
    rows: [&[f32]; ROWS],
    source: &[f32],
    offsets: &[u32],
    sums: &mut [[S::f32s; WIDE]; ROWS],
) {
    let mut kept = *sums;
    let [first, rows @ ..] = rows;
    let [second, third, fourth, fifth, sixth] = rows;
    let numbers = first.iter().zip(second).zip(third);
    let numbers = numbers.zip(fourth).zip(fifth).zip(sixth);
    for (offset, (((((a, b), c), d), e), f)) in offsets.iter().zip(numbers) {
        let start = *offset as usize;
        let (line, _) = S::as_simd_f32s(&source[start..start + WIDE * S::F32_LANES]);
        let line: [S::f32s; WIDE] = std::array::from_fn(|n| line[n]);
        for (kept, number) in kept.iter_mut().zip([a, b, c, d, e, f]) {
            let factor = simd.splat_f32s(*number);
            for n in 0..WIDE {
                kept[n] = simd.mul_add_e_f32s(factor, line[n], kept[n]);
            }
        }
    }
    *sums = kept;
}

/// The same for rows side by side, `[i][k]`.
#[inline(always)]
pub fn packed<S: Simd>(
    simd: S,
    rows: &[[f32; ROWS]],
    lines: &[f32],
    sums: &mut [[S::f32s; VECTORS]; ROWS],
) {
    let mut kept = *sums;
    let (lines, _) = S::as_simd_f32s(lines);
    let (lines, _) = lines.as_chunks::<VECTORS>();
    for (line, row) in lines.iter().zip(rows) {
        for (kept, number) in kept.iter_mut().zip(row) {
            let factor = simd.splat_f32s(*number);
            for n in 0..VECTORS {
                kept[n] = simd.mul_add_e_f32s(factor, line[n], kept[n]);
            }
        }
    }
    *sums = kept;
}

/// The same for rows side by side among others, `[i][k]` with `STEP` numbers from one i to the next.
#[inline(always)]
pub fn sides<S: Simd, const STEP: usize>(
    simd: S,
    rows: &[f32],
    lines: &[f32],
    sums: &mut [[S::f32s; VECTORS]; ROWS],
) {
    let mut kept = *sums;
    let (lines, _) = S::as_simd_f32s(lines);
    let (lines, _) = lines.as_chunks::<VECTORS>();
    for (line, row) in lines.iter().zip(rows.chunks(STEP)) {
        for (kept, number) in kept.iter_mut().zip(&row[..ROWS]) {
            let factor = simd.splat_f32s(*number);
            for n in 0..VECTORS {
                kept[n] = simd.mul_add_e_f32s(factor, line[n], kept[n]);
            }
        }
    }
    *sums = kept;
}

/// A place and the number that stands there: what is left of a gradient that is mostly zero.
pub type Entry = (u32, f32);

/// `sums[..] += Σ over the entries of value · lines[place + at..]`. The length of `sums` is a multiple of [`LANES`].
#[inline(always)]
pub fn gather<S: Simd>(simd: S, entries: &[Entry], lines: &[f32], at: usize, sums: &mut [f32]) {
    let lanes = S::F32_LANES;
    let mut from = 0;
    while from < sums.len() {
        let left = (sums.len() - from) / lanes;
        let (rest, at) = (&mut sums[from..], at + from);
        let done = match left {
            0 => return,
            1 => gather_of::<S, 1>(simd, entries, lines, at, rest),
            2 => gather_of::<S, 2>(simd, entries, lines, at, rest),
            3 => gather_of::<S, 3>(simd, entries, lines, at, rest),
            4 | 5 => gather_of::<S, 4>(simd, entries, lines, at, rest),
            6 | 7 => gather_of::<S, 6>(simd, entries, lines, at, rest),
            8..=11 => gather_of::<S, 8>(simd, entries, lines, at, rest),
            _ => gather_of::<S, 12>(simd, entries, lines, at, rest),
        };
        from += done * lanes;
    }
}

/// The same for a number of vectors that fits the registers; gives it back.
#[inline(always)]
fn gather_of<S: Simd, const WIDE: usize>(
    simd: S,
    entries: &[Entry],
    lines: &[f32],
    at: usize,
    sums: &mut [f32],
) -> usize {
    let (sums, _) = S::as_mut_simd_f32s(&mut sums[..WIDE * S::F32_LANES]);
    let mut kept: [S::f32s; WIDE] = std::array::from_fn(|n| sums[n]);
    for &(place, value) in entries {
        let start = place as usize + at;
        let (line, _) = S::as_simd_f32s(&lines[start..start + WIDE * S::F32_LANES]);
        let value = simd.splat_f32s(value);
        for n in 0..WIDE {
            kept[n] = simd.mul_add_e_f32s(value, line[n], kept[n]);
        }
    }
    sums.copy_from_slice(&kept);
    WIDE
}

/// As [`gather`] for as many rows of `run` sums as there are, each from lines that are `line` further on. Short rows are
/// summed together: one alone would wait for its last sum.
#[inline(always)]
pub fn gather_rows<S: Simd>(
    simd: S,
    entries: &[Entry],
    lines: &[f32],
    line: usize,
    run: usize,
    sums: &mut [f32],
) {
    match (run / S::F32_LANES, sums.len() / run) {
        (1, 3) => gather_three::<S, 1>(simd, entries, lines, line, sums),
        (2, 3) => gather_three::<S, 2>(simd, entries, lines, line, sums),
        (4, 3) => gather_three::<S, 4>(simd, entries, lines, line, sums),
        _ => {
            for (y, sums) in sums.chunks_exact_mut(run).enumerate() {
                gather(simd, entries, lines, y * line, sums);
            }
        }
    }
}

#[inline(always)]
fn gather_three<S: Simd, const WIDE: usize>(
    simd: S,
    entries: &[Entry],
    lines: &[f32],
    line: usize,
    sums: &mut [f32],
) {
    let width = WIDE * S::F32_LANES;
    let (sums, _) = S::as_mut_simd_f32s(&mut sums[..3 * width]);
    let mut kept: [[S::f32s; WIDE]; 3] =
        std::array::from_fn(|y| std::array::from_fn(|n| sums[y * WIDE + n]));
    for &(place, value) in entries {
        let value = simd.splat_f32s(value);
        let lines = &lines[place as usize..][..2 * line + width];
        for (y, kept) in kept.iter_mut().enumerate() {
            let (row, _) = S::as_simd_f32s(&lines[y * line..y * line + width]);
            for n in 0..WIDE {
                kept[n] = simd.mul_add_e_f32s(value, row[n], kept[n]);
            }
        }
    }
    sums.copy_from_slice(kept.as_flattened());
}
