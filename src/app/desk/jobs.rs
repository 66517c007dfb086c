//! Jobs about data: scanning, dividing, looking for what is wrong, previews, and files.

use std::path::PathBuf;
use std::sync::Arc;

use super::preview::{Decoded, Made, Wish, make};
use super::since::{Since, Which};
use super::{Asked, cache_of};
use crate::app::done::{Done, Scanned};
use crate::app::jobs::Jobs;
use crate::dataset::{
    Alike, Applied, Changes, Dataset, DatasetError, Group, Groups, Health, HealthContext, Layout,
    Opening, Progress, Set, Source, SplitRecipe, copy_to, folds, health, move_back, move_files,
    split_with, together,
};

/// What a job has told of the data.
pub enum DataDone {
    /// The sets or the changes were made anew; the changes that were to be made.
    Remade {
        number: u64,
        changes: Arc<Changes>,
        result: Result<Scanned, String>,
    },
    /// A health report; `alike` once the copies are known, `last` when the look is over.
    Looked {
        look: u64,
        health: Arc<Health>,
        alike: Option<Arc<Alike>>,
        last: bool,
    },
    Preview(Made),
    Copied {
        target: PathBuf,
        result: Result<Applied, String>,
    },
    Moved {
        dataset: Arc<Dataset>,
        before: Arc<Changes>,
        result: Result<(Applied, Changes), String>,
    },
    MovedBack {
        changes: Arc<Changes>,
        stuck: Vec<(PathBuf, String)>,
    },
    /// The data compared with a run's; none where no run was on this data.
    Compared {
        which: Which,
        number: u64,
        since: Option<Arc<Since>>,
    },
}

/// What is scanned, and how.
pub struct Scan {
    pub source: Source,
    pub layout: Option<Layout>,
    pub changes: Arc<Changes>,
    pub recipe: SplitRecipe,
    pub number: u64,
    pub progress: Arc<Progress>,
}

impl Jobs {
    pub(in crate::app) fn scan(&self, scan: Scan) {
        self.start(move |places| {
            let opening = Opening {
                source: scan.source.clone(),
                layout: scan.layout,
                changes: scan.changes.as_ref().clone(),
                cache: Some(cache_of(places)),
            };
            let opened = Dataset::open_with(&opening, &scan.progress);
            let result = opened.and_then(|dataset| divided(Arc::new(dataset), &scan.recipe, None));
            Done::Scanned {
                source: scan.source,
                number: scan.number,
                result: result.map_err(|error| error.to_string()),
            }
        });
    }

    /// The same files with these changes, divided by this recipe; `groups` are known where nothing of that is new.
    pub(in crate::app) fn remake(
        &self,
        dataset: Arc<Dataset>,
        changes: Option<Arc<Changes>>,
        made: Arc<Changes>,
        recipe: SplitRecipe,
        groups: Option<Arc<Groups>>,
        number: u64,
    ) {
        self.start(move |_| {
            let changed = match &changes {
                Some(changes) => dataset.as_ref().clone().changed(changes).map(Arc::new),
                None => Ok(dataset),
            };
            let groups = groups.filter(|_| changes.is_none());
            let result = changed.and_then(|dataset| divided(dataset, &recipe, groups));
            Done::Data(DataDone::Remade {
                number,
                changes: changes.unwrap_or(made),
                result: result.map_err(|error| error.to_string()),
            })
        });
    }

    /// The health report: at once without copies where those are not known (unless `quiet`: an older report stands
    /// there meanwhile), and again with them.
    pub(in crate::app) fn look(
        &self,
        asked: Asked,
        groups: Option<Arc<Groups>>,
        alike: Option<Arc<Alike>>,
        find: Option<Arc<Progress>>,
        (look, quiet): (u64, bool),
    ) {
        self.start_many(move |_, send| {
            let tell = |alike: Option<Arc<Alike>>, last: bool| {
                let health = Arc::new(report(&asked, alike.as_deref()));
                send(Done::Data(DataDone::Looked {
                    look,
                    health,
                    alike,
                    last,
                }));
            };
            let Some(progress) = find.filter(|_| alike.is_none()) else {
                return tell(alike, true);
            };
            if !quiet {
                tell(None, false);
            }
            let found = match groups {
                Some(near) => Alike::of(&asked.dataset, &near, &progress).ok(),
                None => Alike::find(&asked.dataset, &progress).ok(),
            };
            let found = found.filter(|_| !progress.cancelled());
            tell(found.map(Arc::new), true);
        });
    }

