//! What jobs come to.

use std::path::PathBuf;
use std::sync::Arc;

use egui::ColorImage;
use image::DynamicImage;

use super::comparison::Comparison;
use super::desk::jobs::DataDone;
use super::open_project::OpenedProject;
use super::view::PathPurpose;
use crate::dataset::{Dataset, Groups, Source, Splits};
use crate::project::{ListedRun, Lock, OpenRun, Project, Recovery, SavedBlock, Settings};
use crate::results::{Confusion, Evaluation, mistakes};
use crate::training::DeviceInfo;

/// Images with their sets.
pub struct Scanned {
    pub dataset: Arc<Dataset>,
    pub splits: Arc<Splits>,
    pub counts: Vec<[usize; 3]>,
    /// Images of each class in each fold; empty without folds.
    pub folds: Vec<Vec<usize>>,
    /// Why the images are not divided as the recipe says.
    pub fault: Option<String>,
    /// What the recipe keeps together, if it does.
    pub together: Option<Arc<Groups>>,
}

/// An evaluation with what the window shows of it.
#[derive(Clone)]
pub struct Analysed {
    pub evaluation: Arc<Evaluation>,
    pub confusion: Arc<Confusion>,
    pub mistakes: Arc<Vec<usize>>,
}

impl Analysed {
    pub fn of(evaluation: Arc<Evaluation>) -> Self {
        Self {
            confusion: Arc::new(evaluation.confusion()),
            mistakes: Arc::new(mistakes::worst(&evaluation)),
            evaluation,
        }
    }
}

/// A run with everything of it that is shown.
pub struct LoadedRun {
    pub run: Arc<OpenRun>,
    pub validation: Option<Analysed>,
    pub test: Option<Analysed>,
}

/// What a job has come to.
pub enum Done {
    Started {
        settings: Settings,
        recent: Vec<PathBuf>,
        recovery: Option<Box<Recovery>>,
    },
    Opened(Result<Box<OpenedProject>, String>),
    Saved {
        /// The file of the project that was saved, before.
        from: PathBuf,
        path: PathBuf,
        /// What was written, to know what has changed since.
        project: Box<Project>,
        lock: Option<Lock>,
        result: Result<(), String>,
    },
    Autosaved(Result<(), String>),
    /// A job has ended by a fault of the program.
    Broke,
    Recent(Vec<PathBuf>),
    Scanned {
        source: Source,
        number: u64,
        result: Result<Scanned, String>,
    },
    Data(DataDone),
    /// The file of a program.
    Exported(Result<PathBuf, String>),
    Compared(Result<Box<Comparison>, String>),
    Runs(Result<Vec<ListedRun>, String>),
    Run {
        path: PathBuf,
        result: Result<Box<LoadedRun>, String>,
    },
    Analysed {
        ticket: u64,
        analysed: Analysed,
    },
    /// The blocks that the user keeps, what is wrong with their files, and what was done.
    Blocks {
        listed: (Vec<SavedBlock>, Vec<String>),
        told: Result<Option<String>, String>,
    },
    Devices(Vec<DeviceInfo>),
    Chosen {
        purpose: PathPurpose,
        paths: Vec<PathBuf>,
        /// No dialog could be shown.
        unseen: bool,
    },
    Pinned {
        index: usize,
        result: Result<(Arc<DynamicImage>, ColorImage), String>,
    },
    Tried {
        number: u64,
        picture: Option<ColorImage>,
    },
}
