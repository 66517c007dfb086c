//! What a file says besides its first picture: whether there are more, how it stands upright, how many inks it has.
//!
//! Only the skeleton of a file is read here (chunks, blocks, directories), and never further than its bytes go.

use image::ImageFormat;
use image::metadata::Orientation;

/// Whether a file holds several pictures: an animation's frames, a TIFF's pages.
pub(super) fn has_several(bytes: &[u8], format: ImageFormat) -> bool {
    let several = match format {
        ImageFormat::Gif => gif_frames(bytes),
        ImageFormat::WebP => webp_frames(bytes),
        ImageFormat::Png => png_frames(bytes),
        ImageFormat::Tiff => tiff_pages(bytes),
        _ => None,
    };
    several.unwrap_or(false)
}

/// Blocks up to the second image descriptor (GIF89a, appendix B).
fn gif_frames(bytes: &[u8]) -> Option<bool> {
    let table = |flags: u8| {
        if flags & 0x80 == 0 {
            0
        } else {
            3 << ((flags & 7) + 1)
        }
    };
    let mut rest = bytes.get(13 + table(*bytes.get(10)?)..)?;
    let mut frames = 0;
    loop {
        match rest.first()? {
            0x21 => rest = after_sub_blocks(rest.get(2..)?)?,
            0x2C => {
                frames += 1;
                if frames == 2 {
                    return Some(true);
                }
                // The descriptor, its table of colours, and the size of its codes.
                rest = after_sub_blocks(rest.get(10 + table(*rest.get(9)?) + 1..)?)?;
            }
            _ => return Some(false),
        }
    }
}

fn after_sub_blocks(mut bytes: &[u8]) -> Option<&[u8]> {
    loop {
        let (&length, rest) = bytes.split_first()?;
        bytes = rest.get(usize::from(length)..)?;
        if length == 0 {
            return Some(bytes);
        }
    }
}

fn webp_frames(bytes: &[u8]) -> Option<bool> {
    let mut rest = bytes.get(12..)?;
    let mut frames = 0;
    loop {
        let (name, behind) = rest.split_first_chunk::<4>()?;
        let (size, body) = behind.split_first_chunk::<4>()?;
        frames += usize::from(name == b"ANMF");
        if frames == 2 {
            return Some(true);
        }
        let size = usize::try_from(u32::from_le_bytes(*size)).ok()?;
        rest = body.get(size.checked_next_multiple_of(2)?..)?;
    }
}

/// The chunks of a PNG: name and content.
fn png_chunks(bytes: &[u8]) -> impl Iterator<Item = (&[u8; 4], &[u8])> {
    let mut rest = bytes.get(8..).unwrap_or_default();
    std::iter::from_fn(move || {
        let (size, behind) = rest.split_first_chunk::<4>()?;
        let (name, body) = behind.split_first_chunk::<4>()?;
        let size = usize::try_from(u32::from_be_bytes(*size)).ok()?;
        let content = body.get(..size)?;
        rest = body.get(size.checked_add(4)?..)?;
        Some((name, content))
    })
}

fn png_frames(bytes: &[u8]) -> Option<bool> {
    let (_, control) = png_chunks(bytes).find(|(name, _)| *name == b"acTL")?;
    let frames = control
        .first_chunk::<4>()
        .copied()
        .map(u32::from_be_bytes)?;
    Some(frames > 1)
}

/// The orientation of a PNG, whose EXIF data may stand behind the pixels, where the decoder has not come yet.
pub(super) fn png_orientation(bytes: &[u8]) -> Option<Orientation> {
    let (_, exif) = png_chunks(bytes).find(|(name, _)| *name == b"eXIf")?;
    Orientation::from_exif_chunk(exif)
}

/// Whether the second directory of a TIFF is a page: no smaller copy of the first one, and no mask of it.
fn tiff_pages(bytes: &[u8]) -> Option<bool> {
    const SUBFILE_TYPE: u64 = 254;
    const COPY_OR_MASK: u64 = 1 | 4;
    let reader = Directories::of(bytes)?;
    let (_, second) = reader.directory(reader.first()?)?;
    if second == 0 {
        return Some(false);
    }
    let (mut entries, _) = reader.directory(second)?;
    let kind = entries.find(|&(tag, _)| tag == SUBFILE_TYPE);
    Some(kind.is_none_or(|(_, kind)| kind & COPY_OR_MASK == 0))
}

/// The directories of a TIFF or BigTIFF file (TIFF 6.0, section 2).
struct Directories<'a> {
    bytes: &'a [u8],
    little: bool,
    big: bool,
}

impl<'a> Directories<'a> {
    fn of(bytes: &'a [u8]) -> Option<Self> {
        let little = bytes.starts_with(b"II");
        let mut reader = Self {
            bytes,
            little,
            big: false,
        };
        reader.big = reader.number(2, 2)? == 43;
        Some(reader)
    }

    fn first(&self) -> Option<u64> {
        if self.big {
            self.number(8, 8)
        } else {
            self.number(4, 4)
        }
    }

    /// The tags of a directory with their first value, as far as it stands in the entry; and where the next one is.
    fn directory(&self, at: u64) -> Option<(impl Iterator<Item = (u64, u64)>, u64)> {
        let (count_size, entry_size, word) = if self.big { (8, 20, 8) } else { (2, 12, 4) };
        let start = at.checked_add(count_size)?;
        let count = self.number(at, count_size)?;
        let end = start.checked_add(count.checked_mul(entry_size)?)?;
        let next = self.number(end, word)?;
        let value_at = entry_size - word;
        let entries = (0..count).map_while(move |entry| {
            let place = start + entry * entry_size;
            let short = self.number(place + 2, 2)? == 3;
            let size = if short { 2 } else { word };
            Some((self.number(place, 2)?, self.number(place + value_at, size)?))
        });
        Some((entries, next))
    }

    fn number(&self, at: u64, size: u64) -> Option<u64> {
        let at = usize::try_from(at).ok()?;
        let end = at.checked_add(usize::try_from(size).ok()?)?;
        let digits = self.bytes.get(at..end)?.iter();
        let join = |value: u64, &digit: &u8| (value << 8) | u64::from(digit);
        Some(if self.little {
            digits.rev().fold(0, join)
        } else {
            digits.fold(0, join)
        })
    }
}

/// Whether a JPEG has four components (cyan, magenta, yellow, black), by its frame header (ITU-T T.81, B.2.2).
pub(super) fn has_four_inks(bytes: &[u8]) -> bool {
    jpeg_components(bytes) == Some(4)
}

fn jpeg_components(bytes: &[u8]) -> Option<u8> {
    let mut rest = bytes.get(2..)?;
    loop {
        let at = rest.iter().position(|&byte| byte == 0xFF)?;
        rest = rest.get(at + 1..)?;
        let (&marker, behind) = rest.split_first()?;
        match marker {
            0x00 | 0x01 | 0xD0..=0xD8 | 0xFF => {}
            0xD9 => return None,
            0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => return behind.get(7).copied(),
            _ => {
                let size = behind.first_chunk::<2>().copied().map(u16::from_be_bytes)?;
                rest = behind.get(usize::from(size)..)?;
            }
        }
    }
}
