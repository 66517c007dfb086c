//! Writing a run: a folder that holds everything the run has told, made once and then only added to.
//!
//! `run.toml` (the head) · `recipe.toml` · `network.toml` · `data.json` (the files of each set) · `steps.csv` ·
//! `epochs.csv` · `timings.csv` · `start.safetensors` (what it started from, if not drawn) · `weights.safetensors` (the best) · `last.safetensors` · `evaluation-<set>.json`.
//! While the run lives it holds the folder's lock; a "running" run whose lock is free was interrupted.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::Serialize;

use super::history_files::HistoryFiles;
use super::lock::{Lock, lock};
use super::places::absolute;
use super::{ProjectError, Recipe, RunData, RunInfo, RunState, atomic, clock, index};
use crate::dataset::Source;
use crate::network::Graph;
use crate::results::{Epoch, Evaluation, Step};

/// Which weights of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weights {
    /// Of the best epoch.
    Best,
    /// Of the last epoch.
    Last,
}

impl Weights {
    /// The file's name in a run folder.
    pub fn file_name(self) -> &'static str {
        match self {
            Self::Best => "weights.safetensors",
            Self::Last => "last.safetensors",
        }
    }
}

/// A run being written. Lives on the engine's thread; dropping it frees the folder's lock.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
    info: RunInfo,
    history: HistoryFiles,
    _lock: Lock,
}

impl RunFolder {
    /// Makes the next run of `runs_dir` (which is made where it is missing): "0003-digits-cnn" for title "Digits CNN".
    /// The number, the name, the title, the time and the classes of `info` are set here.
    ///
    /// # Errors
    /// When the folder cannot be written or the disk is full; nothing half-made stays behind.
    pub fn create(
        runs_dir: &Path,
        title: &str,
        graph: &Graph,
        recipe: &Recipe,
        info: RunInfo,
        data: &RunData,
    ) -> Result<Self, ProjectError> {
        fs::create_dir_all(runs_dir).map_err(|error| ProjectError::writing(runs_dir, &error))?;
        let (number, path) = claim_folder(runs_dir, title)?;
        let info = RunInfo {
            number,
            name: index::folder_name(&path),
            created: clock::rfc3339(SystemTime::now()),
            title: title.into(),
            classes: data.classes.clone(),
            ..info
        };
        let run = Self::fill(path.clone(), info, graph, recipe, data);
        if run.is_err() {
            // Made a moment ago by this very call, so nothing but its own files is in it.
            fs::remove_dir_all(&path).ok();
        }
        run
    }

