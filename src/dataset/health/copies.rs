//! The same picture more than once: in one class, under two labels, in two sets.

use serde::{Deserialize, Serialize};

use super::finding::{Action, Finding, Kind};
use super::groups::Groups;
use super::words::{counted, share_of};
use super::{alike, confirm, same};
use crate::dataset::{Dataset, DatasetError, Progress, Set, Splits};

/// Which images are copies of others: found once for a data set, before its health is told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alike {
    /// Files of equal content.
    pub same: Groups,
    /// Pictures that look alike, equal files among them.
    pub near: Groups,
    /// Of look-alikes under two labels those that are one picture for certain, saved again.
    #[serde(default)]
    pub saved: Groups,
}

impl Alike {
    /// Compares the pictures' fingerprints, the pictures where these are near, and the bytes of files that seem equal.
    /// Errors: cancelled.
    pub fn find(data: &Dataset, progress: &Progress) -> Result<Self, DatasetError> {
        let near = alike::near_duplicates(data, progress);
        Self::of(data, &near, progress)
    }

    /// With the look-alikes at hand. Errors: cancelled.
    pub fn of(data: &Dataset, near: &Groups, progress: &Progress) -> Result<Self, DatasetError> {
        let same = same::same_files(data, progress);
        let near = near.joined(&same);
        let saved = confirm::certain(data, &two_labels(data, &near), progress);
        if progress.cancelled() {
            return Err(DatasetError::Cancelled);
        }
        Ok(Self { same, near, saved })
    }
}

/// Everything about copies. `images`: those that are not excluded.
pub fn findings(
    data: &Dataset,
    splits: Option<&Splits>,
    known: &Alike,
    images: usize,
) -> Vec<Finding> {
    let all = known.near.joined(&known.same);
    let mut findings: Vec<Finding> = [
        conflicts(data, known, images),
        alike_conflicts(data, known, images),
        duplicates(data, &known.same, images),
        near(data, known, images),
    ]
    .into_iter()
    .flatten()
    .collect();
    if let Some(splits) = splits {
        let told = splits.apart.of_images(data.images.len());
        let is_told = |group: &&[usize]| {
            let told = |index: &usize| told.get(*index).copied().flatten().is_some();
            group.iter().any(told)
        };
        // Of what is told of below, only equal files belong on one side.
        let mut strict: Vec<&[usize]> = all.iter().filter(|group| !is_told(group)).collect();
        strict.extend(known.same.iter().filter(is_told));
        let strict = Groups::new(strict.into_iter().map(<[usize]>::to_vec));
        findings.extend(leaks(data, splits, &strict));
        findings.extend(apart(splits, images));
    }
    findings
}

fn class(data: &Dataset, index: usize) -> usize {
    data.images.get(index).map_or(0, |image| image.class)
}

fn two_labels(data: &Dataset, groups: &Groups) -> Groups {
    let two = |group: &&[usize]| {
        let first = group.first().map(|&index| class(data, index));
        group.iter().any(|&index| Some(class(data, index)) != first)
    };
    Groups::new(groups.iter().filter(two).map(<[usize]>::to_vec))
}

/// Groups of one picture under two labels, for certain.
fn certain_conflicts(data: &Dataset, known: &Alike) -> Groups {
    two_labels(data, &known.saved.joined(&known.same))
}

fn conflicts(data: &Dataset, known: &Alike, images: usize) -> Option<Finding> {
    let groups = certain_conflicts(data, known);
    let concerned = groups.images();
    (concerned > 0).then(|| {
        let title = match groups.len() {
            1 => "A picture is there under two labels".to_owned(),
            many => format!("{many} pictures are there under two labels"),
        };
        let advice = "The network is told that one picture is both: look which label is right, relabel or exclude the others";
        let exclude = Action::Exclude(groups.iter().flatten().copied().collect());
        Finding::new(Kind::Conflict, share_of(concerned, images), title, advice)
            .of_groups(&groups)
            .or(exclude)
    })
}

/// Look-alikes of two labels that no certain conflict explains.
fn alike_conflicts(data: &Dataset, known: &Alike, images: usize) -> Option<Finding> {
    let certain = certain_conflicts(data, known).of_images(data.images.len());
    let told = |index: &usize| certain.get(*index).copied().flatten().is_some();
    let groups = two_labels(data, &known.near);
    let open = groups.iter().filter(|group| !group.iter().any(told));
    let groups = Groups::new(open.map(<[usize]>::to_vec));
    let concerned = groups.images();
    (concerned > 0).then(|| {
        let title = format!(
            "{} under different labels look alike",
            counted(concerned, "picture")
        );
        let advice = "They may be different things before one background: look whether the labels are right, relabel what is not";
        Finding::new(Kind::AlikeConflict, share_of(concerned, images), title, advice)
            .of_groups(&groups)
    })
}

