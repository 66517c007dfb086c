//! Reading files that anything may have written: size limits, and errors with their line.

use std::fs::File;
use std::io::Read as _;
use std::path::{Component, Path};

use serde::de::DeserializeOwned;
use toml::de::{DeTable, DeValue};

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
        let words = in_words(error.message());
        let key = start.and_then(|start| key_at(text, start));
        let reason = key.map_or(words.clone(), |key| format!("{key}: {words}"));
        ProjectError::damaged(path, line, reason)
    })
}

/// The keys that lead to the value at a byte of a TOML text: "recipe.epochs".
fn key_at(text: &str, at: usize) -> Option<String> {
    path_to(DeTable::parse(text).ok()?.get_ref(), at)
}

/// A table with a heading spans its heading alone, and not what stands below it.
fn path_to(table: &DeTable<'_>, at: usize) -> Option<String> {
    table.iter().find_map(|(key, value)| {
        let key = key.get_ref();
        let below = match value.get_ref() {
            DeValue::Table(inner) => path_to(inner, at),
            _ => None,
        };
        match below {
            Some(below) => Some(format!("{key}.{below}")),
            None => value.span().contains(&at).then(|| key.to_string()),
        }
    })
}

/// The reader's message without the names that Rust has for things; what is wrong with the grammar stays as it is.
fn in_words(message: &str) -> String {
    if let Some(field) = message.strip_prefix("missing field ") {
        return format!("it lacks {field}");
    }
    if let Some(rest) = message.strip_prefix("unknown variant ") {
        let rest = rest.replace(", expected one of ", "; it may be ");
        return format!(
            "it cannot be {}",
            rest.replace(", expected ", "; it may be ")
        );
    }
    let about = ["invalid type: ", "invalid value: ", "invalid length "];
    let about = about.iter().find_map(|about| message.strip_prefix(about));
    let Some((given, expected)) = about.and_then(|rest| rest.split_once(", expected ")) else {
        return message.to_owned();
    };
    let given = ["floating point ", "integer ", "boolean ", "string "]
        .iter()
        .find_map(|kind| given.strip_prefix(kind))
        .unwrap_or(given);
    let kinds = [
        "internally tagged enum",
        "adjacently tagged enum",
        "struct ",
    ];
    let is_table = kinds.iter().any(|kind| expected.starts_with(kind));
    let expected = match expected {
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number from 0 up",
        "i8" | "i16" | "i32" | "i64" => "a whole number",
        "f32" | "f64" => "a number",
        "a boolean" => "true or false",
        "a string" | "a borrowed string" => "a text in quotes",
        _ if is_table => "a table of settings, { … }",
        other => other.strip_prefix("an array of length ").unwrap_or(other),
    };
    if expected.parse::<usize>().is_ok() {
        return format!("it has {given} figures and needs {expected}");
    }
    format!("{} is not {expected}", given.replace('`', ""))
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
