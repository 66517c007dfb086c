//! Images alone to sets and folds: each class by itself.

use super::Splits;
use crate::dataset::{Dataset, DatasetError, random};

/// The images of each class.
fn by_class(data: &Dataset, images: Vec<usize>) -> Vec<Vec<usize>> {
    let mut classes: Vec<Vec<usize>> = vec![Vec::new(); data.classes.len()];
    for index in images {
        let class = data.images.get(index).map(|image| image.class);
        if let Some(of_class) = class.and_then(|class| classes.get_mut(class)) {
            of_class.push(index);
        }
    }
    classes
}

/// Equal folds: of each class, and in all, their sizes differ by one image at most (as in scikit-learn's
/// `StratifiedKFold`: one class after the other goes round the folds, and the next begins where the last ended).
pub fn folds(
    data: &Dataset,
    images: Vec<usize>,
    count: usize,
    seed: u64,
) -> Result<Vec<Vec<usize>>, DatasetError> {
    let mut folds: Vec<Vec<usize>> = vec![Vec::new(); count];
    let mut turn = 0;
    for (class, mut images) in by_class(data, images).into_iter().enumerate() {
        if let ([_], Some(name)) = (images.as_slice(), data.classes.get(class)) {
            return Err(DatasetError::Split(format!(
                "“{name}” has one image only: in one of the folds nothing of it would be left to learn from. Add images, or exclude it"
            )));
        }
        random::shuffle_class(&mut images, seed, class);
        for image in images {
            if let Some(fold) = folds.get_mut(turn % count.max(1)) {
                fold.push(image);
            }
            turn += 1;
        }
    }
    for fold in &mut folds {
        fold.sort_unstable();
    }
    Ok(folds)
}

/// Deals `images` out by the shares of validation and test; what is left is training, `kept` of each class at least.
pub fn deal(
    data: &Dataset,
    images: Vec<usize>,
    [validation, test]: [f64; 2],
    seed: u64,
    kept: usize,
) -> Splits {
    let total = images.len();
    let mut classes = by_class(data, images);
    let sizes: Vec<usize> = classes.iter().map(Vec::len).collect();
    let mut spare: Vec<usize> = sizes
        .iter()
        .map(|&size| size.saturating_sub(kept))
        .collect();
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
pub fn apportion(sizes: &[usize], spare: &mut [usize], total: usize, share: f64) -> Vec<usize> {
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
