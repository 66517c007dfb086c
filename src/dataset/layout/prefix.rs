//! The beginning of a file's name as its class, where images are numbered within their class: `cat.0.jpg`.

use std::collections::BTreeMap;

use super::super::files::{Entry, Kind};
use super::folders::{Shape, folders, is_generic};
use super::names::stem;
use super::{Candidate, Found, Group, Layout, Plan, Set, Tree, counted, some};

/// Most classes that names are believed to say.
const MAX_CLASSES: usize = 1000;

/// What stands before the number at the end of a name; nothing where there is no number, or cameras and programs write
/// such names by themselves.
fn class(path: &str) -> Option<&str> {
    const COUNTERS: [&str; 11] = [
        "dsc",
        "dscn",
        "pxl",
        "photo",
        "picture",
        "pic",
        "frame",
        "file",
        "scan",
        "screenshot",
        "sample",
    ];
    let name = stem(path.rsplit('/').next().unwrap_or(path));
    let is_sign = |c: char| matches!(c, '.' | '_' | '-' | ' ' | '(' | ')' | '#');
    let before = name
        .trim_end_matches(is_sign)
        .trim_end_matches(|c: char| c.is_ascii_digit());
    if before.len() == name.trim_end_matches(is_sign).len() {
        return None;
    }
    let class = before.trim_end_matches(is_sign);
    // `cat_12`, not `a12`: a letter with a number is a place in a shelf as often as a class.
    if class.len() == before.len() || class.chars().nth(1).is_none() {
        return None;
    }
    let is_counter = COUNTERS
        .iter()
        .any(|known| class.eq_ignore_ascii_case(known));
    let says = class.chars().all(|c| c.is_alphabetic() || is_sign(c));
    let kept = says && !class.is_empty() && !is_counter;
    (kept && !is_generic(class) && Set::from_folder(class).is_none()).then_some(class)
}

fn of_entry(entry: &Entry) -> Option<&str> {
    let drawn = [
        "annotations",
        "masks",
        "mask",
        "trimaps",
        "labels",
        "groundtruth",
    ];
    let is_drawn = |folder: &str| drawn.iter().any(|known| folder.eq_ignore_ascii_case(known));
    let is_image = entry.kind == Kind::Picture && !folders(&entry.path).any(is_drawn);
    class(&entry.path).filter(|_| is_image)
}

fn set(path: &str) -> Option<Set> {
    folders(path).find_map(Set::from_folder)
}

/// Whether the names may be meant: only where the folders say nothing.
pub(super) fn candidate(tree: &Tree, shape: &Shape) -> Option<Candidate> {
    if !shape.says_little() {
        return None;
    }
    let mut classes: BTreeMap<&str, usize> = BTreeMap::new();
    for class in tree.entries.iter().filter_map(of_entry) {
        *classes.entry(class).or_default() += 1;
        if classes.len() > MAX_CLASSES {
            return None;
        }
    }
    let images = classes.values().sum();
    let names = some(classes.keys().copied(), classes.len());
    (classes.len() > 1 && classes.values().all(|count| *count > 1)).then(|| Candidate {
        layout: Layout::Names,
        title: format!("The beginning of a file's name is the class: {names}"),
        classes: classes.len(),
        images,
        stated: false,
    })
}

/// The images by their names.
pub(super) fn plan(tree: &mut Tree) -> Plan {
    let mut plan = Plan::default();
    let entries = std::mem::take(&mut tree.entries);
    let in_sets = entries
        .iter()
        .filter(|entry| of_entry(entry).is_some())
        .any(|entry| set(&entry.path).is_some_and(|set| set != Set::Train));
    let mut groups: BTreeMap<(String, Option<Set>), u32> = BTreeMap::new();
    let mut nameless = 0;
    for entry in entries {
        let Some(class) = of_entry(&entry) else {
            nameless += usize::from(entry.kind == Kind::Picture);
            continue;
        };
        let given = set(&entry.path).filter(|_| in_sets);
        let next = u32::try_from(groups.len()).unwrap_or(u32::MAX);
        let group = *groups.entry((class.to_owned(), given)).or_insert(next);
        if group == next {
            plan.groups.push(Group {
                folder: None,
                class: class.to_owned(),
                given,
            });
        }
        plan.found.push(Found::of(entry, group));
    }
    plan.notices.push(
        "No folder says a class: the beginning of each file's name is taken for it; look whether that is meant".into(),
    );
    if nameless > 0 {
        plan.notices.push(format!(
            "{} whose names say no class: not used",
            counted(nameless, "image")
        ));
    }
    plan.notices.extend(super::case_notice(&plan.groups));
    plan
}
