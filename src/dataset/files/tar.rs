//! A plain tar, read in place: where each file's bytes are, found once from the headers (POSIX ustar, GNU and pax).

use std::path::Path;

use rawzip::{FileReader, ReaderAt};
use tar::{Header, PaxExtensions};

use super::names::{Inside, inside};
use super::{Entry, Listing, MAX_ENTRIES};
use crate::dataset::{DatasetError, Problem, Progress};

pub(super) const LINK: &str =
    "a link inside an archive, which is not followed: unpack the archive, and choose the folder";
const BLOCK: u64 = 512;
/// Longest header for a long name or other attributes.
const MAX_ATTRIBUTES: u64 = 1 << 20;

/// Where a file's bytes are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub start: u64,
    pub bytes: u64,
}

/// What the headers before a file's own say of it.
#[derive(Default)]
struct Before {
    path: Option<Vec<u8>>,
    bytes: Option<u64>,
}

struct Reading<'a> {
    file: &'a FileReader,
    /// Size of the whole archive.
    end: u64,
    stamp: i64,
    listing: Listing,
    spans: Vec<Span>,
    before: Before,
}

/// Lists the tar; `path` is the archive that the user knows, `file` its plain content of `end` bytes.
pub(super) fn list(
    path: &Path,
    file: &FileReader,
    end: u64,
    progress: &Progress,
) -> Result<(Listing, Vec<Span>), DatasetError> {
    progress.begin(0);
    let about = std::fs::metadata(path).map_err(|error| DatasetError::of_folder(path, &error))?;
    let mut reading = Reading {
        file,
        end,
        stamp: super::modified(&about),
        listing: Listing::default(),
        spans: Vec::new(),
        before: Before::default(),
    };
    let mut at = 0;
    let mut zeros = 0;
    let mut block = [0; BLOCK as usize];
    // Two blocks of zeros end an archive; an archive that just ends is whole too.
    while zeros < 2 && reading.file.read_exact_at(&mut block, at).is_ok() {
        if progress.cancelled() {
            return Err(DatasetError::Cancelled);
        }
        let start = at + BLOCK;
        if block.iter().all(|&byte| byte == 0) {
            zeros += 1;
            at = start;
            continue;
        }
        zeros = 0;
        match is_header(&block)
            .then(|| reading.entry(Header::from_byte_slice(&block), start))
            .flatten()
        {
            Some(next) => at = next,
            None if reading.spans.is_empty() => {
                return Err(DatasetError::Archive {
                    archive: path.to_path_buf(),
                    reason: "it is no tar, or it is damaged: copy it again, or unpack it and choose the folder".into(),
                });
            }
            None => {
                reading.damaged(path);
                break;
            }
        }
        if reading.spans.len() > MAX_ENTRIES {
            return Err(DatasetError::TooManyFiles(path.to_path_buf()));
        }
        progress.advance(1);
    }
    let cut_short = zeros < 2 && at < end && reading.file.read_exact_at(&mut block, at).is_err();
    if cut_short && !reading.spans.is_empty() {
        reading.damaged(path);
    }
    Ok((reading.listing, reading.spans))
}

/// Whether 512 bytes are the header of a tar's entry, by their checksum.
pub(super) fn is_header(block: &[u8]) -> bool {
    let Some(block) = block.first_chunk::<{ BLOCK as usize }>() else {
        return false;
    };
    // The checksum's own eight bytes count as spaces.
    let sum: u32 = block
        .iter()
        .enumerate()
        .map(|(at, &byte)| {
            if (148..156).contains(&at) {
                32
            } else {
                u32::from(byte)
            }
        })
        .sum();
    Header::from_byte_slice(block)
        .cksum()
        .is_ok_and(|stated| stated == sum)
}

impl Reading<'_> {
    /// Takes one entry whose content starts at `start`; gives the place of the next header, or nothing where the
    /// header contradicts itself.
    fn entry(&mut self, header: &Header, start: u64) -> Option<u64> {
        let kind = header.entry_type();
        let stated = header.entry_size().ok()?;
        let is_attribute = kind.is_gnu_longname()
            || kind.is_gnu_longlink()
            || kind.is_pax_local_extensions()
            || kind.is_pax_global_extensions();
        if is_attribute {
            self.attributes(header, start, stated)?;
            return next(start, stated);
        }
        let before = std::mem::take(&mut self.before);
        let bytes = before.bytes.unwrap_or(stated);
        let name = before
            .path
            .unwrap_or_else(|| header.path_bytes().into_owned());
        let is_folder = kind.is_dir() || (kind.is_file() && name.ends_with(b"/"));
        let has_content = kind.is_file() || kind.is_contiguous() || kind.is_gnu_sparse();
        let follows = next(start, if has_content { bytes } else { 0 })?;
        match inside(&name, false) {
            Inside::Nothing => {}
            Inside::Refused(name, reason) => self.problem(name, reason),
            Inside::Path(path) if is_folder => self.listing.empty.push(path),
            Inside::Path(path) if kind.is_symlink() || kind.is_hard_link() => {
                self.problem(path, LINK);
            }
            Inside::Path(path) if kind.is_gnu_sparse() => self.problem(
                path,
                "stored with holes (a GNU sparse file), which is not read: unpack the archive, and choose the folder",
            ),
            Inside::Path(path) if !has_content => self.problem(path, "not a plain file"),
            Inside::Path(path) if start.checked_add(bytes)? > self.end => {
                self.problem(path, "the archive is cut short inside this file: copy it again");
            }
            Inside::Path(path) => {
                let place = u32::try_from(self.spans.len()).unwrap_or(u32::MAX);
                let entry = Entry::new(path, bytes, self.stamp, place);
                self.listing.entries.push(entry);
                self.spans.push(Span { start, bytes });
            }
        }
        Some(follows)
    }

    /// A header that tells something of the next one.
    fn attributes(&mut self, header: &Header, start: u64, bytes: u64) -> Option<()> {
        let kind = header.entry_type();
        if bytes > MAX_ATTRIBUTES {
            return None;
        }
        if kind.is_gnu_longlink() || kind.is_pax_global_extensions() {
            return Some(());
        }
        let mut content = vec![0; usize::try_from(bytes).ok()?];
        self.file.read_exact_at(&mut content, start).ok()?;
        if kind.is_gnu_longname() {
            while content.last() == Some(&0) {
                content.pop();
            }
            self.before.path = Some(content);
            return Some(());
        }
        for attribute in PaxExtensions::new(&content) {
            let attribute = attribute.ok()?;
            match attribute.key_bytes() {
                b"path" => self.before.path = Some(attribute.value_bytes().to_vec()),
                b"size" => self.before.bytes = Some(attribute.value().ok()?.parse().ok()?),
                _ => {}
            }
        }
        Some(())
    }

    fn problem(&mut self, file: String, reason: &str) {
        let reason = reason.to_owned();
        self.listing.problems.push(Problem { file, reason });
    }

    fn damaged(&mut self, path: &Path) {
        let file = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into();
        let reason = format!(
            "the archive is damaged behind its first {} files: the others are missing; copy it again",
            self.spans.len()
        );
        self.listing.problems.push(Problem { file, reason });
    }
}

/// Where the header behind a content stands: contents fill whole blocks.
fn next(start: u64, bytes: u64) -> Option<u64> {
    start.checked_add(bytes.div_ceil(BLOCK).checked_mul(BLOCK)?)
}
