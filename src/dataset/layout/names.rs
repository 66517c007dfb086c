//! Which file a table or list means: by its whole path, by the end of it, or by its name without ending.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};

use super::Tree;

/// What a name in a table stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meant {
    /// The entry of that number.
    File(usize),
    /// None.
    Missing,
    /// That many, equally well.
    Several(usize),
    /// A place that is not below the root.
    Outside,
}

/// Entries by their last name: the first of each, and behind each entry the next of the same name.
struct ByName {
    first: HashMap<String, u32>,
    next: Vec<u32>,
}

const NONE: u32 = u32::MAX;

/// Finds files by what tables write.
pub(super) struct Names<'a> {
    tree: &'a Tree,
    /// The root as an absolute path.
    root: PathBuf,
    exact: OnceCell<ByName>,
    stems: OnceCell<ByName>,
    lower: OnceCell<ByName>,
}

#[derive(Clone, Copy)]
enum Key {
    Exact,
    Stem,
    Lower,
}

impl Key {
    fn of(self, name: &str) -> String {
        match self {
            Self::Exact => name.to_owned(),
            Self::Stem => stem(name).to_owned(),
            Self::Lower => name.to_lowercase(),
        }
    }
}

/// A file's name without its ending.
pub(super) fn stem(name: &str) -> &str {
    match name.rsplit_once('.') {
        Some((stem, _)) if !stem.is_empty() => stem,
        _ => name,
    }
}

impl<'a> Names<'a> {
    pub fn new(tree: &'a Tree) -> Self {
        let root = &tree.store.root;
        Self {
            tree,
            root: std::path::absolute(root).unwrap_or_else(|_| root.clone()),
            exact: OnceCell::new(),
            stems: OnceCell::new(),
            lower: OnceCell::new(),
        }
    }

    /// What `cell` means in a table that lies in `folder` (below the root, empty for the root itself). `hint`: of
    /// several files the one in a folder of this name is meant.
    pub fn find(&self, cell: &str, folder: &str, hint: &str) -> Meant {
        let cell = cell.trim().replace('\\', "/");
        if is_absolute(&cell) || has_parents(&cell) {
            // An opened list may name files elsewhere; they stand in the listing by their whole path.
            let path = elsewhere(&self.root, folder, &cell);
            if let Some(entry) = self.tree.find(&path) {
                return Meant::File(entry);
            }
        }
        let Some((path, absolute)) = self.below_root(&cell, folder) else {
            return Meant::Outside;
        };
        if path.is_empty() {
            return Meant::Missing;
        }
        for candidate in [join(folder, &path), path.clone()] {
            if let Some(entry) = self.tree.find(&candidate) {
                return Meant::File(entry);
            }
        }
        for key in [Key::Exact, Key::Stem, Key::Lower] {
            let meant = self.by_end(&path, hint, key);
            if meant != Meant::Missing {
                return meant;
            }
        }
        // Below another root, which has been copied to here or was somebody else's.
        if absolute {
            Meant::Outside
        } else {
            Meant::Missing
        }
    }

    /// The path below the root where it is one, and whether it was absolute without leading to the root. A foreign
    /// absolute path (`C:/data/cats/1.jpg`) is taken by its end.
    fn below_root(&self, cell: &str, folder: &str) -> Option<(String, bool)> {
        if is_absolute(cell) {
            if let Ok(below) = Path::new(cell).strip_prefix(&self.root) {
                return Some((lexical("", &below.to_string_lossy())?, false));
            }
            return Some((lexical("", cell)?, true));
        }
        if !has_parents(cell) {
            return Some((lexical("", cell)?, false));
        }
        // `../images/a.jpg` counts from the table's folder; what it means is a path from the root.
        Some((lexical(folder, cell)?, false))
    }

