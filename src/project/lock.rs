//! One program at a time on a project or a run: an advisory lock on a file beside it, which the system frees
//! when the program ends, however it ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::ProjectError;

/// Holds a project or a run until dropped.
#[derive(Debug)]
pub struct Lock {
    file: File,
    path: PathBuf,
}

/// Claims `target`: a file through `<file>.lock` beside it, a folder through `.lock` in it.
///
/// # Errors
/// `InUse` when another program (or another part of this one) holds it; otherwise why the lock file cannot be made.
pub fn lock(target: &Path) -> Result<Lock, ProjectError> {
    let path = lock_path(target);
    let mut tries = 0;
    loop {
        let failed = |error: io::Error| ProjectError::writing(&path, &error);
        let file = open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) if is_still_at(&file, &path) => {
                let lock = Lock { file, path };
                lock.sign();
                return Ok(lock);
            }
            // Another program removed this file between our opening and locking it: take the new one.
            Ok(()) => {}
            // Someone may only be looking (`is_locked`), which takes microseconds.
            Err(TryLockError::WouldBlock) if tries >= 3 => {
                let (path, process) = (target.to_path_buf(), holder(&path));
                return Err(ProjectError::InUse { path, process });
            }
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(20)),
            // A file system without locks: better to work without one than not at all.
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {
                return Ok(Lock { file, path });
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        tries += 1;
        if tries > 100 {
            return Err(failed(io::Error::other("its lock file keeps changing")));
        }
    }
}

/// Whether a living program holds `target`. Changes nothing.
pub fn is_locked(target: &Path) -> bool {
    let Ok(file) = File::open(lock_path(target)) else {
        return false;
    };
    matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
}

impl Lock {
    /// Writes the process id into the lock file, for the message the other program shows. A help only:
    /// the lock holds without it, on a full disk too.
    fn sign(&self) {
        let written = self
            .file
            .set_len(0)
            .and_then(|()| (&self.file).write_all(std::process::id().to_string().as_bytes()));
        if written.is_err() {
            self.file.set_len(0).ok();
        }
    }
}

impl Drop for Lock {
    /// Leaves nothing behind. Removed while still held, so that nobody can lock a file that is about to go.
    fn drop(&mut self) {
        if cfg!(unix) && is_still_at(&self.file, &self.path) {
            std::fs::remove_file(&self.path).ok();
        }
    }
}

fn lock_path(target: &Path) -> PathBuf {
    if target.is_dir() {
        return target.join(".lock");
    }
    let mut name = target.as_os_str().to_os_string();
    name.push(".lock");
    PathBuf::from(name)
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
}

/// The process id that the holder wrote.
fn holder(path: &Path) -> Option<u32> {
    let mut text = String::new();
    let file = File::open(path).ok()?;
    file.take(16).read_to_string(&mut text).ok()?;
    text.parse().ok()
}

/// Whether `path` still names this very file.
#[cfg(unix)]
fn is_still_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    match (file.metadata(), std::fs::metadata(path)) {
        (Ok(held), Ok(found)) => (held.dev(), held.ino()) == (found.dev(), found.ino()),
        _ => false,
    }
}

/// Elsewhere lock files are never removed, so that a path always names the same file.
#[cfg(not(unix))]
fn is_still_at(_file: &File, _path: &Path) -> bool {
    true
}
