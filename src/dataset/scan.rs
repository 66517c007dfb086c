//! A folder to a data set: every file is decoded once, on all cores, so that broken ones are known before training.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use rayon::prelude::*;

use super::files::{self, Store};
use super::layout::{self, Found, Group, Plan, Spot};
use super::{
    Dataset, DatasetError, DecodeFault, Image, Look, Opening, Place, Problem, Progress, Source,
    decode,
};

const NO_CLASS: &str = "no image in this folder can be read, so it is no class";

type Looked = Result<(u32, u32), DecodeFault>;

pub(super) fn open(
    root: &Path,
    opening: &Opening,
    progress: &Progress,
) -> Result<Dataset, DatasetError> {
    let opened = files::open(root, opening.cache.as_deref(), progress)?;
    let store = Arc::clone(&opened.tree.store);
    let mut plan = layout::read(
        opened.tree,
        opened.focus.as_deref(),
        opening.layout.as_ref(),
        progress,
    )?;
    progress.begin(plan.found.len());
    let looks = look(&store, &plan, progress)?;
    let missing = |look: &Looked| matches!(look, Err(DecodeFault::Missing));
    if looks.iter().any(missing) && !store.root.exists() {
        return Err(DatasetError::Vanished(root.to_path_buf()));
    }
    let mut problems = std::mem::take(&mut plan.problems);
    let (classes, full) = classes(&plan, &looks);
    problems.extend(empty_classes(&plan.groups, &classes, &full));
    let (images, spots) = images(&plan.groups, plan.found, looks, &classes, &mut problems);
    problems.sort_by(|left, right| left.file.cmp(&right.file));
    check(root, &classes, &problems)?;
    Ok(Dataset {
        source: Source::Folder(root.to_path_buf()),
        classes,
        images,
        problems,
        notices: plan.notices,
        layouts: plan.choices,
        emptied: Vec::new(),
        was: BTreeMap::new(),
        was_given: BTreeMap::new(),
        place: Place::Files {
            store,
            shelves: plan.shelves.into(),
            spots: spots.into(),
        },
    })
}

/// Decodes every file and keeps its size, in the order of `found`.
fn look(store: &Store, plan: &Plan, progress: &Progress) -> Result<Vec<Looked>, DatasetError> {
    let looked = |found: &Found| {
        if progress.cancelled() {
            return Err(DatasetError::Cancelled);
        }
        let look = match found.spot {
            Spot::File(place) => store
                .bytes(&found.file, place)
                .and_then(|bytes| decode::decode(&bytes))
                .map(|image| (image.width(), image.height()))
                .map_err(|fault| decode::named(fault, Path::new(&found.file))),
            Spot::Record { shelf, .. } => usize::try_from(shelf)
                .ok()
                .and_then(|shelf| plan.shelves.get(shelf))
                .map(|shelf| (shelf.width, shelf.height))
                .ok_or(DecodeFault::Missing),
        };
        progress.advance(1);
        Ok(look)
    };
    // Files in small portions: one slow picture must not hold up a thousand others behind it.
    let looks = plan.found.par_iter().with_max_len(8).map(looked).collect();
    if progress.cancelled() {
        Err(DatasetError::Cancelled)
    } else {
        looks
    }
}

fn group_of<'a>(groups: &'a [Group], found: &Found) -> Option<&'a Group> {
    groups.get(usize::try_from(found.group).ok()?)
}

/// The names of the classes that have images, sorted, and the numbers of the groups that have some.
fn classes(plan: &Plan, looks: &[Looked]) -> (Vec<String>, BTreeSet<u32>) {
    let full: BTreeSet<u32> = plan
        .found
        .iter()
        .zip(looks)
        .filter(|(_, look)| look.is_ok())
        .map(|(found, _)| found.group)
        .collect();
    let names: BTreeSet<&String> = full
        .iter()
        .filter_map(|&number| plan.groups.get(usize::try_from(number).ok()?))
        .map(|group| &group.class)
        .collect();
    (names.into_iter().cloned().collect(), full)
}

/// Classes that are promised and have no image.
fn empty_classes(groups: &[Group], classes: &[String], full: &BTreeSet<u32>) -> Vec<Problem> {
    let mut told: BTreeSet<&str> = BTreeSet::new();
    let mut problems = Vec::new();
    for (number, group) in (0..).zip(groups) {
        if full.contains(&number) {
            continue;
        }
        match &group.folder {
            Some(folder) => problems.push(Problem {
                file: folder.clone(),
                reason: NO_CLASS.to_owned(),
            }),
            None if classes.binary_search(&group.class).is_err() && told.insert(&group.class) => {
                problems.push(Problem {
                    file: group.class.clone(),
                    reason: "no image of this class can be read, so it is left out".into(),
                });
            }
            None => {}
        }
    }
    problems
}

/// The images, sorted by file as `found` is, and where each is; files left out become problems.
fn images(
    groups: &[Group],
    found: Vec<Found>,
    looks: Vec<Looked>,
    classes: &[String],
    problems: &mut Vec<Problem>,
) -> (Vec<Image>, Vec<Spot>) {
    let mut images = Vec::new();
    let mut spots = Vec::new();
    for (found, look) in found.into_iter().zip(looks) {
        let group = group_of(groups, &found);
        let class = group.and_then(|group| {
            let class = classes.binary_search(&group.class).ok()?;
            Some((class, group.given))
        });
        match (look, class) {
            (Ok((width, height)), Some((class, given))) => {
                spots.push(found.spot);
                images.push(Image {
                    file: found.file,
                    class,
                    given,
                    excluded: false,
                    width,
                    height,
                    look: Look {
                        bytes: found.bytes,
                        modified: found.modified,
                        ..Look::default()
                    },
                });
            }
            (Err(fault), _) => problems.push(Problem {
                file: found.file,
                reason: fault.to_string(),
            }),
            (Ok(_), None) => {}
        }
    }
    (images, spots)
}

fn check(root: &Path, classes: &[String], problems: &[Problem]) -> Result<(), DatasetError> {
    let folder = root.to_path_buf();
    match classes {
        [] => {
            // A file says more than its folder.
            let of_file = problems.iter().find(|problem| problem.reason != NO_CLASS);
            let detail = match of_file.or(problems.first()) {
                None => String::new(),
                Some(first) => format!(
                    " ({} left out; {}: {})",
                    problems.len(),
                    first.file,
                    first.reason
                ),
            };
            Err(DatasetError::NoImages { folder, detail })
        }
        [class] => Err(DatasetError::OneClass {
            class: class.clone(),
            folder,
        }),
        _ => Ok(()),
    }
}
