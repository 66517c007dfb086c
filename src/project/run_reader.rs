//! Opening a run again. A damaged folder tells which file is damaged, and everything else in it opens.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::history_files::read_history;
use super::lock::is_locked;
use super::run::{self, Weights, write_toml};
use super::{ProjectError, Recipe, RunData, RunInfo, RunState, index, read, recipe, weights};
use crate::dataset::Source;
use crate::network::Graph;
use crate::results::{Epoch, Evaluation, History};

/// A run as its folder holds it. A part that is damaged is `None` (or as far as it could be read),
/// and `damage` says why.
#[derive(Debug)]
pub struct OpenRun {
    pub path: PathBuf,
    pub info: RunInfo,
    pub graph: Option<Graph>,
    pub recipe: Option<Recipe>,
    pub data: Option<RunData>,
    pub history: History,
    /// By set: "validation", "test".
    pub evaluations: BTreeMap<String, Evaluation>,
    pub damage: Vec<Damage>,
}

/// A file of a run that cannot be used, or not whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// Its name in the run folder.
    pub file: String,
    /// The whole sentence.
    pub message: String,
}

/// Opens a run folder, as far as it can be opened.
///
/// # Errors
/// When there is no such folder or it is none of a run; damage to its files is in `OpenRun::damage` instead.
pub fn open_run(path: &Path) -> Result<OpenRun, ProjectError> {
    // Tells a missing folder from one that may not be looked into, or a file.
    std::fs::read_dir(path).map_err(|error| ProjectError::reading(path, &error))?;
    if !is_run(path) {
        return Err(ProjectError::NotARun { path: path.into() });
    }
    let mut reader = Reader {
        path,
        damage: Vec::new(),
    };
    let info = reader.take("run.toml", read_info);
    let recipe = reader.take("recipe.toml", read_recipe);
    let graph = reader.take("network.toml", read_graph);
    let data = reader.take("data.json", read_data);
    let evaluations = reader.evaluations();
    let (history, damage) = read_history(path);
    damage.into_iter().for_each(|error| reader.note(&error));
    let mut info = info.unwrap_or_else(|| stand_in(path, data.as_ref(), &history));
    settle_state(path, &mut info);
    reader.check_weights(&info);
    Ok(OpenRun {
        path: path.to_path_buf(),
        info,
        graph,
        recipe,
        data,
        history,
        evaluations,
        damage: reader.damage,
    })
}

/// Whether a folder is one of a run, even of one that has lost its head.
pub(super) fn is_run(path: &Path) -> bool {
    let known = ["run.toml", "network.toml", "epochs.csv"];
    known.iter().any(|name| path.join(name).is_file())
}

/// What keeps the run at `path` from answering, as far as a quick look at its small files and the
/// header of its weights tells.
pub fn broken_part(path: &Path, info: &RunInfo) -> Option<ProjectError> {
    let recipe = read_recipe(&path.join("recipe.toml")).err();
    let graph = || read_graph(&path.join("network.toml")).err();
    let weights = || weights::check(&path.join(Weights::Best.file_name())).err();
    let weights = || weights().filter(|_| info.epochs_done > 0);
    recipe.or_else(graph).or_else(weights)
}

impl OpenRun {
    /// The network, or the sentence that says why it cannot be used.
    pub fn graph(&self) -> Result<&Graph, ProjectError> {
        self.graph.as_ref().ok_or_else(|| self.why("network.toml"))
    }

    /// The recipe, or the sentence that says why it cannot be used.
    pub fn recipe(&self) -> Result<&Recipe, ProjectError> {
        self.recipe.as_ref().ok_or_else(|| self.why("recipe.toml"))
    }

    /// The files of each set, or the sentence that says why they cannot be used.
    pub fn data(&self) -> Result<&RunData, ProjectError> {
        self.data.as_ref().ok_or_else(|| self.why("data.json"))
    }

