//! Affine maps of the plane, and how a map that turns or shears reads the pixels of a picture.

use crate::dataset::resize::InputSize;

/// A map beyond this reads a whole row of a picture for a single pixel: nobody wants it.
const LIMIT: f64 = 4096.0;

/// x′ = a·x + b·y + c and y′ = d·x + e·y + f, as `[a, b, c, d, e, f]`. Pixel 0 has its middle at 0.5.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Map(pub [f64; 6]);

impl Map {
    /// From the pixels of `to` to those of `from`, edge to edge.
    pub fn between(from: InputSize, to: InputSize) -> Self {
        let ratio = |from: usize, to: usize| from as f64 / to.max(1) as f64;
        let across = ratio(from.width, to.width);
        let down = ratio(from.height, to.height);
        Self([across, 0.0, 0.0, 0.0, down, 0.0])
    }

    /// First `inner`, then this.
    pub fn then(self, inner: Self) -> Self {
        let [a, b, c, d, e, f] = self.0;
        let [g, h, i, j, k, l] = inner.0;
        Self([
            a * g + b * j,
            a * h + b * k,
            a * i + b * l + c,
            d * g + e * j,
            d * h + e * k,
            d * i + e * l + f,
        ])
    }

    /// The same with another fixed point than 0.
    pub fn about(self, x: f64, y: f64) -> Self {
        let to = Self([1.0, 0.0, x, 0.0, 1.0, y]);
        let back = Self([1.0, 0.0, -x, 0.0, 1.0, -y]);
        to.then(self).then(back)
    }

    pub fn is_identity(self) -> bool {
        self.0 == [1.0, 0.0, 0.0, 0.0, 1.0, 0.0]
    }

    /// Rows stay rows and columns stay columns.
    pub fn is_upright(self) -> bool {
        let [_, b, _, d, _, _] = self.0;
        b == 0.0 && d == 0.0
    }

    /// Whether its numbers are such that pixels can be counted.
    pub fn is_possible(self) -> bool {
        let [a, b, c, d, e, f] = self.0;
        [a, b, d, e].iter().all(|number| number.abs() < LIMIT)
            && [c, f].iter().all(|number| number.abs() < LIMIT * LIMIT)
    }

    /// How many pixels of the picture lie behind one of the result, along the denser side.
    fn density(self) -> f64 {
        let [a, b, _, d, e, _] = self.0;
        (a * a + d * d).max(b * b + e * e).sqrt()
    }

    /// Whether each pixel reads four of the picture at most: it does not shrink by more than what `points` overlooks.
    pub fn reads_four(self) -> bool {
        let [a, _, _, _, e, _] = self.0;
        if self.is_upright() {
            a.abs() <= 1.0 && e.abs() <= 1.0
        } else {
            self.points() == 1
        }
    }

    /// How many points a side stand for one pixel: one reads the picture bilinearly; where it shrinks, the mean of
    /// several keeps fine patterns from flickering.
    pub fn points(self) -> usize {
        match self.density() {
            density if density <= 1.3 => 1,
            density if density <= 2.6 => 2,
            _ => 4,
        }
    }
}

/// Where each pixel of one row of the result reads, and with which weight: for each `4 · points²`, whose weights sum to
/// 2^22. `row` counts from 0.
pub fn row_taps(
    map: Map,
    from: InputSize,
    row: usize,
    width: usize,
    indexes: &mut Vec<u32>,
    weights: &mut Vec<i32>,
) {
    let points = map.points();
    // Bits of a fraction: 11, 10 or 9, so that all weights of a pixel sum to 2^22.
    let bits = 11 - points.ilog2();
    let one = 1i64 << bits;
    let [a, b, c, d, e, f] = map.0;
    indexes.clear();
    weights.clear();
    for column in 0..width {
        for point in 0..points * points {
            let offset = |place: usize| (place as f64 + 0.5) / points as f64;
            let x = column as f64 + offset(point % points);
            let y = row as f64 + offset(point / points);
            let fixed = |place: f64| ((place - 0.5) * one as f64).round() as i64;
            let (x, y) = (fixed(a * x + b * y + c), fixed(d * x + e * y + f));
            let (left, top) = (x >> bits, y >> bits);
            let (right, below) = ((x & (one - 1)) as i32, (y & (one - 1)) as i32);
            let whole = one as i32;
            let columns = [mirrored(left, from.width), mirrored(left + 1, from.width)];
            let rows = [mirrored(top, from.height), mirrored(top + 1, from.height)];
            for (row, down) in rows.into_iter().zip([whole - below, below]) {
                for (column, across) in columns.into_iter().zip([whole - right, right]) {
                    indexes.push((row * from.width + column) as u32);
                    weights.push(down * across);
                }
            }
        }
    }
}

/// The place that stands for one outside of `0..length`: as in a mirror at the edge, whose pixel is seen twice.
/// `length` is above 0.
pub fn mirrored(place: i64, length: usize) -> usize {
    if let Ok(place) = usize::try_from(place)
        && place < length
    {
        return place;
    }
    let length = length as i64;
    let place = place.rem_euclid(2 * length);
    place.min(2 * length - 1 - place) as usize
}
