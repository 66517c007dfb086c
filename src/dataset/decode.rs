//! Bytes to an upright picture, within limits: by content and not by name, first frame of animations, EXIF applied.

use std::fs::File;
use std::io::{Cursor, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};
use parking_lot::Mutex;

use super::{DecodeError, DecodeFault, jpeg};

/// Longest side of a picture that is decoded, in pixels.
pub const MAX_SIDE: u32 = 20_000;
/// Most pixels of a picture that is decoded.
pub const MAX_PIXELS: u64 = 100_000_000;
/// Most memory that a decoder may take for one picture.
const MAX_DECODER_BYTES: u64 = 512 << 20;
/// Largest file that is read.
pub const MAX_FILE_BYTES: u64 = 256 << 20;

/// From here on only one picture is decoded at a time: sixteen threads with a hundred megapixels each would fill
/// any memory.
const LARGE_PIXELS: u64 = 32_000_000;
static LARGE: Mutex<()> = Mutex::new(());

/// Reads one image file, upright. Never panics, whatever the file holds.
pub fn read_image(path: &Path) -> Result<DynamicImage, DecodeError> {
    read_bytes(path)
        .and_then(|bytes| decode(&bytes))
        .map_err(|fault| named(fault, path).at(path.display().to_string()))
}

/// Decodes an image file's bytes. Limits are checked on the header, before any pixel is allocated.
pub fn decode(bytes: &[u8]) -> Result<DynamicImage, DecodeFault> {
    // The decoders are meant not to panic; where one does, that file is left out and the program goes on.
    catch_unwind(AssertUnwindSafe(|| decode_unguarded(bytes)))
        .unwrap_or_else(|_| Err(DecodeFault::Damaged("it confuses the decoder".into())))
}

fn decode_unguarded(bytes: &[u8]) -> Result<DynamicImage, DecodeFault> {
    let format = sniff(bytes)?;
    if format == ImageFormat::Jpeg && !jpeg::is_whole(bytes) {
        return Err(DecodeFault::Truncated);
    }
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
    let _alone = (pixels > LARGE_PIXELS).then(|| LARGE.lock());
    // Broken EXIF data is no reason to lose a picture.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut image = DynamicImage::from_decoder(decoder).map_err(fault)?;
    image.apply_orientation(orientation);
    Ok(image)
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

/// The format by the first bytes, if it is one of those that are read.
fn sniff(bytes: &[u8]) -> Result<ImageFormat, DecodeFault> {
    if bytes.is_empty() {
        return Err(DecodeFault::Empty);
    }
    if let Some(kind) = foreign(bytes) {
        return Err(DecodeFault::Unsupported(kind));
    }
    match image::guess_format(bytes) {
        Ok(
            format @ (ImageFormat::Png
            | ImageFormat::Jpeg
            | ImageFormat::WebP
            | ImageFormat::Bmp
            | ImageFormat::Gif
            | ImageFormat::Tiff),
        ) => Ok(format),
        Ok(other) => Err(DecodeFault::Unsupported(unread_format(other))),
        Err(_) => Err(DecodeFault::NotAnImage(describe(bytes).into())),
    }
}

/// Picture formats that people do have and that the library does not know by name.
fn foreign(bytes: &[u8]) -> Option<&'static str> {
    match bytes.get(4..12) {
        Some(b"ftypheic" | b"ftypheix" | b"ftypmif1" | b"ftyphevc" | b"ftypmsf1") => {
            return Some("HEIC");
        }
        Some(b"ftypavif" | b"ftypavis") => return Some("AVIF"),
        _ => {}
    }
    let starts = [
        (b"8BPS".as_slice(), "Photoshop"),
        (b"\x00\x00\x00\x0CJXL ", "JPEG XL"),
        (b"\xFF\x0A", "JPEG XL"),
        (b"\x00\x00\x00\x0CjP  ", "JPEG 2000"),
        (b"<svg", "SVG"),
    ];
    starts
        .iter()
        .find(|(start, _)| bytes.starts_with(start))
        .map(|&(_, kind)| kind)
}

