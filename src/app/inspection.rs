//! Commands about what has been trained: which run is shown, a closer look, pictures to try.

use std::path::{Component, Path, PathBuf};

use super::command::Command;
use super::state::State;
use super::view::{InspectSet, PathPurpose, Tried, Workspace};
use crate::dataset::{Set, Source};
use crate::training::{Model, Over, Picture};

/// More pictures than this are a set, not a try.
const TRIED_AT_ONCE: usize = 100;

impl State {
    pub(super) fn carry_out_inspection(&mut self, command: Command) {
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
            Some(Source::Folder(root)) => {
                // A run folder may come from anywhere: its files lie below its root or nowhere.
                let mut parts = Path::new(file).components();
                let below = parts.all(|part| matches!(part, Component::Normal(_)));
                below.then(|| Picture::File(root.join(file)))
            }
            _ => None,
        }
    }

    pub(super) fn try_pictures(&mut self, paths: Vec<PathBuf>) {
        self.go(Workspace::Inspect);
        let model = self.shown.model().unwrap_or(Model::Live);
        let device = self.project.recipe.device.clone();
        if paths.len() > TRIED_AT_ONCE {
            let all = paths.len();
            let text = format!(
                "The first {TRIED_AT_ONCE} of {all} pictures are tried; evaluate a run on a folder for more"
            );
            self.tell(false, text);
        }
        let mut wanted = Vec::new();
        for path in paths.into_iter().take(TRIED_AT_ONCE) {
            self.tried_made += 1;
            let number = self.tried_made;
            self.tried.push(Tried {
                name: path.display().to_string(),
                texture: None,
                answer: None,
            });
            self.tried_numbers.push(number);
            wanted.push((number, path.clone()));
            let pictures = vec![Picture::File(path)];
            let ticket = self.session.predict(model.clone(), pictures, true, &device);
            self.waiting.predictions.insert(ticket, number);
        }
        self.jobs.try_pictures(wanted);
        self.tried_selected = self.tried.len().checked_sub(1);
    }
}
