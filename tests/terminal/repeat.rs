//! The same recipe on the same CPU gives the same numbers, digit for digit, in two programs.

use std::fs;

use super::support::Desk;

const COMPARED: [&str; 5] = [
    "steps.csv",
    "epochs.csv",
    "weights.safetensors",
    "last.safetensors",
    "evaluation-test.json",
];

#[test]
fn the_same_seed_gives_the_same_bytes_with_dropout_and_batch_norm() {
    let desk = Desk::new();
    desk.two_classes("data", 30);
    // A smaller last batch is in it: 48 images by 7.
    for out in ["one", "two", "three"] {
        let seed = if out == "three" { 8 } else { 7 };
        let more = format!("--seed {seed} --batch 7 --out {out}");
        desk.train("data", &more).succeeded();
    }
    let read =
        |out: &str, file: &str| fs::read(desk.path(out).join("0001-small").join(file)).unwrap();
    for file in COMPARED {
        assert!(
            read("one", file) == read("two", file),
            "{file} differs between equal runs"
        );
        assert!(
            read("one", file) != read("three", file),
            "{file} does not depend on the seed"
        );
    }
    let steps = String::from_utf8(read("one", "steps.csv")).unwrap();
    assert_eq!(steps.lines().count(), 1 + 2 * 7, "{steps}");
}

#[test]
fn the_templates_repeat_too() {
    let desk = Desk::new();
    desk.two_classes("data", 20);
    for name in ["digits-cnn", "dropout-mlp"] {
        for out in ["one", "two"] {
            let words =
                format!("train data --network {name} --epochs 2 --device cpu --out {out} --json");
            desk.run(&words).succeeded();
        }
    }
    for run in ["0001-digits-cnn", "0002-dropout-mlp"] {
        for file in COMPARED {
            let read = |out: &str| fs::read(desk.path(out).join(run).join(file)).unwrap();
            assert!(
                read("one") == read("two"),
                "{run}/{file} differs between equal runs"
            );
        }
    }
}
