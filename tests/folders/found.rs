//! What a folder holds becomes images with classes, or a message that says what to do.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use mapsto::dataset::{
    Dataset, DatasetError, HealthContext, PixelStore, Preprocess, Progress, Room, Set, Source,
    Stored, health, split,
};

use crate::SIZE;
use crate::made::{files, folder, many, open, picture, problem, recipe};

#[test]
fn each_sub_folder_is_a_class_and_deeper_images_belong_to_it() {
    let root = folder(&["dogs/a.png", "cats/2019/summer/b.png", "cats/a.png"]);
    let data = open(root.path()).unwrap();
    assert_eq!(data.classes, ["cats", "dogs"]);
    assert_eq!(
        files(&data),
        ["cats/2019/summer/b.png", "cats/a.png", "dogs/a.png"]
    );
    assert_eq!(data.counts(), [2, 1]);
    assert_eq!((data.images[0].width, data.images[0].height), (9, 7));
    assert!(!data.has_given_sets());
    assert!(data.problems.is_empty(), "{:?}", data.problems);
    assert_eq!(data.index_of("dogs/a.png"), Some(2));
    assert!(data.path(2).unwrap().is_file());
}

#[test]
fn images_come_in_the_order_of_their_names_however_files_and_folders_mix() {
    let names = [
        "a/2.png",
        "a/1/z.png",
        "a/1.png",
        "a-b/1.png",
        "a.c/1.png",
        "a/1-x/y.png",
        "b/0.png",
        "a/10.png",
        "a/1/z/z.png",
        "b.png/1.png",
        "A/1.png",
        "a/9.png",
    ];
    let root = folder(&names);
    let data = open(root.path()).unwrap();
    let mut sorted = names.to_vec();
    sorted.sort_unstable();
    assert_eq!(files(&data), sorted);
    for (index, file) in sorted.iter().enumerate() {
        assert_eq!(data.index_of(file), Some(index));
        assert_eq!(data.class_of(index), file.split('/').next().unwrap());
    }
}

#[test]
fn names_in_any_script_and_with_spaces_work() {
    let root = folder(&["кошки и коты/фото 1.png", "狗/ß é.png", "🦊 fox/a b.png"]);
    let data = open(root.path()).unwrap();
    assert_eq!(data.classes, ["кошки и коты", "狗", "🦊 fox"]);
    for index in 0..data.len() {
        assert!(data.read(index).is_ok());
    }
}

#[cfg(target_os = "linux")]
#[test]
fn names_that_are_no_text_work_and_stay_distinct() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let root = folder(&["cats/a.png", "dogs/a.png"]);
    for name in [b"x\xFF.png", b"x\xFE.png"] {
        fs::copy(
            root.path().join("cats/a.png"),
            root.path().join("cats").join(OsStr::from_bytes(name)),
        )
        .unwrap();
    }
    let data = open(root.path()).unwrap();
    assert_eq!(
        files(&data),
        [
            "cats/a.png",
            "cats/x\\xFE.png",
            "cats/x\\xFF.png",
            "dogs/a.png"
        ]
    );
    assert!((0..data.len()).all(|index| data.read(index).is_ok()));
}

#[test]
fn train_and_test_above_the_classes_are_kept() {
    let root = folder(&[
        "Train/a/1.png",
        "Train/b/1.png",
        "TESTING/a/2.png",
        "valid/b/3.png",
        "valid/b/4.png",
    ]);
    let data = open(root.path()).unwrap();
    assert_eq!(data.classes, ["a", "b"]);
    let splits = split(&data, &recipe(1)).unwrap();
    let named = |set: Set| -> Vec<&str> {
        splits
            .get(set)
            .iter()
            .map(|&at| data.images[at].file.as_str())
            .collect()
    };
    assert_eq!(named(Set::Train), ["Train/a/1.png", "Train/b/1.png"]);
    assert_eq!(named(Set::Validation), ["valid/b/3.png", "valid/b/4.png"]);
    assert_eq!(named(Set::Test), ["TESTING/a/2.png"]);
    assert!(
        health(&data, None, &HealthContext::default())
            .notes
            .is_empty()
    );
}

