//! Rows that give files their classes: what tables and lists have in common.

use std::collections::{BTreeMap, HashMap};

use super::super::files::Kind;
use super::names::{Meant, Names};
use super::problems::Problems;
use super::{Found, Group, Plan, Set, Tree};

/// A table or list, as words and for its rows.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    /// Below the root, with `/`.
    pub file: String,
    /// The set that all of its rows belong to.
    pub set: Option<Set>,
}

impl Origin {
    /// The folder in which it lies.
    pub fn folder(&self) -> &str {
        self.file.rsplit_once('/').map_or("", |(folder, _)| folder)
    }

    /// Its name without folder and ending.
    pub fn stem(&self) -> &str {
        super::names::stem(self.file.rsplit('/').next().unwrap_or(&self.file))
    }
}

/// One row.
pub(super) struct Row<'a> {
    /// The file's name as it is written.
    pub cell: &'a str,
    pub class: &'a str,
    pub set: Option<Set>,
    /// From 1.
    pub line: u64,
}

#[derive(Clone, Copy)]
struct Given {
    class: u32,
    set: Option<Set>,
    line: u32,
    /// Two rows give it two classes.
    torn: Option<(u32, u32)>,
}

/// Which file has which class.
pub(super) struct Assignment {
    of: Vec<Option<Given>>,
    classes: Vec<String>,
    numbers: HashMap<String, u32>,
    problems: Problems,
    /// Names that several rows have with the same class.
    repeated: usize,
}

impl Assignment {
    pub fn new(tree: &Tree) -> Self {
        Self {
            of: vec![None; tree.entries.len()],
            classes: Vec::new(),
            numbers: HashMap::new(),
            problems: Problems::default(),
            repeated: 0,
        }
    }

    /// Takes a row of `origin`; what its file's name means has been found.
    pub fn row(&mut self, origin: &Origin, row: &Row<'_>, meant: Meant) {
        let Row { cell, line, .. } = *row;
        let file = if cell.is_empty() { &origin.file } else { cell };
        let table = &origin.file;
        match meant {
            Meant::File(entry) if !row.class.is_empty() => self.assign(entry, row),
            Meant::File(_) => self.problems.add(
                "rows without a class",
                file,
                format!("line {line} of {table} gives it no class: write one, or remove the line"),
            ),
            Meant::Missing => self.problems.add(
                "rows whose file is not there",
                file,
                format!("named in {table} (line {line}), but there is no such file: add it, or remove the line"),
            ),
            Meant::Several(count) => self.problems.add(
                "rows that could mean several files",
                file,
                format!("named in {table} (line {line}), and {count} files could be meant: write the folder before the name"),
            ),
            Meant::Outside => self.problems.add(
                "rows that lead out of the folder",
                file,
                format!(
                    "named in {table} (line {line}), but it lies outside: put it into the folder, or open {table} itself"
                ),
            ),
        }
    }

    /// Tells that a row's set is none of the three, so it is left out.
    pub fn strange_set(&mut self, origin: &Origin, row: &Row<'_>, set: &str) {
        let Origin { file: table, .. } = origin;
        self.problems.add(
            "rows of an unknown set",
            row.cell,
            format!(
                "line {} of {table} puts it into “{}”, which is none of train, validation and test",
                row.line,
                super::brief(set)
            ),
        );
    }

    fn assign(&mut self, entry: usize, row: &Row<'_>) {
        let class = match self.numbers.get(row.class) {
            Some(&class) => class,
            None => {
                let class = u32::try_from(self.classes.len()).unwrap_or(u32::MAX);
                self.classes.push(row.class.to_owned());
                self.numbers.insert(row.class.to_owned(), class);
                class
            }
        };
        let Some(slot) = self.of.get_mut(entry) else {
            return;
        };
        let line = u32::try_from(row.line).unwrap_or(u32::MAX);
        match slot {
            None => {
                *slot = Some(Given {
                    class,
                    set: row.set,
                    line,
                    torn: None,
                });
            }
            Some(given) if given.class == class => self.repeated += 1,
            Some(given) => given.torn = given.torn.or(Some((class, line))),
        }
    }

    /// Classes and images, before any image is opened.
    pub fn counts(&self) -> (usize, usize) {
        let mut used = vec![false; self.classes.len()];
        let mut images = 0;
        for given in self
            .of
            .iter()
            .flatten()
            .filter(|given| given.torn.is_none())
        {
            images += 1;
            if let Some(used) = used.get_mut(index(given.class)) {
                *used = true;
            }
        }
        (used.iter().filter(|used| **used).count(), images)
    }

    /// Names of classes, for a title.
    pub fn names(&self) -> String {
        let mut names: Vec<&str> = self.classes.iter().map(String::as_str).collect();
        names.sort_unstable();
        super::some(names.iter().copied(), names.len())
    }

    /// Folders with pictures of which none has a line, as competitions give their test images; with their numbers.
    fn bare_folders(&self, tree: &Tree) -> BTreeMap<String, usize> {
        let mut folders: BTreeMap<&str, (usize, bool)> = BTreeMap::new();
        for (entry, given) in tree.entries.iter().zip(&self.of) {
            let folder = folder_of(&entry.path);
            if entry.kind == Kind::Picture && !folder.is_empty() {
                let (count, any) = folders.entry(folder).or_default();
                *count += 1;
                *any |= given.is_some();
            }
        }
        let bare = folders.into_iter().filter(|(_, (_, any))| !any);
        bare.map(|(folder, (count, _))| (folder.to_owned(), count))
            .take(MAX_BARE)
            .collect()
    }

