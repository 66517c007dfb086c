//! What is asked of the images on the command line is what happens: augmentation, normalisation, balance, folds, views.

use std::fs;

use serde_json::json;

use super::support::{Desk, Out};

const CHANGES: &str = "train data --network small.toml --device cpu --epochs 2 --json \
    --augment flip_horizontal --augment rotate=10 --augment mixup=0.4 --augment cutmix=1 --augment rand \
    --balance oversample,weights,focal=1.5 --normalise statistics --resize fit";

fn weights(desk: &Desk, out: &str) -> Vec<u8> {
    fs::read(desk.path(out).join("0001-small/weights.safetensors")).unwrap()
}

/// Trains with so many threads.
fn train(desk: &Desk, threads: &str, more: &str) {
    let words = format!("{CHANGES} {more}");
    let words: Vec<&str> = words.split_whitespace().collect();
    let mut command = desk.command(&words);
    let output = command.env("RAYON_NUM_THREADS", threads).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{told}");
}

#[test]
fn a_recipe_with_everything_gives_the_same_bytes_on_one_and_two_threads() {
    let desk = Desk::new();
    desk.class("data", "bright", 20, 200);
    desk.class("data", "dark", 60, 40);
    train(&desk, "1", "--out one");
    train(&desk, "2", "--out two");
    assert!(
        weights(&desk, "one") == weights(&desk, "two"),
        "threads count"
    );
    train(&desk, "2", "--out stronger --augment rotate=80");
    assert!(
        weights(&desk, "one") != weights(&desk, "stronger"),
        "rotation does nothing"
    );
    // The numbers of the normalisation stay with the run.
    let recipe = fs::read_to_string(desk.path("one/0001-small/recipe.toml")).unwrap();
    for line in [
        "kind = \"given\"",
        "resize = \"fit\"",
        "focal_gamma = 1.5",
        "oversample = true",
    ] {
        assert!(recipe.contains(line), "no {line} in {recipe}");
    }
    // It answers with them.
    for words in [
        "evaluate 1 --out one --device cpu --json",
        "evaluate 1 data --out one --device cpu --json",
    ] {
        desk.run(words).succeeded();
    }
}

#[test]
fn over_sampling_makes_the_epoch_longer_and_the_wait_for_images_is_told() {
    let desk = Desk::new();
    desk.class("data", "bright", 10, 200);
    desk.class("data", "dark", 60, 40);
    for (out, more) in [("plain", ""), ("balanced", "--balance oversample")] {
        let more = format!("--out {out} --batch 4 --split validation=0,test=0 {more}");
        let events = desk.train("data", &more).succeeded().events();
        let epoch = events
            .iter()
            .find(|event| event["event"] == "epoch")
            .unwrap();
        let waited = epoch["waited"].as_f64().unwrap();
        assert!((0.0..=1.0).contains(&waited), "{waited}");
    }
    let steps = |out: &str| {
        let steps = fs::read_to_string(desk.path(out).join("0001-small/steps.csv")).unwrap();
        steps.lines().count() - 1
    };
    assert_eq!((steps("plain"), steps("balanced")), (2 * 18, 2 * 30));
}

#[test]
fn folds_train_one_after_the_other_and_tell_mean_and_deviation() {
    let desk = Desk::new();
    desk.two_classes("data", 12);
    let events = desk
        .train("data", "--folds 3 --split test=0")
        .succeeded()
        .events();
    let last = events.last().unwrap();
    let accuracies: Vec<f64> = serde_json::from_value(last["accuracies"].clone()).unwrap();
    assert_eq!(
        (last["event"].as_str(), accuracies.len()),
        (Some("folds"), 3)
    );
    let mean = accuracies.iter().sum::<f64>() / 3.0;
    assert!((last["mean"].as_f64().unwrap() - mean).abs() < 1e-12);
    assert!(last["deviation"].as_f64().unwrap() >= 0.0);
    // Each image is validated once.
    let mut validated: Vec<String> = Vec::new();
    for number in 1..=3 {
        let file = desk.path(&format!("runs/{number:04}-small/data.json"));
        let data: serde_json::Value =
            serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
        let files: Vec<String> = serde_json::from_value(data["validation"].clone()).unwrap();
        validated.extend(files);
    }
    validated.sort();
    validated.dedup();
    assert_eq!(validated.len(), 24);
}

