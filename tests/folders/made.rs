//! Folders made for a test, and short ways to look at what comes of them.

use std::fs;
use std::path::Path;

use image::{GrayImage, Luma};
use mapsto::dataset::{Dataset, DatasetError, Progress, Source, SplitRecipe};
use tempfile::TempDir;

pub fn picture(path: &Path, value: u8) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    GrayImage::from_fn(9, 7, |x, y| Luma([value.wrapping_add((x * y) as u8)]))
        .save(path)
        .unwrap();
}

/// A folder with these pictures.
pub fn folder(files: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (number, file) in files.iter().enumerate() {
        picture(&folder.path().join(file), number as u8);
    }
    folder
}

pub fn many(classes: &[(&str, usize)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for &(class, count) in classes {
        for number in 0..count {
            picture(
                &folder.path().join(class).join(format!("{number:03}.png")),
                number as u8,
            );
        }
    }
    folder
}

pub fn open(path: &Path) -> Result<Dataset, DatasetError> {
    Dataset::open(&Source::Folder(path.to_path_buf()), &Progress::default())
}

pub fn files(data: &Dataset) -> Vec<&str> {
    data.images
        .iter()
        .map(|image| image.file.as_str())
        .collect()
}

pub fn problem<'a>(data: &'a Dataset, file: &str) -> &'a str {
    let found = data.problems.iter().find(|problem| problem.file == file);
    &found
        .unwrap_or_else(|| panic!("{file} not among {:?}", data.problems))
        .reason
}

/// Each picture for itself: those made here all look alike.
pub fn recipe(seed: u64) -> SplitRecipe {
    SplitRecipe {
        seed,
        together: false,
        ..SplitRecipe::default()
    }
}
