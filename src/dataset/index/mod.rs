//! What every file of a data set has shown, kept on disk: opening again decodes only new and changed files.
//!
//! One file for each source and layout, in a folder that may be deleted at any time, and beside it a journal while a
//! scan is under way. Files of another version and damaged ones are made anew. A row is good for a file of the same
//! name, size and time. What has not been used for 90 days is removed, and the oldest where there are more than 2 GiB.

mod journal;
mod rows;
mod tidy;

use std::fs::{self, File};
use std::io::{self, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;
use twox_hash::XxHash3_64;

use super::layout::Found;
use super::{DatasetError, DecodeFault, Layout, Look, Progress, Source};
pub(super) use journal::Journal;
use rows::{BLOCK_ROWS, Block};
pub(super) use tidy::touch;

/// Larger by one whenever a [`Look`] means something else than before, or the rows are written otherwise.
const FORMAT: u32 = 3;
const MAGIC: &[u8] = b"mapsto index\n";
/// Blocks that are in memory at a time.
const WAVE: usize = 32;

/// Width, height and the rest of what a file has shown; or why it is left out.
pub(super) type Seen = Result<(u32, u32, Look), DecodeFault>;

/// The index of one source and layout.
#[derive(Debug)]
pub(super) struct Index {
    path: PathBuf,
    source: String,
    /// When this opening began, in nanoseconds since 1970.
    now: i64,
}

/// What the index knew.
pub(super) struct Loaded {
    /// For each file of the listing, in its order.
    pub seen: Vec<Option<Seen>>,
    /// Files that need not be looked at.
    pub known: usize,
    /// The index has these files and no others.
    pub exact: bool,
}

impl Loaded {
    /// Of so many files.
    pub(super) fn nothing(files: usize) -> Self {
        Self {
            seen: (0..files).into_par_iter().map(|_| None).collect(),
            known: 0,
            exact: false,
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Head {
    format: u32,
    program: String,
    source: String,
}

impl Index {
    /// The index of that source, read in that way, in a folder that is made where it is missing.
    pub(super) fn of(source: &Source, layout: Option<&Layout>, cache: &Path) -> Self {
        let text = source.to_string();
        let source = match fs::canonicalize(&text) {
            Ok(path) => path.display().to_string(),
            Err(_) => text,
        };
        let way = layout.and_then(|layout| serde_json::to_string(layout).ok());
        let name = format!(
            "{:016x}-{:016x}.index",
            XxHash3_64::oneshot(source.as_bytes()),
            XxHash3_64::oneshot(way.unwrap_or_default().as_bytes())
        );
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        Self {
            path: cache.join(name),
            source,
            now: since.map_or(0, |since| i64::try_from(since.as_nanos()).unwrap_or(0)),
        }
    }

    /// What is known of these files, which are sorted by name. Errors: cancelled, and nothing else.
    pub(super) fn load(
        &self,
        entries: &[Found],
        progress: &Progress,
    ) -> Result<Loaded, DatasetError> {
        let mut loaded = Loaded::nothing(entries.len());
        let rows = self.read(&self.path, entries, &mut loaded, progress)?;
        touch(&self.path);
        loaded.exact = rows == loaded.known;
        let begun = self.journal_path();
        if begun.exists() {
            self.read(&begun, entries, &mut loaded, progress)?;
            loaded.exact = false;
        }
        if loaded.known == 0
            && let Some(other) = self.other_layout()
        {
            self.read(&other, entries, &mut loaded, progress)?;
            loaded.exact = false;
        }
        Ok(loaded)
    }

    /// Removes old indexes of other data, and the oldest where they take too much room.
    pub(super) fn tidy(&self) {
        if let Some(folder) = self.path.parent().filter(|folder| folder.exists())
            && let Err(error) = tidy::tidy(folder, &self.path)
        {
            log::warn!("old files in {} stay there: {error}", folder.display());
        }
    }

    /// Where a scan notes what it sees.
    pub(super) fn journal(&self) -> Journal {
        if let Some(folder) = self.path.parent() {
            // Without it there is no journal either.
            fs::create_dir_all(folder).unwrap_or_default();
        }
        Journal::open(self)
    }

    /// Writes the index of these files, all at once or not at all, and ends the journal.
    pub(super) fn store(
        &self,
        entries: &[Found],
        seen: &[Option<Seen>],
        journal: &mut Journal,
    ) -> io::Result<()> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let mut file = NamedTempFile::new_in(folder)?;
        file.write_all(&self.head()?)?;
        for wave in entries
            .chunks(BLOCK_ROWS * WAVE)
            .zip(seen.chunks(BLOCK_ROWS * WAVE))
        {
            let blocks: Vec<Vec<u8>> = wave
                .0
                .par_chunks(BLOCK_ROWS)
                .zip(wave.1.par_chunks(BLOCK_ROWS))
                .map(|(entries, seen)| {
                    let rows = entries.iter().zip(seen);
                    rows::block(rows.filter_map(|(entry, seen)| self.row(entry, seen.as_ref()?)))
                })
                .collect::<io::Result<_>>()?;
            for block in blocks {
                file.write_all(&block)?;
            }
        }
        file.persist(&self.path).map_err(|error| error.error)?;
        journal.remove();
        Ok(())
    }

    /// What is worth a row: what lies in the file's content, and holds as long as its time does not change. A file
    /// that was written a moment ago may be written again without showing it: clocks of disks tick slowly.
    fn row<'a>(&self, entry: &'a Found, seen: &'a Seen) -> Option<(&'a Found, &'a Seen)> {
        const SECOND: i64 = 1_000_000_000;
        let tick = if entry.modified % SECOND == 0 {
            2 * SECOND
        } else {
            SECOND / 50
        };
        let settled = self.now.abs_diff(entry.modified) > tick.unsigned_abs();
        let lasting = seen.as_ref().err().is_none_or(DecodeFault::is_lasting);
        (entry.modified != 0 && settled && lasting).then_some((entry, seen))
    }

    /// Takes what fits from an index file; the number of its rows.
    fn read(
        &self,
        path: &Path,
        entries: &[Found],
        loaded: &mut Loaded,
        progress: &Progress,
    ) -> Result<usize, DatasetError> {
        let Ok(file) = File::open(path) else {
            return Ok(0);
        };
        let mut file = BufReader::with_capacity(1 << 18, file);
        if !self.begins(&mut file) {
            return Ok(0);
        }
        let mut rows = 0;
        let mut space: Vec<Block> = (0..WAVE).map(|_| Block::default()).collect();
        loop {
            if progress.cancelled() {
                return Err(DatasetError::Cancelled);
            }
            let mut space = space.iter_mut();
            let blocks: Vec<&Block> = std::iter::from_fn(|| {
                let block = space.next()?;
                block.read(&mut file)?;
                Some(&*block)
            })
            .collect();
            if blocks.is_empty() {
                return Ok(rows);
            }
            // A journal is in the order in which files were looked at.
            let shares = match path == self.journal_path() {
                true => None,
                false => shares(&blocks, entries, &mut loaded.seen),
            };
            let found: Vec<Option<Taken>> = match shares {
                Some(shares) => shares
                    .into_par_iter()
                    .zip(&blocks)
                    .map(|((entries, seen), block)| take(block, entries, seen))
                    .collect(),
                None => blocks
                    .iter()
                    .map(|block| take(block, entries, &mut loaded.seen))
                    .collect(),
            };
            for taken in found {
                // Behind a damaged block nothing can be trusted.
                let Some(taken) = taken else {
                    return Ok(rows);
                };
                rows += taken.rows;
                loaded.known += taken.known;
            }
        }
    }

    /// Whether a file begins as one of these does, and is of this source and version.
    fn begins(&self, file: &mut impl Read) -> bool {
        let mut magic = [0; MAGIC.len()];
        if file.read_exact(&mut magic).is_err() || magic != MAGIC {
            return false;
        }
        let Some(content) = rows::next_block(file) else {
            return false;
        };
        postcard::from_bytes::<Head>(&content).is_ok_and(|head| {
            head.format == FORMAT
                && head.program == env!("CARGO_PKG_VERSION")
                && head.source == self.source
        })
    }

    fn head(&self) -> io::Result<Vec<u8>> {
        let head = Head {
            format: FORMAT,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            source: self.source.clone(),
        };
        let content = postcard::to_stdvec(&head).map_err(io::Error::other)?;
        Ok([MAGIC, &rows::framed(&content)?].concat())
    }

    fn journal_path(&self) -> PathBuf {
        self.path.with_extension("journal")
    }

    /// The newest index of the same source in another layout: what a file shows does not depend on its class.
    fn other_layout(&self) -> Option<PathBuf> {
        let name = self.path.file_name()?.to_str()?;
        let of_source = name.split_once('-')?.0;
        let others = fs::read_dir(self.path.parent()?).ok()?.flatten();
        let fitting = others.filter(|entry| {
            let other = entry.file_name();
            let other = other.to_string_lossy();
            other.starts_with(of_source) && other.ends_with(".index") && other != name
        });
        let newest = fitting.max_by_key(|entry| entry.metadata().and_then(|m| m.modified()).ok());
        newest.map(|entry| entry.path())
    }
}

/// Files, and what is known of each.
type Share<'a> = (&'a [Found], &'a mut [Option<Seen>]);

/// For each block of an index the files that its rows can be of, so that each is taken on its own; nothing where the
/// blocks are not sorted as the files are.
fn shares<'a>(
    blocks: &[&Block],
    mut entries: &'a [Found],
    mut seen: &'a mut [Option<Seen>],
) -> Option<Vec<Share<'a>>> {
    let mut shares = Vec::with_capacity(blocks.len());
    let mut blocks = blocks.iter();
    let first = |block: &Block| block.first_name().map(str::to_owned);
    let mut start = first(blocks.next()?)?;
    for block in blocks {
        let end = first(block)?;
        if end <= start {
            return None;
        }
        let at = entries.partition_point(|entry| entry.file < end);
        let (of_block, rest) = entries.split_at_checked(at)?;
        let (seen_of_block, seen_rest) = seen.split_at_mut_checked(at)?;
        shares.push((of_block, seen_of_block));
        (entries, seen, start) = (rest, seen_rest, end);
    }
    shares.push((entries, seen));
    Some(shares)
}

/// What a block has given.
struct Taken {
    rows: usize,
    /// Of these the ones of files that have not changed, and of which nothing was known.
    known: usize,
}

/// Takes what fits from a block; nothing where it is damaged.
fn take(block: &Block, entries: &[Found], seen: &mut [Option<Seen>]) -> Option<Taken> {
    let mut taken = Taken { rows: 0, known: 0 };
    let mut next = 0;
    let sound = rows::for_each_row(block.content()?, |name, bytes, modified, shown| {
        taken.rows += 1;
        // Rows and files are sorted alike: mostly the next row is of the next file.
        let at = match entries.get(next) {
            Some(entry) if entry.file == name => Some(next),
            _ => entries
                .binary_search_by(|entry| entry.file.as_str().cmp(name))
                .ok(),
        };
        let Some(at) = at else {
            return;
        };
        next = at + 1;
        if let (Some(entry), Some(slot)) = (entries.get(at), seen.get_mut(at))
            && entry.bytes == bytes
            && entry.modified == modified
        {
            taken.known += usize::from(slot.is_none());
            *slot = Some(shown());
        }
    });
    // The checksum says that the rows are as they were written; one that makes no sense was written by no good program.
    sound.then_some(taken)
}
