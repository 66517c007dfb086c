//! Archives that are broken or meant to harm: told in words, and nothing is taken, followed or filled.

use std::fs;
use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use rawzip::CompressionMethod;

use crate::made::{file, gzip, open, pictures, png, problem, tar, with, zip};

#[test]
fn paths_that_lead_out_of_an_archive_are_refused_by_name() {
    let mut files = pictures(&["a/1.png", "b/2.png"]);
    for path in ["../evil.png", "a/../../evil.png", "/etc/evil.png"] {
        files.push((path.into(), png(9)));
    }
    let root = tempfile::tempdir().unwrap();
    let [zipped, tarred] = ["a.zip", "a.tar"].map(|name| root.path().join(name));
    fs::write(&tarred, tar(&files)).unwrap();
    let files = with(files, "..\\evil.png", png(9));
    zip(
        &zipped,
        &with(files, "C:\\evil.png", png(9)),
        CompressionMethod::STORE,
    );
    for (path, refused) in [(&zipped, 5), (&tarred, 3)] {
        let data = open(path).unwrap();
        assert_eq!(data.len(), 2);
        assert_eq!(data.problems.len(), refused, "{:?}", data.problems);
        assert!(problem(&data, "../evil.png").contains("leads out of the archive"));
        assert!(problem(&data, "/etc/evil.png").contains("is absolute"));
    }
}

#[test]
fn links_and_devices_in_a_tar_are_told_and_not_followed() {
    let mut archive = tar::Builder::new(Vec::new());
    for (name, kind) in [
        ("a/link.png", tar::EntryType::Symlink),
        ("a/hard.png", tar::EntryType::Link),
        ("a/pipe.png", tar::EntryType::Fifo),
        ("a/disk.png", tar::EntryType::Block),
    ] {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(0);
        header.set_path(name).unwrap();
        if kind == tar::EntryType::Symlink || kind == tar::EntryType::Link {
            header.set_link_name("/etc/passwd").unwrap();
        }
        header.set_cksum();
        archive.append(&header, std::io::empty()).unwrap();
    }
    let mut bytes = archive.into_inner().unwrap();
    bytes.truncate(4 * 512);
    bytes.extend(tar(&pictures(&["a/1.png", "b/2.png"])));
    let (_root, path) = file("a.tar", &bytes);
    let data = open(&path).unwrap();
    assert_eq!(data.len(), 2);
    for link in ["a/link.png", "a/hard.png"] {
        assert!(problem(&data, link).starts_with("a link inside an archive"));
    }
    for special in ["a/pipe.png", "a/disk.png"] {
        assert_eq!(problem(&data, special), "not a plain file");
    }
}

#[test]
fn encrypted_and_strangely_packed_files_are_told_by_name() {
    let (_root, path) = file("a.zip", b"");
    let files = pictures(&["a/1.png", "a/2.png", "b/3.png", "b/4.png"]);
    zip(&path, &files, CompressionMethod::STORE);
    let mut bytes = fs::read(&path).unwrap();
    // In the list at the end: the flags of the first file, the method of the third.
    let entries: Vec<usize> = (0..bytes.len() - 4)
        .filter(|&at| bytes[at..at + 4] == *b"PK\x01\x02")
        .collect();
    bytes[entries[0] + 8] |= 1;
    bytes[entries[2] + 10] = 14;
    fs::write(&path, bytes).unwrap();
    let data = open(&path).unwrap();
    assert_eq!(data.len(), 2);
    assert!(problem(&data, "a/1.png").starts_with("it is encrypted: unpack"));
    assert!(problem(&data, "b/3.png").contains("a method that is not read (number 14"));
}

