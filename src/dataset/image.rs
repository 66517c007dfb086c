//! One image of a data set, and what a single decoding has told of its file.

use serde::{Deserialize, Serialize};

use super::Set;

/// One image that can be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// Below the root with `/`, as found: `cats/a.jpg`. Bytes that are no UTF-8 appear as `\xFF`.
    pub file: String,
    /// Index into [`Dataset::classes`](super::Dataset::classes).
    pub class: usize,
    /// The set that its place says, if any.
    pub given: Option<Set>,
    /// The user has left it out: it stays in the list, and no set, count or figure has it.
    pub excluded: bool,
    /// Pixels, upright.
    pub width: u32,
    /// Pixels, upright.
    pub height: u32,
    /// What its decoding told.
    pub look: Look,
}

/// What one decoding told of a file; the index keeps it, so that each file is decoded once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Look {
    /// Size of the file in bytes.
    pub bytes: u64,
    /// When it was last written: nanoseconds since 1970, 0 where nobody knows.
    pub modified: i64,
    /// XXH3 (64 bits) of the file's bytes. Equal files have equal sums; the reverse wants a comparison of the bytes.
    pub sum: u64,
    /// The perceptual fingerprint: pictures that look alike differ in few of its 256 bits. All 0: not known.
    pub print: [u64; 4],
    /// Mean of red, green and blue over the picture; 0 to 65,535 stands for 0 to 1.
    pub mean: [u16; 3],
    /// Mean of the squares of red, green and blue over the picture, in the same scale.
    pub square: [u16; 3],
    /// How the file keeps its colours.
    pub mode: Mode,
    /// The picture lies rotated or mirrored in the file, and its EXIF data says how it stands upright.
    pub turned: bool,
    /// The file's name ends as another format's names do.
    pub misnamed: bool,
    /// The file holds several pictures; the first is used.
    pub animated: bool,
}

/// How a file keeps its colours.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Not looked at.
    #[default]
    Unknown,
    /// One channel.
    Grey,
    /// One channel with transparency.
    GreyAlpha,
    /// Red, green, blue.
    Colour,
    /// Red, green, blue with transparency.
    ColourAlpha,
    /// One channel of 16 bits or more.
    DeepGrey,
    /// Three or four channels of 16 bits or more.
    DeepColour,
    /// Four inks.
    Cmyk,
}

impl Mode {
    /// As people call it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Grey => "grey",
            Self::GreyAlpha => "grey with transparency",
            Self::Colour => "colour",
            Self::ColourAlpha => "colour with transparency",
            Self::DeepGrey => "16-bit grey",
            Self::DeepColour => "16-bit colour",
            Self::Cmyk => "CMYK",
        }
    }
}
