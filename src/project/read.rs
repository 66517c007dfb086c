//! Reading files that anything may have written: size limits, and errors with their line.

use std::fs::File;
use std::io::Read as _;
use std::path::{Component, Path};

use serde::de::DeserializeOwned;

use super::ProjectError;

/// More than any project or recipe needs.
const TEXT_LIMIT: u64 = 16 << 20;
/// Lists of files and predictions grow with the data.
pub const DATA_LIMIT: u64 = 2 << 30;

/// The bytes of a file of at most `limit` bytes.
pub fn bytes(path: &Path, limit: u64) -> Result<Vec<u8>, ProjectError> {
    let failed = |error| ProjectError::reading(path, &error);
    let file = File::open(path).map_err(failed)?;
    let mut content = Vec::new();
    file.take(limit + 1)
        .read_to_end(&mut content)
        .map_err(failed)?;
    if content.len() as u64 > limit {
        let reason = format!("it is larger than {} MiB", limit >> 20);
        return Err(ProjectError::damaged(path, None, reason));
    }
    Ok(content)
}

/// The text of a small file.
pub fn text(path: &Path) -> Result<String, ProjectError> {
    String::from_utf8(bytes(path, TEXT_LIMIT)?).map_err(|error| {
        let upto = error.utf8_error().valid_up_to();
        let before = error.as_bytes().get(..upto).unwrap_or_default();
        let line = 1 + before.iter().filter(|&&byte| byte == b'\n').count();
        ProjectError::damaged(path, Some(line), "it is not text in UTF-8")
    })
}

/// A TOML file as `T`.
pub fn toml<T: DeserializeOwned>(path: &Path) -> Result<T, ProjectError> {
    toml_text(path, &text(path)?)
}

/// The TOML `text` of `path` as `T`.
pub fn toml_text<T: DeserializeOwned>(path: &Path, text: &str) -> Result<T, ProjectError> {
    toml::from_str(text).map_err(|error: toml::de::Error| {
        let start = error.span().map(|span| span.start);
        let before = start.and_then(|start| text.get(..start));
        let line = before.map(|before| 1 + before.matches('\n').count());
        ProjectError::damaged(path, line, error.message())
    })
}

/// A JSON file as `T`.
pub fn json<T: DeserializeOwned>(path: &Path) -> Result<T, ProjectError> {
    let content = bytes(path, DATA_LIMIT)?;
    serde_json::from_slice(&content).map_err(|error| {
        let line = Some(error.line()).filter(|&line| line > 0);
        ProjectError::damaged(path, line, error.to_string())
    })
}

/// Whether a file name that was read from a file stays below the folder it is told to be in.
pub fn stays_below(file: &str) -> bool {
    let mut parts = Path::new(file).components();
    !file.is_empty()
        && !file.contains('\0')
        && parts.all(|part| matches!(part, Component::Normal(_)))
}
