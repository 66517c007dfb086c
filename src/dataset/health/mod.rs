//! What a data set looks like before training: counts, sizes, findings and a score. It changes nothing.
//!
//! ```text
//! Dataset ─ fingerprint (at the scan) ─ Alike::find (same files, near-duplicates) ─┐
//!    └───────────── Splits, input size, what is accepted ─────────────────────────┴─ health ─► findings, score
//! ```

mod alike;
mod classes;
mod compare;
mod confirm;
mod copies;
mod finding;
mod fingerprint;
mod groups;
mod known;
mod pictures;
mod same;
mod sizes;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{Dataset, Image, InputSize, Problem, Resize, Set, Splits};

pub use alike::near_duplicates;
pub use copies::Alike;
pub use finding::{Action, Finding, Kind, Severity};
pub use fingerprint::fingerprint;
pub use groups::Groups;
pub(super) use known::KnownCopies;
pub use pictures::{Colours, ModeCount};
pub use same::same_files;
pub(super) use same::same_sums;

/// What the report needs to know besides the images and their sets.
#[derive(Clone, Copy, Debug, Default)]
pub struct HealthContext<'a> {
    /// The copies; nothing: nobody has looked for them yet.
    pub alike: Option<&'a Alike>,
    /// What the network takes.
    pub input: Option<InputSize>,
    /// How pictures are brought to it.
    pub resize: Resize,
    /// The keys of findings that the user accepts.
    pub accepted: Option<&'a BTreeSet<String>>,
}

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

/// The health report of a data set. Excluded images are in no count and no finding.
#[derive(Clone, Debug, PartialEq, Serialize)]
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
    /// How files keep their colours, most frequent first.
    pub modes: Vec<ModeCount>,
    /// Mean and deviation of the colours, where the pictures have been looked at.
    pub colours: Option<Colours>,
    /// Files left out, and why.
    pub problems: Vec<Problem>,
    /// What deserves a look before training, a sentence each.
    pub notes: Vec<String>,
    /// Everything found, what matters most first; accepted ones last.
    pub findings: Vec<Finding>,
    /// 0 to 100: 100 · Π (1 − cost) over the findings that are not accepted, rounded down.
    pub score: u8,
}

/// Looks a data set over; costs no file access.
pub fn health(data: &Dataset, splits: Option<&Splits>, context: &HealthContext<'_>) -> Health {
    let images = data.images.iter().filter(|image| !image.excluded).count();
    let classes = class_counts(data);
    let by_images = |class: &&ClassCount| class.images;
    let smallest = classes.iter().min_by_key(by_images).cloned();
    let largest = classes.iter().rev().max_by_key(by_images).cloned();
    let notes = notes(data, &classes, smallest.as_ref(), largest.as_ref());
    let modes = pictures::modes(data);
    let colours = pictures::colours(data);
    let mut findings = classes::findings(data, splits, &classes);
    findings.extend(pictures::findings(data, &modes, colours.as_ref(), images));
    findings.extend(sizes::findings(data, context.input, context.resize, images));
    if let Some(alike) = context.alike {
        findings.extend(copies::findings(data, splits, alike, images));
    }
    let findings = sorted(findings, data, context);
    Health {
        images,
        classes,
        smallest,
        largest,
        sizes: size_counts(data),
        modes,
        colours,
        problems: data.problems.clone(),
        notes,
        score: finding::score(&findings),
        findings,
    }
}

/// With their keys, accepted or not, and in order.
fn sorted(findings: Vec<Finding>, data: &Dataset, context: &HealthContext<'_>) -> Vec<Finding> {
    let known = |finding: Finding| {
        let finding = finding.keyed(data);
        let accepted = context
            .accepted
            .is_some_and(|accepted| accepted.contains(&finding.key));
        Finding {
            accepted,
            ..finding
        }
    };
    let mut findings: Vec<Finding> = findings.into_iter().map(known).collect();
    findings.sort_by(|left, right| {
        // What makes figures wrong stands before what makes them worse.
        let misleads = |finding: &Finding| {
            let kinds = [Kind::SetNames, Kind::Leak, Kind::Conflict];
            finding.severity == Severity::Severe && kinds.contains(&finding.kind)
        };
        let by_cost = right.cost.total_cmp(&left.cost);
        left.accepted
            .cmp(&right.accepted)
            .then(misleads(right).cmp(&misleads(left)))
            .then(by_cost)
            .then(left.kind.cmp(&right.kind))
    });
    findings
}

/// The images that are not excluded and that are `wanted`.
fn indices(data: &Dataset, wanted: impl Fn(&Image) -> bool) -> Vec<usize> {
    let images = data.images.iter().enumerate();
    images
        .filter(|(_, image)| !image.excluded && wanted(image))
        .map(|(index, _)| index)
        .collect()
}

fn class_counts(data: &Dataset) -> Vec<ClassCount> {
    let empty = |name: &String| ClassCount {
        class: name.clone(),
        images: 0,
        given: [0; 3],
    };
    let mut classes: Vec<ClassCount> = data.classes.iter().map(empty).collect();
    for image in data.images.iter().filter(|image| !image.excluded) {
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
    for image in data.images.iter().filter(|image| !image.excluded) {
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

fn notes(
    data: &Dataset,
    counts: &[ClassCount],
    smallest: Option<&ClassCount>,
    largest: Option<&ClassCount>,
) -> Vec<String> {
    let mut notes = Vec::new();
    for class in counts.iter().filter(|class| class.images == 1) {
        notes.push(format!(
            "“{}” has one image: it is used for training only, so it is never checked",
            class.class
        ));
    }
    if data.has_given_sets() {
        for class in counts.iter().filter(|class| class.given[0] == 0) {
            notes.push(format!(
                "“{}” has no image in train/: the network cannot learn it",
                class.class
            ));
        }
    }
    if let (Some(smallest), Some(largest)) = (smallest, largest)
        && largest.images >= smallest.images.saturating_mul(classes::UNEVEN)
    {
        notes.push(format!(
            "“{}” has {} images and “{}” only {}: look at the figures of each class, not at the accuracy alone",
            largest.class, largest.images, smallest.class, smallest.images
        ));
    }
    let lost = data
        .problems
        .iter()
        .filter(|problem| !problem.is_no_image());
    let count = lost.count();
    if count > 0 {
        notes.push(match count {
            1 => "1 entry is left out: see the problems".to_owned(),
            _ => format!("{count} entries are left out: see the problems"),
        });
    }
    notes
}
