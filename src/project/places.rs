//! Where the program keeps what is its own: the untitled projects, the list of recent ones, the settings and
//! what crash recovery needs. `MAPSTO_HOME` names another folder for all of it.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{Lock, ProjectError, Speeds, atomic, lock, read};

/// How many projects the list of recent ones holds.
const RECENT: usize = 10;

/// The folder for the program's own data, by the rules of the system. It need not be there yet.
pub fn data_dir() -> PathBuf {
    if let Some(home) = std::env::var_os("MAPSTO_HOME").filter(|home| !home.is_empty()) {
        return home.into();
    }
    match directories::ProjectDirs::from("", "", "mapsto") {
        Some(places) => places.data_dir().to_path_buf(),
        // A user without a home, as in some containers.
        None => std::env::temp_dir().join("mapsto"),
    }
}

/// The program's own files under one folder.
#[derive(Clone, Debug)]
pub struct Places {
    root: PathBuf,
}

/// What is remembered about the window.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    pub theme: Theme,
    /// Opened again at the next start.
    pub last_project: Option<PathBuf>,
    /// How fast each device has trained.
    pub speeds: Speeds,
    /// Settings of other versions, kept.
    #[serde(flatten)]
    pub other: serde_json::Map<String, serde_json::Value>,
}

/// Light or dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Theme {
    Light,
    Dark,
    /// As the desktop has it.
    #[default]
    System,
}

impl Default for Places {
    fn default() -> Self {
        Self::at(data_dir())
    }
}

impl Places {
    /// The program's files under `root` instead of `data_dir()`.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A folder for the indexes of data sets and for unpacked archives, which may be deleted at any time.
    pub fn data_cache(&self) -> PathBuf {
        self.root.join("cache")
    }

    /// The file of the first untitled project; its runs are beside it.
    pub fn untitled_project(&self) -> PathBuf {
        self.untitled(1)
    }

    /// Claims an untitled project that no other program has open. The file need not be there yet.
    pub fn claim_untitled(&self) -> Result<(PathBuf, Lock), ProjectError> {
        let mut number = 1;
        loop {
            let path = self.untitled(number);
            make_parent(&path)?;
            match lock(&path) {
                Ok(lock) => return Ok((path, lock)),
                Err(ProjectError::InUse { .. }) if number < 100 => number += 1,
                Err(error) => return Err(error),
            }
        }
    }

    /// Whether `path` is an untitled project, which the window names so and whose Save asks where to.
    pub fn is_untitled(&self, path: &Path) -> bool {
        path.starts_with(self.root.join("untitled"))
    }

    fn untitled(&self, number: u32) -> PathBuf {
        let folder = self.root.join("untitled").join(number.to_string());
        folder.join("untitled.mapsto")
    }

    /// Recent projects, the latest first, those included whose file is not there now (a drive may be away).
    pub fn recent(&self) -> Vec<PathBuf> {
        let mut recent: Vec<PathBuf> = self.read("recent.json");
        recent.truncate(RECENT);
        recent
    }

    /// Puts a project on top of the recent ones.
    pub fn remember(&self, project: &Path) -> Result<(), ProjectError> {
        let project = absolute(project);
        let mut recent = self.recent();
        recent.retain(|known| *known != project);
        recent.insert(0, project);
        recent.truncate(RECENT);
        self.write("recent.json", &recent)
    }

    /// Takes a project off the list; its files stay.
    pub fn forget(&self, project: &Path) -> Result<(), ProjectError> {
        let project = absolute(project);
        let mut recent = self.recent();
        recent.retain(|known| *known != project);
        self.write("recent.json", &recent)
    }

    /// The settings; the defaults where there are none or they are damaged.
    pub fn settings(&self) -> Settings {
        self.read("settings.json")
    }

    pub fn save_settings(&self, settings: &Settings) -> Result<(), ProjectError> {
        self.write("settings.json", settings)
    }

    /// A small file of convenience: nothing is lost when it cannot be read.
    fn read<T: DeserializeOwned + Default>(&self, name: &str) -> T {
        read::json(&self.root.join(name)).unwrap_or_default()
    }

    fn write(&self, name: &str, value: &impl Serialize) -> Result<(), ProjectError> {
        let path = self.root.join(name);
        make_parent(&path)?;
        let text = serde_json::to_vec_pretty(value).map_err(|error| ProjectError::NotStorable {
            path: path.clone(),
            reason: error.to_string(),
        })?;
        atomic::save(&path, &text)
    }
}

/// Makes the folder of a file.
pub(super) fn make_parent(path: &Path) -> Result<(), ProjectError> {
    let parent = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(parent).map_err(|error| ProjectError::writing(parent, &error))
}

/// Absolute, as far as that can be told.
pub(super) fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf())
}
