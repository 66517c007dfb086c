//! A file's bytes, within limits, and whole: one that changes while it is read is not half of each.

use std::fs::{File, Metadata};
use std::io::Read;
use std::path::Path;
use std::time::UNIX_EPOCH;

use super::{DecodeFault, MAX_FILE_BYTES, format};

/// Reads a file that may be an image. Asks its head first: a large file is no image more often than not.
pub(crate) fn read_bytes(path: &Path) -> Result<Vec<u8>, DecodeFault> {
    // A copy that is under way changes faster than it can be read; one that has just ended is read the second time.
    for _ in 0..2 {
        if let Some(bytes) = read_once(path)? {
            return Ok(bytes);
        }
    }
    Err(DecodeFault::Changing)
}

/// Size in bytes, and when it was last written: nanoseconds since 1970, 0 where the system does not know.
pub(crate) fn stamp(about: &Metadata) -> (u64, i64) {
    let since = |time: std::time::SystemTime| match time.duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_nanos()).unwrap_or(0),
        Err(before) => i64::try_from(before.duration().as_nanos()).map_or(0, |nanos| -nanos),
    };
    (about.len(), about.modified().map_or(0, since))
}

/// The whole file, or nothing where it has changed meanwhile.
fn read_once(path: &Path) -> Result<Option<Vec<u8>>, DecodeFault> {
    // Asked before opening, because opening a pipe would wait for its writer for ever.
    let about = std::fs::metadata(path)?;
    if !about.is_file() {
        return Err(DecodeFault::Special);
    }
    let size = about.len();
    let file = File::open(path)?;
    let bytes = read_all(&file, size)?;
    let same = stamp(&file.metadata()?) == stamp(&about);
    Ok((same && u64::try_from(bytes.len()) == Ok(size)).then_some(bytes))
}

/// Reads a picture's bytes; `stated` is the size that its folder or archive tells.
pub(crate) fn read_all(mut content: impl Read, stated: u64) -> Result<Vec<u8>, DecodeFault> {
    let mut bytes = Vec::with_capacity(usize::try_from(stated.min(4096)).unwrap_or(0));
    content.by_ref().take(4096).read_to_end(&mut bytes)?;
    format::may_be_one(&bytes)?;
    if stated > MAX_FILE_BYTES {
        return Err(DecodeFault::FileTooLarge(stated));
    }
    let missing = usize::try_from(stated)
        .unwrap_or(0)
        .saturating_sub(bytes.len());
    bytes
        .try_reserve_exact(missing)
        .map_err(|error| DecodeFault::Io(error.to_string()))?;
    // The file may be growing while it is read.
    content.take(MAX_FILE_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}
