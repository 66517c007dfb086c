//! What jobs have come to, taken into the state.

use std::path::PathBuf;
use std::sync::Arc;

use egui::ColorImage;
use image::DynamicImage;

use super::done::Done;
use super::open_project::{Brought, OpenedProject};
use super::project_commands::is_network;
use super::state::{OpenProject, State, fresh_project, name_of};
use super::thumbnails::upload;
use super::view::{Data, Dialog, PathPurpose};
use crate::network::Editor;
use crate::project::{Lock, Project, SavedBlock};

impl State {
    pub(super) fn take(&mut self, done: Done) {
        match done {
            Done::Started {
                settings,
                recent,
                recovery,
            } => {
                self.settings = settings;
                self.recent = recent;
                self.waiting.recovery = recovery;
                // Only now: what another program has left is told from what this one holds.
                self.waiting.launching = self.waiting.launch.is_some();
                match self.waiting.launch.take() {
                    Some(path) if is_network(&path) => self.jobs.import(path, fresh_project()),
                    Some(path) => self.jobs.open_project(path, false),
                    None => self.jobs.open_untitled(fresh_project(), true),
                }
            }
            Done::Opened(result) => self.open_ended(result),
            saved @ Done::Saved { .. } => self.save_ended(saved),
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
            Done::Data(done) => self.take_data(done),
            Done::Compared(made) => self.compared(made),
            Done::Exported(written) => self.exported(written),
            Done::Runs(Ok(runs)) => self.runs = runs,
            Done::Runs(Err(message)) => self.tell(true, message),
            Done::Run { path, result } => self.shown.loaded(path, result),
            Done::Analysed { ticket, analysed } => self.shown.analysed(ticket, analysed),
            Done::Blocks { listed, told } => self.blocks_listed(listed, told),
            Done::Devices(devices) => self.devices_found(devices),
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

    fn save_ended(&mut self, done: Done) {
        let Done::Saved {
            from,
            path,
            project,
            lock,
            result,
        } = done
        else {
            return;
        };
        match result {
            // Another project was opened meanwhile: the file is written, and that is all.
            Ok(()) if from != self.project.path => self.jobs.recent(),
            Ok(()) => self.saved(path, *project, lock),
            Err(message) => self.tell(true, message),
        }
    }

    fn blocks_listed(
        &mut self,
        (blocks, problems): (Vec<SavedBlock>, Vec<String>),
        told: Result<Option<String>, String>,
    ) {
        self.blocks = blocks;
        match told {
            Ok(Some(done)) => self.tell(false, done),
            Ok(None) => {}
            Err(message) => self.tell(true, message),
        }
        for problem in problems {
            self.tell(true, problem);
        }
    }

    fn saved(&mut self, path: PathBuf, project: Project, lock: Option<Lock>) {
        if lock.is_some() {
            self.project.lock = lock;
        }
        let moved = self.project.path != path;
        self.project.saved = Some(project);
        self.project.saves += 1;
        self.project.untitled = self.jobs.places.is_untitled(&path);
        self.project.name = name_of(&path);
        self.project.path = path;
        if moved {
            self.jobs.list_runs(self.runs_dir());
        }
        self.jobs.recent();
    }

    /// The recovery question comes after the project, so that nothing comes in over the recovered
    /// work.
    fn open_ended(&mut self, result: Result<Box<OpenedProject>, String>) {
        match result {
            Ok(opened) => self.opened(*opened),
            Err(message) => {
                self.tell(true, message);
                if std::mem::take(&mut self.waiting.launching) {
                    return self.jobs.open_untitled(fresh_project(), true);
                }
            }
        }
        self.waiting.launching = false;
        self.offer_recovery();
    }

    fn offer_recovery(&mut self) {
        let Some(recovery) = &self.waiting.recovery else {
            return;
        };
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
    }

    fn opened(&mut self, opened: OpenedProject) {
        let OpenedProject {
            project,
            saved,
            path,
            untitled,
            mut lock,
            note,
            imported,
        } = opened;
        if path == self.project.path {
            // Opened again by the window that holds it.
            lock = lock.or_else(|| self.project.lock.take());
        }
        if let Some(note) = note {
            self.tell(true, note);
        }
        self.editor = Editor::new(project.graph.clone());
        self.select(Vec::new());
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
            saves: self.project.saves + 1,
            brought: Brought::default(),
        };
        if let Some(import) = imported {
            self.take_in(import);
        }
        self.shown.clear();
        self.drawn.forget_training();
        self.runs.clear();
        self.tried.clear();
        self.tried_numbers.clear();
        self.pinned = None;
        self.session.pin(None);
        self.jobs.list_runs(self.runs_dir());
        self.jobs.recent();
        self.desk.set_project(project.layout, project.changes);
        match project.data {
            Some(source) => self.open_data(source),
            None => {
                self.desk.forget_images();
                self.data = Data::None;
                self.check_again();
            }
        }
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
}
