//! A folder to a data set: every file is decoded once, on all cores, so that broken ones are known before training.

mod look;
mod work;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;

use super::index::{Entry, Index, Loaded, Seen};
use super::layout::{self, Found, Listing};
use super::{Dataset, DatasetError, DecodeFault, Image, Opening, Place, Problem, Progress, decode};
pub use look::look;

const NO_CLASS: &str = "no image in this folder can be read, so it is no class";

/// What looks at the file of a number.
type Job = Arc<dyn Fn(u32) -> Seen + Send + Sync>;

pub(super) fn open(
    root: &Path,
    opening: &Opening,
    progress: &Progress,
) -> Result<Dataset, DatasetError> {
    let mut listing = layout::list(root, progress)?;
    listing
        .found
        .par_sort_unstable_by(|left, right| left.file.cmp(&right.file));
    let found = Arc::new(std::mem::take(&mut listing.found));
    let looks = looks_of(root, &found, opening, progress)?;
    let missing = |look: &Seen| matches!(look, Err(DecodeFault::Missing));
    if looks.iter().any(missing) && !root.is_dir() {
        return Err(DatasetError::Vanished(root.to_path_buf()));
    }
    // The threads that shared it have ended.
    listing.found = Arc::into_inner(found).unwrap_or_default();
    let mut problems = std::mem::take(&mut listing.problems);
    let (classes, full) = classes(&listing, &looks);
    for (number, folder) in listing.folders.iter().enumerate() {
        if !full.contains(&number) {
            let reason = NO_CLASS.to_owned();
            problems.push(Problem {
                file: folder.file.clone(),
                reason,
            });
        }
    }
    let (images, unusual) = images(listing, looks, &classes, &mut problems);
    problems.sort_by(|left, right| left.file.cmp(&right.file));
    check(root, &classes, &problems)?;
    let place = Place::Folder {
        root: root.to_path_buf(),
        unusual,
    };
    Ok(Dataset {
        source: opening.source.clone(),
        classes,
        images,
        problems,
        place,
    })
}

/// What every found file shows, from the index or by looking.
fn looks_of(
    root: &Path,
    found: &Arc<Vec<Found>>,
    opening: &Opening,
    progress: &Progress,
) -> Result<Vec<Seen>, DatasetError> {
    let index = opening
        .cache
        .as_deref()
        .map(|cache| Index::of(&opening.source, opening.layout.as_ref(), cache));
    let stamps = stamps(root, found, progress)?;
    let mut entries = Vec::with_capacity(found.len());
    for (file, &(bytes, modified)) in found.iter().zip(&stamps) {
        entries.push(Entry {
            name: &file.file,
            bytes,
            modified,
        });
    }
    let job = {
        let (root, found) = (root.to_path_buf(), Arc::clone(found));
        move |number: u32| {
            let file = found
                .get(usize::try_from(number).unwrap_or(usize::MAX))
                .ok_or(DecodeFault::Missing)?;
            decode::read_bytes(&root.join(&file.path))
                .map_err(|fault| decode::named(fault, &file.file))
                .and_then(|bytes| look(&bytes, &file.file))
        }
    };
    look_all(&entries, index.as_ref(), Arc::new(job), progress)
}

/// Size and time of every file, which the disk is asked for on all cores; zeros where it does not answer.
fn stamps(
    root: &Path,
    found: &[Found],
    progress: &Progress,
) -> Result<Vec<(u64, i64)>, DatasetError> {
    let stamp = |file: &Found| {
        if progress.cancelled() {
            return Err(DatasetError::Cancelled);
        }
        let about = std::fs::metadata(root.join(&file.path));
        Ok(about.map_or((0, 0), |about| decode::stamp(&about)))
    };
    found.par_iter().map(stamp).collect()
}

/// What every file of a listing shows, in its order. The listing is sorted by name; `job` looks at the file of a number
/// and is asked only for those that the index does not know. What was looked at before a scan is cancelled is kept.
pub(super) fn look_all(
    entries: &[Entry<'_>],
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

/// The names of the classes that have images, sorted, and the numbers of the folders that have some.
fn classes(listing: &Listing, looks: &[Seen]) -> (Vec<String>, BTreeSet<usize>) {
    let full: BTreeSet<usize> = listing
        .found
        .iter()
        .zip(looks)
        .filter(|(_, look)| look.is_ok())
        .map(|(found, _)| found.folder)
        .collect();
    let names: BTreeSet<String> = full
        .iter()
        .filter_map(|&number| listing.folders.get(number))
        .map(|folder| folder.class.clone())
        .collect();
    (names.into_iter().collect(), full)
}

/// The images, sorted by file, and the paths of those whose names are no UTF-8; files left out become problems.
fn images(
    listing: Listing,
    looks: Vec<Seen>,
    classes: &[String],
    problems: &mut Vec<Problem>,
) -> (Vec<Image>, BTreeMap<String, PathBuf>) {
    let mut images = Vec::with_capacity(looks.iter().filter(|look| look.is_ok()).count());
    let mut unusual = BTreeMap::new();
    for (
        Found {
            mut file,
            path,
            folder,
        },
        look,
    ) in listing.found.into_iter().zip(looks)
    {
        let class = listing.folders.get(folder).and_then(|folder| {
            classes
                .binary_search(&folder.class)
                .ok()
                .map(|class| (class, folder.given))
        });
        match (look, class) {
            (Ok((width, height, look)), Some((class, given))) => {
                // A million names with room to grow would be many megabytes.
                file.shrink_to_fit();
                if path.to_str().is_none() {
                    unusual.insert(file.clone(), path);
                }
                images.push(Image {
                    file,
                    class,
                    given,
                    excluded: false,
                    width,
                    height,
                    look,
                });
            }
            (Err(fault), _) => problems.push(Problem {
                file,
                reason: fault.to_string(),
            }),
            (Ok(_), None) => {}
        }
    }
    (images, unusual)
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
            hint: hint(&root.join(class)),
            class: class.clone(),
            folder,
        }),
        _ => Ok(()),
    }
}

/// An unpacked archive is often one folder around the right one.
fn hint(inner: &Path) -> String {
    let folders = std::fs::read_dir(inner).map_or(0, |entries| {
        entries.flatten().filter(|e| e.path().is_dir()).count()
    });
    if folders < 2 {
        String::new()
    } else {
        format!(
            "; or choose {}, which has {folders} folders",
            inner.display()
        )
    }
}
