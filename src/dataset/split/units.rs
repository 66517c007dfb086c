//! Groups that stay whole to sets and folds, so that classes are spread as evenly as that allows.
//!
//! A greedy method: the largest groups first (in the order of their places where equal), each to the set where the squared
//! distance of all class counts from their quotas falls most. Graham's "largest first" rule (1969) with the quotas of
//! Sechidis, Tsoumakas and Vlahavas, "On the stratification of multi-label data" (2011); scikit-learn's
//! `StratifiedGroupKFold` is of the same kind, with the deviation between folds in place of the distance from quotas.

use std::collections::BTreeMap;

use super::Splits;
use super::deal::apportion;
use crate::dataset::{Dataset, DatasetError, Groups, random};

/// Images that stay together.
pub struct Unit {
    images: Vec<usize>,
    /// In the order of dealing; see [`random::place`].
    place: u64,
    /// Class and its number of images, by class.
    classes: Vec<(usize, usize)>,
}

/// The images in their groups, if there is a group of two or more among them.
pub fn units(data: &Dataset, images: &[usize], groups: &Groups, seed: u64) -> Option<Vec<Unit>> {
    if groups.is_empty() {
        return None;
    }
    let of = groups.of_images(data.images.len());
    let mut grouped: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let mut lists = Vec::new();
    for &image in images {
        match of.get(image).copied().flatten() {
            Some(group) => grouped.entry(group).or_default().push(image),
            None => lists.push(vec![image]),
        }
    }
    if grouped.values().all(|group| group.len() < 2) {
        return None;
    }
    lists.extend(grouped.into_values());
    let unit = |images: Vec<usize>| {
        let mut classes: BTreeMap<usize, usize> = BTreeMap::new();
        let mut place = u64::MAX;
        for image in images.iter().filter_map(|&index| data.images.get(index)) {
            *classes.entry(image.class).or_default() += 1;
            place = place.min(random::place(seed, &image.file));
        }
        Unit {
            images,
            place,
            classes: classes.into_iter().collect(),
        }
    };
    Some(lists.into_iter().map(unit).collect())
}

/// Images of each class.
fn sizes(data: &Dataset, units: &[Unit]) -> Vec<usize> {
    let mut sizes = vec![0; data.classes.len()];
    for &(class, images) in units.iter().flat_map(|unit| &unit.classes) {
        if let Some(size) = sizes.get_mut(class) {
            *size += images;
        }
    }
    sizes
}

/// The set (0 to the number of quotas) of each unit. `quotas`: for each set, images of each class.
///
/// Groups first; what they leave of the quotas is filled by the images that are alone, each class in runs, so that an
/// image more or less moves hardly any other.
fn assign(units: &[Unit], sizes: &[usize], mut quotas: Vec<Vec<f64>>) -> Vec<usize> {
    let mut sets = vec![0; units.len()];
    let mut order: Vec<(usize, &Unit)> = units.iter().enumerate().collect();
    order.sort_by_key(|(_, unit)| (std::cmp::Reverse(unit.images.len()), unit.place));
    let alone = order.partition_point(|(_, unit)| unit.images.len() > 1);
    for &(number, unit) in &order[..alone] {
        let best = best(unit, sizes, &quotas);
        if let Some(quota) = quotas.get_mut(best) {
            for &(class, images) in &unit.classes {
                if let Some(missing) = quota.get_mut(class) {
                    *missing -= images as f64;
                }
            }
        }
        if let Some(set) = sets.get_mut(number) {
            *set = best;
        }
    }
    let mut classes: Vec<Vec<usize>> = vec![Vec::new(); sizes.len()];
    for (number, unit) in &order[alone..] {
        for (class, _) in &unit.classes {
            if let Some(units) = classes.get_mut(*class) {
                units.push(*number);
            }
        }
    }
    let missing = |quota: &Vec<f64>| quota.iter().sum::<f64>();
    let mut missing: Vec<f64> = quotas.iter().map(missing).collect();
    for (class, units) in classes.iter().enumerate() {
        let quota: Vec<f64> = quotas
            .iter()
            .map(|quota| quota.get(class).map_or(0.0, |missing| missing.max(0.0)))
            .collect();
        let counts = shared(units.len(), &quota, &missing);
        let mut rest = units.iter();
        // Training lies between the others, where each of them takes from it and not from one another.
        let runs = [1, 0].into_iter().chain(2..counts.len());
        for set in runs.filter(|set| *set < counts.len()) {
            missing[set] -= counts[set] as f64;
            for unit in rest.by_ref().take(counts[set]) {
                sets[*unit] = set;
            }
        }
    }
    sets
}

