//! Once a frame: what jobs and the engine have come to goes into the state. Bounded in time, so
//! that a frame stays short.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use egui::ColorImage;
use image::DynamicImage;

use super::jobs::{Done, Scanned};
use super::open_project::OpenedProject;
use super::state::{OpenProject, State, fresh_project, name_of};
use super::thumbnails::{Thumbnails, upload};
use super::view::{Data, Dialog, PathPurpose, Pinned, Tried, Workspace};
use crate::dataset::Source;
use crate::network::Editor;
use crate::project::{Lock, Project, Recovery};
use crate::training::{Answer, Phase};

/// Results are taken for this long in one frame; the rest waits for the next.
const BUDGET: Duration = Duration::from_millis(2);
/// Unsaved work is kept this often.
const AUTOSAVE: Duration = Duration::from_secs(20);

impl State {
    /// Takes in everything that is new.
    pub fn fold(&mut self) {
        let start = Instant::now();
        while let Some(done) = self.jobs.take() {
            self.take(done);
            if start.elapsed() > BUDGET {
                // The rest comes in the next frame.
                self.ctx.request_repaint();
                break;
            }
        }
        self.follow_session();
        self.thumbnails.update(&self.ctx);
        self.drop_old_notices();
        self.autosave();
        self.refresh_blocked();
    }

    fn follow_session(&mut self) {
        let before = std::mem::replace(&mut self.status, self.session.status());
        for answer in self.session.answers() {
            self.answer(answer);
        }
        if before.run != self.status.run
            || before.phase.is_active() != self.status.phase.is_active()
        {
            self.jobs.list_runs(self.runs_dir());
        }
        if before.phase != self.status.phase {
            self.phase_changed();
        }
        self.maps = self.session.maps();
        self.shown
            .update(&self.status, &self.runs, &self.session, &self.jobs);
        self.update_curves();
    }

    fn phase_changed(&mut self) {
        match self.status.phase.clone() {
            Phase::Failed(message) => self.tell(true, format!("The training failed: {message}")),
            Phase::Finished => {
                for note in self.status.notes.clone() {
                    self.tell(false, note);
                }
                let best = self.status.best.map(|(epoch, accuracy)| {
                    format!("; best epoch {epoch} with {:.1} %", accuracy * 100.0)
                });
                let text = format!("The training has finished{}", best.unwrap_or_default());
                self.tell(false, text);
            }
            _ => {}
        }
    }

    /// A job has ended without a result: nothing waits for it any more.
    fn job_broke(&mut self) {
        let message = "Something went wrong inside mapsto; the program goes on, and the last request can be tried again";
        if let Data::Scanning { source, .. } = &self.data {
            self.data = Data::Failed {
                source: source.clone(),
                message: message.to_owned(),
            };
            self.waiting.scan = None;
        }
        self.tell(true, message);
    }

    fn update_curves(&mut self) {
        let Some(live) = self.shown.run().map(|run| run.live) else {
            self.curve_maker.clear(&mut self.curves);
            return;
        };
        let mut late = None;
        if live {
            let (epochs, per_epoch) = (self.status.epochs, self.status.steps_per_epoch);
            let history = self.session.history();
            let curves = &mut self.curves;
            late = self
                .curve_maker
                .update(curves, &history, epochs, per_epoch, 0);
        } else if let Some(loaded) = self.shown.stored() {
            let run = &loaded.run;
            let epochs = run.recipe.as_ref().map_or(0, |recipe| recipe.epochs);
            let steps = run.history.steps.iter();
            let per_epoch = steps.take_while(|step| step.epoch == 1).count();
            let source = u64::from(run.info.number) + 1;
            let curves = &mut self.curves;
            late = self
                .curve_maker
                .update(curves, &run.history, epochs, per_epoch, source);
        }
        if let Some(wait) = late {
            self.ctx.request_repaint_after(wait);
        }
    }

