//! What the decoders say, in words for people.

use image::ImageError;

use super::DecodeFault;

pub(super) fn fault(error: ImageError) -> DecodeFault {
    match error {
        ImageError::IoError(error) => of_data(&error),
        ImageError::Limits(_) => DecodeFault::Damaged("decoding it takes too much memory".into()),
        ImageError::Unsupported(error) => DecodeFault::UnusualKind(unusual(&error.to_string())),
        other => told(&other.to_string()),
    }
}

/// The bytes lie in memory: what a decoder calls a failed reading is the fault of the data.
pub(super) fn of_data(error: &std::io::Error) -> DecodeFault {
    match error.kind() {
        std::io::ErrorKind::UnexpectedEof => DecodeFault::Truncated,
        _ => told(&error.to_string()),
    }
}

/// Of "The decoder for Tiff does not support the format features X" the X, which is what people can look up.
fn unusual(text: &str) -> String {
    let what = text.split_once("format features ");
    brief(what.map_or(text, |(_, what)| what))
}

/// A decoder's words: cut short, or damaged.
pub(super) fn told(text: &str) -> DecodeFault {
    const SHORT: [&str; 5] = [
        "unexpected end",
        "unexpected eof",
        "failed to fill whole buffer",
        "no more data",
        "exhausted",
    ];
    let lower = text.to_lowercase();
    if SHORT.iter().any(|sign| lower.contains(sign)) {
        DecodeFault::Truncated
    } else {
        DecodeFault::Damaged(brief(text))
    }
}

/// A decoder's words, cut to one line that fits a table; what only a programmer can read is left out.
pub(super) fn brief(text: &str) -> String {
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
