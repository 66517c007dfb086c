//! The user chooses which level of folders is the class; sets are found above and below it.

use mapsto::dataset::{DatasetError, Layout};

use crate::made::{chosen, folder, open, open_as, pictures, problem, told};

#[test]
fn any_level_of_folders_can_be_the_class() {
    let root = folder(&pictures(&[
        "2019/cats/tabby/a.png",
        "2019/dogs/b.png",
        "2020/cats/c.png",
        "2020/cats/tabby/d.png",
    ]));
    let data = open(root.path()).unwrap();
    assert_eq!(data.classes, ["2019", "2020"]);
    let choices: Vec<(&Layout, usize, usize, bool)> = data
        .layouts
        .iter()
        .map(|choice| (&choice.layout, choice.classes, choice.images, choice.chosen))
        .collect();
    let [one, two] = [1, 2].map(|level| Layout::Folders { level });
    assert_eq!(choices, [(&one, 2, 4, true), (&two, 2, 4, false)]);
    assert_eq!(
        data.layouts[1].title,
        "The folder at level 2 is the class: cats, dogs"
    );

    let data = open_as(root.path(), two.clone()).unwrap();
    assert_eq!(
        told(&data),
        [
            "2019/cats/tabby/a.png cats",
            "2019/dogs/b.png dogs",
            "2020/cats/c.png cats",
            "2020/cats/tabby/d.png cats"
        ]
    );
    assert_eq!(chosen(&data), &two);
}

#[test]
fn pictures_above_the_level_are_told() {
    let root = folder(&pictures(&[
        "a/x/1.png",
        "a/y/2.png",
        "b/3.png",
        "b/x/4.png",
    ]));
    let data = open_as(root.path(), Layout::Folders { level: 2 }).unwrap();
    assert_eq!(data.classes, ["x", "y"]);
    assert_eq!(
        problem(&data, "b/3.png"),
        "lies beside the class folders, so it has no class"
    );
}

#[test]
fn sets_below_the_classes_are_found_where_every_picture_has_one() {
    let root = folder(&pictures(&[
        "cats/train/1.png",
        "cats/test/2.png",
        "dogs/train/3.png",
        "dogs/test/4.png",
    ]));
    assert_eq!(
        told(&open(root.path()).unwrap()),
        [
            "cats/test/2.png cats test",
            "cats/train/1.png cats train",
            "dogs/test/4.png dogs test",
            "dogs/train/3.png dogs train"
        ]
    );
    let root = folder(&pictures(&[
        "cats/train/1.png",
        "cats/2.png",
        "dogs/test/3.png",
    ]));
    let data = open(root.path()).unwrap();
    assert!(!data.has_given_sets() && data.classes == ["cats", "dogs"]);
}

#[test]
fn folders_beside_the_sets_are_told_once_each() {
    let root = folder(&pictures(&[
        "train/a/1.png",
        "train/b/2.png",
        "test/a/3.png",
        "test/b/4.png",
        "extra/a/5.png",
        "extra/b/6.png",
    ]));
    let data = open(root.path()).unwrap();
    assert_eq!(data.len(), 4);
    assert_eq!(
        problem(&data, "extra"),
        "lies beside the folders of the sets (train, test), so it belongs to none"
    );
    assert_eq!(data.problems.len(), 1);
}

#[test]
fn a_layout_that_does_not_fit_says_what_does() {
    let root = folder(&pictures(&["cats/1.png", "dogs/2.png"]));
    for layout in [
        Layout::Folders { level: 0 },
        Layout::Folders { level: 7 },
        Layout::Idx,
        Layout::Cifar { coarse: true },
        Layout::List {
            file: "no.txt".into(),
        },
    ] {
        let error = open_as(root.path(), layout).unwrap_err();
        let message = error.to_string();
        assert!(matches!(error, DatasetError::Layout { .. }), "{message}");
        assert!(
            message.ends_with("What fits: The folder is the class: cats, dogs"),
            "{message}"
        );
    }
}

#[test]
fn names_that_differ_in_case_only_stay_apart_and_are_told() {
    let root = folder(&pictures(&[
        "Cats/1.png",
        "cats/1.png",
        "dogs/A.png",
        "dogs/a.png",
    ]));
    if std::fs::read_dir(root.path()).unwrap().count() < 3 {
        return; // This disk does not keep them apart.
    }
    let data = open(root.path()).unwrap();
    assert_eq!(data.classes, ["Cats", "cats", "dogs"]);
    assert_eq!(data.len(), 4);
    assert_eq!(
        data.notices,
        [
            "“Cats” and “cats” differ in upper and lower case only: they are 2 classes",
            "2 files differ from others in upper and lower case only, as cats/1.png: all are used"
        ]
    );
}
