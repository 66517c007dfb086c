//! Disks that are full, read-only, or have something else where the runs should be.

use std::fs;

use super::support::Desk;
use super::support_disk::{TinyDisk, fill};

#[test]
fn runs_cannot_go_where_a_file_is() {
    let desk = Desk::new();
    desk.two_classes("data", 10);
    fs::write(desk.path("taken"), "mine").unwrap();
    desk.train("data", "--out taken")
        .failed(&["taken cannot be written", "Choose another folder"]);
    desk.train("data", "--out taken/deeper")
        .failed(&["taken/deeper cannot be written", "is a file"]);
    assert_eq!(fs::read_to_string(desk.path("taken")).unwrap(), "mine");
    desk.run("runs taken").failed(&["taken cannot be read"]);
}

#[test]
fn a_disk_that_fills_up_ends_the_run_and_keeps_what_was_saved() {
    let desk = Desk::new();
    desk.two_classes("data", 10);
    fs::create_dir(desk.path("disk")).unwrap();
    // The weights of one epoch fit (twice 400 kB), the new ones of the second do not.
    let Some(_disk) = TinyDisk::of_size(&desk.path("disk"), "1m") else {
        return;
    };
    let words = "train data --network dropout-mlp --epochs 3 --device cpu --out disk --json";
    let failed = desk
        .run(words)
        .failed(&["disk is full", "free some space", "safetensors"])
        .last_event();
    assert_eq!(failed["run"], "disk/0001-dropout-mlp");
    assert!(
        failed["error"]
            .as_str()
            .unwrap()
            .contains("best weights so far are kept in disk/0001")
    );
    let runs = desk.run("runs disk --json").succeeded().json();
    assert_eq!(
        (&runs[0]["state"], &runs[0]["epochs"]),
        (&"failed".into(), &1.into())
    );
    assert_eq!(runs[0]["problem"], serde_json::Value::Null);
    desk.run("evaluate 1 --out disk --device cpu").succeeded();
    desk.run("predict 1 data/dark/000.png --out disk --device cpu")
        .succeeded();
    // Full to the last byte: not even a new run can begin, and the old one stays whole.
    fill(&desk.path("disk"));
    desk.run(words).failed(&["disk is full", "free some space"]);
    desk.run("evaluate 1 --out disk --device cpu").succeeded();
    assert!(!desk.path("disk/0002-dropout-mlp").exists());
}

#[test]
fn a_read_only_disk_is_told_and_its_runs_can_be_used() {
    let desk = Desk::new();
    desk.two_classes("data", 10);
    fs::create_dir(desk.path("disk")).unwrap();
    let Some(disk) = TinyDisk::mount(&desk.path("disk")) else {
        return;
    };
    desk.train("data", "--out disk").succeeded();
    disk.read_only();
    desk.train("data", "--out disk")
        .failed(&["disk cannot be written", "read-only"]);
    desk.train("data", "--out disk/new")
        .failed(&["disk/new cannot be written", "read-only"]);
    let runs = desk.run("runs disk --json").succeeded().json();
    assert_eq!(runs[0]["state"], "finished");
    desk.run("evaluate 1 --out disk --device cpu --json")
        .succeeded();
}
