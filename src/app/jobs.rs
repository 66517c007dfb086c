//! Work that takes time, on threads of its own; what comes of it is taken once a frame.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use egui::Context;

use super::code_out::Program;
use super::comparison::{Comparison, Other};
use super::desk::FILE_ENDINGS;
use super::done::{Analysed, Done, LoadedRun};
use super::lane::Lane;
use super::open_project::{bring_runs, bring_start, claim, import, open_untitled};
use super::thumbnails::color_image;
use super::view::PathPurpose;
use crate::dataset::{Dataset, Set, thumbnail};
use crate::network::{self, Graph};
use crate::project::{
    OpenRun, Places, Project, Settings, list_runs, load, lock, open_run, save, save_as,
};
use crate::results::Evaluation;
use crate::training::devices;

/// A file dialog that comes back sooner was never shown.
const TOO_SOON: Duration = Duration::from_millis(400);

/// Starts jobs and hands over what they come to.
pub struct Jobs {
    sender: Sender<Done>,
    done: Receiver<Done>,
    ctx: Context,
    pub places: Places,
    /// What reads or writes projects, settings and recovered work.
    files: Lane,
    /// What lists runs.
    listings: Lane,
}

impl Jobs {
    pub fn new(ctx: &Context, places: Places) -> Self {
        let (sender, done) = channel();
        Self {
            sender,
            done,
            ctx: ctx.clone(),
            places,
            files: Lane::new("files"),
            listings: Lane::new("listings"),
        }
    }

    /// The next result, if there is one.
    pub fn take(&self) -> Option<Done> {
        self.done.try_recv().ok()
    }

    pub(super) fn start(&self, work: impl FnOnce(&Places) -> Done + Send + 'static) {
        self.start_many(move |places, send| send(work(places)));
    }

    /// A job with more than one result.
    pub(super) fn start_many(&self, work: impl FnOnce(&Places, &dyn Fn(Done)) + Send + 'static) {
        let thread = std::thread::Builder::new().name("job".to_owned());
        if let Err(error) = thread.spawn(self.guarded(work)) {
            log::error!("no thread could be started: {error}");
            self.broke();
        }
    }

    /// A job after those of the same lane.
    fn queue(&self, lane: &Lane, work: impl FnOnce(&Places) -> Done + Send + 'static) {
        let work = self.guarded(move |places, send| send(work(places)));
        if lane.add(Box::new(work)).is_err() {
            self.broke();
        }
    }

