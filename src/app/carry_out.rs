//! The one place that carries commands out.

use std::path::PathBuf;

use super::command::Command;
use super::comparison::Other;
use super::desk::is_data;
use super::open_project::WithNetwork;
use super::project_commands::is_network;
use super::state::State;
use super::view::{Data, Dialog, PathPurpose, ThemeChoice, Workspace};
use crate::dataset::Source;
use crate::network::{Edit, fit_classes, template};
use crate::project::{Recipe, Theme};
use crate::training::Job;

impl State {
    /// Does what was asked for.
    pub fn carry_out(&mut self, command: Command) {
        match command {
            Command::Go(workspace) => self.go(workspace),
            Command::ShowPalette(open) => self.palette = open,
            Command::ShowAbout(open) => self.dialog = open.then_some(Dialog::About),
            Command::ShowDialog(dialog) => self.dialog = dialog,
            Command::Confirmed(command) => self.confirmed(*command),
            Command::SetTheme(choice) => self.set_theme(choice),
            Command::Quit => self.ask_to_close(),
            Command::NewProject
            | Command::OpenProject(_)
            | Command::SaveProject
            | Command::SaveProjectAs(_)
            | Command::Recover(_) => self.carry_out_project(command),
            Command::Undo | Command::Redo if self.workspace.changes_data() => {
                self.carry_out_data(command);
            }
            Command::CancelJob => self.cancel_job(),
            Command::UseTemplate(_)
            | Command::Edit(_)
            | Command::Edits(_)
            | Command::SealEdit
            | Command::Undo
            | Command::Redo
            | Command::Select(_)
            | Command::SelectMany(_)
            | Command::Together { .. }
            | Command::PasteText { .. }
            | Command::SaveBlock(_)
            | Command::DeleteBlock(_)
            | Command::OnLayers(_) => self.carry_out_edit(command),
            Command::Compare(_) | Command::CompareFile => self.carry_out_comparison(command),
            Command::ExportCode(target, path) => self.export_code(target, path),
            Command::SetRecipe(recipe) => self.set_recipe(*recipe),
            Command::SetDevice(device) => self.set_recipe(Recipe {
                device,
                ..self.project.recipe.clone()
            }),
            Command::Train => self.train(),
            Command::Pause => self.session.pause(),
            Command::Resume => self.session.resume(),
            Command::Step => self.session.step(),
            Command::Stop => self.session.stop(),
            Command::Pin(index) => {
                self.pin(index);
                self.project.pinned = self.pinned.as_ref().map(|pinned| pinned.file.clone());
                self.changes += 1;
            }
            Command::ShowRun(_)
            | Command::ShowSet(_)
            | Command::SetSmoothing(_)
            | Command::Evaluate
            | Command::Examine(_)
            | Command::TryPictures(_)
            | Command::ExamineTried(_)
            | Command::ClearTried => self.carry_out_inspection(command),
            Command::Dismiss(id) => self.keep_notices(|notice, _| notice.id != id),
            _ => self.carry_out_data(command),
        }
    }

    fn confirmed(&mut self, command: Command) {
        self.waiting.confirmed = true;
        self.carry_out(command);
        self.waiting.confirmed = false;
    }

    fn set_theme(&mut self, choice: ThemeChoice) {
        self.settings.theme = match choice {
            ThemeChoice::Light => Theme::Light,
            ThemeChoice::Dark => Theme::Dark,
            ThemeChoice::System => Theme::System,
        };
        super::theme::apply(&self.ctx, choice);
        self.jobs.save_settings(self.settings.clone());
    }

    fn cancel_job(&mut self) {
        if let Some(scan) = &self.waiting.scan {
            scan.cancel();
        } else if let Some(applying) = &self.desk.applying {
            applying.progress.cancel();
        } else if let Some(looking) = &self.desk.looking {
            looking.cancel();
        }
        self.shown.cancel_evaluation();
    }

    /// The last layer of a template's network follows the number of classes by itself.
    pub fn fit_classes(&mut self) {
        let Some((data, _)) = self.data.ready() else {
            return;
        };
        let classes = data.classes.len();
        let Some(from) = self.project.template.as_deref().and_then(template) else {
            return;
        };
        let loss = self.project.recipe.loss;
        let fitted = from.fitted_loss(Some(classes));
        if loss != fitted && loss == from.loss {
            self.project.recipe.loss = fitted;
        }
        let loss = self.project.recipe.loss;
        if let Some(remedy) = fit_classes(self.editor.graph(), loss, classes) {
            let done = self.editor.apply_all(&remedy.label, &remedy.edits);
            match done {
                Ok(()) => self.tell(
                    false,
                    format!("The last layer now has a unit for each of the {classes} classes"),
                ),
                Err(error) => self.tell(true, error.to_string()),
            }
        }
    }

