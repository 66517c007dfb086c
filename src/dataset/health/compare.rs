//! Whether two small pictures are one picture: brought over each other first, then compared place by place.
//!
//! A copy may be cropped and lighter: scale and shift of both directions, gain and offset are found by least squares
//! (Lucas and Kanade, "An iterative image registration technique", 1981), with less weight where the pictures differ. What
//! is left is measured against the contrast around each place, so that an edge that moved by half a cell counts for
//! nothing, and an object on a plain background counts in full.

use image::DynamicImage;

use crate::dataset::{InputSize, pixels};

/// Cells of a small picture.
const CELLS: usize = 32;
const STEPS: usize = 5;
/// What each measure may be. Of 2,700 copies (JPEG of quality 30, ±20 % of size, ±10 % of brightness, 3 % cropped) of
/// photographs of 32 to 500 pixels the largest were 0.98, 1.39, 0.31 and 0.08; the median of shots of one scene with
/// an object elsewhere was 8.2, 10.4, 0.29 and 0.03, of different words on white 1.6, 2.2, 0.44 and 0.09.
const PATCH: f32 = 1.15;
const FOURTH: f32 = 1.6;
const RESIDUE: f32 = 0.31;
const CORRELATION: f32 = 0.085;

/// A small picture: 1,024 cells in the picture's proportions, fewer where it has fewer pixels.
pub struct Small {
    columns: usize,
    rows: usize,
    /// `[3, rows, columns]`.
    planes: Vec<u8>,
}

impl Small {
    pub fn new(image: &DynamicImage) -> Self {
        let (width, height) = (image.width().max(1), image.height().max(1));
        let bend = (f64::from(width) / f64::from(height)).log2() / 2.0;
        let bend = bend.round().clamp(-2.0, 2.0) as i32;
        let side = |bend: i32, pixels: u32| {
            let mut cells = match u32::try_from(bend) {
                Ok(bend) => CELLS << bend,
                Err(_) => CELLS >> bend.unsigned_abs(),
            };
            // A cell of less than one and a half pixels shows how the file was saved, not what is in it.
            while cells > 4 && pixels as usize * 2 < cells * 3 {
                cells /= 2;
            }
            cells
        };
        let (columns, rows) = (side(bend, width), side(-bend, height));
        let shape = InputSize {
            height: rows,
            width: columns,
            channels: 3,
        };
        Self {
            columns,
            rows,
            planes: pixels(image, shape),
        }
    }

    fn plane(&self, channel: usize, columns: usize, rows: usize) -> Plane {
        let (wide, high) = (self.columns / columns, self.rows / rows);
        let start = channel * self.columns * self.rows;
        let mut values = Vec::with_capacity(columns * rows);
        for row in 0..rows {
            for column in 0..columns {
                let mut sum = 0.0;
                for y in row * high..(row + 1) * high {
                    let line = start + y * self.columns + column * wide;
                    let cells = self.planes.get(line..line + wide).unwrap_or_default();
                    sum += cells.iter().map(|&cell| f32::from(cell)).sum::<f32>();
                }
                values.push(sum / (wide * high) as f32);
            }
        }
        Plane {
            columns,
            rows,
            values,
        }
    }
}

#[derive(Clone)]
struct Plane {
    columns: usize,
    rows: usize,
    values: Vec<f32>,
}

/// How one picture lies over another: `[shift, stretch]` of columns and rows in cells, gain, offset.
#[derive(Clone, Copy)]
struct Fit([f32; 6]);

/// How much two pictures differ: up to 1 they may be copies of one picture, up to 0.5 they certainly are.
pub fn difference(left: &Small, right: &Small) -> f32 {
    let (columns, rows) = (left.columns.min(right.columns), left.rows.min(right.rows));
    let planes = |small: &Small| [0, 1, 2].map(|channel| small.plane(channel, columns, rows));
    let (mut dark, mut light) = (planes(left), planes(right));
    let (mut grey, mut aim) = (mean_of(&dark), mean_of(&light));
    // To the lighter one, whose brightest places may be cut off at white.
    if mean(&grey.values) > mean(&aim.values) {
        std::mem::swap(&mut dark, &mut light);
        std::mem::swap(&mut grey, &mut aim);
    }
    let fit = fit(&grey, &aim);
    let moved = dark.map(|plane| plane.laid(&fit));
    measured(&moved, &light)
}

fn mean(values: &[f32]) -> f32 {
    values.iter().sum::<f32>() / values.len().max(1) as f32
}

fn mean_of([red, green, blue]: &[Plane; 3]) -> Plane {
    let values = red.values.iter().zip(&green.values).zip(&blue.values);
    Plane {
        values: values.map(|((r, g), b)| (r + g + b) / 3.0).collect(),
        ..red.clone()
    }
}