#[test]
fn bombs_are_refused_before_they_fill_anything() {
    // Two gigabytes of zeros in two megabytes.
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let mut head = tar(&pictures(&["a/1.png"]));
    head.truncate(1024);
    encoder.write_all(&head).unwrap();
    let zeros = vec![0; 1 << 20];
    for _ in 0..1100 {
        encoder.write_all(&zeros).unwrap();
    }
    let (_root, path) = file("a.tar.gz", &encoder.finish().unwrap());
    let message = open(&path).unwrap_err().to_string();
    assert!(
        message.contains("unpacks to more than 200 times its size"),
        "{message}"
    );

    // A file that states less than it unpacks to.
    let (_root, path) = file("a.zip", b"");
    let mut bomb = png(1);
    bomb.extend(vec![0; 1 << 20]);
    let files = with(pictures(&["a/1.png", "b/2.png"]), "b/bomb.png", bomb);
    zip(&path, &files, CompressionMethod::DEFLATE);
    let mut bytes = fs::read(&path).unwrap();
    let last = (0..bytes.len() - 4)
        .rfind(|&at| bytes[at..at + 4] == *b"PK\x01\x02")
        .unwrap();
    bytes[last + 24..last + 28].copy_from_slice(&100_u32.to_le_bytes());
    fs::write(&path, bytes).unwrap();
    let data = open(&path).unwrap();
    assert_eq!(data.len(), 2);
    assert!(!problem(&data, "b/bomb.png").is_empty());
}

#[test]
fn archives_cut_anywhere_are_told_and_never_confuse() {
    let files = pictures(&["a/1.png", "b/2.png", "b/3.png"]);
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("cut");
    zip(&path, &files, CompressionMethod::DEFLATE);
    let zipped = fs::read(&path).unwrap();
    let tarred = tar(&files);
    let packed = gzip(&tarred);
    for whole in [&zipped, &tarred, &packed] {
        for cut in (1..whole.len()).step_by(whole.len() / 40 + 1) {
            fs::write(&path, &whole[..cut]).unwrap();
            let Err(error) = open(&path) else { continue };
            assert!(error.to_string().len() > 40, "{error}");
        }
        for at in (0..whole.len()).step_by(whole.len() / 60 + 1) {
            let mut bytes = whole.clone();
            bytes[at] ^= 0xFF;
            fs::write(&path, &bytes).unwrap();
            let _opened = open(&path).is_ok();
        }
    }
    let cut = |bytes: usize| {
        fs::write(&path, &tarred[..tarred.len() - 1024 - bytes]).unwrap();
        open(&path).unwrap()
    };
    assert_eq!(
        problem(&cut(500), "b/3.png"),
        "the archive is cut short inside this file: copy it again"
    );
    assert!(
        problem(&cut(512 + 200), "cut").starts_with("the archive is damaged behind its first 2")
    );
}

#[test]
fn lists_that_promise_a_million_files_or_endless_names_take_nothing() {
    let (_root, path) = file("a.zip", b"");
    zip(
        &path,
        &pictures(&["a/1.png", "b/2.png"]),
        CompressionMethod::STORE,
    );
    let mut bytes = fs::read(&path).unwrap();
    let end = bytes.len() - 22;
    bytes[end + 8..end + 12].copy_from_slice(&[0xFE, 0xFF, 0xFE, 0xFF]);
    fs::write(&path, bytes).unwrap();
    assert_eq!(open(&path).unwrap().len(), 2);

    // A long name of 8 GiB, which is not there.
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::GNULongName);
    header.set_path("././@LongLink").unwrap();
    header.set_size(8 << 30);
    header.set_cksum();
    let mut bytes = tar(&pictures(&["a/1.png", "b/2.png"]));
    bytes.truncate(bytes.len() - 1024);
    bytes.extend(header.as_bytes());
    bytes.extend([0; 1024]);
    let (_root, path) = file("a.tar", &bytes);
    let data = open(&path).unwrap();
    assert_eq!(data.len(), 2);
    assert!(problem(&data, "a.tar").contains("damaged behind its first 2 files"));
}

#[test]
fn files_that_are_no_data_set_say_what_could_be_chosen() {
    let told = |name: &str, content: &[u8]| {
        let (_root, path) = file(name, content);
        open(&path).unwrap_err().to_string()
    };
    assert!(told("a.png", &png(1)).contains("is a file: choose the folder"));
    assert!(
        told("a.7z", b"7z\xBC\xAF\x27\x1C0000")
            .ends_with("7z archives are not read: unpack it, and choose the folder")
    );
    assert!(told("a.rar", b"Rar!\x1A\x07\x01\0").contains("RAR archives are not read"));
    assert!(told("empty.tar", &[0; 1024]).contains("is a file: choose the folder"));
    assert!(told("a.zip", b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0").contains("is empty"));
    assert!(
        open(Path::new("/nowhere/a.zip"))
            .unwrap_err()
            .to_string()
            .contains("does not exist")
    );
}
