//! What is compressed as a whole (`.tar.gz`, `.tar.xz`, `.tar.bz2`, `.gz`): unpacked once to a plain file, because
//! nothing in it can be reached by its place. In the cache folder it serves the next time too.

use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use bzip2::read::MultiBzDecoder;
use flate2::read::MultiGzDecoder;
use lzma_rust2::XzReader;
use rawzip::FileReader;

use super::modified;
use crate::dataset::index::touch;
use crate::dataset::{DatasetError, Progress};

/// How a file is compressed as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::dataset) enum Packing {
    Gzip,
    Xz,
    Bzip2,
}

/// Most memory of the xz decoder, in KiB; `xz -9` needs 65 MiB.
const MAX_XZ_KIB: u32 = 1 << 20;
/// From here on what unpacks to many times its size is taken for a bomb.
const SUSPICIOUS: u64 = 1 << 30;
/// Pictures shrink little; even a tar of small files with much padding stays far below this.
const MAX_RATIO: u64 = 200;

impl Packing {
    /// By the first bytes.
    pub fn sniff(head: &[u8]) -> Option<Self> {
        if head.starts_with(b"\x1f\x8b") {
            Some(Self::Gzip)
        } else if head.starts_with(b"\xFD7zXZ\0") {
            Some(Self::Xz)
        } else if head.starts_with(b"BZh") {
            Some(Self::Bzip2)
        } else {
            None
        }
    }

    /// The content of `packed`.
    pub fn reader<'a>(self, packed: impl Read + 'a) -> Box<dyn Read + 'a> {
        match self {
            Self::Gzip => Box::new(MultiGzDecoder::new(packed)),
            Self::Xz => Box::new(XzReader::new_mem_limit(packed, true, MAX_XZ_KIB)),
            Self::Bzip2 => Box::new(MultiBzDecoder::new(packed)),
        }
    }
}

/// Counts what is read as progress, in KiB.
struct Counted<'a, R> {
    inner: R,
    rest: usize,
    progress: &'a Progress,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.rest += read;
        self.progress.advance(self.rest / 1024);
        self.rest %= 1024;
        Ok(read)
    }
}

/// The plain content of an archive file and its size: the file itself, or what it unpacks to.
pub(super) fn plain(
    path: &Path,
    packing: Option<Packing>,
    cache: Option<&Path>,
    progress: &Progress,
) -> Result<(FileReader, u64), DatasetError> {
    let of_archive = |error: io::Error| DatasetError::of_folder(path, &error);
    let file = File::open(path).map_err(of_archive)?;
    let about = file.metadata().map_err(of_archive)?;
    let Some(packing) = packing else {
        return Ok((FileReader::from(file), about.len()));
    };
    let cached = cache.map(|folder| kept(folder, path, about.len(), modified(&about)));
    if let Some(file) = cached
        .as_ref()
        .and_then(|(_, whole)| File::open(whole).ok())
    {
        if let Some((_, whole)) = &cached {
            touch(whole);
        }
        let bytes = file.metadata().map_err(of_archive)?.len();
        return Ok((FileReader::from(file), bytes));
    }
    progress.begin(usize::try_from(about.len() / 1024).unwrap_or(0));
    let packed = Counted {
        inner: io::BufReader::with_capacity(1 << 16, file),
        rest: 0,
        progress,
    };
    let mut content = packing.reader(packed);
    match cached {
        None => {
            let mut target = tempfile::tempfile().map_err(|error| no_room(path, &error))?;
            let bytes = unpack(path, &mut content, about.len(), &mut target, progress)?;
            Ok((FileReader::from(target), bytes))
        }
        Some((ours, whole)) => {
            let folder = whole.parent().unwrap_or(Path::new("."));
            forget(folder, &ours);
            std::fs::create_dir_all(folder).map_err(|error| no_room(path, &error))?;
            // Renamed when it is whole, so that a half one is never taken for it.
            let mut target =
                tempfile::NamedTempFile::new_in(folder).map_err(|error| no_room(path, &error))?;
            let bytes = unpack(
                path,
                &mut content,
                about.len(),
                target.as_file_mut(),
                progress,
            )?;
            let file = target
                .persist(&whole)
                .map_err(|error| no_room(path, &error.error))?;
            Ok((FileReader::from(file), bytes))
        }
    }
}

/// Unpacks to a file without a name, which goes with its last handle.
pub(super) fn to_nameless(
    path: &Path,
    packed_bytes: u64,
    content: &mut dyn Read,
    progress: &Progress,
) -> Result<(FileReader, u64), DatasetError> {
    let mut target = tempfile::tempfile().map_err(|error| no_room(path, &error))?;
    let bytes = unpack(path, content, packed_bytes, &mut target, progress)?;
    Ok((FileReader::from(target), bytes))
}

fn unpack(
    path: &Path,
    content: &mut dyn Read,
    packed_bytes: u64,
    target: &mut File,
    progress: &Progress,
) -> Result<u64, DatasetError> {
    let archive = |reason: String| DatasetError::Archive {
        archive: path.to_path_buf(),
        reason,
    };
    let mut buffer = vec![0; 1 << 18];
    let mut bytes: u64 = 0;
    loop {
        if progress.cancelled() {
            return Err(DatasetError::Cancelled);
        }
        let read = match content.read(&mut buffer) {
            Ok(0) => return Ok(bytes),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => {
                return Err(archive(format!(
                    "it cannot be unpacked ({error}): it is cut short or damaged; copy it again"
                )));
            }
        };
        bytes += read as u64;
        if bytes > SUSPICIOUS && bytes / MAX_RATIO > packed_bytes {
            return Err(archive(format!(
                "it unpacks to more than {MAX_RATIO} times its size: unpack it yourself if you trust it, and choose the folder"
            )));
        }
        target
            .write_all(buffer.get(..read).unwrap_or_default())
            .map_err(|error| no_room(path, &error))?;
    }
}

fn no_room(path: &Path, error: &io::Error) -> DatasetError {
    DatasetError::Archive {
        archive: path.to_path_buf(),
        reason: format!(
            "there is no place to unpack it to ({error}): make room on the disk, or unpack it and choose the folder"
        ),
    }
}

/// How names of this archive's unpacked files start, and the one for the archive as it is now.
fn kept(folder: &Path, path: &Path, bytes: u64, modified: i64) -> (String, PathBuf) {
    let sum = |value: &dyn Fn(&mut DefaultHasher)| {
        let mut hasher = DefaultHasher::new();
        value(&mut hasher);
        hasher.finish()
    };
    let real = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let ours = format!("unpacked-{:016x}-", sum(&|hasher| real.hash(hasher)));
    let stamp = sum(&|hasher| (bytes, modified).hash(hasher));
    let whole = folder.join(format!("{ours}{stamp:016x}.tar"));
    (ours, whole)
}

/// Removes what an earlier version of the archive has left in the cache.
fn forget(folder: &Path, ours: &str) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        if entry.file_name().to_string_lossy().starts_with(ours) {
            // Another program may still have it open; then it stays.
            std::fs::remove_file(entry.path()).ok();
        }
    }
}
