//! The files of a data set as one flat listing, wherever they lie: in a folder, a zip or a tar.
//!
//! [`Tree`] is the listing; [`Store`] gives the bytes of an entry, from any thread. Hostile input: no path leads out of
//! its root, links in archives are not followed, and sizes are checked before memory is taken.

mod disk;
mod kinds;
mod names;
mod open;
mod read;
mod tar;
mod unpack;
mod zip;

use std::collections::BTreeMap;
use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use rawzip::FileReader;
use rayon::prelude::*;

use super::{DatasetError, Problem, Progress, Set};
pub(super) use kinds::{Kind, beside, kind};
pub(super) use open::open;
pub(super) use read::Body;

/// Most files of one data set.
pub(super) const MAX_ENTRIES: usize = 1 << 24;

/// A plain file below the root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Below the root, with `/`. Bytes that are no UTF-8 appear as `\xFF`.
    pub path: String,
    /// Size of its content.
    pub bytes: u64,
    /// When it was last written: nanoseconds since 1970, 0 where nobody knows.
    pub modified: i64,
    /// Its number in the archive.
    pub place: u32,
    /// By its name.
    pub kind: Kind,
}

impl Entry {
    fn new(path: String, bytes: u64, modified: i64, place: u32) -> Self {
        Self {
            kind: kind(&path),
            path,
            bytes,
            modified,
            place,
        }
    }
}

/// Everything below a root, before any file is opened.
#[derive(Debug)]
pub(super) struct Tree {
    /// Sorted by path; no path occurs twice.
    pub entries: Vec<Entry>,
    /// Folders in which there is nothing, sorted.
    pub empty: Vec<String>,
    /// What is left out.
    pub problems: Vec<Problem>,
    /// What deserves to be known although nothing is left out.
    pub notices: Vec<String>,
    /// How the bytes are found.
    pub store: Arc<Store>,
}

/// Where the bytes of the entries are.
#[derive(Debug)]
pub(super) struct Store {
    /// The folder or the archive.
    pub root: PathBuf,
    kind: Bytes,
}

#[derive(Debug)]
enum Bytes {
    /// The paths of files whose names are no UTF-8.
    Disk(BTreeMap<String, PathBuf>),
    Zip(zip::Zip),
    Tar(Arc<FileReader>, Vec<tar::Span>),
}

/// What lies in a folder or archive; the entries of an archive as they come.
#[derive(Debug, Default)]
struct Listing {
    entries: Vec<Entry>,
    empty: Vec<String>,
    problems: Vec<Problem>,
    notices: Vec<String>,
    unusual: BTreeMap<String, PathBuf>,
}

impl Listing {
    /// Of an archive, sorted by path. It may name a file twice: the last one counts, as when it is unpacked.
    fn sorted(mut self) -> Self {
        self.entries.par_sort_unstable_by(|left, right| {
            (&left.path, left.place).cmp(&(&right.path, right.place))
        });
        without_doubles(&mut self.entries, &mut self.notices);
        self
    }
}

impl Tree {
    /// Lists a folder with all folders below it.
    pub fn of_folder(root: &Path, progress: &Progress) -> Result<Self, DatasetError> {
        let mut listing = disk::list(root, progress)?;
        let unusual = std::mem::take(&mut listing.unusual);
        Ok(Self::new(root, listing, Bytes::Disk(unusual)))
    }

    /// Lists a zip, which is read in place.
    pub fn of_zip(file: &Path, progress: &Progress) -> Result<Self, DatasetError> {
        let (listing, zip) = zip::list(file, progress)?;
        Ok(Self::new(file, listing.sorted(), Bytes::Zip(zip)).without_wrapper())
    }

    /// Lists a tar, which is read in place; a compressed one is unpacked to a plain tar in `cache` or in the system's
    /// place for temporary files.
    pub fn of_tar(
        file: &Path,
        packing: Option<unpack::Packing>,
        cache: Option<&Path>,
        progress: &Progress,
    ) -> Result<Self, DatasetError> {
        let (plain, bytes) = unpack::plain(file, packing, cache, progress)?;
        let (listing, spans) = tar::list(file, &plain, bytes, progress)?;
        let bytes = Bytes::Tar(Arc::new(plain), spans);
        Ok(Self::new(file, listing.sorted(), bytes).without_wrapper())
    }

