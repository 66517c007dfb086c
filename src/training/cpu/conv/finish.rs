//! From the sums of a convolution to what it puts out, and back: bias, relu, 2×2 max pooling.

use std::ops::Range;

use super::{CUT, Conv, Finish, Line};

/// Where the sums of one image stand.
pub struct Done {
    pub finish: Finish,
    /// Height and width of a map out.
    pub size: [usize; 2],
    /// Rows of the convolution that are among the sums; all pairs are whole.
    pub rows: Range<usize>,
    /// Where the first of these rows begins.
    pub start: usize,
    /// From a row to the next.
    pub line: usize,
    /// From a filter to the next.
    pub pitch: usize,
}

impl Done {
    /// Writes the rows into `output` (`[filter, height, width]`) and, with pooling, `chosen`.
    #[inline(always)]
    pub fn write(&self, sums: &[f32], line: Line<'_>, output: &mut [f32], chosen: &mut [u8]) {
        let [height, width] = self.size;
        let map = height * width;
        for (filter, output) in output.chunks_exact_mut(map).enumerate() {
            let sums = &sums[filter * self.pitch + self.start..];
            let line = line.of(filter);
            if self.finish.pool {
                let chosen = &mut chosen[filter * map..][..map];
                self.pool(sums, line, output, chosen);
                continue;
            }
            let (scale, shift) = line;
            let output = &mut output[self.rows.start * width..self.rows.end * width];
            for (row, output) in output.chunks_exact_mut(width).enumerate() {
                let sums = &sums[row * self.line..][..width];
                if self.finish.relu {
                    for (output, sum) in output.iter_mut().zip(sums) {
                        *output = relu(scale * sum + shift);
                    }
                } else {
                    for (output, sum) in output.iter_mut().zip(sums) {
                        *output = scale * sum + shift;
                    }
                }
            }
        }
    }

    #[inline(always)]
    fn pool(
        &self,
        sums: &[f32],
        (scale, shift): (f32, f32),
        output: &mut [f32],
        chosen: &mut [u8],
    ) {
        let [height, width] = self.size;
        let rows = self.rows.start / 2..(self.rows.end / 2).min(height);
        let places = rows.start * width..rows.end * width;
        let output = output[places.clone()].chunks_exact_mut(width);
        let chosen = chosen[places].chunks_exact_mut(width);
        for (row, (output, chosen)) in output.zip(chosen).enumerate() {
            let (above, _) = sums[2 * row * self.line..][..2 * width].as_chunks();
            let (below, _) = sums[(2 * row + 1) * self.line..][..2 * width].as_chunks();
            let pairs = above.iter().zip(below);
            for ((output, chosen), (above, below)) in output.iter_mut().zip(chosen).zip(pairs) {
                let scaled = |[a, b]: [f32; 2]| [scale * a + shift, scale * b + shift];
                let (value, place) = greatest(scaled(*above), scaled(*below));
                let cut = self.finish.relu && value <= 0.0;
                *output = if cut { 0.0 } else { value };
                *chosen = if cut { CUT } else { place };
            }
        }
    }
}

/// Of the four, the first where several are the greatest, with its place.
#[inline(always)]
fn greatest([a, b]: [f32; 2], [c, d]: [f32; 2]) -> (f32, u8) {
    let above = if b > a { (b, 1) } else { (a, 0) };
    let below = if d > c { (d, 3) } else { (c, 2) };
    if below.0 > above.0 { below } else { above }
}

/// What is no number stays none, so that it is seen.
#[inline(always)]
fn relu(value: f32) -> f32 {
    if value < 0.0 { 0.0 } else { value }
}

impl Conv {
    /// The gradient by the sums of one image from that by what was pooled from them, `[filter, height, width]`: shows
    /// each with its filter, row, column, and whether relu let it pass.
    #[inline(always)]
    pub fn unpool(
        &self,
        gradient: &[f32],
        chosen: &[u8],
        mut each: impl FnMut(usize, usize, usize, f32, bool),
    ) {
        let [height, width] = self.size();
        let rows = gradient.chunks_exact(width).zip(chosen.chunks_exact(width));
        for (row, (gradient, chosen)) in rows.enumerate() {
            let (filter, y) = (row / height, 2 * (row % height));
            for (x, (value, place)) in gradient.iter().zip(chosen).enumerate() {
                let (down, across) = (usize::from(place >> 1 & 1), usize::from(place & 1));
                each(filter, y + down, 2 * x + across, *value, *place < CUT);
            }
        }
    }
}
