//! Which files a folder holds, and what their places say: the class, and perhaps the set.
//!
//! Either every sub-folder is a class, or `train/` with `test/` or `val/` stand above the classes. However deep a file
//! lies, its class is the top folder. Links are followed, except those that lead back up.

use std::fs;
use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use super::{DatasetError, Problem, Progress, Set};

/// A file that may be an image.
pub(super) struct Found {
    /// Below the root, with `/`.
    pub file: String,
    /// Below the root, as the system has it.
    pub path: PathBuf,
    /// Number of its folder in [`Listing::folders`].
    pub folder: usize,
}

/// A folder that stands for a class; with sets, a class has one in each.
pub(super) struct ClassFolder {
    /// Below the root, with `/`.
    pub file: String,
    pub class: String,
    pub given: Option<Set>,
}

/// Everything below a root, before any file is opened.
#[derive(Default)]
pub(super) struct Listing {
    pub found: Vec<Found>,
    pub folders: Vec<ClassFolder>,
    pub problems: Vec<Problem>,
}

/// Walks the folder. Problems inside are listed; an error is only what leaves nothing to look at.
pub(super) fn list(root: &Path, progress: &Progress) -> Result<Listing, DatasetError> {
    progress.begin(0);
    let canonical =
        fs::canonicalize(root).map_err(|error| DatasetError::of_folder(root, &error))?;
    let mut walker = Walker {
        root,
        canonical: &canonical,
        progress,
        listing: Listing::default(),
    };
    let top = walker.children(root)?;
    if top.folders.is_empty() {
        let root = root.to_path_buf();
        return Err(if top.files.is_empty() {
            DatasetError::Empty(root)
        } else {
            DatasetError::NoClasses(root)
        });
    }
    walker.without_class(&top.files);
    match set_folders(&top.folders) {
        None => walker.classes(&top.folders, None)?,
        Some(sets) => {
            // `train/` alone gives no sets: it is divided like any other folder.
            let all_training = sets.iter().all(|(set, _)| *set == Set::Train);
            for folder in top
                .folders
                .iter()
                .filter(|folder| !sets.iter().any(|(_, known)| known == *folder))
            {
                walker.problem(
                    folder,
                    "lies beside the folders of the sets (train, test), so it belongs to none",
                );
            }
            for (set, folder) in sets {
                match walker.children(&folder) {
                    Ok(inside) => {
                        walker.without_class(&inside.files);
                        walker.classes(&inside.folders, (!all_training).then_some(set))?;
                    }
                    Err(error) => walker.problem(&folder, &error.to_string()),
                }
            }
        }
    }
    Ok(walker.listing)
}

/// Files and folders of one folder, sorted, without hidden ones.
struct Children {
    files: Vec<PathBuf>,
    folders: Vec<PathBuf>,
}

struct Walker<'a> {
    root: &'a Path,
    canonical: &'a Path,
    progress: &'a Progress,
    listing: Listing,
}

