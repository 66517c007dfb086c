//! Folders as classes, at whichever level; `train/`, `val/` and `test/` above or below them as sets.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::super::files::{Entry, Kind};
use super::{Candidate, Found, Group, Layout, Plan, Problem, Set, Spot, Tree, brief, some};

const BESIDE: &str = "lies beside the class folders, so it has no class";
const BESIDE_SETS: &str =
    "lies beside the folders of the sets (train, test), so it belongs to none";
/// In place of a group's number: the file is told by itself, or with others of its folder.
const IN_NO_CLASS: u32 = u32::MAX;
const IN_NO_SET: u32 = IN_NO_CLASS - 1;
/// Deepest level that is offered as the class.
const MAX_LEVEL: usize = 12;

/// What the folders are.
pub(super) struct Shape {
    /// The folder of a path that says the set, counted from 0.
    sets_at: Option<usize>,
    /// The sets mean something: `train/` alone is divided like any other folder.
    given: bool,
    /// For each level the names of the classes, and the number of pictures.
    levels: Vec<(BTreeSet<String>, usize)>,
    /// The level that is the class unless the user says otherwise; 0 where there are no folders at all.
    pub usual: usize,
}

/// The folders above a file, without its name: each with where its name ends in the path.
fn parts(path: &str) -> impl Iterator<Item = (usize, &str)> + Clone {
    path.match_indices('/').scan(0, |start, (end, _)| {
        let name = path.get(*start..end).unwrap_or_default();
        *start = end + 1;
        Some((end, name))
    })
}

fn folders(path: &str) -> impl Iterator<Item = &str> + Clone {
    parts(path).map(|(_, name)| name)
}

/// Files of one folder that follow each other in a listing. What folders say is asked once for all of them: there may
/// be a million.
#[derive(Clone, Copy)]
struct Stretch<'a> {
    /// The path of its first file, which stands for all of them.
    path: &'a str,
    files: usize,
    pictures: usize,
}

impl<'a> Stretch<'a> {
    fn of(files: &'a [Entry]) -> Option<Self> {
        let is_picture = |entry: &&Entry| entry.kind == Kind::Picture;
        Some(Self {
            path: &files.first()?.path,
            files: files.len(),
            pictures: files.iter().filter(is_picture).count(),
        })
    }
}

fn stretches(entries: &[Entry]) -> Vec<Stretch<'_>> {
    let together = |left: &str, right: &str| {
        let start = left.rfind('/').map_or(0, |end| end + 1);
        let folder = left.as_bytes().get(..start).unwrap_or_default();
        let rest = right.as_bytes().strip_prefix(folder);
        rest.is_some_and(|rest| !rest.contains(&b'/'))
    };
    let parts: Vec<Vec<Stretch<'_>>> = entries
        .par_chunks(1 << 14)
        .map(|part| part.chunk_by(|left, right| together(&left.path, &right.path)))
        .map(|part| part.filter_map(Stretch::of).collect())
        .collect();
    let mut all: Vec<Stretch<'_>> = Vec::new();
    for stretch in parts.into_iter().flatten() {
        match all.last_mut() {
            Some(last) if together(last.path, stretch.path) => {
                last.files += stretch.files;
                last.pictures += stretch.pictures;
            }
            _ => all.push(stretch),
        }
    }
    all
}

/// Looks at a listing.
pub(super) fn shape(tree: &Tree) -> Shape {
    let stretches = stretches(&tree.entries);
    let by_name = stretches.iter().any(|stretch| stretch.pictures > 0);
    // Where no name promises a picture, any file may be one.
    let weight = |stretch: &Stretch<'_>| match by_name {
        true => stretch.pictures,
        false => stretch.files,
    };
    let weighed: Vec<(&str, usize)> = stretches
        .iter()
        .map(|stretch| (stretch.path, weight(stretch)))
        .filter(|(_, files)| *files > 0)
        .collect();
    let wrappers = wrappers(&weighed);
    let sets_at = sets_at(tree, &stretches, &weighed, wrappers);
    let mut shape = Shape {
        sets_at,
        given: false,
        levels: Vec::new(),
        usual: 0,
    };
    shape.given = stretches
        .iter()
        .filter_map(|stretch| shape.set(stretch.path))
        .any(|set| set != Set::Train);
    for (path, files) in &weighed {
        if shape.beside_sets(path).is_some() {
            continue;
        }
        for (level, (_, class)) in shape.path(path).take(MAX_LEVEL).enumerate() {
            if shape.levels.len() <= level {
                shape.levels.push((BTreeSet::new(), 0));
            }
            if let Some((classes, pictures)) = shape.levels.get_mut(level) {
                *pictures += files;
                if !classes.contains(class) {
                    classes.insert(class.to_owned());
                }
            }
        }
    }
    let several = |level: &usize| {
        shape
            .levels
            .get(level - 1)
            .is_some_and(|(classes, _)| classes.len() >= 2)
    };
    let any = !shape.levels.is_empty()
        || !tree.empty.is_empty()
        || stretches.iter().any(|stretch| stretch.path.contains('/'));
    shape.usual = (1..=shape.levels.len())
        .find(several)
        .unwrap_or(usize::from(any));
    shape
}

