//! Images alone to sets and folds: each class by itself.

use super::Splits;
use crate::dataset::{Dataset, DatasetError, random};

/// The images of each class, in the order in which they are dealt out.
fn by_class(data: &Dataset, images: Vec<usize>, seed: u64) -> Vec<Vec<usize>> {
    let mut classes: Vec<Vec<usize>> = vec![Vec::new(); data.classes.len()];
    for index in images {
        let class = data.images.get(index).map(|image| image.class);
        if let Some(of_class) = class.and_then(|class| classes.get_mut(class)) {
            of_class.push(index);
        }
    }
    for images in &mut classes {
        // Records of one name stay in their order.
        images.sort_by_cached_key(|&index| {
            data.images
                .get(index)
                .map(|image| random::place(seed, &image.file))
        });
    }
    classes
}

/// Equal folds: of each class, and in all, their sizes differ by one image at most (as in scikit-learn's
/// `StratifiedKFold`: what does not divide of one class goes to one fold after the other, and the next class begins
/// where the last ended). A fold has a run of each class, so that an image more or less moves one a fold at most.
pub fn folds(
    data: &Dataset,
    images: Vec<usize>,
    count: usize,
    seed: u64,
) -> Result<Vec<Vec<usize>>, DatasetError> {
    let mut folds: Vec<Vec<usize>> = vec![Vec::new(); count];
    let mut turn = 0;
    for (class, images) in by_class(data, images, seed).into_iter().enumerate() {
        if let ([_], Some(name)) = (images.as_slice(), data.classes.get(class)) {
            return Err(DatasetError::Split(format!(
                "“{name}” has one image only: in one of the folds nothing of it would be left to learn from. Add images, or exclude it"
            )));
        }
        let (each, over) = (images.len() / count.max(1), images.len() % count.max(1));
        let mut rest = images.into_iter();
        for (number, fold) in folds.iter_mut().enumerate() {
            let more = usize::from((number + count - turn % count) % count < over);
            fold.extend(rest.by_ref().take(each + more));
        }
        turn += over;
    }
    for fold in &mut folds {
        fold.sort_unstable();
    }
    Ok(folds)
}

/// Deals `images` out by the shares of validation and test; what is left is training, `kept` of each class at least.
/// Validation is taken from the beginning of each class and test from its end, so that an image more or less moves two
/// others at most.
pub fn deal(
    data: &Dataset,
    images: Vec<usize>,
    [validation, test]: [f64; 2],
    seed: u64,
    kept: usize,
) -> Splits {
    let total = images.len();
    let classes = by_class(data, images, seed);
    let sizes: Vec<usize> = classes.iter().map(Vec::len).collect();
    let mut spare: Vec<usize> = sizes
        .iter()
        .map(|&size| size.saturating_sub(kept))
        .collect();
    // Validation first: where images are scarce, training can do without a test set but not without validation.
    let to_validation = apportion(&sizes, &mut spare, total, validation);
    let to_test = apportion(&sizes, &mut spare, total, test);

    let mut splits = Splits::default();
    for (class, images) in classes.iter().enumerate() {
        let validation = to_validation.get(class).copied().unwrap_or(0);
        let test = to_test.get(class).copied().unwrap_or(0);
        let (first, rest) = images.split_at(validation.min(images.len()));
        let (middle, last) = rest.split_at(rest.len().saturating_sub(test));
        splits.validation.extend(first);
        splits.train.extend(middle);
        splits.test.extend(last);
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
