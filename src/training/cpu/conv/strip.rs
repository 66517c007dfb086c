//! Images side by side, so that a convolution reads whole rows of them at fixed distances.
//!
//! A strip holds, for each map, the padded rows of some images one after the other: row 0 of the first, row 0 of the
//! second, …, row 1 of the first. Where a kernel stands at (y, x) of an image, each of its weights meets the number at
//! the same distance from there; so a run of positions is a run of numbers, and nothing is copied for each weight
//! (as im2col does). With a stride, the rows and columns are first dealt out to as many planes as there are steps, in
//! each of which the kernel moves by one.
//!
//! Between the rows of a strip stand positions that mean nothing. Where they would be many (small maps), the strip is
//! unrolled: then it does hold, for each weight, a copy of the numbers that it meets.

use std::ops::RangeInclusive;

use super::geometry::Geometry;
use crate::training::cpu::tile::{LANES, VECTORS};

/// Numbers that stay in the nearest cache (24 KiB).
const CACHED: usize = 6 << 10;

/// How the numbers of a strip are laid out.
#[derive(Clone, Debug)]
pub struct Strip {
    geometry: Geometry,
    pub images: usize,
    /// From a position to the one in the next row, or the next image.
    row: usize,
    image: usize,
    /// Numbers of a plane.
    plane: usize,
    /// For unrolled strips: what each weight of a map meets at each position of an image, `[kernel height, kernel
    /// width, row, column]`; beyond the map where it meets a zero.
    meets: Option<Vec<u32>>,
}

impl Strip {
    /// With as many images as vectors fill well, within bounds.
    pub fn new(geometry: &Geometry, images: RangeInclusive<usize>) -> Self {
        let [padded_height, padded_width] = geometry.padded();
        let [height, width] = geometry.output();
        let columns = if geometry.stride[1] == 1 {
            // The zeros behind a row of an image are those before a row of the next one.
            let (left, right) = geometry.padding[1];
            geometry.size[1] + left.max(right)
        } else {
            padded_width.div_ceil(geometry.stride[1])
        };
        let unrolled = 5 * width <= 4 * columns;
        let of_image = height * if unrolled { width } else { columns };
        let images = (2 * VECTORS * LANES)
            .div_ceil(of_image)
            .clamp(*images.start(), *images.end());
        let (row, image, plane) = if unrolled {
            (width, height * width, images * height * width)
        } else {
            let row = images * columns;
            let rows = padded_height.div_ceil(geometry.stride[0]);
            // The last row of the last image has all its zeros.
            let beyond = padded_width.saturating_sub(columns);
            (row, columns, rows * row + beyond)
        };
        Self {
            geometry: *geometry,
            images,
            row,
            image,
            plane,
            meets: unrolled.then(|| meets(geometry)),
        }
    }

    /// From a position to the one in the next row.
    pub fn line(&self) -> usize {
        self.row
    }

    /// Rows out that are computed at a time, so that `maps` maps of sums have at most about so many numbers.
    pub fn band(&self, maps: usize, numbers: usize) -> usize {
        let [height, _] = self.geometry.output();
        if self.meets.is_some() {
            return height;
        }
        // Whole pairs of rows, for pooling.
        let rows = (numbers / (maps * self.row)).next_multiple_of(2);
        rows.clamp(2, height.max(2)).min(height)
    }

    /// Weights of a filter that are taken at a time, so that the numbers they meet in a run of positions stay in the
    /// cache.
    pub fn block(&self, positions: usize) -> usize {
        let [height, width] = self.geometry.kernel;
        let [down, across] = self.geometry.stride;
        let (numbers, taps) = if self.meets.is_some() {
            (positions, 1)
        } else {
            let reach = self.geometry.reach()[0] / down * self.row;
            ((positions + reach) * down * across, height * width)
        };
        (CACHED / numbers).max(1).saturating_mul(taps).max(64)
    }

    /// Numbers of the strip for one map.
    pub fn span(&self) -> usize {
        let [down, across] = if self.meets.is_some() {
            self.geometry.kernel
        } else {
            self.geometry.stride
        };
        down * across * self.plane
    }

    /// Numbers of the strip, with room to read a block beyond its end.
    pub fn len(&self) -> usize {
        self.geometry.channels * self.span() + VECTORS * LANES
    }

