//! A zip or tar is read as the folder that it would unpack to.

use std::fs;
use std::path::Path;

use mapsto::dataset::{Dataset, Opening, Progress, Source};
use rawzip::CompressionMethod;

use crate::made::{
    Made, file, folder, gzip, open, pictures, problem, readable, tar, told, with, zip,
};

fn tree() -> Vec<Made> {
    let long = format!("cats/{}/{}.png", "ä".repeat(120), "n".repeat(240));
    let files = pictures(&["cats/b.png", "dogs/ö 1.png", "dogs/🦊.png", &long]);
    with(
        with(files, "cats/.DS_Store", "x"),
        "__MACOSX/cats/._b.png",
        "x",
    )
}

fn as_folder() -> Vec<String> {
    told(&open(folder(&tree()).path()).unwrap())
}

#[test]
fn every_archive_gives_what_its_folder_gives_whatever_the_order_inside() {
    let expected = as_folder();
    assert_eq!(expected.len(), 4);
    let root = tempfile::tempdir().unwrap();
    let path = |name: &str| root.path().join(name);
    let mut files = tree();
    for turn in 0..files.len() {
        files.rotate_left(1);
        if turn % 2 == 1 {
            files.swap(0, 2);
        }
        zip(&path("a.zip"), &files, CompressionMethod::DEFLATE);
        zip(&path("stored.zip"), &files, CompressionMethod::STORE);
        fs::write(path("a.tar"), tar(&files)).unwrap();
        fs::write(path("a.tgz"), gzip(&tar(&files))).unwrap();
        for name in ["a.zip", "stored.zip", "a.tar", "a.tgz"] {
            let data = open(&path(name)).unwrap();
            assert_eq!(told(&data), expected, "{name}");
            assert!(data.problems.is_empty(), "{:?}", data.problems);
            assert_eq!(data.path(0), None);
            readable(&data);
        }
    }
}

#[test]
fn xz_and_bzip2_are_unpacked_too() {
    let content = tar(&tree());
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    std::io::Write::write_all(&mut encoder, &content).unwrap();
    let (_root, path) = file("a.tar.bz2", &encoder.finish().unwrap());
    assert_eq!(told(&open(&path).unwrap()), as_folder());
    // Made by `tar -cJ` of two class folders with a picture each; the decoder alone writes no xz.
    let fixture = Path::new("tests/fixtures/two-classes.tar.xz");
    let data = open(fixture).unwrap();
    assert_eq!(told(&data), ["cats/1.png cats", "dogs/2.png dogs"]);
    readable(&data);
}

#[test]
fn the_one_folder_around_everything_in_an_archive_is_skipped() {
    let files = pictures(&[
        "pets/train/a/1.png",
        "pets/train/b/2.png",
        "pets/test/b/3.png",
    ]);
    let (_root, path) = file("pets.tar", &tar(&files));
    assert_eq!(
        told(&open(&path).unwrap()),
        [
            "test/b/3.png b test",
            "train/a/1.png a train",
            "train/b/2.png b train"
        ]
    );
}

