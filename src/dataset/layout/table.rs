//! CSV and TSV: quotes, separators and encodings as programs really write them; rows with their lines.

use std::io::Read;

use super::super::files::{Kind, kind};
use super::Tree;
use super::columns::{CLASS, Columns, IMAGE, plain, set};
use super::lines::{Assignment, Origin, Row, meant};
use super::names::{Meant, Names};
use super::rows::{Record, Rows};
use super::text::{self, MAX_TEXT};

/// A table that has been read as text.
pub(super) struct Sheet {
    pub origin: Origin,
    text: String,
    delimiter: u8,
    /// Lines before the header: comments, and what programs write for themselves.
    skipped: u64,
    /// The names of the columns; “column 1” and so on where there is no header.
    pub header: Vec<String>,
    /// The first row names the columns.
    pub has_header: bool,
    /// Where it is none of the usual.
    pub encoding: Option<&'static str>,
}

/// The text of a table or list. Errors read as a sentence after its name.
pub(super) fn load(tree: &Tree, file: &str) -> Result<(String, Option<&'static str>), String> {
    let entry = tree
        .find(file)
        .and_then(|at| tree.entries.get(at))
        .ok_or("is not there: choose another layout, or put it back")?;
    let (content, bytes) = tree
        .store
        .reader(entry)
        .map_err(|fault| fault.to_string())?;
    if bytes > MAX_TEXT {
        return Err(format!(
            "has {} MiB, at most {} are read",
            bytes >> 20,
            MAX_TEXT >> 20
        ));
    }
    let mut content = content.take(MAX_TEXT);
    let mut bytes = Vec::new();
    content
        .read_to_end(&mut bytes)
        .map_err(|error| format!("cannot be read ({error})"))?;
    Ok(text::decode(&bytes)?)
}

impl Sheet {
    /// Reads a table of the listing.
    pub fn open(tree: &Tree, names: &Names<'_>, origin: Origin) -> Result<Self, String> {
        let (mut text, encoding) = load(tree, &origin.file)?;
        let (skipped, stated) = without_preamble(&mut text);
        let delimiter = stated.unwrap_or_else(|| delimiter(&text));
        let mut sheet = Self {
            origin,
            text,
            delimiter,
            skipped,
            header: Vec::new(),
            has_header: false,
            encoding,
        };
        let first = match sheet.rows().next() {
            None => return Err("is empty".into()),
            Some(first) => first?.1,
        };
        if first.len() < 2 {
            return Err(
                "has one column: two or more are needed, for the file and for its class".into(),
            );
        }
        let names_a_file = |cell: &str| {
            kind(cell) == Kind::Picture
                || matches!(meant(names, &sheet.origin, cell), Meant::File(_))
        };
        sheet.has_header = first.iter().any(names_a_column) || !first.iter().any(names_a_file);
        let name = |(at, cell): (usize, &str)| match cell.trim() {
            cell if sheet.has_header && !cell.is_empty() => cell.to_owned(),
            _ => format!("column {}", at + 1),
        };
        sheet.header = first.iter().enumerate().map(name).collect();
        Ok(sheet)
    }

    /// All rows with their line numbers, the header among them.
    fn rows(&self) -> impl Iterator<Item = Result<(u64, Record), String>> {
        let skipped = self.skipped;
        Rows::new(&self.text, self.delimiter)
            .map(move |row| row.map(|(line, record)| (line + skipped, record)))
    }

    /// All rows but the header and empty ones.
    pub fn data(&self) -> impl Iterator<Item = Result<(u64, Record), String>> {
        self.rows()
            .skip(usize::from(self.has_header))
            .filter(|row| !matches!(row, Ok((_, record)) if record.iter().all(|field| field.trim().is_empty())))
    }

    /// The number of a column by its name.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.header.iter().position(|known| known == name)
    }

    /// The name of the one column that holds a 1; empty where there is none, or several.
    fn marked(&self, record: &Record, columns: &[usize]) -> &str {
        let is_one = |at: &&usize| {
            let cell = record.get(**at).unwrap_or_default().trim();
            cell.parse() == Ok(1.0)
        };
        let mut marked = columns.iter().filter(is_one);
        match (marked.next(), marked.next()) {
            (Some(&at), None) => self.header.get(at).map_or("", String::as_str),
            _ => "",
        }
    }

    /// Gives every row's file its class. Errors: the table cannot be read to its end.
    pub fn assign(
        &self,
        names: &Names<'_>,
        columns: &Columns,
        assignment: &mut Assignment,
    ) -> Result<(), String> {
        for row in self.data() {
            let (line, record) = row?;
            let cell = |at: usize| record.get(at).unwrap_or_default().trim();
            let mut row = Row {
                cell: cell(columns.image),
                class: match columns.one_hot.as_slice() {
                    [] => cell(columns.class),
                    columns => self.marked(&record, columns),
                },
                set: self.origin.set,
                line,
            };
            if let Some(at) = columns.set {
                row.set = set(cell(at));
                if row.set.is_none() && !cell(at).is_empty() {
                    assignment.strange_set(&self.origin, &row, cell(at));
                    continue;
                }
            }
            let meant = meant(names, &self.origin, row.cell);
            assignment.row(&self.origin, &row, meant);
        }
        Ok(())
    }
}

fn names_a_column(cell: &str) -> bool {
    IMAGE.contains(&plain(cell).as_str()) || CLASS.contains(&plain(cell).as_str())
}

/// Takes away the lines before the header (`sep=;` as spreadsheets write it, and comments): how many, and the separator
/// that they state. A `#` before the names of the columns themselves is taken away alone.
fn without_preamble(text: &mut String) -> (u64, Option<u8>) {
    let (mut skipped, mut stated) = (0, None);
    loop {
        let end = text.find(['\n', '\r']).unwrap_or(text.len());
        let (line, rest) = text.split_at(end);
        let rest = rest.strip_prefix('\r').unwrap_or(rest);
        let rest = rest.strip_prefix('\n').unwrap_or(rest);
        let separator = line.trim().strip_prefix("sep=");
        if let Some(&[separator]) = separator.map(str::as_bytes) {
            stated = Some(separator);
        } else if let Some(comment) = line.strip_prefix('#') {
            let says = |line: &str| line.split([',', ';', '\t', '|']).any(names_a_column);
            let next = rest.lines().next().unwrap_or_default();
            if says(comment) && !says(next) {
                text.remove(0);
                return (skipped, stated);
            }
        } else {
            return (skipped, stated);
        }
        skipped += 1;
        let start = text.len() - rest.len();
        text.drain(..start);
        if text.is_empty() {
            return (skipped, stated);
        }
    }
}

/// The separator that divides the first lines most evenly.
fn delimiter(text: &str) -> u8 {
    let mut end = text.len().min(1 << 16);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let head = text.get(..end).unwrap_or(text);
    let score = |delimiter: u8| {
        let widths: Vec<usize> = Rows::new(head, delimiter)
            .take(50)
            .map_while(Result::ok)
            .map(|(_, record)| record.len())
            .collect();
        let first = widths.first().copied().unwrap_or(0);
        let even = widths.iter().filter(|&&width| width == first).count();
        if first < 2 { (0, 0) } else { (even, first) }
    };
    let best = [b',', b';', b'\t', b'|']
        .into_iter()
        .rev()
        .max_by_key(|&delimiter| score(delimiter));
    best.unwrap_or(b',')
}
