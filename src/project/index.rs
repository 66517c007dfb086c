//! The runs of a folder. `index.sqlite` remembers the heads of the runs, so that a thousand of them list at once;
//! it is a cache and nothing more: whatever is wrong with it, it is made anew from the folders, and where even that
//! fails, the folders are read without it.

use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use super::index_cache::Cache;
use super::run::slug;
use super::run_reader::{is_run, read_info, settle_state, stand_in};
use super::{ProjectError, RunInfo, RunState, is_locked};
use crate::results::History;

/// A run in the list.
#[derive(Clone, Debug, PartialEq)]
pub struct ListedRun {
    pub path: PathBuf,
    pub info: RunInfo,
    /// What is wrong with its head; `info` then holds only what the folder's name tells.
    pub problem: Option<String>,
}

/// All runs of `runs_dir`, by number. A folder that is not there holds none.
///
/// # Errors
/// When the folder itself cannot be read; a damaged run is listed with its problem.
pub fn list_runs(runs_dir: &Path) -> Result<Vec<ListedRun>, ProjectError> {
    let folders = run_folders(runs_dir)?;
    if folders.is_empty() {
        return Ok(Vec::new());
    }
    let file = runs_dir.join("index.sqlite");
    let mut cache = Cache::open(&file);
    let mut runs = Vec::new();
    for path in folders {
        runs.extend(list_run(path, &mut cache));
    }
    let names: Vec<&str> = runs.iter().map(|run| run.info.name.as_str()).collect();
    cache.close(&names);
    runs.sort_by(|a, b| (a.info.number, &a.info.name).cmp(&(b.info.number, &b.info.name)));
    Ok(runs)
}

/// One folder; nothing for one that another program is just making.
fn list_run(path: PathBuf, cache: &mut Cache) -> Option<ListedRun> {
    let name = folder_name(&path);
    let head = path.join("run.toml");
    let stamp = stamp(&head);
    let known = stamp.as_deref().and_then(|stamp| cache.get(&name, stamp));
    let read = match known {
        Some(info) => Ok(info),
        None => read_info(&head).inspect(|info| {
            // The head of a living run changes too often to be worth remembering.
            if let (Some(stamp), false) = (&stamp, info.state == RunState::Running) {
                cache.put(&name, stamp, info);
            }
        }),
    };
    match read {
        Ok(mut info) => {
            // The lock, not the head, knows whether it still runs.
            settle_state(&path, &mut info);
            let problem = None;
            Some(ListedRun {
                path,
                info,
                problem,
            })
        }
        Err(ProjectError::Missing { .. }) if is_locked(&path) => None,
        Err(error) => {
            let mut info = stand_in(&path, None, &History::default());
            info.state = RunState::Interrupted;
            let problem = Some(error.to_string());
            Some(ListedRun {
                path,
                info,
                problem,
            })
        }
    }
}

/// The run that the user means: the path of a run folder, or its number ("3"), its name ("0003-digits-cnn") or its
/// title ("digits-cnn", the latest of that title) in `runs_dir`.
///
/// # Errors
/// `NoSuchRun` with what there is instead, or with the names when a number stands for several.
pub fn find_run(runs_dir: &Path, wanted: &str) -> Result<PathBuf, ProjectError> {
    let as_path = Path::new(wanted);
    if is_run(as_path) {
        return Ok(as_path.to_path_buf());
    }
    let runs = run_folders(runs_dir)?;
    if let Some(found) = runs.iter().find(|path| folder_name(path) == wanted) {
        return Ok(found.clone());
    }
    if let Ok(number) = wanted.parse::<u32>() {
        let has_number = |path: &&PathBuf| number_of(&folder_name(path)) == Some(number);
        let found: Vec<&PathBuf> = runs.iter().filter(has_number).collect();
        match found.as_slice() {
            [] => {}
            [one] => return Ok((*one).clone()),
            several => {
                let names: Vec<String> = several.iter().map(|path| folder_name(path)).collect();
                let known = format!(
                    "Several have that number; give a name: {}",
                    names.join(", ")
                );
                return Err(no_such_run(runs_dir, wanted, known));
            }
        }
    }
    let title = slug(wanted);
    let has_title = |path: &&PathBuf| title_of(&folder_name(path)) == title;
    let latest = runs.iter().rfind(has_title);
    if let (Some(found), false) = (latest, wanted.trim().is_empty()) {
        return Ok(found.clone());
    }
    // A folder that was meant as a path: its own error says more than a list of runs.
    if as_path.is_dir() {
        let path = as_path.to_path_buf();
        return Err(ProjectError::NotARun { path });
    }
    Err(no_such_run(runs_dir, wanted, what_there_is(&runs)))
}

fn no_such_run(runs_dir: &Path, wanted: &str, known: String) -> ProjectError {
    ProjectError::NoSuchRun {
        wanted: wanted.into(),
        runs: runs_dir.to_path_buf(),
        known,
    }
}

fn what_there_is(runs: &[PathBuf]) -> String {
    let names: Vec<String> = runs
        .iter()
        .rev()
        .take(5)
        .map(|path| folder_name(path))
        .collect();
    if names.is_empty() {
        "It holds no runs; train first, or name another folder".into()
    } else {
        format!("The latest there: {}", names.join(", "))
    }
}

/// Folders named like runs ("0003-…"), by number. A runs folder that is not there holds none.
fn run_folders(runs_dir: &Path) -> Result<Vec<PathBuf>, ProjectError> {
    let entries = match std::fs::read_dir(runs_dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(ProjectError::reading(runs_dir, &error)),
    };
    let mut folders: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| number_of(&folder_name(path)).is_some() && path.is_dir())
        .collect();
    folders.sort_by_cached_key(|path| {
        let name = folder_name(path);
        (number_of(&name), name)
    });
    Ok(folders)
}

/// The highest number of a run in `runs_dir`; 0 where there is none.
pub(super) fn highest_number(runs_dir: &Path) -> Result<u32, ProjectError> {
    let folders = run_folders(runs_dir)?;
    let numbers = folders
        .iter()
        .filter_map(|path| number_of(&folder_name(path)));
    Ok(numbers.max().unwrap_or(0))
}

/// Whether a run in `runs_dir` has that number.
pub(super) fn is_number_taken(runs_dir: &Path, number: u32) -> Result<bool, ProjectError> {
    let folders = run_folders(runs_dir)?;
    Ok(folders
        .iter()
        .any(|path| number_of(&folder_name(path)) == Some(number)))
}

/// "0003-digits-cnn" → 3. Only what mapsto itself would write: four digits or more, then a dash. More than nine are
/// no number of a run, so that there is always a next one.
pub(super) fn number_of(name: &str) -> Option<u32> {
    let (digits, _) = name.split_once('-')?;
    let written =
        (4..=9).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|_| written)
}

/// "0003-digits-cnn" → "digits-cnn".
pub(super) fn title_of(name: &str) -> &str {
    name.split_once('-').map_or(name, |(_, title)| title)
}

/// The last part of a path as text.
pub(super) fn folder_name(path: &Path) -> String {
    path.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

/// What changes when a head is written again: every write makes a new file.
fn stamp(head: &Path) -> Option<String> {
    let found = std::fs::metadata(head).ok()?;
    let written = found.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(format!("{}.{}", written.as_nanos(), found.len()))
}
