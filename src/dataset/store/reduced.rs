//! JPEG files at a half, a quarter or an eighth: the decoder skips the higher frequencies, which resizing would throw
//! away.

use std::panic::{AssertUnwindSafe, catch_unwind};

use image::metadata::Orientation;
use image::{DynamicImage, GrayImage, RgbImage};
use jpeg_decoder::{Decoder, PixelFormat};

use crate::dataset::{Dataset, Image, InputSize, MAX_PIXELS, MAX_SIDE, decode, jpeg};

/// The smallest part at which both sides are still as long as is asked for: 8, 4, 2, or 1 for the whole.
///
/// Sides that a part does not divide become too long by up to a pixel of the reduced picture, which stretches it: a
/// part that would move anything by more than a quarter of an input's pixel is not taken.
pub(super) fn part(image: &Image, size: InputSize) -> u32 {
    let fits = |length: u32, wanted: usize, part: u32| {
        let (length, wanted) = (u64::from(length), wanted as u64);
        let over = length.next_multiple_of(u64::from(part)) - length;
        length / u64::from(part) >= wanted && over * wanted * 4 <= length
    };
    let holds = |part: &&u32| {
        fits(image.width, size.width, **part) && fits(image.height, size.height, **part)
    };
    *[8, 4, 2].iter().find(holds).unwrap_or(&1)
}

/// The image upright, at the part of its size. Nothing for what is no JPEG file, or one that only the usual decoder
/// reads, or refuses in its words.
pub(super) fn read(data: &Dataset, index: usize, part: u32) -> Option<DynamicImage> {
    // Records have no file.
    if part < 2 || data.images.get(index)?.look.bytes == 0 {
        return None;
    }
    let bytes = data.bytes(index).ok()?;
    if !bytes.starts_with(b"\xFF\xD8\xFF")
        || !jpeg::is_whole(&bytes)
        || decode::is_rare_jpeg(&bytes)
    {
        return None;
    }
    // As everywhere: a decoder that panics is one that has failed.
    catch_unwind(AssertUnwindSafe(|| smaller(&bytes, part))).ok()?
}

fn smaller(bytes: &[u8], part: u32) -> Option<DynamicImage> {
    let mut decoder = Decoder::new(bytes);
    decoder.read_info().ok()?;
    let about = decoder.info()?;
    let (width, height) = (u32::from(about.width), u32::from(about.height));
    let few = u64::from(width) * u64::from(height) <= MAX_PIXELS;
    if !few || width.max(height) > MAX_SIDE {
        return None;
    }
    let asked = |side: u32| u16::try_from(side.div_ceil(part)).ok();
    decoder.scale(asked(width)?, asked(height)?).ok()?;
    let pixels = decoder.decode().ok()?;
    let about = decoder.info()?;
    let (width, height) = (u32::from(about.width), u32::from(about.height));
    let mut image: DynamicImage = match about.pixel_format {
        PixelFormat::RGB24 => RgbImage::from_raw(width, height, pixels)?.into(),
        PixelFormat::L8 => GrayImage::from_raw(width, height, pixels)?.into(),
        // Inks and deep greys are better left to the usual decoder.
        PixelFormat::L16 | PixelFormat::CMYK32 => return None,
    };
    let orientation = decoder.exif_data().and_then(decode::exif_orientation);
    image.apply_orientation(orientation.unwrap_or(Orientation::NoTransforms));
    Some(image)
}