impl Walker<'_> {
    fn problem(&mut self, path: &Path, reason: &str) {
        let file = self.below(path);
        self.listing.problems.push(Problem {
            file,
            reason: reason.to_owned(),
        });
    }

    fn below(&self, path: &Path) -> String {
        portable(path.strip_prefix(self.root).unwrap_or(path))
    }

    fn children(&mut self, folder: &Path) -> Result<Children, DatasetError> {
        let error = |error| DatasetError::of_folder(folder, &error);
        let mut children = Children {
            files: Vec::new(),
            folders: Vec::new(),
        };
        for entry in fs::read_dir(folder).map_err(error)? {
            let path = entry.map_err(error)?.path();
            if path
                .file_name()
                .is_some_and(|name| is_hidden(&name.to_string_lossy()))
            {
                continue;
            }
            match fs::metadata(&path) {
                Ok(about) if about.is_dir() && leads_back(&path, self.canonical) => {
                    self.problem(&path, LOOP);
                }
                Ok(about) if about.is_dir() => children.folders.push(path),
                Ok(_) => children.files.push(path),
                Err(_) if path.is_symlink() => self.problem(&path, DANGLING),
                Err(error) => self.problem(&path, &format!("cannot be read ({error})")),
            }
        }
        children.files.sort();
        children.folders.sort();
        Ok(children)
    }

    fn without_class(&mut self, files: &[PathBuf]) {
        for file in files {
            self.problem(file, "lies beside the class folders, so it has no class");
        }
    }

    fn classes(&mut self, folders: &[PathBuf], given: Option<Set>) -> Result<(), DatasetError> {
        for folder in folders {
            let class = folder
                .file_name()
                .map(|name| portable(Path::new(name)))
                .unwrap_or_default();
            let file = self.below(folder);
            self.listing
                .folders
                .push(ClassFolder { file, class, given });
            self.walk(folder)?;
        }
        Ok(())
    }

    fn walk(&mut self, folder: &Path) -> Result<(), DatasetError> {
        let number = self.listing.folders.len() - 1;
        let mut entries = WalkDir::new(folder)
            .follow_links(true)
            .min_depth(1)
            .into_iter();
        while let Some(entry) = entries.next() {
            if self.progress.cancelled() {
                return Err(DatasetError::Cancelled);
            }
            match entry {
                Err(error) => self.walk_problem(folder, &error),
                Ok(entry) => {
                    let is_folder = entry.file_type().is_dir();
                    let hidden = is_hidden(&entry.file_name().to_string_lossy());
                    let back = is_folder
                        && entry.path_is_symlink()
                        && leads_back(entry.path(), self.canonical);
                    if back && !hidden {
                        self.problem(entry.path(), LOOP);
                    }
                    if is_folder && (hidden || back) {
                        entries.skip_current_dir();
                    } else if !is_folder && !hidden {
                        self.keep(&entry, number);
                    }
                }
            }
        }
        Ok(())
    }

    fn keep(&mut self, entry: &DirEntry, folder: usize) {
        let path = entry
            .path()
            .strip_prefix(self.root)
            .unwrap_or(entry.path())
            .to_path_buf();
        self.listing.found.push(Found {
            file: portable(&path),
            path,
            folder,
        });
        self.progress.advance(1);
    }

    fn walk_problem(&mut self, folder: &Path, error: &walkdir::Error) {
        let path = error.path().unwrap_or(folder);
        if path
            .file_name()
            .is_some_and(|name| is_hidden(&name.to_string_lossy()))
        {
            return;
        }
        let reason = match error.io_error() {
            None => LOOP.to_owned(),
            Some(_) if path.is_symlink() && !path.exists() => DANGLING.to_owned(),
            Some(io) => super::DecodeFault::from_io(io).to_string(),
        };
        self.problem(path, &reason);
    }
}

const LOOP: &str = "a link that leads back to a folder above it: remove the link";
const DANGLING: &str = "a link to something that is not there: mend or remove it";

/// The folders that stand for sets, if this is such a layout: `train/` with another set, or nothing but sets; and
/// classes inside, for `train` and `test` may be the names of classes.
fn set_folders(folders: &[PathBuf]) -> Option<Vec<(Set, PathBuf)>> {
    let set_of = |folder: &PathBuf| {
        let set = Set::from_folder(&folder.file_name()?.to_string_lossy())?;
        has_folders(folder).then(|| (set, folder.clone()))
    };
    let sets: Vec<(Set, PathBuf)> = folders.iter().filter_map(set_of).collect();
    let is = |wanted: Set| sets.iter().any(|(set, _)| *set == wanted);
    let paired = is(Set::Train) && (is(Set::Validation) || is(Set::Test));
    let nothing_else = !sets.is_empty() && sets.len() == folders.len();
    (paired || nothing_else).then_some(sets)
}

fn has_folders(folder: &Path) -> bool {
    fs::read_dir(folder).is_ok_and(|entries| {
        entries
            .flatten()
            .any(|entry| !is_hidden(&entry.file_name().to_string_lossy()) && entry.path().is_dir())
    })
}

/// Whether a link leads to the root or above it; `walkdir` sees only loops within one class.
fn leads_back(path: &Path, root: &Path) -> bool {
    path.is_symlink() && fs::canonicalize(path).is_ok_and(|target| root.starts_with(target))
}

/// What systems and programs leave behind and nobody means as data.
fn is_hidden(name: &str) -> bool {
    const LITTER: [&str; 5] = [
        "thumbs.db",
        "desktop.ini",
        "ehthumbs.db",
        "__macosx",
        "$recycle.bin",
    ];
    name.starts_with('.') || LITTER.contains(&name.to_ascii_lowercase().as_str())
}

/// A relative path with `/`. Bytes that are no UTF-8 appear as `\xFF`, so that different names stay different.
fn portable(path: &Path) -> String {
    let mut text = String::new();
    for part in path {
        if !text.is_empty() {
            text.push('/');
        }
        for chunk in part.as_encoded_bytes().utf8_chunks() {
            text.push_str(chunk.valid());
            for byte in chunk.invalid() {
                text.push_str(&format!("\\x{byte:02X}"));
            }
        }
    }
    text
}
