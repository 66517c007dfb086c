//! The largest picture of an icon file, as a file of its own.

use std::borrow::Cow;

use image::ImageFormat;

const HEAD: usize = 6;
const ENTRY: usize = 16;
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

/// The largest picture of an icon: a PNG as it is, which may be of any kind, or an icon with this one only. A broken
/// icon stays as it is, and the decoder says why.
pub(super) fn largest(bytes: &[u8]) -> (Cow<'_, [u8]>, ImageFormat) {
    alone(bytes).unwrap_or((Cow::Borrowed(bytes), ImageFormat::Ico))
}

fn alone(bytes: &[u8]) -> Option<(Cow<'_, [u8]>, ImageFormat)> {
    let count = bytes.get(4..HEAD)?.first_chunk::<2>()?;
    let count = usize::from(u16::from_le_bytes(*count));
    let entries = bytes.get(HEAD..)?.as_chunks::<ENTRY>().0;
    let entry = entries
        .iter()
        .take(count)
        .max_by_key(|entry| (side(entry[0]) * side(entry[1]), entry[6]))?;
    let number = |at: usize| {
        let bytes = entry.get(at..)?.first_chunk::<4>()?;
        usize::try_from(u32::from_le_bytes(*bytes)).ok()
    };
    let (length, start) = (number(8)?, number(12)?);
    let end = start.checked_add(length)?.min(bytes.len());
    let picture = bytes.get(start..end)?;
    if picture.starts_with(PNG) {
        return Some((Cow::Borrowed(picture), ImageFormat::Png));
    }
    let place = u32::try_from(HEAD + ENTRY).ok()?.to_le_bytes();
    let parts = [&[0, 0, 1, 0, 1, 0], entry.get(..12)?, &place, picture];
    Some((Cow::Owned(parts.concat()), ImageFormat::Ico))
}

/// 0 stands for 256 pixels.
fn side(stated: u8) -> u32 {
    if stated == 0 { 256 } else { u32::from(stated) }
}
