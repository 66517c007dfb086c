//! Numbers, names and the index.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use mapsto::project::{find_run, list_runs};

use crate::samples::{create, finished, folder};

#[test]
fn numbers_are_without_gaps_when_many_programs_begin_at_once() {
    let runs = folder();
    let path = runs.path();
    std::thread::scope(|scope| {
        for thread in 0..8 {
            scope.spawn(move || {
                for _ in 0..5 {
                    create(path, &format!("thread {thread}")).unwrap();
                }
            });
        }
    });
    let numbers: Vec<u32> = list_runs(path)
        .unwrap()
        .iter()
        .map(|run| run.info.number)
        .collect();
    assert_eq!(numbers, Vec::from_iter(1..=40));
    let claims = fs::read_dir(path).unwrap().flatten();
    assert_eq!(
        claims
            .filter(|e| e.file_name().to_string_lossy().starts_with(".claim"))
            .count(),
        0
    );
}

pub fn names(runs: &Path) -> Vec<String> {
    let runs = list_runs(runs).unwrap();
    runs.into_iter().map(|run| run.info.name).collect()
}

#[test]
fn the_index_is_made_anew_whatever_happens_to_it() {
    let runs = folder();
    let root = runs.path();
    assert!(list_runs(&root.join("nothing")).unwrap().is_empty());
    finished(root, "one");
    finished(root, "two");
    let both = ["0001-one", "0002-two"];
    let index = root.join("index.sqlite");
    assert_eq!(names(root), both);
    let good = fs::read(&index).unwrap();
    assert_eq!(names(root), both);
    fs::write(
        &index,
        b"this is no database, whatever its name says".repeat(100),
    )
    .unwrap();
    assert_eq!(names(root), both);
    assert!(
        fs::read(&index).unwrap().starts_with(b"SQLite format 3"),
        "made anew"
    );
    let mut torn = good.clone();
    torn[200..].fill(0xa5);
    fs::write(&index, torn).unwrap();
    assert_eq!(names(root), both);
    fs::write(&index, &good[..good.len() / 2]).unwrap();
    assert_eq!(names(root), both);
    fs::remove_file(&index).unwrap();
    assert_eq!(names(root), both);
    // Where it cannot be made at all, the folders are read without it.
    fs::remove_file(&index).unwrap();
    fs::create_dir(&index).unwrap();
    assert_eq!(names(root), both);
}

#[test]
fn the_index_never_tells_what_the_folders_do_not() {
    let runs = folder();
    let root = runs.path();
    let one = finished(root, "one");
    finished(root, "two");
    names(root);
    fs::remove_dir_all(&one).unwrap();
    assert_eq!(names(root), ["0002-two"]);
    fs::rename(root.join("0002-two"), root.join("0007-renamed")).unwrap();
    let listed = list_runs(root).unwrap();
    assert_eq!(
        (listed[0].info.number, listed[0].info.name.as_str()),
        (7, "0007-renamed")
    );
    fs::write(root.join("0007-renamed/run.toml"), "state = 5").unwrap();
    let listed = list_runs(root).unwrap();
    let problem = listed[0].problem.as_deref().unwrap();
    assert!(
        problem.contains("run.toml, line 1, is damaged"),
        "{problem}"
    );
    // Another program holds the index: nobody waits for it for long.
    let held = rusqlite::Connection::open(root.join("index.sqlite")).unwrap();
    held.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let begun = Instant::now();
    assert_eq!(names(root), ["0007-renamed"]);
    assert!(begun.elapsed() < Duration::from_secs(30));
}

#[test]
fn a_run_is_found_by_path_number_name_and_title() {
    let runs = folder();
    let root = runs.path();
    for title in ["digits", "Cats & dogs", "digits"] {
        finished(root, title);
    }
    let found =
        |wanted: &str| find_run(root, wanted).map(|path| path.file_name().unwrap().to_owned());
    let latest = root.join("0003-digits");
    assert_eq!(find_run(root, latest.to_str().unwrap()).unwrap(), latest);
    assert_eq!(found("1").unwrap(), "0001-digits");
    assert_eq!(found("0002").unwrap(), "0002-cats-dogs");
    assert_eq!(found("0001-digits").unwrap(), "0001-digits");
    assert_eq!(found("digits").unwrap(), "0003-digits");
    assert_eq!(found("Cats & dogs").unwrap(), "0002-cats-dogs");
    for wanted in ["4", "mnist", "", "99999999999999"] {
        let error = found(wanted).unwrap_err().to_string();
        assert!(
            error.contains("no run") && error.contains("0003-digits"),
            "{error}"
        );
    }
    let nothing = find_run(&root.join("none"), "1").unwrap_err().to_string();
    assert!(nothing.contains("train first"), "{nothing}");
    fs::create_dir(root.join("0003-copy")).unwrap();
    let several = found("3").unwrap_err().to_string();
    assert!(several.contains("0003-copy, 0003-digits"), "{several}");
}
