//! Images to training, validation and test: as the folder gives them, or dealt out by a seed, class by class.
//!
//! ```text
//! Dataset ─ bonds (folder, pattern, near-duplicates) ─► Groups ─┐
//!    └─ given sets stay ─ the rest: deal (each image alone) or units (groups whole) ─► Splits
//! ```

mod bonds;
mod deal;
mod loosen;
mod units;

use serde::{Deserialize, Serialize};

use super::health::{Groups, near_duplicates, same_sums};
use super::{Dataset, DatasetError, Progress, Set};

pub use bonds::bonds;

/// How images are divided where the folder does not say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SplitRecipe {
    /// Share of validation, 0 to 1.
    pub validation: f64,
    /// Share of test, 0 to 1.
    pub test: f64,
    /// The same seed gives the same sets.
    pub seed: u64,
    /// What stays on one side.
    pub group: Group,
    /// Pictures that look alike stay on one side, whatever their names.
    pub together: bool,
    /// Cross-validation: the images are dealt to this many folds of equal size…
    pub folds: usize,
    /// …and this one, counted from 1, is validation; 0 with `folds`: none. The test set is as without folds.
    pub fold: usize,
}

/// Images that belong together, so that none of them is in training while another is in validation or test.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "of", rename_all = "snake_case")]
pub enum Group {
    /// Each image is for itself.
    #[default]
    Single,
    /// The images of a folder, where folders stand below a class.
    Folder,
    /// Images in whose names this regular expression finds the same (its first group, or all of it).
    Pattern(String),
}

impl Default for SplitRecipe {
    fn default() -> Self {
        Self {
            validation: 0.1,
            test: 0.1,
            seed: 42,
            group: Group::Single,
            together: true,
            folds: 0,
            fold: 0,
        }
    }
}

/// Indices into [`Dataset::images`], ascending; no image is in two sets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Splits {
    /// The network learns from these.
    pub train: Vec<usize>,
    /// These choose the best epoch.
    pub validation: Vec<usize>,
    /// These are looked at after training only.
    pub test: Vec<usize>,
    /// Look-alikes that are not kept on one side, because validation or test would have had next to nothing: their
    /// groups. Files of equal content among them are on one side all the same.
    #[serde(default, skip_serializing_if = "Groups::is_empty")]
    pub apart: Groups,
}

impl Splits {
    /// The images of one set.
    pub fn get(&self, set: Set) -> &[usize] {
        match set {
            Set::Train => &self.train,
            Set::Validation => &self.validation,
            Set::Test => &self.test,
        }
    }
}

impl SplitRecipe {
    /// Everything that is wrong with it whatever the data, a sentence each.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let (validation, test) = (self.validation, self.test);
        // Written so that NaN is refused too.
        if !(validation >= 0.0 && test >= 0.0 && validation + test < 1.0) {
            faults.push(DatasetError::Shares { validation, test }.to_string());
        }
        match (self.folds, self.fold) {
            (0, 0) => {}
            (0, fold) => faults.push(format!(
                "fold {fold} is asked for, but no number of folds: set it, or fold 0"
            )),
            (1, _) => faults.push(
                "cross-validation needs 2 folds or more: with 1, nothing is left to learn from"
                    .into(),
            ),
            (folds, fold) if fold == 0 || fold > folds => {
                faults.push(format!(
                    "fold {fold} does not exist: choose one from 1 to {folds}"
                ));
            }
            _ => {}
        }
        if let Group::Pattern(pattern) = &self.group
            && let Err(fault) = bonds::pattern(pattern)
        {
            faults.push(fault);
        }
        faults
    }
}

/// Divides the images as the recipe says; excluded ones are in no set.
///
/// Sets that the folder gives are kept, even where groups or near-duplicates lie on both sides (the health report
/// tells of them). With no validation given, the recipe's share of training becomes validation; images without a set
/// are dealt out by the shares.
///
/// Sizes are those of the shares (rounded, at least 1 where the share is not 0), spread over the classes by largest
/// remainder; groups stay whole and come as near to that as they can. Each class keeps an image in training, so a
/// class of one image or one group is in training only. Look-alikes (not the groups of the recipe) give way where
/// validation or test would have next to nothing: see [`Splits::apart`]. Errors: impossible shares, folds, patterns or groups, or no
/// training images.
pub fn split(data: &Dataset, recipe: &SplitRecipe) -> Result<Splits, DatasetError> {
    split_with(data, recipe, &together(data, recipe))
}

/// Pictures that the recipe keeps together: near-duplicates and files of equal sums, if it says so. What [`split`] asks
/// [`split_with`] for.
pub fn together(data: &Dataset, recipe: &SplitRecipe) -> Groups {
    if !recipe.together {
        return Groups::default();
    }
    near_duplicates(data, &Progress::default()).joined(&same_sums(data))
}

/// As [`split`], with the groups of pictures that look alike at hand (none, where the recipe does not ask for them).
/// Groups of look-alikes that would leave validation or test next to nothing are let go: [`Splits::apart`].
pub fn split_with(
    data: &Dataset,
    recipe: &SplitRecipe,
    alike: &Groups,
) -> Result<Splits, DatasetError> {
    let (kept, apart) = loosen::loosened(data, recipe, alike)?;
    let splits = divided(data, recipe, &kept)?;
    Ok(Splits { apart, ..splits })
}

