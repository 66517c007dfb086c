//! Files that are damaged, or made to do harm: each ends soon, with words, and takes little memory.

use std::path::Path;
use std::time::{Duration, Instant};

use mapsto::import::{ImportError, Imported, from_bytes, onnx};

use super::wire::{File, attribute, bytes, floats, info, int, node, tensor, text};
use super::{checked, fixtures};

fn open(file: &File) -> Result<Imported, ImportError> {
    from_bytes(&file.bytes(), Path::new("made.onnx"))
}

/// Opens a file that cannot be opened, which must not take long, however busy the machine is.
#[track_caller]
fn refused(file: &File, words: &[&str]) -> String {
    let start = Instant::now();
    let told = open(file).unwrap_err().to_string();
    assert!(start.elapsed() < Duration::from_secs(10), "{told}");
    for word in words {
        assert!(told.contains(word), "no “{word}” in {told}");
    }
    assert!(told.chars().count() < 3_000, "{told}");
    told
}

/// Flatten, then a dense layer of two units whose weights, [4, 2], are this tensor.
fn dense(weights: Vec<u8>) -> File {
    let nodes = vec![
        node("Flatten", &["image"], "flat", &[]),
        node("MatMul", &["flat", "w"], "out", &[]),
    ];
    File::new(nodes, vec![weights])
}

const EIGHT: [f32; 8] = [0.5, -1.0, 2.0, 0.25, -0.125, 3.0, 0.0, 1.5];

fn weights_of(file: &File) -> Vec<f32> {
    let imported = open(file).unwrap();
    checked(&imported, 2);
    imported.weights[0].values.clone()
}

#[test]
fn sizes_that_nothing_holds_are_refused_before_anything_is_allocated() {
    let none = [bytes(9, &[])];
    for dims in [
        vec![1 << 60],
        vec![1 << 40, 1 << 40],
        vec![4, u64::MAX],
        vec![1 << 29, 2],
    ] {
        refused(&dense(tensor("w", &dims, 1, &none)), &["MatMul", "“w”"]);
    }
    // No number at all, and yet a million million million rows to go through.
    for dims in [[0, 1 << 60], [1 << 60, 0]] {
        refused(&dense(tensor("w", &dims, 1, &none)), &["MatMul"]);
    }
    // A number short, and a byte too many.
    let raw: Vec<u8> = EIGHT.iter().flat_map(|it| it.to_le_bytes()).collect();
    for raw in [&raw[..28], &[&raw[..], &[0]].concat()] {
        let file = dense(tensor("w", &[4, 2], 1, &[bytes(9, raw)]));
        refused(&file, &["it is of 8 numbers"]);
    }
    refused(&dense(tensor("w", &[4, 2], 99, &none)), &["type", "(99)"]);
}

#[test]
fn lengths_and_numbers_that_do_not_end_are_refused() {
    let long = [0xff; 11];
    for start in [
        vec![0x3a],                               // a graph whose length is missing
        [&[0x3a][..], &long].concat(),            // … never ends
        vec![0x3a, 0xff, 0xff, 0xff, 0xff, 0x0f], // … is 4 GiB
        [&[0x08][..], &long].concat(),            // a number of more than 64 bits
        vec![0x0b, 0x0c],                         // a group, which ONNX has none of
        vec![0x3a, 0x03, 0x0a, 0x7f, 0x00],       // a node longer than its graph
    ] {
        let error = from_bytes(&start, Path::new("made.onnx")).unwrap_err();
        assert!(matches!(error, ImportError::File { .. }), "{error}");
    }
}

#[test]
fn numbers_of_every_type_are_read() {
    let bits = |each: fn(f32) -> u16| -> Vec<u8> {
        EIGHT
            .iter()
            .flat_map(|it| each(*it).to_le_bytes())
            .collect()
    };
    // All of them are exact in 16 bits: 5 bits of exponent and 10 of fraction, or 8 and 7.
    let half = |it: f32| {
        let bits = it.to_bits();
        let exponent = (bits >> 23 & 0xff) as i32 - 112;
        let magnitude = if it == 0.0 {
            0
        } else {
            (exponent as u32) << 10 | bits >> 13 & 0x3ff
        };
        (bits >> 16 & 0x8000 | magnitude) as u16
    };
    let brain = |it: f32| (it.to_bits() >> 16) as u16;
    let double: Vec<u8> = EIGHT
        .iter()
        .flat_map(|it| f64::from(*it).to_le_bytes())
        .collect();
    let one_by_one: Vec<Vec<u8>> = EIGHT
        .iter()
        .map(|it| int(5, u64::from(half(*it))))
        .collect();
    let usual = weights_of(&dense(floats("w", &[4, 2], &EIGHT)));
    assert_eq!(usual, [0.5, 2.0, -0.125, 0.0, -1.0, 0.25, 3.0, 1.5]);
    for (kind, values) in [
        (10, vec![bytes(9, &bits(half))]),
        (16, vec![bytes(9, &bits(brain))]),
        (11, vec![bytes(9, &double)]),
        (10, one_by_one),
    ] {
        let file = dense(tensor("w", &[4, 2], kind, &values));
        assert_eq!(weights_of(&file), usual, "type {kind}");
    }
    // Quantised weights are numbers without their scale.
    let file = dense(tensor("w", &[4, 2], 3, &[bytes(9, &[1; 8])]));
    refused(&file, &["MatMul", "whole numbers"]);
}

