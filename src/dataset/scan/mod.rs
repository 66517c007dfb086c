//! A place to a data set: every file is decoded once, on all cores, so that broken ones are known before training.

mod look;
mod work;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use rayon::prelude::*;

use super::files;
use super::index::{Index, Loaded, Seen};
use super::layout::{self, Found, Group, Shelf, Spot};
use super::{
    Dataset, DatasetError, DecodeFault, Image, Opening, Place, Problem, Progress, Set, Source,
    decode,
};
pub use look::look;

const NO_CLASS: &str = "no image in this folder can be read, so it is no class";

/// What looks at the file of a number.
type Job = Arc<dyn Fn(u32) -> Seen + Send + Sync>;

/// What a scan looks at, shared by its threads.
struct Things {
    store: Arc<files::Store>,
    shelves: Arc<[Shelf]>,
    found: Vec<Found>,
}

impl Things {
    /// Decodes the file of a number.
    fn look(&self, number: u32) -> Seen {
        let number = usize::try_from(number).unwrap_or(usize::MAX);
        let found = self.found.get(number).ok_or(DecodeFault::Missing)?;
        match found.spot {
            Spot::File(place) => self
                .store
                .bytes(&found.file, place)
                .map_err(|fault| decode::named(fault, &found.file))
                .and_then(|bytes| look(&bytes, &found.file)),
            Spot::Record { shelf, number } => {
                let shelf = usize::try_from(shelf).ok();
                let shelf = shelf.and_then(|shelf| self.shelves.get(shelf));
                let image = shelf.ok_or(DecodeFault::Missing)?.read(number)?;
                Ok((image.width(), image.height(), look::of_picture(&image)))
            }
        }
    }
}

/// A data set of at least so many classes (1 or 2).
pub(super) fn open(
    root: &Path,
    opening: &Opening,
    least: usize,
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
    let things = Arc::new(Things {
        store: Arc::clone(&store),
        shelves: plan.shelves.into(),
        found: plan.found,
    });
    let looks = looks_of(&things, opening, progress)?;
    let missing = |look: &Seen| matches!(look, Err(DecodeFault::Missing));
    if looks.iter().any(missing) && !store.root.exists() {
        return Err(DatasetError::Vanished(root.to_path_buf()));
    }
    let mut problems = std::mem::take(&mut plan.problems);
    let (classes, full) = classes(&plan.groups, &things.found, &looks);
    let of_groups = of_groups(&plan.groups, &classes);
    problems.extend(empty_classes(&plan.groups, &classes, &full));
    let shelves = Arc::clone(&things.shelves);
    // The threads that shared it have ended, but for one in the middle of a large picture after a cancel.
    let found = match Arc::try_unwrap(things) {
        Ok(things) => things.found,
        Err(things) => things.found.clone(),
    };
    let (images, spots) = images(&of_groups, found, looks, &mut problems);
    problems.sort_by(|left, right| left.file.cmp(&right.file));
    check(root, &classes, least, &problems, &plan.notices)?;
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
            shelves,
            spots: spots.into(),
        },
        known: Arc::default(),
    })
}

/// What every found file shows, from the index or by looking.
fn looks_of(
    things: &Arc<Things>,
    opening: &Opening,
    progress: &Progress,
) -> Result<Vec<Seen>, DatasetError> {
    let index = opening
        .cache
        .as_deref()
        .map(|cache| Index::of(&opening.source, opening.layout.as_ref(), cache));
    let job = {
        let things = Arc::clone(things);
        move |number: u32| things.look(number)
    };
    let looks = look_all(&things.found, index.as_ref(), Arc::new(job), progress)?;
    if let Some(index) = index {
        index.tidy();
    }
    Ok(looks)
}

