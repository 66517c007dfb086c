//! From a layer's numbers to the texels of its strip, and each map's range.

use std::sync::Arc;

use super::Grid;

/// A layer's numbers, and which of them are shown where.
#[derive(Clone)]
pub struct Numbers {
    pub version: u64,
    /// `kept × height × width`
    pub values: Arc<[f32]>,
    /// Channels, height, width.
    pub shape: [usize; 3],
    pub kept: usize,
    pub grid: Grid,
}

impl Numbers {
    /// Whether they are the same numbers in the same places, without comparing each.
    pub fn same_as(&self, other: &Self) -> bool {
        self.version == other.version
            && Arc::ptr_eq(&self.values, &other.values)
            && self.grid == other.grid
    }
}

/// What of the numbers becomes texels.
pub struct Picture {
    pub width: usize,
    pub height: usize,
    pub layers: usize,
    /// A map larger than its cell on the screen is made smaller by the mean of squares of this side:
    /// finer detail could not be seen, and would cost memory and flicker.
    pub step: usize,
}

impl Picture {
    pub fn of(maps: &Numbers, cell_pixels: f32) -> Self {
        let [_, height, width] = maps.shape;
        if maps.grid.vector {
            return Self {
                width: maps.kept,
                height: 1,
                layers: 1,
                step: 1,
            };
        }
        let step = width
            .max(height)
            .div_ceil((cell_pixels as usize).clamp(8, 512));
        Self {
            width: width.div_ceil(step),
            height: height.div_ceil(step),
            layers: maps.grid.shown,
            step,
        }
    }

    /// The texels of one cell; what is not a finite number becomes 0.
    pub fn append(&self, maps: &Numbers, number: usize, texels: &mut Vec<f32>) {
        let finite = |value: f32| if value.is_finite() { value } else { 0.0 };
        if maps.grid.vector {
            texels.extend(maps.values.iter().take(self.width).copied().map(finite));
            return;
        }
        let [_, height, width] = maps.shape;
        let channel = maps.grid.first + number;
        let map = maps
            .values
            .get(channel * height * width..(channel + 1) * height * width);
        let map = map.unwrap_or_default();
        for row in (0..height).step_by(self.step) {
            for column in (0..width).step_by(self.step) {
                let (mut sum, mut count) = (0.0, 0.0);
                for y in row..height.min(row + self.step) {
                    for x in column..width.min(column + self.step) {
                        sum += finite(map.get(y * width + x).copied().unwrap_or_default());
                        count += 1.0;
                    }
                }
                texels.push(sum / count);
            }
        }
    }
}

/// The smallest and the largest finite value; zeros where there is none.
pub fn range(values: Option<&[f32]>) -> (f32, f32) {
    let finite = values
        .unwrap_or_default()
        .iter()
        .filter(|value| value.is_finite());
    let (low, high) = finite.fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), value| {
        (low.min(*value), high.max(*value))
    });
    if low <= high { (low, high) } else { (0.0, 0.0) }
}

#[cfg(test)]
mod tests {
    use egui::vec2;

    use super::*;

    fn numbers(shape: [usize; 3], values: Vec<f32>) -> Numbers {
        let [kept, ..] = shape;
        let grid = Grid {
            columns: kept,
            first: 0,
            shown: kept,
            cell: vec2(36.0, 36.0),
            size: vec2(36.0, 36.0),
            vector: false,
        };
        Numbers {
            version: 1,
            values: values.into(),
            shape,
            kept,
            grid,
        }
    }

    #[test]
    fn small_maps_are_taken_as_they_are() {
        let values: Vec<f32> = (0..8).map(|value| value as f32).collect();
        let numbers = numbers([2, 2, 2], values);
        let picture = Picture::of(&numbers, 36.0);
        let mut texels = Vec::new();
        picture.append(&numbers, 1, &mut texels);
        assert_eq!((picture.width, picture.height, picture.step), (2, 2, 1));
        assert_eq!(texels, [4.0, 5.0, 6.0, 7.0]);
    }

    #[test]
    fn maps_larger_than_their_cell_become_means() {
        let values: Vec<f32> = (0..9 * 20).map(|at| (at % 20) as f32).collect();
        let numbers = numbers([1, 9, 20], values);
        let picture = Picture::of(&numbers, 10.0);
        let mut texels = Vec::new();
        picture.append(&numbers, 0, &mut texels);
        assert_eq!((picture.width, picture.height), (10, 5));
        assert_eq!(texels.len(), 50);
        assert_eq!(texels[..3], [0.5, 2.5, 4.5]);
    }

    #[test]
    fn what_is_no_number_spoils_nothing() {
        let numbers = numbers([1, 1, 4], vec![f32::NAN, 1.0, f32::INFINITY, 3.0]);
        let mut texels = Vec::new();
        Picture::of(&numbers, 36.0).append(&numbers, 0, &mut texels);
        assert_eq!(texels, [0.0, 1.0, 0.0, 3.0]);
        assert_eq!(
            range(Some(&[f32::NAN, 1.0, f32::INFINITY, -2.0])),
            (-2.0, 1.0)
        );
        assert_eq!(range(Some(&[f32::NAN])), (0.0, 0.0));
        assert_eq!(range(None), (0.0, 0.0));
    }
}
