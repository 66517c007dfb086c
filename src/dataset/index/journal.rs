//! What a scan has seen so far, so that one that is cancelled or killed need not begin anew.

use std::fs::{self, File};
use std::io::{self, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::rows::{self, BLOCK_ROWS};
use super::{Found, Index, Seen};

/// The most that a killed program has looked at in vain.
const PAUSE: Duration = Duration::from_secs(1);

/// A file beside the index to which blocks are appended. No scan fails because it cannot be written.
pub(in crate::dataset) struct Journal {
    path: PathBuf,
    file: Option<File>,
    pending: Vec<u32>,
    written: Instant,
}

impl Journal {
    /// Goes on behind the last sound block. Another program that scans the same data at the same time has the file for
    /// itself; this scan then keeps none.
    pub(super) fn open(index: &Index) -> Self {
        let path = index.journal_path();
        Self {
            file: open(&path, index).ok().flatten(),
            path,
            pending: Vec::new(),
            written: Instant::now(),
        }
    }

    /// Keeps what the numbered file has shown, at once or with the next block.
    pub(in crate::dataset) fn keep(
        &mut self,
        index: &Index,
        number: u32,
        entries: &[Found],
        seen: &[Option<Seen>],
    ) {
        self.pending.push(number);
        if self.pending.len() >= BLOCK_ROWS || self.written.elapsed() >= PAUSE {
            self.flush(index, entries, seen);
        }
    }

    /// Writes what is not written yet.
    pub(in crate::dataset) fn flush(
        &mut self,
        index: &Index,
        entries: &[Found],
        seen: &[Option<Seen>],
    ) {
        let mut pending = std::mem::take(&mut self.pending);
        // In the order of the names, so that neighbours share what is the same.
        pending.sort_unstable();
        let rows = pending.iter().filter_map(|&number| {
            let number = usize::try_from(number).ok()?;
            index.row(entries.get(number)?, seen.get(number)?.as_ref()?)
        });
        let append = || match &mut self.file {
            Some(file) => file.write_all(&rows::block(rows)?),
            None => Ok(()),
        };
        // A full disk: what is there stays good, and half a block behind it is seen by its checksum.
        if append().is_err() {
            self.file = None;
        }
        self.written = Instant::now();
    }

    /// The index has it all now.
    pub(super) fn remove(&mut self) {
        if self.file.take().is_some() {
            // One that stays behind holds nothing wrong.
            fs::remove_file(&self.path).unwrap_or_default();
        }
    }
}

fn open(path: &Path, index: &Index) -> io::Result<Option<File>> {
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(false);
    let mut file = options.open(path)?;
    if file.try_lock().is_err() {
        return Ok(None);
    }
    let mut reader = BufReader::new(&file);
    let mut sound = 0;
    if index.begins(&mut reader) {
        sound = reader.stream_position()?;
        while rows::next_block(&mut reader).is_some() {
            sound = reader.stream_position()?;
        }
    }
    file.set_len(sound)?;
    file.seek(SeekFrom::Start(sound))?;
    if sound == 0 {
        file.write_all(&index.head()?)?;
    }
    Ok(Some(file))
}
