//! A picture to the numbers that a network takes, and to thumbnails for people.

use std::borrow::Cow;

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::{U8, U8x3, U8x4};
use fast_image_resize::{FilterType, PixelTrait, ResizeAlg, ResizeOptions, Resizer};
use image::{DynamicImage, RgbaImage, imageops};
use serde::{Deserialize, Serialize};

use super::colour;

/// What fills bars and holes.
pub(super) const MEAN_GREY: u8 = 128;

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
        1 => stretch::<U8>(colour::luma(image), image, shape).into_owned(),
        _ => planes(&stretch::<U8x3>(colour::rgb(image), image, shape)),
    };
    planes.resize(shape.elements(), 0);
    planes
}

/// All of the picture, its proportions kept, in the middle of mean grey: Pillow's `ImageOps.pad`.
pub(super) fn fitted(image: &DynamicImage, shape: InputSize) -> Vec<u8> {
    let (width, height) = (image.width().max(1), image.height().max(1));
    let mut inner = shape;
    // Pillow's `ImageOps.contain`, with Python's rounding.
    let scaled = |side: u32, other: u32, to: usize| {
        let length = f64::from(side) / f64::from(other) * to as f64;
        (length.round_ties_even() as usize).max(1)
    };
    if across(image, shape.height) > across_of(shape, image) {
        inner.height = scaled(height, width, shape.width).min(shape.height);
    } else {
        inner.width = scaled(width, height, shape.height).min(shape.width);
    }
    let small = pixels(image, inner);
    if (inner.width, inner.height) == (shape.width, shape.height) {
        return small;
    }
    let left = half(shape.width - inner.width);
    let top = half(shape.height - inner.height);
    let mut planes = vec![MEAN_GREY; shape.elements()];
    let rows = small.chunks_exact(inner.width.max(1)).enumerate();
    for (row, bytes) in rows {
        let (plane, row) = (row / inner.height.max(1), row % inner.height.max(1));
        let start = (plane * shape.height + top + row) * shape.width + left;
        if let Some(place) = planes.get_mut(start..start + bytes.len()) {
            place.copy_from_slice(bytes);
        }
    }
    planes
}

/// A picture that is resized to be cropped has at most this many times the input's pixels.
const WHOLE_TO_INPUT: u64 = 16;

/// The middle of the picture, its proportions kept: as torchvision's `resize` of the shorter side and `center_crop`.
/// Of long strips only the middle is made; there the last place may differ.
pub(super) fn cropped(image: &DynamicImage, shape: InputSize) -> Vec<u8> {
    let (width, height) = (u64::from(image.width()), u64::from(image.height()));
    if width == 0 || height == 0 || shape.elements() == 0 {
        return pixels(image, shape);
    }
    let (to_width, to_height) = (shape.width as u64, shape.height as u64);
    let (mut whole_width, mut whole_height) = (to_width, to_height);
    if across(image, shape.height) > across_of(shape, image) {
        whole_width = (to_height * width / height).max(to_width);
    } else {
        whole_height = (to_width * height / width).max(to_height);
    }
    let left = half((whole_width - to_width) as usize);
    let top = half((whole_height - to_height) as usize);
    let whole = InputSize {
        height: whole_height as usize,
        width: whole_width as usize,
        channels: shape.channels,
    };
    let limit = to_width.saturating_mul(to_height) * WHOLE_TO_INPUT;
    if whole_width.saturating_mul(whole_height) <= limit {
        return cut(pixels(image, whole), whole, shape, left, top);
    }
    // The part of the picture that is kept, in its own pixels.
    let part = |side: u64, whole: u64, to: u64, start: usize| {
        let scale = side as f64 / whole as f64;
        let start = start as f64 * scale;
        (start, (to as f64 * scale).min(side as f64 - start))
    };
    let (left, wide) = part(width, whole_width, to_width, left);
    let (top, high) = part(height, whole_height, to_height, top);
    let to = (to_width as u32, to_height as u32);
    let part = [left, top, wide, high];
    let from = (image.width(), image.height());
    let mut planes = if shape.channels == 1 {
        resample_part::<U8>(&colour::luma(image), from, to, part)
    } else {
        resample_part::<U8x3>(&colour::rgb(image), from, to, part).map(|bytes| planes(&bytes))
    }
    .unwrap_or_default();
    planes.resize(shape.elements(), 0);
    planes
}

/// The part of planes of size `whole` that has the size `shape`, and begins there.
fn cut(planes: Vec<u8>, whole: InputSize, shape: InputSize, left: usize, top: usize) -> Vec<u8> {
    if whole == shape {
        return planes;
    }
    let mut part = Vec::with_capacity(shape.elements());
    for plane in planes.chunks_exact((whole.height * whole.width).max(1)) {
        let rows = plane.chunks_exact(whole.width).skip(top).take(shape.height);
        for row in rows {
            part.extend(row.iter().skip(left).take(shape.width));
        }
    }
    part
}

/// The picture's width times a height…
fn across(image: &DynamicImage, height: usize) -> u128 {
    u128::from(image.width()) * height as u128
}

/// …and the input's width times the picture's height: larger than the other where the picture is the wider one.
fn across_of(shape: InputSize, image: &DynamicImage) -> u128 {
    shape.width as u128 * u128::from(image.height())
}

/// Python's `round(length / 2)`: to the even neighbour.
fn half(length: usize) -> usize {
    (length as f64 / 2.0).round_ties_even() as usize
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
    resample::<U8x4>(whole.as_raw(), (width, height), (to_width, to_height))
        .and_then(|bytes| RgbaImage::from_raw(to_width, to_height, bytes))
        .unwrap_or_else(|| imageops::thumbnail(&whole, to_width, to_height))
}

fn stretch<'a, P: PixelTrait>(
    bytes: Cow<'a, [u8]>,
    image: &DynamicImage,
    shape: InputSize,
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
    Cow::Owned(resample::<P>(&bytes, from, to).unwrap_or_default())
}

/// Pillow's convolution in 8-bit fixed point; nothing where a size is 0.
///
/// First all rows, then all columns, as Pillow does it: in one call the library may begin with the columns, and
/// rounding in between would differ in every seventh value.
fn resample<P: PixelTrait>(bytes: &[u8], from: (u32, u32), to: (u32, u32)) -> Option<Vec<u8>> {
    let whole = [0.0, 0.0, f64::from(from.0), f64::from(from.1)];
    resample_part::<P>(bytes, from, to, whole)
}

/// The same of a part of the picture: left, top, width, height.
fn resample_part<P: PixelTrait>(
    bytes: &[u8],
    from: (u32, u32),
    to: (u32, u32),
    [left, top, width, height]: [f64; 4],
) -> Option<Vec<u8>> {
    if from.0 == 0 || from.1 == 0 || to.0 == 0 || to.1 == 0 {
        return None;
    }
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear));
    let mut resizer = Resizer::new();
    let mut resize = |bytes: &[u8], from: (u32, u32), to: (u32, u32), options: &ResizeOptions| {
        let source = TypedImageRef::<P>::from_buffer(from.0, from.1, bytes).ok()?;
        let mut made = vec![0; to.0 as usize * to.1 as usize * P::size()];
        let mut view = TypedImage::<P>::from_buffer(to.0, to.1, &mut made).ok()?;
        resizer.resize_typed(&source, &mut view, options).ok()?;
        Some(made)
    };
    let between = (to.0, from.1);
    let across = options.crop(left, 0.0, width, f64::from(from.1));
    let rows = resize(bytes, from, between, &across)?;
    let down = options.crop(0.0, top, f64::from(to.0), height);
    resize(&rows, between, to, &down)
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
