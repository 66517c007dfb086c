//! Old files of the cache are removed: nobody asks for them, and nobody would look for them there.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// What has not been used for so long is removed: indexes, journals of scans that never ended, and unpacked archives.
const UNUSED: Duration = DAY.saturating_mul(90);
/// Most bytes of indexes; of more, those that were used longest ago are removed.
const MOST: u64 = 2 << 30;

/// Says that a file of the cache is used. Its time of writing says so, because not every disk keeps that of reading.
pub(in crate::dataset) fn touch(path: &Path) {
    let now = SystemTime::now();
    let known = fs::metadata(path).and_then(|about| about.modified());
    let is_old = known.is_ok_and(|then| now.duration_since(then).is_ok_and(|since| since > DAY));
    if is_old {
        // One that cannot be touched is made anew in time.
        let file = File::options().write(true).open(path);
        file.and_then(|file| file.set_modified(now))
            .unwrap_or_default();
    }
}

/// Removes what is old, and of the indexes what is too much; never the one in use.
pub(super) fn tidy(folder: &Path, in_use: &Path) -> io::Result<()> {
    let mut indexes: Vec<(SystemTime, u64, PathBuf)> = Vec::new();
    let now = SystemTime::now();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        let is_index = is_index(&path);
        if path.with_extension("index") == in_use || !(is_index || is_unpacked(&path)) {
            continue;
        }
        // Another program that tidies at the same time may have been quicker.
        let Ok(about) = entry.metadata() else {
            continue;
        };
        let used = about.modified()?;
        if now.duration_since(used).is_ok_and(|since| since > UNUSED) {
            remove(&path)?;
        } else if is_index {
            indexes.push((used, about.len(), path));
        }
    }
    indexes.sort_unstable();
    let own = fs::metadata(in_use).map_or(0, |about| about.len());
    let mut total = own + indexes.iter().map(|(_, bytes, _)| bytes).sum::<u64>();
    for (_, bytes, path) in indexes {
        if total <= MOST {
            break;
        }
        remove(&path)?;
        total -= bytes;
    }
    Ok(())
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Whether it is named as an index or its journal.
fn is_index(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str());
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let is_sum = |sum: &str| sum.len() == 16 && sum.bytes().all(|byte| byte.is_ascii_hexdigit());
    matches!(ending, Some("index" | "journal"))
        && stem
            .split_once('-')
            .is_some_and(|(source, way)| is_sum(source) && is_sum(way))
}

/// Whether it is named as what an archive was unpacked to.
fn is_unpacked(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with("unpacked-") && name.ends_with(".tar")
}