fn unread_format(format: ImageFormat) -> &'static str {
    match format {
        ImageFormat::Avif => "AVIF",
        ImageFormat::Ico => "icon",
        ImageFormat::Pnm => "PNM",
        ImageFormat::Hdr => "HDR",
        ImageFormat::OpenExr => "OpenEXR",
        ImageFormat::Dds => "DDS",
        ImageFormat::Qoi => "QOI",
        _ => "such",
    }
}

fn describe(bytes: &[u8]) -> &'static str {
    let head = bytes.get(..bytes.len().min(512)).unwrap_or(bytes);
    let printable = |&byte: &u8| !byte.is_ascii_control() || byte.is_ascii_whitespace();
    if head.starts_with(b"%PDF") {
        "a PDF document"
    } else if head.starts_with(b"PK\x03\x04") {
        "a ZIP archive or an office document"
    } else if head.iter().all(printable) {
        "its content is text"
    } else {
        "its content is no picture format that mapsto knows"
    }
}

/// For a file whose name does not promise an image, the name's ending explains more than the content does.
pub(super) fn named(fault: DecodeFault, path: &Path) -> DecodeFault {
    const PROMISES: [&str; 10] = [
        "png", "jpg", "jpeg", "jfif", "webp", "bmp", "gif", "tif", "tiff", "jpe",
    ];
    match (fault, path.extension()) {
        (DecodeFault::NotAnImage(what), Some(ending)) => {
            let ending = ending.to_string_lossy().to_ascii_lowercase();
            if PROMISES.contains(&ending.as_str()) {
                DecodeFault::NotAnImage(format!("{what}, whatever its name says"))
            } else {
                DecodeFault::NotAnImage(format!("a .{ending} file"))
            }
        }
        (fault, _) => fault,
    }
}

pub(super) fn read_bytes(path: &Path) -> Result<Vec<u8>, DecodeFault> {
    // Asked before opening, because opening a pipe would wait for its writer for ever.
    let about = std::fs::metadata(path)?;
    if !about.is_file() {
        return Err(DecodeFault::Special);
    }
    read_all(File::open(path)?, about.len())
}

/// Reads a picture's bytes; `stated` is the size that its folder or archive tells.
pub(super) fn read_all(mut content: impl Read, stated: u64) -> Result<Vec<u8>, DecodeFault> {
    let mut bytes = Vec::new();
    // A large file is no image more often than not: its head tells before the rest is read.
    content.by_ref().take(4096).read_to_end(&mut bytes)?;
    sniff(&bytes)?;
    if stated > MAX_FILE_BYTES {
        return Err(DecodeFault::FileTooLarge(stated));
    }
    bytes.reserve_exact(
        usize::try_from(stated)
            .unwrap_or(0)
            .saturating_sub(bytes.len()),
    );
    // The file may be growing while it is read.
    content.take(MAX_FILE_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn fault(error: ImageError) -> DecodeFault {
    match error {
        ImageError::IoError(error) => DecodeFault::from(error),
        ImageError::Limits(_) => DecodeFault::Damaged("decoding it takes too much memory".into()),
        ImageError::Unsupported(error) => DecodeFault::Damaged(brief(&error.to_string())),
        other => {
            let text = other.to_string();
            let lower = text.to_lowercase();
            if [
                "unexpected end",
                "unexpected eof",
                "failed to fill whole buffer",
                "no more data",
                "exhausted",
            ]
            .iter()
            .any(|sign| lower.contains(sign))
            {
                DecodeFault::Truncated
            } else {
                DecodeFault::Damaged(brief(&text))
            }
        }
    }
}

/// A decoder's words, cut to one line that fits a table; what only a programmer can read is left out.
fn brief(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    let line = match line.split_once(" {") {
        Some((words, _)) => words.rsplit_once(": ").map_or(words, |(words, _)| words),
        None => line,
    };
    match line.char_indices().nth(160) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or(line)),
        None => line.to_owned(),
    }
}
