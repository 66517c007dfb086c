//! What is different in the data since a run: compared on a job's thread whenever the images, their sets or the runs
//! are others.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::jobs::DataDone;
use crate::app::done::Done;
use crate::app::jobs::Jobs;
use crate::app::state::State;
use crate::app::widgets::thousands;
use crate::dataset::{Dataset, Difference, SplitRecipe, Splits};
use crate::project::{ListedRun, RunState, run_data};

/// Runs that are looked at for one on the same data.
const LOOKED_AT: usize = 20;
/// Files named in words.
const NAMED: usize = 3;

/// What is different since a run; images by their index into `dataset`.
pub struct Since {
    pub dataset: Arc<Dataset>,
    /// The folder of the run, and its number.
    pub run: PathBuf,
    pub number: u32,
    pub added: Vec<usize>,
    pub relabelled: Vec<usize>,
    /// The user has left them out.
    pub excluded: Vec<usize>,
    /// Their files have other contents.
    pub rewritten: Vec<usize>,
    /// In another set, though the sets are dealt as they were.
    pub moved: Vec<usize>,
    /// Files that are not there any more, or hold no usable image.
    pub gone: Vec<String>,
}

/// A comparison that was asked for.
#[derive(Clone)]
pub struct Compare {
    dataset: Arc<Dataset>,
    splits: Arc<Splits>,
    recipe: SplitRecipe,
    /// The runs to look at, the first on the same data counts; with what says that their files may be new.
    runs: Vec<(PathBuf, u32, RunState, bool)>,
}

impl Compare {
    fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.dataset, &other.dataset)
            && Arc::ptr_eq(&self.splits, &other.splits)
            && self.recipe == other.recipe
            && self.runs == other.runs
    }
}

/// One comparison as it is followed: what was asked for last, and what came of it.
#[derive(Default)]
pub struct Followed {
    asked: Option<Compare>,
    pub made: Option<Arc<Since>>,
    asks: u64,
}

impl Followed {
    /// Asks anew where something is other than it was.
    fn follow(&mut self, wish: Option<Compare>, which: Which, jobs: &Jobs) {
        let Some(wish) = wish else {
            (self.asked, self.made) = (None, None);
            self.asks += 1;
            return;
        };
        if self.asked.as_ref().is_some_and(|asked| asked.is(&wish)) {
            return;
        }
        self.asks += 1;
        self.asked = Some(wish.clone());
        let number = self.asks;
        jobs.start(move |_| {
            let since = compare(&wish).map(Arc::new);
            Done::Data(DataDone::Compared {
                which,
                number,
                since,
            })
        });
    }

    fn take(&mut self, number: u64, since: Option<Arc<Since>>) {
        if number == self.asks {
            self.made = since;
        }
    }
}

/// Which run the data is compared with.
#[derive(Clone, Copy)]
pub enum Which {
    /// The latest on the same data.
    Latest,
    /// The one that Train and Inspect show.
    Shown,
}

impl State {
    /// Once a frame.
    pub(in crate::app) fn follow_since(&mut self) {
        let ready = self.data.ready().filter(|_| !self.desk.remaking);
        let Some((dataset, splits)) = ready else {
            return;
        };
        let wish = |runs: Vec<&ListedRun>| {
            let known = |run: &ListedRun| {
                let info = &run.info;
                let begun = info.epochs_done > 0;
                (run.path.clone(), info.number, info.state, begun)
            };
            (!runs.is_empty()).then(|| Compare {
                dataset: dataset.clone(),
                splits: splits.clone(),
                recipe: self.project.recipe.split.clone(),
                runs: runs.into_iter().map(known).collect(),
            })
        };
        let latest = wish(self.runs.iter().rev().take(LOOKED_AT).collect());
        let path = self.shown.run().and_then(|run| run.path.as_deref());
        let of_path = |run: &&ListedRun| Some(run.path.as_path()) == path;
        let shown = wish(self.runs.iter().filter(of_path).collect());
        self.desk
            .since_latest
            .follow(latest, Which::Latest, &self.jobs);
        self.desk
            .since_shown
            .follow(shown, Which::Shown, &self.jobs);
    }