impl Plane {
    fn at(&self, column: usize, row: usize) -> f32 {
        let column = column.min(self.columns - 1);
        let row = row.min(self.rows - 1);
        let value = self.values.get(row * self.columns + column);
        value.copied().unwrap_or(0.0)
    }

    /// Moved and stretched, without gain and offset.
    fn moved(&self, fit: &Fit) -> Self {
        let [shift, stretch, down, tall, ..] = fit.0;
        let place = |index: usize, cells: usize, shift: f32, stretch: f32| {
            let last = (cells - 1) as f32;
            let place = (index as f32 - last / 2.0) * (1.0 + stretch) + shift + last / 2.0;
            let place = place.clamp(0.0, last);
            (place as usize, place.fract())
        };
        let across: Vec<(usize, f32)> = (0..self.columns)
            .map(|column| place(column, self.columns, shift, stretch))
            .collect();
        let mut values = Vec::with_capacity(self.values.len());
        for row in 0..self.rows {
            let (y, lower) = place(row, self.rows, down, tall);
            for &(x, right) in &across {
                let between =
                    |row: usize| self.at(x, row) * (1.0 - right) + self.at(x + 1, row) * right;
                values.push(between(y) * (1.0 - lower) + between(y + 1) * lower);
            }
        }
        Self { values, ..*self }
    }

    /// Moved, stretched and made as light.
    fn laid(&self, fit: &Fit) -> Self {
        let [.., gain, offset] = fit.0;
        let mut moved = self.moved(fit);
        for value in &mut moved.values {
            *value = (*value * gain + offset).clamp(0.0, 255.0);
        }
        moved
    }

    /// Largest less smallest value of each place and its eight neighbours.
    fn ranges(&self) -> Vec<f32> {
        let mut ranges = Vec::with_capacity(self.values.len());
        for row in 0..self.rows {
            for column in 0..self.columns {
                let (mut least, mut most) = (f32::INFINITY, f32::NEG_INFINITY);
                for y in row.saturating_sub(1)..=row + 1 {
                    for x in column.saturating_sub(1)..=column + 1 {
                        let value = self.at(x, y);
                        least = least.min(value);
                        most = most.max(value);
                    }
                }
                ranges.push(most - least);
            }
        }
        ranges
    }
}

/// How `from` lies over `to`, the best of some steps.
fn fit(from: &Plane, to: &Plane) -> Fit {
    let (wide, high) = (from.columns as f32, from.rows as f32);
    let mut now = Fit([0.0, 0.0, 0.0, 0.0, 1.0, 0.0]);
    let mut best = (f32::INFINITY, now);
    for step in 0..=STEPS {
        let moved = from.moved(&now);
        let [.., gain, offset] = now.0;
        let residues: Vec<f32> = moved
            .values
            .iter()
            .zip(&to.values)
            .map(|(value, aim)| aim - (value * gain + offset).clamp(0.0, 255.0))
            .collect();
        let error: f32 = residues.iter().map(|residue| residue.abs().min(40.0)).sum();
        // Most pairs lie well from the start, or never will.
        let settled = error > 0.98 * best.0;
        if error < best.0 {
            best = (error, now);
        }
        if step == STEPS || settled {
            break;
        }
        let change = step_of(&moved, to, &residues, gain);
        let limits = [0.04 * wide, 0.08, 0.04 * high, 0.08];
        let mut next = now.0;
        for (value, change) in next.iter_mut().zip(change) {
            *value += change;
        }
        for (value, limit) in next.iter_mut().zip(limits) {
            *value = value.clamp(-limit, limit);
        }
        next[4] = next[4].clamp(0.75, 1.33);
        next[5] = next[5].clamp(-40.0, 40.0);
        now = Fit(next);
    }
    best.1
}

/// One weighted step of Gauss and Newton.
fn step_of(moved: &Plane, to: &Plane, residues: &[f32], gain: f32) -> [f32; 6] {
    let (wide, high) = (moved.columns as f32, moved.rows as f32);
    // Brings the six unknowns to one scale.
    let scales = [1.0, wide / 4.0, 1.0, high / 4.0, 100.0, 1.0];
    let mut normal = [[0.0_f32; 7]; 6];
    for (place, (&value, (&residue, &aim))) in moved
        .values
        .iter()
        .zip(residues.iter().zip(&to.values))
        .enumerate()
    {
        // What is cut off at white says nothing.
        if aim >= 252.0 {
            continue;
        }
        let (column, row) = (place % moved.columns, place / moved.columns);
        let slope = |ahead: f32, behind: f32, cells: usize| gain * (ahead - behind) / cells as f32;
        let (left, right) = (
            column.saturating_sub(1),
            (column + 1).min(moved.columns - 1),
        );
        let (top, bottom) = (row.saturating_sub(1), (row + 1).min(moved.rows - 1));
        let across = slope(
            moved.at(right, row),
            moved.at(left, row),
            (right - left).max(1),
        );
        let down = slope(
            moved.at(column, bottom),
            moved.at(column, top),
            (bottom - top).max(1),
        );
        let x = column as f32 - (wide - 1.0) / 2.0;
        let y = row as f32 - (high - 1.0) / 2.0;
        let mut line = [across, across * x, down, down * y, value, 1.0];
        for (value, scale) in line.iter_mut().zip(scales) {
            *value /= scale;
        }
        let weight = 1.0 / (1.0 + residue.abs() / 8.0);
        for (sums, first) in normal.iter_mut().zip(line) {
            for (sum, second) in sums.iter_mut().zip(line.iter().chain([&residue])) {
                *sum += weight * first * second;
            }
        }
    }
    for (index, (row, damping)) in normal
        .iter_mut()
        .zip([30.0, 30.0, 30.0, 30.0, 0.01, 0.01])
        .enumerate()
    {
        if let Some(value) = row.get_mut(index) {
            *value += damping;
        }
    }
    let mut change = solved(normal);
    for (value, scale) in change.iter_mut().zip(scales) {
        *value /= scale;
    }
    change
}

