//! A picture to the numbers that a network takes, and to thumbnails for people.

use std::borrow::Cow;

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use image::{DynamicImage, RgbaImage, imageops};
use serde::{Deserialize, Serialize};

use super::colour;

/// The size of the images that a network takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct InputSize {
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// 1 for grey, 3 for red, green, blue.
    pub channels: usize,
}

impl InputSize {
    /// Values of one image.
    pub fn elements(self) -> usize {
        self.height
            .saturating_mul(self.width)
            .saturating_mul(self.channels)
    }
}

/// The image as `[channel, height, width]` bytes: first colour (1 channel: Pillow's `L`; 3: RGB), then size, stretched,
/// bilinear with anti-aliasing as Pillow's `Image.resize(size, BILINEAR)`. Of the right size already, it is unchanged.
///
/// `check` allows 1 and 3 channels only; for any other number the missing planes are black.
pub fn pixels(image: &DynamicImage, shape: InputSize) -> Vec<u8> {
    let mut planes = match shape.channels {
        0 => Vec::new(),
        1 => stretch(colour::luma(image), image, shape, PixelType::U8).into_owned(),
        _ => planes(&stretch(colour::rgb(image), image, shape, PixelType::U8x3)),
    };
    planes.resize(shape.elements(), 0);
    planes
}

/// The picture at most `side` pixels wide and high, its proportions kept. A smaller picture stays as it is.
pub fn thumbnail(image: &DynamicImage, side: u32) -> RgbaImage {
    let (width, height) = (image.width(), image.height());
    let longest = width.max(height);
    if longest <= side {
        return colour::rgba(image);
    }
    let fit = |length: u32| {
        let scaled =
            (u64::from(length) * u64::from(side) + u64::from(longest) / 2) / u64::from(longest);
        u32::try_from(scaled).unwrap_or(side).clamp(1, side.max(1))
    };
    let (to_width, to_height) = (fit(width), fit(height));
    let whole = colour::rgba(image);
    resample(
        whole.as_raw(),
        (width, height),
        (to_width, to_height),
        PixelType::U8x4,
    )
    .and_then(|bytes| RgbaImage::from_raw(to_width, to_height, bytes))
    .unwrap_or_else(|| imageops::thumbnail(&whole, to_width, to_height))
}

fn stretch<'a>(
    bytes: Cow<'a, [u8]>,
    image: &DynamicImage,
    shape: InputSize,
    kind: PixelType,
) -> Cow<'a, [u8]> {
    let from = (image.width(), image.height());
    let to = (
        u32::try_from(shape.width).unwrap_or(u32::MAX),
        u32::try_from(shape.height).unwrap_or(u32::MAX),
    );
    if from == to {
        return bytes;
    }
    // No bytes (a size of 0) become a black image in `pixels`.
    Cow::Owned(resample(&bytes, from, to, kind).unwrap_or_default())
}

/// Pillow's convolution in 8-bit fixed point; nothing where a size is 0.
///
/// First all rows, then all columns, as Pillow does it: in one call the library may begin with the columns, and
/// rounding in between would differ in every seventh value.
fn resample(bytes: &[u8], from: (u32, u32), to: (u32, u32), kind: PixelType) -> Option<Vec<u8>> {
    if from.0 == 0 || from.1 == 0 || to.0 == 0 || to.1 == 0 {
        return None;
    }
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear));
    let mut resizer = Resizer::new();
    let source = ImageRef::new(from.0, from.1, bytes, kind).ok()?;
    let mut rows = Image::new(to.0, from.1, kind);
    resizer.resize(&source, &mut rows, &options).ok()?;
    let mut target = Image::new(to.0, to.1, kind);
    resizer.resize(&rows, &mut target, &options).ok()?;
    Some(target.into_vec())
}

/// Interleaved RGB to one plane a channel.
fn planes(interleaved: &[u8]) -> Vec<u8> {
    let pixels = interleaved.as_chunks::<3>().0;
    let mut planes = Vec::with_capacity(interleaved.len());
    planes.extend(pixels.iter().map(|pixel| pixel[0]));
    planes.extend(pixels.iter().map(|pixel| pixel[1]));
    planes.extend(pixels.iter().map(|pixel| pixel[2]));
    planes
}
