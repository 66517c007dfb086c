//! The three transforms, and back: each is a small matrix applied to the columns of a tile and then to its rows.

use pulp::Simd;

/// A number for every place of a square tile, in each a vector.
pub type Tile<V, const N: usize> = [[V; N]; N];

/// One of the transforms to 4×4 numbers, of `N`×`N`.
///
/// A type, not a function that is handed over: the call of that might not be inlined, and would then be compiled without
/// the processor's vectors.
pub trait Transform<const N: usize> {
    /// Of vectors of tiles.
    fn of<S: Simd>(simd: S, tile: &Tile<S::f32s, N>) -> Tile<S::f32s, 4>;
}

/// A matrix of `M` rows and `N` columns.
trait Matrix<const N: usize, const M: usize> {
    /// The product with a column.
    fn times<S: Simd>(simd: S, column: [S::f32s; N]) -> [S::f32s; M];
}

/// `A t Aᵀ`.
#[inline(always)]
fn both<S: Simd, T: Matrix<N, M>, const N: usize, const M: usize>(
    simd: S,
    tile: &Tile<S::f32s, N>,
    _: T,
) -> Tile<S::f32s, M> {
    let zero = simd.splat_f32s(0.0);
    let mut half = [[zero; M]; N];
    for (number, half) in half.iter_mut().enumerate() {
        let mut column = [zero; N];
        for (column, row) in column.iter_mut().zip(tile) {
            *column = row[number];
        }
        *half = T::times(simd, column);
    }
    let mut made = [[zero; M]; M];
    for (number, made) in made.iter_mut().enumerate() {
        let mut row = [zero; N];
        for (row, half) in row.iter_mut().zip(&half) {
            *row = half[number];
        }
        *made = T::times(simd, row);
    }
    made
}

/// `Bᵀ d B`: of 4×4 numbers in.
pub struct Input;

impl Transform<4> for Input {
    #[inline(always)]
    fn of<S: Simd>(simd: S, tile: &Tile<S::f32s, 4>) -> Tile<S::f32s, 4> {
        struct BTransposed;
        impl Matrix<4, 4> for BTransposed {
            #[inline(always)]
            fn times<S: Simd>(simd: S, [a, b, c, d]: [S::f32s; 4]) -> [S::f32s; 4] {
                [
                    simd.sub_f32s(a, c),
                    simd.add_f32s(b, c),
                    simd.sub_f32s(c, b),
                    simd.sub_f32s(b, d),
                ]
            }
        }
        both(simd, tile, BTransposed)
    }
}

/// `Aᵀ m A`: 2×2 numbers out, from what the multiplication made.
#[inline(always)]
pub fn output<S: Simd>(simd: S, tile: &Tile<S::f32s, 4>) -> Tile<S::f32s, 2> {
    struct ATransposed;
    impl Matrix<4, 2> for ATransposed {
        #[inline(always)]
        fn times<S: Simd>(simd: S, [a, b, c, d]: [S::f32s; 4]) -> [S::f32s; 2] {
            let (sum, difference) = (simd.add_f32s(b, c), simd.sub_f32s(b, c));
            [simd.add_f32s(a, sum), simd.sub_f32s(difference, d)]
        }
    }
    both(simd, tile, ATransposed)
}

/// `A y Aᵀ`: the way back of [`output`], for the gradient.
pub struct OutputBack;

impl Transform<2> for OutputBack {
    #[inline(always)]
    fn of<S: Simd>(simd: S, tile: &Tile<S::f32s, 2>) -> Tile<S::f32s, 4> {
        struct A;
        impl Matrix<2, 4> for A {
            #[inline(always)]
            fn times<S: Simd>(simd: S, [a, b]: [S::f32s; 2]) -> [S::f32s; 4] {
                let less = simd.sub_f32s(simd.splat_f32s(0.0), b);
                [a, simd.add_f32s(a, b), simd.sub_f32s(a, b), less]
            }
        }
        both(simd, tile, A)
    }
}

/// `G g Gᵀ`: of the 3×3 weights.
#[inline(always)]
pub fn weights<S: Simd>(simd: S, tile: &Tile<S::f32s, 3>) -> Tile<S::f32s, 4> {
    struct G;
    impl Matrix<3, 4> for G {
        #[inline(always)]
        fn times<S: Simd>(simd: S, [a, b, c]: [S::f32s; 3]) -> [S::f32s; 4] {
            let half = simd.splat_f32s(0.5);
            let ends = simd.mul_f32s(half, simd.add_f32s(a, c));
            let middle = simd.mul_f32s(half, b);
            let (sum, difference) = (simd.add_f32s(ends, middle), simd.sub_f32s(ends, middle));
            [a, sum, difference, c]
        }
    }
    both(simd, tile, G)
}

/// `Gᵀ u G`: the way back of [`weights`], for the gradient.
#[inline(always)]
pub fn weights_back<S: Simd>(simd: S, tile: &Tile<S::f32s, 4>) -> Tile<S::f32s, 3> {
    struct GTransposed;
    impl Matrix<4, 3> for GTransposed {
        #[inline(always)]
        fn times<S: Simd>(simd: S, [a, b, c, d]: [S::f32s; 4]) -> [S::f32s; 3] {
            let half = simd.splat_f32s(0.5);
            let sum = simd.mul_f32s(half, simd.add_f32s(b, c));
            let difference = simd.mul_f32s(half, simd.sub_f32s(b, c));
            [simd.add_f32s(a, sum), difference, simd.add_f32s(sum, d)]
        }
    }
    both(simd, tile, GTransposed)
}
