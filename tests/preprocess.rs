//! Pictures become numbers as the recipe says: stretched, fitted or cropped as Pillow and torchvision do it, and
//! normalised by the numbers that are given or found.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;

use image::{DynamicImage, GrayImage, Luma, Rgb, RgbImage};
use mapsto::dataset::{
    Dataset, InputSize, Normalise, Normaliser, Preprocess, Progress, Resize, Source, input,
    picture, pixels, statistics,
};
use serde_json::Value;

fn size(height: usize, width: usize, channels: usize) -> InputSize {
    InputSize {
        height,
        width,
        channels,
    }
}

fn with(resize: Resize) -> Preprocess {
    Preprocess {
        resize,
        ..Preprocess::default()
    }
}

/// The pictures of `tests/reference/preprocess.py`.
fn source(width: u32, height: u32, mode: &str) -> DynamicImage {
    let slope = |x: u32, y: u32| ((x * 255 / (width - 1).max(1) + y * 3) % 256) as u8;
    let pattern = |x: u32, y: u32| {
        if (x / 3 + y / 2) % 2 == 1 { 255 } else { 0 }
    };
    let noise = |x: u32, y: u32| ((x * 7919 + y * 104_729 + x * y * 31) % 256) as u8;
    if mode == "L" {
        return GrayImage::from_fn(width, height, |x, y| Luma([noise(x, y)])).into();
    }
    RgbImage::from_fn(width, height, |x, y| {
        Rgb([slope(x, y), pattern(x, y), noise(x, y)])
    })
    .into()
}

/// Hexadecimal digits of interleaved bytes to planes.
fn planes(text: &str, channels: usize) -> Vec<u8> {
    let bytes: Vec<u8> = (0..text.len())
        .step_by(2)
        .map(|place| u8::from_str_radix(&text[place..place + 2], 16).unwrap())
        .collect();
    (0..channels)
        .flat_map(|channel| bytes.iter().copied().skip(channel).step_by(channels))
        .collect()
}