    fn answer(&mut self, answer: Answer) {
        match answer {
            Answer::Prediction { ticket, result, .. } => {
                if self.waiting.examined == Some(ticket) {
                    self.waiting.examined = None;
                    self.shown.explained(result);
                    return;
                }
                let number = self.waiting.predictions.remove(&ticket);
                if let Some(tried) = number.and_then(|number| self.tried_of(number)) {
                    tried.answer = Some(result);
                }
            }
            Answer::Evaluation { ticket, result } => match result {
                Ok(evaluation) => self.jobs.analyse(ticket, evaluation),
                Err(message) => self.shown.evaluation_failed(ticket, message),
            },
        }
    }

    /// The tried picture of a number, unless it was cleared away.
    fn tried_of(&mut self, number: u64) -> Option<&mut Tried> {
        let place = self.tried_numbers.iter().position(|n| *n == number)?;
        self.tried.get_mut(place)
    }

    fn take(&mut self, done: Done) {
        match done {
            Done::Started {
                settings,
                recent,
                recovery,
            } => {
                self.settings = settings;
                self.recent = recent;
                self.offer_recovery(recovery);
                // Only now: what another program has left is told from what this one holds.
                match self.waiting.launch.take() {
                    Some(path) => self.jobs.open_project(path, false),
                    None => self.jobs.open_untitled(fresh_project(), true),
                }
            }
            Done::Opened(Ok(opened)) => self.opened(*opened),
            Done::Opened(Err(message)) => self.tell(true, message),
            // Another project was opened meanwhile: the file is written, and that is all.
            Done::Saved {
                from,
                result: Ok(()),
                ..
            } if from != self.project.path => self.jobs.recent(),
            Done::Saved {
                path,
                project,
                lock,
                result: Ok(()),
                ..
            } => self.saved(path, *project, lock),
            Done::Saved {
                result: Err(message),
                ..
            } => self.tell(true, message),
            Done::Autosaved(Ok(())) => {}
            Done::Broke => self.job_broke(),
            Done::Autosaved(Err(message)) => self.tell(true, message),
            Done::Recent(recent) => self.recent = recent,
            Done::Scanned {
                source,
                number,
                result,
            } if number == self.scans => self.scanned(source, result),
            // A scan that was given up for another one.
            Done::Scanned { .. } => {}
            Done::Runs(Ok(runs)) => self.runs = runs,
            Done::Runs(Err(message)) => self.tell(true, message),
            Done::Run { path, result } => self.shown.loaded(path, result),
            Done::Analysed { ticket, analysed } => self.shown.analysed(ticket, analysed),
            Done::Devices(devices) => self.devices = devices,
            Done::Chosen {
                purpose,
                paths,
                unseen,
            } => self.chosen(purpose, paths, unseen),
            Done::Pinned { index, result } => self.pinned_read(index, result),
            Done::Tried { number, picture } => {
                let texture = picture.map(|picture| upload(&self.ctx, picture));
                if let Some(tried) = self.tried_of(number) {
                    tried.texture = texture;
                }
            }
        }
    }

    fn saved(&mut self, path: PathBuf, project: Project, lock: Option<Lock>) {
        if lock.is_some() {
            self.project.lock = lock;
        }
        let moved = self.project.path != path;
        self.project.saved = Some(project);
        self.project.untitled = self.jobs.places.is_untitled(&path);
        self.project.name = name_of(&path);
        self.project.path = path;
        if moved {
            self.jobs.list_runs(self.runs_dir());
        }
        self.jobs.recent();
    }

    fn offer_recovery(&mut self, recovery: Option<Box<Recovery>>) {
        let Some(recovery) = recovery else { return };
        let minutes = recovery
            .saved
            .elapsed()
            .map_or(0, |time| time.as_secs() / 60);
        let name = recovery.original.as_deref().map(name_of);
        self.dialog = Some(Dialog::Recover {
            name: name.unwrap_or_else(|| recovery.project.name.clone()),
            saved: match minutes {
                0 => "less than a minute ago".to_owned(),
                1..60 => format!("{minutes} min ago"),
                60..2880 => format!("{} h ago", minutes / 60),
                _ => format!("{} days ago", minutes / 1440),
            },
        });
        self.waiting.recovery = Some(recovery);
    }

