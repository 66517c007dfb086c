//! Folders as classes, at whichever level; `train/`, `val/` and `test/` above or below them as sets.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::super::files::{self, Entry, Kind};
use super::sets::{Sets, is_part};
use super::{Candidate, Found, Group, Layout, Plan, Problem, Set, Tree, brief, some};

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
    sets: Sets,
    /// The sets mean something: `train/` alone is divided like any other folder.
    given: bool,
    /// For each level the names of the classes, and the number of pictures.
    levels: Vec<(BTreeSet<String>, usize)>,
    /// The level that is the class unless the user says otherwise; 0 where there are no folders at all.
    pub usual: usize,
}

/// The folders above a file, without its name: each with where its name ends in the path.
pub(super) fn parts(path: &str) -> impl Iterator<Item = (usize, &str)> + Clone {
    path.match_indices('/').scan(0, |start, (end, _)| {
        let name = path.get(*start..end).unwrap_or_default();
        *start = end + 1;
        Some((end, name))
    })
}

pub(super) fn folders(path: &str) -> impl Iterator<Item = &str> + Clone {
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
    let empty = tree.empty.iter().map(|folder| format!("{folder}/"));
    let all = stretches.iter().map(|stretch| stretch.path.to_owned());
    let all: Vec<String> = all.chain(empty).collect();
    let mut shape = Shape {
        sets: Sets::find(&all, &weighed, wrappers),
        given: false,
        levels: Vec::new(),
        usual: 0,
    };
    shape.given = stretches
        .iter()
        .filter(|stretch| shape.sets.classes(stretch.path).next().is_some())
        .filter_map(|stretch| shape.sets.set(stretch.path))
        .any(|set| set != Set::Train);
    for (path, files) in &weighed {
        if shape.sets.beside(path).is_some() {
            continue;
        }
        for (level, (_, class)) in shape.sets.classes(path).take(MAX_LEVEL).enumerate() {
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
    let any = !shape.levels.is_empty()
        || !tree.empty.is_empty()
        || stretches.iter().any(|stretch| stretch.path.contains('/'));
    let levels = || 1..=shape.levels.len();
    let several = |level: &usize| shape.classes(*level).is_some_and(|names| names.len() >= 2);
    let of_things = |level: &usize| several(level) && !shape.is_arrangement(*level);
    let usual = levels().find(of_things).or_else(|| levels().find(several));
    shape.usual = usual.unwrap_or(usize::from(any));
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

/// Whether a folder's name says how files are arranged, and nothing of what they show.
pub(super) fn is_generic(name: &str) -> bool {
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
    GENERIC.iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// Files that lie in no class become problems.
fn leave_out(plan: &mut Plan) {
    let classed = |found: &Found| found.group < IN_NO_SET;
    let (classed, others): (Vec<Found>, Vec<Found>) = std::mem::take(&mut plan.found)
        .into_iter()
        .partition(classed);
    plan.found = classed;
    let beside = others
        .into_iter()
        .filter(|found| found.group == IN_NO_CLASS);
    plan.problems.extend(beside.map(|found| Problem {
        reason: files::beside(&found.file).unwrap_or(BESIDE).into(),
        file: found.file,
    }));
}

fn without_class(folder: &str, count: usize) -> String {
    let images = match count {
        1 => "one image lies".to_owned(),
        count => format!("{count} images lie"),
    };
    format!(
        "{folder}/: its {images} in no class folder: not used; a trained run can be asked about them (mapsto predict)"
    )
}

impl Shape {
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
        let Some(classes) = self.classes(self.usual) else {
            return true;
        };
        let stem = |name: &String| {
            name.trim_end_matches(|c: char| c.is_ascii_digit())
                .to_ascii_lowercase()
        };
        let stems: BTreeSet<String> = classes.iter().map(stem).collect();
        let numbered = stems.len() == 1 && !stems.contains("");
        classes.len() < 2 || numbered || self.is_arrangement(self.usual)
    }

    /// Whether all names at a level say how the files are arranged (sets, folds, `images`) rather than what they show.
    fn is_arrangement(&self, level: usize) -> bool {
        let says =
            |name: &String| Set::from_folder(name).is_some() || is_part(name) || is_generic(name);
        let names = self.classes(level);
        names.is_some_and(|names| !names.is_empty() && names.iter().all(says))
    }

    /// Whether one of the usual classes is a mere place for files.
    pub fn says_less(&self) -> bool {
        let names = self.classes(self.usual);
        names.is_some_and(|names| names.iter().any(|name| is_generic(name)))
    }

    /// Whether a set has images and no classes.
    pub fn has_unlabelled(&self) -> bool {
        self.sets.has_unlabelled()
    }

    /// Whether the usual classes are nothing but the names of sets, folds and the like.
    pub fn says_nothing(&self) -> bool {
        self.is_arrangement(self.usual)
    }

    /// Takes the folder at `level` as the class.
    pub fn plan(&self, tree: &mut Tree, level: usize) -> Plan {
        let mut plan = Plan::default();
        let mut beside: BTreeSet<String> = BTreeSet::new();
        let mut unlabelled: BTreeMap<String, usize> = BTreeMap::new();
        let entries = std::mem::take(&mut tree.entries);
        // For each stretch where it ends, and its group.
        let mut end = 0;
        let groups: Vec<(usize, u32)> = stretches(&entries)
            .iter()
            .map(|stretch| {
                end += stretch.files;
                if let Some(folder) = self.sets.beside(stretch.path) {
                    beside.insert(folder.to_owned());
                    return (end, IN_NO_SET);
                }
                if let Some(folder) = self.sets.unlabelled(stretch.path) {
                    *unlabelled.entry(folder.to_owned()).or_default() += stretch.pictures;
                    return (end, IN_NO_SET);
                }
                let class = self.sets.classes(stretch.path).nth(level - 1);
                let group = |class| self.group(&mut plan.groups, stretch.path, class);
                (end, class.map_or(IN_NO_CLASS, group))
            })
            .collect();
        let found = |(at, entry): (usize, Entry)| {
            let stretch = groups.partition_point(|(end, _)| *end <= at);
            let group = groups.get(stretch).map_or(IN_NO_CLASS, |(_, group)| *group);
            Found::of(entry, group)
        };
        plan.found = entries.into_par_iter().enumerate().map(found).collect();
        if groups.iter().any(|(_, group)| *group >= IN_NO_SET) {
            leave_out(&mut plan);
        }
        for folder in &tree.empty {
            // As if there were a file in it.
            let inside = format!("{folder}/ ");
            if let Some(beside_sets) = self.sets.beside(&inside) {
                beside.insert(beside_sets.to_owned());
            } else if self.sets.classes(&inside).count() == level
                && let Some(class) = self.sets.classes(&inside).nth(level - 1)
            {
                self.group(&mut plan.groups, &inside, class);
            }
        }
        plan.problems.extend(beside.into_iter().map(|file| Problem {
            file,
            reason: BESIDE_SETS.into(),
        }));
        plan.notices.extend(
            unlabelled
                .iter()
                .map(|(folder, count)| without_class(folder, *count)),
        );
        plan.notices.extend(self.notice(level));
        plan.notices.extend(self.parts_notice(level));
        plan.notices.extend(super::case_notice(&plan.groups));
        plan
    }

    fn group(&self, groups: &mut Vec<Group>, path: &str, (end, class): (usize, &str)) -> u32 {
        let folder = path.get(..end).unwrap_or_default();
        let given = self.sets.set(path).filter(|_| self.given);
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

    /// Levels above the classes that divide the files and mean nothing else.
    fn parts_notice(&self, level: usize) -> Option<String> {
        let above = (1..level).find(|&above| {
            self.classes(above).is_some_and(|names| names.len() > 1) && self.is_arrangement(above)
        });
        let names = self.classes(above?)?;
        let names = some(names.iter().map(String::as_str), names.len());
        Some(format!(
            "The folders {names} are taken for parts of one whole, and the folders inside them for the classes"
        ))
    }
}
