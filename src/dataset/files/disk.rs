//! A folder on the disk to a flat listing: level by level, the folders of a level on all cores.
//!
//! Links are followed, except those that lead back up; nothing is recursive, so no depth is too deep.

use std::fs::{self, DirEntry};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;

use super::names::{is_hidden, portable};
use super::{Entry, Listing, MAX_ENTRIES, modified};
use crate::dataset::{DatasetError, DecodeFault, Problem, Progress};

const LOOP: &str = "a link that leads back to a folder above it: remove the link";
const DANGLING: &str = "a link to something that is not there: mend or remove it";
const KNOT: &str =
    "a link behind so many others that it is not followed: put the folder itself there";
/// Links one behind the other that are followed: a few folders that link to each other make millions of paths.
const MAX_LINKS: usize = 8;

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

/// What one name in a folder turned out to be.
enum Child {
    Ignored,
    File {
        below: PathBuf,
        bytes: u64,
        modified: i64,
    },
    Folder(Folder),
    Problem(PathBuf, String),
}

/// Lists the folder. Problems inside are listed; an error is only what leaves nothing to look at.
pub(super) fn list(root: &Path, progress: &Progress) -> Result<Listing, DatasetError> {
    progress.begin(0);
    let of_root = |error: io::Error| DatasetError::of_folder(root, &error);
    let real = fs::canonicalize(root).map_err(of_root)?;
    // Asked here, so that a root that cannot be listed is an error and not a problem among others.
    fs::read_dir(root).map_err(of_root)?;
    let mut listing = Listing::default();
    let mut level = vec![Folder {
        path: root.to_path_buf(),
        below: PathBuf::new(),
        real,
        links: Arc::default(),
    }];
    while !level.is_empty() {
        let lists: Vec<Vec<Child>> = level
            .par_iter()
            .with_max_len(8)
            .map(|folder| children(folder, progress))
            .collect();
        if progress.cancelled() {
            return Err(DatasetError::Cancelled);
        }
        let mut next = Vec::new();
        for (folder, children) in level.iter().zip(lists) {
            keep(folder, children, &mut listing, &mut next);
        }
        if listing.entries.len() > MAX_ENTRIES || next.len() > MAX_ENTRIES {
            return Err(DatasetError::TooManyFiles(root.to_path_buf()));
        }
        level = next;
    }
    Ok(listing)
}

fn keep(folder: &Folder, children: Vec<Child>, listing: &mut Listing, next: &mut Vec<Folder>) {
    let mut empty = true;
    for child in children {
        empty &= matches!(child, Child::Ignored);
        match child {
            Child::Ignored => {}
            Child::Folder(folder) => next.push(folder),
            Child::Problem(below, reason) => listing.problems.push(Problem {
                file: portable(&below),
                reason,
            }),
            Child::File {
                below,
                bytes,
                modified,
            } => {
                let path = portable(&below);
                if below.to_str().is_none() {
                    listing.unusual.insert(path.clone(), below);
                }
                listing.entries.push(Entry::new(path, bytes, modified, 0));
            }
        }
    }
    if empty && folder.below.as_os_str() != "" {
        listing.empty.push(portable(&folder.below));
    }
}

fn children(folder: &Folder, progress: &Progress) -> Vec<Child> {
    if progress.cancelled() {
        return Vec::new();
    }
    let unreadable = |error: &io::Error| {
        let reason = match error.kind() {
            io::ErrorKind::PermissionDenied => {
                "no permission to list this folder: change its permissions, or remove it".to_owned()
            }
            _ => DecodeFault::from_io(error).to_string(),
        };
        Child::Problem(folder.below.clone(), reason)
    };
    let entries = match fs::read_dir(&folder.path) {
        Ok(entries) => entries,
        Err(error) => return vec![unreadable(&error)],
    };
    let mut found = Vec::new();
    let mut failed = None;
    for entry in entries {
        match entry {
            Ok(entry) => found.push(entry),
            Err(error) => failed = Some(unreadable(&error)),
        }
    }
    let mut children: Vec<Child> = found
        .par_iter()
        .with_min_len(256)
        .map(|entry| child(folder, entry, progress))
        .collect();
    children.extend(failed);
    children
}

fn child(folder: &Folder, entry: &DirEntry, progress: &Progress) -> Child {
    let name = entry.file_name();
    if progress.cancelled() || is_hidden(&name.to_string_lossy()) {
        return Child::Ignored;
    }
    let below = folder.below.join(&name);
    let path = folder.path.join(&name);
    let kind = match entry.file_type() {
        Ok(kind) => kind,
        Err(error) => return Child::Problem(below, DecodeFault::from_io(&error).to_string()),
    };
    if kind.is_dir() {
        return Child::Folder(Folder {
            real: folder.real.join(&name),
            links: Arc::clone(&folder.links),
            path,
            below,
        });
    }
    let about = if kind.is_symlink() {
        fs::metadata(&path)
    } else {
        entry.metadata()
    };
    match about {
        Ok(about) if about.is_dir() => linked(folder, path, below),
        Ok(about) if about.is_file() => {
            progress.advance(1);
            Child::File {
                below,
                bytes: about.len(),
                modified: modified(&about),
            }
        }
        Ok(_) => Child::Problem(below, DecodeFault::Special.to_string()),
        Err(error) if kind.is_symlink() => Child::Problem(below, broken_link(&error)),
        Err(error) => Child::Problem(below, DecodeFault::from_io(&error).to_string()),
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
fn linked(folder: &Folder, path: PathBuf, below: PathBuf) -> Child {
    let real = match fs::canonicalize(&path) {
        Ok(real) => real,
        Err(error) => return Child::Problem(below, broken_link(&error)),
    };
    if folder.is_below(&real) {
        return Child::Problem(below, LOOP.to_owned());
    }
    if folder.links.len() >= MAX_LINKS {
        return Child::Problem(below, KNOT.to_owned());
    }
    let mut links = folder.links.to_vec();
    links.push(folder.real.clone());
    Child::Folder(Folder {
        path,
        below,
        real,
        links: Arc::new(links),
    })
}
