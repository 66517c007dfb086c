//! Whether a JPEG file is whole, and of what kind it is.
//!
//! The decoder fills what is missing with grey and says nothing, so that a half-copied photo would be learned from.

/// A frame header (ITU-T T.81, B.2.2; T.87 for JPEG-LS): how the picture is coded.
pub(super) struct Frame {
    /// The second byte of the marker that begins it: 0xC0 for baseline.
    pub marker: u8,
    /// Bits of a sample.
    pub bits: u8,
    /// Horizontal and vertical sampling factor of each component.
    pub sampling: Vec<(u8, u8)>,
}

/// The frame header of a JPEG file, if it has one before its first scan.
pub(super) fn frame(bytes: &[u8]) -> Option<Frame> {
    const SCAN: u8 = 0xDA;
    let mut rest = bytes.get(2..)?;
    loop {
        let (marker, behind) = next_marker(rest)?;
        let length = behind.first_chunk::<2>().copied().map(u16::from_be_bytes)?;
        match marker {
            0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF | 0xF7 => {
                let header = behind.get(2..usize::from(length))?;
                let components = header.get(6..)?.as_chunks::<3>().0.iter();
                return Some(Frame {
                    marker,
                    bits: *header.first()?,
                    sampling: components
                        .take(usize::from(*header.get(5)?))
                        .map(|[_, factors, _]| (factors >> 4, factors & 15))
                        .collect(),
                });
            }
            SCAN | 0xD9 => return None,
            _ => rest = behind.get(usize::from(length).max(2)..)?,
        }
    }
}

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
