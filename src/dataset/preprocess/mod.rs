//! From a picture to the numbers that a network takes: part of the recipe, and the same in training, validation, test,
//! prediction and exported programs.

use serde::{Deserialize, Serialize};

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
    /// All of it, with bars of the mean grey (128) at two sides.
    Fit,
    /// As large as it can be, what stands over at two sides is cut off.
    Crop,
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