    pub(in crate::app) fn preview(&self, wish: Wish, decoded: Decoded) {
        self.start(move |_| Done::Data(DataDone::Preview(make(&wish, &decoded))));
    }

    pub(in crate::app) fn copy_data(
        &self,
        dataset: Arc<Dataset>,
        target: PathBuf,
        progress: Arc<Progress>,
    ) {
        self.start(move |_| {
            let result = copy_to(&dataset, &target, &progress).map_err(|error| error.to_string());
            Done::Data(DataDone::Copied { target, result })
        });
    }

    pub(in crate::app) fn move_data(
        &self,
        dataset: Arc<Dataset>,
        before: Arc<Changes>,
        progress: Arc<Progress>,
    ) {
        self.start(move |_| {
            let result = move_files(&dataset, &before, &progress);
            Done::Data(DataDone::Moved {
                result: result.map_err(|error| error.to_string()),
                dataset,
                before,
            })
        });
    }

    pub(in crate::app) fn move_data_back(
        &self,
        dataset: Arc<Dataset>,
        applied: Arc<Applied>,
        changes: Arc<Changes>,
    ) {
        self.start(move |_| {
            Done::Data(DataDone::MovedBack {
                stuck: move_back(&dataset, &applied),
                changes,
            })
        });
    }
}

fn report(asked: &Asked, alike: Option<&Alike>) -> Health {
    let context = HealthContext {
        alike,
        input: asked.input,
        resize: asked.resize,
        accepted: Some(&asked.changes.accepted),
    };
    health(&asked.dataset, Some(&asked.splits), &context)
}

/// Divides images; where the recipe asks for what these cannot give (a pattern that finds nothing, more folds than
/// images), by its shares alone, and the fault is told.
fn divided(
    dataset: Arc<Dataset>,
    recipe: &SplitRecipe,
    groups: Option<Arc<Groups>>,
) -> Result<Scanned, DatasetError> {
    let groups = groups.unwrap_or_else(|| Arc::new(together(&dataset, recipe)));
    let mut fault = None;
    let splits = match split_with(&dataset, recipe, &groups) {
        Ok(splits) => splits,
        Err(error) => {
            fault = Some(error.to_string());
            let plain = SplitRecipe {
                group: Group::Single,
                folds: 0,
                fold: 0,
                seed: recipe.seed,
                ..SplitRecipe::default()
            };
            split_with(&dataset, &plain, &groups)?
        }
    };
    let dealt = if recipe.folds > 1 && fault.is_none() {
        folds(&dataset, recipe, &groups)?
    } else {
        Vec::new()
    };
    let mut counts = vec![[0; 3]; dataset.classes.len()];
    for (column, set) in Set::ALL.into_iter().enumerate() {
        count(&dataset, splits.get(set), |class| {
            if let Some(row) = counts.get_mut(class) {
                row[column] += 1;
            }
        });
    }
    let mut of_folds = vec![vec![0; dealt.len()]; dataset.classes.len()];
    for (fold, images) in dealt.iter().enumerate() {
        count(&dataset, images, |class| {
            if let Some(cell) = of_folds.get_mut(class).and_then(|row| row.get_mut(fold)) {
                *cell += 1;
            }
        });
    }
    Ok(Scanned {
        dataset,
        splits: Arc::new(splits),
        counts,
        folds: if dealt.is_empty() {
            Vec::new()
        } else {
            of_folds
        },
        fault,
        together: recipe.together.then_some(groups),
    })
}

fn count(dataset: &Dataset, images: &[usize], mut add: impl FnMut(usize)) {
    for &index in images {
        if let Some(image) = dataset.images.get(index) {
            add(image.class);
        }
    }
}
