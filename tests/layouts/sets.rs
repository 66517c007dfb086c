//! The folders of sets are known by the words of their names, and are never taken for classes in silence.

use mapsto::dataset::{HealthContext, Layout, Set, Severity, SplitRecipe, health, split};

use crate::made::{chosen, folder, open, pictures, told, with};

/// Of each set two classes.
fn of_sets(sets: &[&str]) -> tempfile::TempDir {
    let files: Vec<String> = sets
        .iter()
        .flat_map(|set| ["cat", "dog"].map(|class| format!("{set}/{class}/{}.png", set.len())))
        .collect();
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    folder(&pictures(&files))
}

#[test]
fn sets_are_known_by_a_word_of_their_names() {
    for (train, other, set) in [
        ("training_set", "test_set", Set::Test),
        ("train1", "test1", Set::Test),
        ("Train_Images", "Test_Images", Set::Test),
        ("trainset", "testset", Set::Test),
        ("seg_train/seg_train", "seg_test/seg_test", Set::Test),
        ("TrainData", "ValData2", Set::Validation),
        ("train", "dev", Set::Validation),
        ("train", "eval", Set::Validation),
        ("train", "holdout", Set::Test),
        ("xray_train", "xray_valid", Set::Validation),
    ] {
        let root = of_sets(&[train, other]);
        let data = open(root.path()).unwrap();
        assert_eq!(data.classes, ["cat", "dog"], "{train}, {other}");
        let sets: Vec<Option<Set>> = data.images.iter().map(|image| image.given).collect();
        let both = [Some(Set::Train), Some(set)];
        assert!(both.iter().all(|one| sets.contains(one)), "{sets:?}");
    }
}

#[test]
fn classes_with_a_set_s_word_in_their_names_stay_classes() {
    let root = folder(&pictures(&["train/1.png", "bus/1.png", "car/1.png"]));
    assert_eq!(open(root.path()).unwrap().classes, ["bus", "car", "train"]);
    let root = folder(&pictures(&[
        "toy train/old/1.png",
        "test tube/old/1.png",
        "bus/old/1.png",
    ]));
    let data = open(root.path()).unwrap();
    assert_eq!(data.classes, ["bus", "test tube", "toy train"]);
    let inside = &["train/bus/1.png", "train/train/1.png", "test/bus/2.png"];
    let root = folder(&pictures(inside));
    assert_eq!(open(root.path()).unwrap().classes, ["bus", "train"]);
}

#[test]
fn test_images_without_classes_are_told_and_no_class() {
    let root = folder(&pictures(&[
        "train/a/1.png",
        "train/a/2.png",
        "train/b/3.png",
        "test/4.png",
        "test/5.png",
    ]));
    let data = open(root.path()).unwrap();
    assert_eq!(data.classes, ["a", "b"]);
    // What is left is divided as any folder.
    assert!(!data.has_given_sets());
    assert!(data.problems.is_empty(), "{:?}", data.problems);
    assert!(data.notices[0].contains("test/: its 2 images"));

    let root = folder(&pictures(&[
        "train/n1/images/n1_0.png",
        "train/n2/images/n2_0.png",
        "val/images/val_0.png",
        "test/images/test_0.png",
    ]));
    let data = open(root.path()).unwrap();
    assert_eq!(data.classes, ["n1", "n2"]);
    assert_eq!(data.notices.len(), 2, "{:?}", data.notices);
}

#[test]
fn a_table_that_labels_the_test_images_too_is_preferred() {
    let files = pictures(&["Train/0/a.png", "Train/1/b.png", "Test/c.png", "Test/d.png"]);
    let files = with(
        files,
        "Train.csv",
        "Path,ClassId\nTrain/0/a.png,0\nTrain/1/b.png,1\n",
    );
    let files = with(
        files,
        "Test.csv",
        "Path,ClassId\nTest/c.png,1\nTest/d.png,0\n",
    );
    let data = open(folder(&files).path()).unwrap();
    let wanted = [
        "Test/c.png 1 test",
        "Test/d.png 0 test",
        "Train/0/a.png 0 train",
        "Train/1/b.png 1 train",
    ];
    assert_eq!(told(&data), wanted);
}

#[test]
fn folds_are_parts_and_no_classes() {
    let root = of_sets(&["fold1", "fold_02", "Fold 10"]);
    let data = open(root.path()).unwrap();
    assert_eq!(data.classes, ["cat", "dog"]);
    assert!(
        data.notices[0].contains("taken for parts"),
        "{:?}",
        data.notices
    );
}

#[test]
fn classes_that_are_named_as_sets_are_a_severe_finding() {
    let root = folder(&pictures(&[
        "train/x.png",
        "train/y.png",
        "test/u.png",
        "test/v.png",
    ]));
    let data = open(root.path()).unwrap();
    assert_eq!(data.classes, ["test", "train"]);
    let splits = split(&data, &SplitRecipe::default()).unwrap();
    let report = health(&data, Some(&splits), &HealthContext::default());
    let first = &report.findings[0];
    assert_eq!(first.severity, Severity::Severe);
    assert!(first.title.contains("named as sets"), "{}", first.title);
    assert!(first.advice.contains("train/cat"));
}

#[test]
fn the_beginning_of_names_is_the_class_where_no_folder_says_one() {
    let names = [
        "train/cat.0.png",
        "train/cat.1.png",
        "train/dog.0.png",
        "train/dog.1.png",
        "test1/1.png",
        "test1/2.png",
    ];
    let data = open(folder(&pictures(&names)).path()).unwrap();
    assert_eq!(data.classes, ["cat", "dog"]);
    assert_eq!(chosen(&data), &Layout::Names);
    assert!(data.notices[0].contains("the beginning of each file's name"));
    assert!(data.notices[1].contains("2 images whose names say no class"));
    // Names that cameras and programs give, and a letter with a number, say none.
    for names in [
        ["IMG_1.png", "IMG_2.png", "DSC_1.png", "DSC_2.png"],
        ["a1.png", "a2.png", "b1.png", "b2.png"],
    ] {
        open(folder(&pictures(&names)).path()).unwrap_err();
    }
}
