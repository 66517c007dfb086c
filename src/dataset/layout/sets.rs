//! What the names of folders say of sets (`train`, `Test2`, `seg_train`, `validation_images`), and where they stand.
//!
//! A name is divided into words; one of them names the set, and the others must be such as say nothing of the content
//! (`set`, `images`, numbers), or be the same for all sets (`xray_train`, `xray_test`).

use std::collections::{BTreeMap, BTreeSet};

use super::Set;
use super::folders::{folders, is_generic, parts};

/// Words that say nothing of what is in a folder.
const FILLER: [&str; 33] = [
    "set", "sets", "data", "dataset", "datasets", "split", "subset", "samples", "images", "image",
    "imgs", "img", "pictures", "pics", "photos", "jpg", "jpeg", "png", "files", "folder", "dir",
    "seg", "my", "the", "final", "new", "raw", "resized", "cropped", "original", "small", "full",
    "classes",
];
/// Words that number the parts of a whole.
const PARTS: [&str; 8] = [
    "fold", "folds", "cv", "split", "batch", "shard", "chunk", "subset",
];

/// The set that one word in small letters names.
pub(super) fn of_word(word: &str) -> Option<Set> {
    match word {
        "train" | "training" | "trn" => Some(Set::Train),
        "val" | "valid" | "validation" | "dev" | "devel" | "eval" | "evaluation" => {
            Some(Set::Validation)
        }
        "test" | "testing" | "tst" | "holdout" | "heldout" => Some(Set::Test),
        _ => None,
    }
}

/// Words in small letters: divided at signs, at digits and where a capital follows; without numbers.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for letter in name.chars() {
        let is_new = letter.is_uppercase() && before.is_lowercase();
        if is_new || !letter.is_alphabetic() {
            words.push(String::new());
        }
        if letter.is_alphabetic()
            && let Some(word) = words.last_mut()
        {
            word.extend(letter.to_lowercase());
        }
        before = letter;
    }
    words.retain(|word| !word.is_empty());
    words
}

/// `trainset`, `testdata`.
fn of_joined(word: &str) -> Option<Set> {
    let joined = ["set", "data", "images", "imgs"];
    let rest = joined.iter().find_map(|end| word.strip_suffix(end));
    of_word(word).or_else(|| of_word(rest?))
}

/// The set that a name has a word for, and its other words that are not mere filling.
fn in_name(name: &str) -> Option<(Set, String)> {
    let mut set = None;
    let mut rest = Vec::new();
    for word in words(name) {
        match of_joined(&word) {
            Some(found) if set.is_none_or(|set| set == found) => set = Some(found),
            // Two sets in one name are none.
            Some(_) => return None,
            None if FILLER.contains(&word.as_str()) => {}
            None => rest.push(word),
        }
    }
    Some((set?, rest.join(" ")))
}

/// The set that a folder of this name stands for wherever it is, if it stands for one.
pub(in crate::dataset) fn of_folder(name: &str) -> Option<Set> {
    in_name(name)
        .filter(|(_, rest)| rest.is_empty())
        .map(|(set, _)| set)
}

/// `fold_0`, `Fold 3`, `batch-02`: a part of a whole.
pub(super) fn is_part(name: &str) -> bool {
    let words = words(name);
    name.contains(|c: char| c.is_ascii_digit())
        && words.iter().any(|word| PARTS.contains(&word.as_str()))
        && words.iter().all(|word| {
            [&PARTS[..], &FILLER[..]]
                .iter()
                .any(|known| known.contains(&word.as_str()))
        })
}

/// Whether a name stands for a set or for a part of one, and not for what images show.
pub(in crate::dataset) fn is_arrangement(name: &str) -> bool {
    of_folder(name).is_some() || is_part(name)
}

/// Which folders of paths are sets.
#[derive(Debug, Default)]
pub(super) struct Sets {
    /// The folder of a path that says the set, counted from 0.
    pub at: Option<usize>,
    /// The names there that are sets.
    of: BTreeMap<String, Set>,
    /// Below it stands its name again, as archives are unpacked: `train/train/cat`.
    again: bool,
    /// Sets that have images and no folders of classes, as competitions give them.
    unlabelled: BTreeSet<String>,
}

impl Sets {
    /// Of paths: `all` of files and of empty folders (these with `/ ` behind), and those with pictures. `wrappers`: folders around everything.
    pub fn find(all: &[String], pictures: &[(&str, usize)], wrappers: usize) -> Self {
        let mut sets = match above(all, wrappers) {
            Some(of) => Self {
                at: Some(wrappers),
                of,
                ..Self::default()
            },
            None => return below(pictures, wrappers + 1).unwrap_or_default(),
        };
        sets.look_inside(pictures, wrappers);
        sets
    }

