//! Text with a path in each line, and behind it the class; or the class is the folder of the path.

use super::Tree;
use super::lines::{Assignment, Origin, Row, meant};
use super::names::{Meant, Names};

/// Lines that are looked at to find out whether a text is a list of files.
const SAMPLE: usize = 400;
/// Longest line of a list.
const MAX_LINE: usize = 1 << 15;

/// A list that has been read as text.
pub(super) struct List {
    pub origin: Origin,
    text: String,
    /// Where it is none of the usual.
    pub encoding: Option<&'static str>,
}

/// How much of a list names files.
#[derive(Clone, Copy, Default)]
pub(super) struct Share {
    lines: usize,
    files: usize,
    /// Of these, the ones with a class behind them.
    pub classed: usize,
}

impl Share {
    /// Whether the text is a list of files at all.
    pub fn is_list(self) -> bool {
        // One line may be a sentence with the name of a file.
        self.files > 1 && self.files * 2 >= self.lines
    }
}

impl List {
    /// Reads a list of the listing. Errors read as a sentence after its name.
    pub fn open(tree: &Tree, origin: Origin) -> Result<Self, String> {
        let (text, encoding) = super::table::load(tree, &origin.file)?;
        Ok(Self {
            origin,
            text,
            encoding,
        })
    }

    /// The lines that are neither empty nor comments, with their numbers.
    pub fn lines(&self) -> impl Iterator<Item = (u64, &str)> {
        self.text
            .lines()
            .zip(1..)
            .map(|(line, number)| (number, line.trim()))
            .filter(|(_, line)| {
                !line.is_empty() && !line.starts_with('#') && line.len() <= MAX_LINE
            })
    }

    /// What the first lines are.
    pub fn share(&self, names: &Names<'_>) -> Share {
        let mut share = Share::default();
        for (_, line) in self.lines().take(SAMPLE) {
            let (_, class, meant) = self.read(names, line);
            share.lines += 1;
            if matches!(meant, Meant::File(_)) {
                share.files += 1;
                share.classed += usize::from(class.is_some());
            }
        }
        share
    }

    /// Gives every line's file its class.
    pub fn assign(&self, tree: &Tree, names: &Names<'_>, assignment: &mut Assignment) {
        for (line, text) in self.lines() {
            let (cell, class, meant) = self.read(names, text);
            let folder = match meant {
                Meant::File(entry) if class.is_none() => tree
                    .entries
                    .get(entry)
                    .and_then(|entry| entry.path.rsplit('/').nth(1)),
                _ => None,
            };
            let row = Row {
                cell,
                class: class.or(folder).unwrap_or_default(),
                set: self.origin.set,
                line,
            };
            assignment.row(&self.origin, &row, meant);
        }
    }

    /// A line's path, class and meaning: the first way of dividing it by which there is such a file.
    fn read<'a>(&self, names: &Names<'_>, line: &'a str) -> (&'a str, Option<&'a str>, Meant) {
        let divided = ['\t', ';', ',', ' ']
            .into_iter()
            .filter_map(|separator| line.rsplit_once(separator))
            .map(|(path, class)| (unquoted(path), Some(unquoted(class))));
        let mut told = (line, None, Meant::Missing);
        for (path, class) in std::iter::once((unquoted(line), None)).chain(divided) {
            let class = class.filter(|class: &&str| !class.is_empty());
            let meant = meant(names, &self.origin, path);
            if matches!(meant, Meant::File(_) | Meant::Several(_)) {
                return (path, class, meant);
            }
            // Where there is no such file, a division with a class is the likeliest.
            if told.1.is_none() {
                told = (path, class, meant);
            }
        }
        told
    }
}

fn unquoted(text: &str) -> &str {
    let text = text.trim();
    text.strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'))
        .unwrap_or(text)
}
