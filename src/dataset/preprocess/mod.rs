//! From a picture to the numbers that a network takes: part of the recipe, and the same in training, validation, test,
//! prediction and exported programs.

mod normalise;

use image::{DynamicImage, RgbaImage};
use serde::{Deserialize, Serialize};

use super::resize::{self, InputSize};

pub use normalise::{Normaliser, statistics};

/// How pictures become inputs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Preprocess {
    /// How a picture is brought to the network's height and width.
    pub resize: Resize,
    /// How bytes become numbers.
    pub normalise: Normalise,
    /// JPEG files are decoded at a half, a quarter or an eighth where the picture is far larger than the input: faster,
    /// and slightly different numbers.
    pub reduced_decoding: bool,
}

/// How a picture is brought to the network's height and width; always bilinear with anti-aliasing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resize {
    /// Its proportions give way.
    #[default]
    Stretch,
    /// All of it, with bars of the mean grey (128) at two sides: Pillow's `ImageOps.pad`.
    Fit,
    /// As large as it can be, what stands over at two sides is cut off: torchvision's `resize` of the shorter side and
    /// `center_crop`.
    Crop,
}

impl Resize {
    /// In the order in which they are offered.
    pub const ALL: [Self; 3] = [Self::Stretch, Self::Fit, Self::Crop];

    /// In the window.
    pub fn title(self) -> &'static str {
        match self {
            Self::Stretch => "Stretch",
            Self::Fit => "Fit with bars",
            Self::Crop => "Crop the middle",
        }
    }

    /// One sentence on what it does.
    pub fn help(self) -> &'static str {
        match self {
            Self::Stretch => "The whole picture fills the input; its proportions give way",
            Self::Fit => "The whole picture keeps its proportions; grey bars fill the rest",
            Self::Crop => {
                "The middle of the picture keeps its proportions; what stands over is cut off"
            }
        }
    }
}

/// How a byte `b` of a channel becomes a number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Normalise {
    /// `b / 255`, from 0 to 1.
    #[default]
    Unit,
    /// `(b / 255 − mean) / deviation`, of each channel over the training images. A run keeps the numbers as `Given`.
    Statistics,
    /// `(b / 255 − mean) / deviation` with these; a network of one channel takes the first of each.
    Given {
        /// Of red, green, blue.
        mean: [f32; 3],
        /// Of red, green, blue; each above 0.
        deviation: [f32; 3],
    },
}

impl Preprocess {
    /// What is impossible in it, in words; nothing where all is well.
    pub fn faults(&self) -> Vec<String> {
        let Normalise::Given { mean, deviation } = self.normalise else {
            return Vec::new();
        };
        let mut faults = Vec::new();
        for (channel, (mean, deviation)) in ["red", "green", "blue"]
            .iter()
            .zip(mean.into_iter().zip(deviation))
        {
            if !(0.0..=1.0).contains(&mean) {
                faults.push(format!(
                    "Normalise: the mean of {channel} is {mean}; it takes a number from 0 to 1{}",
                    of_bytes(mean)
                ));
            }
            if !(deviation > 0.0 && deviation <= 1.0) {
                faults.push(format!(
                    "Normalise: the deviation of {channel} is {deviation}; it takes a number above 0, at most 1{}",
                    of_bytes(deviation)
                ));
            }
        }
        faults
    }

    /// In short words, for the recipe and the notes of a run: "fitted with bars, normalised by the training images".
    pub fn describe(&self) -> String {
        let resize = match self.resize {
            Resize::Stretch => "stretched",
            Resize::Fit => "fitted with bars",
            Resize::Crop => "cropped to the middle",
        };
        let normalise = match self.normalise {
            Normalise::Unit => "0 to 1",
            Normalise::Statistics => "normalised by the training images",
            Normalise::Given { .. } => "normalised by given means",
        };
        let reduced = if self.reduced_decoding {
            ", decoded at reduced size"
        } else {
            ""
        };
        format!("{resize}, {normalise}{reduced}")
    }
}

/// What to do about a figure that counts from 0 to 255.
fn of_bytes(figure: f32) -> String {
    if figure > 1.0 && figure <= 255.0 {
        return format!(" (counted from 0 to 255? Then it is {})", figure / 255.0);
    }
    String::new()
}

/// The image as `[channel, height, width]` bytes: first colour (1 channel: Pillow's `L`; 3: RGB), then size. With the
/// default the same as [`pixels`](super::pixels).
pub fn input(image: &DynamicImage, size: InputSize, preprocess: &Preprocess) -> Vec<u8> {
    match preprocess.resize {
        Resize::Stretch => resize::pixels(image, size),
        Resize::Fit => resize::fitted(image, size),
        Resize::Crop => resize::cropped(image, size),
    }
}

/// For looking at: the picture of `[channel, height, width]` bytes, as [`input`] and augmentation make them. Bytes
/// that are missing are black.
pub fn picture(planes: &[u8], size: InputSize) -> RgbaImage {
    let side = |length: usize| u32::try_from(length).unwrap_or(0);
    let area = size.height.saturating_mul(size.width);
    let (green, blue) = if size.channels < 3 {
        (0, 0)
    } else {
        (area, area.saturating_mul(2))
    };
    let mut picture = RgbaImage::new(side(size.width), side(size.height));
    for (place, pixel) in picture.pixels_mut().enumerate() {
        let byte = |start: usize| planes.get(start + place).copied().unwrap_or(0);
        pixel.0 = [byte(0), byte(green), byte(blue), 255];
    }
    picture
}
