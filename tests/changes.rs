//! Promise: nothing of the user's files changes by excluding and relabelling; what changed since a training is told;
//! "apply to files" writes a copy or moves files, and never deletes or writes over anything.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use image::{GrayImage, Luma};
use mapsto::dataset::{
    Before, Changes, Dataset, DatasetError, Difference, Groups, Known, Progress, Set, Source,
    SplitRecipe, Splits, copy_to, move_back, move_files, near_duplicates, same_files, split,
};
use tempfile::TempDir;

fn folder(files: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (number, file) in files.iter().enumerate() {
        let path = folder.path().join("data").join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let value = 10 * number as u8;
        GrayImage::from_fn(9, 7, |x, y| Luma([value.wrapping_add((x * y) as u8)]))
            .save(path)
            .unwrap();
    }
    folder
}

fn pets() -> TempDir {
    folder(&["cats/a.png", "cats/b.png", "dogs/a.png", "dogs/old/c.png"])
}

fn open(folder: &TempDir) -> Dataset {
    let root = Source::Folder(folder.path().join("data"));
    Dataset::open(&root, &Progress::default()).unwrap()
}

/// File, class by name, whether it is left out.
fn told(data: &Dataset) -> Vec<(&str, &str, bool)> {
    let images = data.images.iter().enumerate();
    images
        .map(|(index, image)| (image.file.as_str(), data.class_of(index), image.excluded))
        .collect()
}

fn changes(excluded: &[&str], relabelled: &[(&str, &str)]) -> Changes {
    let mut changes = Changes::default();
    changes.exclude(excluded.iter().copied());
    for (file, class) in relabelled {
        changes.relabel(file, "", class);
    }
    changes
}

/// Every file below a folder with its contents.
fn files(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap();
                found.insert(name.to_owned(), fs::read(&path).unwrap());
            }
        }
    }
    found
}

#[test]
fn changes_are_seen_at_once_and_taken_back_whole() {
    let folder = pets();
    let found = open(&folder);
    let before = files(folder.path());
    let now = changes(
        &["dogs/a.png"],
        &[("cats/b.png", "dogs"), ("dogs/old/c.png", "wolves")],
    );
    let data = found.clone().changed(&now).unwrap();
    assert_eq!(
        told(&data),
        [
            ("cats/a.png", "cats", false),
            ("cats/b.png", "dogs", false),
            ("dogs/a.png", "dogs", true),
            ("dogs/old/c.png", "wolves", false),
        ]
    );
    assert_eq!(data.classes, ["cats", "dogs", "wolves"]);
    assert_eq!(data.class_before(1), Some("cats"));
    assert_eq!(data.class_before(0), None);

    let other = changes(&[], &[("cats/a.png", "dogs")]);
    let data = data.changed(&other).unwrap();
    assert_eq!(told(&data)[1], ("cats/b.png", "cats", false));
    let back = data.changed(&Changes::default()).unwrap();
    assert_eq!(told(&back), told(&found));
    assert_eq!(back.classes, found.classes);
    assert_eq!(files(folder.path()), before, "no file is touched");
}

#[test]
fn a_change_does_not_look_for_copies_again() {
    let root = folder(&["a/1.png", "a/2.png", "b/1.png", "b/2.png"]);
    let data = root.path().join("data");
    fs::copy(data.join("a/1.png"), data.join("b/1.png")).unwrap();
    let data = open(&root);
    let look = |data: &Dataset| {
        let [near, same] = [Progress::default(), Progress::default()];
        let found = [near_duplicates(data, &near), same_files(data, &same)];
        (found, near.total() + same.total() > 0)
    };
    let pair = Groups::new([vec![0, 2]]);
    let (before, looked) = look(&data);
    assert!(looked && before[1] == pair);
    let left_out = changes(&["b/1.png"], &[]);
    let without = data.clone().changed(&left_out).unwrap();
    let afresh = look(&open(&root).changed(&left_out).unwrap()).0;
    assert!(afresh[1].is_empty());
    assert_eq!(look(&without), (afresh, false));
    let moved = without.changed(&changes(&[], &[("a/2.png", "b")])).unwrap();
    assert_eq!(look(&moved), (before, false), "the excluded one is back");
    // Other pictures are looked at, whatever was known.
    let mut other = moved;
    other.images[2].look.sum ^= 1;
    let (found, looked) = look(&other);
    assert!(looked && found[1].is_empty());
}

