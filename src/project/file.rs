//! The project file: one TOML file that a person can read, beside a `runs/` folder.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use toml::Table;

use super::places::absolute;
use super::{ProjectError, Recipe, atomic, read, recipe};
use crate::dataset::{Changes, Layout, Source};
use crate::network::Graph;

/// Raised when an older mapsto could no longer read what is written.
const FORMAT: u32 = 1;

/// The keys of the file that this version knows; all others are kept as they are.
const KEYS: [&str; 9] = [
    "format", "name", "data", "template", "pinned", "reading", "changes", "recipe", "network",
];

/// What the user works on: the data, the network and how it is trained.
#[derive(Clone, Debug)]
pub struct Project {
    pub name: String,
    pub data: Option<Source>,
    pub graph: Graph,
    pub recipe: Recipe,
    /// The template that the network began as.
    pub template: Option<String>,
    /// The file of the image whose feature maps are shown, below the data's root with `/`.
    pub pinned: Option<String>,
    /// How the data's files say their classes; nothing: as it is found out.
    pub layout: Option<Layout>,
    /// What the user has changed of the data, beside its files.
    pub changes: Changes,
}

/// Where the runs of the project file `project` are kept.
pub fn runs_dir(project: &Path) -> PathBuf {
    project.parent().unwrap_or(Path::new("")).join("runs")
}

/// Reads a project file.
///
/// # Errors
/// With the line where the file is damaged; nothing of a file that is damaged is used.
pub fn load(path: &Path) -> Result<Project, ProjectError> {
    let text = read::text(path)?;
    let format: Format = read::toml_text(path, &text)?;
    if format.format > FORMAT {
        return Err(ProjectError::Newer {
            path: path.to_path_buf(),
            format: format.format,
            known: FORMAT,
        });
    }
    let file: Reading =
        read::toml_text(path, &text).map_err(|error| match Graph::parse(&text) {
            // Its reader knows the line of every problem.
            Err(problem) => ProjectError::damaged(path, Some(problem.line), problem.message),
            Ok(_) => error,
        })?;
    if let Some(pinned) = &file.pinned
        && !read::stays_below(pinned.get_ref())
    {
        let before = text.get(..pinned.span().start).unwrap_or_default();
        let line = 1 + before.matches('\n').count();
        let reason = "the pinned image must lie below the data's folder. Remove the line";
        return Err(ProjectError::damaged(path, Some(line), reason));
    }
    Ok(Project {
        name: file.name.unwrap_or_else(|| stem(path)),
        data: file.data.map(|data| source_from(&data, path)),
        graph: file.network,
        recipe: file.recipe,
        template: file.template,
        pinned: file.pinned.map(toml::Spanned::into_inner),
        layout: file.reading,
        changes: file.changes,
    })
}

/// Writes a project file whole or not at all. Keys of the file that this version does not know are kept.
pub fn save(project: &Project, path: &Path) -> Result<(), ProjectError> {
    save_as(project, path, path)
}

/// `save` under a new name, keeping the unknown keys of the file it was opened `from`.
pub fn save_as(project: &Project, from: &Path, path: &Path) -> Result<(), ProjectError> {
    let text = text_of(project, path, &unknown_keys(from))?;
    atomic::save(path, text.as_bytes())
}

/// The project as the text of a file at `path`.
pub(super) fn text_of(
    project: &Project,
    path: &Path,
    unknown: &Unknown,
) -> Result<String, ProjectError> {
    let not_storable = |reason: String| ProjectError::NotStorable {
        path: path.to_path_buf(),
        reason,
    };
    let data = project.data.as_ref().map(|data| source_text(data, path));
    let writing = Writing {
        format: FORMAT,
        name: &project.name,
        data: data.transpose().map_err(not_storable)?,
        template: project.template.as_deref(),
        pinned: project.pinned.as_deref(),
        unknown: &unknown.top,
        reading: project.layout.as_ref(),
        changes: &project.changes,
        recipe: WritingRecipe {
            recipe: &project.recipe,
            unknown: &unknown.recipe,
        },
        network: &project.graph,
    };
    toml::to_string(&writing).map_err(|error| not_storable(error.to_string()))
}

/// What a newer version, or a person, has written into the file besides.
#[derive(Debug, Default)]
pub(super) struct Unknown {
    pub top: Table,
    recipe: Table,
}

/// The unknown keys of the file at `path`; none where it is missing or damaged.
pub(super) fn unknown_keys(path: &Path) -> Unknown {
    let table = read::toml::<Table>(path).unwrap_or_default();
    let trained = table.get("recipe").and_then(toml::Value::as_table);
    let without = |table: &Table, known: &[&str]| {
        let unknown = table
            .iter()
            .filter(|(key, _)| !known.contains(&key.as_str()));
        unknown
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    };
    Unknown {
        recipe: trained
            .map(|trained| without(trained, &recipe::KEYS))
            .unwrap_or_default(),
        top: without(&table, &KEYS),
    }
}

/// Read first and alone: what follows it may be written by rules of the future.
#[derive(Deserialize)]
struct Format {
    #[serde(default)]
    format: u32,
}

#[derive(Deserialize)]
struct Reading {
    name: Option<String>,
    data: Option<String>,
    template: Option<String>,
    pinned: Option<toml::Spanned<String>>,
    reading: Option<Layout>,
    #[serde(default)]
    changes: Changes,
    #[serde(default)]
    recipe: Recipe,
    network: Graph,
}

#[derive(Serialize)]
struct Writing<'a> {
    format: u32,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    template: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pinned: Option<&'a str>,
    #[serde(flatten)]
    unknown: &'a Table,
    #[serde(skip_serializing_if = "Option::is_none")]
    reading: Option<&'a Layout>,
    #[serde(skip_serializing_if = "Changes::is_empty")]
    changes: &'a Changes,
    recipe: WritingRecipe<'a>,
    network: &'a Graph,
}

#[derive(Serialize)]
struct WritingRecipe<'a> {
    #[serde(flatten)]
    recipe: &'a Recipe,
    #[serde(flatten)]
    unknown: &'a Table,
}

/// The data as the file says it: "digits", or a folder; relative to the file (`./…`) where it lies below it,
/// so that both can be moved together.
fn source_text(data: &Source, path: &Path) -> Result<String, String> {
    let Source::Folder(folder) = data else {
        return Ok("digits".into());
    };
    let (folder, path) = (absolute(folder), absolute(path));
    let below = path
        .parent()
        .and_then(|parent| folder.strip_prefix(parent).ok());
    let text = match below {
        Some(below) => Path::new(".").join(below),
        None => folder.clone(),
    };
    text.to_str().map(str::to_owned).ok_or_else(|| {
        let folder = folder.display();
        format!("the name of the data folder {folder} is not Unicode. Rename the folder")
    })
}

fn source_from(data: &str, path: &Path) -> Source {
    if data == "digits" {
        return Source::Digits;
    }
    let folder = path.parent().unwrap_or(Path::new("")).join(data);
    // Without the "./" in the middle, which people would see.
    Source::Folder(folder.components().collect())
}

fn stem(path: &Path) -> String {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy());
    stem.map_or_else(|| "Untitled".into(), std::borrow::Cow::into_owned)
}
