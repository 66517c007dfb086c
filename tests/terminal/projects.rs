//! A project is trained from the terminal as from the window: its data as it reads and changes it, its network, its
//! recipe, its runs folder.

use std::fs;

use mapsto::dataset::{Changes, Dataset, Layout, Opening, Progress, Set, Source, split};
use mapsto::network::Graph;
use mapsto::project::{Project, Recipe, save};
use serde_json::{Value, json};

use super::support::{Desk, SMALL};

const TRAIN: &str = "train work/pets.mapsto --device cpu --json";

/// Two cameras, each with bright and dark pictures: the second folder is the class.
fn cameras(desk: &Desk) {
    desk.two_classes("work/data/camera 1", 10);
    desk.two_classes("work/data/camera 2", 10);
}

fn pets(desk: &Desk) -> Project {
    let mut changes = Changes::default();
    changes.exclude([
        "camera 1/dark/000.png",
        "camera 2/bright/003.png",
        "gone.png",
    ]);
    changes.relabel("camera 1/dark/001.png", "dark", "bright");
    let project = Project {
        name: "Pets".into(),
        data: Some(Source::Folder(desk.path("work/data"))),
        graph: Graph::parse(SMALL).unwrap(),
        recipe: Recipe {
            epochs: 1,
            batch: 8,
            seed: 3,
            ..Recipe::default()
        },
        template: None,
        pinned: None,
        layout: Some(Layout::Folders { level: 2 }),
        changes,
    };
    save(&project, &desk.path("work/pets.mapsto")).unwrap();
    project
}

fn read(desk: &Desk, file: &str) -> Value {
    serde_json::from_slice(&fs::read(desk.path(file)).unwrap()).unwrap()
}

fn event<'a>(events: &'a [Value], name: &str) -> &'a Value {
    let found = events.iter().find(|event| event["event"] == name);
    found.unwrap_or_else(|| panic!("no {name} in {events:?}"))
}

#[test]
fn a_project_gives_the_run_that_the_window_would_make() {
    let desk = Desk::new();
    cameras(&desk);
    let project = pets(&desk);
    let out = desk.run(TRAIN).succeeded();
    let events = out.events();
    let told = event(&events, "changes");
    for (name, count) in [
        ("excluded", 2),
        ("relabelled", 1),
        ("moved", 0),
        ("gone", 1),
    ] {
        assert_eq!(told[name], count, "{name} in {told}");
    }
    let gone = "1 of the images that the project changes is not in the data any more";
    assert!(out.stderr.contains(gone), "{}", out.stderr);
    // Beside the project, called after it, with its recipe.
    let recipe = fs::read_to_string(desk.path("work/runs/0001-pets/recipe.toml")).unwrap();
    assert!(
        recipe.contains("seed = 3") && recipe.contains("batch = 8"),
        "{recipe}"
    );
    // The window opens the data in this way.
    let opening = Opening {
        source: project.data.clone().unwrap(),
        layout: project.layout.clone(),
        changes: project.changes.clone(),
        cache: None,
    };
    let data = Dataset::open_with(&opening, &Progress::default()).unwrap();
    let mut recipe = project.recipe;
    recipe.set_seed(3);
    let splits = split(&data, &recipe.split).unwrap();
    let kept = read(&desk, "work/runs/0001-pets/data.json");
    assert_eq!(kept["classes"], json!(["bright", "dark"]));
    for set in Set::ALL {
        let images = splits.get(set).iter().map(|&index| &data.images[index]);
        let (files, classes): (Vec<&str>, Vec<usize>) = images
            .map(|image| (image.file.as_str(), image.class))
            .unzip();
        assert_eq!(kept[set.name()], json!(files), "{set}");
        let marks = kept["marks"][set.name()].as_array().unwrap();
        let marked: Vec<&Value> = marks.iter().map(|mark| &mark[0]).collect();
        assert_eq!(json!(marked), json!(classes), "{set}");
    }
}

#[test]
fn what_a_project_changes_is_told_in_one_line() {
    let desk = Desk::new();
    cameras(&desk);
    pets(&desk);
    let told = desk
        .run("train work/pets.mapsto --device cpu")
        .succeeded()
        .stdout;
    let line = told
        .lines()
        .find(|line| line.starts_with("work/pets.mapsto: "));
    let line = line.unwrap_or_else(|| panic!("{told}"));
    assert!(
        line.ends_with("; 2 images excluded, 1 relabelled"),
        "{line}"
    );
    assert!(told.contains("38 images in 2 classes"), "{told}");
    // Options count more than the project.
    let out = desk
        .run(&format!("{TRAIN} --class-level 1 --out elsewhere"))
        .succeeded();
    let start = out.events();
    let classes = &event(&start, "start")["classes"];
    assert_eq!(*classes, json!(["bright", "camera 1", "camera 2"]));
    assert!(desk.path("elsewhere/0001-pets").is_dir());
}