    pub(super) fn use_template(&mut self, name: &str) {
        let Some(chosen) = template(name) else { return };
        let classes = self.data.ready().map(|(data, _)| data.classes.len());
        let images = self.data.ready().map(|(data, _)| data.usual_size());
        let fitted = chosen.for_images(images, classes);
        let label = format!("use {}", chosen.title);
        let step = self.editor.revision();
        let edits = [Edit::Replace(fitted.graph)];
        if let Err(error) = self.editor.apply_all(&label, &edits) {
            self.tell(true, error.to_string());
            return;
        }
        if !fitted.changes.is_empty() {
            let changes = fitted.changes.join("; ");
            self.tell(false, format!("{} fitted: {changes}", chosen.title));
        }
        // The recipe comes with the template; what belongs to the machine and the data stays.
        let recipe = Recipe {
            loss: chosen.fitted_loss(classes),
            ..Recipe::for_template(chosen)
        };
        let mut with = WithNetwork {
            start: None,
            loss: recipe.loss,
            template: Some(chosen.name.to_owned()),
            recipe: Some(Box::new(recipe)),
        };
        let project = &mut self.project;
        with.swap(&mut project.recipe, &mut project.template);
        // The same network again is no step.
        if self.editor.revision() != step {
            project.brought.made(label, with);
        }
        self.select(Vec::new());
    }

    fn set_recipe(&mut self, recipe: Recipe) {
        let split = recipe.split != self.project.recipe.split;
        self.project.recipe = recipe;
        match &self.data {
            Data::Ready { .. } if split => self.remake(),
            // The scan would deal the images out by the old recipe.
            Data::Scanning { source, .. } if split => self.open_data(source.clone()),
            _ => {}
        }
        self.check_again();
    }

    fn train(&mut self) {
        self.refresh_blocked();
        if let Some(reason) = self.train_blocked.clone() {
            self.tell(true, reason);
            return;
        }
        let Some(network) = self.report.network.clone() else {
            return;
        };
        let Some((data, splits)) = self.data.ready() else {
            return;
        };
        let title = match &self.project.template {
            Some(template) => template.clone(),
            None => self.project.name.clone(),
        };
        let job = Job {
            network,
            graph: self.editor.graph().clone(),
            title,
            data: data.clone(),
            test: None,
            splits: splits.as_ref().clone(),
            recipe: self.project.recipe.clone().found_in(&self.project.folder()),
            runs_dir: self.runs_dir(),
        };
        self.shown.follow();
        self.training_begins();
        self.session.train(job);
        self.status = self.session.status();
        if self.workspace != Workspace::Build {
            self.go(Workspace::Train);
        }
    }

    /// Paths that were typed, chosen or dropped.
    pub fn path_given(&mut self, purpose: PathPurpose, paths: Vec<PathBuf>) {
        let first = paths.first().cloned();
        match (purpose, first) {
            (PathPurpose::TryPictures, _) => self.try_pictures(paths),
            (_, None) => {}
            (PathPurpose::CopyData, Some(path)) => {
                self.carry_out(Command::CopyData(Some(path)));
            }
            (PathPurpose::ChooseFolder | PathPurpose::DataFile, Some(path)) => {
                self.carry_out(Command::OpenData(Source::Folder(path)));
            }
            (PathPurpose::OpenProject, Some(path)) => {
                self.carry_out(Command::OpenProject(Some(path)));
            }
            (PathPurpose::ExportCode(target), Some(path)) => {
                self.carry_out(Command::ExportCode(target, Some(path)));
            }
            (PathPurpose::CompareNetwork, Some(path)) => self.compare(Other::File(path)),
            (PathPurpose::SaveProjectAs, Some(path)) => {
                self.carry_out(Command::SaveProjectAs(Some(path)));
            }
        }
    }

    /// What was dropped on the window: a folder of images, a project, or pictures to try.
    pub fn dropped(&mut self, paths: Vec<PathBuf>) {
        let Some(first) = paths.first().cloned() else {
            return;
        };
        if first.is_dir() {
            self.carry_out(Command::OpenData(Source::Folder(first)));
        } else if first.extension().is_some_and(|e| e == "mapsto") || is_network(&first) {
            self.carry_out(Command::OpenProject(Some(first)));
        } else if is_data(&first) {
            self.carry_out(Command::OpenData(Source::Folder(first)));
        } else {
            self.try_pictures(paths);
        }
    }
}
