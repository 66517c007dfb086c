//! What was drawn for one image, and how it comes about.

use std::cell::RefCell;

use super::affine::Map;
use super::resample::{Warp, warp};
use super::{colour, filter};
use crate::dataset::resize::{InputSize, MEAN_GREY};

/// The changes of one image. The moves come first, all in one resampling; then the steps, one after the other.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Drawn {
    /// What happens to the place of pixels, in this order.
    pub moves: Vec<Move>,
    /// What happens to their values, in this order.
    pub steps: Vec<Step>,
}

/// A change of place. Angles are in degrees; x goes right and y goes down.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Move {
    /// A part of the picture fills all of it: shares of its width and height.
    Crop {
        /// Of the part's left edge.
        left: f64,
        /// Of its top edge.
        top: f64,
        /// Of its width; above 0.
        width: f64,
        /// Of its height; above 0.
        height: f64,
    },
    /// Left becomes right.
    FlipHorizontal,
    /// Top becomes bottom.
    FlipVertical,
    /// It grows by this factor, above 0, about its middle.
    Zoom(f64),
    /// Rows slide over each other, as torchvision's `affine(shear=[angle, 0])`.
    Shear(f64),
    /// About its middle, clockwise for angles above 0.
    Rotate(f64),
    /// To the right and down, by shares of the width and the height, rounded to whole pixels: nothing is blurred.
    Shift {
        /// Of the width.
        x: f64,
        /// Of the height.
        y: f64,
    },
    /// To the right and down, by pixels.
    Translate {
        /// To the right.
        x: f64,
        /// Down.
        y: f64,
    },
    /// Rows or columns slide over each other, the corner at the top left stays: the shear of the policies.
    Slant {
        /// How far a row slides for each row that it is lower.
        x: f64,
        /// How far a column slides for each column that it is further right.
        y: f64,
    },
}

/// A change of values. Factors are 0 or more, and 1 changes nothing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Step {
    /// All values times this factor.
    Brightness(f64),
    /// All values' distance from the mean grey of the picture times this factor.
    Contrast(f64),
    /// Each pixel's distance from its own grey times this factor; nothing for grey pictures.
    Saturation(f64),
    /// Degrees on the circle of colours; nothing for grey pictures.
    Hue(f64),
    /// Each pixel's distance from its surroundings' mean times this factor.
    Sharpness(f64),
    /// Bits of each value that are kept, 0 to 8.
    Posterize(u8),
    /// Values from this on are inverted.
    Solarize(f32),
    /// In each channel the darkest value becomes 0 and the brightest 255.
    AutoContrast,
    /// In each channel all values become about equally frequent.
    Equalize,
    /// A Gaussian of this standard deviation, in pixels.
    Blur(f32),
    /// Gaussian noise: its standard deviation as a share of the whole range, and its seed.
    Noise(f32, u64),
    /// A rectangle becomes mean grey, in all channels: shares of the width and the height.
    Erase {
        /// Of its left edge.
        left: f64,
        /// Of its top edge.
        top: f64,
        /// Of its width.
        width: f64,
        /// Of its height.
        height: f64,
    },
}

/// What a thread keeps between two images, so that nothing is allocated for each.
#[derive(Debug, Default)]
pub struct Scratch {
    pub source: Vec<u8>,
    pub warp: Warp,
    pub wide: Vec<u16>,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

impl Drawn {
    /// Whether it changes nothing.
    pub fn is_off(&self) -> bool {
        self.moves.is_empty() && self.steps.is_empty()
    }

    /// Changes an image in place. `planes`: `[channel, height, width]`; if there are fewer bytes than that, nothing
    /// happens.
    pub fn apply(&self, planes: &mut [u8], size: InputSize) {
        let Some(planes) = planes.get_mut(..size.elements()) else {
            return;
        };
        SCRATCH.with_borrow_mut(|scratch| {
            let map = self.map(size, size);
            if !map.is_identity() {
                let mut source = std::mem::take(&mut scratch.source);
                source.clear();
                source.extend_from_slice(planes);
                warp(&source, size, planes, size, map, &mut scratch.warp);
                scratch.source = source;
            }
            self.change(planes, size, scratch);
        });
    }

    /// The same of a stored picture of another size, which is brought to the input's in the one resampling. If there
    /// are fewer bytes than the sizes say, or the channels differ, nothing happens.
    pub fn apply_from(&self, stored: &[u8], from: InputSize, planes: &mut [u8], to: InputSize) {
        let (Some(stored), Some(planes)) = (
            stored.get(..from.elements()),
            planes.get_mut(..to.elements()),
        ) else {
            return;
        };
        if from.channels != to.channels || stored.is_empty() {
            return;
        }
        let map = self.map(from, to);
        SCRATCH.with_borrow_mut(|scratch| {
            if from == to && map.is_identity() {
                planes.copy_from_slice(stored);
            } else {
                warp(stored, from, planes, to, map, &mut scratch.warp);
            }
            self.change(planes, to, scratch);
        });
    }

