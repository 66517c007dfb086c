//! JPEG files that the usual decoder refuses as damaged, or gets wrong without a word.

use image::metadata::Orientation;
use image::{DynamicImage, GrayImage, ImageBuffer, Luma, RgbImage};
use jpeg_decoder::{Decoder, PixelFormat};

use super::super::jpeg::{self, Frame};
use super::{Budget, DecodeFault, MAX_DECODER_BYTES, Permit, faults, frames, within};

const LOSSLESS: u8 = 0xC3;

/// The header of a JPEG that can be read, or in words what kind of JPEG it is.
pub(super) fn header(bytes: &[u8]) -> Result<Option<Frame>, DecodeFault> {
    let Some(frame) = jpeg::frame(bytes) else {
        return Ok(None);
    };
    let kind = match frame.marker {
        0xF7 => "JPEG-LS".to_owned(),
        0xC9..=0xCF => "JPEG with arithmetic coding".to_owned(),
        0xC5..=0xC7 => "hierarchical JPEG".to_owned(),
        LOSSLESS if frame.sampling.len() == 1 && frame.bits <= 16 => return Ok(Some(frame)),
        LOSSLESS if frame.bits == 8 && frame.sampling == [(1, 1); 3] => return Ok(Some(frame)),
        LOSSLESS => "lossless JPEG".to_owned(),
        _ if frame.bits != 8 => format!("JPEG of {} bits", frame.bits),
        _ => return Ok(Some(frame)),
    };
    Err(DecodeFault::UnusualKind(kind))
}

/// Whether the second decoder is to read it: it is lossless, or one of the colours is kept finer than the first
/// component (which the usual decoder takes for the finest), or in thirds.
pub(super) fn is_rare(frame: &Frame) -> bool {
    let Some((&(across, down), others)) = frame.sampling.split_first() else {
        return false;
    };
    let mut others = others.iter();
    frame.marker == LOSSLESS
        || across == 3
        || down == 3
        || others.any(|&(x, y)| x > across || y > down || x == 3 || y == 3 || (down == 4 && y == 2))
}

/// Decodes with the second decoder. Also gives how the picture stands upright.
pub(super) fn decode<'a>(
    bytes: &[u8],
    frame: &Frame,
    budget: &'a Budget,
) -> Result<(DynamicImage, Orientation, Permit<'a>), DecodeFault> {
    let mut decoder = Decoder::new(bytes);
    decoder.set_max_decoding_buffer_size(MAX_DECODER_BYTES as usize);
    decoder.read_info().map_err(|error| fault(error, frame))?;
    let unusual = || DecodeFault::UnusualKind(kind(frame));
    let about = decoder.info().ok_or_else(unusual)?;
    let (width, height) = (u32::from(about.width), u32::from(about.height));
    let pixels = within(width, height)?;
    let permit = budget.take(pixels * about.pixel_format.pixel_bytes() as u64);
    let values = decoder.decode().map_err(|error| fault(error, frame))?;
    let image: Option<DynamicImage> = match about.pixel_format {
        PixelFormat::RGB24 => RgbImage::from_raw(width, height, values).map(Into::into),
        PixelFormat::L8 => GrayImage::from_raw(width, height, values).map(Into::into),
        PixelFormat::L16 => {
            let full = (1_u64 << frame.bits.clamp(1, 16)) - 1;
            let values = values.as_chunks::<2>().0.iter();
            let values = values.map(|&value| {
                let value = u64::from(u16::from_ne_bytes(value));
                u16::try_from((value * 65_535 + full / 2) / full).unwrap_or(u16::MAX)
            });
            ImageBuffer::<Luma<u16>, _>::from_raw(width, height, values.collect()).map(Into::into)
        }
        PixelFormat::CMYK32 => None,
    };
    let orientation = decoder
        .exif_data()
        .and_then(frames::exif_orientation)
        .unwrap_or(Orientation::NoTransforms);
    Ok((image.ok_or_else(unusual)?, orientation, permit))
}

fn fault(error: jpeg_decoder::Error, frame: &Frame) -> DecodeFault {
    match error {
        jpeg_decoder::Error::Unsupported(_) => DecodeFault::UnusualKind(kind(frame)),
        jpeg_decoder::Error::Io(error) => faults::of_data(&error),
        other => faults::told(&other.to_string()),
    }
}

fn kind(frame: &Frame) -> String {
    if frame.marker == LOSSLESS {
        return "lossless JPEG".into();
    }
    let factors = frame.sampling.iter();
    let factors: Vec<_> = factors.map(|(x, y)| format!("{x}x{y}")).collect();
    format!("JPEG with samples in {}", factors.join(", "))
}
