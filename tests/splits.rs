//! The sets: groups stay whole, folds are folds, and what cannot be is told.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;

use image::{GrayImage, Luma};
use mapsto::dataset::{
    Dataset, Group, Groups, Image, Look, Progress, Set, Source, SplitRecipe, Splits, folds, split,
    split_with,
};
use tempfile::TempDir;

/// Images of these classes, `name(class, number)` their files.
fn data(counts: &[usize], name: impl Fn(usize, usize) -> String) -> Dataset {
    let mut data = Dataset::digits();
    data.classes = (0..counts.len()).map(|class| format!("c{class}")).collect();
    data.images = counts
        .iter()
        .enumerate()
        .flat_map(|(class, &count)| (0..count).map(move |number| (class, number)))
        .map(|(class, number)| Image {
            file: name(class, number),
            class,
            given: None,
            excluded: false,
            width: 8,
            height: 8,
            look: Look::default(),
        })
        .collect();
    data
}

fn plain(class: usize, number: usize) -> String {
    format!("c{class}/{number}.png")
}

fn recipe(seed: u64) -> SplitRecipe {
    SplitRecipe {
        seed,
        ..SplitRecipe::default()
    }
}

/// A small generator (Knuth's MMIX constants), so that the sizes tried are always the same.
struct Draw(u64);

impl Draw {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }
}

fn counts(data: &Dataset, images: &[usize]) -> Vec<usize> {
    let mut counts = vec![0; data.classes.len()];
    for &index in images {
        counts[data.images[index].class] += 1;
    }
    counts
}

/// Each image once, ascending in each set.
fn assert_divides(len: usize, sets: &[&[usize]]) {
    for set in sets {
        assert!(set.is_sorted());
    }
    let all: BTreeSet<usize> = sets.iter().flat_map(|set| set.iter().copied()).collect();
    assert_eq!(all.len(), sets.iter().map(|set| set.len()).sum::<usize>());
    assert_eq!(all.len(), len);
}

fn sets(splits: &Splits) -> [&[usize]; 3] {
    Set::ALL.map(|set| splits.get(set))
}

fn error(data: &Dataset, recipe: &SplitRecipe) -> String {
    split(data, recipe).unwrap_err().to_string()
}

#[test]
fn groups_are_in_one_set_and_classes_keep_their_shares() {
    let mut draw = Draw(1);
    for round in 0..40 {
        let patients = 20 + draw.below(30);
        let sizes: Vec<usize> = (0..2 + draw.below(4))
            .map(|_| 60 + draw.below(300))
            .collect();
        let data = data(&sizes, |class, number| {
            format!("c{class}/p{:03}-{number}.png", number % patients)
        });
        let recipe = SplitRecipe {
            group: Group::Pattern(r"^(p\d+)-".into()),
            ..recipe(round)
        };
        let splits = split(&data, &recipe).unwrap();
        assert_divides(data.len(), &sets(&splits));
        let patients_of = |set: Set| -> BTreeSet<String> {
            let file = |&index: &usize| {
                data.images[index]
                    .file
                    .split(['/', '-'])
                    .nth(1)
                    .unwrap()
                    .to_owned()
            };
            splits.get(set).iter().map(file).collect()
        };
        let [train, validation, test] = Set::ALL.map(patients_of);
        assert!(
            train.is_disjoint(&validation)
                && train.is_disjoint(&test)
                && validation.is_disjoint(&test)
        );
        assert!(!validation.is_empty() && !test.is_empty());
        for (class, (&size, part)) in sizes.iter().zip(counts(&data, &splits.train)).enumerate() {
            let share = part as f64 / size as f64;
            assert!(
                (0.7..=0.9).contains(&share),
                "round {round}: {share} of class {class}"
            );
        }
    }
}

