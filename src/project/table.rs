//! Tables that grow by a line (`steps.csv`, `epochs.csv`, `timings.csv`): appended to without a buffer of our own,
//! so that a kill loses nothing that was told, and read back up to the last whole line.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::{ProjectError, read};

/// An open table that only grows.
#[derive(Debug)]
pub struct Table {
    file: File,
    path: PathBuf,
    /// Bytes known to be whole lines.
    length: u64,
}

impl Table {
    /// A new table with its first line; the file must not be there yet.
    pub fn create(path: PathBuf, header: &str) -> Result<Self, ProjectError> {
        let file = OpenOptions::new().append(true).create_new(true).open(&path);
        let file = file.map_err(|error| ProjectError::writing(&path, &error))?;
        let mut table = Self {
            file,
            path,
            length: 0,
        };
        table.append(&format!("{header}\n"))?;
        Ok(table)
    }

    /// Appends whole lines. When that fails (a full disk), what was written in part is taken back,
    /// so that a later attempt does not go on in the middle of a line.
    pub fn append(&mut self, lines: &str) -> Result<(), ProjectError> {
        if let Err(error) = self.file.write_all(lines.as_bytes()) {
            self.file.set_len(self.length).ok();
            return Err(ProjectError::writing(&self.path, &error));
        }
        self.length += lines.len() as u64;
        Ok(())
    }

    /// Waits until the disk holds what was appended.
    pub fn sync(&self) -> Result<(), ProjectError> {
        let synced = self.file.sync_data();
        synced.map_err(|error| ProjectError::writing(&self.path, &error))
    }
}

/// Reads a table: a record for each line that `parse` understands, and what is wrong with the first that it does not;
/// nothing after that line is believed. A last line without its end was being written when the program was killed;
/// it is dropped without a word.
pub fn read_table<T>(
    path: &Path,
    header: &str,
    parse: impl Fn(&[&str]) -> Option<T>,
) -> (Vec<T>, Option<ProjectError>) {
    let content = match read::bytes(path, read::DATA_LIMIT) {
        Ok(content) => content,
        Err(error) => return (Vec::new(), Some(error)),
    };
    let whole = content.iter().rposition(|&byte| byte == b'\n');
    let lines = whole.and_then(|end| content.get(..end)).unwrap_or_default();
    let mut lines = lines.split(|&byte| byte == b'\n').enumerate();
    if lines.next().map(|(_, line)| line) != Some(header.as_bytes()) {
        let reason = format!("it does not begin with “{header}”");
        return (
            Vec::new(),
            Some(ProjectError::damaged(path, Some(1), reason)),
        );
    }
    let mut records = Vec::new();
    for (index, line) in lines {
        let text = std::str::from_utf8(line).ok();
        let fields: Option<Vec<&str>> = text.map(|text| text.split(',').collect());
        match fields.and_then(|fields| parse(&fields)) {
            Some(record) => records.push(record),
            None => {
                let reason = "the line is not what mapsto writes; the lines before it can be used";
                let damage = ProjectError::damaged(path, Some(index + 1), reason);
                return (records, Some(damage));
            }
        }
    }
    (records, None)
}
