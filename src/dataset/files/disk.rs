//! A folder on the disk to a flat listing: level by level, the folders of a level on all cores.
//!
//! Links are followed, except those that lead back up; nothing is recursive, so no depth is too deep.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::{self, DirEntry};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::vec;

use rayon::prelude::*;

use super::names::{is_hidden, is_missed, portable, push_text};
use super::{Entry, Listing, MAX_ENTRIES, modified};
use crate::dataset::{DatasetError, DecodeFault, Problem, Progress};

const LOOP: &str = "a link that leads back to a folder above it: remove the link";
const DANGLING: &str = "a link to something that is not there: mend or remove it";
const KNOT: &str =
    "a link behind so many others that it is not followed: put the folder itself there";
/// Links one behind the other that are followed: a few folders that link to each other make millions of paths.
const MAX_LINKS: usize = 8;
/// Names of a folder that are in memory at a time before they are asked for their sizes…
const PORTION: usize = 1 << 16;
/// …and of these, the ones that one core asks.
const TOGETHER: usize = 512;

/// A folder to be listed.
struct Folder {
    /// Where it is, as reached from the root.
    path: PathBuf,
    /// Below the root, as the system has it.
    below: PathBuf,
    /// Where it really is.
    real: PathBuf,
    /// Where the links on the way to it really stand.
    links: Arc<Vec<PathBuf>>,
}

impl Folder {
    /// Whether a link from here to `target` leads to the root or to a folder on the way here.
    fn is_below(&self, target: &Path) -> bool {
        self.real.starts_with(target) || self.links.iter().any(|link| link.starts_with(target))
    }
}

/// What some of the names in a folder turned out to be.
#[derive(Default)]
struct Found {
    files: Vec<Entry>,
    folders: Vec<Folder>,
    problems: Vec<Problem>,
    /// Paths of files whose names are no UTF-8.
    unusual: Vec<(String, PathBuf)>,
    /// Pictures that are skipped by their names.
    hidden: usize,
}

impl Found {
    fn append(&mut self, mut other: Self) {
        self.files.append(&mut other.files);
        self.folders.append(&mut other.folders);
        self.problems.append(&mut other.problems);
        self.unusual.append(&mut other.unusual);
        self.hidden += other.hidden;
    }

    fn is_empty(&self) -> bool {
        self.files.is_empty() && self.folders.is_empty() && self.problems.is_empty()
    }

    fn problem(&mut self, below: &Path, reason: String) {
        self.problems.push(Problem {
            file: portable(below),
            reason,
        });
    }
}

/// Lists the folder, sorted by path. Problems inside are listed; an error is only what leaves nothing to look at.
pub(super) fn list(root: &Path, progress: &Progress) -> Result<Listing, DatasetError> {
    progress.begin(0);
    let of_root = |error: io::Error| DatasetError::of_folder(root, &error);
    let real = fs::canonicalize(root).map_err(of_root)?;
    // Asked here, so that a root that cannot be listed is an error and not a problem among others.
    fs::read_dir(root).map_err(of_root)?;
    let mut listing = Listing::default();
    let mut of_folders: Vec<Vec<Entry>> = Vec::new();
    let (mut files, mut hidden) = (0, 0);
    let mut level = vec![Folder {
        path: root.to_path_buf(),
        below: PathBuf::new(),
        real,
        links: Arc::default(),
    }];
    while !level.is_empty() {
        let lists: Vec<Found> = level
            .par_iter()
            .with_max_len(8)
            .map(|folder| children(folder, progress))
            .collect();
        if progress.cancelled() {
            return Err(DatasetError::Cancelled);
        }
        let mut next = Vec::new();
        for (folder, found) in level.iter().zip(lists) {
            if found.is_empty() && folder.below.as_os_str() != "" {
                listing.empty.push(portable(&folder.below));
            }
            files += found.files.len();
            of_folders.push(found.files);
            next.extend(found.folders);
            listing.problems.extend(found.problems);
            listing.unusual.extend(found.unusual);
            hidden += found.hidden;
        }
        if files > MAX_ENTRIES || next.len() > MAX_ENTRIES {
            return Err(DatasetError::TooManyFiles(root.to_path_buf()));
        }
        level = next;
    }
    listing.entries = merged(of_folders);
    if hidden > 0 {
        listing.notices.push(match hidden {
            1 => "1 hidden picture, or backup of one, is skipped".to_owned(),
            _ => format!("{hidden} hidden pictures, or backups of some, are skipped"),
        });
    }
    Ok(listing)
}

/// Sorted lists to one. The files of a folder mostly follow each other, so that stretches are taken at a time.
fn merged(lists: Vec<Vec<Entry>>) -> Vec<Entry> {
    let mut all = Vec::with_capacity(lists.iter().map(Vec::len).sum());
    let mut lists: Vec<vec::IntoIter<Entry>> = lists.into_iter().map(Vec::into_iter).collect();
    let head = |at: usize, list: &vec::IntoIter<Entry>| {
        let first = list.as_slice().first()?;
        Some(Reverse((first.path.clone(), at)))
    };
    let heads = lists.iter().enumerate();
    let mut heads: BinaryHeap<Reverse<(String, usize)>> =
        heads.filter_map(|(at, list)| head(at, list)).collect();
    while let Some(Reverse((_, at))) = heads.pop() {
        let Some(list) = lists.get_mut(at) else {
            continue;
        };
        let rest = list.as_slice();
        let stretch = match heads.peek() {
            Some(Reverse((next, _))) => rest.partition_point(|entry| entry.path <= *next),
            None => rest.len(),
        };
        all.extend(list.by_ref().take(stretch.max(1)));
        heads.extend(head(at, list));
    }
    all
}

