//! Commands about the project as a whole: new, open, save, recover, close.

use std::path::{Path, PathBuf};

use super::command::Command;
use super::open_project::Import;
use super::state::{State, fresh_project};
use super::view::{Dialog, PathPurpose, Workspace};
use crate::network::Edit;

/// Whether this is a network of another program.
pub(super) fn is_network(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("onnx"))
}

impl State {
    pub(super) fn carry_out_project(&mut self, command: Command) {
        match command {
            Command::NewProject => {
                if self.asks_before("Start a new project?", Command::NewProject) {
                    return;
                }
                self.leave_training();
                self.jobs.open_untitled(fresh_project(), false);
            }
            Command::OpenProject(None) => {
                self.jobs.choose(PathPurpose::OpenProject, String::new());
            }
            Command::OpenProject(Some(path)) => {
                let command = Command::OpenProject(Some(path.clone()));
                if self.asks_before("Open another project?", command) {
                    return;
                }
                self.leave_training();
                if is_network(&path) {
                    self.jobs.import(path, self.snapshot());
                    return;
                }
                let held = !self.project.untitled && self.project.path == path;
                self.jobs.open_project(path, held);
            }
            Command::SaveProject if self.project.untitled => {
                self.carry_out(Command::SaveProjectAs(None));
            }
            Command::SaveProject => {
                let path = self.project.path.clone();
                self.jobs.save(self.snapshot(), path.clone(), path);
            }
            Command::SaveProjectAs(None) => {
                let name = format!("{}.mapsto", self.project.name);
                self.jobs.choose(PathPurpose::SaveProjectAs, name);
            }
            Command::SaveProjectAs(Some(path)) => {
                let path = if path.extension().is_some() {
                    path
                } else {
                    path.with_extension("mapsto")
                };
                let from = self.project.path.clone();
                self.jobs.save(self.snapshot(), from, path);
            }
            Command::Recover(wanted) => self.recover(wanted),
            _ => {}
        }
    }

    /// Asks first where something would be lost; `true` when the answer has to be waited for.
    fn asks_before(&mut self, title: &str, then: Command) -> bool {
        let training = self.status.phase.is_active();
        let unsaved = !self.project.untitled && self.is_unsaved();
        if self.waiting.confirmed || !(training || unsaved) {
            return false;
        }
        let mut text = Vec::new();
        if training {
            text.push("The training ends; its best and last weights are kept.");
        }
        if unsaved {
            text.push("The changes since the last save are lost.");
        }
        self.dialog = Some(Dialog::Confirm {
            title: title.to_owned(),
            text: text.join(" "),
            yes: "Go on".to_owned(),
            then: Box::new(then),
        });
        true
    }

    fn leave_training(&mut self) {
        if self.status.phase.is_active() {
            self.session.stop();
        }
    }

    fn recover(&mut self, wanted: bool) {
        self.dialog = None;
        let Some(recovery) = self.waiting.recovery.take() else {
            return;
        };
        if !wanted {
            self.jobs.forget_recovery(recovery.original);
            return;
        }
        let untitled = |path: &PathBuf| self.jobs.places.is_untitled(path);
        if let Some(original) = recovery.original.clone().filter(|path| !untitled(path)) {
            let held = !self.project.untitled && self.project.path == original;
            self.jobs.recover(recovery.project, original, held);
            return;
        }
        let project = recovery.project;
        self.editor
            .apply(Edit::Replace(project.graph.clone()))
            .map_err(|error| self.tell(true, error.to_string()))
            .ok();
        self.project.recipe = project.recipe;
        self.project.template = project.template;
        self.project.pinned = project.pinned;
        self.desk.set_project(project.layout, project.changes);
        match project.data {
            Some(source) => self.open_data(source),
            None => self.check_again(),
        }
        self.tell(false, "The unsaved work is back; save it to keep it");
    }

    /// Puts the network of another program in place of the project's, as a step that can be undone.
    pub(super) fn take_in(&mut self, import: Import) {
        let Import {
            label,
            graph,
            mut with,
        } = import;
        match self.editor.apply_all(&label, &[Edit::Replace(graph)]) {
            Ok(()) => {
                let project = &mut self.project;
                with.swap(&mut project.recipe, &mut project.template);
                project.brought.made(label, with);
                self.go(Workspace::Build);
                self.tell(false, "Training starts from the weights of this network; undo brings the old one back".to_owned());
            }
            Err(error) => self.tell(true, error.to_string()),
        }
    }

    /// After a step of this name was undone or made again: what came with another network goes with it.
    pub(super) fn follow_brought(&mut self, label: &str, again: bool) {
        let project = &mut self.project;
        if let Some(with) = project.brought.follow(label, again) {
            with.swap(&mut project.recipe, &mut project.template);
        }
    }

    /// Closes the window, or asks first.
    pub fn ask_to_close(&mut self) {
        if !self.asks_before("Close mapsto?", Command::Quit) {
            self.may_close = true;
        }
    }
}