/// `count` images by the quotas: whole parts first, then the largest remainders, of equal ones to the set that lacks
/// most. Without any quota all are for training.
fn shared(count: usize, quotas: &[f64], missing: &[f64]) -> Vec<usize> {
    let total: f64 = quotas.iter().sum();
    let mut counts = vec![0; quotas.len()];
    if total <= 0.0 {
        if let Some(first) = counts.first_mut() {
            *first = count;
        }
        return counts;
    }
    let parts: Vec<f64> = quotas
        .iter()
        .map(|quota| quota * count as f64 / total)
        .collect();
    for (count, part) in counts.iter_mut().zip(&parts) {
        // Not one too few where rounding has left a little less than a whole number.
        *count = (part + 1e-9).floor() as usize;
    }
    let mut order: Vec<usize> = (0..quotas.len()).collect();
    let remainder = |set: usize| ((parts[set] - counts[set] as f64) * 1e9).round();
    order.sort_by(|&left, &right| {
        let remainders = remainder(right).total_cmp(&remainder(left));
        remainders.then_with(|| missing[right].total_cmp(&missing[left]))
    });
    let over = count.saturating_sub(counts.iter().sum());
    for set in order.into_iter().cycle().take(over) {
        counts[set] += 1;
    }
    counts
}

/// The set that a group brings nearest to the quotas.
fn best(unit: &Unit, sizes: &[usize], quotas: &[Vec<f64>]) -> usize {
    // How the squared distance changes, each class by its size, so that small ones count as much.
    let change = |quota: &Vec<f64>| -> f64 {
        let of = |&(class, images): &(usize, usize)| {
            let missing = quota.get(class).copied().unwrap_or(0.0);
            let images = images as f64;
            let size = sizes.get(class).copied().unwrap_or(1) as f64;
            images * (images - 2.0 * missing) / (size * size)
        };
        unit.classes.iter().map(of).sum()
    };
    let missing = |quota: &Vec<f64>| quota.iter().sum::<f64>();
    quotas
        .iter()
        .enumerate()
        .min_by(|(_, left), (_, right)| {
            // Equal to rounding: to the place that lacks most.
            let (first, second) = (change(left), change(right));
            if (first - second).abs() > 1e-12 {
                first.total_cmp(&second)
            } else {
                missing(right).total_cmp(&missing(left))
            }
        })
        .map_or(0, |(set, _)| set)
}

const TRAIN: usize = 0;

/// Deals the units out by the shares of validation and test. Each class keeps `kept` units in training (all, where it
/// has no more). Errors: no validation can be made.
pub fn deal(
    data: &Dataset,
    units: Vec<Unit>,
    shares: [f64; 2],
    kept: usize,
) -> Result<Splits, DatasetError> {
    let sizes = sizes(data, &units);
    let total = sizes.iter().sum();
    let mut spare: Vec<usize> = sizes.iter().map(|size| size.saturating_sub(kept)).collect();
    let [validation, test] = shares.map(|share| apportion(&sizes, &mut spare, total, share));
    let train = sizes
        .iter()
        .zip(validation.iter().zip(&test))
        .map(|(size, (validation, test))| size.saturating_sub(validation + test) as f64)
        .collect();
    let float = |counts: &[usize]| counts.iter().map(|&count| count as f64).collect();
    let quotas = vec![train, float(&validation), float(&test)];
    let mut places = assign(&units, &sizes, quotas);
    let mut learned = learned(&units, &places, sizes.len());
    keep_classes(&units, &mut places, &mut learned, kept);
    for (set, share) in (1..).zip(shares) {
        if share > 0.0 && !places.contains(&set) {
            spend(&units, &mut places, &mut learned, (set, kept));
        }
    }
    if shares[0] > 0.0 && units.len() > 1 && !places.contains(&1) && total > data.classes.len() {
        return Err(DatasetError::Split(
            "no group can leave training, because each class lies in one group: then nothing is left to check with. Group by something else, or let near-duplicates be apart".into(),
        ));
    }
    let mut sets: [Vec<usize>; 3] = Default::default();
    for (unit, place) in units.into_iter().zip(places) {
        if let Some(set) = sets.get_mut(place) {
            set.extend(unit.images);
        }
    }
    for set in &mut sets {
        set.sort_unstable();
    }
    let [train, validation, test] = sets;
    Ok(Splits {
        train,
        validation,
        test,
        apart: Groups::default(),
    })
}