    /// Work that hands its results over. If it breaks off it says so: nobody waits for it for ever.
    fn guarded(
        &self,
        work: impl FnOnce(&Places, &dyn Fn(Done)) + Send + 'static,
    ) -> impl FnOnce() + Send + 'static {
        let (sender, ctx, places) = (self.sender.clone(), self.ctx.clone(), self.places.clone());
        move || {
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
        }
    }

    fn broke(&self) {
        if self.sender.send(Done::Broke).is_ok() {
            self.ctx.request_repaint();
        }
    }

    pub fn start_up(&self) {
        self.queue(&self.files, |places| Done::Started {
            settings: places.settings(),
            recent: places.recent(),
            recovery: places.recovery().map(Box::new),
        });
        self.list_blocks();
        self.start(|_| Done::Devices(devices()));
    }

    pub fn list_blocks(&self) {
        self.queue(&self.files, |places| Done::Blocks {
            listed: places.blocks(),
            told: Ok(None),
        });
    }

    /// Keeps a block for other projects, as text.
    pub fn save_block(&self, name: String, text: String) {
        self.queue(&self.files, move |places| {
            let saved = places.save_block(&name, &text);
            let told = format!("{name} is saved: it stands in the palette under Blocks");
            Done::Blocks {
                told: saved.map(|_| Some(told)).map_err(|e| e.to_string()),
                listed: places.blocks(),
            }
        });
    }

    pub fn delete_block(&self, path: PathBuf) {
        self.queue(&self.files, move |places| {
            let deleted = places.delete_block(&path);
            Done::Blocks {
                told: deleted.map(|()| None).map_err(|e| e.to_string()),
                listed: places.blocks(),
            }
        });
    }

    pub fn save_settings(&self, settings: Settings) {
        self.queue(&self.files, move |places| {
            Done::Autosaved(places.save_settings(&settings).map_err(|e| e.to_string()))
        });
    }

    /// Opens a project file; one that another program has open becomes an untitled copy.
    /// `held`: this window has it open already, so that only its contents are read again.
    pub fn open_project(&self, path: PathBuf, held: bool) {
        self.queue(&self.files, move |places| {
            let project = load(&path).map_err(|error| error.to_string());
            Done::Opened(project.and_then(|project| claim(places, project, &path, held)))
        });
    }

    /// Opens an ONNX file as an untitled copy of this project, with the file's network.
    pub fn import(&self, path: PathBuf, project: Project) {
        self.queue(&self.files, move |places| {
            Done::Opened(import(places, &path, project))
        });
    }

    /// Opens unsaved work of a project under its own name; its file is not touched.
    pub fn recover(&self, project: Project, original: PathBuf, held: bool) {
        self.queue(&self.files, move |places| {
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
        self.queue(&self.files, move |places| {
            Done::Opened(open_untitled(places, fresh, again))
        });
    }

    pub fn save(&self, project: Project, from: PathBuf, path: PathBuf) {
        self.queue(&self.files, move |places| {
            let mut claim = None;
            let written = if from == path {
                save(&project, &path)
            } else {
                lock(&path)
                    .map(|lock| claim = Some(lock))
                    .and_then(|()| bring_runs(places, &from, &path))
                    .and_then(|()| bring_start(&project, &from, &path))
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
        self.queue(&self.files, |places| Done::Recent(places.recent()));
    }

    pub fn autosave(&self, project: Project, original: PathBuf) {
        self.queue(&self.files, move |places| {
            let result = places.autosave(&project, Some(&original));
            Done::Autosaved(result.map_err(|error| error.to_string()))
        });
    }

    pub fn forget_recovery(&self, original: Option<PathBuf>) {
        self.queue(&self.files, move |places| {
            let result = places.clear_recovery(original.as_deref());
            Done::Autosaved(result.map_err(|error| error.to_string()))
        });
    }

    pub fn list_runs(&self, folder: PathBuf) {
        self.queue(&self.listings, move |_| {
            Done::Runs(list_runs(&folder).map_err(|error| error.to_string()))
        });
    }

    /// Writes a program; a file that is there is left as it is.
    pub fn export(&self, wanted: Program) {
        self.queue(&self.files, move |_| Done::Exported(wanted.write()));
    }

    /// Puts the network beside another one.
    pub fn compare(&self, mine: Graph, other: Other, context: network::Context, revision: u64) {
        self.queue(&self.listings, move |_| {
            let made = Comparison::make(&mine, other, &context, revision);
            Done::Compared(made.map(Box::new))
        });
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
                PathPurpose::ChooseFolder | PathPurpose::CopyData => {
                    dialog.pick_folder().into_iter().collect()
                }
                PathPurpose::DataFile => dialog
                    .add_filter(
                        "Archives, tables, lists, IDX and CIFAR files",
                        &FILE_ENDINGS,
                    )
                    .add_filter("All files", &["*"])
                    .pick_file()
                    .into_iter()
                    .collect(),
                PathPurpose::OpenProject => dialog
                    .add_filter("mapsto project, ONNX network", &["mapsto", "onnx"])
                    .pick_file()
                    .into_iter()
                    .collect(),
                PathPurpose::SaveProjectAs => dialog
                    .add_filter("mapsto project", &["mapsto"])
                    .set_file_name(name)
                    .save_file()
                    .into_iter()
                    .collect(),
                PathPurpose::ExportCode(target) => dialog
                    .add_filter(target.title(), &[target.extension()])
                    .set_file_name(name)
                    .save_file()
                    .into_iter()
                    .collect(),
                PathPurpose::CompareNetwork => dialog
                    .add_filter("mapsto project or network", &["mapsto", "toml"])
                    .pick_file()
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
