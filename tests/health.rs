//! The health report: what it finds, what it offers, and how it counts.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;

use image::{DynamicImage, GrayImage, Luma, imageops::FilterType};
use mapsto::dataset::{
    Action, Alike, Dataset, Finding, Groups, Health, HealthContext, Image, InputSize, Kind, Look,
    Mode, Progress, Resize, Set, Severity, Source, Splits, fingerprint, health, near_duplicates,
};
use tempfile::TempDir;

/// Bits in which two fingerprints differ.
fn apart(left: [u64; 4], right: [u64; 4]) -> u32 {
    left.iter()
        .zip(right)
        .map(|(left, right)| (left ^ right).count_ones())
        .sum()
}

/// A picture of soft blobs that its number decides.
fn scene(number: u32, width: u32, height: u32) -> DynamicImage {
    let grey = GrayImage::from_fn(width, height, |x, y| {
        let (x, y) = (
            f64::from(x) / f64::from(width),
            f64::from(y) / f64::from(height),
        );
        let wave = |k: u32| {
            // SplitMix64's finish, so that neighbouring numbers have nothing in common.
            let draw = |salt: u32| {
                let mut mixed = u64::from(number) << 32 | u64::from(k * 8 + salt);
                for factor in [0xbf58_476d_1ce4_e5b9, 0x94d0_49bb_1331_11eb] {
                    mixed = (mixed ^ (mixed >> 29)).wrapping_mul(factor);
                }
                f64::from((mixed >> 32) as u32) / f64::from(u32::MAX)
            };
            (draw(1) * 40.0 * x + draw(2) * 40.0 * y + draw(3) * 6.3).sin()
        };
        let sum: f64 = (0..12).map(wave).sum();
        Luma([(128.0 + 18.0 * sum).clamp(0.0, 255.0) as u8])
    });
    DynamicImage::ImageLuma8(grey)
}

fn data(images: usize) -> Dataset {
    let mut data = Dataset::digits();
    data.classes = vec!["a".into(), "b".into()];
    let image = |index: usize| Image {
        file: format!("{}/{index:03}.png", ["a", "b"][index % 2]),
        class: index % 2,
        given: None,
        excluded: false,
        width: 64,
        height: 64,
        look: Look {
            mode: Mode::Colour,
            mean: [30_000; 3],
            square: [18_000; 3],
            print: fingerprint(&scene(index as u32, 64, 64)),
            ..Look::default()
        },
    };
    data.images = (0..images).map(image).collect();
    data
}

fn found(health: &Health, kind: Kind) -> Option<&Finding> {
    health.findings.iter().find(|finding| finding.kind == kind)
}

#[test]
fn a_fingerprint_survives_resizing_and_brightness_and_tells_other_and_mirrored_pictures_apart() {
    for number in 0..20 {
        let picture = scene(number, 200, 150);
        let print = fingerprint(&picture);
        assert!(
            apart(
                print,
                fingerprint(&picture.resize_exact(160, 120, FilterType::Triangle))
            ) <= 16
        );
        assert!(apart(print, fingerprint(&picture.brighten(12))) <= 30);
        assert!(apart(print, fingerprint(&picture.fliph())) > 80);
        assert!(apart(print, fingerprint(&scene(number + 1, 200, 150))) > 80);
    }
    assert_eq!(
        fingerprint(&DynamicImage::ImageLuma8(GrayImage::from_pixel(
            40,
            30,
            Luma([77])
        ))),
        [0; 4]
    );
}

#[test]
fn handwritten_digits_are_no_duplicates_of_each_other() {
    let mut data = Dataset::digits();
    for index in 0..data.images.len() {
        data.images[index].look.print = fingerprint(&data.read(index).unwrap());
    }
    assert!(near_duplicates(&data, &Progress::default()).len() <= 5);
}

#[test]
fn equal_files_are_compared_byte_by_byte() {
    let root = TempDir::new().unwrap();
    for class in ["a", "b"] {
        fs::create_dir(root.path().join(class)).unwrap();
    }
    for (file, number) in [("a/1", 1), ("a/2", 1), ("a/3", 2), ("b/1", 1), ("b/2", 3)] {
        scene(number, 30, 30)
            .save(root.path().join(file).with_extension("png"))
            .unwrap();
    }
    let mut data =
        Dataset::open(&Source::Folder(root.path().into()), &Progress::default()).unwrap();
    for image in &mut data.images {
        // One sum for all: only the bytes can tell them apart.
        image.look.sum = 7;
        image.look.bytes = 1 << 20;
    }
    let alike = Alike::find(&data, &Progress::default()).unwrap();
    assert_eq!(alike.same, Groups::new([vec![0, 1, 3]]));
    let health = health(
        &data,
        None,
        &HealthContext {
            alike: Some(&alike),
            ..HealthContext::default()
        },
    );
    assert_eq!(found(&health, Kind::Conflict).unwrap().images, [0, 1, 3]);
    assert_eq!(
        found(&health, Kind::Duplicates).unwrap().actions[0],
        Action::Exclude(vec![1])
    );
}