#[test]
fn weights_may_stand_among_the_inputs_and_operators_without_a_name_go_by_their_output() {
    let mut file = dense(floats("w", &[4, 2], &EIGHT));
    file.inputs.push(info("w", 1, &[4, 2]));
    weights_of(&file);
    file.nodes[1] = node("Det", &["flat"], "out", &[]);
    refused(&file, &["Det (once: “out”)"]);
}

#[test]
fn what_goes_in_a_circle_or_comes_from_nowhere_is_told() {
    let circle = vec![
        node("Add", &["image", "b"], "a", &[]),
        node("Relu", &["a"], "b", &[]),
        node("Flatten", &["b"], "out", &[]),
    ];
    refused(
        &File::new(circle, vec![]),
        &["Add “a”", "“b”", "in a circle"],
    );
    let nowhere = vec![node("Flatten", &["lost"], "out", &[])];
    refused(&File::new(nowhere, vec![]), &["“lost”"]);
}

#[test]
fn an_image_of_whole_numbers_is_refused() {
    let mut file = dense(floats("w", &[4, 2], &EIGHT));
    file.inputs = vec![info("image", 2, &[1, 1, 2, 2])];
    refused(&file, &["whole numbers", "from 0 to 1"]);
    file.inputs = vec![info("image", 1, &[0, 1, 0, 2])];
    refused(&file, &["open (“N”)"]);
}

/// Before opset 13 it is over all axes from its own on: over whole maps, which mapsto has not.
#[test]
fn softmax_means_what_its_version_says() {
    let with = |opset: u64, more: &[Vec<u8>], flat: bool| {
        let nodes = vec![
            node("Conv", &["image", "k"], "maps", &[]),
            match flat {
                true => node("Flatten", &["maps"], "in", &[]),
                false => node("Identity", &["maps"], "in", &[]),
            },
            node("Softmax", &["in"], "soft", more),
            node("Flatten", &["soft"], "out", &[]),
        ];
        let mut file = File::new(nodes, vec![floats("k", &[2, 1, 1, 1], &[1.0, 2.0])]);
        file.opset = opset;
        file
    };
    let channels = [attribute("axis", 1)];
    assert!(open(&with(13, &channels, false)).is_ok());
    refused(&with(12, &channels, false), &["Softmax", "axis 1"]);
    refused(&with(13, &[], false), &["Softmax", "axis -1"]);
    for opset in [12, 13] {
        assert!(open(&with(opset, &[], true)).is_ok(), "opset {opset}");
    }
    refused(&with(6, &channels, true), &["version 6"]);
}

/// Slopes of [2] go along the columns of maps, and not along their channels.
#[test]
fn numbers_that_lie_along_another_axis_are_not_taken_for_the_channels() {
    let sloped = |dims: &[u64]| {
        let nodes = vec![
            node("Conv", &["image", "k"], "maps", &[]),
            node("PRelu", &["maps", "s"], "sloped", &[]),
            node("Flatten", &["sloped"], "out", &[]),
        ];
        let kernel = floats("k", &[2, 1, 1, 1], &[1.0, 2.0]);
        File::new(nodes, vec![kernel, floats("s", dims, &[0.1, 0.2])])
    };
    assert!(open(&sloped(&[2, 1, 1])).is_ok());
    refused(&sloped(&[2]), &["PRelu", "slopes"]);
}

#[test]
fn names_cannot_speak_to_the_terminal_or_fill_it() {
    let evil = format!("\u{1b}[2J\r\n{}", "x".repeat(100_000));
    let unknown = |number: usize| {
        let kind = format!("Odd{number}{evil}");
        node(&kind, &["image"], &format!("made {number}{evil}"), &[])
    };
    let mut nodes: Vec<Vec<u8>> = (0..40).map(unknown).collect();
    let inputs: Vec<String> = (0..40)
        .map(|number| format!("made {number}{evil}"))
        .collect();
    let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
    nodes.push(node("Concat", &inputs, "out", &[]));
    let told = refused(&File::new(nodes, vec![]), &["Odd0", "28 more"]);
    assert!(!told.contains(char::is_control), "{told:?}");
    let lost = vec![node("Flatten", &[&evil], "out", &[text(3, &evil)])];
    let told = refused(&File::new(lost, vec![]), &["Flatten"]);
    assert!(!told.contains(char::is_control), "{told:?}");
}

