//! What the window keeps of the data besides the images: how their files are read, what the user has changed, what the
//! health report says, what is being done with files. Panels read it; `commands` and `arrivals` change it.
//!
//! ```text
//! scan ─► Dataset, Splits ─ look (health; copies, with progress) ─► findings
//!   ▲            ▲
//! layout     changes ─ undo ◄─ exclude, relabel, restore, same side, accept
//! ```

mod arrivals;
mod change;
mod commands;
pub mod jobs;
mod preview;
mod since;

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::dataset::{
    Alike, Applied, Changes, Dataset, Groups, Health, InputSize, Layout, Progress, Resize, Set,
    Source, Splits,
};

use crate::network::{Report, Shape};

pub(super) use commands::{FILE_ENDINGS, is_data};
pub use preview::{DRAWS, Mixed, Preview, PreviewRow};
pub use since::Since;

/// Steps that undo remembers.
const STEPS: usize = 200;

/// The four things that are done with data, in the order of the work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DataTab {
    #[default]
    Health,
    Sets,
    Prepare,
    Balance,
}

impl DataTab {
    /// With the name of each.
    pub const ALL: [(Self, &'static str); 4] = [
        (Self::Health, "Health"),
        (Self::Sets, "Sets"),
        (Self::Prepare, "Prepare"),
        (Self::Balance, "Balance"),
    ];
}

/// A change of the data, which stays a list beside the files.
#[derive(Clone, Debug, PartialEq)]
pub enum DataChange {
    /// Leave these images out.
    Exclude(Vec<usize>),
    /// Take them back as their files say.
    Restore(Vec<usize>),
    /// Give them this class.
    Relabel(Vec<usize>, String),
    /// Give them these sets.
    SameSide(Vec<(usize, Set)>),
    /// A finding is as it should be, or counts again: its key.
    Accept(String, bool),
    /// Everything as the files say.
    RestoreAll,
}

/// One step for undo.
struct Step {
    name: String,
    before: Arc<Changes>,
    after: Arc<Changes>,
    /// It also made the recipe keep look-alikes together.
    holds: bool,
}

/// What a file job does.
#[derive(Clone)]
pub struct Applying {
    /// "Writing a copy", for people.
    pub what: &'static str,
    pub progress: Arc<Progress>,
}

/// Moves that can be taken back: the images as they were, what was moved, and the changes before.
pub struct Moved {
    pub(super) dataset: Arc<Dataset>,
    pub applied: Arc<Applied>,
    pub(super) changes: Arc<Changes>,
}

/// What a health report was asked for with.
#[derive(Clone)]
pub(super) struct Asked {
    pub dataset: Arc<Dataset>,
    pub splits: Arc<Splits>,
    pub input: Option<InputSize>,
    pub resize: Resize,
    pub changes: Arc<Changes>,
}

impl Asked {
    fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.dataset, &other.dataset)
            && Arc::ptr_eq(&self.splits, &other.splits)
            && self.input == other.input
            && self.resize == other.resize
            && self.changes.accepted == other.changes.accepted
    }
}

/// See the head of this file.
#[derive(Default)]
pub struct Desk {
    pub tab: DataTab,
    /// How the files say their classes, where the user has chosen.
    pub layout: Option<Layout>,
    pub changes: Arc<Changes>,
    /// The changes that the images at hand have.
    pub(super) made: Arc<Changes>,
    history: Vec<Step>,
    /// So many steps of the history are done; the others can be done again.
    done: usize,
    /// A job makes the changes or the sets; `again`: something is newer than what it makes.
    pub(super) remaking: bool,
    pub(super) again: bool,
    /// Why the images are not divided as the recipe says.
    pub split_fault: Option<String>,
    /// Images of each class in each fold, `[class][fold]`; empty without cross-validation.
    pub folds: Vec<Vec<usize>>,
    /// What the recipe keeps together of these images, where it was asked for.
    pub(super) together: Option<Arc<Groups>>,

    pub health: Option<Arc<Health>>,
    /// The copies, once somebody has looked for them.
    pub alike: Option<Arc<Alike>>,
    /// The look for copies that is under way.
    pub looking: Option<Arc<Progress>>,
    /// The user has ended that look.
    pub not_looked: bool,
    pub(super) asked: Option<Asked>,
    /// Whether these changes are those that are saved: asked in every frame, and there may be a million.
    saved: RefCell<Option<(Arc<Changes>, u64, bool)>>,
    pub(super) looks: u64,

    /// What is different since the latest run on this data, and since the run that is shown.
    pub(super) since_latest: since::Followed,
    pub(super) since_shown: since::Followed,
    /// How often what is different was to be shown, and for which run the last time.
    pub wanted: (u64, PathBuf),

    pub preview: Option<Arc<Preview>>,
    pub(super) preview_asked: Option<preview::Wish>,
    pub(super) previewing: bool,
    /// How often other images were asked for.
    pub(super) others: usize,
    pub(super) decoded: preview::Decoded,

    /// What is being done with files.
    pub applying: Option<Applying>,
    pub moved: Option<Moved>,
    /// Files are being put back where they were.
    pub moving_back: bool,
    /// Layout and changes of the sources that were open before, for when they come back.
    kept: HashMap<String, (Option<Layout>, Arc<Changes>)>,
}

impl Desk {
    /// Whether a job makes the changes or the sets.
    pub fn is_busy(&self) -> bool {
        self.remaking
    }

