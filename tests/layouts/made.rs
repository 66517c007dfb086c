//! Folders and archives made for a test, and short ways to look at what comes of them.

use std::fs::{self, File};
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder};
use image::{GrayImage, ImageFormat, Luma};
use mapsto::dataset::{Dataset, DatasetError, Layout, Opening, Progress, Source};
use rawzip::path::EntryPath;
use rawzip::{CompressionMethod, ZipArchiveWriter};
use tempfile::TempDir;

/// A small picture as PNG.
pub fn png(value: u8) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    GrayImage::from_fn(5, 4, |x, y| Luma([value.wrapping_add((x * y) as u8)]))
        .write_to(&mut bytes, ImageFormat::Png)
        .unwrap();
    bytes.into_inner()
}

/// A file of a data set: its path and its content.
pub type Made = (String, Vec<u8>);

/// Pictures at these paths.
pub fn pictures(paths: &[&str]) -> Vec<Made> {
    let picture = |(number, path): (usize, &&str)| ((*path).to_owned(), png(number as u8));
    paths.iter().enumerate().map(picture).collect()
}

pub fn with(mut files: Vec<Made>, path: &str, content: impl AsRef<[u8]>) -> Vec<Made> {
    files.push((path.to_owned(), content.as_ref().to_vec()));
    files
}

pub fn write(root: &Path, files: &[Made]) {
    for (path, content) in files {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
}

pub fn folder(files: &[Made]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), files);
    folder
}

/// Writes a zip; the names are taken as they are.
pub fn zip(path: &Path, files: &[Made], method: CompressionMethod) {
    let mut archive = ZipArchiveWriter::new(File::create(path).unwrap());
    for (name, content) in files {
        let (mut entry, config) = archive
            .new_file(EntryPath::verbatim(name.as_bytes()))
            .compression_method(method)
            .start()
            .unwrap();
        let descriptor = if method == CompressionMethod::DEFLATE {
            let encoder = DeflateEncoder::new(&mut entry, Compression::default());
            let mut writer = config.wrap(encoder);
            writer.write_all(content).unwrap();
            let (encoder, descriptor) = writer.finish().unwrap();
            encoder.finish().unwrap();
            descriptor
        } else {
            let mut writer = config.wrap(&mut entry);
            writer.write_all(content).unwrap();
            writer.finish().unwrap().1
        };
        entry.finish(descriptor).unwrap();
    }
    archive.finish().unwrap();
}

/// The bytes of a tar; the names are taken as they are.
pub fn tar(files: &[Made]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (name, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        if name.len() > 99 {
            archive
                .append_data(&mut header, name, content.as_slice())
                .unwrap();
            continue;
        }
        let place = &mut header.as_old_mut().name;
        place[..name.len()].copy_from_slice(name.as_bytes());
        header.set_cksum();
        archive.append(&header, content.as_slice()).unwrap();
    }
    archive.into_inner().unwrap()
}

pub fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

pub fn open(path: &Path) -> Result<Dataset, DatasetError> {
    Dataset::open(&Source::Folder(path.to_path_buf()), &Progress::default())
}

pub fn open_as(path: &Path, layout: Layout) -> Result<Dataset, DatasetError> {
    let opening = Opening {
        layout: Some(layout),
        ..Source::Folder(path.to_path_buf()).into()
    };
    Dataset::open_with(&opening, &Progress::default())
}

/// Each image as `file class set`.
pub fn told(data: &Dataset) -> Vec<String> {
    let told = |image: &mapsto::dataset::Image| {
        let set = image.given.map_or(String::new(), |set| format!(" {set}"));
        format!("{} {}{set}", image.file, data.classes[image.class])
    };
    data.images.iter().map(told).collect()
}

pub fn problem<'a>(data: &'a Dataset, file: &str) -> &'a str {
    let found = data.problems.iter().find(|problem| problem.file == file);
    let none = || panic!("{file} not among {:?}", data.problems);
    &found.unwrap_or_else(none).reason
}

/// The layout that was chosen.
pub fn chosen(data: &Dataset) -> &Layout {
    &data
        .layouts
        .iter()
        .find(|choice| choice.chosen)
        .unwrap()
        .layout
}

/// Every image can be read, as a picture and as bytes.
pub fn readable(data: &Dataset) {
    for index in 0..data.len() {
        let image = data.read(index).unwrap();
        let about = &data.images[index];
        assert_eq!((image.width(), image.height()), (about.width, about.height));
        assert!(!data.bytes(index).unwrap().is_empty());
    }
}

/// A file in a folder of its own.
pub fn file(name: &str, content: &[u8]) -> (TempDir, PathBuf) {
    let folder = folder(&[(name.to_owned(), content.to_vec())]);
    let path = folder.path().join(name);
    (folder, path)
}
