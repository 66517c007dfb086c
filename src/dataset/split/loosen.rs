//! Look-alikes that cannot be kept on one side without spoiling the sets.

use super::{SplitRecipe, divided, folded, prepare};
use crate::dataset::health::same_sums;
use crate::dataset::{Dataset, DatasetError, Groups};

/// A group of more than this share of the images is let go…
const LARGEST: f64 = 0.2;
/// …if the data set has so many images: of a few, two are much.
const MANY: usize = 20;

/// The look-alikes to keep together, and those to let go: all that are too large, then the largest ones until each set
/// has half of what it has without look-alikes, or more. Errors: as without look-alikes.
pub fn loosened(
    data: &Dataset,
    recipe: &SplitRecipe,
    alike: &Groups,
) -> Result<(Groups, Groups), DatasetError> {
    if alike.is_empty() {
        return Ok((Groups::default(), Groups::default()));
    }
    let free = checked(data, recipe, &Groups::default())?;
    let suffices = |kept: &Groups| {
        let sizes = checked(data, recipe, kept);
        sizes.is_ok_and(|sizes| {
            let mut pairs = sizes.iter().zip(&free);
            pairs.all(|(size, free)| 2 * size >= *free)
        })
    };
    let images = data.images.iter().filter(|image| !image.excluded).count();
    let mut by_size: Vec<&[usize]> = alike.iter().collect();
    by_size.sort_by_key(|group| std::cmp::Reverse(group.len()));
    let too_large = |group: &&&[usize]| group.len() as f64 > LARGEST * images as f64;
    let mut gone = match images {
        0..MANY => 0,
        _ => by_size.iter().take_while(too_large).count(),
    };
    loop {
        let (apart, kept) = by_size.split_at(gone.min(by_size.len()));
        let lists = |groups: &[&[usize]]| Groups::new(groups.iter().map(|group| group.to_vec()));
        let (apart, kept) = (lists(apart), lists(kept));
        // Copies of one file stay together whatever becomes of the others.
        let kept = match apart.is_empty() {
            true => kept,
            false => kept.joined(&same_among(data, &apart)),
        };
        if gone >= by_size.len() || suffices(&kept) {
            return Ok((kept, apart));
        }
        gone = (2 * gone).max(1);
    }
}

/// Files of equal sums among the images of groups.
fn same_among(data: &Dataset, groups: &Groups) -> Groups {
    let of = groups.of_images(data.images.len());
    let within = |image: &usize| of.get(*image).copied().flatten().is_some();
    let same = same_sums(data);
    let lists = same.iter().filter(|files| files.iter().all(within));
    Groups::new(lists.map(<[usize]>::to_vec))
}

/// Sizes of the sets that check, or of all folds.
fn checked(
    data: &Dataset,
    recipe: &SplitRecipe,
    alike: &Groups,
) -> Result<Vec<usize>, DatasetError> {
    if recipe.folds == 0 {
        let splits = divided(data, recipe, alike)?;
        return Ok(vec![splits.validation.len(), splits.test.len()]);
    }
    let prepared = prepare(data, recipe, alike)?;
    let folds = folded(data, recipe, &prepared.groups, &prepared.splits)?;
    let folds = folds.iter().map(Vec::len);
    Ok(folds.chain([prepared.splits.test.len()]).collect())
}
