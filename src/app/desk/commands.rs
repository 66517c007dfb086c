//! Commands about data.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::change::{asking, changed};
use super::jobs::Scan;
use super::preview::{IMAGES, Wish};
use super::{Applying, Asked, DataChange, DataTab, input_size};
use crate::app::command::Command;
use crate::app::state::State;
use crate::app::view::{Data, Dialog, PathPurpose, Workspace};
use crate::dataset::{Changes, Layout, Progress, Source};

/// What can be opened as a file that stands for a folder of images, by the end of its name.
pub const FILE_ENDINGS: [&str; 11] = [
    "zip", "tar", "tgz", "gz", "csv", "tsv", "txt", "lst", "idx", "ubyte", "bin",
];

/// Whether a file that was dropped is data, not a picture.
pub(in crate::app) fn is_data(path: &Path) -> bool {
    let ending = path.extension().unwrap_or_default().to_string_lossy();
    let ending = ending.to_lowercase();
    // MNIST's files end in "-ubyte" without a dot of their own.
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    FILE_ENDINGS.contains(&ending.as_str()) || name.contains("-ubyte")
}

impl State {
    pub(in crate::app) fn carry_out_data(&mut self, command: Command) {
        match command {
            Command::ChooseFolder => self.jobs.choose(PathPurpose::ChooseFolder, String::new()),
            Command::ChooseDataFile => self.jobs.choose(PathPurpose::DataFile, String::new()),
            Command::OpenData(source) => {
                self.go(Workspace::Data);
                self.desk
                    .change_source(self.project.source.as_ref(), &source);
                self.open_data(source);
            }
            Command::RescanData => {
                if let Some(source) = self.project.source.clone() {
                    self.open_data(source);
                }
            }
            Command::ShowData(tab) => {
                self.go(Workspace::Data);
                self.desk.tab = tab;
            }
            Command::ShowSince(run) => {
                self.go(Workspace::Data);
                self.desk.tab = DataTab::Health;
                self.desk.wanted = (self.desk.wanted.0 + 1, run);
            }
            Command::ReadAs(layout) => self.read_as(layout),
            Command::ChangeData(change) => self.change_data(&change),
            Command::Undo | Command::UndoData => {
                if let Some((name, held)) = self.desk.undo() {
                    self.tell(false, format!("Undone: {name}"));
                    self.hold_together(held, false);
                }
            }
            Command::Redo | Command::RedoData => self.redo_data(),
            Command::LookAgain => {
                self.desk.not_looked = false;
                self.desk.asked = None;
            }
            Command::OtherImages => self.desk.others += 1,
            Command::CopyData(None) => self.jobs.choose(PathPurpose::CopyData, String::new()),
            Command::CopyData(Some(target)) => self.copy_data(target),
            Command::MoveFiles => self.move_files(),
            Command::MoveBack => {
                if let Some(moved) = self.desk.moved.take() {
                    self.desk.moving_back = true;
                    self.jobs
                        .move_data_back(moved.dataset, moved.applied, moved.changes);
                }
            }
            _ => {}
        }
    }

    fn redo_data(&mut self) {
        if let Some(holds) = self.desk.redo() {
            self.hold_together(holds, true);
        }
    }

    /// The changes are new, and where a step says so the recipe keeps look-alikes together or no more.
    fn hold_together(&mut self, says: bool, together: bool) {
        let split = &mut self.project.recipe.split;
        if says && split.together != together {
            split.together = together;
            self.changes += 1;
            return self.remake();
        }
        self.changes_follow();
    }

    fn read_as(&mut self, layout: Option<Layout>) {
        self.desk.layout = layout;
        if let Some(source) = self.project.source.clone() {
            self.open_data(source);
        }
    }

    /// Reads images; what was being read before is given up.
    pub(in crate::app) fn open_data(&mut self, source: Source) {
        if let Some(scan) = self.waiting.scan.take() {
            scan.cancel();
        }
        self.scans += 1;
        self.desk.forget_images();
        self.desk.made = self.desk.changes.clone();
        let progress = Arc::new(Progress::default());
        self.waiting.scan = Some(progress.clone());
        self.project.source = Some(source.clone());
        self.data = Data::Scanning {
            source: source.clone(),
            progress: progress.clone(),
        };
        self.pinned = None;
        self.jobs.scan(Scan {
            source,
            layout: self.desk.layout.clone(),
            changes: self.desk.changes.clone(),
            recipe: self.project.recipe.split.clone(),
            number: self.scans,
            progress,
        });
        self.check_again();
    }

    fn change_data(&mut self, change: &DataChange) {
        if *change == DataChange::RestoreAll {
            let accepted = self.desk.changes.accepted.clone();
            let after = Changes {
                accepted,
                ..Changes::default()
            };
            self.desk.step(
                "take all images as their files say".to_owned(),
                after,
                false,
            );
            return match &self.data {
                Data::Failed { source, .. } => self.open_data(source.clone()),
                _ => self.changes_follow(),
            };
        }
        let Some((data, _)) = self.data.ready() else {
            return;
        };
        let (name, after) = changed(data, &self.desk.changes, change);
        // Sets that the folder does not give are dealt out by the recipe: only it can hold images together.
        let holds =
            matches!(change, DataChange::SameSide(_)) && !self.project.recipe.split.together;
        self.desk.step(name, after, holds);
        if holds {
            self.tell(false, "The split now keeps look-alikes together");
        }
        self.hold_together(holds, true);
    }

