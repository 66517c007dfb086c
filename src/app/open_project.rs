//! Opening a project file, on a job's thread: claims it, or makes an untitled copy of it.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::project::{Lock, Places, Project, load, lock};

/// A project that was opened, and the claim on it.
pub struct OpenedProject {
    pub project: Project,
    /// Where it is saved; for an untitled one its place in the program's own folder.
    pub path: PathBuf,
    pub untitled: bool,
    pub lock: Option<Lock>,
    /// Something worth telling (another program has it open).
    pub note: Option<String>,
}

pub fn open_project(places: &Places, path: &Path) -> Result<Box<OpenedProject>, String> {
    let project = load(path).map_err(|error| error.to_string())?;
    match lock(path) {
        Ok(lock) => {
            let note = places.remember(path).err().map(|error| error.to_string());
            Ok(Box::new(OpenedProject {
                project,
                path: path.to_path_buf(),
                untitled: false,
                lock: Some(lock),
                note,
            }))
        }
        // Open in another program, or in a folder that cannot be written: it can still be looked at
        // and trained elsewhere.
        Err(error) => {
            let (path, lock) = places.claim_untitled().map_err(|error| error.to_string())?;
            Ok(Box::new(OpenedProject {
                project,
                path,
                untitled: true,
                lock: Some(lock),
                note: Some(format!("{error}. This is an untitled copy of it")),
            }))
        }
    }
}

pub fn open_untitled(
    places: &Places,
    fresh: Project,
    again: bool,
) -> Result<Box<OpenedProject>, String> {
    let (path, lock) = places.claim_untitled().map_err(|error| error.to_string())?;
    let mut note = None;
    let project = if again && path.exists() {
        load(&path).unwrap_or_else(|error| {
            note = Some(set_aside(&path, &error.to_string()));
            fresh
        })
    } else {
        fresh
    };
    Ok(Box::new(OpenedProject {
        project,
        path,
        untitled: true,
        lock: Some(lock),
        note,
    }))
}

/// A damaged untitled project is kept under another name.
fn set_aside(path: &Path, reason: &str) -> String {
    let seconds = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |time| time.as_secs());
    let kept = path.with_extension(format!("damaged-{seconds}.mapsto"));
    match std::fs::rename(path, &kept) {
        Ok(()) => format!("{reason}. It is kept as {}", kept.display()),
        Err(_) => reason.to_owned(),
    }
}
