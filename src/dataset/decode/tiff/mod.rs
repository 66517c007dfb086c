//! TIFF: the library unpacks the numbers of every channel; what they mean is told here (TIFF 6.0, section 3 on).
//!
//! The library alone would take associated transparency for the other kind, and refuses palettes, grey with
//! transparency, signed and floating-point grey, and small depths. It is told that every picture is grey with any
//! number of channels, which it unpacks without a question.

mod meaning;
mod numbers;

use std::borrow::Cow;
use std::io::{self, Cursor, Read, Seek, SeekFrom};

use image::DynamicImage;
use image::metadata::Orientation;
use tiff::decoder::{Decoder, DecodingResult, Limits};
use tiff::tags::Tag;
use tiff::{TiffError, TiffUnsupportedError};

use super::super::Mode;
use super::frames::Directories;
use super::{Budget, DecodeFault, MAX_DECODER_BYTES, Permit, faults, within};
use meaning::{Colours, Meaning};

const PHOTOMETRIC: u64 = 262;
const FAX: [u64; 3] = [2, 3, 4];
const JPEG: u64 = 7;

/// Decodes the first picture of the file. Also gives its mode and how it stands upright.
pub(super) fn decode<'a>(
    bytes: &[u8],
    budget: &'a Budget,
) -> Result<(DynamicImage, Mode, Orientation, Permit<'a>), DecodeFault> {
    let said = Said::of(bytes).ok_or(DecodeFault::Truncated)?;
    let colours = said.colours()?;
    let bytes = said.upright_bits(bytes);
    let source = AllGrey::new(&bytes, &said);
    let mut decoder = Decoder::new(source).map_err(fault)?;
    let (width, height) = decoder.dimensions().map_err(fault)?;
    let pixels = within(width, height)?;
    let kind = decoder.colortype().map_err(fault)?;
    let (bits, samples) = (kind.bit_depth(), kind.num_samples());
    if !matches!(bits, 1..=8 | 16 | 32 | 64) {
        return Err(DecodeFault::UnusualKind(format!("{bits} bits a channel")));
    }
    let numbers = pixels.saturating_mul(u64::from(samples));
    let all = numbers.saturating_mul(u64::from(bits.div_ceil(8)));
    if all > MAX_DECODER_BYTES {
        return Err(DecodeFault::TooManyPixels { width, height });
    }
    let mut limits = Limits::unlimited();
    limits.decoding_buffer_size = MAX_DECODER_BYTES as usize;
    limits.intermediate_buffer_size = MAX_DECODER_BYTES as usize;
    limits.ifd_value_size = MAX_DECODER_BYTES as usize;
    let mut decoder = decoder.with_limits(limits);
    let meaning = Meaning::of(&mut decoder, colours, bits, usize::from(samples))?;
    let orientation = decoder.find_tag_unsigned::<u8>(Tag::Orientation);
    let orientation = orientation.ok().flatten().and_then(Orientation::from_exif);
    let permit = budget.take(all);
    let mut read = DecodingResult::U8(Vec::new());
    let layout = decoder.read_image_to_buffer(&mut read).map_err(fault)?;
    if read.as_buffer(0).as_bytes().len() < layout.complete_len {
        return Err(DecodeFault::TooManyPixels { width, height });
    }
    let image = meaning.picture(read, (width, height), layout.planes.max(1))?;
    let orientation = orientation.unwrap_or(Orientation::NoTransforms);
    Ok((image, meaning.mode(), orientation, permit))
}

fn fault(error: TiffError) -> DecodeFault {
    match error {
        TiffError::IoError(error) => faults::of_data(&error),
        TiffError::LimitsExceeded => {
            DecodeFault::Damaged("decoding it takes too much memory".into())
        }
        TiffError::UnsupportedError(TiffUnsupportedError::InconsistentBitsPerSample(_)) => {
            DecodeFault::UnusualKind("channels of different depths".into())
        }
        TiffError::UnsupportedError(TiffUnsupportedError::UnsupportedSampleFormat(_)) => {
            DecodeFault::UnusualKind("complex or undefined numbers".into())
        }
        TiffError::UnsupportedError(error) => {
            DecodeFault::UnusualKind(faults::brief(&error.to_string()))
        }
        other => faults::told(&other.to_string()),
    }
}

/// What the first directory says, as far as it must be known before the library reads.
struct Said {
    little: bool,
    photometric: u64,
    /// Where the library is told otherwise.
    photometric_at: u64,
    compression: u64,
    bits_from_the_right: bool,
}

