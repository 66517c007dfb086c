//! Whether a JPEG file is whole.
//!
//! The decoder fills what is missing with grey and says nothing, so that a half-copied photo would be learned from.

/// Whether the markers of a JPEG file run up to its end-of-image marker. Anything may follow it.
pub(super) fn is_whole(bytes: &[u8]) -> bool {
    const END: u8 = 0xD9;
    let mut rest = bytes.get(2..).unwrap_or_default();
    while let Some((marker, after)) = next_marker(rest) {
        if marker == END {
            return true;
        }
        let Some(&[high, low]) = after.first_chunk::<2>() else {
            return false;
        };
        let length = usize::from(u16::from_be_bytes([high, low])).max(2);
        let Some(behind) = after.get(length..) else {
            return false;
        };
        // Entropy-coded data follows a scan's header and has no length: `next_marker` passes over it, as it does
        // over the stray bytes between segments that other readers forgive.
        rest = behind;
    }
    false
}

/// The next marker that begins a segment or ends the image, and what lies behind it.
fn next_marker(mut bytes: &[u8]) -> Option<(u8, &[u8])> {
    loop {
        let at = bytes.iter().position(|&byte| byte == 0xFF)?;
        bytes = bytes.get(at + 1..)?;
        match bytes.first()? {
            // A stuffed 0xFF of the data, a restart marker, a marker without a segment, or a fill byte.
            0x00 | 0x01 | 0xD0..=0xD8 | 0xFF => {}
            &marker => return Some((marker, bytes.get(1..)?)),
        }
    }
}
