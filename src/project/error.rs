//! What can go wrong with files, each as a sentence: what happened, to which file, what to do.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// Why something of a project could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    #[error(
        "the disk is full: {} could not be written. What was saved before is untouched; free some space and try again",
        path.display()
    )]
    DiskFull { path: PathBuf },
    #[error("{} cannot be written: {reason}. Choose another folder, or allow writing there", path.display())]
    NotWritable { path: PathBuf, reason: String },
    #[error("{} is not there. Check the path, or whether its drive is connected", path.display())]
    Missing { path: PathBuf },
    #[error("{} cannot be read: {reason}", path.display())]
    NotReadable { path: PathBuf, reason: String },
    #[error("{}{} is damaged: {reason}", path.display(), at_line(*line))]
    Damaged {
        path: PathBuf,
        /// Counted from 1.
        line: Option<usize>,
        reason: String,
    },
    #[error(
        "{} was written by a newer mapsto (format {format}; this one knows {known}). Open it with that version",
        path.display()
    )]
    Newer {
        path: PathBuf,
        format: u32,
        known: u32,
    },
    #[error("{} is open in another mapsto{}. Close it there first, or save under another name", path.display(), by_process(*process))]
    InUse { path: PathBuf, process: Option<u32> },
    #[error("{} is no run folder: it holds no run.toml. Give the path, the number or the name of a run", path.display())]
    NotARun { path: PathBuf },
    #[error("there is no run “{wanted}” in {}. {known}", runs.display())]
    NoSuchRun {
        wanted: String,
        runs: PathBuf,
        known: String,
    },
    /// A part of an opened run that its damage keeps from being used.
    #[error("{0}")]
    RunPart(String),
    #[error("{} cannot be saved: {reason}", path.display())]
    NotStorable { path: PathBuf, reason: String },
}

impl ProjectError {
    /// Sorts an error met while writing `path`.
    pub fn writing(path: &Path, error: &io::Error) -> Self {
        let path = path.to_path_buf();
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Self::DiskFull { path },
            ErrorKind::NotFound => Self::NotWritable {
                path,
                reason: "its folder is not there".into(),
            },
            _ => Self::NotWritable {
                path,
                reason: in_words(error),
            },
        }
    }

    /// Sorts an error met while reading `path`.
    pub fn reading(path: &Path, error: &io::Error) -> Self {
        let path = path.to_path_buf();
        match error.kind() {
            ErrorKind::NotFound => Self::Missing { path },
            _ => Self::NotReadable {
                path,
                reason: in_words(error),
            },
        }
    }

    /// A file whose content cannot be understood.
    pub(super) fn damaged(path: &Path, line: Option<usize>, reason: impl Into<String>) -> Self {
        Self::Damaged {
            path: path.to_path_buf(),
            line,
            reason: reason.into(),
        }
    }
}

/// The system's reason without its "(os error 13)".
pub(super) fn in_words(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => "it is not there".into(),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            "the disk is full; free some space and try again".into()
        }
        ErrorKind::PermissionDenied => "there is no permission".into(),
        ErrorKind::ReadOnlyFilesystem => "its disk is read-only".into(),
        ErrorKind::AlreadyExists => "something else of that name is there".into(),
        ErrorKind::IsADirectory => "it is a folder".into(),
        ErrorKind::NotADirectory => "a part of its path is a file, not a folder".into(),
        _ => {
            let text = error.to_string();
            match text.find(" (os error") {
                Some(end) => text.get(..end).unwrap_or(&text).to_lowercase(),
                None => text,
            }
        }
    }
}

fn at_line(line: Option<usize>) -> String {
    line.map(|line| format!(", line {line},"))
        .unwrap_or_default()
}

fn by_process(process: Option<u32>) -> String {
    process
        .map(|process| format!(" (process {process})"))
        .unwrap_or_default()
}
