//! Bytes to an upright picture, within limits: by content and not by name, first frame of animations, EXIF applied.

mod budget;
mod faults;
mod file;
mod foreign;
mod format;
mod frames;
mod icon;
mod photo;
mod tiff;

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use image::metadata::Orientation;
use image::{
    ColorType, DynamicImage, ExtendedColorType, ImageDecoder, ImageFormat, ImageReader, Limits,
};

use super::{DecodeError, DecodeFault, Mode, colour, jpeg};
use budget::{BUDGET, Budget, Permit};
use faults::fault;
pub(super) use file::{read_all, read_bytes};
pub(super) use frames::exif_orientation;

/// Longest side of a picture that is decoded, in pixels.
pub const MAX_SIDE: u32 = 20_000;
/// Most pixels of a picture that is decoded.
pub const MAX_PIXELS: u64 = 100_000_000;
/// Most memory that a decoder may take for one picture.
const MAX_DECODER_BYTES: u64 = 512 << 20;
/// Largest file that is read.
pub const MAX_FILE_BYTES: u64 = 256 << 20;

/// A larger picture loses its transparency at once, in place: any copy of it would be as large again.
const LARGE_PIXELS: u64 = 32_000_000;

/// A picture and what its file says of it.
pub(super) struct Decoded {
    /// Upright.
    pub image: DynamicImage,
    /// How the file keeps its colours.
    pub mode: Mode,
    /// The picture lies otherwise in the file than it is shown.
    pub turned: bool,
    /// The name ends as another format's names do.
    pub misnamed: bool,
    /// There are more pictures in the file.
    pub animated: bool,
    /// Its share of the memory for pictures, as long as it is together with them. Wait for nothing meanwhile.
    _permit: Permit<'static>,
}

/// A picture as its decoder gives it.
struct Lying {
    image: DynamicImage,
    mode: Mode,
    orientation: Orientation,
    permit: Permit<'static>,
}

/// Reads one image file, upright. Never panics, whatever the file holds.
pub fn read_image(path: &Path) -> Result<DynamicImage, DecodeError> {
    let name = path.to_string_lossy();
    read_bytes(path)
        .and_then(|bytes| decode_named(&bytes, &name))
        .map(|decoded| decoded.image)
        .map_err(|fault| format::named(fault, &name).at(path.display().to_string()))
}

/// Decodes an image file's bytes. Limits are checked on the header, before any pixel is allocated.
pub fn decode(bytes: &[u8]) -> Result<DynamicImage, DecodeFault> {
    decode_named(bytes, "").map(|decoded| decoded.image)
}

/// Decodes the bytes of a file of that name, which may be a path with `/`. The name decides nothing but what the
/// content leaves open, and the words of a refusal.
pub(super) fn decode_named(bytes: &[u8], name: &str) -> Result<Decoded, DecodeFault> {
    // The decoders are meant not to panic; where one does, that file is left out and the program goes on.
    catch_unwind(AssertUnwindSafe(|| decode_unguarded(bytes, name)))
        .unwrap_or_else(|_| Err(DecodeFault::Damaged("it confuses the decoder".into())))
}

/// The words for a refused file, where its name explains more than its content.
pub(super) fn named(fault: DecodeFault, name: impl AsRef<Path>) -> DecodeFault {
    format::named(fault, &name.as_ref().to_string_lossy())
}

fn decode_unguarded(bytes: &[u8], name: &str) -> Result<Decoded, DecodeFault> {
    let format = format::sniff(bytes, name)?;
    let lying = match format {
        ImageFormat::Jpeg => jpeg(bytes)?,
        ImageFormat::Tiff => {
            let (image, mode, orientation, permit) = tiff::decode(bytes, &BUDGET)?;
            Lying {
                image,
                mode,
                orientation,
                permit,
            }
        }
        ImageFormat::Ico => {
            let (bytes, format) = icon::largest(bytes);
            usual(&bytes, format)?
        }
        other => usual(bytes, other)?,
    };
    let mut image = lying.image;
    if u64::from(image.width()) * u64::from(image.height()) > LARGE_PIXELS {
        image = colour::opaque(image);
    }
    image.apply_orientation(lying.orientation);
    Ok(Decoded {
        image,
        mode: lying.mode,
        turned: lying.orientation != Orientation::NoTransforms,
        misnamed: format::promised(name).is_some_and(|ending| ending != format::title(format)),
        animated: frames::has_several(bytes, format),
        _permit: lying.permit,
    })
}

