//! The sets into which images are divided, and the order in which they are shown, follow the seed.

use mapsto::dataset::{
    Dataset, DatasetError, HealthContext, Set, SplitRecipe, Splits, health, shuffled, split,
};

use crate::made::{many, open, recipe};

#[test]
fn a_tenth_of_train_becomes_validation_where_there_is_none() {
    let root = many(&[
        ("train/a", 30),
        ("train/b", 20),
        ("test/a", 4),
        ("test/b", 4),
    ]);
    let data = open(root.path()).unwrap();
    let splits = split(&data, &recipe(1)).unwrap();
    assert_eq!(
        [
            splits.train.len(),
            splits.validation.len(),
            splits.test.len()
        ],
        [45, 5, 8]
    );
    assert!(
        splits
            .validation
            .iter()
            .all(|&index| data.images[index].given == Some(Set::Train))
    );
}

#[test]
fn train_and_val_without_test_leave_test_empty() {
    let root = many(&[("train/a", 3), ("train/b", 3), ("val/a", 1), ("val/b", 1)]);
    let splits = split(&open(root.path()).unwrap(), &recipe(1)).unwrap();
    assert_eq!(
        [
            splits.train.len(),
            splits.validation.len(),
            splits.test.len()
        ],
        [6, 2, 0]
    );
}

#[test]
fn test_alone_can_be_opened_but_not_learned_from() {
    let root = many(&[("test/a", 2), ("test/b", 2)]);
    let data = open(root.path()).unwrap();
    assert!(
        data.images
            .iter()
            .all(|image| image.given == Some(Set::Test))
    );
    let message = split(&data, &recipe(1)).unwrap_err().to_string();
    assert!(
        message.contains("has no training images: put them in train/"),
        "{message}"
    );
}

#[test]
fn a_split_is_stratified_repeatable_and_complete() {
    let root = many(&[("a", 50), ("b", 30), ("c", 20)]);
    let data = open(root.path()).unwrap();
    let splits = split(&data, &recipe(7)).unwrap();
    assert_eq!(
        [
            splits.train.len(),
            splits.validation.len(),
            splits.test.len()
        ],
        [80, 10, 10]
    );
    let of_class = |set: &[usize], class| {
        set.iter()
            .filter(|&&index| data.images[index].class == class)
            .count()
    };
    for (class, expected) in [[40, 5, 5], [24, 3, 3], [16, 2, 2]].into_iter().enumerate() {
        let found = Set::ALL.map(|set| of_class(splits.get(set), class));
        assert_eq!(found, expected, "class {class}");
    }
    let mut all: Vec<usize> = Set::ALL
        .iter()
        .flat_map(|&set| splits.get(set).iter().copied())
        .collect();
    all.sort_unstable();
    assert_eq!(all, (0..100).collect::<Vec<_>>());
    assert_eq!(split(&data, &recipe(7)).unwrap(), splits);
    assert_ne!(split(&data, &recipe(8)).unwrap(), splits);
}

#[test]
fn the_digits_are_split_in_eight_one_one() {
    let splits = split(&Dataset::digits(), &recipe(42)).unwrap();
    assert_eq!(
        [
            splits.train.len(),
            splits.validation.len(),
            splits.test.len()
        ],
        [8000, 1000, 1000]
    );
}

#[test]
fn small_classes_always_keep_an_image_to_learn_from() {
    let sizes = |classes: &[(&str, usize)]| {
        let data = open(many(classes).path()).unwrap();
        let splits = split(&data, &recipe(3)).unwrap();
        for class in 0..data.classes.len() {
            assert!(
                splits
                    .train
                    .iter()
                    .any(|&index| data.images[index].class == class),
                "{classes:?}"
            );
        }
        [
            splits.train.len(),
            splits.validation.len(),
            splits.test.len(),
        ]
    };
    assert_eq!(sizes(&[("a", 1), ("b", 1)]), [2, 0, 0]);
    assert_eq!(sizes(&[("a", 2), ("b", 1)]), [2, 1, 0]);
    assert_eq!(sizes(&[("a", 3), ("b", 1)]), [2, 1, 1]);
    assert_eq!(sizes(&[("a", 27), ("b", 1), ("c", 2)]), [24, 3, 3]);
}

#[test]
fn a_class_of_one_image_is_told_by_the_health_report() {
    let data = open(many(&[("many", 12), ("one", 1)]).path()).unwrap();
    let report = health(&data, None, &HealthContext::default());
    assert_eq!(
        report.smallest.as_ref().map(|class| class.class.as_str()),
        Some("one")
    );
    assert_eq!(report.largest.as_ref().map(|class| class.images), Some(12));
    assert_eq!(
        (
            report.sizes[0].width,
            report.sizes[0].height,
            report.sizes[0].images
        ),
        (9, 7, 13)
    );
    assert_eq!(report.notes.len(), 2, "{:?}", report.notes);
}

#[test]
fn impossible_shares_are_refused() {
    let data = open(many(&[("a", 2), ("b", 2)]).path()).unwrap();
    for (validation, test) in [(0.6, 0.4), (-0.1, 0.1), (f64::NAN, 0.1)] {
        let refused = split(
            &data,
            &SplitRecipe {
                validation,
                test,
                seed: 1,
                ..SplitRecipe::default()
            },
        );
        assert!(matches!(refused, Err(DatasetError::Shares { .. })));
    }
    let all = split(
        &data,
        &SplitRecipe {
            validation: 0.0,
            test: 0.0,
            seed: 1,
            ..SplitRecipe::default()
        },
    )
    .unwrap();
    assert_eq!(
        all,
        Splits {
            train: vec![0, 1, 2, 3],
            ..Splits::default()
        }
    );
}

#[test]
fn shuffles_are_permutations_that_the_seed_and_the_epoch_decide() {
    let order = shuffled(1000, 42, 3);
    assert_eq!(shuffled(1000, 42, 3), order);
    assert_ne!(shuffled(1000, 42, 4), order);
    assert_ne!(shuffled(1000, 43, 3), order);
    let mut sorted = order;
    sorted.sort_unstable();
    assert_eq!(sorted, (0..1000).collect::<Vec<_>>());
    assert!(shuffled(0, 1, 1).is_empty());
    // Written down, so that another version of a library that draws otherwise is noticed.
    assert_eq!(shuffled(8, 42, 1), PINNED);
}

const PINNED: [usize; 8] = [6, 3, 7, 0, 4, 2, 1, 5];
