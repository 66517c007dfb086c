//! Pictures of any kind to 8-bit grey or RGB, as Pillow's `convert("L")` and `convert("RGB")` do it.
//!
//! Where Pillow drops transparency, here it is laid on white, because what hides behind it is arbitrary. 16 bits
//! become 8 by their high byte, as Pillow does.

use std::borrow::Cow;

use image::{DynamicImage, RgbImage, RgbaImage};

const WHITE: u8 = 255;

/// One byte a pixel, row by row: ITU-R 601 luma.
pub(super) fn luma(image: &DynamicImage) -> Cow<'_, [u8]> {
    match image {
        DynamicImage::ImageLuma8(grey) => Cow::Borrowed(grey.as_raw()),
        DynamicImage::ImageLumaA8(grey) => Cow::Owned(pairs(grey.as_raw(), over_white)),
        DynamicImage::ImageLuma16(grey) => {
            Cow::Owned(grey.as_raw().iter().copied().map(high).collect())
        }
        DynamicImage::ImageLumaA16(grey) => Cow::Owned(pairs(grey.as_raw(), |value, alpha| {
            over_white(high(value), high(alpha))
        })),
        other => Cow::Owned(
            triples(&rgb(other))
                .map(|[red, green, blue]| luma_of(red, green, blue))
                .collect(),
        ),
    }
}

/// Three bytes a pixel, row by row.
pub(super) fn rgb(image: &DynamicImage) -> Cow<'_, [u8]> {
    match image {
        DynamicImage::ImageRgb8(colour) => Cow::Borrowed(colour.as_raw()),
        DynamicImage::ImageRgba8(colour) => {
            Cow::Owned(without_alpha(colour.as_raw(), |value| value))
        }
        DynamicImage::ImageRgb16(colour) => {
            Cow::Owned(colour.as_raw().iter().copied().map(high).collect())
        }
        DynamicImage::ImageRgba16(colour) => Cow::Owned(without_alpha(colour.as_raw(), high)),
        DynamicImage::ImageRgba32F(_) => {
            Cow::Owned(without_alpha(image.to_rgba8().as_raw(), |value| value))
        }
        DynamicImage::ImageLuma8(_)
        | DynamicImage::ImageLumaA8(_)
        | DynamicImage::ImageLuma16(_)
        | DynamicImage::ImageLumaA16(_) => {
            Cow::Owned(luma(image).iter().flat_map(|&value| [value; 3]).collect())
        }
        other => Cow::Owned(RgbImage::into_raw(other.to_rgb8())),
    }
}

/// For looking at: transparency is kept.
pub(super) fn rgba(image: &DynamicImage) -> RgbaImage {
    match image {
        DynamicImage::ImageLuma16(_) | DynamicImage::ImageRgb16(_) => {
            let (width, height) = (image.width(), image.height());
            let bytes = triples(&rgb(image))
                .flat_map(|[red, green, blue]| [red, green, blue, WHITE])
                .collect();
            RgbaImage::from_raw(width, height, bytes).unwrap_or_else(|| image.to_rgba8())
        }
        other => other.to_rgba8(),
    }
}

/// Transparency laid on white within the memory that the picture has, where its channels have a byte each.
pub(super) fn opaque(image: DynamicImage) -> DynamicImage {
    let DynamicImage::ImageRgba8(picture) = image else {
        return image;
    };
    let (width, height) = picture.dimensions();
    let mut bytes = picture.into_raw();
    let pixels = bytes.len() / 4;
    for pixel in 0..pixels {
        let Some(&[red, green, blue, alpha]) =
            bytes.get(pixel * 4..).and_then(|rest| rest.first_chunk())
        else {
            break;
        };
        if let Some(place) = bytes.get_mut(pixel * 3..pixel * 3 + 3) {
            place.copy_from_slice(&[red, green, blue].map(|value| over_white(value, alpha)));
        }
    }
    bytes.truncate(pixels * 3);
    match RgbImage::from_raw(width, height, bytes) {
        Some(picture) => picture.into(),
        // As many bytes as pixels need were there before.
        None => DynamicImage::new_rgb8(width, height),
    }
}

/// Pillow's fixed-point 0.299 R + 0.587 G + 0.114 B (`L24` in its `Convert.c`).
fn luma_of(red: u8, green: u8, blue: u8) -> u8 {
    ((u32::from(red) * 19_595 + u32::from(green) * 38_470 + u32::from(blue) * 7_471 + 0x8000) >> 16)
        as u8
}

fn high(value: u16) -> u8 {
    (value >> 8) as u8
}

/// A value of that opacity, laid on white, rounded.
fn over_white(value: u8, alpha: u8) -> u8 {
    let (value, alpha) = (u32::from(value), u32::from(alpha));
    ((value * alpha + u32::from(WHITE) * (255 - alpha) + 127) / 255) as u8
}

fn pairs<T: Copy>(values: &[T], lay: impl Fn(T, T) -> u8) -> Vec<u8> {
    values
        .as_chunks::<2>()
        .0
        .iter()
        .map(|&[value, alpha]| lay(value, alpha))
        .collect()
}

fn triples(bytes: &[u8]) -> impl Iterator<Item = [u8; 3]> {
    bytes.as_chunks::<3>().0.iter().copied()
}

fn without_alpha<T: Copy>(values: &[T], byte: impl Fn(T) -> u8) -> Vec<u8> {
    values
        .as_chunks::<4>()
        .0
        .iter()
        .flat_map(|&[red, green, blue, alpha]| {
            let alpha = byte(alpha);
            [red, green, blue].map(|value| over_white(byte(value), alpha))
        })
        .collect()
}
