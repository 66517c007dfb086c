//! What a listing of files can mean, which meaning is the likeliest, and which images, classes and sets follow.
//!
//! Nothing here depends on the order in which files are found: a [`Tree`] is sorted.

mod assign;
mod choose;
mod columns;
mod find;
mod folders;
mod lines;
mod list;
mod names;
mod prefix;
mod problems;
mod records;
mod rows;
mod sets;
mod table;
mod text;

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::files::Tree;
use super::{DatasetError, Layout, LayoutChoice, Problem, Progress, Set};
pub(super) use choose::{read, unused_tables};
pub(super) use records::Shelf;
pub(super) use sets::{is_arrangement, of_folder as set_of_folder};

/// Where an image's data is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spot {
    /// A file of the [`Store`](super::files::Store), with its number there.
    File(u32),
    /// A record of a file with many: which [`Shelf`], and its number from 0.
    Record { shelf: u32, number: u32 },
}

/// A file or record that may be an image.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// Below the root, with `/`.
    pub file: String,
    pub spot: Spot,
    /// Number of its group in [`Plan::groups`].
    pub group: u32,
    /// Size of its content.
    pub bytes: u64,
    /// When it was last written: nanoseconds since 1970, 0 where nobody knows.
    pub modified: i64,
}

impl Found {
    /// A file of the tree, in a group.
    fn of(entry: super::files::Entry, group: u32) -> Self {
        Self {
            file: entry.path,
            spot: Spot::File(entry.place),
            group,
            bytes: entry.bytes,
            modified: entry.modified,
        }
    }
}

/// Images that share a class and a set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Group {
    /// The folder that stands for the class, where one does.
    pub folder: Option<String>,
    pub class: String,
    pub given: Option<Set>,
}

/// What a layout makes of a listing.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// Sorted by file.
    pub found: Vec<Found>,
    pub groups: Vec<Group>,
    pub shelves: Vec<Shelf>,
    pub problems: Vec<Problem>,
    pub notices: Vec<String>,
    /// What the user may choose among.
    pub choices: Vec<LayoutChoice>,
}

impl Plan {
    /// Of records, whose names need not be in the order of their files.
    fn sorted(mut self) -> Self {
        self.found
            .par_sort_unstable_by(|left, right| left.file.cmp(&right.file));
        self
    }
}

/// A meaning that fits, with its counts before any picture is opened.
struct Candidate {
    layout: Layout,
    title: String,
    classes: usize,
    images: usize,
    /// The classes are said in so many words (a column named “label”), not guessed.
    stated: bool,
}

/// “1 image”, “2 images”.
fn counted(count: usize, noun: &str) -> String {
    match count {
        1 => format!("1 {noun}"),
        _ if noun.ends_with("ss") => format!("{count} {noun}es"),
        _ => format!("{count} {noun}s"),
    }
}

/// The first few names, for a title.
fn some<'a>(names: impl Iterator<Item = &'a str>, count: usize) -> String {
    let mut names: Vec<String> = names.take(4).map(brief).collect();
    if count > 3 {
        names.truncate(3);
        names.push("…".into());
    }
    names.join(", ")
}

/// A name, cut where it would fill a table.
fn brief(name: &str) -> String {
    match name.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", name.get(..end).unwrap_or(name)),
        None => name.to_owned(),
    }
}

/// A name by its letters, where a letter and the mark over it are as good as the letter with the mark; nothing for
/// names of plain letters.
fn outline(name: &str) -> Option<String> {
    let is_mark = |c: char| ('\u{300}'..='\u{36f}').contains(&c);
    let mut outline = String::new();
    for letter in name.chars() {
        if is_mark(letter) {
            outline.pop();
        }
        let plain = letter.is_ascii();
        outline.extend(if plain {
            letter.to_lowercase().next()
        } else {
            Some('?')
        });
    }
    outline.contains('?').then_some(outline)
}

/// Names of classes that look the same and are written in two ways.
fn twin_notice(groups: &[Group]) -> Vec<String> {
    let mut twins: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for group in groups {
        if let Some(outline) = outline(&group.class) {
            twins.entry(outline).or_default().insert(&group.class);
        }
    }
    let letters = |name: &str| name.chars().count();
    let composed = |names: &&BTreeSet<&str>| {
        let counts: BTreeSet<usize> = names.iter().map(|name| letters(name)).collect();
        counts.len() > 1
    };
    let words = |names: &BTreeSet<&str>| {
        let names: Vec<String> = names
            .iter()
            .map(|name| format!("“{}”", brief(name)))
            .collect();
        format!(
            "{} may look the same, but are written with other signs: they are {}",
            names.join(" and "),
            counted(names.len(), "class")
        )
    };
    twins.values().filter(composed).map(words).collect()
}

/// Names of classes that differ in case alone, or look the same.
fn case_notice(groups: &[Group]) -> Vec<String> {
    let mut notices = differing_in_case(groups);
    notices.extend(twin_notice(groups));
    notices
}

fn differing_in_case(groups: &[Group]) -> Vec<String> {
    let mut spellings: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for group in groups {
        spellings
            .entry(group.class.to_lowercase())
            .or_default()
            .insert(&group.class);
    }
    spellings
        .values()
        .filter(|names| names.len() > 1)
        .map(|names| {
            let names: Vec<String> = names
                .iter()
                .map(|name| format!("“{}”", brief(name)))
                .collect();
            format!(
                "{} differ in upper and lower case only: they are {}",
                names.join(" and "),
                counted(names.len(), "class")
            )
        })
        .collect()
}