    /// The entries whose path ends as `path` does, or as a part of its end.
    fn by_end(&self, path: &str, hint: &str, key: Key) -> Meant {
        let name = path.rsplit('/').next().unwrap_or(path);
        let by_name = self.by_name(key);
        let wanted = match key {
            // A name without ending may have dots in it.
            Key::Stem => name.to_owned(),
            _ => key.of(name),
        };
        let mut at = by_name.first.get(&wanted).copied().unwrap_or(NONE);
        let mut best: Vec<usize> = Vec::new();
        let mut longest = 0;
        while at != NONE {
            let index = usize::try_from(at).unwrap_or(usize::MAX);
            let Some(entry) = self.tree.entries.get(index) else {
                break;
            };
            if let Some(common) = common_end(&entry.path, path, key) {
                if common > longest {
                    best.clear();
                    longest = common;
                }
                if common == longest {
                    best.push(index);
                }
            }
            at = by_name.next.get(index).copied().unwrap_or(NONE);
        }
        let in_hint = |index: &&usize| {
            let entry = self.tree.entries.get(**index);
            !hint.is_empty()
                && entry.is_some_and(|entry| entry.path.split('/').any(|part| part == hint))
        };
        match best.as_slice() {
            [] => Meant::Missing,
            [one] => Meant::File(*one),
            several => match several
                .iter()
                .filter(in_hint)
                .collect::<Vec<_>>()
                .as_slice()
            {
                [one] => Meant::File(**one),
                _ => Meant::Several(several.len()),
            },
        }
    }

    fn by_name(&self, key: Key) -> &ByName {
        let cell = match key {
            Key::Exact => &self.exact,
            Key::Stem => &self.stems,
            Key::Lower => &self.lower,
        };
        cell.get_or_init(|| {
            let entries = &self.tree.entries;
            let mut by_name = ByName {
                first: HashMap::with_capacity(entries.len()),
                next: vec![NONE; entries.len()],
            };
            for (index, entry) in entries.iter().enumerate().rev() {
                let name = entry.path.rsplit('/').next().unwrap_or(&entry.path);
                let number = u32::try_from(index).unwrap_or(NONE);
                if let Some(later) = by_name.first.insert(key.of(name), number)
                    && let Some(next) = by_name.next.get_mut(index)
                {
                    *next = later;
                }
            }
            by_name
        })
    }
}

/// The number of parts that both paths have in common at their end, where one is wholly the end of the other.
fn common_end(entry: &str, path: &str, key: Key) -> Option<usize> {
    let mut count = 0;
    let mut left = entry.rsplit('/');
    let mut right = path.rsplit('/');
    loop {
        match (left.next(), right.next()) {
            (Some(one), Some(other)) => {
                let same = match key {
                    Key::Stem if count == 0 => stem(one) == other,
                    Key::Lower => one.to_lowercase() == other.to_lowercase(),
                    _ => one == other,
                };
                if !same {
                    return None;
                }
                count += 1;
            }
            _ => return Some(count),
        }
    }
}

fn join(folder: &str, path: &str) -> String {
    if folder.is_empty() {
        path.to_owned()
    } else {
        format!("{folder}/{path}")
    }
}

/// `/data/a.jpg`, `C:/data/a.jpg`.
pub(super) fn is_absolute(path: &str) -> bool {
    let drive = path.get(1..3) == Some(":/") && path.starts_with(|c: char| c.is_ascii_alphabetic());
    path.starts_with('/') || drive
}

fn has_parents(path: &str) -> bool {
    path.split('/').any(|part| part == "..")
}

/// The path from `folder` without `.` and `..`; nothing where it leads above the root.
fn lexical(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// Where a path that leads out of the root ends, as an absolute path with `/`.
pub(super) fn elsewhere(root: &Path, folder: &str, cell: &str) -> String {
    let mut path = PathBuf::new();
    for part in root.join(folder).join(cell).components() {
        match part {
            Component::ParentDir => {
                path.pop();
            }
            Component::CurDir => {}
            part => path.push(part),
        }
    }
    path.to_string_lossy().replace('\\', "/")
}

/// The names in a list that the user has opened which may lead out of its folder, to be looked for on the disk.
pub(super) fn outside(root: &Path, cell: &str) -> Option<String> {
    let cell = cell.trim().replace('\\', "/");
    if !is_absolute(&cell) && !has_parents(&cell) {
        return None;
    }
    let root = std::path::absolute(root).ok()?;
    let path = elsewhere(&root, "", &cell);
    (!Path::new(&path).starts_with(&root)).then_some(path)
}