#[test]
fn pictures_on_both_sides_are_told_with_the_way_to_one_side() {
    let data = data(10);
    let alike = Alike {
        same: Groups::default(),
        near: Groups::new([vec![0, 2, 4], vec![6, 8]]),
        ..Alike::default()
    };
    let splits = Splits {
        train: vec![0, 1, 2, 3, 6, 8],
        validation: vec![5, 7],
        test: vec![4, 9],
        ..Splits::default()
    };
    let context = HealthContext {
        alike: Some(&alike),
        ..HealthContext::default()
    };
    let health = health(&data, Some(&splits), &context);
    let leak = found(&health, Kind::Leak).unwrap();
    assert_eq!(leak.images, [0, 2, 4]);
    assert_eq!(
        leak.actions,
        [
            Action::SameSide(vec![(4, Set::Train)]),
            Action::Exclude(vec![4]),
            Action::Accept
        ]
    );
    assert_eq!(health.findings[0].kind, Kind::Leak);
}

#[test]
fn accepted_findings_count_no_more_and_come_last() {
    let data = data(10);
    let alike = Alike {
        same: Groups::new([vec![0, 2]]),
        near: Groups::new([vec![0, 2]]),
        ..Alike::default()
    };
    let context = HealthContext {
        alike: Some(&alike),
        ..HealthContext::default()
    };
    let before = health(&data, None, &context);
    // 1 of 10 is a copy: 0.3 · √0.1; 2 classes of fewer than 10 images: 0.3 · √1.
    assert_eq!(
        before.score,
        (100.0 * (1.0 - 0.3 * 0.1_f64.sqrt()) * 0.7) as u8
    );
    let accepted: BTreeSet<String> = before
        .findings
        .iter()
        .map(|finding| finding.key.clone())
        .collect();
    let after = health(
        &data,
        None,
        &HealthContext {
            accepted: Some(&accepted),
            ..context
        },
    );
    assert_eq!(after.score, 100);
    assert!(after.findings.iter().all(|finding| finding.accepted));
}

#[test]
fn blank_turned_misnamed_and_mixed_pictures_are_named() {
    let mut data = data(40);
    let flat = 20_000_u16;
    data.images[1].look = Look {
        mode: Mode::Colour,
        mean: [flat; 3],
        square: [(u32::from(flat).pow(2) / 65_535) as u16; 3],
        ..Look::default()
    };
    data.images[2].look.mode = Mode::Grey;
    data.images[3].look.turned = true;
    data.images[4].look.misnamed = true;
    data.images[5].excluded = true;
    data.images[5].look.turned = true;
    let health = health(&data, None, &HealthContext::default());
    let images = |kind| found(&health, kind).unwrap().images.clone();
    assert_eq!(images(Kind::Blank), [1]);
    assert_eq!(images(Kind::Modes), [2]);
    assert_eq!(images(Kind::Turned), [3]);
    assert_eq!(images(Kind::Misnamed), [4]);
    assert_eq!(
        found(&health, Kind::Turned).unwrap().severity,
        Severity::Told
    );
    assert_eq!(health.images, 39);
}

#[test]
fn what_resizing_does_is_told_for_each_way() {
    let mut data = data(40);
    data.images[0].width = 128;
    data.images[1].width = 20;
    data.images[1].height = 20;
    let input = Some(InputSize {
        height: 32,
        width: 32,
        channels: 3,
    });
    for (resize, word) in [
        (Resize::Stretch, "Stretched"),
        (Resize::Fit, "Fitted"),
        (Resize::Crop, "Cropped"),
    ] {
        let health = health(
            &data,
            None,
            &HealthContext {
                input,
                resize,
                ..HealthContext::default()
            },
        );
        let finding = found(&health, Kind::Resizing).unwrap();
        assert_eq!(finding.images, [0]);
        assert!(
            finding.title.starts_with(word) && finding.title.contains("50 %"),
            "{}",
            finding.title
        );
        assert_eq!(found(&health, Kind::Enlarged).unwrap().images, [1]);
    }
}

#[test]
fn pictures_of_twelve_bits_in_sixteen_are_told_but_one_dark_one_among_bright_ones_is_not() {
    let deep = |range: f64| Look {
        mode: Mode::DeepGrey,
        print: [1; 4],
        mean: [(0.4 * range * 65_535.0) as u16; 3],
        square: [(0.25 * range * range * 65_535.0) as u16; 3],
        ..Look::default()
    };
    let mut set = data(4);
    for image in &mut set.images {
        image.look = deep(1.0 / 16.0);
    }
    let report = health(&set, None, &HealthContext::default());
    let narrow = found(&report, Kind::Narrow).unwrap();
    assert_eq!(narrow.images, [0, 1, 2, 3]);
    assert!(
        narrow
            .title
            .contains("16 bits use little of their range (about 3"),
        "{}",
        narrow.title
    );
    for image in &mut set.images[1..] {
        image.look = deep(1.0);
    }
    let report = health(&set, None, &HealthContext::default());
    assert!(found(&report, Kind::Narrow).is_none());
}
