//! The rooms know only what they may: burn under `training`, egui under `app`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Every source file, as a path below `src/` and its lines of code (comments left out).
fn code() -> Vec<(String, String)> {
    let root = Path::new("src");
    let mut found = Vec::new();
    sources(root, &mut found);
    assert!(found.len() > 50, "the sources have moved");
    found
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            let lines = text
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"));
            let name = path.strip_prefix(root).unwrap().display().to_string();
            (name, lines.collect::<Vec<_>>().join("\n"))
        })
        .collect()
}

fn uses(code: &str, names: &[&str]) -> bool {
    names.iter().any(|name| {
        code.match_indices(name).any(|(at, _)| {
            let before = code[..at].chars().next_back();
            !before.is_some_and(|c| c.is_alphanumeric() || c == '_')
        })
    })
}

#[test]
fn burn_stays_in_the_training_room() {
    for (file, code) in code() {
        if !file.starts_with("training") && !file.starts_with("export") {
            assert!(!uses(&code, &["burn::"]), "{file} uses burn");
        }
    }
}

#[test]
fn egui_stays_in_the_window() {
    for (file, code) in code() {
        if !file.starts_with("app") && file != "main.rs" {
            let found = uses(
                &code,
                &["egui::", "eframe::", "egui_plot::", "egui_extras::"],
            );
            assert!(!found, "{file} uses egui");
        }
    }
}

#[test]
fn the_drawing_the_data_and_the_results_know_nothing_above_them() {
    let forbidden: &[(&str, &[&str])] = &[
        (
            "network",
            &[
                "crate::training",
                "crate::app",
                "crate::cli",
                "crate::project",
                "crate::dataset",
            ],
        ),
        (
            "dataset",
            &[
                "crate::training",
                "crate::app",
                "crate::cli",
                "crate::project",
                "crate::network",
            ],
        ),
        (
            "results",
            &[
                "crate::training",
                "crate::app",
                "crate::cli",
                "crate::project",
                "crate::network",
            ],
        ),
        ("project", &["crate::training", "crate::app", "crate::cli"]),
        ("training", &["crate::app", "crate::cli", "crate::import"]),
        ("import", &["crate::app", "crate::cli", "crate::dataset"]),
        ("app", &["crate::cli"]),
    ];
    for (file, code) in code() {
        for (room, names) in forbidden {
            if file.starts_with(&format!("{room}/")) {
                assert!(!uses(&code, names), "{file} reaches out of its room");
            }
        }
    }
}

#[test]
fn colours_are_written_down_in_the_theme_alone() {
    for (file, code) in code() {
        if file.starts_with("app") && !file.ends_with("theme.rs") {
            let found = uses(
                &code,
                &["Color32::from_rgb(", "Color32::from_gray(", "Color32::RED"],
            );
            assert!(!found, "{file} has a colour of its own");
        }
    }
}

#[test]
fn files_stay_readable() {
    for (file, code) in code() {
        let lines = code.lines().count();
        assert!(lines <= 400, "{file} has {lines} lines: look for the seam");
    }
}