/// How many folders stand around everything, as an unpacked archive has one.
fn wrappers(paths: &[(&str, usize)]) -> usize {
    let Some((first, _)) = paths.first() else {
        return 0;
    };
    let mut depth = 0;
    for name in folders(first) {
        let shared = paths
            .iter()
            .all(|(path, _)| folders(path).nth(depth) == Some(name));
        let more = paths
            .iter()
            .any(|(path, _)| folders(path).nth(depth + 1).is_some());
        if !shared || !more || Set::from_folder(name).is_some() {
            break;
        }
        depth += 1;
    }
    depth
}

/// Which folder of a path says the set, if one does.
fn sets_at(
    tree: &Tree,
    files: &[Stretch<'_>],
    pictures: &[(&str, usize)],
    wrappers: usize,
) -> Option<usize> {
    // Folders at that depth, and whether there are classes inside: `train` and `test` may be the names of classes.
    let mut tops: BTreeMap<&str, bool> = BTreeMap::new();
    let of_files = files
        .iter()
        .filter_map(|stretch| stretch.path.rsplit_once('/'))
        .map(|(above, _)| above);
    let all = of_files.chain(tree.empty.iter().map(String::as_str));
    for path in all {
        let mut parts = path.split('/').skip(wrappers);
        if let Some(top) = parts.next() {
            *tops.entry(top).or_default() |= parts.next().is_some();
        }
    }
    let sets: Vec<Set> = tops
        .iter()
        .filter(|(_, has_folders)| **has_folders)
        .filter_map(|(name, _)| Set::from_folder(name))
        .collect();
    let paired = |sets: &[Set]| {
        sets.contains(&Set::Train) && (sets.contains(&Set::Validation) || sets.contains(&Set::Test))
    };
    if paired(&sets) || (!sets.is_empty() && sets.len() == tops.len()) {
        return Some(wrappers);
    }
    // Below the classes only where every picture says so.
    let below = wrappers + 1;
    let inner: Option<BTreeSet<Set>> = pictures
        .iter()
        .map(|(path, _)| Set::from_folder(folders(path).nth(below)?))
        .collect();
    let inner: Vec<Set> = inner?.into_iter().collect();
    paired(&inner).then_some(below)
}

impl Shape {
    /// The folders above a file that may be classes, each with where its name ends in the path.
    fn path<'a>(&self, path: &'a str) -> impl Iterator<Item = (usize, &'a str)> + use<'a> {
        let sets_at = self.sets_at;
        parts(path)
            .enumerate()
            .filter(move |(at, (_, name))| Some(*at) != sets_at || Set::from_folder(name).is_none())
            .map(|(_, part)| part)
    }

    fn set(&self, path: &str) -> Option<Set> {
        Set::from_folder(folders(path).nth(self.sets_at?)?)
    }

    /// The names of the classes at that level, counted from 1.
    pub fn classes(&self, level: usize) -> Option<&BTreeSet<String>> {
        Some(&self.levels.get(level.checked_sub(1)?)?.0)
    }

    /// The levels that can be the class.
    pub fn candidates(&self) -> Vec<Candidate> {
        let candidate = |(at, (classes, images)): (usize, &(BTreeSet<String>, usize))| {
            let level = at + 1;
            let names = some(classes.iter().map(String::as_str), classes.len());
            (classes.len() >= 2 || level == self.usual).then(|| Candidate {
                layout: Layout::Folders { level },
                title: if level == 1 {
                    format!("The folder is the class: {names}")
                } else {
                    format!("The folder at level {level} is the class: {names}")
                },
                classes: classes.len(),
                images: *images,
                stated: false,
            })
        };
        let none = (BTreeSet::new(), 0);
        let empty = (self.levels.is_empty() && self.usual == 1).then_some(&none);
        self.levels
            .iter()
            .chain(empty)
            .enumerate()
            .filter_map(candidate)
            .collect()
    }

    /// Whether the names of the usual classes look like an arrangement of files rather than like classes.
    pub fn says_little(&self) -> bool {
        const GENERIC: [&str; 14] = [
            "images",
            "image",
            "imgs",
            "img",
            "pictures",
            "photos",
            "data",
            "jpg",
            "jpeg",
            "png",
            "files",
            "masks",
            "annotations",
            "labels",
        ];
        let Some(classes) = self.classes(self.usual) else {
            return true;
        };
        let stem = |name: &String| {
            name.trim_end_matches(|c: char| c.is_ascii_digit())
                .to_ascii_lowercase()
        };
        let stems: BTreeSet<String> = classes.iter().map(stem).collect();
        let numbered = stems.len() == 1 && !stems.contains("");
        let generic = classes.iter().all(|name| {
            let lower = name.to_ascii_lowercase();
            Set::from_folder(name).is_some() || GENERIC.contains(&lower.as_str())
        });
        classes.len() < 2 || numbered || generic
    }

    /// Takes the folder at `level` as the class.
    pub fn plan(&self, tree: &mut Tree, level: usize) -> Plan {
        let mut plan = Plan::default();
        let mut beside: BTreeSet<String> = BTreeSet::new();
        let entries = std::mem::take(&mut tree.entries);
        // For each stretch where it ends, and its group.
        let mut end = 0;
        let groups: Vec<(usize, u32)> = stretches(&entries)
            .iter()
            .map(|stretch| {
                end += stretch.files;
                if let Some(folder) = self.beside_sets(stretch.path) {
                    beside.insert(folder.to_owned());
                    return (end, IN_NO_SET);
                }
                let class = self.path(stretch.path).nth(level - 1);
                let group = |class| self.group(&mut plan.groups, stretch.path, class);
                (end, class.map_or(IN_NO_CLASS, group))
            })
            .collect();
        let found = |(at, entry): (usize, Entry)| {
            let stretch = groups.partition_point(|(end, _)| *end <= at);
            Found {
                file: entry.path,
                spot: Spot::File(entry.place),
                group: groups.get(stretch).map_or(IN_NO_CLASS, |(_, group)| *group),
                bytes: entry.bytes,
                modified: entry.modified,
            }
        };
        plan.found = entries.into_par_iter().enumerate().map(found).collect();
        if groups.iter().any(|(_, group)| *group >= IN_NO_SET) {
            let classed = |found: &Found| found.group < IN_NO_SET;
            let (classed, others) = std::mem::take(&mut plan.found)
                .into_iter()
                .partition(classed);
            plan.found = classed;
            let others: Vec<Found> = others;
            let beside = others
                .into_iter()
                .filter(|found| found.group == IN_NO_CLASS);
            plan.problems.extend(beside.map(|found| Problem {
                file: found.file,
                reason: BESIDE.into(),
            }));
        }
        for folder in &tree.empty {
            // As if there were a file in it.
            let inside = format!("{folder}/ ");
            if let Some(beside_sets) = self.beside_sets(&inside) {
                beside.insert(beside_sets.to_owned());
            } else if self.path(&inside).count() == level
                && let Some(class) = self.path(&inside).nth(level - 1)
            {
                self.group(&mut plan.groups, &inside, class);
            }
        }
        plan.problems.extend(beside.into_iter().map(|file| Problem {
            file,
            reason: BESIDE_SETS.into(),
        }));
        plan.notices.extend(self.notice(level));
        plan.notices.extend(super::case_notice(&plan.groups));
        plan
    }

    /// The folder in which a file lies that is none of a set's, where sets are told by folders.
    fn beside_sets<'a>(&self, path: &'a str) -> Option<&'a str> {
        let (end, name) = parts(path).nth(self.sets_at?)?;
        match Set::from_folder(name) {
            Some(_) => None,
            None => path.get(..end),
        }
    }

    fn group(&self, groups: &mut Vec<Group>, path: &str, (end, class): (usize, &str)) -> u32 {
        let folder = path.get(..end).unwrap_or_default();
        let given = self.set(path).filter(|_| self.given);
        let is_same =
            |group: &Group| group.folder.as_deref() == Some(folder) && group.given == given;
        // The listing is sorted, so the files of a folder follow each other; sets may alternate in it.
        let recent = groups.len().saturating_sub(4);
        let known = groups.iter().skip(recent).position(is_same);
        let at = known.map_or(groups.len(), |at| recent + at);
        if at == groups.len() {
            groups.push(Group {
                folder: Some(folder.to_owned()),
                class: class.to_owned(),
                given,
            });
        }
        u32::try_from(at).unwrap_or(u32::MAX)
    }

    fn notice(&self, level: usize) -> Option<String> {
        let one = self.classes(level.checked_sub(1)?)?;
        let around = one.iter().next().filter(|_| one.len() == 1)?;
        Some(format!(
            "Everything lies below the folder “{}”: the folders inside it are the classes",
            brief(around)
        ))
    }
}
