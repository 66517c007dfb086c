//! What a data set looks like before training: counts, sizes, and what deserves a look. It changes nothing.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Dataset, Problem, Set};

/// How often one class occurs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ClassCount {
    /// The class.
    pub class: String,
    /// Its images.
    pub images: usize,
    /// Of these, the ones that the folder gives to training, validation and test (all 0 where it gives no sets).
    pub given: [usize; 3],
}

/// How often one size of picture occurs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct SizeCount {
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Pictures of that size.
    pub images: usize,
}

/// The health report of a data set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Health {
    /// Images that can be read.
    pub images: usize,
    /// The classes, by name.
    pub classes: Vec<ClassCount>,
    /// The class with the fewest images.
    pub smallest: Option<ClassCount>,
    /// The class with the most images.
    pub largest: Option<ClassCount>,
    /// The sizes, most frequent first.
    pub sizes: Vec<SizeCount>,
    /// Files left out, and why.
    pub problems: Vec<Problem>,
    /// What deserves a look before training, a sentence each.
    pub notes: Vec<String>,
}

/// Looks a data set over; costs no file access.
pub fn health(data: &Dataset) -> Health {
    let classes = class_counts(data);
    let by_images = |class: &&ClassCount| class.images;
    let smallest = classes.iter().min_by_key(by_images).cloned();
    let largest = classes.iter().rev().max_by_key(by_images).cloned();
    let notes = notes(data, &classes, smallest.as_ref(), largest.as_ref());
    Health {
        images: data.len(),
        classes,
        smallest,
        largest,
        sizes: size_counts(data),
        problems: data.problems.clone(),
        notes,
    }
}

fn class_counts(data: &Dataset) -> Vec<ClassCount> {
    let empty = |name: &String| ClassCount {
        class: name.clone(),
        images: 0,
        given: [0; 3],
    };
    let mut classes: Vec<ClassCount> = data.classes.iter().map(empty).collect();
    for image in &data.images {
        if let Some(class) = classes.get_mut(image.class) {
            class.images += 1;
            match image.given {
                Some(Set::Train) => class.given[0] += 1,
                Some(Set::Validation) => class.given[1] += 1,
                Some(Set::Test) => class.given[2] += 1,
                None => {}
            }
        }
    }
    classes
}

fn size_counts(data: &Dataset) -> Vec<SizeCount> {
    let mut sizes: BTreeMap<(u32, u32), usize> = BTreeMap::new();
    for image in &data.images {
        *sizes.entry((image.width, image.height)).or_default() += 1;
    }
    let count = |((width, height), images)| SizeCount {
        width,
        height,
        images,
    };
    let mut sizes: Vec<SizeCount> = sizes.into_iter().map(count).collect();
    sizes.sort_by_key(|size| std::cmp::Reverse(size.images));
    sizes
}

/// From this ratio of the largest to the smallest class on, accuracy alone misleads.
const UNEVEN: usize = 10;

fn notes(
    data: &Dataset,
    classes: &[ClassCount],
    smallest: Option<&ClassCount>,
    largest: Option<&ClassCount>,
) -> Vec<String> {
    let mut notes = Vec::new();
    for class in classes.iter().filter(|class| class.images == 1) {
        notes.push(format!(
            "“{}” has one image: it is used for training only, so it is never checked",
            class.class
        ));
    }
    if data.has_given_sets() {
        for class in classes.iter().filter(|class| class.given[0] == 0) {
            notes.push(format!(
                "“{}” has no image in train/: the network cannot learn it",
                class.class
            ));
        }
    }
    if let (Some(smallest), Some(largest)) = (smallest, largest)
        && largest.images >= smallest.images.saturating_mul(UNEVEN)
    {
        notes.push(format!(
            "“{}” has {} images and “{}” only {}: look at the figures of each class, not at the accuracy alone",
            largest.class, largest.images, smallest.class, smallest.images
        ));
    }
    if !data.problems.is_empty() {
        let count = data.problems.len();
        notes.push(match count {
            1 => "1 entry is left out: see the problems".to_owned(),
            _ => format!("{count} entries are left out: see the problems"),
        });
    }
    notes
}
