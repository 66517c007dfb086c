//! What DATA on the command line stands for: a folder, `digits`, or a project file with its data, how the data is read
//! and what is changed of it.

use std::path::{Path, PathBuf};

use anyhow::anyhow;
use serde_json::json;

use super::data_args::{Reading, cache};
use super::output::{complain, line};
use crate::dataset::{Changes, Dataset, Layout, Opening, Source};
use crate::project::{Project, load, runs_dir};

/// Images as the command line names them.
pub struct Named {
    pub source: Source,
    layout: Option<Layout>,
    changes: Changes,
    /// The project that was named, with its file.
    pub project: Option<(PathBuf, Project)>,
}

/// Whether a path ends as project files do.
pub fn names_project(path: &Path) -> bool {
    let ending = path.extension();
    ending.is_some_and(|ending| ending.eq_ignore_ascii_case("mapsto"))
}

/// The project file that a path is, if it is one.
pub fn project_file(path: &Path) -> Option<&Path> {
    (names_project(path) && path.is_file()).then_some(path)
}

/// The runs folder that is meant: as told (a project file stands for the runs beside it), else that of the project,
/// else `runs`.
pub fn runs_of(told: Option<&Path>, project: Option<&Path>) -> PathBuf {
    match (told, project) {
        // The runs may outlive their project.
        (Some(told), _) if names_project(told) && !told.is_dir() => runs_dir(told),
        (Some(told), _) => told.to_path_buf(),
        (None, Some(project)) => runs_dir(project),
        (None, None) => PathBuf::from("runs"),
    }
}

impl Named {
    /// Reads the project file, where one is named.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let Some(path) = project_file(Path::new(text)) else {
            return Ok(Self {
                source: Source::parse(text),
                layout: None,
                changes: Changes::default(),
                project: None,
            });
        };
        let project = load(path)?;
        let Some(source) = project.data.clone() else {
            return Err(anyhow!(
                "{text} has no data yet: choose its images in the window and save it, or name them here: \
                 mapsto train DATA --network {text}"
            ));
        };
        Ok(Self {
            source,
            layout: project.layout.clone(),
            changes: project.changes.clone(),
            project: Some((path.to_path_buf(), project)),
        })
    }

    /// The named project's file.
    pub fn project_file(&self) -> Option<&Path> {
        self.project.as_ref().map(|(path, _)| path.as_path())
    }

    /// How to open the images: what the arguments say of the reading counts more than the project.
    pub fn opening(&self, reading: &Reading) -> Opening {
        Opening {
            source: self.source.clone(),
            layout: reading.layout().or_else(|| self.layout.clone()),
            changes: self.changes.clone(),
            cache: Some(cache()),
        }
    }

    /// What the project changes of its images, behind its name: “ (3 left out, 1 of another class)”.
    pub fn changed(&self) -> String {
        match self.changes.describe() {
            words if words.is_empty() => words,
            words => format!(" ({words})"),
        }
    }

    /// Says in one line how the project reads its images and what it changes of them, and what no longer fits.
    pub fn tell(&self, data: &Dataset, json: bool) {
        let Some(path) = self.project_file() else {
            return;
        };
        let read = self.layout.is_some();
        let applied = Applied::of(data, &self.changes);
        let chosen = data.layouts.iter().find(|layout| layout.chosen);
        let reading = chosen.filter(|_| read).map(|chosen| chosen.title.as_str());
        if json {
            if !applied.is_nothing() || read {
                line(&applied.event(reading).to_string());
            }
        } else {
            let told: Vec<String> = reading
                .map(str::to_owned)
                .into_iter()
                .chain(applied.words())
                .collect();
            if !told.is_empty() {
                line(&format!("{}: {}", path.display(), told.join("; ")));
            }
        }
        match applied.gone {
            0 => {}
            1 => complain(
                "1 of the images that the project changes is not in the data any more, or cannot be read: the others are changed",
            ),
            gone => complain(&format!(
                "{gone} of the images that the project changes are not in the data any more, or cannot be read: the others are changed"
            )),
        }
    }
}

/// What the changes came to.
struct Applied {
    excluded: usize,
    relabelled: usize,
    moved: usize,
    gone: usize,
}

impl Applied {
    fn of(data: &Dataset, changes: &Changes) -> Self {
        let images = || data.images.iter().enumerate();
        let used = || images().filter(|(_, image)| !image.excluded);
        let moved = |file: &String| changes.moved.contains_key(file);
        Self {
            excluded: images().filter(|(_, image)| image.excluded).count(),
            relabelled: used()
                .filter(|(index, _)| data.class_before(*index).is_some())
                .count(),
            moved: used()
                .filter(|(_, image)| image.given.is_some() && moved(&image.file))
                .count(),
            gone: data.unmatched(changes),
        }
    }

    fn is_nothing(&self) -> bool {
        self.excluded + self.relabelled + self.moved + self.gone == 0
    }

    /// “12 images excluded, 3 relabelled”; nothing where nothing is changed.
    fn words(&self) -> Option<String> {
        let counted = [
            (self.excluded, "excluded"),
            (self.relabelled, "relabelled"),
            (self.moved, "in another set"),
        ];
        let mut words = String::new();
        for (count, what) in counted.into_iter().filter(|(count, _)| *count > 0) {
            words.push_str(&match (words.is_empty(), count) {
                (true, 1) => format!("1 image {what}"),
                (true, _) => format!("{count} images {what}"),
                (false, _) => format!(", {count} {what}"),
            });
        }
        (!words.is_empty()).then_some(words)
    }

    fn event(&self, reading: Option<&str>) -> serde_json::Value {
        json!({
            "event": "changes",
            "excluded": self.excluded,
            "relabelled": self.relabelled,
            "moved": self.moved,
            "gone": self.gone,
            "reading": reading,
        })
    }
}
