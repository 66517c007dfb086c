//! Work that takes time, each on a thread of its own; what comes of it is taken once a frame.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use egui::{ColorImage, Context};
use image::DynamicImage;

use super::open_project::{OpenedProject, bring_runs, claim, open_untitled};
use super::thumbnails::color_image;
use super::view::PathPurpose;
use crate::dataset::{Dataset, Progress, Set, Source, SplitRecipe, Splits, split, thumbnail};
use crate::project::{
    ListedRun, Lock, OpenRun, Places, Project, Recovery, Settings, list_runs, load, lock, open_run,
    save, save_as,
};
use crate::results::{Confusion, Evaluation, mistakes};
use crate::training::{DeviceInfo, devices};

/// A file dialog that comes back sooner was never shown.
const TOO_SOON: Duration = Duration::from_millis(400);

/// Images with their sets.
pub struct Scanned {
    pub dataset: Arc<Dataset>,
    pub splits: Arc<Splits>,
    pub counts: Vec<[usize; 3]>,
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
    Runs(Result<Vec<ListedRun>, String>),
    Run {
        path: PathBuf,
        result: Result<Box<LoadedRun>, String>,
    },
    Analysed {
        ticket: u64,
        analysed: Analysed,
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

/// Starts jobs and hands over what they come to.
pub struct Jobs {
    sender: Sender<Done>,
    done: Receiver<Done>,
    ctx: Context,
    pub places: Places,
}

impl Jobs {
    pub fn new(ctx: &Context, places: Places) -> Self {
        let (sender, done) = channel();
        Self {
            sender,
            done,
            ctx: ctx.clone(),
            places,
        }
    }

    /// The next result, if there is one.
    pub fn take(&self) -> Option<Done> {
        self.done.try_recv().ok()
    }

    fn start(&self, work: impl FnOnce(&Places) -> Done + Send + 'static) {
        self.start_many(move |places, send| send(work(places)));
    }

    /// A job with more than one result. One that breaks off says so: nobody waits for it for ever.
    fn start_many(&self, work: impl FnOnce(&Places, &dyn Fn(Done)) + Send + 'static) {
        let (sender, ctx, places) = (self.sender.clone(), self.ctx.clone(), self.places.clone());
        let thread = std::thread::Builder::new().name("job".to_owned());
        let spawned = thread.spawn(move || {
            let send = |done| {
                // The window may have closed meanwhile.
                if sender.send(done).is_ok() {
                    ctx.request_repaint();
                }
            };
            let work = std::panic::AssertUnwindSafe(|| work(&places, &send));
            if std::panic::catch_unwind(work).is_err() {
                send(Done::Broke);
            }
        });
        if let Err(error) = spawned {
            log::error!("no thread could be started: {error}");
            if self.sender.send(Done::Broke).is_ok() {
                self.ctx.request_repaint();
            }
        }
    }

    pub fn start_up(&self) {
        self.start(|places| Done::Started {
            settings: places.settings(),
            recent: places.recent(),
            recovery: places.recovery().map(Box::new),
        });
        self.start(|_| Done::Devices(devices()));
    }

    pub fn save_settings(&self, settings: Settings) {
        self.start(move |places| {
            Done::Autosaved(places.save_settings(&settings).map_err(|e| e.to_string()))
        });
    }

    /// Opens a project file; one that another program has open becomes an untitled copy.
    /// `held`: this window has it open already, so that only its contents are read again.
    pub fn open_project(&self, path: PathBuf, held: bool) {
        self.start(move |places| {
            let project = load(&path).map_err(|error| error.to_string());
            Done::Opened(project.and_then(|project| claim(places, project, &path, held)))
        });
    }

    /// Opens unsaved work of a project under its own name; its file is not touched.
    pub fn recover(&self, project: Project, original: PathBuf, held: bool) {
        self.start(move |places| {
            let opened = claim(places, project, &original, held).map(|mut opened| {
                opened.saved = load(&original).ok();
                opened.note.get_or_insert_with(|| {
                    "The unsaved work is back; save it to keep it".to_owned()
                });
                opened
            });
            Done::Opened(opened)
        });
    }

    /// A new untitled project, or the one left there where `again`.
    pub fn open_untitled(&self, fresh: Project, again: bool) {
        self.start(move |places| Done::Opened(open_untitled(places, fresh, again)));
    }

    pub fn save(&self, project: Project, from: PathBuf, path: PathBuf) {
        self.start(move |places| {
            let mut claim = None;
            let written = if from == path {
                save(&project, &path)
            } else {
                lock(&path)
                    .map(|lock| claim = Some(lock))
                    .and_then(|()| bring_runs(places, &from, &path))
                    .and_then(|()| save_as(&project, &from, &path))
            };
            let result = written.and_then(|()| {
                places.clear_recovery(Some(&from))?;
                if places.is_untitled(&path) {
                    return Ok(());
                }
                places.remember(&path)
            });
            Done::Saved {
                from,
                path,
                project: Box::new(project),
                lock: claim,
                result: result.map_err(|error| error.to_string()),
            }
        });
    }

    pub fn recent(&self) {
        self.start(|places| Done::Recent(places.recent()));
    }

    pub fn autosave(&self, project: Project, original: PathBuf) {
        self.start(move |places| {
            let result = places.autosave(&project, Some(&original));
            Done::Autosaved(result.map_err(|error| error.to_string()))
        });
    }

    pub fn forget_recovery(&self, original: Option<PathBuf>) {
        self.start(move |places| {
            let result = places.clear_recovery(original.as_deref());
            Done::Autosaved(result.map_err(|error| error.to_string()))
        });
    }

    pub fn scan(&self, source: Source, recipe: SplitRecipe, number: u64, progress: Arc<Progress>) {
        self.start(move |_| {
            let result = Dataset::open(&source, &progress)
                .and_then(|dataset| {
                    let splits = split(&dataset, &recipe)?;
                    Ok(scanned(Arc::new(dataset), splits))
                })
                .map_err(|error| error.to_string());
            Done::Scanned {
                source,
                number,
                result,
            }
        });
    }

    /// The same images split anew, after the seed has changed.
    pub fn split_again(&self, dataset: Arc<Dataset>, recipe: SplitRecipe, number: u64) {
        self.start(move |_| Done::Scanned {
            source: dataset.source.clone(),
            number,
            result: split(&dataset, &recipe)
                .map(|splits| scanned(dataset.clone(), splits))
                .map_err(|error| error.to_string()),
        });
    }

    pub fn list_runs(&self, folder: PathBuf) {
        self.start(move |_| Done::Runs(list_runs(&folder).map_err(|error| error.to_string())));
    }

    pub fn open_run(&self, path: PathBuf) {
        self.start(move |_| {
            let result = open_run(&path).map_err(|error| error.to_string());
            Done::Run {
                result: result.map(|run| Box::new(loaded(run))),
                path,
            }
        });
    }

    pub fn analyse(&self, ticket: u64, evaluation: Arc<Evaluation>) {
        self.start(move |_| Done::Analysed {
            ticket,
            analysed: Analysed::of(evaluation),
        });
    }

    pub fn pin(&self, dataset: Arc<Dataset>, index: usize) {
        self.start(move |_| {
            let image = dataset.read(index).map_err(|error| error.to_string());
            Done::Pinned {
                index,
                result: image.map(|image| {
                    let small = color_image(&thumbnail(&image, 96));
                    (Arc::new(image), small)
                }),
            }
        });
    }

    pub fn try_pictures(&self, pictures: Vec<(u64, PathBuf)>) {
        self.start_many(move |_, send| {
            for (number, path) in pictures {
                let image = crate::dataset::read_image(&path).ok();
                let picture = image.map(|image| color_image(&thumbnail(&image, 512)));
                send(Done::Tried { number, picture });
            }
        });
    }

    /// The system's file dialog.
    pub fn choose(&self, purpose: PathPurpose, name: String) {
        self.start(move |_| {
            let start = Instant::now();
            let dialog = rfd::FileDialog::new();
            let paths = match purpose {
                PathPurpose::ChooseFolder => dialog.pick_folder().into_iter().collect(),
                PathPurpose::OpenProject => dialog
                    .add_filter("mapsto project", &["mapsto"])
                    .pick_file()
                    .into_iter()
                    .collect(),
                PathPurpose::SaveProjectAs => dialog
                    .add_filter("mapsto project", &["mapsto"])
                    .set_file_name(name)
                    .save_file()
                    .into_iter()
                    .collect(),
                PathPurpose::TryPictures => dialog.pick_files().unwrap_or_default(),
            };
            let unseen = paths.is_empty() && start.elapsed() < TOO_SOON;
            Done::Chosen {
                purpose,
                paths,
                unseen,
            }
        });
    }
}

fn scanned(dataset: Arc<Dataset>, splits: Splits) -> Scanned {
    let mut counts = vec![[0; 3]; dataset.classes.len()];
    for (column, set) in Set::ALL.into_iter().enumerate() {
        for index in splits.get(set) {
            let class = dataset.images.get(*index).map_or(0, |image| image.class);
            if let Some(row) = counts.get_mut(class) {
                row[column] += 1;
            }
        }
    }
    Scanned {
        dataset,
        splits: Arc::new(splits),
        counts,
    }
}

fn loaded(run: OpenRun) -> LoadedRun {
    let analysed = |set: Set| {
        let evaluation = run.evaluations.get(set.name())?;
        Some(Analysed::of(Arc::new(evaluation.clone())))
    };
    LoadedRun {
        validation: analysed(Set::Validation),
        test: analysed(Set::Test),
        run: Arc::new(run),
    }
}
