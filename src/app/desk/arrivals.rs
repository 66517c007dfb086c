//! What the jobs about data have come to.

use std::path::PathBuf;
use std::sync::Arc;

use super::jobs::DataDone;
use super::preview::Made;
use super::{Moved, Preview, PreviewRow};
use crate::app::done::Scanned;
use crate::app::state::State;
use crate::app::thumbnails::{Thumbnails, upload};
use crate::app::view::Data;
use crate::app::widgets::thousands;
use crate::dataset::{Applied, Changes, Dataset, Source};

impl State {
    pub(in crate::app) fn take_data(&mut self, done: DataDone) {
        match done {
            DataDone::Remade {
                number,
                changes,
                result,
            } => {
                if number == self.scans {
                    self.remade(changes, result);
                }
            }
            DataDone::Looked {
                look,
                health,
                alike,
                last,
            } if look == self.desk.looks => {
                self.desk.health = Some(health);
                if last && self.desk.looking.take().is_some() && alike.is_none() {
                    self.desk.not_looked = true;
                }
                if alike.is_some() {
                    self.desk.alike = alike;
                }
            }
            DataDone::Looked { .. } => {}
            DataDone::Preview(made) => {
                self.desk.previewing = false;
                // What is asked for no more is of other images.
                if self.desk.preview_asked.is_some() {
                    self.desk.preview = Some(Arc::new(self.uploaded(made)));
                }
            }
            DataDone::Copied { target, result } => {
                self.desk.applying = None;
                let place = target.display();
                match result {
                    Ok(applied) => self.tell_applied(
                        &applied,
                        &format!("{} images are written to {place}", count(&applied)),
                    ),
                    Err(message) => self.tell(true, message),
                }
            }
            DataDone::Moved {
                dataset,
                before,
                result,
            } => self.moved(dataset, before, result),
            DataDone::MovedBack { changes, stuck } => self.moved_back(changes, &stuck),
            DataDone::Compared {
                which,
                number,
                since,
            } => self.compared_data(which, number, since),
        }
    }

    fn moved(
        &mut self,
        dataset: Arc<Dataset>,
        before: Arc<Changes>,
        result: Result<(Applied, Changes), String>,
    ) {
        self.desk.applying = None;
        match result {
            Ok((applied, left)) => {
                let words = format!("{} files are moved", count(&applied));
                self.tell_applied(&applied, &words);
                self.desk.set(self.desk.layout.clone(), Arc::new(left));
                self.desk.moved = (!applied.done.is_empty()).then(|| Moved {
                    dataset,
                    applied: Arc::new(applied),
                    changes: before,
                });
                self.read_again();
            }
            Err(message) => self.tell(true, message),
        }
    }

    fn moved_back(&mut self, changes: Arc<Changes>, stuck: &[(PathBuf, String)]) {
        self.desk.moving_back = false;
        self.desk.set(self.desk.layout.clone(), changes);
        match stuck.first() {
            None => self.tell(false, "All files are back where they were"),
            Some((path, reason)) => {
                let (path, count) = (path.display(), stuck.len());
                let words =
                    format!("{count} files could not be moved back, {path} the first: {reason}");
                self.tell(true, words);
            }
        }
        self.read_again();
    }

    fn tell_applied(&mut self, applied: &Applied, words: &str) {
        match &applied.stopped {
            None => self.tell(false, words),
            Some(reason) => self.tell(true, format!("{words}; then it stopped: {reason}")),
        }
    }

    fn read_again(&mut self) {
        if let Some(source) = self.project.source.clone() {
            self.open_data(source);
        }
    }

    fn remade(&mut self, changes: Arc<Changes>, result: Result<Scanned, String>) {
        self.desk.remaking = false;
        let again = std::mem::take(&mut self.desk.again);
        match result {
            Ok(scanned) => {
                self.desk.made = changes;
                self.take_scanned(scanned, true);
            }
            Err(message) => {
                if self.desk.take_back() {
                    self.project.recipe.split.together = false;
                }
                self.tell(true, message);
            }
        }
        if again {
            self.remake();
        }
        self.check_again();
    }

    /// Images with their sets are there, from a scan or as remade from those at hand.
    fn take_scanned(&mut self, scanned: Scanned, remade: bool) {
        if !remade {
            self.thumbnails = Thumbnails::new(&scanned.dataset, &self.ctx);
        }
        self.desk.folds = scanned.folds;
        self.desk.together = scanned.together;
        self.desk.split_fault = scanned.fault;
        self.data = Data::Ready {
            dataset: scanned.dataset,
            splits: scanned.splits,
            counts: scanned.counts,
        };
        self.fit_classes();
        let class = self.data.ready().and_then(|(data, _)| {
            let pinned = self.pinned.as_ref()?;
            Some(data.class_of(pinned.index).to_owned())
        });
        if let (Some(class), Some(pinned)) = (class, &mut self.pinned) {
            pinned.class = class;
        }
    }

    pub(in crate::app) fn scanned(&mut self, source: Source, result: Result<Scanned, String>) {
        self.waiting.scan = None;
        match result {
            Ok(scanned) => {
                let first = scanned.splits.validation.first().copied();
                let named = self.project.pinned.as_deref();
                let pinned = named.and_then(|file| scanned.dataset.index_of(file));
                let gone = scanned.dataset.unmatched(&self.desk.changes);
                self.take_scanned(scanned, false);
                self.pin(pinned.or(first).unwrap_or(0));
                if gone > 0 {
                    let gone = thousands(gone as u64);
                    let words = format!(
                        "{gone} of the images that you have changed are not in the data any more; the list keeps them"
                    );
                    self.tell(false, words);
                }
            }
            Err(message) => self.data = Data::Failed { source, message },
        }
        self.check_again();
    }

    fn uploaded(&self, made: Made) -> Preview {
        let rows = made.rows.into_iter().map(|row| PreviewRow {
            index: row.index,
            original: upload(&self.ctx, row.original),
            input: upload(&self.ctx, row.input),
            draws: row
                .draws
                .into_iter()
                .map(|(draw, mixed)| (upload(&self.ctx, draw), mixed))
                .collect(),
        });
        Preview {
            rows: rows.collect(),
            normalise: made.normalise,
            size: made.size,
        }
    }
}

fn count(applied: &Applied) -> String {
    thousands(applied.done.len() as u64)
}