#[test]
fn a_file_of_very_many_operators_ends_soon() {
    let chain = |operator: &str, count: usize| {
        let name = |number: usize| match number {
            0 => "image".to_owned(),
            number => format!("v{number}"),
        };
        let each = |number| node(operator, &[&name(number)], &name(number + 1), &[]);
        let mut nodes: Vec<Vec<u8>> = (0..count).map(each).collect();
        nodes.push(node("Flatten", &[&name(count)], "out", &[]));
        File::new(nodes, vec![])
    };
    refused(&chain("Relu", 20_000), &["Relu", "10,000 layers"]);
    assert_eq!(
        open(&chain("Identity", 20_000))
            .unwrap()
            .graph
            .nodes()
            .len(),
        2
    );
}

#[test]
fn copies_of_copies_of_a_constant_do_not_fill_the_memory() {
    let numbers = vec![0_u8; 4 << 20];
    let value = [
        text(1, "value"),
        bytes(5, &tensor("", &[1 << 20], 1, &[bytes(9, &numbers)])),
    ];
    let mut nodes = vec![node("Constant", &[], "c0", &[bytes(5, &value.concat())])];
    // Each would be 4 MiB more, 20 GB in all.
    for number in 0..5_000 {
        let (from, to) = (format!("c{number}"), format!("c{}", number + 1));
        nodes.push(node("Identity", &[&from], &to, &[]));
    }
    nodes.push(node("Add", &["image", "c5000"], "out", &[]));
    let told = open(&File::new(nodes, vec![])).unwrap_err().to_string();
    assert!(told.contains("more numbers than"), "{told}");
}

#[cfg(unix)]
#[test]
fn a_link_out_of_the_folder_and_what_is_no_file_are_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let secret = elsewhere.path().join("secret");
    std::fs::write(&secret, [0; 64]).unwrap();
    std::os::unix::fs::symlink(&secret, folder.path().join("link")).unwrap();
    std::fs::create_dir(folder.path().join("folder")).unwrap();
    for (name, word) in [
        ("link", "a link that leads out"),
        ("folder", "no file"),
        ("sub/../../secret", "does not look"),
        ("none", "not there"),
    ] {
        let entry = [text(1, "location"), text(2, name)].concat();
        let outside = [bytes(13, &entry), int(14, 1)];
        let file = dense(tensor("w", &[4, 2], 1, &outside));
        let error = from_bytes(&file.bytes(), &folder.path().join("made.onnx"));
        let told = error.unwrap_err().to_string();
        assert!(told.contains(word), "{name}: {told}");
    }
}

/// Bytes changed, cut out and put in at random, for three seconds, over every small file of the repository.
#[test]
fn no_mutation_brings_the_reader_down_or_fills_the_memory() {
    let mut files: Vec<(std::path::PathBuf, Vec<u8>)> = Vec::new();
    for entry in std::fs::read_dir(fixtures()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|it| it == "onnx") {
            assert!(onnx(&path).is_ok() || path.ends_with("unknown.onnx"));
            let bytes = std::fs::read(&path).unwrap();
            files.push((path, bytes));
        }
    }
    files.sort();
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed >> 16) as usize % below.max(1)
    };
    let start = Instant::now();
    let mut opened = 0;
    for round in 0..200_000 {
        if start.elapsed() > Duration::from_secs(3) {
            println!("{round} files, of which {opened} opened");
            break;
        }
        let (path, whole) = &files[random(files.len())];
        let mut bytes = whole.clone();
        for _ in 0..=random(3) {
            let at = random(bytes.len());
            match random(4) {
                0 => bytes[at] = random(256) as u8,
                1 => bytes[at] ^= 1 << random(8),
                2 => drop(bytes.drain(at..(at + random(12)).min(bytes.len()))),
                _ => drop(bytes.splice(at..at, [0xff; 9][..random(10)].iter().copied())),
            }
            if bytes.is_empty() {
                break;
            }
        }
        let before = Instant::now();
        opened += usize::from(from_bytes(&bytes, path).is_ok());
        assert!(
            before.elapsed() < Duration::from_secs(10),
            "round {round} of {path:?}"
        );
    }
    // Linux tells the most that this process has had. Large networks may be open in another test.
    if std::env::var_os("MAPSTO_ONNX").is_none()
        && let Ok(status) = std::fs::read_to_string("/proc/self/status")
    {
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let digits: String = peak
            .unwrap_or("0")
            .chars()
            .filter(char::is_ascii_digit)
            .collect();
        let mebibytes = digits.parse::<u64>().unwrap() >> 10;
        assert!(mebibytes < 1_024, "{mebibytes} MiB");
    }
}