    /// The changes are new: the images follow.
    fn changes_follow(&mut self) {
        self.changes += 1;
        let (new, made) = (&self.desk.changes, &self.desk.made);
        let same = new.excluded == made.excluded
            && new.relabelled == made.relabelled
            && new.moved == made.moved;
        if !same || self.desk.remaking {
            self.remake();
        } else {
            self.desk.made = self.desk.changes.clone();
        }
    }

    /// Makes the images and their sets anew, in a job; the newest wish wins.
    pub(in crate::app) fn remake(&mut self) {
        let Some((dataset, _)) = self.data.ready() else {
            return;
        };
        if self.desk.remaking {
            self.desk.again = true;
            return;
        }
        self.desk.remaking = true;
        let changed = !Arc::ptr_eq(&self.desk.changes, &self.desk.made);
        self.jobs.remake(
            dataset.clone(),
            changed.then(|| self.desk.changes.clone()),
            self.desk.made.clone(),
            self.project.recipe.split.clone(),
            self.desk
                .together
                .clone()
                .filter(|_| self.project.recipe.split.together),
            self.scans,
        );
    }

    /// Once a frame: the health report and the preview follow what they are about.
    pub(in crate::app) fn follow_desk(&mut self) {
        let Some((dataset, splits)) = self.data.ready() else {
            return;
        };
        let asked = Asked {
            dataset: dataset.clone(),
            splits: splits.clone(),
            input: input_size(&self.report),
            resize: self.project.recipe.preprocess.resize,
            changes: self.desk.changes.clone(),
        };
        let known = self.desk.asked.as_ref();
        if known.is_none_or(|known| !known.is(&asked)) && !self.desk.remaking {
            let new_images = known.is_none_or(|known| !Arc::ptr_eq(&known.dataset, dataset));
            self.look(asked, new_images);
        }
        if self.workspace == Workspace::Data && self.desk.tab == DataTab::Prepare {
            self.preview();
        }
    }

    fn look(&mut self, asked: Asked, new_images: bool) {
        let desk = &mut self.desk;
        if let Some(looking) = desk.looking.take() {
            looking.cancel();
        }
        if new_images {
            desk.alike = None;
        }
        desk.looks += 1;
        let find = (desk.alike.is_none() && !desk.not_looked).then(Arc::<Progress>::default);
        desk.looking.clone_from(&find);
        desk.asked = Some(asked.clone());
        let (groups, alike) = (desk.together.clone(), desk.alike.clone());
        let quiet = desk.health.is_some();
        let look = (desk.looks, quiet);
        self.jobs.look(asked, groups, alike, find, look);
    }

    fn preview(&mut self) {
        let Some(wish) = self.preview_wish() else {
            return;
        };
        let desk = &mut self.desk;
        let known = desk.preview_asked.as_ref();
        if desk.previewing || known.is_some_and(|known| known.is(&wish)) {
            return;
        }
        desk.previewing = true;
        desk.preview_asked = Some(wish.clone());
        self.jobs.preview(wish, self.desk.decoded.clone());
    }

    fn preview_wish(&self) -> Option<Wish> {
        let (dataset, splits) = self.data.ready()?;
        let recipe = &self.project.recipe;
        // Spread over the training images, which are sorted by class; the pinned one first.
        let train = &splits.train;
        let pinned = self.pinned.as_ref().map(|pinned| pinned.index);
        let place = |number: usize| {
            let stride = (train.len() / IMAGES).max(1);
            let at = number * stride + (stride / 2 + self.desk.others * 7919) % stride;
            train.get(at % train.len().max(1)).copied()
        };
        let mut images: Vec<usize> = Vec::new();
        for index in pinned.into_iter().chain((0..IMAGES).filter_map(place)) {
            if images.len() < IMAGES && !images.contains(&index) {
                images.push(index);
            }
        }
        Some(Wish {
            dataset: dataset.clone(),
            splits: splits.clone(),
            images,
            size: input_size(&self.report)?,
            preprocess: recipe.preprocess.clone(),
            augment: recipe.augment.clone(),
            seed: recipe.seed,
        })
    }

    fn copy_data(&mut self, target: PathBuf) {
        let Some((dataset, _)) = self.data.ready() else {
            return;
        };
        if self.desk.applying.is_some() {
            self.tell(true, "Files are being written already; wait or cancel that");
            return;
        }
        let dataset = dataset.clone();
        let progress = self.apply("Writing a copy");
        self.jobs.copy_data(dataset, target, progress);
    }

    fn apply(&mut self, what: &'static str) -> Arc<Progress> {
        let progress = Arc::new(Progress::default());
        self.desk.applying = Some(Applying {
            what,
            progress: progress.clone(),
        });
        progress
    }

    /// Moves files, after asking.
    fn move_files(&mut self) {
        let Some((dataset, _)) = self.data.ready() else {
            return;
        };
        let dataset = dataset.clone();
        if self.desk.applying.is_some() || self.desk.remaking || self.desk.moving_back {
            self.tell(
                true,
                "The changes are still being made; try again in a moment",
            );
            return;
        }
        if !self.waiting.confirmed {
            let (title, text) = asking(&dataset, &self.desk.changes);
            self.dialog = Some(Dialog::Confirm {
                title,
                text,
                yes: "Move files".to_owned(),
                then: Box::new(Command::MoveFiles),
            });
            return;
        }
        let progress = self.apply("Moving files");
        self.jobs
            .move_data(dataset, self.desk.changes.clone(), progress);
    }
}
