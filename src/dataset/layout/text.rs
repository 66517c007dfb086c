//! Bytes of a table or list to text: UTF-8, UTF-16 or what Windows writes in the West.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// Largest table or list that is read.
pub(super) const MAX_TEXT: u64 = 256 << 20;

/// The text, and how it was encoded where that is worth telling. Errors: it is no text.
pub(super) fn decode(bytes: &[u8]) -> Result<(String, Option<&'static str>), &'static str> {
    let (encoding, start) = match Encoding::for_bom(bytes) {
        Some((encoding, length)) => (encoding, length),
        None => (guess(bytes), 0),
    };
    let rest = bytes.get(start..).unwrap_or_default();
    if encoding == UTF_8 {
        return match std::str::from_utf8(rest) {
            Ok(text) if !text.contains('\0') => Ok((text.to_owned(), None)),
            _ => Err("is no text"),
        };
    }
    let (text, _) = encoding.decode_without_bom_handling(rest);
    if text.contains('\0') {
        return Err("is no text");
    }
    let name = match encoding {
        _ if encoding == WINDOWS_1252 => "Latin-1 (Windows-1252)",
        _ => "UTF-16",
    };
    Ok((text.into_owned(), Some(name)))
}

fn guess(bytes: &[u8]) -> &'static Encoding {
    // In UTF-16 every other byte of names and commas is zero.
    let head = bytes.get(..bytes.len().min(1024)).unwrap_or(bytes);
    let zeros = |odd: usize| {
        head.iter()
            .skip(odd)
            .step_by(2)
            .filter(|&&byte| byte == 0)
            .count()
    };
    let many = head.len() / 4;
    if many > 0 && zeros(1) > many && zeros(0) == 0 {
        UTF_16LE
    } else if many > 0 && zeros(0) > many && zeros(1) == 0 {
        UTF_16BE
    } else if std::str::from_utf8(bytes).is_ok() {
        UTF_8
    } else {
        WINDOWS_1252
    }
}
