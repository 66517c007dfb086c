//! Which pictures count as one, and what becomes of those that look alike too much.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;

use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, Rgb, RgbImage, imageops::FilterType};
use mapsto::dataset::{
    Alike, Dataset, Groups, Health, HealthContext, Image, Kind, Look, Progress, Set, Severity,
    Source, SplitRecipe, folds, health, near_duplicates, split_with,
};
use tempfile::TempDir;

/// A number of 0 to 1 that two others decide (SplitMix64's finish).
fn drawn(number: u32, salt: u32) -> f64 {
    let mut mixed = u64::from(number) << 32 | u64::from(salt);
    for factor in [0xbf58_476d_1ce4_e5b9, 0x94d0_49bb_1331_11eb] {
        mixed = (mixed ^ (mixed >> 29)).wrapping_mul(factor);
    }
    f64::from((mixed >> 32) as u32) / f64::from(u32::MAX)
}

/// A coloured scene of soft waves that its number decides, 96×72.
fn scene(number: u32) -> RgbImage {
    RgbImage::from_fn(96, 72, |x, y| {
        let (x, y) = (f64::from(x) / 96.0, f64::from(y) / 72.0);
        let shade = |channel: u32| {
            let wave = |k: u32| {
                let draw = |salt: u32| drawn(number, 100 * channel + 8 * k + salt);
                (draw(1) * 30.0 * x + draw(2) * 30.0 * y + draw(3) * 6.3).sin()
            };
            let sum: f64 = (0..6).map(wave).sum();
            (125.0 + 14.0 * sum).clamp(0.0, 255.0) as u8
        };
        let all = shade(0);
        Rgb([all, all / 2 + shade(1) / 2, all / 2 + shade(2) / 2])
    })
}

/// The scene with a square of that colour.
fn with_object(mut scene: RgbImage, left: u32, top: u32, colour: [u8; 3]) -> DynamicImage {
    for y in top..top + 12 {
        for x in left..left + 12 {
            scene.put_pixel(x, y, Rgb(colour));
        }
    }
    scene.into()
}

fn jpeg(picture: &DynamicImage, quality: u8) -> DynamicImage {
    let mut bytes = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut bytes, quality);
    picture.write_with_encoder(encoder).unwrap();
    image::load_from_memory(&bytes).unwrap()
}

fn folder(pictures: &[(&str, DynamicImage)]) -> (TempDir, Dataset) {
    let root = TempDir::new().unwrap();
    for (file, picture) in pictures {
        let path = root.path().join(file).with_extension("png");
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        picture.save(path).unwrap();
    }
    let source = Source::Folder(root.path().into());
    let data = Dataset::open(&source, &Progress::default()).unwrap();
    (root, data)
}

/// The names of each group.
fn named(data: &Dataset, groups: &Groups) -> Vec<Vec<String>> {
    let name = |&index: &usize| data.images[index].file.replace(".png", "");
    groups
        .iter()
        .map(|group| group.iter().map(name).collect())
        .collect()
}

fn report(data: &Dataset, alike: &Alike, recipe: &SplitRecipe) -> Health {
    let splits = split_with(data, recipe, &alike.near).unwrap();
    let context = HealthContext {
        alike: Some(alike),
        ..HealthContext::default()
    };
    health(data, Some(&splits), &context)
}