#[test]
fn train_alone_is_divided_like_any_folder_and_classes_may_be_called_train() {
    let root = many(&[("train/a", 10), ("train/b", 10)]);
    let data = open(root.path()).unwrap();
    assert_eq!(data.classes, ["a", "b"]);
    assert!(!data.has_given_sets());
    let root = many(&[("train", 2), ("test", 2), ("car", 2)]);
    assert_eq!(open(root.path()).unwrap().classes, ["car", "test", "train"]);
}

#[test]
fn what_cannot_be_used_is_named_and_left_out() {
    let root = folder(&["cats/a.png", "dogs/a.png", "beside.png"]);
    let at = |name: &str| root.path().join(name);
    fs::write(at("cats/notes.txt"), "hello").unwrap();
    fs::write(at("cats/empty.png"), "").unwrap();
    fs::write(
        at("dogs/cut.png"),
        &fs::read(at("dogs/a.png")).unwrap()[..60],
    )
    .unwrap();
    fs::create_dir(at("birds")).unwrap();
    for litter in [
        "cats/.DS_Store",
        "cats/Thumbs.db",
        "dogs/desktop.ini",
        ".hidden.png",
    ] {
        fs::write(at(litter), "x").unwrap();
    }
    let data = open(root.path()).unwrap();
    assert_eq!(data.classes, ["cats", "dogs"]);
    assert_eq!(files(&data), ["cats/a.png", "dogs/a.png"]);
    assert_eq!(
        problem(&data, "beside.png"),
        "lies beside the class folders, so it has no class"
    );
    assert_eq!(problem(&data, "cats/notes.txt"), "a document, no image");
    assert!(problem(&data, "cats/empty.png").starts_with("the file is empty"));
    assert!(problem(&data, "dogs/cut.png").starts_with("the file is cut short"));
    assert_eq!(
        problem(&data, "birds"),
        "no image in this folder can be read, so it is no class"
    );
    assert_eq!(data.problems.len(), 5, "{:?}", data.problems);
    assert_eq!(
        health(&data, None, &HealthContext::default()).problems,
        data.problems
    );
}

#[cfg(unix)]
#[test]
fn links_are_followed_but_never_round_in_circles() {
    use std::os::unix::fs::symlink;
    let root = folder(&["cats/a.png", "dogs/a.png"]);
    let elsewhere = folder(&["far.png"]);
    symlink(elsewhere.path(), root.path().join("cats/linked")).unwrap();
    symlink(root.path(), root.path().join("cats/up")).unwrap();
    symlink(root.path().join("dogs"), root.path().join("dogs/self")).unwrap();
    symlink(root.path(), root.path().join("again")).unwrap();
    symlink(
        root.path().join("nothing"),
        root.path().join("dogs/dangling.png"),
    )
    .unwrap();
    let data = open(root.path()).unwrap();
    assert_eq!(
        files(&data),
        ["cats/a.png", "cats/linked/far.png", "dogs/a.png"]
    );
    for looped in ["cats/up", "dogs/self", "again"] {
        assert!(problem(&data, looped).contains("leads back"), "{looped}");
    }
    assert!(problem(&data, "dogs/dangling.png").contains("not there"));
}

#[cfg(unix)]
#[test]
fn a_file_without_permission_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let root = folder(&["cats/a.png", "cats/b.png", "dogs/a.png"]);
    let locked = root.path().join("cats/b.png");
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::File::open(&locked).is_ok() {
        return; // The superuser may read everything.
    }
    assert!(problem(&open(root.path()).unwrap(), "cats/b.png").starts_with("no permission"));
}