#[test]
fn several_views_are_averaged_and_not_kept_as_the_runs_figures() {
    let desk = Desk::new();
    desk.two_classes("data", 20);
    desk.train("data", "--augment rotate=20").succeeded();
    let kept = desk.path("runs/0001-small/evaluation-test.json");
    let before = fs::read(&kept).unwrap();
    let evaluate = |more: &str| -> Out {
        desk.run(&format!("evaluate 1 --device cpu --json {more}"))
            .succeeded()
    };
    let plain = evaluate("").json();
    assert_eq!(evaluate("--tta 1").json(), plain);
    let views = evaluate("--tta 5").json();
    assert_ne!(views["loss"], plain["loss"]);
    assert_eq!(evaluate("--tta 5").json(), views, "views are seeded");
    let sums = views["predictions"].as_array().unwrap().iter().map(|row| {
        let row: Vec<f64> = serde_json::from_value(row["probabilities"].clone()).unwrap();
        row.iter().sum::<f64>()
    });
    for sum in sums {
        assert!((sum - 1.0).abs() < 1e-5, "{sum}");
    }
    assert!(fs::read(&kept).unwrap() == before);
}

#[test]
fn the_next_run_tells_what_has_changed_in_the_data() {
    let desk = Desk::new();
    desk.two_classes("data", 20);
    let first = desk.train("data", "").succeeded();
    assert!(
        !first.stderr.contains("Since the last run"),
        "{}",
        first.stderr
    );
    let same = desk.train("data", "--seed 42").succeeded();
    assert!(
        !same.stderr.contains("Since the last run"),
        "{}",
        same.stderr
    );
    fs::copy(
        desk.path("data/dark/003.png"),
        desk.path("data/dark/zzz.png"),
    )
    .unwrap();
    fs::remove_file(desk.path("data/bright/004.png")).unwrap();
    fs::copy(
        desk.path("data/dark/005.png"),
        desk.path("data/dark/006.png"),
    )
    .unwrap();
    let next = desk.train("data", "").succeeded();
    for words in [
        "1 image is new: dark/zzz.png",
        "bright/004.png",
        "other contents: dark/006.png",
    ] {
        assert!(next.stderr.contains(words), "no {words} in {}", next.stderr);
    }
    // The run keeps it.
    let runs = desk.run("runs --json").succeeded().json();
    assert_eq!(
        (&runs[0]["changed"], &runs[1]["changed"]),
        (&json!([]), &json!([]))
    );
    let kept = runs[2]["changed"].as_array().unwrap();
    assert!(
        kept.contains(&json!("1 image is new: dark/zzz.png")),
        "{kept:?}"
    );
    let told = desk.run("runs").succeeded().stdout;
    assert!(
        told.contains("since the run before: 1 image is new"),
        "{told}"
    );
}

#[test]
fn reduced_decoding_is_switched_on_and_off() {
    let desk = Desk::new();
    desk.two_classes("data", 10);
    let kept = |number: usize| {
        let file = format!("runs/{number:04}-small/recipe.toml");
        let recipe = fs::read_to_string(desk.path(&file)).unwrap();
        recipe.contains("reduced_decoding = true")
    };
    desk.train("data", "--reduced-decoding").succeeded();
    desk.train("data", "--reduced-decoding=off").succeeded();
    assert_eq!((kept(1), kept(2)), (true, false));
    // A run's network brings its recipe.
    let again = "train data --network runs/0001-small/network.toml --device cpu --epochs 1";
    desk.run(again).succeeded();
    desk.run(&format!("{again} --reduced-decoding=off"))
        .succeeded();
    assert_eq!((kept(3), kept(4)), (true, false));
}

#[test]
fn impossible_wishes_are_told_with_what_is_possible() {
    let desk = Desk::new();
    desk.two_classes("data", 10);
    for (more, words) in [
        ("--augment rotate=400", "180"),
        ("--augment turn=3", "known are flip_horizontal"),
        ("--augment policy_count=3", "--augment rand"),
        ("--resize squeeze", "stretch, fit and crop"),
        ("--balance some", "weights, oversample"),
        ("--split validation", "validation=0.1,test=0.1"),
        ("--table labels.csv", "--image"),
    ] {
        let out = desk.train("data", more);
        assert_eq!(out.code, Some(2), "{more}: {out:?}");
        assert!(out.stderr.contains(words), "{more}: {}", out.stderr);
    }
    // What an option makes of the recipe is a bad argument, too.
    for (more, words) in [
        ("--balance focal=-1", "--balance: Focal loss: γ is -1"),
        ("--split validation=0.9,test=0.4", "--split: validation 0.9"),
        ("--split test=nan", "--split: "),
        ("--group ([", "--group: the pattern “([”"),
    ] {
        let out = desk.train("data", more);
        assert_eq!(out.code, Some(2), "{more}: {out:?}");
        assert!(out.stderr.contains(words), "{more}: {}", out.stderr);
    }
    assert!(!desk.path("runs").exists());
}
