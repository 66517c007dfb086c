//! Opening a project file, on a job's thread: claims it, or makes an untitled copy of it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::import::onnx;
use crate::network::{Graph, Loss};
use crate::project::{Lock, Places, Project, ProjectError, Recipe, atomic, load, lock, runs_dir};
use crate::training::write_weights;

/// A project that was opened, and the claim on it.
pub struct OpenedProject {
    pub project: Project,
    /// What its file holds.
    pub saved: Option<Project>,
    /// Where it is saved; for an untitled one its place in the program's own folder.
    pub path: PathBuf,
    pub untitled: bool,
    pub lock: Option<Lock>,
    /// Something worth telling (another program has it open).
    pub note: Option<String>,
    /// A network from another program's file, which comes in place of the project's.
    pub imported: Option<Import>,
}

/// A network that was read from another program's file.
pub struct Import {
    /// Of the step that undo takes back.
    pub label: String,
    pub graph: Graph,
    /// What comes with it, and goes with it when it is undone.
    pub with: WithNetwork,
}

/// What of a recipe belongs to its network.
#[derive(Clone)]
pub struct WithNetwork {
    pub start: Option<PathBuf>,
    pub loss: Loss,
    pub template: Option<String>,
    /// All of the recipe, where a template brought one.
    pub recipe: Option<Box<Recipe>>,
}

impl WithNetwork {
    /// Changes places with what the project has now. What belongs to the machine and to the images stays.
    pub fn swap(&mut self, recipe: &mut Recipe, template: &mut Option<String>) {
        std::mem::swap(&mut self.template, template);
        if let Some(other) = self.recipe.as_deref_mut() {
            other.device.clone_from(&recipe.device);
            other.split = recipe.split.clone();
            other.set_seed(recipe.seed);
            std::mem::swap(other, recipe);
        } else {
            std::mem::swap(&mut self.start, &mut recipe.start);
            std::mem::swap(&mut self.loss, &mut recipe.loss);
        }
    }
}

/// What comes and goes with the steps that put another network in place of the project's: the latest step last.
#[derive(Default)]
pub struct Brought {
    done: Vec<(String, WithNetwork)>,
    undone: Vec<(String, WithNetwork)>,
}

impl Brought {
    /// After a step of this name was made, with what the project had before it.
    pub fn made(&mut self, label: String, before: WithNetwork) {
        self.undone.clear();
        self.done.push((label, before));
    }

    /// After a step of this name was undone, or made again: what changes places with what the project has.
    pub fn follow(&mut self, label: &str, again: bool) -> Option<&mut WithNetwork> {
        let (from, to) = match again {
            true => (&mut self.undone, &mut self.done),
            false => (&mut self.done, &mut self.undone),
        };
        let step = from.pop_if(|(step, _)| step == label)?;
        to.push(step);
        to.last_mut().map(|(_, with)| with)
    }
}

/// A copy of the open project with the network of an ONNX file, untitled; its weights lie beside it.
pub fn import(
    places: &Places,
    path: &Path,
    project: Project,
) -> Result<Box<OpenedProject>, String> {
    let imported = onnx(path).map_err(|error| error.to_string())?;
    let (place, lock) = claim_fresh(places).map_err(|error| error.to_string())?;
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let start = PathBuf::from(format!("{stem}.weights.safetensors"));
    let weights = place.with_file_name(&start);
    write_weights(&weights, &imported.weights).map_err(|error| error.to_string())?;
    let with = WithNetwork {
        start: Some(start),
        loss: imported.loss(),
        template: None,
        recipe: None,
    };
    let mut project = project;
    // Weights that the copied network starts from stay beside the project that it was copied from.
    project.recipe.start = None;
    Ok(Box::new(OpenedProject {
        saved: Some(project.clone()),
        project,
        path: place,
        untitled: true,
        lock: Some(lock),
        note: (!imported.notes.is_empty()).then(|| imported.notes.join(". ")),
        imported: Some(Import {
            label: format!("import {stem}"),
            graph: imported.graph,
            with,
        }),
    }))
}