    fn fill(
        path: PathBuf,
        info: RunInfo,
        graph: &Graph,
        recipe: &Recipe,
        data: &RunData,
    ) -> Result<Self, ProjectError> {
        let lock = lock(&path)?;
        write_toml(&path.join("recipe.toml"), &with_start(recipe, &path)?)?;
        atomic::save(&path.join("network.toml"), graph.to_text().as_bytes())?;
        let data = RunData {
            source: anywhere(&data.source),
            test_source: data.test_source.as_ref().map(anywhere),
            ..data.clone()
        };
        write_json(&path.join("data.json"), &data)?;
        let history = HistoryFiles::create(&path)?;
        // Last, so that a folder with a head is whole.
        write_toml(&path.join("run.toml"), &info)?;
        Ok(Self {
            path,
            info,
            history,
            _lock: lock,
        })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The head as it was last written.
    pub fn info(&self) -> &RunInfo {
        &self.info
    }

    /// Appends to `steps.csv`.
    pub fn append_steps(&mut self, steps: &[Step]) -> Result<(), ProjectError> {
        self.history.append_steps(steps)
    }

    /// Appends to `epochs.csv` and `timings.csv`, and waits until the disk holds them.
    pub fn append_epoch(&mut self, epoch: &Epoch) -> Result<(), ProjectError> {
        self.history.append_epoch(epoch)
    }

    /// Replaces the head. Number, name and time stay as they were made.
    pub fn update(&mut self, info: &RunInfo) -> Result<(), ProjectError> {
        let info = RunInfo {
            number: self.info.number,
            name: self.info.name.clone(),
            created: self.info.created.clone(),
            ..info.clone()
        };
        write_toml(&self.path.join("run.toml"), &info)?;
        self.info = info;
        Ok(())
    }

    /// `write_evaluation` into this folder.
    pub fn write_evaluation(&self, set: &str, evaluation: &Evaluation) -> Result<(), ProjectError> {
        write_evaluation(&self.path, set, evaluation)
    }

    /// Where these weights belong. Written with `atomic::write`.
    pub fn weights_path(&self, which: Weights) -> PathBuf {
        self.path.join(which.file_name())
    }
}

/// Writes `evaluation-<set>.json` into the run folder `run`; `set` is "validation", "test" or the like.
/// A run that has ended may be evaluated again.
pub fn write_evaluation(
    run: &Path,
    set: &str,
    evaluation: &Evaluation,
) -> Result<(), ProjectError> {
    let name = format!("evaluation-{}.json", slug(set));
    write_json(&run.join(name), evaluation)
}

/// Says in the head of a run how it ended, where its writer could not any more.
pub fn set_run_state(path: &Path, state: RunState, error: &str) -> Result<(), ProjectError> {
    let head = path.join("run.toml");
    let info: RunInfo = super::read::toml(&head)?;
    let info = RunInfo {
        state,
        error: Some(error.into()),
        ..info
    };
    write_toml(&head, &info)
}

/// Makes an empty folder under the lowest number above all others.
///
/// Folders of two programs may differ in name and so would not collide under one number. Therefore the number itself
/// is claimed first, by a file of its own that only one program can create, and looked at again under that claim:
/// only this number, as programs that passed this claim by may have made higher ones since.
fn claim_folder(runs_dir: &Path, title: &str) -> Result<(u32, PathBuf), ProjectError> {
    let failed = |error| ProjectError::writing(runs_dir, &error);
    let mut number = index::highest_number(runs_dir)?.saturating_add(1);
    loop {
        let claim = runs_dir.join(format!(".claim-{number:04}"));
        match fs::File::create_new(&claim) {
            Ok(_) => {
                let path = runs_dir.join(format!("{number:04}-{}", slug(title)));
                let made = match index::is_number_taken(runs_dir, number) {
                    Ok(false) => fs::create_dir(&path).map(|()| true).map_err(failed),
                    Ok(true) => Ok(false),
                    Err(error) => Err(error),
                };
                fs::remove_file(&claim).map_err(failed)?;
                if made? {
                    return Ok((number, path));
                }
            }
            // Claimed by another program, or left by a killed one: its number stays free.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(failed(error)),
        }
        number = number.saturating_add(1);
    }
}

/// The recipe for a run's folder, which gets the weights that the run starts from: it can be trained again when
/// the project is gone.
fn with_start(recipe: &Recipe, folder: &Path) -> Result<Recipe, ProjectError> {
    const NAME: &str = "start.safetensors";
    let mut recipe = recipe.clone();
    if let Some(start) = recipe.start.replace(NAME.into()) {
        let kept = folder.join(NAME);
        fs::copy(&start, &kept).map_err(|error| match error.kind() {
            ErrorKind::NotFound => ProjectError::reading(&start, &error),
            _ => ProjectError::writing(&kept, &error),
        })?;
    } else {
        recipe.start = None;
    }
    Ok(recipe)
}

/// The source as it can be found from any working folder.
pub(super) fn anywhere(source: &Source) -> Source {
    match source {
        Source::Folder(folder) => Source::Folder(absolute(folder)),
        Source::Digits => Source::Digits,
    }
}

/// A title as a part of a file name: "Katzen & Hunde" becomes "katzen-hunde".
pub(super) fn slug(title: &str) -> String {
    let lower = title.to_lowercase();
    let words = lower.split(|character: char| !character.is_alphanumeric());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    // 40 letters of at most 4 bytes stay below every file system's limit.
    let joined: String = words.join("-").chars().take(40).collect();
    match joined.trim_end_matches('-') {
        "" => "run".into(),
        name => name.into(),
    }
}

pub(super) fn write_toml(path: &Path, value: &impl Serialize) -> Result<(), ProjectError> {
    let text = toml::to_string(value).map_err(|error| not_storable(path, &error))?;
    atomic::save(path, text.as_bytes())
}

fn write_json(path: &Path, value: &impl Serialize) -> Result<(), ProjectError> {
    let text = serde_json::to_vec(value).map_err(|error| not_storable(path, &error))?;
    atomic::save(path, &text)
}

fn not_storable(path: &Path, error: &dyn std::error::Error) -> ProjectError {
    ProjectError::NotStorable {
        path: path.to_path_buf(),
        reason: error.to_string(),
    }
}