#[test]
fn copies_saved_again_resized_lighter_or_cropped_are_found() {
    let picture = DynamicImage::from(scene(1));
    let mut pictures = vec![
        ("a/plain", picture.clone()),
        ("a/quality", jpeg(&picture, 30)),
        (
            "a/small",
            picture.resize_exact(77, 58, FilterType::Triangle),
        ),
        (
            "a/large",
            picture.resize_exact(115, 86, FilterType::CatmullRom),
        ),
        ("b/light", picture.brighten(12)),
        ("b/cropped", picture.crop_imm(2, 1, 93, 70)),
    ];
    let others = ["a/x1", "a/x2", "a/x3", "b/x4", "b/x5", "b/x6"];
    pictures.extend(
        others
            .into_iter()
            .zip(2..)
            .map(|(file, number)| (file, scene(number).into())),
    );
    let (_root, mut data) = folder(&pictures);
    let found = near_duplicates(&data, &Progress::default());
    let expected = [
        "a/large",
        "a/plain",
        "a/quality",
        "a/small",
        "b/cropped",
        "b/light",
    ];
    assert_eq!(named(&data, &found), [expected]);
    for image in &mut data.images {
        image.look.print = [0; 4];
    }
    // Nothing is known of their looks.
    assert!(near_duplicates(&data, &Progress::default()).is_empty());
}

#[test]
fn shots_of_different_objects_before_one_background_are_different_pictures() {
    let places = [
        (4, 4),
        (40, 6),
        (75, 10),
        (10, 34),
        (44, 36),
        (78, 40),
        (8, 56),
        (50, 57),
    ];
    let names: Vec<String> = (0..8)
        .map(|place| format!("{}/{place}", ["ok", "defect"][place % 2]))
        .collect();
    let mut pictures: Vec<(&str, DynamicImage)> = names
        .iter()
        .zip(places)
        .map(|(name, (x, y))| {
            (
                name.as_str(),
                jpeg(&with_object(scene(1), x, y, [220, 30, 30]), 85),
            )
        })
        .collect();
    // One place, another colour of nearly the same grey.
    pictures.push((
        "ok/green",
        jpeg(&with_object(scene(1), 4, 4, [30, 125, 30]), 85),
    ));
    pictures.push((
        "ok/copy",
        jpeg(&with_object(scene(1), 44, 36, [220, 30, 30]), 50),
    ));
    let (_root, data) = folder(&pictures);
    let found = near_duplicates(&data, &Progress::default());
    assert_eq!(named(&data, &found), [["ok/4", "ok/copy"]]);
}

#[test]
fn a_series_of_small_steps_does_not_become_one_group() {
    let names: Vec<String> = (0..24)
        .map(|step| format!("{}/{step:02}", ["a", "b"][step % 2]))
        .collect();
    let pictures: Vec<(&str, DynamicImage)> = names
        .iter()
        .zip((0..24).map(|step| 2 + step))
        .map(|(name, left)| {
            (
                name.as_str(),
                with_object(scene(3), left, 30, [230, 230, 40]),
            )
        })
        .collect();
    let (_root, data) = folder(&pictures);
    let found = near_duplicates(&data, &Progress::default());
    assert!(!found.is_empty());
    for group in named(&data, &found) {
        let steps = group.iter().map(|name| name[2..].parse::<usize>().unwrap());
        let (first, last) = (steps.clone().min().unwrap(), steps.max().unwrap());
        assert!(last - first <= 8, "{group:?}");
    }
}

#[test]
fn two_labels_are_severe_for_one_picture_and_milder_for_look_alikes() {
    let first = with_object(scene(1), 20, 20, [220, 30, 30]);
    let (_root, data) = folder(&[
        ("a/first", first.clone()),
        ("b/first", jpeg(&first, 80)),
        ("a/second", scene(2).into()),
        ("b/second", scene(4).into()),
        ("a/third", scene(7).into()),
        ("b/third", scene(8).into()),
    ]);
    let mut alike = Alike::find(&data, &Progress::default()).unwrap();
    assert_eq!(alike.saved, alike.near);
    let index = |file| data.index_of(file).unwrap();
    let near = Groups::new([vec![index("a/second.png"), index("b/second.png")]]);
    alike.near = alike.near.joined(&near);
    let health = report(&data, &alike, &SplitRecipe::default());
    let of = |kind: Kind| {
        let finding = health
            .findings
            .iter()
            .find(|finding| finding.kind == kind)
            .unwrap();
        (named(&data, &finding.groups), finding.severity)
    };
    let pair = |name: &str| vec![vec![format!("a/{name}"), format!("b/{name}")]];
    assert_eq!(of(Kind::Conflict), (pair("first"), Severity::Severe));
    assert_eq!(
        of(Kind::AlikeConflict),
        (pair("second"), Severity::Moderate)
    );
}

