//! Promise: a run can be opened again with everything it told, whatever happened to its program or to one of its
//! files; equal runs leave equal files; the index is only a copy.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "runs/listing.rs"]
mod listing;
#[path = "runs/samples.rs"]
mod samples;
#[path = "support/disk.rs"]
mod support_disk;
#[path = "runs/trouble.rs"]
mod trouble;

use std::fs;

use mapsto::network::template;
use mapsto::project::{ProjectError, Recipe, RunState, Weights, is_locked, open_run};

use samples::{data, epoch, evaluation, finished, folder, step};

#[test]
fn a_run_opens_with_everything_it_told() {
    let runs = folder();
    let path = finished(&runs.path().join("runs"), "Digits CNN");
    assert_eq!(path.file_name().unwrap(), "0001-digits-cnn");
    let run = open_run(&path).unwrap();
    assert_eq!(run.damage, []);
    assert_eq!(run.info.state, RunState::Finished);
    assert_eq!(
        (run.info.number, run.info.title.as_str()),
        (1, "Digits CNN")
    );
    assert_eq!(run.info.classes, data().classes);
    assert!(run.info.created.starts_with("20") && run.info.created.ends_with('Z'));
    assert_eq!(run.data().unwrap(), &data());
    assert_eq!(run.recipe().unwrap(), &Recipe::default());
    let drawn = template("digits-cnn").unwrap().graph(Some(10));
    assert_eq!(run.graph().unwrap().to_text(), drawn.to_text());
    assert_eq!(run.history.steps, [step(1), step(2), step(3)]);
    assert_eq!(run.history.epochs[0], epoch(1));
    assert!(run.history.epochs[1].val_loss.unwrap().is_nan());
    assert_eq!(run.evaluations.len(), 2);
    assert_eq!(run.evaluations["test"], evaluation());
    assert_eq!(
        run.weights(Weights::Best).unwrap(),
        path.join("weights.safetensors")
    );
    assert!(!is_locked(&path));
}

#[test]
fn equal_runs_leave_equal_tables_without_times() {
    let runs = folder();
    let (one, two) = (finished(runs.path(), "a"), finished(runs.path(), "b"));
    for name in [
        "steps.csv",
        "epochs.csv",
        "network.toml",
        "recipe.toml",
        "data.json",
    ] {
        assert_eq!(
            fs::read(one.join(name)).unwrap(),
            fs::read(two.join(name)).unwrap(),
            "{name}"
        );
    }
    let epochs = fs::read_to_string(one.join("epochs.csv")).unwrap();
    let second = "2,0.5,0.30000000000000004,NaN,0.5,1e-7";
    assert_eq!(
        epochs.lines().nth(2),
        Some(second),
        "the shortest form that reads back"
    );
    assert_eq!(
        epochs.lines().nth(1),
        Some("1,1.0,0.30000000000000004,,,1e-7")
    );
}

const FILES: [&str; 10] = [
    "run.toml",
    "recipe.toml",
    "network.toml",
    "data.json",
    "steps.csv",
    "epochs.csv",
    "timings.csv",
    "weights.safetensors",
    "last.safetensors",
    "evaluation-test.json",
];

/// Damages each file in turn: filled with other bytes, emptied, removed.
#[test]
fn whatever_file_is_damaged_is_named_and_the_rest_opens() {
    let runs = folder();
    let path = finished(runs.path(), "digits");
    for name in FILES {
        let file = path.join(name);
        let whole = fs::read(&file).unwrap();
        let garbage = b"\xff\x00 not this \xfe\n".repeat(9);
        for damaged in [Some(garbage), Some(Vec::new()), None] {
            match &damaged {
                Some(bytes) => fs::write(&file, bytes).unwrap(),
                None => fs::remove_file(&file).unwrap(),
            }
            let run = open_run(&path).unwrap();
            let told: Vec<&str> = run
                .damage
                .iter()
                .map(|damage| damage.file.as_str())
                .collect();
            // Evaluations need not be there: a run may have no test set.
            let expected = if damaged.is_none() && name.starts_with("evaluation") {
                vec![]
            } else {
                vec![name]
            };
            assert_eq!(told, expected, "{:?}", run.damage);
            assert!(
                run.damage
                    .iter()
                    .all(|damage| damage.message.contains(name))
            );
            assert_eq!(run.graph.is_some(), name != "network.toml");
            assert_eq!(run.recipe.is_some(), name != "recipe.toml");
            assert_eq!(run.data.is_some(), name != "data.json");
            assert_eq!(
                run.history.epochs.len(),
                if name == "epochs.csv" { 0 } else { 2 }
            );
            assert_eq!(
                run.history.steps.len(),
                if name == "steps.csv" { 0 } else { 3 }
            );
            assert!(run.evaluations.contains_key("validation"));
            assert_eq!(
                run.weights(Weights::Best).is_err(),
                name == "weights.safetensors"
            );
            assert_eq!((run.info.number, run.info.epochs_done), (1, 2), "{name}");
        }
        fs::write(&file, &whole).unwrap();
    }
    assert_eq!(open_run(&path).unwrap().damage, []);
}

#[test]
fn the_part_that_is_missing_says_why() {
    let runs = folder();
    let path = finished(runs.path(), "digits");
    fs::write(path.join("network.toml"), "[[layers]]\nkind = \"conv9d\"\n").unwrap();
    let run = open_run(&path).unwrap();
    let error = run.graph().unwrap_err().to_string();
    assert!(
        error.contains("network.toml") && error.contains("conv9d"),
        "{error}"
    );
    assert_eq!(error.matches("network.toml").count(), 1, "{error}");
    let whole = fs::read(path.join("weights.safetensors")).unwrap();
    fs::write(path.join("weights.safetensors"), &whole[..whole.len() - 3]).unwrap();
    let error = run.weights(Weights::Best).unwrap_err().to_string();
    assert!(error.contains("weights.safetensors is damaged"), "{error}");
}