    fn opened(&mut self, opened: OpenedProject) {
        let OpenedProject {
            project,
            saved,
            path,
            untitled,
            mut lock,
            note,
        } = opened;
        if path == self.project.path {
            // Opened again by the window that holds it.
            lock = lock.or_else(|| self.project.lock.take());
        }
        if let Some(note) = note {
            self.tell(true, note);
        }
        self.editor = Editor::new(project.graph.clone());
        self.selected = None;
        self.project = OpenProject {
            name: if untitled {
                "untitled".to_owned()
            } else {
                name_of(&path)
            },
            path,
            untitled,
            lock,
            source: None,
            recipe: project.recipe,
            template: project.template,
            pinned: project.pinned,
            saved,
        };
        self.shown.clear();
        self.runs.clear();
        self.tried.clear();
        self.tried_numbers.clear();
        self.pinned = None;
        self.session.pin(None);
        self.jobs.list_runs(self.runs_dir());
        self.jobs.recent();
        match project.data {
            Some(source) => self.open_data(source),
            None => {
                self.data = Data::None;
                self.check_again();
            }
        }
    }

    fn scanned(&mut self, source: Source, result: Result<Scanned, String>) {
        self.waiting.scan = None;
        match result {
            Ok(scanned) => {
                let same = self
                    .data
                    .ready()
                    .is_some_and(|(data, _)| Arc::ptr_eq(data, &scanned.dataset));
                if !same {
                    self.thumbnails = Thumbnails::new(&scanned.dataset, &self.ctx);
                }
                let first = scanned.splits.validation.first().copied();
                let named = self.project.pinned.as_deref();
                let pinned = named.and_then(|file| scanned.dataset.index_of(file));
                let pin = pinned.or(first).unwrap_or(0);
                self.data = Data::Ready {
                    dataset: scanned.dataset,
                    splits: scanned.splits,
                    counts: scanned.counts,
                };
                self.fit_classes();
                if !same {
                    self.pin(pin);
                }
            }
            Err(message) => self.data = Data::Failed { source, message },
        }
        self.check_again();
    }

    fn pinned_read(
        &mut self,
        index: usize,
        result: Result<(Arc<DynamicImage>, ColorImage), String>,
    ) {
        let Some(pinned) = self.pinned.as_mut().filter(|pinned| pinned.index == index) else {
            return;
        };
        match result {
            Ok((image, small)) => {
                pinned.texture = Some(upload(&self.ctx, small));
                self.session.pin(Some(image));
            }
            Err(message) => self.tell(true, message),
        }
    }

    fn chosen(&mut self, purpose: PathPurpose, paths: Vec<PathBuf>, unseen: bool) {
        if unseen {
            // No portal and no dialog program: the path can still be typed.
            self.dialog = Some(Dialog::Path {
                purpose,
                note: "The system shows no file dialog here, so type the path".to_owned(),
                start: String::new(),
            });
            return;
        }
        if !paths.is_empty() {
            self.path_given(purpose, paths);
        }
    }

    /// Keeps unsaved work from time to time.
    fn autosave(&mut self) {
        let (changes, at) = self.autosaved;
        if changes == self.changes {
            return;
        }
        if at.elapsed() < AUTOSAVE {
            // Also where nothing else draws the window again.
            self.ctx.request_repaint_after(AUTOSAVE - at.elapsed());
            return;
        }
        self.autosaved = (self.changes, Instant::now());
        if self.is_unsaved() && self.project.saved.is_some() {
            self.jobs
                .autosave(self.snapshot(), self.project.path.clone());
        }
    }

    /// Goes where a new user should look next.
    pub fn go(&mut self, workspace: Workspace) {
        self.workspace = workspace;
    }

    /// Pins an image: its maps are shown from now on.
    pub fn pin(&mut self, index: usize) {
        let Some((data, _)) = self.data.ready() else {
            return;
        };
        let Some(image) = data.images.get(index) else {
            return;
        };
        self.pinned = Some(Pinned {
            index,
            file: image.file.clone(),
            class: data.classes.get(image.class).cloned().unwrap_or_default(),
            texture: None,
        });
        self.jobs.pin(data.clone(), index);
    }
}