#[test]
fn a_class_left_out_whole_is_no_class_and_comes_back() {
    let found = open(&folder(&["a/1.png", "b/1.png", "c/1.png", "c/2.png"]));
    let data = found.changed(&changes(&["b/1.png"], &[])).unwrap();
    assert_eq!(data.classes, ["a", "c"]);
    assert_eq!(data.emptied, ["b"]);
    assert_eq!(data.class_of(1), "b");
    assert_eq!(data.images[2].class, 1);
    let back = data.changed(&Changes::default()).unwrap();
    assert_eq!(back.classes, ["a", "b", "c"]);
    assert!(back.emptied.is_empty());
}

#[test]
fn changes_that_leave_one_class_are_refused_in_words() {
    let refused = open(&pets()).changed(&changes(&["cats/a.png", "cats/b.png"], &[]));
    let error = refused.unwrap_err();
    assert!(matches!(error, DatasetError::TooFewLeft { classes: 1, .. }));
    assert!(error.to_string().contains("2 left out"), "{error}");
    assert!(error.to_string().contains("Restore"), "{error}");
}

#[test]
fn entries_of_files_that_are_gone_do_no_harm_and_are_counted() {
    let now = changes(&["cats/gone.png"], &[("dogs/gone.png", "cats")]);
    let data = open(&pets()).changed(&now).unwrap();
    assert_eq!(data.unmatched(&now), 2);
    assert_eq!(data.classes, ["cats", "dogs"]);
}

#[test]
fn an_image_moves_to_the_other_set_where_the_folder_gives_sets() {
    let folder = folder(&[
        "train/a/1.png",
        "train/b/1.png",
        "test/a/1.png",
        "test/b/1.png",
    ]);
    let mut now = Changes::default();
    now.moved.insert("test/a/1.png".into(), Set::Train);
    let data = open(&folder).changed(&now).unwrap();
    assert_eq!(
        data.images[data.index_of("test/a/1.png").unwrap()].given,
        Some(Set::Train)
    );
    let (applied, left) = move_files(&data, &now, &Progress::default()).unwrap();
    assert_eq!(applied.stopped, None);
    assert!(left.is_empty());
    let files: Vec<String> = files(folder.path()).into_keys().collect();
    assert!(
        files.contains(&"data/train/a/1 (2).png".to_owned()),
        "{files:?}"
    );
}

#[test]
fn a_copy_says_what_the_changes_say_and_the_folder_stays() {
    let folder = pets();
    let before = files(folder.path());
    let now = changes(
        &["cats/a.png"],
        &[
            ("cats/b.png", "dogs/../../wolves"),
            ("dogs/old/c.png", "cats"),
        ],
    );
    let data = open(&folder).changed(&now).unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let applied = copy_to(&data, &elsewhere.path().join("copy"), &Progress::default()).unwrap();
    assert_eq!(applied.stopped, None);
    assert_eq!(applied.done.len(), 3);
    let copied = files(elsewhere.path());
    let names: Vec<&str> = copied.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "copy/cats/c.png",
            "copy/dogs/a.png",
            "copy/dogs_.._.._wolves/b.png"
        ]
    );
    assert_eq!(copied["copy/cats/c.png"], before["data/dogs/old/c.png"]);
    assert_eq!(files(folder.path()), before);
}

#[test]
fn a_copy_never_goes_where_something_is_nor_into_the_data() {
    let folder = pets();
    let data = open(&folder);
    let progress = Progress::default();
    let full = copy_to(&data, &folder.path().join("data/cats"), &progress).unwrap_err();
    assert!(full.to_string().contains("own folder"), "{full}");
    let elsewhere = tempfile::tempdir().unwrap();
    fs::write(elsewhere.path().join("mine.txt"), "mine").unwrap();
    let full = copy_to(&data, elsewhere.path(), &progress).unwrap_err();
    assert!(full.to_string().contains("not empty"), "{full}");
    assert_eq!(files(elsewhere.path()).len(), 1);
}

