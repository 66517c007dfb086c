//! Files of equal content: candidates by size and sum, confirmed byte by byte.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::groups::Groups;
use super::known::{Of, kept};
use crate::dataset::{Dataset, Progress};

/// Groups of files with the same bytes; empty once cancelled. Excluded images are in none, nor is a file that cannot
/// be read any more. Looked for once for a data set and all that are made from it by changes.
pub fn same_files(data: &Dataset, progress: &Progress) -> Groups {
    let find = || {
        let candidates = by_sums(data);
        progress.begin(candidates.images());
        let lists: Vec<Vec<Vec<usize>>> = candidates
            .0
            .par_iter()
            .map(|group| confirmed(data, group, progress))
            .collect();
        (!progress.cancelled()).then(|| Groups::new(lists.into_iter().flatten()))
    };
    kept(data, Of::Same, find).unwrap_or_default()
}

/// Groups of files with the same size and sum, by the index alone. Excluded images are in none.
pub fn same_sums(data: &Dataset) -> Groups {
    kept(data, Of::Sums, || Some(by_sums(data))).unwrap_or_default()
}

/// Among all images, excluded ones too.
fn by_sums(data: &Dataset) -> Groups {
    let mut known: Vec<(u64, u64, usize)> = data
        .images
        .iter()
        .enumerate()
        .filter(|(_, image)| image.look.sum != 0)
        .map(|(index, image)| (image.look.sum, image.look.bytes, index))
        .collect();
    known.par_sort_unstable();
    let equal = known.chunk_by(|left, right| (left.0, left.1) == (right.0, right.1));
    let lists = equal
        .filter(|files| files.len() > 1)
        .map(|files| files.iter().map(|&(_, _, index)| index).collect());
    Groups::new(lists)
}

/// Divides files that may be equal into those that are.
fn confirmed(data: &Dataset, files: &[usize], progress: &Progress) -> Vec<Vec<usize>> {
    // By content: other contents under one sum are next to impossible, so this holds one file as a rule.
    let mut contents: BTreeMap<Vec<u8>, Vec<usize>> = BTreeMap::new();
    for &file in files {
        if progress.cancelled() {
            return Vec::new();
        }
        if let Ok(bytes) = data.bytes(file) {
            contents.entry(bytes).or_default().push(file);
        }
        progress.advance(1);
    }
    contents.into_values().collect()
}
