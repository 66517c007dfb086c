//! What a file says besides its first picture: whether there are more, and how it stands upright.
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

/// The EXIF data of a PNG, which may stand behind the pixels, where the decoder has not come yet.
pub(super) fn png_exif(bytes: &[u8]) -> Option<&[u8]> {
    let exif = png_chunks(bytes).find(|(name, _)| *name == b"eXIf");
    exif.map(|(_, exif)| exif)
}

/// What an orientation says in EXIF data, where writers kept it as a number of another size than the standard's 16 bits.
pub(in crate::dataset) fn exif_orientation(exif: &[u8]) -> Option<Orientation> {
    const ORIENTATION: u64 = 274;
    let reader = Directories::of(exif)?;
    let (mut entries, _) = reader.directory(reader.first()?)?;
    let entry = entries.find(|entry| entry.tag == ORIENTATION)?;
    Orientation::from_exif(u8::try_from(entry.value).ok()?)
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
    let kind = entries.find(|entry| entry.tag == SUBFILE_TYPE);
    Some(kind.is_none_or(|kind| kind.value & COPY_OR_MASK == 0))
}

/// The directories of a TIFF or BigTIFF file (TIFF 6.0, section 2).
pub(super) struct Directories<'a> {
    bytes: &'a [u8],
    pub little: bool,
    big: bool,
}

/// One entry of a directory.
pub(super) struct Entry {
    pub tag: u64,
    /// The first value, as far as it stands in the entry.
    pub value: u64,
    /// Where in the file it stands, and in how many bytes.
    pub at: u64,
    pub size: u64,
}

impl<'a> Directories<'a> {
    pub fn of(bytes: &'a [u8]) -> Option<Self> {
        let little = bytes.starts_with(b"II");
        let mut reader = Self {
            bytes,
            little,
            big: false,
        };
        reader.big = reader.number(2, 2)? == 43;
        Some(reader)
    }

    pub fn first(&self) -> Option<u64> {
        if self.big {
            self.number(8, 8)
        } else {
            self.number(4, 4)
        }
    }

    /// The entries of a directory, and where the next one is.
    pub fn directory(&self, at: u64) -> Option<(impl Iterator<Item = Entry>, u64)> {
        let (count_size, entry_size, word) = if self.big { (8, 20, 8) } else { (2, 12, 4) };
        let start = at.checked_add(count_size)?;
        let count = self.number(at, count_size)?;
        let end = start.checked_add(count.checked_mul(entry_size)?)?;
        let next = self.number(end, word)?;
        let entries = (0..count).map_while(move |entry| {
            let place = start + entry * entry_size;
            let size = match self.number(place + 2, 2)? {
                1 | 2 | 6 | 7 => 1,
                3 | 8 => 2,
                4 | 9 => 4,
                _ => word,
            };
            let at = place + entry_size - word;
            Some(Entry {
                tag: self.number(place, 2)?,
                value: self.number(at, size)?,
                at,
                size,
            })
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