    /// What is different in the data since the latest run on it; none where nothing is, or there was no run.
    pub fn since_latest(&self) -> Option<&Arc<Since>> {
        let made = self.since_latest.made.as_ref();
        made.filter(|since| !since.is_empty())
    }

    /// The same for the run that Train and Inspect show.
    pub fn since_shown(&self) -> Option<&Arc<Since>> {
        let made = self.since_shown.made.as_ref();
        made.filter(|since| !since.is_empty())
    }

    /// What is different since the run of that folder.
    pub fn since(&self, run: &Path) -> Option<&Arc<Since>> {
        let both = [self.since_latest(), self.since_shown()];
        both.into_iter().flatten().find(|since| since.run == run)
    }

    /// Whether the changes are those of a saved project; `saves` is another number for another one.
    pub(super) fn is_saved(&self, saved: &Changes, saves: u64) -> bool {
        let mut known = self.saved.borrow_mut();
        if let Some((changes, number, same)) = known.as_ref()
            && *number == saves
            && Arc::ptr_eq(changes, &self.changes)
        {
            return *same;
        }
        let same = *saved == *self.changes;
        *known = Some((self.changes.clone(), saves, same));
        same
    }

    /// The name of the step that undo takes back.
    pub fn undo_label(&self) -> Option<&str> {
        let step = self.history.get(self.done.checked_sub(1)?)?;
        Some(&step.name)
    }

    /// The name of the step that redo makes again.
    pub fn redo_label(&self) -> Option<&str> {
        self.history.get(self.done).map(|step| step.name.as_str())
    }

    /// Other images, or the same read anew: what was known of them is known no more.
    pub(super) fn forget_images(&mut self) {
        if let Some(looking) = self.looking.take() {
            looking.cancel();
        }
        self.looks += 1;
        self.not_looked = false;
        (self.health, self.alike, self.asked) = (None, None, None);
        (self.preview, self.preview_asked, self.together) = (None, None, None);
        self.decoded = preview::Decoded::default();
        (self.since_latest, self.since_shown) = Default::default();
        self.folds.clear();
        self.split_fault = None;
        (self.remaking, self.again) = (false, false);
    }

    /// Another project, or another source: its layout and changes, without a history.
    pub(super) fn set(&mut self, layout: Option<Layout>, changes: Arc<Changes>) {
        self.layout = layout;
        self.made = changes.clone();
        self.changes = changes;
        self.history.clear();
        self.done = 0;
        self.moved = None;
        self.others = 0;
    }

    /// Another project comes.
    pub(super) fn set_project(&mut self, layout: Option<Layout>, changes: Changes) {
        self.kept.clear();
        self.set(layout, Arc::new(changes));
    }

    /// Another source comes in place of this one, which is kept for this session.
    pub(super) fn change_source(&mut self, from: Option<&Source>, to: &Source) {
        if from == Some(to) {
            return;
        }
        if let Some(from) = from {
            let known = (self.layout.clone(), self.changes.clone());
            self.kept.insert(from.to_string(), known);
        }
        let (layout, changes) = self.kept.remove(&to.to_string()).unwrap_or_default();
        self.set(layout, changes);
    }

    /// Takes a step that can be taken back; `holds` where it makes the recipe keep look-alikes together.
    pub(super) fn step(&mut self, name: String, after: Changes, holds: bool) {
        if after == *self.changes && !holds {
            return;
        }
        let after = Arc::new(after);
        self.history.truncate(self.done);
        self.history.push(Step {
            name,
            before: self.changes.clone(),
            after: after.clone(),
            holds,
        });
        if self.history.len() > STEPS {
            self.history.remove(0);
        }
        self.done = self.history.len();
        self.changes = after;
    }

    /// Takes the last step back; gives its name, and whether the recipe then holds look-alikes together no more.
    pub(super) fn undo(&mut self) -> Option<(String, bool)> {
        let step = self.history.get(self.done.checked_sub(1)?)?;
        self.changes = step.before.clone();
        self.done -= 1;
        Some((step.name.clone(), step.holds))
    }

    /// Takes the next step again; tells whether the recipe then holds look-alikes together.
    pub(super) fn redo(&mut self) -> Option<bool> {
        let step = self.history.get(self.done)?;
        self.changes = step.after.clone();
        self.done += 1;
        Some(step.holds)
    }

    /// Steps could not be made: the changes are those of the images again, and the steps since are forgotten. Tells
    /// whether one of them made the recipe hold look-alikes together.
    pub(super) fn take_back(&mut self) -> bool {
        self.changes = self.made.clone();
        let made = |step: &Step| Arc::ptr_eq(&step.after, &self.made);
        let kept = self.history.iter().rposition(made).map_or(0, |at| at + 1);
        let undone = self.history.get(kept..self.done).unwrap_or(&[]);
        let held = undone.iter().any(|step| step.holds);
        self.done = kept;
        self.history.truncate(kept);
        held
    }
}

/// The input of the network as it stands in Build, where that is images.
pub fn input_size(report: &Report) -> Option<InputSize> {
    match report.layers.first()?.output? {
        Shape::Maps {
            height,
            width,
            channels,
        } => Some(InputSize {
            height,
            width,
            channels,
        }),
        Shape::Vector { .. } | Shape::Sequence { .. } => None,
    }
}

/// Where the index of the scans and unpacked archives lie.
pub(super) fn cache_of(places: &crate::project::Places) -> PathBuf {
    places.root().join("cache")
}