/// Gauss's elimination; the matrix is positive, so that no rows need to change places.
fn solved(mut rows: [[f32; 7]; 6]) -> [f32; 6] {
    for pivot in 0..6 {
        let [head, ..] = [rows[pivot]];
        for (index, row) in rows.iter_mut().enumerate() {
            if index == pivot {
                continue;
            }
            let share = row[pivot] / head[pivot];
            for (value, of_head) in row.iter_mut().zip(head) {
                *value -= share * of_head;
            }
        }
    }
    let mut solution = [0.0; 6];
    for (index, value) in solution.iter_mut().enumerate() {
        let quotient = rows[index][6] / rows[index][index];
        *value = if quotient.is_finite() { quotient } else { 0.0 };
    }
    solution
}

/// The largest of the four measures, each by what it may be.
fn measured(moved: &[Plane; 3], aim: &[Plane; 3]) -> f32 {
    let [first, ..] = aim;
    let (columns, rows) = (first.columns, first.rows);
    let mut worst = vec![0.0_f32; first.values.len()];
    let mut square = 0.0;
    for (moved, aim) in moved.iter().zip(aim) {
        let (ranges, others) = (moved.ranges(), aim.ranges());
        let contrasts = ranges
            .iter()
            .zip(&others)
            .map(|(left, right)| left.min(*right));
        let values = moved.values.iter().zip(&aim.values).zip(contrasts);
        for (worst, ((value, aim), contrast)) in worst.iter_mut().zip(values) {
            let residue = (value - aim).abs();
            square += residue * residue;
            *worst = worst.max(residue / (10.0 + 0.5 * contrast));
        }
    }
    // A crop leaves the outermost cells without a counterpart.
    let inside = |column: usize, row: usize| {
        worst
            .get((row + 1) * columns + column + 1)
            .copied()
            .unwrap_or(0.0)
    };
    let (wide, high) = (columns.saturating_sub(2), rows.saturating_sub(2));
    let mut all = Vec::with_capacity(wide * high);
    let mut patch = 0.0_f32;
    for row in 0..high {
        for column in 0..wide {
            let here = inside(column, row);
            all.push(here);
            if column + 1 < wide && row + 1 < high {
                let lower = inside(column, row + 1).min(inside(column + 1, row + 1));
                patch = patch.max(here.min(inside(column + 1, row)).min(lower));
            }
        }
    }
    all.sort_unstable_by(|left, right| right.total_cmp(left));
    let fourth = all.get(3).copied().unwrap_or(0.0);
    let every: Vec<f32> = aim
        .iter()
        .flat_map(|plane| &plane.values)
        .copied()
        .collect();
    let residue = (square / every.len().max(1) as f32).sqrt() / deviation(&every).max(8.0);
    let apart = 1.0 - correlation(&mean_of(moved).values, &mean_of(aim).values);
    (patch / PATCH)
        .max(fourth / FOURTH)
        .max(residue / RESIDUE)
        .max(apart / CORRELATION)
}

fn deviation(values: &[f32]) -> f32 {
    let middle = mean(values);
    let squares: f32 = values.iter().map(|value| (value - middle).powi(2)).sum();
    (squares / values.len().max(1) as f32).sqrt()
}

/// Pearson's; 1 where a picture is nearly plain, of which the other measures say enough.
fn correlation(left: &[f32], right: &[f32]) -> f32 {
    let (first, second) = (deviation(left), deviation(right));
    if first.min(second) < 4.0 {
        return 1.0;
    }
    let (middle, other) = (mean(left), mean(right));
    let products = left
        .iter()
        .zip(right)
        .map(|(a, b)| (a - middle) * (b - other));
    products.sum::<f32>() / (left.len().max(1) as f32 * first * second)
}