#[test]
fn folders_below_a_class_stay_whole_and_the_class_folder_itself_is_no_group() {
    let nested = data(&[60, 60], |class, number| {
        format!("c{class}/day{}/{number}.png", number / 6)
    });
    let recipe = SplitRecipe {
        group: Group::Folder,
        ..recipe(3)
    };
    let splits = split(&nested, &recipe).unwrap();
    let folders = |set: &[usize]| -> BTreeSet<String> {
        set.iter()
            .map(|&index| {
                nested.images[index]
                    .file
                    .rsplit_once('/')
                    .unwrap()
                    .0
                    .to_owned()
            })
            .collect()
    };
    let [train, validation, test] = sets(&splits).map(folders);
    assert_eq!(train.len() + validation.len() + test.len(), 20);
    assert_eq!((splits.validation.len(), splits.test.len()), (12, 12));
    let flat = data(&[60, 60], plain);
    let single = SplitRecipe {
        group: Group::Single,
        ..recipe.clone()
    };
    assert_eq!(
        split(&flat, &recipe).unwrap(),
        split(&flat, &single).unwrap()
    );
}

#[test]
fn pictures_that_look_alike_stay_on_one_side_unless_the_recipe_lets_them_apart() {
    let root = TempDir::new().unwrap();
    let mut draw = Draw(5);
    for class in ["a", "b"] {
        fs::create_dir(root.path().join(class)).unwrap();
        for pair in 0..20 {
            let shades: Vec<u8> = (0..64).map(|_| 20 + draw.below(200) as u8).collect();
            for (copy, more) in ["1", "2"].into_iter().zip([0, 9]) {
                let shade = |x: u32, y: u32| Luma([shades[(y / 4 * 8 + x / 4) as usize] + more]);
                let picture = GrayImage::from_fn(32, 32, shade);
                let file = root.path().join(format!("{class}/{pair:02}-{copy}.png"));
                picture.save(file).unwrap();
            }
        }
    }
    let source = Source::Folder(root.path().into());
    let data = Dataset::open(&source, &Progress::default()).unwrap();
    let apart = |splits: &Splits| {
        let set = |index: usize| {
            Set::ALL
                .into_iter()
                .find(|&set| splits.get(set).contains(&index))
        };
        (0..40)
            .filter(|pair| set(2 * pair) != set(2 * pair + 1))
            .count()
    };
    assert_eq!(apart(&split(&data, &recipe(1)).unwrap()), 0);
    let free = SplitRecipe {
        together: false,
        ..recipe(1)
    };
    assert!(apart(&split(&data, &free).unwrap()) > 3);
}

#[test]
fn folds_are_disjoint_even_in_each_class_and_cover_all_but_the_test_set() {
    let mut draw = Draw(2);
    for round in 0..60 {
        let sizes: Vec<usize> = (0..2 + draw.below(5))
            .map(|_| 12 + draw.below(90))
            .collect();
        let data = data(&sizes, plain);
        let number = 2 + draw.below(9);
        let recipe = SplitRecipe {
            folds: number,
            fold: 1,
            ..recipe(round)
        };
        let dealt = folds(&data, &recipe, &Groups::default()).unwrap();
        let mut covered: Vec<usize> = Vec::new();
        for (fold, images) in (1..).zip(&dealt) {
            let splits = split(
                &data,
                &SplitRecipe {
                    fold,
                    ..recipe.clone()
                },
            )
            .unwrap();
            assert_eq!(&splits.validation, images);
            assert_divides(data.len(), &sets(&splits));
            covered.extend(images);
            // As scikit-learn's StratifiedKFold: no two folds differ by more than one image, in all or in a class.
            for other in &dealt {
                assert!(images.len().abs_diff(other.len()) <= 1);
                for (left, right) in counts(&data, images).iter().zip(counts(&data, other)) {
                    assert!(left.abs_diff(right) <= 1);
                }
            }
        }
        covered.sort_unstable();
        let test = split(&data, &recipe).unwrap().test;
        assert_divides(data.len(), &[&covered, &test]);
    }
}