#[test]
fn a_project_is_evaluated_on_and_its_runs_are_found() {
    let desk = Desk::new();
    cameras(&desk);
    pets(&desk);
    desk.run(TRAIN).succeeded();
    let report = desk
        .run("evaluate 1 work/pets.mapsto --device cpu --json")
        .succeeded()
        .json();
    let rows = report["predictions"].as_array().unwrap();
    assert_eq!(rows.len(), 38, "two of forty are left out");
    let label = |name: &str| {
        let found = rows
            .iter()
            .find(|row| row["file"].as_str().unwrap().ends_with(name));
        found.map(|row| row["label"].as_str().unwrap())
    };
    assert_eq!(label("camera 1/dark/001.png"), Some("bright"));
    assert_eq!(label("camera 1/dark/000.png"), None);
    let told = desk
        .run("evaluate 1 work/pets.mapsto --device cpu")
        .succeeded()
        .stdout;
    assert!(
        told.contains("on work/pets.mapsto (3 left out, 1 of another class)"),
        "{told}"
    );
    let runs = desk.run("runs work/pets.mapsto --json").succeeded().json();
    assert_eq!(runs[0]["name"], "0001-pets");
    let words = [
        "predict",
        "1",
        "work/data/camera 1/dark/001.png",
        "--out",
        "work/pets.mapsto",
    ];
    desk.run_all(&words).succeeded();
}

#[test]
fn the_next_run_of_a_project_tells_what_the_user_has_changed_since() {
    let desk = Desk::new();
    cameras(&desk);
    let mut project = pets(&desk);
    assert!(
        !desk
            .run(TRAIN)
            .succeeded()
            .stderr
            .contains("Since the last run")
    );
    assert!(
        !desk
            .run(TRAIN)
            .succeeded()
            .stderr
            .contains("Since the last run")
    );
    project.changes.exclude(["camera 2/dark/004.png"]);
    project
        .changes
        .relabel("camera 2/dark/005.png", "dark", "bright");
    project.changes.restore(["camera 1/dark/000.png"]);
    save(&project, &desk.path("work/pets.mapsto")).unwrap();
    let told = desk.run(TRAIN).succeeded().stderr;
    for words in [
        "1 image is new: camera 1/dark/000.png",
        "1 image is gone or left out: camera 2/dark/004.png",
        "camera 2/dark/005.png (“dark” to “bright”)",
    ] {
        assert!(told.contains(words), "no {words} in {told}");
    }
    // Read otherwise, the images are the same and their classes are no change of theirs.
    project.layout = Some(Layout::Folders { level: 1 });
    save(&project, &desk.path("work/pets.mapsto")).unwrap();
    let told = desk.run(TRAIN).succeeded().stderr;
    assert!(
        told.contains("the images are read in another way"),
        "{told}"
    );
    assert!(!told.contains("another class"), "{told}");
}

#[test]
fn a_project_that_cannot_be_trained_says_what_to_do() {
    let desk = Desk::new();
    cameras(&desk);
    let mut project = pets(&desk);
    let names = "train work/data --network work/pets.mapsto --class-level 2 --device cpu --json";
    let told = desk.run(names).succeeded().stderr;
    assert!(
        told.contains("it does with: mapsto train work/pets.mapsto"),
        "{told}"
    );
    let file = desk.path("work/pets.mapsto");
    project.layout = Some(Layout::List {
        file: "images.txt".into(),
    });
    save(&project, &file).unwrap();
    desk.run(TRAIN).failed(&["images.txt", "What fits"]);
    project.layout = Some(Layout::Folders { level: 2 });
    let dark = (0..10)
        .flat_map(|number| [1, 2].map(|camera| format!("camera {camera}/dark/{number:03}.png")));
    let dark: Vec<String> = dark.collect();
    project.changes.exclude(dark.iter().map(String::as_str));
    project.changes.relabelled.clear();
    save(&project, &file).unwrap();
    desk.run(TRAIN)
        .failed(&["1 of the classes would be left", "Restore some images"]);
    project.data = None;
    save(&project, &file).unwrap();
    desk.run(TRAIN).failed(&[
        "has no data yet",
        "mapsto train DATA --network work/pets.mapsto",
    ]);
    let hint = desk.run("work/pets.mapsto").failed(&["no display"]);
    assert!(
        hint.stderr.contains("mapsto train DATA --network"),
        "{}",
        hint.stderr
    );
    project.data = Some(Source::Digits);
    save(&project, &file).unwrap();
    desk.run("work/pets.mapsto")
        .failed(&["with: mapsto train work/pets.mapsto"]);
}

#[test]
fn images_that_the_user_moved_to_another_set_are_trained_there() {
    let desk = Desk::new();
    desk.two_classes("work/data/train", 12);
    desk.two_classes("work/data/test", 4);
    let mut project = pets(&desk);
    project.layout = None;
    project.changes = Changes::default();
    let moved = "test/dark/002.png".to_owned();
    project.changes.moved.insert(moved.clone(), Set::Train);
    save(&project, &desk.path("work/pets.mapsto")).unwrap();
    let events = desk.run(TRAIN).succeeded().events();
    let told = event(&events, "changes");
    assert_eq!(
        (&told["moved"], &told["reading"]),
        (&json!(1), &Value::Null),
        "{told}"
    );
    let kept = read(&desk, "work/runs/0001-pets/data.json");
    let has = |set: &str| kept[set].as_array().unwrap().contains(&json!(moved));
    assert!(
        (has("train") || has("validation")) && !has("test"),
        "{kept}"
    );
    desk.run("export missing.mapsto --to keras")
        .failed(&["missing.mapsto is not there"]);
}
