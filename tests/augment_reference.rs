//! Every change of an image is what torchvision and Pillow make of it, to the byte where the definitions agree
//! (`tests/reference/augment.py` says where they do not).

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use mapsto::dataset::{Drawn, InputSize, Move, Step};
use serde_json::Value;

/// What a folder of the script holds.
struct Reference {
    images: Vec<(InputSize, Vec<u8>)>,
    cases: Vec<Case>,
}

struct Case {
    name: String,
    image: usize,
    drawn: Drawn,
    to: InputSize,
    wanted: Vec<u8>,
    /// 1 where the pixel is to be compared.
    inside: Vec<u8>,
    most: u8,
    mean: f64,
}

fn folder() -> PathBuf {
    match std::env::var_os("MAPSTO_AUGMENT") {
        Some(folder) => folder.into(),
        None => "tests/fixtures/augment".into(),
    }
}

fn read(folder: &Path) -> Reference {
    let told: Value =
        serde_json::from_slice(&fs::read(folder.join("cases.json")).unwrap()).unwrap();
    let mut bytes = GzDecoder::new(fs::File::open(folder.join("pixels.gz")).unwrap());
    let mut take = |length: usize| {
        let mut part = vec![0; length];
        bytes.read_exact(&mut part).unwrap();
        part
    };
    let images: Vec<(InputSize, Vec<u8>)> = list(&told["images"])
        .iter()
        .map(|image| {
            let size = size_of(image, whole(&image["channels"]));
            (size, take(size.elements()))
        })
        .collect();
    let cases = list(&told["cases"])
        .iter()
        .map(|case| {
            let image = whole(&case["image"]);
            let to = size_of(case, images[image].0.channels);
            Case {
                name: case["name"].as_str().unwrap().to_owned(),
                image,
                drawn: Drawn {
                    moves: list(&case["moves"]).iter().map(move_of).collect(),
                    steps: list(&case["steps"]).iter().map(step_of).collect(),
                },
                to,
                wanted: take(to.elements()),
                inside: take(to.height * to.width),
                most: whole(&case["most"]) as u8,
                mean: case["mean"].as_f64().unwrap(),
            }
        })
        .collect();
    Reference { images, cases }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

fn whole(value: &Value) -> usize {
    value.as_u64().unwrap() as usize
}

fn size_of(value: &Value, channels: usize) -> InputSize {
    InputSize {
        height: whole(&value["height"]),
        width: whole(&value["width"]),
        channels,
    }
}

/// The name of an operation and its numbers: "equalize", {"hue": 18}, {"shift": [0.1, 0.1]}.
fn named(value: &Value) -> (&str, Vec<f64>) {
    if let Some(name) = value.as_str() {
        return (name, Vec::new());
    }
    let (name, value) = value.as_object().unwrap().iter().next().unwrap();
    let numbers = match value.as_array() {
        Some(numbers) => numbers
            .iter()
            .map(|number| number.as_f64().unwrap())
            .collect(),
        None => vec![value.as_f64().unwrap()],
    };
    (name, numbers)
}

fn move_of(value: &Value) -> Move {
    match named(value) {
        ("flip_horizontal", _) => Move::FlipHorizontal,
        ("flip_vertical", _) => Move::FlipVertical,
        ("rotate", by) => Move::Rotate(by[0]),
        ("shear", by) => Move::Shear(by[0]),
        ("zoom", by) => Move::Zoom(by[0]),
        ("shift", by) => Move::Shift { x: by[0], y: by[1] },
        ("translate", by) => Move::Translate { x: by[0], y: by[1] },
        ("slant", by) => Move::Slant { x: by[0], y: by[1] },
        ("crop", by) => Move::Crop {
            left: by[0],
            top: by[1],
            width: by[2],
            height: by[3],
        },
        (name, _) => panic!("no move is called {name}"),
    }
}

fn step_of(value: &Value) -> Step {
    match named(value) {
        ("brightness", by) => Step::Brightness(by[0]),
        ("contrast", by) => Step::Contrast(by[0]),
        ("saturation", by) => Step::Saturation(by[0]),
        ("hue", by) => Step::Hue(by[0]),
        ("sharpness", by) => Step::Sharpness(by[0]),
        ("posterize", by) => Step::Posterize(by[0] as u8),
        ("solarize", by) => Step::Solarize(by[0] as f32),
        ("autocontrast", _) => Step::AutoContrast,
        ("equalize", _) => Step::Equalize,
        ("blur", by) => Step::Blur(by[0] as f32),
        ("erase", by) => Step::Erase {
            left: by[0],
            top: by[1],
            width: by[2],
            height: by[3],
        },
        (name, _) => panic!("no step is called {name}"),
    }
}

/// The largest and the mean difference, of the pixels that are to be compared.
fn difference(case: &Case, made: &[u8]) -> (u8, f64) {
    let (mut largest, mut sum, mut count) = (0, 0u64, 0u64);
    let inside = case.inside.iter().cycle();
    for ((made, wanted), _) in made
        .iter()
        .zip(&case.wanted)
        .zip(inside)
        .filter(|(_, inside)| **inside == 1)
    {
        let apart = made.abs_diff(*wanted);
        largest = largest.max(apart);
        sum += u64::from(apart);
        count += 1;
    }
    (largest, sum as f64 / count.max(1) as f64)
}

#[test]
fn every_change_is_that_of_torchvision_and_pillow() {
    let folder = folder();
    let reference = read(&folder);
    let mut all = Vec::new();
    let mut faults = Vec::new();
    for case in &reference.cases {
        let (from, image) = &reference.images[case.image];
        let mut made = vec![0; case.to.elements()];
        case.drawn.apply_from(image, *from, &mut made, case.to);
        if *from == case.to {
            let mut in_place = image.clone();
            case.drawn.apply(&mut in_place, *from);
            assert_eq!(in_place, made, "{}: in place and from a copy", case.name);
        }
        let (largest, mean) = difference(case, &made);
        println!("{}, image {}: {largest}, {mean:.5}", case.name, case.image);
        if largest > case.most || mean > case.mean {
            faults.push(format!(
                "{}, image {}: {largest}, {mean:.5}",
                case.name, case.image
            ));
        }
        all.extend(made);
    }
    if std::env::var_os("MAPSTO_AUGMENT").is_some() {
        fs::write(folder.join("mapsto.bin"), all).unwrap();
    }
    assert!(
        reference.cases.len() > 100,
        "{} cases",
        reference.cases.len()
    );
    assert!(
        faults.is_empty(),
        "too far from the reference:\n{}",
        faults.join("\n")
    );
}
