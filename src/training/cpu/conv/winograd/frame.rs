//! Rows of an image with all maps of a pixel side by side, framed by zeros: tiles of it are vectors.

use pulp::Simd;

use super::APART;
use super::transform::{Tile, Transform};

/// Maps that are brought over together.
const TOGETHER: usize = 8;

/// The maps of one image, `[map, row, column]`, and the zeros above and left of them.
#[derive(Clone, Copy)]
pub struct Maps<'a> {
    pub numbers: &'a [f32],
    pub size: [usize; 2],
    pub before: [usize; 2],
}

/// Some rows, `[row, column, map]`.
#[derive(Default)]
pub struct Frame {
    numbers: Vec<f32>,
    columns: usize,
    /// Maps, made up to whole panels: what stands there beyond the last map means nothing.
    maps: usize,
}

/// Where turned tiles stand: `[place, group of maps, tile, map of the group]`.
#[derive(Clone, Copy)]
pub struct Layout {
    /// Maps of a group: whole vectors.
    pub group: usize,
    pub tiles: usize,
}

impl Layout {
    /// Numbers of a place, for so many maps.
    pub fn place(self, maps: usize) -> usize {
        maps.next_multiple_of(self.group) * self.tiles + APART
    }
}

impl Frame {
    /// Takes rows of an image, counted with the zeros above, each with so many columns.
    #[inline(always)]
    pub fn fill(
        &mut self,
        of: Maps<'_>,
        rows: std::ops::Range<usize>,
        columns: usize,
        maps: usize,
    ) {
        (self.columns, self.maps) = (columns, maps);
        let line = columns * maps;
        self.numbers.resize(rows.len() * line, 0.0);
        let ([height, width], [above, left]) = (of.size, of.before);
        for (row, to) in rows.zip(self.numbers.chunks_exact_mut(line)) {
            match row.checked_sub(above).filter(|row| *row < height) {
                None => to.fill(0.0),
                Some(row) => {
                    let (before, rest) = to.split_at_mut(left * maps);
                    let taken = width.min(columns - left);
                    let (middle, behind) = rest.split_at_mut(taken * maps);
                    before.fill(0.0);
                    behind.fill(0.0);
                    bring(of, row, middle, maps);
                }
            }
        }
    }

    /// Turns `[rows, columns]` of tiles, each two pixels from the next, and brings them to their places: from tile `first`
    /// on.
    #[inline(always)]
    pub fn turn<S: Simd, T: Transform<N>, const N: usize>(
        &self,
        simd: S,
        [rows, columns]: [usize; 2],
        _: T,
        (layout, first): (Layout, usize),
        to: &mut [f32],
    ) {
        let Layout { group, tiles } = layout;
        for tile in 0..rows * columns {
            let at = [2 * (tile / columns), 2 * (tile % columns)];
            for map in (0..self.maps).step_by(S::F32_LANES) {
                let turned = T::of(simd, &self.tile(simd, at, map));
                let start = (map / group * tiles + first + tile) * group + map % group;
                let places = to.chunks_exact_mut(layout.place(self.maps));
                for (to, turned) in places.zip(turned.as_flattened()) {
                    let to = &mut to[start..start + S::F32_LANES];
                    S::as_mut_simd_f32s(to).0[0] = *turned;
                }
            }
        }
    }

    /// A vector of maps, `[row, column]` of a square of pixels.
    #[inline(always)]
    fn tile<S: Simd, const N: usize>(
        &self,
        simd: S,
        [row, column]: [usize; 2],
        map: usize,
    ) -> Tile<S::f32s, N> {
        let mut tile = [[simd.splat_f32s(0.0); N]; N];
        for (y, tile) in tile.iter_mut().enumerate() {
            let start = ((row + y) * self.columns + column) * self.maps;
            let line = &self.numbers[start..start + N * self.maps];
            for (to, pixel) in tile.iter_mut().zip(line.chunks_exact(self.maps)) {
                *to = S::as_simd_f32s(&pixel[map..map + S::F32_LANES]).0[0];
            }
        }
        tile
    }
}

/// One row of all maps to its pixels, `[column, map]`.
#[inline(always)]
fn bring(of: Maps<'_>, row: usize, to: &mut [f32], maps: usize) {
    let [height, width_of] = of.size;
    let area = height * width_of;
    let taken = to.len() / maps;
    let last = of.numbers.len() / area - 1;
    for first in (0..=last).step_by(TOGETHER) {
        let count = TOGETHER.min(maps - first);
        let mut column = 0;
        while column < taken {
            let width = TOGETHER.min(taken - column);
            let mut block = [[0.0; TOGETHER]; TOGETHER];
            for (map, block) in block.iter_mut().enumerate() {
                // The last ones again, where there are no more maps.
                let start = (first + map).min(last) * area + row * width_of + column;
                if width == TOGETHER {
                    block.copy_from_slice(&of.numbers[start..start + TOGETHER]);
                } else {
                    block[..width].copy_from_slice(&of.numbers[start..start + width]);
                }
            }
            let to = to[column * maps..].chunks_exact_mut(maps).take(width);
            for (place, to) in to.enumerate() {
                let mut line = [0.0; TOGETHER];
                for (to, block) in line.iter_mut().zip(&block) {
                    *to = block[place];
                }
                if count == TOGETHER {
                    to[first..first + TOGETHER].copy_from_slice(&line);
                } else {
                    to[first..].copy_from_slice(&line[..count]);
                }
            }
            column += width;
        }
    }
}