    /// The images, and what is left out; `source` names the table or list.
    pub fn plan(mut self, tree: &mut Tree, source: &str) -> Plan {
        let mut plan = Plan::default();
        let mut groups: HashMap<(u32, Option<Set>), u32> = HashMap::new();
        // The sets mean something only where there is one besides the training images.
        let has_sets = self
            .of
            .iter()
            .flatten()
            .any(|given| given.set.is_some_and(|set| set != Set::Train));
        let bare = self.bare_folders(tree);
        for (entry, given) in std::mem::take(&mut tree.entries).into_iter().zip(&self.of) {
            let Some(given) = given else {
                if entry.kind == Kind::Picture && !bare.contains_key(folder_of(&entry.path)) {
                    let reason = format!("{} for it, so it has no class", no_line(source));
                    self.problems
                        .add("files without a line", entry.path, reason);
                }
                continue;
            };
            let name = |class: u32| self.classes.get(index(class)).map_or("", String::as_str);
            if let Some((other, line)) = given.torn {
                let reason = format!(
                    "{source} gives it two classes, “{}” in line {} and “{}” in line {line}: remove one of the lines",
                    super::brief(name(given.class)),
                    given.line,
                    super::brief(name(other)),
                );
                self.problems
                    .add("files with two classes", entry.path, reason);
                continue;
            }
            let set = given.set.filter(|_| has_sets);
            let group = *groups.entry((given.class, set)).or_insert_with(|| {
                plan.groups.push(Group {
                    folder: None,
                    class: name(given.class).to_owned(),
                    given: set,
                });
                u32::try_from(plan.groups.len() - 1).unwrap_or(u32::MAX)
            });
            plan.found.push(Found::of(entry, group));
        }
        plan.problems = self.problems.finish(source);
        plan.notices.extend(bare.iter().map(|(folder, count)| {
            let images = super::counted(*count, "image");
            format!("{folder}/: {} for its {images}: not used", no_line(source))
        }));
        if self.repeated > 0 {
            plan.notices.push(format!(
                "{source} names {} once more with the same class: each counts once",
                super::counted(self.repeated, "file")
            ));
        }
        plan.notices.extend(super::case_notice(&plan.groups));
        plan
    }
}

/// Folders without lines that are told one by one.
const MAX_BARE: usize = 20;

fn no_line(source: &str) -> String {
    match source.contains(" and ") {
        true => format!("{source} have no line"),
        false => format!("{source} has no line"),
    }
}

fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// What a row's file is; in a table that stands for a set, a folder of the set's or the table's name decides.
pub(super) fn meant(names: &Names<'_>, origin: &Origin, cell: &str) -> Meant {
    names.find(cell, origin.folder(), origin.stem())
}

/// The set that a file's name says (`train.csv`, `val_labels.txt`), and the rest of the name.
pub(super) fn set_of_name(stem: &str) -> Option<(Set, String)> {
    let mut set = None;
    let mut rest: Vec<String> = Vec::new();
    for word in stem.split(|c: char| !c.is_alphanumeric()) {
        match Set::from_folder(word) {
            Some(found) if set.is_none() => set = Some(found),
            _ => rest.push(word.to_lowercase()),
        }
    }
    Some((set?, rest.join(" ")))
}

/// The tables or lists that belong together (`train.csv`, `test.csv`), each with its set: `file` alone where its name
/// says no set or there is no other. `others` are all of the kind, sorted.
pub(super) fn family(file: &str, others: &[String]) -> Vec<Origin> {
    let alone = Origin {
        file: file.to_owned(),
        set: None,
    };
    let ending = |file: &str| file.rsplit_once('.').map(|(_, ending)| ending.to_owned());
    let Some((_, rest)) = set_of_name(alone.stem()) else {
        return across_sets(file, others).unwrap_or_else(|| vec![alone]);
    };
    let mut family: Vec<Origin> = Vec::new();
    for other in others {
        let mut origin = Origin {
            file: other.clone(),
            set: None,
        };
        if origin.folder() != alone.folder() || ending(other) != ending(file) {
            continue;
        }
        if let Some((set, other_rest)) = set_of_name(origin.stem())
            && other_rest == rest
        {
            origin.set = Some(set);
            family.push(origin);
        }
    }
    if family.len() < 2 {
        vec![alone]
    } else {
        family
    }
}

/// Tables of one name in the folders of the sets: `train/_classes.csv`, `valid/_classes.csv`.
fn across_sets(file: &str, others: &[String]) -> Option<Vec<Origin>> {
    let parts = |file: &str| {
        let (folder, name) = file.rsplit_once('/')?;
        let (above, set) = folder.rsplit_once('/').unwrap_or(("", folder));
        Some((Set::from_folder(set)?, above.to_owned(), name.to_owned()))
    };
    let (_, above, name) = parts(file)?;
    let of = |other: &String| {
        let (set, its_above, its_name) = parts(other)?;
        (its_above == above && its_name == name).then(|| Origin {
            file: other.clone(),
            set: Some(set),
        })
    };
    let family: Vec<Origin> = others.iter().filter_map(of).collect();
    (family.len() > 1).then_some(family)
}
