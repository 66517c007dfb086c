//! A zip, read in place: one list of places shared by all threads, and one handle that is read by position.

use std::borrow::Cow;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use bzip2::read::BzDecoder;
use flate2::read::DeflateDecoder;
use rawzip::{
    CompressionMethod, FileReader, MAX_CENTRAL_DIRECTORY_RECORD_SIZE, ZipArchive,
    ZipArchiveEntryWayfinder, ZipFileHeaderRecord,
};

use super::names::{Inside, inside, of_cp437};
use super::{Entry, Listing, MAX_ENTRIES, modified};
use crate::dataset::{DatasetError, DecodeFault, Problem, Progress};

/// The open archive and where in it the entries are.
#[derive(Debug)]
pub(super) struct Zip {
    archive: ZipArchive<FileReader>,
    places: Vec<Place>,
}

#[derive(Clone, Copy, Debug)]
struct Place {
    at: ZipArchiveEntryWayfinder,
    method: CompressionMethod,
}

/// The ways of compression that are read.
const METHODS: [CompressionMethod; 3] = [
    CompressionMethod::STORE,
    CompressionMethod::DEFLATE,
    CompressionMethod::BZIP2,
];

pub(super) fn list(path: &Path, progress: &Progress) -> Result<(Listing, Zip), DatasetError> {
    progress.begin(0);
    let of_archive = |error: std::io::Error| DatasetError::of_folder(path, &error);
    let file = File::open(path).map_err(of_archive)?;
    let stamp = modified(&file.metadata().map_err(of_archive)?);
    let mut buffer = vec![0; MAX_CENTRAL_DIRECTORY_RECORD_SIZE];
    let archive = ZipArchive::from_file(file, &mut buffer).map_err(|error| {
        damaged(
            path,
            &format!("the list of files at its end is missing or damaged ({error})"),
        )
    })?;
    let mut listing = Listing::default();
    let mut places = Vec::new();
    let mut entries = archive.entries(&mut buffer);
    loop {
        if progress.cancelled() {
            return Err(DatasetError::Cancelled);
        }
        match entries.next_entry() {
            Ok(None) => break,
            Ok(Some(record)) => keep(&record, stamp, &mut listing, &mut places),
            Err(error) if places.is_empty() => {
                return Err(damaged(
                    path,
                    &format!("its list of files is damaged ({error})"),
                ));
            }
            Err(error) => {
                listing.problems.push(Problem {
                    file: path.file_name().unwrap_or_default().to_string_lossy().into(),
                    reason: format!(
                        "its list of files is damaged ({error}): the files behind the first {} are missing; copy the archive again",
                        places.len()
                    ),
                });
                break;
            }
        }
        if places.len() > MAX_ENTRIES {
            return Err(DatasetError::TooManyFiles(path.to_path_buf()));
        }
        progress.advance(1);
    }
    Ok((listing, Zip { archive, places }))
}

/// A name as UTF-8: one that does not say that it is, and is not, is in the letters of old PCs, as the format has it.
fn utf8(name: &[u8], stated: bool) -> Cow<'_, [u8]> {
    match stated || std::str::from_utf8(name).is_ok() {
        true => Cow::Borrowed(name),
        false => Cow::Owned(of_cp437(name).into_bytes()),
    }
}

fn damaged(path: &Path, reason: &str) -> DatasetError {
    DatasetError::Archive {
        archive: path.to_path_buf(),
        reason: format!("{reason}: copy it again, or unpack it and choose the folder"),
    }
}

fn keep(
    record: &ZipFileHeaderRecord<'_>,
    modified: i64,
    listing: &mut Listing,
    places: &mut Vec<Place>,
) {
    let mut problem =
        |file: String, reason: String| listing.problems.push(Problem { file, reason });
    let flags = record.flags();
    let name = record.file_path();
    let path = match inside(&utf8(name.as_bytes(), flags.is_utf8()), true) {
        Inside::Path(path) => path,
        Inside::Nothing => return,
        Inside::Refused(name, reason) => return problem(name, reason.to_owned()),
    };
    let method = record.compression_method();
    if record.is_dir() {
        listing.empty.push(path);
    } else if record.mode().is_symlink() {
        problem(path, super::tar::LINK.to_owned());
    } else if flags.is_encrypted() || flags.has_strong_encryption() {
        let reason = "it is encrypted: unpack the archive with its password, and choose the folder";
        problem(path, reason.to_owned());
    } else if !METHODS.contains(&method) {
        problem(
            path,
            format!(
                "packed by a method that is not read (number {method}): unpack the archive, and choose the folder"
            ),
        );
    } else {
        let place = u32::try_from(places.len()).unwrap_or(u32::MAX);
        let bytes = record.uncompressed_size_hint();
        listing
            .entries
            .push(Entry::new(path, bytes, modified, place));
        places.push(Place {
            at: record.wayfinder(),
            method,
        });
    }
}

impl Zip {
    /// The content of the entry of that number, with its size and checksum verified at its end.
    pub fn open(&self, place: u32) -> Result<(Box<dyn Read + '_>, u64), DecodeFault> {
        let place = usize::try_from(place)
            .ok()
            .and_then(|place| self.places.get(place))
            .ok_or(DecodeFault::Missing)?;
        let entry = self
            .archive
            .get_entry(place.at)
            .map_err(|error| DecodeFault::Damaged(error.to_string()))?;
        let reader = entry.reader();
        let content: Box<dyn Read> = match place.method {
            CompressionMethod::DEFLATE => Box::new(DeflateDecoder::new(reader)),
            CompressionMethod::BZIP2 => Box::new(BzDecoder::new(reader)),
            _ => Box::new(reader),
        };
        Ok((
            Box::new(entry.verifying_reader(content)),
            place.at.uncompressed_size_hint(),
        ))
    }
}
