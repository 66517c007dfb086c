//! What was inspected once is not decoded again: the terminal and the window keep one index.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

use image::{GrayImage, Luma};

fn inspect(data: &Path, home: &Path) -> String {
    let told = Command::new(env!("CARGO_BIN_EXE_mapsto"))
        .args(["inspect", "--json"])
        .arg(data)
        .env("MAPSTO_HOME", home)
        .output()
        .unwrap();
    assert!(told.status.success(), "{told:?}");
    String::from_utf8(told.stdout).unwrap()
}

#[test]
fn inspecting_again_decodes_no_file_that_has_not_changed() {
    let world = tempfile::tempdir().unwrap();
    let (data, home) = (world.path().join("data"), world.path().join("home"));
    let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_600_000_000);
    let files = ["a/1.png", "a/2.png", "b/1.png", "b/2.png"].map(|file| data.join(file));
    for (number, file) in (1..).zip(&files) {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        let picture = GrayImage::from_fn(9, 7, |x, y| Luma([(x * y * number) as u8]));
        picture.save(file).unwrap();
        let file = File::options().write(true).open(file).unwrap();
        file.set_modified(long_ago).unwrap();
    }
    let first = inspect(&data, &home);
    for file in &files {
        // Of the same size and time, and no picture any more.
        let bytes = vec![7; fs::metadata(file).unwrap().len() as usize];
        fs::write(file, bytes).unwrap();
        let file = File::options().write(true).open(file).unwrap();
        file.set_modified(long_ago).unwrap();
    }
    assert_eq!(inspect(&data, &home), first);
}
