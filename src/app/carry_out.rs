//! The one place that carries commands out.

use std::path::PathBuf;
use std::sync::Arc;

use super::command::Command;
use super::state::{State, fresh_project};
use super::view::{Data, Dialog, InspectSet, PathPurpose, ThemeChoice, Tried, Workspace};
use crate::dataset::{Progress, Set, Source};
use crate::network::{Edit, fit_classes, template};
use crate::project::{Recipe, Theme};
use crate::training::{Job, Model, Over, Picture};

impl State {
    /// Does what was asked for.
    pub fn carry_out(&mut self, command: Command) {
        match command {
            Command::Go(workspace) => self.go(workspace),
            Command::ShowPalette(open) => self.palette = open,
            Command::ShowAbout(open) => self.dialog = open.then_some(Dialog::About),
            Command::ShowDialog(dialog) => self.dialog = dialog,
            Command::SetTheme(choice) => self.set_theme(choice),
            Command::Quit => self.ask_to_close(),
            Command::NewProject
            | Command::OpenProject(_)
            | Command::SaveProject
            | Command::SaveProjectAs(_)
            | Command::Recover(_) => self.carry_out_project(command),
            Command::ChooseFolder => self.jobs.choose(PathPurpose::ChooseFolder, String::new()),
            Command::OpenData(source) => {
                self.go(Workspace::Data);
                self.open_data(source);
            }
            Command::RescanData => {
                if let Some(source) = self.project.source.clone() {
                    self.open_data(source);
                }
            }
            Command::CancelJob => self.cancel_job(),
            Command::UseTemplate(_)
            | Command::Edit(_)
            | Command::Edits(_)
            | Command::SealEdit
            | Command::Undo
            | Command::Redo
            | Command::Select(_) => self.carry_out_edit(command),
            Command::SetRecipe(recipe) => self.set_recipe(recipe),
            Command::SetDevice(device) => {
                let mut recipe = self.project.recipe.clone();
                recipe.device = device;
                self.set_recipe(recipe);
            }
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
        }
    }

