//! Any bytes as a picture, a table, a list, a file of records, an archive: they are read or refused in words, without a
//! panic, without end, and without taking the memory of the machine.

#![no_main]

#[allow(
    dead_code,
    unused_imports,
    reason = "the program uses what the readers do not"
)]
#[path = "../../../src/dataset/mod.rs"]
mod dataset;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use dataset::{Dataset, Progress, Source, decode, health, look};
use libfuzzer_sys::fuzz_target;

/// A folder of this process, with two classes of one small picture each.
fn folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let memory = Path::new("/dev/shm");
        let parent = if memory.is_dir() { memory.into() } else { std::env::temp_dir() };
        let folder = parent.join(format!("mapsto-fuzz-{}", std::process::id()));
        for (class, shade) in [("a", 10), ("b", 200)] {
            let path = folder.join("table").join(class);
            fs::create_dir_all(&path).expect("a folder");
            image::GrayImage::from_pixel(4, 4, image::Luma([shade]))
                .save(path.join("1.png"))
                .expect("a picture");
        }
        folder
    })
}

fn write(path: &Path, bytes: &[u8]) -> PathBuf {
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(path, bytes).expect("a file");
    path.to_path_buf()
}

/// Opens a place and reads the first images of what it holds.
fn open(path: PathBuf) {
    if let Ok(data) = Dataset::open(&Source::Folder(path), &Progress::default()) {
        for index in 0..data.len().min(4) {
            let _read = data.read(index);
        }
        let report = health(&data, None, &dataset::HealthContext::default());
        assert!(report.score <= 100);
    }
}

fuzz_target!(|input: &[u8]| {
    let Some((kind, bytes)) = input.split_first() else {
        return;
    };
    let folder = folder();
    match kind % 8 {
        0 => {
            let _image = decode(bytes);
        }
        1 => {
            let names = ["a.jpg", "a.png", "a.tga", "a.tif", "a.gif", "a.webp", "a.bmp", "a.ico", "a"];
            let (name, bytes) = bytes.split_first().unwrap_or((&0, bytes));
            let _look = look(bytes, names[usize::from(*name) % names.len()]);
        }
        2 => {
            write(&folder.join("table/labels.csv"), bytes);
            open(folder.join("table"));
        }
        3 => open(write(&folder.join("lists/list.txt"), bytes)),
        4 => {
            let middle = bytes.len() / 2;
            let (images, labels) = bytes.split_at(middle);
            write(&folder.join("idx/train-images-idx3-ubyte"), images);
            write(&folder.join("idx/train-labels-idx1-ubyte"), labels);
            open(folder.join("idx"));
        }
        5 => open(write(&folder.join("a.zip"), bytes)),
        6 => open(write(&folder.join("a.tar"), bytes)),
        _ => open(write(&folder.join("packed/data.tar.gz"), bytes)),
    }
});