/// What lies in one folder; its files are sorted.
fn children(folder: &Folder, progress: &Progress) -> Found {
    let failed = |error: &io::Error| {
        let reason = match error.kind() {
            io::ErrorKind::PermissionDenied => {
                "no permission to list this folder: change its permissions, or remove it".to_owned()
            }
            _ => DecodeFault::from_io(error).to_string(),
        };
        let mut found = Found::default();
        found.problem(&folder.below, reason);
        found
    };
    if progress.cancelled() {
        return Found::default();
    }
    let mut names = match fs::read_dir(&folder.path) {
        Ok(names) => names,
        Err(error) => return failed(&error),
    };
    let start = match portable(&folder.below) {
        below if below.is_empty() => below,
        below => below + "/",
    };
    let mut found = Found::default();
    loop {
        let mut portion = Vec::new();
        let mut taken = 0;
        for name in names.by_ref().take(PORTION) {
            taken += 1;
            match name {
                Ok(name) => portion.push(name),
                Err(error) => found.append(failed(&error)),
            }
        }
        // In the order in which they lie on the disk: asked for as they come, a cold disk is all over the place.
        portion.sort_by_cached_key(place_on_disk);
        let parts: Vec<Found> = portion
            .par_chunks(TOGETHER)
            .map(|names| look(folder, &start, names, progress))
            .collect();
        parts.into_iter().for_each(|part| found.append(part));
        if taken < PORTION || progress.cancelled() {
            break;
        }
    }
    found
        .files
        .par_sort_by(|left, right| left.path.cmp(&right.path));
    found
}

/// The number of its inode, where there are such.
fn place_on_disk(entry: &DirEntry) -> u64 {
    #[cfg(unix)]
    let place = std::os::unix::fs::DirEntryExt::ino(entry);
    #[cfg(not(unix))]
    let place = 0;
    place
}

/// What some names of a folder are. `start`: the folder below the root as text, with `/` where it is not the root.
fn look(folder: &Folder, start: &str, names: &[DirEntry], progress: &Progress) -> Found {
    let mut found = Found::default();
    if progress.cancelled() {
        return found;
    }
    found.files.reserve_exact(names.len());
    for entry in names {
        child(folder, start, entry, &mut found);
    }
    progress.advance(found.files.len());
    found
}

fn child(folder: &Folder, start: &str, entry: &DirEntry, found: &mut Found) {
    let name = entry.file_name();
    let shown = name.to_string_lossy();
    if is_hidden(&shown) {
        found.hidden += usize::from(is_missed(&shown));
        return;
    }
    let (path, below) = (|| folder.path.join(&name), || folder.below.join(&name));
    let kind = match entry.file_type() {
        Ok(kind) => kind,
        Err(error) => return found.problem(&below(), DecodeFault::from_io(&error).to_string()),
    };
    if kind.is_dir() {
        return found.folders.push(Folder {
            real: folder.real.join(&name),
            links: Arc::clone(&folder.links),
            path: path(),
            below: below(),
        });
    }
    let about = if kind.is_symlink() {
        fs::metadata(path())
    } else {
        entry.metadata()
    };
    match about {
        Ok(about) if about.is_dir() => linked(folder, path(), below(), found),
        Ok(about) if about.is_file() => {
            // Exactly as long as it is: there may be millions.
            let mut text = String::with_capacity(start.len() + name.len());
            text.push_str(start);
            push_text(&mut text, name.as_encoded_bytes());
            let as_is =
                |name: &std::ffi::OsStr| name.to_str().is_some_and(|it| !it.contains("\\x"));
            if !as_is(&name) || !as_is(folder.below.as_os_str()) {
                found.unusual.push((text.clone(), below()));
            }
            found
                .files
                .push(Entry::new(text, about.len(), modified(&about), 0));
        }
        Ok(_) => found.problem(&below(), DecodeFault::Special.to_string()),
        Err(error) if kind.is_symlink() => found.problem(&below(), broken_link(&error)),
        Err(error) => found.problem(&below(), DecodeFault::from_io(&error).to_string()),
    }
}

fn broken_link(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => DANGLING.to_owned(),
        io::ErrorKind::PermissionDenied => DecodeFault::NoPermission.to_string(),
        // The system's own limit: links that lead to each other.
        _ => format!("a link that leads nowhere ({error}): mend or remove it"),
    }
}

/// A link to a folder.
fn linked(folder: &Folder, path: PathBuf, below: PathBuf, found: &mut Found) {
    let real = match fs::canonicalize(&path) {
        Ok(real) => real,
        Err(error) => return found.problem(&below, broken_link(&error)),
    };
    if folder.is_below(&real) {
        return found.problem(&below, LOOP.to_owned());
    }
    if folder.links.len() >= MAX_LINKS {
        return found.problem(&below, KNOT.to_owned());
    }
    let mut links = folder.links.to_vec();
    links.push(folder.real.clone());
    found.folders.push(Folder {
        path,
        below,
        real,
        links: Arc::new(links),
    });
}
