//! The rows of a CSV text: quotes may hold separators and line ends, and a row may have any number of fields.

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

/// Most columns of a table.
pub(super) const MAX_COLUMNS: usize = 1024;
/// Longest row; a longer one is a quote that is not closed.
const MAX_ROW: usize = 1 << 18;

/// The fields of one row.
#[derive(Debug)]
pub(super) struct Record {
    text: Vec<u8>,
    ends: Vec<usize>,
}

impl Record {
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// The field of that number.
    pub fn get(&self, at: usize) -> Option<&str> {
        let start = match at.checked_sub(1) {
            None => 0,
            Some(before) => *self.ends.get(before)?,
        };
        std::str::from_utf8(self.text.get(start..*self.ends.get(at)?)?).ok()
    }

    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|at| self.get(at).unwrap_or_default())
    }
}

/// Reads rows one by one, each with the number of its line; ends after an error.
pub(super) struct Rows<'a> {
    reader: Reader,
    rest: &'a [u8],
    ended: bool,
}

impl<'a> Rows<'a> {
    pub fn new(text: &'a str, delimiter: u8) -> Self {
        Self {
            reader: ReaderBuilder::new().delimiter(delimiter).build(),
            rest: text.as_bytes(),
            ended: false,
        }
    }
}

impl Iterator for Rows<'_> {
    type Item = Result<(u64, Record), String>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let mut record = Record {
            text: vec![0; 256],
            ends: vec![0; 16],
        };
        let (mut bytes, mut fields) = (0, 0);
        let start = self.rest;
        // Empty lines are skipped by the reader, and it counts a line when it has read its end.
        let skipped = self
            .rest
            .iter()
            .take_while(|&&byte| byte == b'\n' || byte == b'\r');
        let line = self.reader.line() + skipped.filter(|&&byte| byte == b'\n').count() as u64;
        loop {
            let (result, read, written, ended) = self.reader.read_record(
                self.rest,
                record.text.get_mut(bytes..).unwrap_or_default(),
                record.ends.get_mut(fields..).unwrap_or_default(),
            );
            self.rest = self.rest.get(read..).unwrap_or_default();
            bytes += written;
            fields += ended;
            match result {
                // The next call, with nothing to read, ends the last row.
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull if bytes < MAX_ROW => {
                    record.text.resize(record.text.len() * 2, 0);
                }
                ReadRecordResult::OutputEndsFull if fields < MAX_COLUMNS => {
                    record.ends.resize(record.ends.len() * 2, 0);
                }
                ReadRecordResult::OutputFull => {
                    self.ended = true;
                    let quoted = start.iter().take(MAX_ROW).any(|&byte| byte == b'"');
                    return Some(Err(match quoted {
                        true => format!(
                            "has a quote in line {line} or later that is not closed: close it, or remove it"
                        ),
                        false => format!(
                            "has more than 256 KiB in line {line}: shorten it, or remove it"
                        ),
                    }));
                }
                ReadRecordResult::OutputEndsFull => {
                    self.ended = true;
                    return Some(Err(format!(
                        "has more than {MAX_COLUMNS} columns in line {line}"
                    )));
                }
                ReadRecordResult::Record => {
                    record.text.truncate(bytes);
                    record.ends.truncate(fields);
                    return Some(Ok((line, record)));
                }
                ReadRecordResult::End => {
                    self.ended = true;
                    return None;
                }
            }
        }
    }
}