fn apart(splits: &Splits, images: usize) -> Option<Finding> {
    let concerned = splits.apart.images();
    (concerned > 0).then(|| {
        let title = format!(
            "{} look alike, too many to be in one set",
            counted(concerned, "picture")
        );
        let advice = "Kept together they would leave too little to check with, so they are dealt out one by one: where they are shots of one thing, give them sets of your own, or group them by folder or name";
        Finding::new(Kind::Apart, share_of(concerned, images), title, advice)
            .of_groups(&splits.apart)
    })
}

/// All but the first image of each class in each group.
fn copies(data: &Dataset, groups: &Groups) -> Vec<usize> {
    let mut copies = Vec::new();
    for group in groups.iter() {
        let mut classes = Vec::new();
        for &index in group {
            let class = class(data, index);
            if classes.contains(&class) {
                copies.push(index);
            } else {
                classes.push(class);
            }
        }
    }
    copies.sort_unstable();
    copies
}

fn duplicates(data: &Dataset, same: &Groups, images: usize) -> Option<Finding> {
    let surplus = same.images() - same.len();
    (surplus > 0).then(|| {
        let copies = copies(data, same);
        let title = match surplus {
            1 => "1 file is an exact copy of another".to_owned(),
            _ => format!("{surplus} files are exact copies of others, in {}", counted(same.len(), "group")),
        };
        let advice = "Copies count twice in training, and twice in the figures: exclude all but the first of each class";
        Finding::new(Kind::Duplicates, share_of(surplus, images), title, advice)
            .of_groups(same)
            .or(Action::Exclude(copies))
    })
}

/// Groups that are more than equal files.
fn near(data: &Dataset, known: &Alike, images: usize) -> Option<Finding> {
    let same = known.same.of_images(data.images.len());
    let more = |group: &&[usize]| {
        let of = |index: &usize| same.get(*index).copied().flatten();
        let first = group.first().and_then(of);
        first.is_none() || group.iter().any(|index| of(index) != first)
    };
    let groups = Groups::new(known.near.iter().filter(more).map(<[usize]>::to_vec));
    let surplus = groups.images() - groups.len();
    (surplus > 0).then(|| {
        let title = format!(
            "{} look like others, in {}",
            counted(groups.images(), "picture"),
            counted(groups.len(), "group")
        );
        let advice = "Shots of one moment, or one picture saved again: the split keeps them on one side; exclude those that add nothing";
        Finding::new(Kind::NearDuplicates, share_of(surplus, images), title, advice)
            .of_groups(&groups)
            .or(Action::Exclude(copies(data, &groups)))
    })
}

fn leaks(data: &Dataset, splits: &Splits, all: &Groups) -> Option<Finding> {
    let mut sets: Vec<Option<Set>> = vec![None; data.images.len()];
    for set in Set::ALL {
        for &index in splits.get(set) {
            if let Some(slot) = sets.get_mut(index) {
                *slot = Some(set);
            }
        }
    }
    let set = |index: &usize| sets.get(*index).copied().flatten();
    let mut moves = Vec::new();
    let mut leaving = Vec::new();
    let mut apart = Vec::new();
    for group in all.iter() {
        let inside = |wanted: Set| {
            group
                .iter()
                .filter(|index| set(index) == Some(wanted))
                .count()
        };
        let counts = Set::ALL.map(|wanted| (inside(wanted), wanted));
        if counts.iter().filter(|(count, _)| *count > 0).count() < 2 {
            continue;
        }
        // Where most are; of equals the first, which is training.
        let home = counts
            .iter()
            .rev()
            .max_by_key(|(count, _)| *count)
            .map_or(Set::Train, |&(_, set)| set);
        let first = counts
            .iter()
            .find(|(count, _)| *count > 0)
            .map(|&(_, set)| set);
        let members = || group.iter().copied().filter(|index| set(index).is_some());
        moves.extend(
            members()
                .filter(|index| set(index) != Some(home))
                .map(|index| (index, home)),
        );
        leaving.extend(members().filter(|index| set(index) != first));
        apart.push(members().collect());
    }
    let groups = Groups::new(apart);
    let checked = splits.validation.len() + splits.test.len();
    (!groups.is_empty()).then(|| {
        let title = match groups.len() {
            1 => "A picture is in two sets".to_owned(),
            many => format!("{many} pictures, or ones that look alike, are in two sets"),
        };
        let advice = "What the network has learned by heart is no test: move them to the same side, or exclude those that check";
        Finding::new(Kind::Leak, share_of(leaving.len(), checked), title, advice)
            .of_groups(&groups)
            .or(Action::SameSide(moves))
            .or(Action::Exclude(leaving))
    })
}