impl Said {
    fn of(bytes: &[u8]) -> Option<Self> {
        let reader = Directories::of(bytes)?;
        let mut said = Self {
            little: reader.little,
            photometric: u64::MAX,
            photometric_at: u64::MAX,
            compression: 1,
            bits_from_the_right: false,
        };
        for entry in reader.directory(reader.first()?)?.0 {
            match entry.tag {
                259 => said.compression = entry.value,
                PHOTOMETRIC => {
                    said.photometric = entry.value;
                    // The lower 16 bits of the value.
                    let before = if reader.little {
                        0
                    } else {
                        entry.size.max(2) - 2
                    };
                    said.photometric_at = entry.at + before;
                }
                266 => said.bits_from_the_right = entry.value == 2,
                _ => {}
            }
        }
        Some(said)
    }

    /// What the channels are, where both that and how they are packed can be read.
    fn colours(&self) -> Result<Colours, DecodeFault> {
        let packed = match self.compression {
            1 | 4 | 5 | JPEG | 8 | 32_773 | 32_946 => None,
            2 => Some("CCITT Huffman compression".to_owned()),
            3 => Some("CCITT Group 3 compression".to_owned()),
            6 => Some("old-style JPEG compression".to_owned()),
            34_712 | 33_003 | 33_005 => Some("JPEG 2000 compression".to_owned()),
            34_887 => Some("LERC compression".to_owned()),
            34_925 => Some("LZMA compression".to_owned()),
            50_000 => Some("Zstandard compression".to_owned()),
            50_001 => Some("WebP compression".to_owned()),
            50_002 | 52_546 => Some("JPEG XL compression".to_owned()),
            other => Some(format!("compression number {other}")),
        };
        if let Some(packed) = packed {
            return Err(DecodeFault::UnusualKind(packed));
        }
        let strange = match self.photometric {
            0 => return Ok(Colours::Grey { inverted: true }),
            1 => return Ok(Colours::Grey { inverted: false }),
            2 => return Ok(Colours::Rgb),
            3 => return Ok(Colours::Palette),
            5 => return Ok(Colours::Inks),
            6 => return Ok(Colours::Ycbcr),
            4 => "a mask".to_owned(),
            8..=10 => "Lab colours".to_owned(),
            32_803 | 34_892 => "the raw data of a camera's sensor".to_owned(),
            32_844 | 32_845 => "LogLuv colours".to_owned(),
            u64::MAX => "nothing says its colours".to_owned(),
            other => format!("colours of kind {other}"),
        };
        Err(DecodeFault::UnusualKind(strange))
    }

    /// The file with the bits of every byte of the picture in the usual order.
    fn upright_bits<'a>(&self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        if !self.bits_from_the_right || !(self.compression == 1 || FAX.contains(&self.compression))
        {
            return Cow::Borrowed(bytes);
        }
        strips(bytes).map_or(Cow::Borrowed(bytes), |strips| {
            let mut bytes = bytes.to_vec();
            for (start, length) in strips {
                let end = start.saturating_add(length).min(bytes.len());
                for byte in bytes.get_mut(start..end).unwrap_or_default() {
                    *byte = byte.reverse_bits();
                }
            }
            Cow::Owned(bytes)
        })
    }
}

/// Where the strips of a picture lie, each once: start and length. Nothing for tiles.
fn strips(bytes: &[u8]) -> Option<Vec<(usize, usize)>> {
    let mut decoder = Decoder::new(Cursor::new(bytes)).ok()?;
    // Bits from the right are for pictures in black and white.
    if decoder.colortype().ok()?.bit_depth() != 1 {
        return None;
    }
    let starts = decoder.find_tag_unsigned_vec::<u32>(Tag::StripOffsets);
    let lengths = decoder.find_tag_unsigned_vec::<u32>(Tag::StripByteCounts);
    let (starts, lengths) = (starts.ok()??, lengths.ok()??);
    let both = starts.into_iter().zip(lengths);
    let mut strips: Vec<_> = both
        .map(|(start, length)| Some((usize::try_from(start).ok()?, usize::try_from(length).ok()?)))
        .collect::<Option<_>>()?;
    strips.sort_unstable();
    strips.dedup_by_key(|strip| strip.0);
    Some(strips)
}

/// The file, but it says that its picture is grey, black being 0.
struct AllGrey<'a> {
    bytes: Cursor<&'a [u8]>,
    at: u64,
    grey: [u8; 2],
}

impl<'a> AllGrey<'a> {
    fn new(bytes: &'a [u8], said: &Said) -> Self {
        Self {
            bytes: Cursor::new(bytes),
            at: said.photometric_at,
            grey: if said.little { [1, 0] } else { [0, 1] },
        }
    }
}

impl Read for AllGrey<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let start = self.bytes.position();
        let count = self.bytes.read(buffer)?;
        for (place, byte) in (self.at..).zip(self.grey) {
            let index = place
                .checked_sub(start)
                .and_then(|at| usize::try_from(at).ok());
            let read = buffer.get_mut(..count).unwrap_or_default();
            if let Some(target) = index.and_then(|index| read.get_mut(index)) {
                *target = byte;
            }
        }
        Ok(count)
    }
}

impl Seek for AllGrey<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.bytes.seek(to)
    }
}