    fn carry_out_project(&mut self, command: Command) {
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
                self.jobs.open_project(path);
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
        let confirmed = matches!(self.dialog.take(), Some(Dialog::Confirm { .. }));
        let training = self.status.phase.is_active();
        let unsaved = !self.project.untitled && self.is_unsaved();
        if confirmed || !(training || unsaved) {
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
        let project = recovery.project;
        self.editor
            .apply(Edit::Replace(project.graph.clone()))
            .map_err(|error| self.tell(true, error.to_string()))
            .ok();
        self.project.recipe = project.recipe;
        self.project.template = project.template;
        self.project.pinned = project.pinned;
        if let Some(path) = recovery.original
            && !self.jobs.places.is_untitled(&path)
        {
            // Unsaved still, but it knows where it belongs.
            self.project.name = super::state::name_of(&path);
        }
        match project.data {
            Some(source) => self.open_data(source),
            None => self.check_again(),
        }
        self.tell(false, "The unsaved work is back; save it to keep it");
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

    /// Reads images; what was being read before is given up.
    pub fn open_data(&mut self, source: Source) {
        if let Some(scan) = self.waiting.scan.take() {
            scan.cancel();
        }
        self.scans += 1;
        let progress = Arc::new(Progress::default());
        self.waiting.scan = Some(progress.clone());
        self.project.source = Some(source.clone());
        self.data = Data::Scanning {
            source: source.clone(),
            progress: progress.clone(),
        };
        self.pinned = None;
        let recipe = self.project.recipe.split.clone();
        self.jobs.scan(source, recipe, self.scans, progress);
        self.check_again();
    }

    fn cancel_job(&mut self) {
        if let Some(scan) = &self.waiting.scan {
            scan.cancel();
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

    fn carry_out_edit(&mut self, command: Command) {
        let done = match command {
            Command::UseTemplate(name) => {
                self.use_template(name);
                Ok(None)
            }
            Command::Edit(edit) => self.editor.apply(edit),
            Command::Edits(edits) => {
                let label = edits.first().map(|edit| edit.label(self.editor.graph()));
                let label = label.unwrap_or_default();
                self.editor.apply_all(&label, &edits).map(|()| None)
            }
            Command::SealEdit => {
                self.editor.seal();
                Ok(None)
            }
            Command::Undo => {
                self.editor.undo();
                Ok(None)
            }
            Command::Redo => {
                self.editor.redo();
                Ok(None)
            }
            Command::Select(id) => {
                self.selected = id;
                return;
            }
            _ => return,
        };
        match done {
            Ok(Some(new)) => self.selected = Some(new),
            Ok(None) => {}
            Err(error) => self.tell(true, error.to_string()),
        }
        self.check_again();
    }

    fn use_template(&mut self, name: &str) {
        let Some(chosen) = template(name) else { return };
        let classes = self.data.ready().map(|(data, _)| data.classes.len());
        let graph = chosen.graph(classes);
        if let Err(error) = self.editor.apply(Edit::Replace(graph)) {
            self.tell(true, error.to_string());
            return;
        }
        // The recipe comes with the template; what belongs to the machine and the data stays.
        let old = &self.project.recipe;
        let mut recipe = Recipe {
            device: old.device.clone(),
            split: old.split.clone(),
            ..Recipe::for_template(chosen)
        };
        recipe.set_seed(old.seed);
        recipe.loss = chosen.fitted_loss(classes);
        self.project.recipe = recipe;
        self.project.template = Some(chosen.name.to_owned());
        self.selected = None;
    }

    fn set_recipe(&mut self, recipe: Recipe) {
        let split = recipe.split != self.project.recipe.split;
        self.project.recipe = recipe;
        if split && let Some((data, _)) = self.data.ready() {
            self.scans += 1;
            let recipe = self.project.recipe.split.clone();
            self.jobs.split_again(data.clone(), recipe, self.scans);
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
            recipe: self.project.recipe.clone(),
            runs_dir: self.runs_dir(),
        };
        self.shown.follow();
        self.session.train(job);
        self.status = self.session.status();
        if self.workspace != Workspace::Build {
            self.go(Workspace::Train);
        }
    }

    fn carry_out_inspection(&mut self, command: Command) {
        match command {
            Command::ShowRun(path) => self.shown.choose(path),
            Command::ShowSet(set) => self.shown.show_set(set),
            Command::SetSmoothing(factor) => self.curves.smoothing = factor.clamp(0.0, 0.99),
            Command::Evaluate => {
                if let Some((path, set)) = self.shown.to_evaluate() {
                    let set = match set {
                        InspectSet::Validation => Set::Validation,
                        InspectSet::Test => Set::Test,
                    };
                    let device = &self.project.recipe.device;
                    let asked = self.session.evaluate(path.clone(), Over::Own(set), device);
                    self.shown.evaluation_asked(asked.0, path, asked.1);
                }
            }
            Command::Examine(row) => self.examine(row),
            Command::TryPictures(None) => {
                self.go(Workspace::Inspect);
                self.jobs.choose(PathPurpose::TryPictures, String::new());
            }
            Command::TryPictures(Some(paths)) => self.try_pictures(paths),
            Command::ExamineTried(index) => self.tried_selected = index,
            Command::ClearTried => {
                self.tried.clear();
                self.tried_numbers.clear();
                self.tried_selected = None;
            }
            _ => {}
        }
    }

    fn examine(&mut self, row: Option<usize>) {
        self.shown.examine(row);
        self.waiting.examined = None;
        let Some(picture) = row.and_then(|row| self.picture_of(row)) else {
            return;
        };
        let Some(model) = self.shown.model() else {
            return;
        };
        let device = &self.project.recipe.device;
        let ticket = self.session.predict(model, vec![picture], true, device);
        self.waiting.examined = Some(ticket);
    }

    /// The image behind a row of the shown evaluation.
    fn picture_of(&self, row: usize) -> Option<Picture> {
        let run = self.shown.run()?;
        let file = &run.evaluation.as_ref()?.rows.get(row)?.file;
        let here = self.data.ready().map(|(data, _)| data);
        let source = run
            .stored
            .as_ref()
            .and_then(|stored| stored.data.as_ref())
            .map(|data| &data.source);
        if let Some(data) = here
            && source.is_none_or(|source| *source == data.source)
            && let Some(index) = data.index_of(file)
        {
            return Some(Picture::Of {
                data: data.clone(),
                index,
            });
        }
        match source {
            Some(Source::Folder(root)) => Some(Picture::File(root.join(file))),
            _ => None,
        }
    }

    fn try_pictures(&mut self, paths: Vec<PathBuf>) {
        self.go(Workspace::Inspect);
        let model = self.shown.model().unwrap_or(Model::Live);
        let device = self.project.recipe.device.clone();
        for path in paths {
            self.tried_made += 1;
            let number = self.tried_made;
            self.tried.push(Tried {
                name: path.display().to_string(),
                texture: None,
                answer: None,
            });
            self.tried_numbers.push(number);
            self.jobs.try_picture(number, path.clone());
            let pictures = vec![Picture::File(path)];
            let ticket = self
                .session
                .predict(model.clone(), pictures, true, &device);
            self.waiting.predictions.insert(ticket, number);
        }
        self.tried_selected = self.tried.len().checked_sub(1);
    }

    /// Paths that were typed, chosen or dropped.
    pub fn path_given(&mut self, purpose: PathPurpose, paths: Vec<PathBuf>) {
        let first = paths.first().cloned();
        match (purpose, first) {
            (PathPurpose::TryPictures, _) => self.try_pictures(paths),
            (_, None) => {}
            (PathPurpose::ChooseFolder, Some(path)) => {
                self.carry_out(Command::OpenData(Source::Folder(path)));
            }
            (PathPurpose::OpenProject, Some(path)) => {
                self.carry_out(Command::OpenProject(Some(path)));
            }
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
        } else if first.extension().is_some_and(|e| e == "mapsto") {
            self.carry_out(Command::OpenProject(Some(first)));
        } else {
            self.try_pictures(paths);
        }
    }

    /// Closes the window, or asks first.
    pub fn ask_to_close(&mut self) {
        if !self.asks_before("Close mapsto?", Command::Quit) {
            self.may_close = true;
        }
    }
}