fn divided(data: &Dataset, recipe: &SplitRecipe, alike: &Groups) -> Result<Splits, DatasetError> {
    let Prepared { groups, mut splits } = prepare(data, recipe, alike)?;
    if recipe.folds > 0 {
        let folds = folded(data, recipe, &groups, &splits)?;
        splits.train.clear();
        for (number, fold) in (1..).zip(folds) {
            if number == recipe.fold {
                splits.validation = fold;
            } else {
                splits.train.extend(fold);
            }
        }
        splits.train.sort_unstable();
    } else if splits.validation.is_empty() && recipe.validation > 0.0 {
        let train = std::mem::take(&mut splits.train);
        let dealt = dealt(
            data,
            train,
            &groups,
            [recipe.validation, 0.0],
            recipe.seed,
            1,
        )?;
        splits.train = dealt.train;
        splits.validation = dealt.validation;
    }
    Ok(splits)
}

/// The folds of the recipe's cross-validation, each ascending: disjoint, and together all images but the test set's.
/// Errors: as [`split`]; and no folds asked for.
pub fn folds(
    data: &Dataset,
    recipe: &SplitRecipe,
    alike: &Groups,
) -> Result<Vec<Vec<usize>>, DatasetError> {
    // The folds are the same whichever of them is validation.
    let recipe = &SplitRecipe {
        fold: 1,
        ..recipe.clone()
    };
    let (kept, _) = loosen::loosened(data, recipe, alike)?;
    let Prepared { groups, splits } = prepare(data, recipe, &kept)?;
    folded(data, recipe, &groups, &splits)
}

/// The sets before validation is taken from training.
struct Prepared {
    groups: Groups,
    splits: Splits,
}

fn prepare(data: &Dataset, recipe: &SplitRecipe, alike: &Groups) -> Result<Prepared, DatasetError> {
    let (validation, test) = (recipe.validation, recipe.test);
    if !(validation >= 0.0 && test >= 0.0 && validation + test < 1.0) {
        return Err(DatasetError::Shares { validation, test });
    }
    if let Some(fault) = recipe.faults().into_iter().next() {
        return Err(DatasetError::Split(fault));
    }
    let groups = bonds(data, &recipe.group)?.joined(alike);
    let (mut splits, free) = given(data, &groups);
    if !free.is_empty() {
        let shares = if recipe.folds > 0 {
            [0.0, test]
        } else {
            [validation, test]
        };
        let kept = if recipe.folds > 0 { 2 } else { 1 };
        let dealt = dealt(data, free, &groups, shares, recipe.seed, kept)?;
        for (set, more) in [
            (&mut splits.train, dealt.train),
            (&mut splits.validation, dealt.validation),
            (&mut splits.test, dealt.test),
        ] {
            set.extend(more);
            set.sort_unstable();
        }
    }
    if splits.train.is_empty() {
        return Err(DatasetError::NoTraining(data.source.to_string()));
    }
    Ok(Prepared { groups, splits })
}

/// The sets that are given, and the images without one. An image without a set follows those of its group that have one.
fn given(data: &Dataset, groups: &Groups) -> (Splits, Vec<usize>) {
    let of = |index: usize| {
        let image = data.images.get(index).filter(|image| !image.excluded)?;
        image.given
    };
    let mut sets: Vec<Option<Set>> = (0..data.images.len()).map(of).collect();
    for group in groups.iter() {
        // The first in the order of the sets: what the network has seen must not test it.
        let Some(set) = group.iter().filter_map(|&index| of(index)).min() else {
            continue;
        };
        for &index in group {
            if let Some(slot) = sets.get_mut(index) {
                *slot = slot.or(Some(set));
            }
        }
    }
    let mut splits = Splits::default();
    let mut free = Vec::new();
    for (index, (set, image)) in sets.into_iter().zip(&data.images).enumerate() {
        match set {
            _ if image.excluded => {}
            Some(Set::Train) => splits.train.push(index),
            Some(Set::Validation) => splits.validation.push(index),
            Some(Set::Test) => splits.test.push(index),
            None => free.push(index),
        }
    }
    (splits, free)
}

/// Deals images out by the shares of validation and test, groups whole.
fn dealt(
    data: &Dataset,
    images: Vec<usize>,
    groups: &Groups,
    shares: [f64; 2],
    seed: u64,
    kept: usize,
) -> Result<Splits, DatasetError> {
    match units::units(data, &images, groups, seed) {
        None => Ok(deal::deal(data, images, shares, seed, kept)),
        Some(units) => units::deal(data, units, shares, kept),
    }
}

fn folded(
    data: &Dataset,
    recipe: &SplitRecipe,
    groups: &Groups,
    splits: &Splits,
) -> Result<Vec<Vec<usize>>, DatasetError> {
    let mut images = [splits.train.as_slice(), &splits.validation].concat();
    images.sort_unstable();
    if recipe.folds > images.len() {
        return Err(DatasetError::Split(format!(
            "{} folds are more than the {} images to divide: use fewer folds",
            recipe.folds,
            images.len()
        )));
    }
    match units::units(data, &images, groups, recipe.seed) {
        None => deal::folds(data, images, recipe.folds, recipe.seed),
        Some(units) => units::folds(data, units, recipe.folds),
    }
}