#[test]
fn tables_lists_and_records_work_inside_archives() {
    let table = with(
        pictures(&["x/i/1.png", "x/i/2.png"]),
        "x/labels.csv",
        "id,label\n1,a\n2,b\n",
    );
    let list = with(
        pictures(&["i/1.png", "i/2.png"]),
        "all.txt",
        "i/1.png a\ni/2.png b\n",
    );
    let idx = |dimensions: &[u32], content: &[u8]| -> Vec<u8> {
        let mut bytes = vec![0, 0, 8, dimensions.len() as u8];
        bytes.extend(dimensions.iter().flat_map(|size| size.to_be_bytes()));
        bytes.extend(content);
        bytes
    };
    let images = idx(&[2, 2, 2], &[1, 2, 3, 4, 5, 6, 7, 8]);
    let records = with(Vec::new(), "m/train-images-idx3-ubyte", &images);
    let records = with(records, "m/train-labels-idx1-ubyte", idx(&[2], &[0, 1]));
    let packed = with(Vec::new(), "train-images-idx3-ubyte.gz", gzip(&images));
    let packed = with(
        packed,
        "train-labels-idx1-ubyte.gz",
        gzip(&idx(&[2], &[0, 1])),
    );
    let cases = [
        (table, ["i/1.png a", "i/2.png b"]),
        (list, ["i/1.png a", "i/2.png b"]),
        (records, ["train/00000 0", "train/00001 1"]),
        (packed, ["train/00000 0", "train/00001 1"]),
    ];
    for (files, expected) in cases {
        let root = tempfile::tempdir().unwrap();
        zip(
            &root.path().join("a.zip"),
            &files,
            CompressionMethod::DEFLATE,
        );
        fs::write(root.path().join("a.tar"), tar(&files)).unwrap();
        for name in ["a.zip", "a.tar"] {
            let data = open(&root.path().join(name)).unwrap();
            assert_eq!(told(&data), expected, "{name}");
            readable(&data);
        }
    }
}

#[test]
fn a_packed_tar_is_unpacked_once_into_the_cache_and_again_when_it_has_changed() {
    let (root, path) = file("a.tar.gz", &gzip(&tar(&pictures(&["a/1.png", "b/2.png"]))));
    let cache = root.path().join("cache");
    let opening = Opening {
        cache: Some(cache.clone()),
        ..Source::Folder(path.clone()).into()
    };
    let cached = || -> Vec<_> {
        fs::read_dir(&cache)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|end| end == "tar"))
            .collect()
    };
    let open = || Dataset::open_with(&opening, &Progress::default());
    assert_eq!(open().unwrap().len(), 2);
    let first = cached();
    assert_eq!(first.len(), 1);
    let before = fs::metadata(&first[0]).unwrap().modified().unwrap();
    assert_eq!(open().unwrap().len(), 2);
    assert_eq!(fs::metadata(&first[0]).unwrap().modified().unwrap(), before);
    fs::write(
        &path,
        gzip(&tar(&pictures(&["a/1.png", "b/2.png", "b/3.png"]))),
    )
    .unwrap();
    assert_eq!(open().unwrap().len(), 3);
    let second = cached();
    assert!(second.len() == 1 && second != first);
    let progress = Progress::default();
    progress.cancel();
    assert!(Dataset::open_with(&opening, &progress).is_err());
}

#[test]
fn a_file_that_an_archive_names_twice_is_its_last() {
    let mut files = pictures(&["a/1.png", "b/2.png"]);
    files.push(("a/1.png".into(), b"no picture".to_vec()));
    let (_root, path) = file("a.tar", &tar(&files));
    let data = open(&path);
    assert!(data.unwrap_err().to_string().contains("one class only"));
    files.reverse();
    let (_root, path) = file("a.tar", &tar(&files));
    let data = open(&path).unwrap();
    assert_eq!(data.len(), 2);
    assert!(data.notices[0].starts_with("The archive names 1 of its files more than once"));
}

#[test]
fn a_picture_that_is_damaged_in_an_archive_is_told_alone() {
    let (root, path) = file("a.zip", b"");
    zip(
        &path,
        &pictures(&["a/1.png", "a/2.png", "b/3.png"]),
        CompressionMethod::STORE,
    );
    let mut bytes = fs::read(&path).unwrap();
    let at = bytes.windows(4).position(|four| four == b"IDAT").unwrap();
    bytes[at + 6] ^= 0xFF;
    fs::write(&path, bytes).unwrap();
    let data = open(&path).unwrap();
    assert_eq!(data.len(), 2);
    assert!(
        problem(&data, "a/1.png").contains("cannot be read")
            || problem(&data, "a/1.png").contains("damaged")
    );
    drop(root);
}
