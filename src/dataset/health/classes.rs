//! Classes that are empty, tiny, uneven, or missing in a set.

use super::ClassCount;
use super::finding::{Finding, Kind};
use super::words::{counted, listed, share_of};
use crate::dataset::layout::is_arrangement;
use crate::dataset::{Dataset, Set, Splits};

/// With fewer images a class is hardly learned, and its figures say little.
const TINY: usize = 10;
/// From this ratio of the largest to the smallest class on, accuracy alone misleads.
pub const UNEVEN: usize = 10;
/// At this ratio imbalance costs all of its weight.
const HOPELESS: f64 = 1_000.0;

/// What the numbers of images say.
pub fn findings(data: &Dataset, splits: Option<&Splits>, classes: &[ClassCount]) -> Vec<Finding> {
    let mut findings: Vec<Finding> = [
        named_as_sets(data, classes),
        empty(data, classes),
        tiny(data, classes),
        uneven(data, classes),
    ]
    .into_iter()
    .flatten()
    .collect();
    if let Some(splits) = splits {
        findings.extend(unlearned(data, splits, classes));
        findings.extend(unchecked(data, splits, classes));
    }
    findings
}

fn images_of(data: &Dataset, wanted: impl Fn(usize) -> bool) -> Vec<usize> {
    let images = data.images.iter().enumerate();
    images
        .filter(|(_, image)| !image.excluded && wanted(image.class))
        .map(|(index, _)| index)
        .collect()
}

/// Class folders that the scan found without an image, and classes all of whose images are excluded.
fn empty(data: &Dataset, classes: &[ClassCount]) -> Option<Finding> {
    let files: Vec<_> = data
        .problems
        .iter()
        .filter(|problem| is_empty_class(&problem.reason))
        .cloned()
        .collect();
    let bare = classes.iter().filter(|class| class.images == 0);
    let names: Vec<String> = files
        .iter()
        .map(|problem| problem.file.clone())
        .chain(bare.map(|class| class.class.clone()))
        .collect();
    (!names.is_empty()).then(|| {
        let title = format!(
            "{} without an image: {}",
            if names.len() == 1 {
                "1 class".to_owned()
            } else {
                format!("{} classes", names.len())
            },
            listed(names.iter().map(String::as_str))
        );
        let advice = "They are no classes of the network: put images in, or remove the folders";
        let share = share_of(names.len(), names.len() + classes.len());
        let mut finding = Finding::new(Kind::EmptyClass, share, title, advice);
        finding.files = files;
        finding
    })
}

/// How the scan words a class folder without images.
pub fn is_empty_class(reason: &str) -> bool {
    reason.ends_with("it is no class")
}

/// Sets or parts of the data that were taken for classes, as nothing says the classes.
fn named_as_sets(data: &Dataset, classes: &[ClassCount]) -> Option<Finding> {
    let all = classes.iter().all(|class| is_arrangement(&class.class));
    (all && !classes.is_empty()).then(|| {
        let names = listed(classes.iter().map(|class| class.class.as_str()));
        let title = format!("The classes are named as sets or parts: {names}");
        let advice = "A network would learn which set an image lies in: put a folder for each class into each (train/cat, test/cat), or add a table with the classes";
        Finding::new(Kind::SetNames, 1.0, title, advice).of(images_of(data, |_| true))
    })
}

fn tiny(data: &Dataset, classes: &[ClassCount]) -> Option<Finding> {
    let few: Vec<&ClassCount> = classes
        .iter()
        .filter(|class| (1..TINY).contains(&class.images))
        .collect();
    (!few.is_empty()).then(|| {
        let title = format!(
            "{} fewer than {TINY} images: {}",
            if few.len() == 1 { "1 class has".to_owned() } else { format!("{} classes have", few.len()) },
            listed(few.iter().map(|class| class.class.as_str()))
        );
        let advice = "So few are hardly learned, and a class of one image is never checked: add images, or exclude the class";
        let small = |class: usize| classes.get(class).is_some_and(|class| class.images < TINY);
        Finding::new(Kind::TinyClass, share_of(few.len(), classes.len()), title, advice)
            .of(images_of(data, small))
    })
}

fn uneven(data: &Dataset, classes: &[ClassCount]) -> Option<Finding> {
    let with_images = || classes.iter().filter(|class| class.images > 0);
    let smallest = with_images().min_by_key(|class| class.images)?;
    let largest = with_images().max_by_key(|class| class.images)?;
    (largest.images >= smallest.images.saturating_mul(UNEVEN)).then(|| {
        let ratio = largest.images as f64 / smallest.images as f64;
        let title = format!(
            "“{}” has {} and “{}” only {}: {ratio:.0} to 1",
            largest.class,
            counted(largest.images, "image"),
            smallest.class,
            smallest.images
        );
        let advice = "Accuracy alone misleads: look at the figures of each class; class weights or over-sampling help";
        let small = |class: usize| data.classes.get(class) == Some(&smallest.class);
        Finding::new(Kind::Imbalance, ratio.log(HOPELESS), title, advice).of(images_of(data, small))
    })
}

/// For each class, whether the set has an image of it.
fn present(data: &Dataset, images: &[usize]) -> Vec<bool> {
    let mut present = vec![false; data.classes.len()];
    for image in images.iter().filter_map(|&index| data.images.get(index)) {
        if let Some(slot) = present.get_mut(image.class) {
            *slot = true;
        }
    }
    present
}

fn unlearned(data: &Dataset, splits: &Splits, classes: &[ClassCount]) -> Option<Finding> {
    let learned = present(data, splits.get(Set::Train));
    let missing: Vec<&str> = classes
        .iter()
        .zip(&learned)
        .filter(|(class, learned)| class.images > 0 && !**learned)
        .map(|(class, _)| class.class.as_str())
        .collect();
    (!missing.is_empty()).then(|| {
        let title = format!("No training image of {}", listed(missing.iter().copied()));
        let advice = "The network cannot learn what it never sees: give training some of its images, or exclude the class";
        let gone = |class: usize| !learned.get(class).copied().unwrap_or(true);
        Finding::new(Kind::NotLearned, share_of(missing.len(), classes.len()), title, advice)
            .of(images_of(data, gone))
    })
}

fn unchecked(data: &Dataset, splits: &Splits, classes: &[ClassCount]) -> Option<Finding> {
    if splits.validation.is_empty() && splits.test.is_empty() {
        return None;
    }
    let validated = present(data, splits.get(Set::Validation));
    let tested = present(data, splits.get(Set::Test));
    let checked = |class: usize| {
        [&validated, &tested]
            .iter()
            .any(|set| set.get(class) == Some(&true))
    };
    let missing: Vec<&str> = (0..)
        .zip(classes)
        .filter(|(number, class)| class.images > 0 && !checked(*number))
        .map(|(_, class)| class.class.as_str())
        .collect();
    (!missing.is_empty()).then(|| {
        let title = format!("Nothing checks {}", listed(missing.iter().copied()));
        let advice = "All of its images are in training (one image, or one group that stays together): add images, or another group";
        Finding::new(Kind::NotChecked, share_of(missing.len(), classes.len()), title, advice)
            .of(images_of(data, |class| !checked(class)))
    })
}