#[test]
fn folders_that_cannot_be_used_say_what_to_do() {
    let message = |path: &Path| open(path).unwrap_err().to_string();
    let root = tempfile::tempdir().unwrap();
    assert!(
        message(&root.path().join("gone"))
            .ends_with("does not exist: check the path, or choose another folder")
    );
    assert!(
        message(root.path()).ends_with("is empty: put a folder of images in it for each class")
    );
    picture(&root.path().join("a.png"), 1);
    assert!(message(&root.path().join("a.png")).contains("is a file: choose the folder"));
    assert!(
        message(root.path())
            .contains("has no class folders: put the images of each class in a folder of its own")
    );
    fs::create_dir(root.path().join("cats")).unwrap();
    assert!(message(root.path()).contains("holds no image that can be read"));
    picture(&root.path().join("cats/a.png"), 1);
    assert!(message(root.path()).ends_with(
        "has one class only (“cats”): a classifier needs two or more. Put each class in a folder of its own"
    ));
}

#[test]
fn one_folder_around_the_right_one_is_looked_through_and_told() {
    let root = folder(&["unpacked/cats/a.png", "unpacked/dogs/a.png"]);
    let data = open(root.path()).unwrap();
    assert_eq!(data.classes, ["cats", "dogs"]);
    assert_eq!(
        data.notices,
        ["Everything lies below the folder “unpacked”: the folders inside it are the classes"]
    );
    let root = folder(&[
        "unpacked/train/cats/a.png",
        "unpacked/train/dogs/a.png",
        "unpacked/val/dogs/b.png",
    ]);
    let data = open(root.path()).unwrap();
    assert_eq!(data.classes, ["cats", "dogs"]);
    assert_eq!(data.images[2].given, Some(Set::Validation));
}

#[test]
fn a_scan_can_be_cancelled_and_tells_how_far_it_is() {
    let root = many(&[("a", 3), ("b", 3)]);
    let source = Source::Folder(root.path().to_path_buf());
    let progress = Progress::default();
    assert_eq!(progress.fraction(), None);
    Dataset::open(&source, &progress).unwrap();
    assert_eq!(
        (progress.done(), progress.total(), progress.fraction()),
        (6, 6, Some(1.0))
    );
    progress.cancel();
    assert!(matches!(
        Dataset::open(&source, &progress),
        Err(DatasetError::Cancelled)
    ));
    let data = Arc::new(open(root.path()).unwrap());
    let stored = Stored::plain(SIZE, &Preprocess::default());
    assert!(matches!(
        PixelStore::load(&data, &[0, 1], &stored, &Room::memory(1 << 20), &progress),
        Err(DatasetError::Cancelled)
    ));
}

#[test]
fn the_bundled_digits_are_whole() {
    let data = Dataset::open(&Source::parse("digits"), &Progress::default()).unwrap();
    assert_eq!(data.len(), 10_000);
    assert_eq!(
        data.classes,
        ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]
    );
    assert_eq!(data.counts().iter().sum::<usize>(), 10_000);
    assert!(data.counts().iter().all(|&count| count > 850));
    assert!(
        data.images
            .is_sorted_by(|left, right| left.file < right.file)
    );
    let image = data
        .read(data.index_of("7/00002").unwrap_or(0))
        .unwrap()
        .to_luma8();
    assert_eq!(image.dimensions(), (28, 28));
    assert!(image.pixels().any(|pixel| pixel.0[0] > 200) && image.get_pixel(0, 0).0[0] == 0);
    assert_eq!(data.path(0), None);
}

#[test]
fn a_source_is_written_as_it_is_typed() {
    let back = |source: &Source| {
        serde_json::from_str::<Source>(&serde_json::to_string(source).unwrap()).unwrap()
    };
    for source in [Source::Digits, Source::Folder("a b/ü".into())] {
        assert_eq!(back(&source), source);
        assert_eq!(Source::parse(&source.to_string()), source);
    }
    assert_eq!(Source::Folder("digits".into()).to_string(), "./digits");
}