#[test]
fn fitted_and_cropped_pictures_are_those_of_pillow_and_torchvision() {
    let file = Path::new("tests/fixtures/preprocess/cases.json");
    let told: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    let cases = told["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 20);
    for case in cases {
        let sides: Vec<usize> = case["size"]
            .as_array()
            .unwrap()
            .iter()
            .map(|side| side.as_u64().unwrap() as usize)
            .collect();
        let mode = case["mode"].as_str().unwrap();
        let image = source(sides[0] as u32, sides[1] as u32, mode);
        let to = size(sides[3], sides[2], mode.len());
        for (name, resize) in [("fit", Resize::Fit), ("crop", Resize::Crop)] {
            let wanted = planes(case[name].as_str().unwrap(), to.channels);
            let made = input(&image, to, &with(resize));
            let apart = made
                .iter()
                .zip(&wanted)
                .map(|(made, wanted)| made.abs_diff(*wanted));
            assert_eq!(made.len(), wanted.len());
            assert!(
                apart.clone().all(|apart| apart <= 1),
                "{name} of {mode} {sides:?}"
            );
            // The resizer's weights have fewer bits than Pillow's: the last place may differ, seldom.
            let differing = apart.filter(|&apart| apart > 0).count();
            assert!(
                differing * 50 <= made.len(),
                "{differing} in {name} of {mode} {sides:?}"
            );
        }
    }
}

#[test]
fn the_default_gives_the_same_bytes_as_ever() {
    for (width, height) in [(37, 23), (8, 8), (5, 90)] {
        for (mode, channels) in [("L", 1), ("RGB", 3), ("RGB", 1), ("L", 3)] {
            let image = source(width, height, mode);
            let to = size(8, 8, channels);
            assert_eq!(
                input(&image, to, &Preprocess::default()),
                pixels(&image, to)
            );
        }
    }
}

#[test]
fn strips_and_single_pixels_neither_panic_nor_take_memory() {
    let strips = [
        source(9_000, 1, "RGB"),
        source(1, 9_000, "L"),
        source(1, 1, "RGB"),
    ];
    for image in &strips {
        for resize in Resize::ALL {
            for channels in [1, 3] {
                let to = size(224, 224, channels);
                assert_eq!(input(image, to, &with(resize)).len(), to.elements());
            }
            assert!(input(image, size(0, 4, 3), &with(resize)).is_empty());
        }
    }
}

#[test]
fn bars_are_mean_grey_and_lie_at_both_sides() {
    let white = DynamicImage::ImageLuma8(GrayImage::from_pixel(10, 20, Luma([255])));
    let made = input(&white, size(4, 4, 1), &with(Resize::Fit));
    assert_eq!(made, [128, 255, 255, 128].repeat(4));
    assert_eq!(input(&white, size(4, 4, 1), &with(Resize::Crop)), [255; 16]);
}

#[test]
fn what_the_network_sees_can_be_looked_at() {
    let shown = picture(&[1, 2, 3, 4, 5, 6], size(1, 2, 3));
    assert_eq!(shown.into_raw(), [1, 3, 5, 255, 2, 4, 6, 255]);
    let grey = picture(&[7], size(1, 1, 1));
    assert_eq!(grey.into_raw(), [7, 7, 7, 255]);
    assert_eq!(picture(&[], size(1, 1, 3)).into_raw(), [0, 0, 0, 255]);
}

#[test]
fn bytes_become_the_same_numbers_as_in_torchvision() {
    let plain = Normaliser::new(Normalise::Unit, 3);
    let mut numbers = Vec::new();
    plain.append(&[0, 51, 255], 1, &mut numbers);
    assert_eq!(numbers, [0.0, 51.0 / 255.0, 1.0]);

    let given = Normalise::Given {
        mean: [0.485, 0.456, 0.406],
        deviation: [0.229, 0.224, 0.225],
    };
    let mut numbers = Vec::new();
    // Two images of two pixels: the channels begin anew with each image.
    Normaliser::new(given, 3).append(
        &[10, 20, 30, 40, 50, 60, 0, 0, 0, 0, 255, 255],
        2,
        &mut numbers,
    );
    let wanted = |byte: u8, mean: f32, deviation: f32| (f32::from(byte) / 255.0 - mean) / deviation;
    assert_eq!(numbers[1], wanted(20, 0.485, 0.229));
    assert_eq!(numbers[2], wanted(30, 0.456, 0.224));
    assert_eq!(numbers[5], wanted(60, 0.406, 0.225));
    assert_eq!(numbers[6], wanted(0, 0.485, 0.229));
    assert_eq!(numbers[11], wanted(255, 0.406, 0.225));

    let mut grey = Vec::new();
    Normaliser::new(given, 1).append(&[100, 200], 1, &mut grey);
    assert_eq!(grey, [wanted(100, 0.485, 0.229), wanted(200, 0.485, 0.229)]);
}

#[test]
fn the_training_images_give_mean_and_deviation() {
    let folder = tempfile::tempdir().unwrap();
    for (class, file, colour) in [
        ("a", "0.png", [0, 100, 255]),
        ("b", "1.png", [255, 100, 255]),
        ("b", "2.png", [9, 9, 9]),
    ] {
        fs::create_dir_all(folder.path().join(class)).unwrap();
        RgbImage::from_pixel(4, 3, Rgb(colour))
            .save(folder.path().join(class).join(file))
            .unwrap();
    }
    let source = Source::Folder(folder.path().to_owned());
    let data = Dataset::open(&source, &Progress::default()).unwrap();
    // The third image is not among those asked for.
    let (mean, deviation) = statistics(&data, &[0, 1]);
    let near = |one: f32, other: f32| (one - other).abs() < 1e-3;
    assert!(
        near(mean[0], 0.5) && near(deviation[0], 0.5),
        "{mean:?} {deviation:?}"
    );
    assert!(
        near(mean[1], 100.0 / 255.0) && near(mean[2], 1.0),
        "{mean:?}"
    );
    assert!(
        deviation[1] >= 0.0039 && deviation[1] < 0.01,
        "never 0: {deviation:?}"
    );
    assert_eq!(statistics(&data, &[]), ([0.0; 3], [1.0; 3]));

    let found = Normalise::Statistics.resolved(&data, &[0, 1], 3);
    assert_eq!(found, Normalise::Given { mean, deviation });
    assert_eq!(found.resolved(&data, &[2], 3), found, "what is given stays");
}

#[test]
fn grey_digits_have_the_statistics_of_their_pixels() {
    let data = Dataset::digits();
    let images: Vec<usize> = (0..200).collect();
    let Normalise::Given { mean, deviation } = Normalise::Statistics.resolved(&data, &images, 1)
    else {
        panic!("nothing was found");
    };
    let mut values = Vec::new();
    for &index in &images {
        values.extend(data.read(index).unwrap().to_luma8().into_raw());
    }
    let count = values.len() as f64;
    let average = values
        .iter()
        .map(|&value| f64::from(value) / 255.0)
        .sum::<f64>()
        / count;
    let square = values
        .iter()
        .map(|&value| (f64::from(value) / 255.0).powi(2))
        .sum::<f64>()
        / count;
    assert!((f64::from(mean[0]) - average).abs() < 1e-4);
    assert!((f64::from(deviation[0]) - (square - average * average).sqrt()).abs() < 1e-4);
}

#[test]
fn impossible_normalisation_is_refused_in_words() {
    let given = |mean: f32, deviation: f32| Preprocess {
        normalise: Normalise::Given {
            mean: [0.5, mean, 0.5],
            deviation: [0.2, 0.2, deviation],
        },
        ..Preprocess::default()
    };
    assert!(Preprocess::default().faults().is_empty());
    assert!(given(0.5, 0.2).faults().is_empty());
    assert_eq!(
        given(127.5, 0.2).faults(),
        [
            "Normalise: the mean of green is 127.5; it takes a number from 0 to 1 (counted from 0 to 255? Then it is 0.5)"
        ]
    );
    assert_eq!(
        given(0.5, 0.0).faults(),
        ["Normalise: the deviation of blue is 0; it takes a number above 0, at most 1"]
    );
    for (mean, deviation) in [
        (f32::NAN, 0.2),
        (0.5, f32::NAN),
        (0.5, f32::INFINITY),
        (-0.1, 0.2),
        (0.5, -1.0),
    ] {
        assert_eq!(
            given(mean, deviation).faults().len(),
            1,
            "{mean} {deviation}"
        );
    }
}

#[test]
fn the_recipe_keeps_and_describes_it() {
    let chosen = Preprocess {
        resize: Resize::Crop,
        normalise: Normalise::Statistics,
        reduced_decoding: true,
    };
    let text = serde_json::to_string(&chosen).unwrap();
    assert_eq!(serde_json::from_str::<Preprocess>(&text).unwrap(), chosen);
    assert_eq!(
        chosen.describe(),
        "cropped to the middle, normalised by the training images, decoded at reduced size"
    );
    assert_eq!(Preprocess::default().describe(), "stretched, 0 to 1");
}
