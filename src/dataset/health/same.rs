//! Files of equal content: candidates by size and sum, confirmed byte by byte.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;

use rayon::prelude::*;

use super::groups::Groups;
use crate::dataset::{Dataset, Progress};

/// Groups of files with the same bytes; empty once cancelled. Excluded images are in none, nor is a file that cannot
/// be read any more.
pub fn same_files(data: &Dataset, progress: &Progress) -> Groups {
    let candidates = same_sums(data);
    progress.begin(candidates.images());
    let lists: Vec<Vec<Vec<usize>>> = candidates
        .0
        .par_iter()
        .map(|group| confirmed(data, group, progress))
        .collect();
    if progress.cancelled() {
        return Groups::default();
    }
    Groups::new(lists.into_iter().flatten())
}

/// Groups of files with the same size and sum, by the index alone.
pub fn same_sums(data: &Dataset) -> Groups {
    let mut known: Vec<(u64, u64, usize)> = data
        .images
        .iter()
        .enumerate()
        .filter(|(_, image)| !image.excluded && image.look.sum != 0)
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
        if let Some(bytes) = content(data, file) {
            contents.entry(bytes).or_default().push(file);
        }
        progress.advance(1);
    }
    contents.into_values().collect()
}

/// The bytes of a file, or the pixels of an image that is part of a larger one.
fn content(data: &Dataset, index: usize) -> Option<Vec<u8>> {
    let Some(path) = data.path(index) else {
        return Some(data.read(index).ok()?.into_bytes());
    };
    let most = data.images.get(index)?.look.bytes.checked_add(1)?;
    if !std::fs::metadata(&path).ok()?.is_file() {
        return None;
    }
    let mut bytes = Vec::new();
    // No more than the scan has seen: a file that grows is another one.
    File::open(path)
        .ok()?
        .take(most)
        .read_to_end(&mut bytes)
        .ok()?;
    Some(bytes)
}
