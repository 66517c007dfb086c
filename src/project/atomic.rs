//! Writing a file whole or not at all: into a temporary file beside it, to the disk, then renamed over it.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::ProjectError;
use super::error::in_words;

/// Writes `bytes` to `path`. Whatever happens, the path holds either its old content or all of the new.
///
/// # Errors
/// Keeps the kind of the I/O error; its text says what happened to which file and what to do
/// ("the disk is full: …").
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    replace(path, bytes)
        .map_err(|error| io::Error::new(error.kind(), ProjectError::writing(path, &error)))
}

/// The reason of an I/O error in words, without the path and the system's number, for a sentence that names the file.
pub fn explain(error: &io::Error) -> String {
    in_words(error)
}

/// `write` with the error of this module.
pub fn save(path: &Path, bytes: &[u8]) -> Result<(), ProjectError> {
    replace(path, bytes).map_err(|error| ProjectError::writing(path, &error))
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let target = behind_links(path)?;
    let folder = match target.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".mapsto-").suffix(".tmp");
    // A temporary file is private by default; this one becomes the user's file, as the umask has it.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(bytes)?;
    if let Ok(old) = fs::metadata(&target) {
        file.as_file().set_permissions(old.permissions())?;
    }
    file.as_file().sync_all()?;
    file.persist(&target).map_err(|failed| failed.error)?;
    sync_folder(folder)
}

/// The file itself where `path` is a symbolic link, so that the link stays one.
fn behind_links(path: &Path) -> io::Result<PathBuf> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.file_type().is_symlink() => fs::canonicalize(path),
        _ => Ok(path.to_path_buf()),
    }
}

/// Makes a rename in `folder` last through a power cut, where the system offers that.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    if !cfg!(unix) {
        return Ok(());
    }
    match File::open(folder).and_then(|folder| folder.sync_all()) {
        // Some network and FUSE file systems cannot sync a folder; the file itself is safe by now.
        Err(error) if !matches!(error.kind(), io::ErrorKind::StorageFull) => Ok(()),
        result => result,
    }
}