#[test]
fn images_of_the_same_name_do_not_overwrite_each_other_in_a_copy() {
    let folder = folder(&["a/x/1.png", "a/y/1.png", "b/1.png"]);
    let elsewhere = tempfile::tempdir().unwrap();
    let target = elsewhere.path().join("copy");
    copy_to(&open(&folder), &target, &Progress::default()).unwrap();
    let names: Vec<String> = files(&target).into_keys().collect();
    assert_eq!(names, ["a/1 (2).png", "a/1.png", "b/1.png"]);
}

#[test]
fn moving_files_makes_the_folder_say_what_the_changes_said_and_can_be_taken_back() {
    let folder = pets();
    let before = files(folder.path());
    let now = changes(
        &["dogs/old/c.png"],
        &[("cats/a.png", "dogs"), ("cats/b.png", "birds")],
    );
    let found = open(&folder);
    let data = found.clone().changed(&now).unwrap();
    let (applied, left) = move_files(&data, &now, &Progress::default()).unwrap();
    assert_eq!(applied.stopped, None);
    assert!(left.is_empty(), "{left:?}");
    let moved = files(folder.path());
    let names: Vec<&str> = moved.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "data-excluded/dogs/old/c.png",
            "data/birds/b.png",
            "data/dogs/a (2).png",
            "data/dogs/a.png",
        ]
    );
    assert_eq!(moved["data/dogs/a (2).png"], before["data/cats/a.png"]);
    assert_eq!(open(&folder).classes, ["birds", "dogs"]);

    assert!(move_back(&data, &applied).is_empty());
    assert_eq!(files(folder.path()), before);
}

#[test]
fn a_cancelled_move_keeps_the_changes_that_are_not_done() {
    let folder = pets();
    let before = files(folder.path());
    let now = changes(&["dogs/a.png"], &[]);
    let data = open(&folder).changed(&now).unwrap();
    let progress = Progress::default();
    progress.cancel();
    let (applied, left) = move_files(&data, &now, &progress).unwrap();
    assert!(applied.stopped.is_some());
    assert_eq!(left, now);
    assert_eq!(files(folder.path()), before);
}

#[test]
fn the_bundled_digits_have_no_files_to_move() {
    let refused = move_files(
        &Dataset::digits(),
        &Changes::default(),
        &Progress::default(),
    );
    assert!(refused.unwrap_err().to_string().contains("write a copy"));
}

fn before(data: &Dataset, splits: &Splits) -> Before {
    let mut before = Before::default();
    for set in Set::ALL {
        for &index in splits.get(set) {
            let image = &data.images[index];
            let class = data.class_of(index).to_owned();
            let sum = image.look.sum;
            before
                .images
                .insert(image.file.clone(), Known { set, class, sum });
        }
    }
    before
}

#[test]
fn what_changed_since_a_training_is_told_in_words() {
    let folder = folder(&[
        "a/1.png", "a/2.png", "a/3.png", "b/1.png", "b/2.png", "b/3.png",
    ]);
    let data = open(&folder);
    let recipe = SplitRecipe {
        validation: 0.0,
        test: 0.0,
        ..SplitRecipe::default()
    };
    let splits = split(&data, &recipe).unwrap();
    let first = before(&data, &splits);
    assert!(Difference::between(&first, &data, &splits).is_empty());

    fs::remove_file(folder.path().join("data/a/1.png")).unwrap();
    fs::copy(
        folder.path().join("data/b/1.png"),
        folder.path().join("data/b/4.png"),
    )
    .unwrap();
    let mut now = open(&folder)
        .changed(&changes(&[], &[("a/2.png", "b")]))
        .unwrap();
    let rewritten = now.index_of("b/2.png").unwrap();
    now.images[rewritten].look.sum = 7;
    let mut first = first;
    first.images.get_mut("b/2.png").unwrap().sum = 8;
    let splits = split(&now, &recipe).unwrap();
    let difference = Difference::between(&first, &now, &splits);
    assert_eq!(difference.added, ["b/4.png"]);
    assert_eq!(difference.removed, ["a/1.png"]);
    assert_eq!(difference.rewritten, ["b/2.png"]);
    assert_eq!(
        difference.relabelled,
        [("a/2.png".into(), "a".into(), "b".into())]
    );
    let words = difference.sentences().join("\n");
    assert!(words.contains("1 image is new: b/4.png"), "{words}");
    assert!(words.contains("a/2.png (“a” to “b”)"), "{words}");
}