fn jpeg(bytes: &[u8]) -> Result<Lying, DecodeFault> {
    let frame = photo::header(bytes)?;
    if !jpeg::is_whole(bytes) {
        return Err(DecodeFault::Truncated);
    }
    let Some(frame) = frame.filter(photo::is_rare) else {
        return usual(bytes, ImageFormat::Jpeg);
    };
    let (image, orientation, permit) = photo::decode(bytes, &frame, &BUDGET)?;
    Ok(Lying {
        mode: mode(&image, image.color().into(), bytes, ImageFormat::Jpeg),
        image,
        orientation,
        permit,
    })
}

/// Whether it is of the few kinds of JPEG that the usual decoder does not read.
pub(super) fn is_rare_jpeg(bytes: &[u8]) -> bool {
    jpeg::frame(bytes).is_some_and(|frame| photo::is_rare(&frame))
}

/// As the library decodes it.
fn usual(bytes: &[u8], format: ImageFormat) -> Result<Lying, DecodeFault> {
    if let Some((width, height)) = stated_by_png(bytes) {
        within(width, height)?;
    }
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(MAX_DECODER_BYTES);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(fault)?;
    let (width, height) = decoder.dimensions();
    let pixels = within(width, height)?;
    if decoder.total_bytes() > MAX_DECODER_BYTES {
        return Err(DecodeFault::TooManyPixels { width, height });
    }
    if pixels == 0 {
        return Err(DecodeFault::Damaged("it has no pixels".into()));
    }
    let permit = BUDGET.take(decoder.total_bytes());
    let orientation = orientation(&mut decoder, bytes, format);
    let kept = decoder.original_color_type();
    let image = DynamicImage::from_decoder(decoder).map_err(fault)?;
    Ok(Lying {
        mode: mode(&image, kept, bytes, format),
        image,
        orientation,
        permit,
    })
}

/// How the picture stands upright. Broken EXIF data is no reason to lose a picture.
fn orientation(decoder: &mut impl ImageDecoder, bytes: &[u8], format: ImageFormat) -> Orientation {
    if let Ok(found) = decoder.orientation()
        && found != Orientation::NoTransforms
    {
        return found;
    }
    let exif = decoder.exif_metadata().ok().flatten();
    let found = match exif.as_deref() {
        None if format == ImageFormat::Png => {
            frames::png_exif(bytes).and_then(frames::exif_orientation)
        }
        exif => exif.and_then(frames::exif_orientation),
    };
    found.unwrap_or(Orientation::NoTransforms)
}

/// How the file keeps its colours, which may be more than the picture has: inks, say.
fn mode(image: &DynamicImage, kept: ExtendedColorType, bytes: &[u8], format: ImageFormat) -> Mode {
    let inks = matches!(kept, ExtendedColorType::Cmyk8 | ExtendedColorType::Cmyk16);
    if inks
        || (format == ImageFormat::Jpeg
            && jpeg::frame(bytes).is_some_and(|frame| frame.sampling.len() == 4))
    {
        return Mode::Cmyk;
    }
    match image.color() {
        ColorType::L8 => Mode::Grey,
        ColorType::La8 => Mode::GreyAlpha,
        ColorType::Rgb8 => Mode::Colour,
        // GIF's decoder always gives transparency, whether the file has some or not.
        ColorType::Rgba8 if format == ImageFormat::Gif && is_opaque(image) => Mode::Colour,
        ColorType::Rgba8 => Mode::ColourAlpha,
        ColorType::L16 | ColorType::La16 => Mode::DeepGrey,
        _ => Mode::DeepColour,
    }
}

fn is_opaque(image: &DynamicImage) -> bool {
    let pixels = image.as_rgba8();
    pixels.is_none_or(|image| image.pixels().all(|pixel| pixel.0[3] == u8::MAX))
}

/// The number of pixels, where they are not too many.
fn within(width: u32, height: u32) -> Result<u64, DecodeFault> {
    let pixels = u64::from(width) * u64::from(height);
    if width > MAX_SIDE || height > MAX_SIDE || pixels > MAX_PIXELS {
        return Err(DecodeFault::TooManyPixels { width, height });
    }
    Ok(pixels)
}

/// The size in a PNG's header, which the decoder tells only when the parts behind it are sound too.
fn stated_by_png(bytes: &[u8]) -> Option<(u32, u32)> {
    let header = bytes.strip_prefix(b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR")?;
    let (width, rest) = header.split_first_chunk::<4>()?;
    let (height, _) = rest.split_first_chunk::<4>()?;
    Some((u32::from_be_bytes(*width), u32::from_be_bytes(*height)))
}
