//! Autosave and recovery: work that was not saved yet is kept beside the program's own data, and offered at the
//! next start when the program that made it is gone. The user's file is only ever written by Save.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::places::{absolute, make_parent};
use super::{Places, Project, ProjectError, atomic, file, is_locked, read};

/// The key in an autosaved file that names the project it belongs to.
const ORIGINAL: &str = "recovered_from";

/// Unsaved work of a program that ended without saving.
#[derive(Clone, Debug)]
pub struct Recovery {
    pub project: Project,
    /// The file it belongs to; `None` where it never had one.
    pub original: Option<PathBuf>,
    /// When it was kept.
    pub saved: SystemTime,
}

impl Places {
    /// Keeps the project as it is now, apart from its file.
    pub fn autosave(&self, project: &Project, original: Option<&Path>) -> Result<(), ProjectError> {
        let original = original.map(absolute);
        let path = self.recovery_file(original.as_deref());
        make_parent(&path)?;
        let mut unknown = original
            .as_deref()
            .map(file::unknown_keys)
            .unwrap_or_default();
        if let Some(name) = original.as_deref().and_then(Path::to_str) {
            unknown.top.insert(ORIGINAL.into(), name.into());
        }
        let text = file::text_of(project, &path, &unknown)?;
        atomic::save(&path, text.as_bytes())
    }

    /// The latest unsaved work whose program is gone; what equals its saved file is none.
    pub fn recovery(&self) -> Option<Recovery> {
        let entries = std::fs::read_dir(self.root().join("recovery")).ok()?;
        let found = entries.flatten().filter_map(|entry| open(&entry.path()));
        found.max_by_key(|recovery| recovery.saved)
    }

    /// Forgets the unsaved work of a project: after it was saved, or when the user does not want it.
    pub fn clear_recovery(&self, original: Option<&Path>) -> Result<(), ProjectError> {
        let original = original.map(absolute);
        let path = self.recovery_file(original.as_deref());
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(ProjectError::writing(&path, &error))
            }
            _ => Ok(()),
        }
    }

    /// One file for each project, so that two programs on two projects do not take each other's.
    fn recovery_file(&self, original: Option<&Path>) -> PathBuf {
        let name = original.map_or_else(
            || "unnamed".into(),
            |path| format!("{:016x}", fnv1a(path.as_os_str().as_encoded_bytes())),
        );
        let folder = self.root().join("recovery");
        folder.join(format!("{name}.mapsto"))
    }
}

fn open(path: &Path) -> Option<Recovery> {
    let saved = path.metadata().ok()?.modified().ok()?;
    let project = file::load(path).ok()?;
    let table: toml::Table = read::toml(path).ok()?;
    let original = table.get(ORIGINAL).and_then(toml::Value::as_str);
    let original = original.map(PathBuf::from);
    if let Some(original) = &original {
        // Its program still lives, or nothing was changed since it was saved.
        if is_locked(original) || is_saved(&project, original) {
            return None;
        }
    }
    Some(Recovery {
        project,
        original,
        saved,
    })
}

/// Whether the file at `original` holds just this project.
fn is_saved(project: &Project, original: &Path) -> bool {
    let text = |project: &Project| file::text_of(project, original, &file::Unknown::default());
    match file::load(original) {
        Ok(saved) => matches!((text(&saved), text(project)), (Ok(a), Ok(b)) if a == b),
        Err(_) => false,
    }
}

/// A short, stable name for a path (Fowler, Noll and Vo, 64 bits). Not a secret, and a clash costs one autosave.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