#[test]
fn a_half_written_last_line_is_dropped_and_a_bad_one_before_is_told() {
    let runs = folder();
    let path = finished(runs.path(), "digits");
    let file = path.join("steps.csv");
    let whole = fs::read_to_string(&file).unwrap();
    for cut in 1..8 {
        fs::write(&file, &whole[..whole.len() - cut]).unwrap();
        let run = open_run(&path).unwrap();
        assert_eq!(run.history.steps, [step(1), step(2)], "cut by {cut}");
        assert_eq!(run.damage, []);
    }
    // A power cut may leave zeros where the last line was to be.
    fs::write(&file, format!("{whole}\0\0\0\0")).unwrap();
    assert_eq!(open_run(&path).unwrap().history.steps.len(), 3);
    fs::write(&file, whole.replace("\n2,", "\ntwo,")).unwrap();
    let run = open_run(&path).unwrap();
    assert_eq!(run.history.steps, [step(1)]);
    assert!(run.damage[0].message.contains("line 3"), "{:?}", run.damage);
}

#[test]
fn hostile_files_cannot_point_outside_or_upset_the_figures() {
    let runs = folder();
    let path = finished(runs.path(), "digits");
    let mut hostile = data();
    for file in [
        "../../etc/passwd",
        "/etc/passwd",
        "",
        "a\0b",
        "cats/../../x",
    ] {
        hostile.test = vec![file.into()];
        fs::write(
            path.join("data.json"),
            serde_json::to_vec(&hostile).unwrap(),
        )
        .unwrap();
        let run = open_run(&path).unwrap();
        assert!(
            run.data().unwrap_err().to_string().contains("data.json"),
            "{file}"
        );
    }
    let mut wrong = evaluation();
    wrong.rows[0].label = 99;
    fs::write(
        path.join("evaluation-test.json"),
        serde_json::to_vec(&wrong).unwrap(),
    )
    .unwrap();
    let run = open_run(&path).unwrap();
    assert!(!run.evaluations.contains_key("test"));
    let huge = [&u64::MAX.to_le_bytes()[..], b"{}"].concat();
    fs::write(path.join("weights.safetensors"), huge).unwrap();
    assert!(run.weights(Weights::Best).is_err());
}

#[test]
fn what_is_no_run_is_told_apart() {
    let runs = folder();
    let missing = open_run(&runs.path().join("0009-x")).unwrap_err();
    assert!(matches!(missing, ProjectError::Missing { .. }), "{missing}");
    let empty = open_run(runs.path()).unwrap_err();
    assert!(matches!(empty, ProjectError::NotARun { .. }), "{empty}");
}

#[test]
fn a_run_that_lost_its_head_is_found_by_its_path() {
    let runs = folder();
    let path = finished(runs.path(), "digits");
    fs::remove_file(path.join("run.toml")).unwrap();
    let elsewhere = folder();
    let found = mapsto::project::find_run(elsewhere.path(), path.to_str().unwrap()).unwrap();
    assert_eq!(found, path);
    let run = open_run(&found).unwrap();
    assert!(run.weights(Weights::Best).is_ok());
}

#[test]
fn the_images_of_a_run_are_found_from_any_working_folder() {
    use mapsto::dataset::Source;
    let runs = folder();
    let template = mapsto::network::template("digits-cnn").unwrap();
    let relative = mapsto::project::RunData {
        source: Source::Folder("photos".into()),
        test_source: Some(Source::Folder("more/photos".into())),
        ..data()
    };
    let run = mapsto::project::RunFolder::create(
        runs.path(),
        "photos",
        &template.graph(Some(2)),
        &mapsto::project::Recipe::for_template(template),
        mapsto::project::RunInfo::default(),
        &relative,
    )
    .unwrap();
    let stored = open_run(run.path()).unwrap();
    let data = stored.data().unwrap();
    for source in [Some(&data.source), data.test_source.as_ref()] {
        let absolute = matches!(source, Some(Source::Folder(path)) if path.is_absolute());
        assert!(absolute, "{source:?}");
    }
}

/// Writes a run's `data.json` anew, changed as JSON.
fn with_data(change: impl Fn(&mut serde_json::Value)) -> (tempfile::TempDir, std::path::PathBuf) {
    let runs = folder();
    let path = finished(runs.path(), "digits");
    let file = path.join("data.json");
    let mut json = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    change(&mut json);
    fs::write(&file, json.to_string()).unwrap();
    (runs, path)
}

#[test]
fn what_a_run_knew_of_its_images_comes_back_and_old_runs_without_it_open() {
    let (_runs, path) = with_data(|_| {});
    assert_eq!(open_run(&path).unwrap().data().unwrap().marks, data().marks);
    let (_runs, path) = with_data(|json| {
        json.as_object_mut().unwrap().remove("marks");
    });
    let old = open_run(&path).unwrap();
    assert!(old.data().unwrap().marks.is_empty() && old.damage.is_empty());
    let digits = mapsto::dataset::Dataset::digits();
    let before = old.data().unwrap().before(&digits);
    assert_eq!(before.images.len(), 4);
}

#[test]
fn marks_that_contradict_the_files_are_damage() {
    for (marks, words) in [
        (serde_json::json!([[0, 1]]), "2 train files and marks for 1"),
        (serde_json::json!([[0, 1], [9, 1]]), "no class number 9"),
    ] {
        let (_runs, path) = with_data(|json| json["marks"]["train"] = marks.clone());
        let fault = open_run(&path).unwrap().data().unwrap_err().to_string();
        assert!(fault.contains(words), "{fault}");
    }
}