/// Copies the weights that a project starts from to where it is saved.
pub fn bring_start(project: &Project, from: &Path, to: &Path) -> Result<(), ProjectError> {
    let Some(start) = &project.recipe.start else {
        return Ok(());
    };
    let (old, new) = (from.with_file_name(start), to.with_file_name(start));
    if !old.is_file() || from.parent() == to.parent() {
        return Ok(());
    }
    let read = |path: &Path| fs::read(path).map_err(|error| ProjectError::reading(path, &error));
    let bytes = read(&old)?;
    if !new.exists() {
        return atomic::save(&new, &bytes);
    }
    if read(&new)? == bytes {
        return Ok(());
    }
    Err(ProjectError::NotStorable {
        path: to.to_path_buf(),
        reason: format!(
            "{} is there already and holds other weights. Save into another folder",
            new.display()
        ),
    })
}

/// Takes hold of a project's file. One that another window holds, or whose folder cannot be written,
/// becomes an untitled copy: it can still be looked at and trained.
pub fn claim(
    places: &Places,
    project: Project,
    path: &Path,
    held: bool,
) -> Result<Box<OpenedProject>, String> {
    let claimed = if held { Ok(None) } else { lock(path).map(Some) };
    let (path, untitled, lock, note) = match claimed {
        Ok(lock) => {
            let note = places.remember(path).err().map(|error| error.to_string());
            (path.to_path_buf(), false, lock, note)
        }
        Err(error) => {
            let (path, lock) = claim_fresh(places).map_err(|error| error.to_string())?;
            let note = format!("{error}. This is an untitled copy of it");
            (path, true, Some(lock), Some(note))
        }
    };
    Ok(Box::new(OpenedProject {
        saved: Some(project.clone()),
        project,
        path,
        untitled,
        lock,
        note,
        imported: None,
    }))
}

/// A place for an untitled project where none has been: neither its file nor its runs.
fn claim_fresh(places: &Places) -> Result<(PathBuf, Lock), ProjectError> {
    // Held until a free one is found, so that the next claim goes further.
    let mut used = Vec::new();
    loop {
        let (path, lock) = places.claim_untitled()?;
        if !path.exists() && !runs_dir(&path).exists() {
            return Ok((path, lock));
        }
        used.push(lock);
    }
}

pub fn open_untitled(
    places: &Places,
    fresh: Project,
    again: bool,
) -> Result<Box<OpenedProject>, String> {
    let claimed = if again {
        places.claim_untitled()
    } else {
        claim_fresh(places)
    };
    let (path, lock) = claimed.map_err(|error| error.to_string())?;
    let mut note = None;
    let project = if again && path.exists() {
        load(&path).unwrap_or_else(|error| {
            note = Some(set_aside(&path, &error.to_string()));
            fresh
        })
    } else {
        fresh
    };
    Ok(Box::new(OpenedProject {
        saved: Some(project.clone()),
        project,
        path,
        untitled: true,
        lock: Some(lock),
        note,
        imported: None,
    }))
}

/// Copies the runs of an untitled project beside the file that it gets, all or none of them: what was
/// trained before the first save stays with the project. Runs that are there already are left alone.
pub fn bring_runs(places: &Places, from: &Path, to: &Path) -> Result<(), ProjectError> {
    let (old, new) = (runs_dir(from), runs_dir(to));
    if !places.is_untitled(from) || !old.is_dir() || new.exists() {
        return Ok(());
    }
    let part = new.with_extension("part");
    let copied = copy_folder(&old, &part).and_then(|()| fs::rename(&part, &new));
    copied.map_err(|error| {
        fs::remove_dir_all(&part).ok();
        ProjectError::writing(&new, &error)
    })
}

/// The folder with all that is in it, but for the index of the runs, which is made again from them.
fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (kind, target) = (entry.file_type()?, to.join(entry.file_name()));
        if kind.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else if kind.is_file()
            && !entry
                .file_name()
                .to_string_lossy()
                .starts_with("index.sqlite")
        {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// A damaged untitled project is kept under another name.
fn set_aside(path: &Path, reason: &str) -> String {
    let seconds = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |time| time.as_secs());
    let kept = path.with_extension(format!("damaged-{seconds}.mapsto"));
    match std::fs::rename(path, &kept) {
        Ok(()) => format!("{reason}. It is kept as {}", kept.display()),
        Err(_) => reason.to_owned(),
    }
}
