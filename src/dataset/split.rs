//! Images to training, validation and test: as the folder gives them, or dealt out by a seed, class by class.

use serde::{Deserialize, Serialize};

use super::{Dataset, DatasetError, Set, random};

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

/// Divides the images. Sets that the folder gives are kept; with `train/` and `test/` alone, the recipe's share of
/// `train/` becomes validation; with no sets given, each class is dealt out by the shares.
///
/// Sizes are those of the shares (rounded, at least 1 where the share is not 0), spread over the classes by largest
/// remainder. Each class keeps an image in training, so a class of one image is in training only, and validation is
/// empty only where no class has a second image. Errors: impossible shares, or no training images.
pub fn split(data: &Dataset, recipe: &SplitRecipe) -> Result<Splits, DatasetError> {
    let (validation, test) = (recipe.validation, recipe.test);
    // Written so that NaN is refused too.
    if !(validation >= 0.0 && test >= 0.0 && validation + test < 1.0) {
        return Err(DatasetError::Shares { validation, test });
    }
    let given = |set: Set| -> Vec<usize> {
        let of_set =
            |(index, image): (usize, &super::Image)| (image.given == Some(set)).then_some(index);
        data.images.iter().enumerate().filter_map(of_set).collect()
    };
    let mut splits = if data.has_given_sets() {
        Splits {
            train: given(Set::Train),
            validation: given(Set::Validation),
            test: given(Set::Test),
        }
    } else {
        deal(
            data,
            (0..data.len()).collect(),
            validation,
            test,
            recipe.seed,
        )
    };
    if splits.train.is_empty() {
        return Err(DatasetError::NoTraining(data.source.to_string()));
    }
    if data.has_given_sets() && splits.validation.is_empty() {
        let dealt = deal(data, splits.train, validation, 0.0, recipe.seed);
        splits.train = dealt.train;
        splits.validation = dealt.validation;
    }
    Ok(splits)
}

/// Deals `images` out by the shares; what is left is training.
fn deal(data: &Dataset, images: Vec<usize>, validation: f64, test: f64, seed: u64) -> Splits {
    let total = images.len();
    let mut classes: Vec<Vec<usize>> = vec![Vec::new(); data.classes.len()];
    for index in images {
        let class = data.images.get(index).map(|image| image.class);
        if let Some(of_class) = class.and_then(|class| classes.get_mut(class)) {
            of_class.push(index);
        }
    }
    let sizes: Vec<usize> = classes.iter().map(Vec::len).collect();
    // One image of each class always stays in training.
    let mut spare: Vec<usize> = sizes.iter().map(|&size| size.saturating_sub(1)).collect();
    // Validation first: where images are scarce, training can do without a test set but not without validation.
    let to_validation = apportion(&sizes, &mut spare, total, validation);
    let to_test = apportion(&sizes, &mut spare, total, test);

    let mut splits = Splits::default();
    for (class, images) in classes.iter_mut().enumerate() {
        random::shuffle_class(images, seed, class);
        let validation = to_validation.get(class).copied().unwrap_or(0);
        let test = to_test.get(class).copied().unwrap_or(0);
        let mut rest = images.iter().copied();
        splits.validation.extend(rest.by_ref().take(validation));
        splits.test.extend(rest.by_ref().take(test));
        splits.train.extend(rest);
    }
    for set in [&mut splits.train, &mut splits.validation, &mut splits.test] {
        set.sort_unstable();
    }
    splits
}

/// How many images each class gives to a set: whole parts first, then the largest remainders (equal ones: the larger
/// class, then the earlier one), never more than a class can spare. Takes what it deals from `spare`.
fn apportion(sizes: &[usize], spare: &mut [usize], total: usize, share: f64) -> Vec<usize> {
    if share == 0.0 {
        return vec![0; sizes.len()];
    }
    let target = ((total as f64 * share).round() as usize).max(1);
    let quota = |class: usize| sizes.get(class).map_or(0.0, |&size| size as f64 * share);
    let mut parts: Vec<usize> = spare
        .iter()
        .enumerate()
        .map(|(class, &most)| (quota(class).floor() as usize).min(most))
        .collect();
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    order.sort_by(|&left, &right| {
        let fraction = |class: usize| quota(class).fract();
        fraction(right)
            .total_cmp(&fraction(left))
            .then_with(|| sizes.get(right).cmp(&sizes.get(left)))
    });
    let mut missing = target.saturating_sub(parts.iter().sum());
    // Rounds, because a class that can spare none leaves its part to the others.
    while missing > 0 {
        let before = missing;
        for &class in &order {
            if let (Some(part), Some(most)) = (parts.get_mut(class), spare.get(class))
                && missing > 0
                && *part < *most
            {
                *part += 1;
                missing -= 1;
            }
        }
        if missing == before {
            break;
        }
    }
    for (most, part) in spare.iter_mut().zip(&parts) {
        *most = most.saturating_sub(*part);
    }
    parts
}