    /// Positions of the kernel from the first of the first image to the last of the last; those between images and
    /// at the ends of rows mean nothing.
    pub fn positions(&self) -> usize {
        let [height, width] = self.geometry.output();
        self.position(self.images - 1, height - 1) + width
    }

    /// The position of the first column of an image's row out.
    pub fn position(&self, image: usize, row: usize) -> usize {
        row * self.row + image * self.image
    }

    /// The distance from a position to what a weight meets there.
    pub fn offset(&self, channel: usize, y: usize, x: usize) -> u32 {
        let geometry = &self.geometry;
        let place = if self.meets.is_some() {
            let [height, width] = geometry.kernel;
            ((channel * height + y) * width + x) * self.plane
        } else {
            let [down, across] = geometry.dilation;
            self.place(channel, y * down, x * across)
        };
        place as u32
    }

    /// The same for all weights `[channel, kernel height, kernel width]`.
    pub fn offsets(&self) -> Vec<u32> {
        let [height, width] = self.geometry.kernel;
        let taps = 0..self.geometry.taps();
        taps.map(|tap| self.offset(tap / (height * width), tap / width % height, tap % width))
            .collect()
    }

    /// Where a number of the first image stands; `y` and `x` count from the frame of zeros.
    fn place(&self, channel: usize, y: usize, x: usize) -> usize {
        let [down, across] = self.geometry.stride;
        let plane = (channel * down + y % down) * across + x % across;
        plane * self.plane + (y / down) * self.row + x / across
    }

    /// Writes images `[image, channel, height, width]` into a strip: all maps of the first ones that it has room for.
    pub fn fill_images(&self, images: &[f32], strip: &mut [f32]) {
        let [height, width] = self.geometry.size;
        for (number, image) in images.chunks_exact(self.geometry.image()).enumerate() {
            let maps = image.chunks_exact(height * width);
            for (map, strip) in maps.zip(strip.chunks_exact_mut(self.span())) {
                self.fill(number, map, strip);
            }
        }
    }

    /// Writes a map `[height, width]` of an image into its [`span`](Self::span) of a strip, where zeros stand or the
    /// same places were written before.
    pub fn fill(&self, number: usize, map: &[f32], strip: &mut [f32]) {
        if let Some(meets) = &self.meets {
            let taps = meets.chunks_exact(self.image);
            for (meets, plane) in taps.zip(strip.chunks_exact_mut(self.plane)) {
                let to = &mut plane[number * self.image..][..self.image];
                for (to, place) in to.iter_mut().zip(meets) {
                    *to = map.get(*place as usize).copied().unwrap_or(0.0);
                }
            }
            return;
        }
        let Geometry {
            size: [_, width],
            stride: [_, across],
            padding: [(above, _), (left, _)],
            ..
        } = self.geometry;
        for (y, row) in map.chunks_exact(width).enumerate() {
            for phase in 0..across.min(width) {
                let start = self.place(0, y + above, phase + left) + number * self.image;
                copy(&row[phase..], across, &mut strip[start..]);
            }
        }
    }
}

/// See [`Strip::meets`].
fn meets(geometry: &Geometry) -> Vec<u32> {
    let [height, width] = geometry.output();
    let mut meets = Vec::with_capacity(geometry.kernel[0] * geometry.kernel[1] * height * width);
    let place = |side: usize, tap: usize, position: usize| {
        let padded = tap * geometry.dilation[side] + position * geometry.stride[side];
        let place = padded.checked_sub(geometry.padding[side].0)?;
        (place < geometry.size[side]).then_some(place)
    };
    for y in 0..geometry.kernel[0] {
        for x in 0..geometry.kernel[1] {
            for row in 0..height {
                for column in 0..width {
                    let met = place(0, y, row).zip(place(1, x, column));
                    meets.push(met.map_or(u32::MAX, |(row, column)| {
                        (row * geometry.size[1] + column) as u32
                    }));
                }
            }
        }
    }
    meets
}

/// Every `step`-th number, as far as both reach.
fn copy(from: &[f32], step: usize, to: &mut [f32]) {
    // For a few numbers a call costs more than a loop.
    if step == 1 && from.len() > 16 {
        let length = from.len().min(to.len());
        to[..length].copy_from_slice(&from[..length]);
    } else {
        let from = from.iter().step_by(step);
        to.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
    }
}