    /// Of a sorted listing.
    fn new(root: &Path, listing: Listing, kind: Bytes) -> Self {
        let Listing {
            entries,
            mut empty,
            problems,
            notices,
            unusual: _,
        } = listing;
        empty.sort_unstable();
        empty.dedup();
        empty.retain(|folder| !is_folder(&entries, folder));
        Self {
            entries,
            empty,
            problems,
            notices,
            store: Arc::new(Store {
                root: root.to_path_buf(),
                kind,
            }),
        }
    }

    /// Takes away the one folder that many archives have around everything, where there are folders or tables in it.
    fn without_wrapper(mut self) -> Self {
        let Some(top) = self.entries.first().and_then(|entry| {
            let (top, _) = entry.path.split_once('/')?;
            Some(format!("{top}/"))
        }) else {
            return self;
        };
        let rest = |path: &str| path.strip_prefix(&top).map(str::to_owned);
        let alone = self
            .entries
            .iter()
            .all(|entry| entry.path.starts_with(&top))
            && self.empty.iter().all(|folder| folder.starts_with(&top))
            && Set::from_folder(top.trim_end_matches('/')).is_none();
        let more = self.entries.iter().any(|entry| {
            rest(&entry.path).is_some_and(|path| path.contains('/') || entry.kind != Kind::Picture)
        });
        if alone && more {
            for entry in &mut self.entries {
                entry.path.drain(..top.len());
            }
            for folder in &mut self.empty {
                folder.drain(..top.len());
            }
        }
        self
    }

    /// The entry of that path.
    pub fn find(&self, path: &str) -> Option<usize> {
        self.entries
            .binary_search_by(|entry| entry.path.as_str().cmp(path))
            .ok()
    }

    /// Adds files elsewhere on the disk, which a list that the user has opened names; those that are not there are
    /// left to the list to tell.
    pub fn add_outside(&mut self, paths: Vec<String>) {
        if !matches!(self.store.kind, Bytes::Disk(_)) {
            return;
        }
        let root = &self.store.root;
        let found: Vec<Entry> = paths
            .into_par_iter()
            .filter_map(|path| {
                let about = std::fs::metadata(root.join(&path)).ok()?;
                about
                    .is_file()
                    .then(|| Entry::new(path, about.len(), modified(&about), 0))
            })
            .collect();
        self.entries.extend(found);
        self.entries
            .par_sort_unstable_by(|left, right| left.path.cmp(&right.path));
        self.entries.dedup_by(|left, right| left.path == right.path);
    }
}

impl Store {
    /// The folder in which the files lie; nothing for an archive.
    pub fn folder(&self) -> Option<&Path> {
        match &self.kind {
            Bytes::Disk(_) => Some(&self.root),
            Bytes::Zip(_) | Bytes::Tar(..) => None,
        }
    }

    /// Where a file lies on the disk; nothing in an archive.
    pub fn path(&self, file: &str) -> Option<PathBuf> {
        match &self.kind {
            Bytes::Disk(unusual) => Some(match unusual.get(file) {
                Some(path) => self.root.join(path),
                None => self.root.join(file),
            }),
            Bytes::Zip(_) | Bytes::Tar(..) => None,
        }
    }
}

/// Whether an entry lies in that folder.
fn is_folder(entries: &[Entry], folder: &str) -> bool {
    let start = format!("{folder}/");
    let at = entries.partition_point(|entry| entry.path < start);
    entries
        .get(at)
        .is_some_and(|entry| entry.path.starts_with(&start))
}

fn without_doubles(entries: &mut Vec<Entry>, notices: &mut Vec<String>) {
    let before = entries.len();
    entries.dedup_by(|later, earlier| {
        let same = later.path == earlier.path;
        if same {
            std::mem::swap(later, earlier);
        }
        same
    });
    let doubles = before - entries.len();
    if doubles > 0 {
        notices.push(format!(
            "The archive names {doubles} of its files more than once: the last of each is used, as when it is unpacked"
        ));
    }
}

/// Nanoseconds since 1970, 0 where the system does not tell.
fn modified(about: &Metadata) -> i64 {
    let since = about
        .modified()
        .ok()
        .and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    since
        .and_then(|since| i64::try_from(since.as_nanos()).ok())
        .unwrap_or(0)
}