    /// Where a pixel of the changed image, whose size is `to`, comes from in the stored one, whose size is `from`:
    /// `[a, b, c, d, e, f]` for x′ = a·x + b·y + c and y′ = d·x + e·y + f, where pixel 0 has its middle at 0.5. For
    /// a device that moves images itself.
    pub fn matrix(&self, from: InputSize, to: InputSize) -> [f64; 6] {
        self.map(from, to).0
    }

    /// The [`matrix`](Self::matrix), where it is all that happens and a pixel is read from no more than four: a
    /// bilinear reading, mirrored at the edges and rounded, is then what [`apply_from`](Self::apply_from) makes, but
    /// for 1 of 255 where places are fractions. Nothing where values change, or the picture shrinks.
    pub fn gathered(&self, from: InputSize, to: InputSize) -> Option<[f64; 6]> {
        let map = self.map(from, to);
        (self.steps.is_empty() && map.reads_four()).then_some(map.0)
    }

    fn map(&self, from: InputSize, to: InputSize) -> Map {
        let plain = Map::between(from, to);
        let moved = self
            .moves
            .iter()
            .fold(plain, |map, change| map.then(change.inverse(to)));
        // Impossible moves, such as growing by nothing, are none.
        if moved.is_possible() { moved } else { plain }
    }

    fn change(&self, planes: &mut [u8], size: InputSize, scratch: &mut Scratch) {
        if size.elements() == 0 {
            return;
        }
        for step in &self.steps {
            step.apply(planes, size, scratch);
        }
    }
}

impl Move {
    /// Where a pixel of the changed picture was before, in pixels of the changed picture.
    fn inverse(self, size: InputSize) -> Map {
        let (width, height) = (size.width as f64, size.height as f64);
        match self {
            Self::Crop {
                left,
                top,
                width: wide,
                height: high,
            } => Map([wide, 0.0, left * width, 0.0, high, top * height]),
            Self::FlipHorizontal => Map([-1.0, 0.0, width, 0.0, 1.0, 0.0]),
            Self::FlipVertical => Map([1.0, 0.0, 0.0, 0.0, -1.0, height]),
            Self::Zoom(factor) => Map([1.0 / factor, 0.0, 0.0, 0.0, 1.0 / factor, 0.0])
                .about(width / 2.0, height / 2.0),
            Self::Shear(angle) => Map([1.0, super::exact::tangent(angle), 0.0, 0.0, 1.0, 0.0])
                .about(width / 2.0, height / 2.0),
            Self::Rotate(angle) => {
                let (sine, cosine) = super::exact::sine_cosine(angle);
                Map([cosine, sine, 0.0, -sine, cosine, 0.0]).about(width / 2.0, height / 2.0)
            }
            Self::Shift { x, y } => Map([
                1.0,
                0.0,
                -(x * width).round(),
                0.0,
                1.0,
                -(y * height).round(),
            ]),
            Self::Translate { x, y } => Map([1.0, 0.0, -x, 0.0, 1.0, -y]),
            Self::Slant { x, y } => Map([1.0, x, 0.0, y, 1.0, 0.0]),
        }
    }
}

impl Step {
    fn apply(self, planes: &mut [u8], size: InputSize, scratch: &mut Scratch) {
        let area = size.height * size.width;
        match self {
            Self::Brightness(factor) => colour::brightness(planes, factor),
            Self::Contrast(factor) => colour::contrast(planes, area, factor),
            Self::Saturation(factor) => colour::saturation(planes, area, factor),
            Self::Hue(degrees) => colour::hue(planes, area, degrees),
            Self::Sharpness(factor) => filter::sharpness(planes, size, factor, &mut scratch.source),
            Self::Posterize(bits) => colour::posterize(planes, bits),
            Self::Solarize(threshold) => colour::solarize(planes, threshold),
            Self::AutoContrast => planes.chunks_exact_mut(area).for_each(colour::autocontrast),
            Self::Equalize => planes.chunks_exact_mut(area).for_each(colour::equalize),
            Self::Blur(deviation) => filter::blur(planes, size, deviation, &mut scratch.wide),
            Self::Noise(deviation, seed) => filter::noise(planes, deviation, seed),
            Self::Erase {
                left,
                top,
                width,
                height,
            } => {
                let rows = span(top, height, size.height);
                let columns = span(left, width, size.width);
                for plane in planes.chunks_exact_mut(area) {
                    for row in plane.chunks_exact_mut(size.width).skip(rows.0).take(rows.1) {
                        for byte in row.iter_mut().skip(columns.0).take(columns.1) {
                            *byte = MEAN_GREY;
                        }
                    }
                }
            }
        }
    }
}

/// The first of `length` pixels that a share begins at, and how many it has; all within the length.
pub fn span(start: f64, share: f64, length: usize) -> (usize, usize) {
    let pixel = |share: f64| ((share * length as f64).round().max(0.0) as usize).min(length);
    let (first, last) = (pixel(start), pixel(start + share));
    (first, last.saturating_sub(first))
}