/// Units of each class in training.
fn learned(units: &[Unit], places: &[usize], classes: usize) -> Vec<usize> {
    let mut learned = vec![0; classes];
    for (unit, place) in units.iter().zip(places) {
        if *place == TRAIN {
            count(unit, &mut learned, true);
        }
    }
    learned
}

fn count(unit: &Unit, learned: &mut [usize], more: bool) {
    for &(class, _) in &unit.classes {
        if let Some(count) = learned.get_mut(class) {
            *count = if more {
                *count + 1
            } else {
                count.saturating_sub(1)
            };
        }
    }
}

/// Takes back what training needs, the smallest units first.
fn keep_classes(units: &[Unit], places: &mut [usize], learned: &mut [usize], kept: usize) {
    let mut order: Vec<usize> = (0..units.len()).collect();
    order.sort_by_key(|&number| units.get(number).map_or(0, |unit| unit.images.len()));
    for number in order {
        let (Some(unit), Some(place)) = (units.get(number), places.get_mut(number)) else {
            continue;
        };
        let lacks =
            |&(class, _): &(usize, usize)| learned.get(class).is_some_and(|&count| count < kept);
        if *place != TRAIN && unit.classes.iter().any(lacks) {
            *place = TRAIN;
            count(unit, learned, true);
        }
    }
}

/// Gives the smallest unit that training can spare to a set that got none.
fn spend(units: &[Unit], places: &mut [usize], learned: &mut [usize], (set, kept): (usize, usize)) {
    let spared = |number: &usize| {
        places.get(*number) == Some(&TRAIN)
            && units.get(*number).is_some_and(|unit| {
                let enough = |&(class, _): &(usize, usize)| {
                    learned.get(class).is_some_and(|&count| count > kept)
                };
                unit.classes.iter().all(enough)
            })
    };
    let smallest = (0..units.len())
        .filter(spared)
        .min_by_key(|&number| units.get(number).map_or(0, |unit| unit.images.len()));
    if let Some(number) = smallest
        && let (Some(unit), Some(place)) = (units.get(number), places.get_mut(number))
    {
        *place = set;
        count(unit, learned, false);
    }
}

/// Folds of units. Errors: fewer units than folds, or a class in one unit, which nothing would be left to learn from.
pub fn folds(
    data: &Dataset,
    units: Vec<Unit>,
    folds: usize,
) -> Result<Vec<Vec<usize>>, DatasetError> {
    if folds > units.len() {
        return Err(DatasetError::Split(format!(
            "{folds} folds are more than the {} groups to divide: use fewer folds",
            units.len()
        )));
    }
    let sizes = sizes(data, &units);
    let all = learned(&units, &vec![TRAIN; units.len()], sizes.len());
    if let Some((name, _)) = data
        .classes
        .iter()
        .zip(&all)
        .find(|(_, units)| **units == 1)
    {
        return Err(DatasetError::Split(format!(
            "all images of “{name}” are in one group: in one of the folds nothing of it would be left to learn from. Group by something else, or exclude it"
        )));
    }
    let quota: Vec<f64> = sizes
        .iter()
        .map(|&size| size as f64 / folds as f64)
        .collect();
    let places = assign(&units, &sizes, vec![quota; folds]);
    let mut dealt = vec![Vec::new(); folds];
    for (unit, place) in units.into_iter().zip(places) {
        if let Some(fold) = dealt.get_mut(place) {
            fold.extend(unit.images);
        }
    }
    for fold in &mut dealt {
        fold.sort_unstable();
    }
    Ok(dealt)
}
