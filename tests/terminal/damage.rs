//! A damaged run: what is damaged is named, and everything that can still be done is done.

use std::fs;
use std::path::PathBuf;

use super::support::{Desk, cut_in_half};

/// A run whose file `name` is then spoilt.
fn damaged(name: &str, spoil: impl Fn(&PathBuf)) -> Desk {
    let desk = Desk::new();
    desk.two_classes("data", 10);
    desk.train("data", "").succeeded();
    spoil(&desk.path("runs/0001-small").join(name));
    desk
}

const PREDICT: &str = "predict 1 data/dark/000.png --device cpu --json";
const EVALUATE: &str = "evaluate 1 --device cpu --json";

/// Without these a run cannot answer.
#[test]
fn a_part_that_the_run_needs_is_named_and_nothing_is_answered() {
    for name in ["recipe.toml", "network.toml", "weights.safetensors"] {
        for (spoil, how) in [
            (cut_in_half as fn(&std::path::Path), "cut in half"),
            (|path| fs::write(path, "").unwrap(), "emptied"),
            (|path| fs::remove_file(path).unwrap(), "removed"),
        ] {
            let desk = damaged(name, |path| spoil(path));
            let place = format!("runs/0001-small/{name}");
            for words in [EVALUATE, PREDICT] {
                let out = desk.run(words).failed(&[&place]);
                let told = out.json();
                let words = told["error"].as_str();
                assert!(
                    words.is_some_and(|it| it.contains(&place)),
                    "{name} {how}: {told}"
                );
                assert_eq!(told.as_object().unwrap().len(), 1, "{name} {how}: {told}");
            }
            let problem = desk.listed(1)["problem"].clone();
            let problem = problem
                .as_str()
                .unwrap_or_else(|| panic!("{name} {how} is not listed"));
            assert!(problem.contains(&place), "{problem}");
            assert!(desk.run("runs").succeeded().stdout.contains(&place));
        }
    }
}

/// Bytes are there, but not those that were written: only computing can tell.
#[test]
fn weights_of_another_network_are_refused() {
    let desk = damaged("weights.safetensors", |_| {});
    let other = "train data --network plain-mlp --epochs 1 --device cpu --json";
    desk.run(other).succeeded();
    let weights = |run: &str| desk.path("runs").join(run).join("weights.safetensors");
    fs::copy(weights("0002-plain-mlp"), weights("0001-small")).unwrap();
    desk.run(EVALUATE).failed(&["belong to another network"]);
}

/// The lists of images are needed for the run's own sets only.
#[test]
fn without_its_lists_of_images_a_run_still_answers_about_others() {
    let desk = damaged("data.json", |path| cut_in_half(path));
    desk.run(EVALUATE)
        .failed(&["runs/0001-small/data.json", "damaged"]);
    let out = desk.run("evaluate 1 data --device cpu --json").succeeded();
    assert!(out.stderr.contains("data.json"), "{}", out.stderr);
    desk.run(PREDICT).succeeded();
}

#[test]
fn a_part_that_only_tells_of_the_training_is_named_and_the_run_answers() {
    for name in [
        "run.toml",
        "steps.csv",
        "epochs.csv",
        "timings.csv",
        "last.safetensors",
        "evaluation-test.json",
    ] {
        let desk = damaged(name, |path| fs::write(path, "{[,\nnonsense\n").unwrap());
        // An evaluation on its own set would mend the damaged evaluation.
        for words in [PREDICT, "evaluate 1 data --device cpu --json", EVALUATE] {
            let out = desk.run(words).succeeded();
            assert!(
                out.stderr.contains(name),
                "{words} does not tell of {name}: {}",
                out.stderr
            );
            out.json();
        }
        desk.run("runs").succeeded();
    }
    let desk = damaged("run.toml", |path| cut_in_half(path));
    assert!(
        desk.listed(1)["problem"]
            .as_str()
            .unwrap()
            .contains("run.toml")
    );
}

#[test]
fn a_damaged_index_is_made_anew() {
    let desk = damaged("run.toml", |_| {});
    desk.run("runs").succeeded();
    for content in ["", "no database at all, but long enough to be looked at"] {
        fs::write(desk.path("runs/index.sqlite"), content).unwrap();
        assert_eq!(desk.listed(1)["state"], "finished");
    }
    // A folder that only looks like a run.
    fs::create_dir(desk.path("runs/0002-empty")).unwrap();
    assert!(
        desk.listed(2)["problem"]
            .as_str()
            .unwrap()
            .contains("0002-empty")
    );
    desk.run("evaluate 2 --device cpu")
        .failed(&["0002-empty", "no run"]);
}