    /// Where these weights are, or the sentence that says why they cannot be used.
    pub fn weights(&self, which: Weights) -> Result<PathBuf, ProjectError> {
        let path = self.path.join(which.file_name());
        match weights::check(&path) {
            Ok(()) => Ok(path),
            Err(ProjectError::Missing { .. }) if self.info.epochs_done == 0 => {
                Err(ProjectError::RunPart(format!(
                    "{} has no weights, for its training ended before the first epoch did: train again",
                    self.path.display()
                )))
            }
            Err(error) => Err(error),
        }
    }

    fn why(&self, file: &str) -> ProjectError {
        let found = self.damage.iter().find(|damage| damage.file == file);
        match found {
            Some(damage) => ProjectError::RunPart(damage.message.clone()),
            None => ProjectError::damaged(&self.path.join(file), None, "it was not read"),
        }
    }
}

/// Reads the files of one folder and collects what is wrong with them.
struct Reader<'a> {
    path: &'a Path,
    damage: Vec<Damage>,
}

impl Reader<'_> {
    fn take<T>(
        &mut self,
        name: &str,
        open: impl Fn(&Path) -> Result<T, ProjectError>,
    ) -> Option<T> {
        match open(&self.path.join(name)) {
            Ok(value) => Some(value),
            Err(error) => {
                self.note_as(name, &error);
                None
            }
        }
    }

    /// `evaluation-<set>.json`, whichever there are.
    fn evaluations(&mut self) -> BTreeMap<String, Evaluation> {
        let entries = std::fs::read_dir(self.path).into_iter().flatten().flatten();
        let mut names: Vec<String> = entries
            .filter_map(|entry| entry.file_name().into_string().ok())
            .collect();
        names.sort();
        let mut found = BTreeMap::new();
        for name in names {
            let set = name.strip_prefix("evaluation-");
            let Some(set) = set.and_then(|rest| rest.strip_suffix(".json")) else {
                continue;
            };
            if let Some(evaluation) = self.take(&name, read_evaluation) {
                found.insert(set.into(), evaluation);
            }
        }
        found
    }

    /// A run that has a best epoch must have weights.
    fn check_weights(&mut self, info: &RunInfo) {
        for which in [Weights::Best, Weights::Last] {
            let name = which.file_name();
            if info.epochs_done > 0 || self.path.join(name).exists() {
                self.take(name, weights::check);
            }
        }
    }

    fn note(&mut self, error: &ProjectError) {
        let name = match error {
            ProjectError::Missing { path }
            | ProjectError::Damaged { path, .. }
            | ProjectError::NotReadable { path, .. } => index::folder_name(path),
            _ => String::new(),
        };
        self.note_as(&name, error);
    }

    fn note_as(&mut self, name: &str, error: &ProjectError) {
        self.damage.push(Damage {
            file: name.into(),
            message: error.to_string(),
        });
    }
}

/// Reads a head. Number and name follow the folder, which the user may have renamed.
pub(super) fn read_info(file: &Path) -> Result<RunInfo, ProjectError> {
    let mut info: RunInfo = read::toml(file)?;
    if let Some(folder) = file.parent().and_then(Path::file_name) {
        info.name = folder.to_string_lossy().into_owned();
        info.number = index::number_of(&info.name).unwrap_or(info.number);
    }
    Ok(info)
}

/// A head for a folder that has lost its own.
pub(super) fn stand_in(path: &Path, data: Option<&RunData>, history: &History) -> RunInfo {
    let name = index::folder_name(path);
    let best = history.best_epoch();
    RunInfo {
        number: index::number_of(&name).unwrap_or_default(),
        title: index::title_of(&name).into(),
        name,
        classes: data.map(|data| data.classes.clone()).unwrap_or_default(),
        epochs_done: history.epochs.last().map_or(0, |epoch| epoch.epoch),
        best_epoch: best.map(|epoch| epoch.epoch),
        best_accuracy: best.map(Epoch::accuracy),
        ..RunInfo::default()
    }
}

