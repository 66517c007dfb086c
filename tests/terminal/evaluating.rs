//! A run is evaluated on its own images, on another folder, on the `test/` in it; runs are named as people name them.

use std::fs;

use super::support::Desk;

#[test]
fn a_run_is_found_by_path_number_name_and_title() {
    let desk = Desk::new();
    desk.two_classes("data", 10);
    desk.train("data", "").succeeded();
    desk.train("data", "--out elsewhere/deep").succeeded();
    let absolute = desk.path("runs/0001-small").display().to_string();
    for run in [
        "1",
        "0001",
        "0001-small",
        "small",
        "runs/0001-small",
        "runs/0001-small/",
        &absolute,
    ] {
        let words = ["predict", run, "data/dark/000.png", "--device", "cpu"];
        desk.run_all(&words).succeeded();
    }
    desk.run("evaluate 1 --out elsewhere/deep --device cpu")
        .succeeded();
    desk.run("evaluate 7 --device cpu")
        .failed(&["no run “7”", "0001-small"]);
    desk.run("evaluate small2 --device cpu")
        .failed(&["no run “small2”", "0001-small"]);
    desk.run("evaluate data --device cpu")
        .failed(&["data is no run folder"]);
    desk.run("predict 1 data/dark/000.png --out nowhere")
        .failed(&["nowhere", "holds no runs"]);
}

#[test]
fn another_folder_is_evaluated_whole_or_by_its_test_folder() {
    let desk = Desk::new();
    desk.two_classes("data", 10);
    desk.train("data", "").succeeded();
    desk.two_classes("other", 7);
    let whole = desk
        .run("evaluate 1 other --device cpu --json")
        .succeeded()
        .json();
    let predictions = whole["predictions"].as_array().unwrap();
    assert_eq!(predictions.len(), 14);
    assert!(
        predictions[0]["file"]
            .as_str()
            .unwrap()
            .starts_with("other/bright/")
    );
    // With sets inside, the test images alone.
    desk.two_classes("sets/train", 5);
    desk.two_classes("sets/test", 3);
    let part = desk
        .run("evaluate 1 sets --device cpu --json")
        .succeeded()
        .json();
    let predictions = part["predictions"].as_array().unwrap();
    assert_eq!(predictions.len(), 6);
    for prediction in predictions {
        assert!(
            prediction["file"]
                .as_str()
                .unwrap()
                .starts_with("sets/test/"),
            "{prediction}"
        );
    }
    let told = desk.run("evaluate 1 other --device cpu").succeeded().stdout;
    assert!(
        told.contains("other") && told.contains("14 images"),
        "{told}"
    );
}

#[test]
fn classes_that_the_run_does_not_know_are_left_out_and_told() {
    let desk = Desk::new();
    desk.two_classes("data", 10);
    desk.train("data", "").succeeded();
    desk.class("more", "dark", 4, 40);
    desk.class("more", "violet", 5, 90);
    let out = desk.run("evaluate 1 more --device cpu --json").succeeded();
    assert_eq!(out.json()["predictions"].as_array().unwrap().len(), 4);
    assert!(
        out.stderr.contains("5 images of more are left out"),
        "{}",
        out.stderr
    );
    assert!(out.stderr.contains("violet"), "{}", out.stderr);
    desk.class("strange", "a", 4, 40);
    desk.class("strange", "b", 4, 40);
    desk.run("evaluate 1 strange --device cpu")
        .failed(&["strange", "bright, dark", "same names"]);
}

#[test]
fn test_images_from_elsewhere_stay_the_runs_test_set() {
    let desk = Desk::new();
    desk.two_classes("data", 10);
    desk.two_classes("exam", 6);
    desk.train("data", "--test exam").succeeded();
    let report = desk
        .run("evaluate 1 --device cpu --json")
        .succeeded()
        .json();
    let predictions = report["predictions"].as_array().unwrap();
    assert_eq!(predictions.len(), 12);
    for prediction in predictions {
        let file = prediction["file"].as_str().unwrap();
        assert!(desk.path(file).is_file() && file.contains("exam"), "{file}");
    }
    // Folders that are named otherwise are told before the training, not after it.
    desk.class("wrong", "a", 4, 40);
    desk.class("wrong", "b", 4, 40);
    let out = desk.train("data", "--test wrong").failed(&[
        "wrong",
        "bright, dark",
        "name their folders alike",
    ]);
    assert_eq!(out.last_event()["event"], "failed");
    assert_eq!(desk.run("runs --json").json().as_array().unwrap().len(), 1);
}

#[test]
fn images_that_have_gone_since_the_training_are_told() {
    let desk = Desk::new();
    desk.two_classes("data", 20);
    desk.train("data", "").succeeded();
    let before = desk
        .run("evaluate 1 --device cpu --json")
        .succeeded()
        .json();
    let files = before["predictions"].as_array().unwrap();
    fs::remove_file(desk.path(files[0]["file"].as_str().unwrap())).unwrap();
    let out = desk.run("evaluate 1 --device cpu --json").succeeded();
    assert_eq!(
        out.json()["predictions"].as_array().unwrap().len(),
        files.len() - 1
    );
    assert!(
        out.stderr.contains("1 of the 4 test images"),
        "{}",
        out.stderr
    );
    fs::rename(desk.path("data"), desk.path("moved")).unwrap();
    desk.run("evaluate 1 --device cpu")
        .failed(&["data does not exist", "another folder"]);
    desk.run("evaluate 1 moved --device cpu").succeeded();
    desk.run("predict 1 moved/dark/000.png --device cpu")
        .succeeded();
}
