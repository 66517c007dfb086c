//! What programs and pipes get: plain text, JSON whatever happens, and an end in order where nobody reads on.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

use serde_json::Value;

use super::support::Desk;

#[test]
fn a_failure_is_json_where_json_is_asked_for() {
    let desk = Desk::new();
    fs::write(desk.path("broken.mapsto"), "epochs = = 3").unwrap();
    for words in [
        "evaluate 1 --json",
        "predict 1 a.png --json",
        "inspect nowhere --json",
        "import nowhere.onnx --json",
        "export 1 --to keras --json",
        "runs nowhere --json",
        "evaluate 1 broken.mapsto --json",
        "train nowhere --json",
        "train broken.mapsto --json",
    ] {
        let out = desk.run(words);
        assert_eq!(out.code, Some(1), "{words}: {out:?}");
        let told: Value = serde_json::from_str(out.stdout.trim())
            .unwrap_or_else(|error| panic!("{words}: {error}: {out:?}"));
        assert!(told["error"].is_string(), "{words}: {told}");
    }
    // Answers stay answers: each picture has its own error, and nothing comes after them.
    desk.two_classes("data", 10);
    desk.train("data", "").succeeded();
    let out = desk.run("predict 1 nowhere.png --device cpu --json");
    assert_eq!(out.code, Some(1));
    assert!(out.json()[0]["error"].is_string(), "{out:?}");
}

#[test]
fn pictures_that_cannot_be_read_are_told_beside_the_answers() {
    let desk = Desk::new();
    desk.two_classes("data", 10);
    desk.train("data", "").succeeded();
    let words = "predict 1 nowhere.png data/dark/000.png --device cpu";
    let out = desk.run(words).succeeded();
    assert_eq!(out.stdout.lines().count(), 1, "{out:?}");
    assert!(out.stderr.contains("nowhere.png"), "{out:?}");
}

#[test]
fn nothing_that_is_piped_has_colours() {
    let desk = Desk::new();
    desk.two_classes("data", 10);
    for words in [
        "train data --network small.toml --device cpu --epochs 1",
        "evaluate 1 --device cpu",
        "inspect data",
        "networks resnet-18",
        "runs",
        "runs nowhere",
        "train --help",
        "train",
        "trian",
    ] {
        let out = desk.run(words);
        assert!(!out.stdout.contains('\u{1b}'), "{words}: {out:?}");
        assert!(!out.stderr.contains('\u{1b}'), "{words}: {out:?}");
    }
}

/// Runs a command of which one line is read.
fn head(desk: &Desk, words: &str) -> (Option<i32>, String) {
    let words: Vec<&str> = words.split_whitespace().collect();
    let mut command = desk.command(&words);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    let mut reader = BufReader::new(child.stdout.take().unwrap());
    reader.read_line(&mut first).unwrap();
    drop(reader);
    let output = child.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!told.contains("panicked"), "{told}");
    (output.status.code(), first)
}

#[test]
fn a_reader_that_goes_away_ends_the_program_quietly_and_a_training_in_order() {
    let desk = Desk::new();
    desk.two_classes("data", 30);
    assert_eq!(head(&desk, "networks").0, Some(0));
    let words = "train data --network dropout-mlp --device cpu --epochs 100000 --json";
    let (code, first) = head(&desk, words);
    assert_eq!(code, Some(0));
    assert!(first.contains("\"start\""), "{first}");
    let run = desk.listed(1);
    assert_eq!(run["state"], "stopped", "{run}");
}

#[cfg(target_os = "linux")]
#[test]
fn output_that_cannot_be_written_is_a_failure() {
    let desk = Desk::new();
    let mut command = desk.command(&["networks"]);
    let full = fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let output = command.stdout(full).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(
        told.contains("the output cannot be written: the disk is full"),
        "{told}"
    );
}

#[test]
fn a_runs_folder_that_is_named_must_be_there() {
    let desk = Desk::new();
    desk.run("runs").succeeded();
    desk.run("runs nowhere").failed(&["nowhere is not there"]);
}

#[test]
fn the_help_says_how_to_begin_and_keeps_options_of_images_apart() {
    let desk = Desk::new();
    let help = desk.run("--help").succeeded().stdout;
    for words in ["mapsto predict 1 cat.jpg", "Exit status: 0 done"] {
        assert!(help.contains(words), "no {words} in {help}");
    }
    for command in ["train", "evaluate"] {
        let help = desk.run(&format!("{command} --help")).succeeded().stdout;
        let (before, images) = help.split_once("\nImages:\n").unwrap();
        for option in ["--json", "--out <DIR>", "--device <NAME>"] {
            assert!(before.contains(option), "{option} in {help}");
        }
        assert!(images.contains("--labels <WHICH>"), "{help}");
    }
}