#[test]
fn folds_keep_groups_whole_and_classes_near_their_share() {
    let mut draw = Draw(9);
    for round in 0..30 {
        let data = data(&[200, 120, 80], plain);
        let mut left: Vec<usize> = (0..data.len()).collect();
        let mut lists = Vec::new();
        while !left.is_empty() {
            let size = (1 + draw.below(6)).min(left.len());
            lists.push(
                (0..size)
                    .map(|_| left.swap_remove(draw.below(left.len())))
                    .collect::<Vec<_>>(),
            );
        }
        let groups = Groups::new(lists.into_iter().filter(|list| list.len() > 1));
        let recipe = SplitRecipe {
            folds: 5,
            fold: 2,
            test: 0.0,
            ..recipe(round)
        };
        let dealt = folds(&data, &recipe, &groups).unwrap();
        assert_divides(
            data.len(),
            &dealt.iter().map(Vec::as_slice).collect::<Vec<_>>(),
        );
        for group in groups.iter() {
            assert_eq!(
                dealt
                    .iter()
                    .filter(|fold| group.iter().any(|image| fold.contains(image)))
                    .count(),
                1
            );
        }
        for fold in &dealt {
            for (count, fair) in counts(&data, fold).into_iter().zip([40, 24, 16]) {
                assert!(
                    count.abs_diff(fair) <= 4,
                    "round {round}: {count} in place of {fair}"
                );
            }
        }
    }
}

#[test]
fn given_sets_stay_even_where_groups_lie_in_two_of_them() {
    let mut data = data(&[20, 20], plain);
    for (index, image) in data.images.iter_mut().enumerate() {
        image.given = Some(if index % 4 == 0 {
            Set::Test
        } else {
            Set::Train
        });
    }
    let alike = Groups::new([vec![0, 1], vec![2, 3]]);
    let splits = split_with(&data, &recipe(1), &alike).unwrap();
    assert_eq!(splits.test, (0..40).step_by(4).collect::<Vec<_>>());
    assert_divides(40, &sets(&splits));
    assert_eq!(
        splits.validation.contains(&2),
        splits.validation.contains(&3)
    );
}

#[test]
fn excluded_images_are_in_no_set() {
    let mut data = data(&[30, 30], plain);
    data.images[7].excluded = true;
    let splits = split(&data, &recipe(1)).unwrap();
    assert!(sets(&splits).iter().all(|set| !set.contains(&7)));
    assert_divides(59, &sets(&splits));
}

#[test]
fn what_cannot_be_divided_is_told_in_words() {
    let data = data(&[6, 6], |class, number| {
        format!("c{class}/x{class}-{number}.png")
    });
    let pattern = |text: &str| SplitRecipe {
        group: Group::Pattern(text.into()),
        ..recipe(1)
    };
    assert!(error(&data, &pattern("(")).contains("no regular expression"));
    assert!(error(&data, &pattern("patient")).contains("finds nothing"));
    assert!(error(&data, &pattern("x")).contains("all images are in one group"));
    assert!(error(&data, &pattern(r"x\d")).contains("each class lies in one group"));
    let fold = |folds, fold| SplitRecipe {
        folds,
        fold,
        ..recipe(1)
    };
    assert!(error(&data, &fold(13, 1)).contains("13 folds are more than the"));
    assert!(error(&data, &fold(1, 1)).contains("2 folds or more"));
    assert!(error(&data, &fold(3, 4)).contains("fold 4 does not exist"));
    let grouped = SplitRecipe {
        test: 0.0,
        ..SplitRecipe {
            folds: 2,
            fold: 1,
            ..pattern(r"x\d")
        }
    };
    assert!(error(&data, &grouped).contains("are in one group"));
}

#[test]
fn an_image_less_moves_hardly_any_other_to_another_set() {
    let whole = data(&[120, 80, 41], plain);
    for (folds, fold) in [(0, 0), (5, 2)] {
        for groups in [
            Groups::default(),
            Groups::new([vec![3, 4, 130], vec![7, 8]]),
        ] {
            let recipe = SplitRecipe {
                folds,
                fold,
                ..recipe(5)
            };
            let before = split_with(&whole, &recipe, &groups).unwrap();
            for gone in [0, 57, 119, 150, 200, 240] {
                let mut less = whole.clone();
                less.images[gone].excluded = true;
                let after = split_with(&less, &recipe, &groups).unwrap();
                let moved = (0..whole.len())
                    .filter(|image| *image != gone)
                    .filter(|image| {
                        let sets = sets(&before).into_iter().zip(sets(&after));
                        sets.into_iter().any(|(before, after)| {
                            before.binary_search(image).is_ok()
                                != after.binary_search(image).is_ok()
                        })
                    });
                let moved = moved.count();
                assert!(
                    moved <= 4,
                    "{moved} moved, with {folds} folds, without {gone}"
                );
            }
        }
    }
}
