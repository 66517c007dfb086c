//! A folder to a data set: every file is decoded once, on all cores, so that broken ones are known before training.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::layout::{self, Found, Listing};
use super::{
    Dataset, DatasetError, DecodeFault, Image, Look, Place, Problem, Progress, Source, read_image,
};

const NO_CLASS: &str = "no image in this folder can be read, so it is no class";

type Looked = Result<(u32, u32), DecodeFault>;

pub(super) fn open(root: &Path, progress: &Progress) -> Result<Dataset, DatasetError> {
    let mut listing = layout::list(root, progress)?;
    progress.begin(listing.found.len());
    let looks = look(root, &listing.found, progress)?;
    if looks
        .iter()
        .any(|look| matches!(look, Err(DecodeFault::Missing)))
        && !root.is_dir()
    {
        return Err(DatasetError::Vanished(root.to_path_buf()));
    }
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
        source: Source::Folder(root.to_path_buf()),
        classes,
        images,
        problems,
        emptied: Vec::new(),
        was: BTreeMap::new(),
        was_given: BTreeMap::new(),
        place,
    })
}

/// Decodes every file and keeps its size, in the order of `found`.
fn look(root: &Path, found: &[Found], progress: &Progress) -> Result<Vec<Looked>, DatasetError> {
    let looked = |file: &Found| {
        if progress.cancelled() {
            return Err(DatasetError::Cancelled);
        }
        let look = match read_image(&root.join(&file.path)) {
            Ok(image) => Ok((image.width(), image.height())),
            Err(error) => Err(error.fault),
        };
        progress.advance(1);
        Ok(look)
    };
    // Files in small portions: one slow picture must not hold up a thousand others behind it.
    let looks = found.par_iter().with_max_len(8).map(looked).collect();
    if progress.cancelled() {
        Err(DatasetError::Cancelled)
    } else {
        looks
    }
}

/// The names of the classes that have images, sorted, and the numbers of the folders that have some.
fn classes(listing: &Listing, looks: &[Looked]) -> (Vec<String>, BTreeSet<usize>) {
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
    looks: Vec<Looked>,
    classes: &[String],
    problems: &mut Vec<Problem>,
) -> (Vec<Image>, BTreeMap<String, PathBuf>) {
    let mut images = Vec::new();
    let mut unusual = BTreeMap::new();
    for (Found { file, path, folder }, look) in listing.found.into_iter().zip(looks) {
        let class = listing.folders.get(folder).and_then(|folder| {
            classes
                .binary_search(&folder.class)
                .ok()
                .map(|class| (class, folder.given))
        });
        match (look, class) {
            (Ok((width, height)), Some((class, given))) => {
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
                    look: Look::default(),
                });
            }
            (Err(fault), _) => problems.push(Problem {
                file,
                reason: fault.to_string(),
            }),
            (Ok(_), None) => {}
        }
    }
    images.sort_by(|left, right| left.file.cmp(&right.file));
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