    fn look_inside(&mut self, pictures: &[(&str, usize)], at: usize) {
        let mut inside: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (path, _) in pictures {
            let mut names = folders(path).skip(at);
            if let Some(name) = names.next().filter(|name| self.of.contains_key(*name)) {
                inside.entry(name).or_default().extend(names.next());
            }
        }
        let repeats = |(name, inside): (&&str, &BTreeSet<&str>)| {
            let same = |inner: &&str| {
                inner.eq_ignore_ascii_case(name) || of_folder(inner) == self.of.get(*name).copied()
            };
            inside.len() == 1 && inside.iter().all(same)
        };
        let mut any = inside.iter().filter(|(_, inside)| !inside.is_empty());
        self.again = any.clone().count() > 0 && any.all(repeats);
        if self.again {
            for (name, inside) in &mut inside {
                let prefix = |path: &str| {
                    let mut names = folders(path).skip(at);
                    (names.next() == Some(*name)).then(|| names.nth(1).map(str::to_owned))
                };
                let deeper = pictures.iter().filter_map(|(path, _)| prefix(path)?);
                if deeper.count() == 0 {
                    inside.clear();
                }
            }
        }
        let of_train: BTreeSet<&str> = inside
            .iter()
            .filter(|(name, _)| self.of.get(**name) == Some(&Set::Train))
            .flat_map(|(_, inside)| inside.iter().copied())
            .collect();
        let bare = |inside: &BTreeSet<&str>| {
            let only = inside.first().filter(|_| inside.len() == 1);
            inside.is_empty()
                || (of_train.len() > 1
                    && only.is_some_and(|only| is_generic(only) && !of_train.contains(only)))
        };
        self.unlabelled = inside
            .iter()
            .filter(|(_, inside)| bare(inside))
            .map(|(name, _)| (*name).to_owned())
            .collect();
    }

    fn name<'a>(&self, path: &'a str) -> Option<(usize, &'a str)> {
        parts(path).nth(self.at?)
    }

    /// The set of a file.
    pub fn set(&self, path: &str) -> Option<Set> {
        self.of.get(self.name(path)?.1).copied()
    }

    /// The folder above a file whose images have no class, though others of its kind have.
    pub fn unlabelled<'a>(&self, path: &'a str) -> Option<&'a str> {
        let (end, name) = self.name(path)?;
        let folder = path.get(..end).unwrap_or_default();
        self.unlabelled.contains(name).then_some(folder)
    }

    /// The folder in which a file lies that is none of a set's, where sets are told by folders.
    pub fn beside<'a>(&self, path: &'a str) -> Option<&'a str> {
        let (end, name) = self.name(path)?;
        match self.of.contains_key(name) {
            true => None,
            false => path.get(..end),
        }
    }

    /// The folders above a file that may be classes, each with where its name ends in the path.
    pub fn classes<'a>(&self, path: &'a str) -> impl Iterator<Item = (usize, &'a str)> + use<'a> {
        let in_set = self.at.filter(|_| self.set(path).is_some());
        let again = in_set.filter(|_| self.again).map(|at| at + 1);
        let none = match self.unlabelled(path) {
            Some(_) => usize::MAX,
            None => 0,
        };
        parts(path)
            .enumerate()
            .skip(none)
            .filter(move |(at, _)| Some(*at) != in_set && Some(*at) != again)
            .map(|(_, part)| part)
    }

    /// Whether there are such folders.
    pub fn has_unlabelled(&self) -> bool {
        !self.unlabelled.is_empty()
    }
}

/// The folders at the top that are sets, where there are classes inside: `train` and `test` may be classes themselves.
fn above(all: &[String], wrappers: usize) -> Option<BTreeMap<String, Set>> {
    // For each whether there are folders inside.
    let mut tops: BTreeMap<&str, bool> = BTreeMap::new();
    for path in all {
        let mut names = folders(path).skip(wrappers);
        if let Some(top) = names.next() {
            *tops.entry(top).or_default() |= names.next().is_some();
        }
    }
    // By their other words: those of one data set are alike.
    let mut families: BTreeMap<String, Vec<(&str, Set, bool)>> = BTreeMap::new();
    for (name, has_folders) in &tops {
        if let Some((set, rest)) = in_name(name) {
            let family = families.entry(rest).or_default();
            family.push((name, set, *has_folders));
        }
    }
    let is_meant = |(rest, family): &(&String, &Vec<(&str, Set, bool)>)| {
        let any = |test: &dyn Fn(Set, bool) -> bool| family.iter().any(|it| test(it.1, it.2));
        let paired =
            any(&|set, full| set == Set::Train && full) && any(&|set, _| set != Set::Train);
        let alone = rest.is_empty() && family.len() == tops.len() && any(&|_, full| full);
        paired || alone
    };
    let (_, family) = families.iter().find(is_meant)?;
    let of = family
        .iter()
        .map(|(name, set, _)| ((*name).to_owned(), *set));
    Some(of.collect())
}

/// Below the classes, only where every picture says so.
fn below(pictures: &[(&str, usize)], at: usize) -> Option<Sets> {
    let of: Option<BTreeMap<String, Set>> = pictures
        .iter()
        .map(|(path, _)| {
            let name = folders(path).nth(at)?;
            Some((name.to_owned(), of_folder(name)?))
        })
        .collect();
    let of = of?;
    let has = |wanted: Set| of.values().any(|set| *set == wanted);
    let paired = has(Set::Train) && (has(Set::Validation) || has(Set::Test));
    paired.then_some(Sets {
        at: Some(at),
        of,
        ..Sets::default()
    })
}