/// What every file of a listing shows, in its order. The listing is sorted by name; `job` looks at the file of a number
/// and is asked only for those that the index does not know. What was looked at before a scan is cancelled is kept.
pub(super) fn look_all(
    entries: &[Found],
    index: Option<&Index>,
    job: Job,
    progress: &Progress,
) -> Result<Vec<Seen>, DatasetError> {
    progress.begin(entries.len());
    let Loaded {
        mut seen,
        known,
        exact,
    } = match index {
        Some(index) => index.load(entries, progress)?,
        None => Loaded::nothing(entries.len()),
    };
    progress.advance(known);
    let unknown = seen.iter().enumerate().filter(|(_, seen)| seen.is_none());
    let todo: Vec<u32> = unknown
        .filter_map(|(number, _)| u32::try_from(number).ok())
        .collect();
    let nothing_new = todo.is_empty() && exact;
    let mut journal = index.filter(|_| !nothing_new).map(Index::journal);
    let result = work::on_all_cores(todo, job, progress, |portion| {
        for (number, mut look) in portion {
            let at = usize::try_from(number).unwrap_or(usize::MAX);
            if let (Some(slot), Some(entry)) = (seen.get_mut(at), entries.get(at)) {
                if let Ok((_, _, look)) = &mut look {
                    look.modified = entry.modified;
                }
                *slot = Some(look);
            }
            if let (Some(journal), Some(index)) = (&mut journal, index) {
                journal.keep(index, number, entries, &seen);
            }
        }
    });
    if let (Some(journal), Some(index)) = (&mut journal, index) {
        match &result {
            // A disk that takes no index is no reason to show no images.
            Ok(()) => index.store(entries, &seen, journal).unwrap_or_default(),
            Err(_) => journal.flush(index, entries, &seen),
        }
    }
    result?;
    let unseen = || Err(DecodeFault::Damaged("it confuses the decoder".into()));
    Ok(seen
        .into_iter()
        .map(|seen| seen.unwrap_or_else(unseen))
        .collect())
}

/// The names of the classes that have images, sorted, and the numbers of the groups that have some.
fn classes(groups: &[Group], found: &[Found], looks: &[Seen]) -> (Vec<String>, BTreeSet<u32>) {
    let mut has_images = vec![false; groups.len()];
    for (found, look) in found.iter().zip(looks) {
        let slot = usize::try_from(found.group).ok();
        if let Some(slot) = slot.and_then(|group| has_images.get_mut(group)) {
            *slot |= look.is_ok();
        }
    }
    let full = || {
        (0u32..)
            .zip(groups)
            .zip(&has_images)
            .filter(|(_, has)| **has)
    };
    let names: BTreeSet<&String> = full().map(|((_, group), _)| &group.class).collect();
    (
        names.into_iter().cloned().collect(),
        full().map(|((number, _), _)| number).collect(),
    )
}

/// For each group the number of its class and its set; nothing where the class has no images.
fn of_groups(groups: &[Group], classes: &[String]) -> Vec<Option<(usize, Option<Set>)>> {
    let of = |group: &Group| {
        let class = classes.binary_search(&group.class).ok()?;
        Some((class, group.given))
    };
    groups.iter().map(of).collect()
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
    of_groups: &[Option<(usize, Option<Set>)>],
    mut found: Vec<Found>,
    mut looks: Vec<Seen>,
    problems: &mut Vec<Problem>,
) -> (Vec<Image>, Vec<Spot>) {
    let of = |found: &Found| {
        let group = usize::try_from(found.group).ok()?;
        of_groups.get(group).copied().flatten()
    };
    let is_image = |(found, look): (&Found, &Seen)| look.is_ok() && of(found).is_some();
    let kept: Vec<bool> = found.par_iter().zip(&looks).map(is_image).collect();
    if kept.contains(&false) {
        for (found, look) in found.iter_mut().zip(&looks) {
            if let Err(fault) = look {
                let beside = match fault {
                    DecodeFault::NotAnImage(_) | DecodeFault::Empty => files::beside(&found.file),
                    _ => None,
                };
                problems.push(Problem {
                    file: std::mem::take(&mut found.file),
                    reason: beside.map_or_else(|| fault.to_string(), str::to_owned),
                });
            }
        }
        let mut flags = kept.iter();
        found.retain(|_| flags.next() == Some(&true));
        let mut flags = kept.iter();
        looks.retain(|_| flags.next() == Some(&true));
    }
    let image = |(found, look): (Found, Seen)| {
        let (class, given) = of(&found).unwrap_or_default();
        let (width, height, look) = look.unwrap_or_default();
        let mut file = found.file;
        // A million names with room to grow would be many megabytes.
        file.shrink_to_fit();
        let image = Image {
            file,
            class,
            given,
            excluded: false,
            width,
            height,
            look,
        };
        (image, found.spot)
    };
    let (mut images, mut spots) = (Vec::new(), Vec::new());
    let all = found.into_par_iter().zip(looks).map(image);
    all.unzip_into_vecs(&mut images, &mut spots);
    (images, spots)
}

fn check(
    root: &Path,
    classes: &[String],
    least: usize,
    problems: &[Problem],
    notices: &[String],
) -> Result<(), DatasetError> {
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
        [class] if least > 1 => Err(DatasetError::OneClass {
            class: class.clone(),
            folder,
            hint: layout::unused_tables(notices),
        }),
        _ => Ok(()),
    }
}