/// Images of two classes that nobody has looked at.
fn plain(images: usize) -> Dataset {
    let mut data = Dataset::digits();
    data.classes = vec!["a".into(), "b".into()];
    let image = |index: usize| Image {
        file: format!("{}/{index:03}", ["a", "b"][index / (images / 2)]),
        class: index / (images / 2),
        given: None,
        excluded: false,
        width: 8,
        height: 8,
        look: Look::default(),
    };
    data.images = (0..images).map(image).collect();
    data
}

#[test]
fn look_alikes_never_take_validation_and_test_away_and_that_they_are_apart_is_told() {
    let recipe = SplitRecipe::default();
    let groups = [
        // All; two thirds; a group for each class; and four that are too large for a tenth.
        vec![(0..60).collect::<Vec<usize>>()],
        vec![(0..40).collect()],
        vec![(0..30).collect(), (30..60).collect()],
        vec![
            (0..15).collect(),
            (15..30).collect(),
            (30..45).collect(),
            (45..60).collect(),
        ],
    ];
    for lists in groups {
        let data = plain(60);
        let alike = Alike {
            near: Groups::new(lists),
            ..Alike::default()
        };
        let splits = split_with(&data, &recipe, &alike.near).unwrap();
        for set in [Set::Validation, Set::Test] {
            assert!(
                splits.get(set).len() >= 3,
                "{:?}: {}",
                alike.near,
                splits.get(set).len()
            );
        }
        assert!(!splits.apart.is_empty());
        let health = report(&data, &alike, &recipe);
        let kinds: Vec<Kind> = health.findings.iter().map(|finding| finding.kind).collect();
        assert!(
            kinds.contains(&Kind::Apart) && !kinds.contains(&Kind::Leak),
            "{kinds:?}"
        );
        let recipe = SplitRecipe {
            folds: 5,
            fold: 1,
            ..recipe.clone()
        };
        let folds = folds(&data, &recipe, &alike.near).unwrap();
        let all: BTreeSet<usize> = folds.iter().flatten().copied().collect();
        assert_eq!(all.len(), folds.iter().map(Vec::len).sum::<usize>());
        assert!(folds.iter().all(|fold| fold.len() >= 5));
    }
}

#[test]
fn equal_files_stay_on_one_side_even_where_their_look_alikes_are_let_go() {
    let mut data = plain(60);
    for index in [1, 17, 50] {
        (data.images[index].look.sum, data.images[index].look.bytes) = (9, 9);
    }
    let alike = Groups::new([(0..60).collect::<Vec<usize>>()]);
    for seed in 0..20 {
        let recipe = SplitRecipe {
            seed,
            ..SplitRecipe::default()
        };
        let splits = split_with(&data, &recipe, &alike).unwrap();
        let together = Set::ALL
            .map(|set| splits.get(set))
            .into_iter()
            .any(|set| [1, 17, 50].iter().all(|index| set.contains(index)));
        assert!(together);
    }
}

#[test]
fn look_alikes_in_small_groups_stay_on_one_side() {
    let data = plain(60);
    let alike = Groups::new((0..20).map(|group| (3 * group..3 * group + 3).collect()));
    let splits = split_with(&data, &SplitRecipe::default(), &alike).unwrap();
    assert!(splits.apart.is_empty());
    for group in alike.iter() {
        let inside = |set: Set| {
            group
                .iter()
                .filter(|index| splits.get(set).contains(index))
                .count()
        };
        assert!(Set::ALL.map(inside).contains(&3));
    }
}
