//! Changes of training images that leave their class as it is, drawn anew for every image in every epoch.
//!
//! ```text
//! Augment ─ plan(seed, epoch, position) ─► Drawn { moves, steps } ─ apply ─► planes
//!    │                                               └─ all moves in one resampling (affine, resample)
//!    └───── mix(seed, epoch, batch, n) ──► Mix: which other image, how much of it, or which rectangle
//! ```
//!
//! What is drawn depends on the seed, the epoch and the image alone: not on threads, nor on the order of the work, nor
//! on the machine. Everything between the draw and the byte is whole numbers, or additions, multiplications,
//! divisions and square roots of numbers with IEEE 754 rounding, which are the same everywhere; `exact` has the rest.
//!
//! Where a move brings in what lies outside of the picture, the picture is mirrored at its edge: neither black bars,
//! which a network would learn, nor streaks.

mod affine;
mod colour;
mod draw;
mod drawn;
mod exact;
mod filter;
mod mix;
mod plan;
mod policy;
mod resample;
mod settings;
mod words;

use serde::{Deserialize, Serialize};

use super::resize::InputSize;

pub(super) use draw::Draws;
pub use drawn::{Drawn, Move, Step};
pub use mix::{Mix, Rectangle};
pub use settings::{Amount, AugmentGroup, AugmentSetting, Span};

/// Pictures are stored at most this much larger than the input, a side.
const MOST_MARGIN: f32 = 1.5;

/// Sheared by no more than this, a picture does not shrink so far along any line that a pixel is the mean of several:
/// the larger singular value of the map stays below 1.3.
const LITTLE_SHEAR: f64 = 27.0;

/// What may happen to a training image. A strength of 0 is off; the default changes nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Augment {
    /// Mirrored left to right, every second time.
    pub flip_horizontal: bool,
    /// Mirrored top to bottom, every second time.
    pub flip_vertical: bool,
    /// Degrees to either side at most.
    pub rotate: f32,
    /// Share of the width and of the height to either side at most.
    pub shift: f32,
    /// Share by which it grows or shrinks at most: 0.2 is from 0.8 to 1.2 times.
    pub zoom: f32,
    /// Degrees to either side at most.
    pub shear: f32,
    /// Random resized crop: the smallest share of the area that is kept (0: off), with proportions from 3:4 to 4:3.
    pub crop: f32,
    /// Share by which the brightness changes at most.
    pub brightness: f32,
    /// Share by which the contrast changes at most.
    pub contrast: f32,
    /// Share by which the saturation changes at most.
    pub saturation: f32,
    /// Degrees of the colour circle to either side at most.
    pub hue: f32,
    /// Standard deviation of a Gaussian blur, in pixels of the input at most.
    pub blur: f32,
    /// Standard deviation of Gaussian noise, at most, as a share of the whole range.
    pub noise: f32,
    /// A rectangle becomes grey: its area at most, as a share of the image's, every second time.
    pub erase: f32,
    /// Images are mixed with another of the batch, labels too: the α of the Beta distribution (0: off).
    pub mixup: f32,
    /// A rectangle comes from another image of the batch, labels by area: the α of the Beta distribution (0: off).
    /// With mixup too, a batch has one or the other.
    pub cutmix: f32,
    /// A ready-made mixture of all of these.
    pub policy: Policy,
}

/// A ready-made mixture of augmentations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Policy {
    /// None.
    #[default]
    None,
    /// `count` operations drawn for every image, each at `magnitude` of 30 (Cubuk et al. 2019).
    RandAugment {
        /// Operations one after the other.
        count: u32,
        /// 0 to 30.
        magnitude: u32,
    },
    /// One operation at a strength drawn for every image (Müller and Hutter 2021).
    TrivialAugment,
}

impl Augment {
    /// Whether it changes nothing.
    pub fn is_off(&self) -> bool {
        *self == Self::default()
    }

    /// Whether whatever is drawn of it is left to a device as a whole ([`Drawn::gathered`]): it moves pixels, and
    /// neither changes their values nor shrinks a picture.
    pub fn is_gathered(&self) -> bool {
        let moves = Self {
            flip_horizontal: self.flip_horizontal,
            flip_vertical: self.flip_vertical,
            rotate: self.rotate,
            shift: self.shift,
            shear: self.shear,
            // Made by the device as well, of pictures that are ready.
            mixup: self.mixup,
            cutmix: self.cutmix,
            ..Self::default()
        };
        *self == moves && plan::strength(self.shear, LITTLE_SHEAR + 1.0) <= LITTLE_SHEAR
    }

    /// How much larger than the input, a side, pictures should be stored, so that zooming in and cropping show detail
    /// instead of blur: 1 where neither happens, 1.5 at most (2.25 times the bytes).
    ///
    /// It is the magnification of the average draw: 1 + zoom / 2, times 1 / √((1 + crop) / 2). Stronger draws are
    /// interpolated.
    pub fn margin(&self) -> f32 {
        let zoom = plan::strength(self.zoom, plan::MOST_ZOOM) / 2.0;
        let crop = match plan::strength(self.crop, 1.0) {
            0.0 => 1.0,
            least => (f64::midpoint(1.0, least)).sqrt(),
        };
        (((1.0 + zoom) / crop) as f32).clamp(1.0, MOST_MARGIN)
    }

    /// The size at which pictures should be stored for such an input: the input's times [`margin`](Self::margin),
    /// rounded up.
    pub fn stored(&self, input: InputSize) -> InputSize {
        let margin = f64::from(self.margin());
        // A margin of 1 leaves every side as it is, exactly.
        let side = |length: usize| (length as f64 * margin).ceil() as usize;
        InputSize {
            height: side(input.height),
            width: side(input.width),
            channels: input.channels,
        }
    }
}