    pub(super) fn compared_data(&mut self, which: Which, number: u64, since: Option<Arc<Since>>) {
        match which {
            Which::Latest => self.desk.since_latest.take(number, since),
            Which::Shown => self.desk.since_shown.take(number, since),
        }
    }
}

fn compare(wish: &Compare) -> Option<Since> {
    let data = &wish.dataset;
    let (before, recipe, run, number) = wish.runs.iter().find_map(|(path, number, ..)| {
        let (before, recipe) = run_data(path, &data.source)?;
        Some((before, recipe, path.as_path(), *number))
    })?;
    let mut difference = Difference::between(&before.before(data), data, &wish.splits);
    if recipe.split != wish.recipe || before.test_source.is_some() {
        // Another division, by the user's own wish, is no change of the data.
        difference.moved.clear();
    }
    Some(Since::of(difference, data, run, number))
}

impl Since {
    fn of(difference: Difference, data: &Arc<Dataset>, run: &Path, number: u32) -> Self {
        let images = |files: &[String]| -> Vec<usize> {
            files
                .iter()
                .filter_map(|file| data.index_of(file))
                .collect()
        };
        let (mut excluded, mut gone) = (Vec::new(), Vec::new());
        for file in difference.removed {
            match data.index_of(&file) {
                Some(index) => excluded.push(index),
                None => gone.push(file),
            }
        }
        let relabelled = difference.relabelled.iter();
        let relabelled = relabelled.filter_map(|(file, ..)| data.index_of(file));
        Self {
            dataset: data.clone(),
            run: run.to_path_buf(),
            number,
            added: images(&difference.added),
            relabelled: relabelled.collect(),
            excluded,
            rewritten: images(&difference.rewritten),
            moved: images(&difference.moved),
            gone,
        }
    }

    /// The images by what is different, with a name for each kind; kinds without images are left out.
    pub fn groups(&self) -> Vec<(&'static str, &[usize])> {
        let all = [
            ("Added", &self.added),
            ("Relabelled", &self.relabelled),
            ("Excluded", &self.excluded),
            ("Rewritten", &self.rewritten),
            ("Other set", &self.moved),
        ];
        let some = all.into_iter().filter(|(_, images)| !images.is_empty());
        some.map(|(name, images)| (name, images.as_slice()))
            .collect()
    }

    /// Whether nothing is different.
    pub fn is_empty(&self) -> bool {
        self.groups().is_empty() && self.gone.is_empty()
    }

    /// "Since run 3: 12 added, 2 removed, 1 relabelled".
    pub fn describe(&self) -> String {
        let counted = [
            (self.added.len(), "added"),
            (self.gone.len(), "removed"),
            (self.relabelled.len(), "relabelled"),
            (self.excluded.len(), "excluded"),
            (self.rewritten.len(), "with other contents"),
            (self.moved.len(), "in another set"),
        ];
        let told = counted.iter().filter(|(count, _)| *count > 0);
        let told: Vec<String> = told
            .map(|(count, what)| format!("{} {what}", thousands(*count as u64)))
            .collect();
        format!("Since run {}: {}", self.number, told.join(", "))
    }

    /// The files that cannot be shown, in words; empty where there are none.
    pub fn gone_words(&self) -> String {
        let Some(more) = self.gone.len().checked_sub(NAMED) else {
            return match self.gone.as_slice() {
                [] => String::new(),
                files => format!("Not in the data any more: {}", files.join(", ")),
            };
        };
        let named = self.gone.get(..NAMED).unwrap_or(&[]).join(", ");
        match more {
            0 => format!("Not in the data any more: {named}"),
            _ => {
                let more = thousands(more as u64);
                format!("Not in the data any more: {named} and {more} more")
            }
        }
    }
}