/// A "running" run that nobody holds was interrupted. That is written down where the folder allows it.
pub(super) fn settle_state(path: &Path, info: &mut RunInfo) {
    if info.state != RunState::Running || is_locked(path) {
        return;
    }
    let head = path.join("run.toml");
    // Its writer may have ended it since `info` was read; with the lock free, the head has its last word.
    // Where the head is damaged, it is left as it is.
    let Ok(last) = read_info(&head) else {
        info.state = RunState::Interrupted;
        return;
    };
    *info = last;
    if info.state == RunState::Running {
        info.state = RunState::Interrupted;
        write_toml(&head, info).ok();
    }
}

/// In a project a recipe may be short; the recipe of a run must be whole, for a default in place of what was lost
/// would be a lie about how the run was made.
fn read_recipe(file: &Path) -> Result<Recipe, ProjectError> {
    let text = read::text(file)?;
    let keys: toml::Table = read::toml_text(file, &text)?;
    let required = |key: &&&str| !recipe::OPTIONAL.contains(*key);
    let mut required = recipe::KEYS.iter().filter(required);
    if let Some(lost) = required.find(|key| !keys.contains_key(**key)) {
        let reason = format!("it has no “{lost}”");
        return Err(ProjectError::damaged(file, None, reason));
    }
    read::toml_text(file, &text)
}

fn read_graph(file: &Path) -> Result<Graph, ProjectError> {
    Graph::parse(&read::text(file)?)
        .map_err(|error| ProjectError::damaged(file, None, error.to_string()))
}

fn read_data(file: &Path) -> Result<RunData, ProjectError> {
    let data: RunData = read::json(file)?;
    let sets = [&data.train, &data.validation, &data.test];
    let escaping = sets
        .into_iter()
        .flatten()
        .find(|name| !read::stays_below(name));
    if let Some(name) = escaping {
        let reason = format!("“{name}” is no file below the data's folder");
        return Err(ProjectError::damaged(file, None, reason));
    }
    match data.fault() {
        Some(fault) => Err(ProjectError::damaged(file, None, fault)),
        None => Ok(data),
    }
}

/// The images of the latest run of `runs_dir` on this data, and the recipe that divided them. Only the latest runs are
/// looked at; damaged ones tell nothing.
pub fn latest_data(runs_dir: &Path, source: &Source) -> Option<(RunData, Recipe)> {
    const LOOKED_AT: usize = 20;
    let runs = index::list_runs(runs_dir).ok()?;
    let mut latest = runs.iter().rev().take(LOOKED_AT);
    latest.find_map(|listed| run_data(&listed.path, source))
}

/// The images of a run and the recipe that divided them, if it was on this data and they can be read.
pub fn run_data(run: &Path, source: &Source) -> Option<(RunData, Recipe)> {
    let file = run.join("data.json");
    let head: Head = read::json(&file).ok()?;
    if head.source != run::anywhere(source) {
        return None;
    }
    let recipe = read_recipe(&run.join("recipe.toml")).ok()?;
    Some((read_data(&file).ok()?, recipe))
}

/// The beginning of `data.json`.
#[derive(serde::Deserialize)]
struct Head {
    source: Source,
}

fn read_evaluation(file: &Path) -> Result<Evaluation, ProjectError> {
    let evaluation: Evaluation = read::json(file)?;
    match evaluation.fault() {
        Some(fault) => Err(ProjectError::damaged(file, None, fault)),
        None => Ok(evaluation),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_ended_while_it_was_looked_at_is_not_called_interrupted() {
        let folder = tempfile::tempdir().expect("a folder");
        let head = folder.path().join("run.toml");
        let finished = RunInfo {
            state: RunState::Finished,
            epochs_done: 3,
            ..RunInfo::default()
        };
        write_toml(&head, &finished).expect("a head");
        let mut read_before = RunInfo {
            epochs_done: 2,
            ..RunInfo::default()
        };
        settle_state(folder.path(), &mut read_before);
        assert_eq!(read_before.state, RunState::Finished);
        assert_eq!(read_before.epochs_done, 3);
        let kept = read_info(&head).map(|info| info.state).ok();
        assert_eq!(kept, Some(RunState::Finished));
    }
}
