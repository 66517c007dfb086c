//! However a training ends, its run says so and what was saved can be used.

use std::fs;

use super::support::Desk;

#[test]
fn ctrl_c_keeps_the_run_as_stopped() {
    let desk = Desk::new();
    desk.two_classes("data", 30);
    let running = desk.start_long("data");
    running.signal("INT");
    let out = running.end().succeeded();
    let done = out.last_event();
    assert_eq!(
        (&done["event"], &done["stopped"]),
        (&"done".into(), &true.into())
    );
    let run = desk.listed(1);
    assert_eq!(run["state"], "stopped");
    assert!(run["epochs"].as_u64().unwrap() >= 1);
    desk.run("evaluate 1 --device cpu --json").succeeded();
}

#[test]
fn a_killed_program_loses_only_the_epoch_it_was_in() {
    let desk = Desk::new();
    desk.two_classes("data", 30);
    desk.train("data", "").succeeded();
    let first = fs::read(desk.path("runs/0001-small/weights.safetensors")).unwrap();
    let mut running = desk.start_long("data");
    assert_eq!(desk.listed(2)["state"], "running");
    running.wait_for("\"epoch\":4");
    running.signal("KILL");
    assert_eq!(running.end().code, None);
    let run = desk.listed(2);
    assert_eq!(run["state"], "interrupted");
    assert!(run["epochs"].as_u64().unwrap() >= 4, "{run}");
    assert_eq!(run["problem"], serde_json::Value::Null);
    let report = desk.run("evaluate 2 --device cpu --json").succeeded();
    assert_eq!(report.stderr, "");
    // Nothing else is lost, and the next run is the next.
    assert_eq!(desk.listed(1)["state"], "finished");
    assert_eq!(
        fs::read(desk.path("runs/0001-small/weights.safetensors")).unwrap(),
        first
    );
    let done = desk.train("data", "").succeeded().last_event();
    assert_eq!(done["run"], "runs/0003-small");
}

#[test]
fn programs_at_once_in_one_runs_folder_make_runs_of_their_own() {
    let desk = Desk::new();
    desk.two_classes("data", 20);
    let words = "train data --network small.toml --device cpu --epochs 3 --json";
    let all: Vec<_> = (0..3).map(|_| desk.start(words)).collect();
    let mut runs = Vec::new();
    for running in all {
        let done = running.end().succeeded().last_event();
        runs.push(done["run"].as_str().unwrap().to_owned());
    }
    runs.sort();
    assert_eq!(
        runs,
        ["runs/0001-small", "runs/0002-small", "runs/0003-small"]
    );
    for number in 1..=3 {
        assert_eq!(desk.listed(number)["state"], "finished");
    }
    // Equal programs, equal numbers.
    let steps = |run: &String| fs::read(desk.path(run).join("steps.csv")).unwrap();
    assert_eq!(steps(&runs[0]), steps(&runs[2]));
}

#[test]
fn without_a_display_it_says_so_and_trains_the_digits() {
    let desk = Desk::new();
    let mut running = desk.start("");
    running.wait_for("has no display");
    running.wait_for("bundled digits");
    running.wait_for("93,322 parameters, on");
    running.signal("INT");
    let out = running.end().succeeded();
    assert!(
        out.stdout.contains("runs/0001-digits-cnn"),
        "{}",
        out.stdout
    );
    assert!(out.stdout.contains("mapsto train DATA"), "{}", out.stdout);
    assert_eq!(desk.listed(1)["state"], "stopped");
}

#[test]
fn a_project_without_a_display_names_the_command_for_it() {
    let desk = Desk::new();
    fs::write(desk.path("mine.mapsto"), "").unwrap();
    let out = desk
        .run("mine.mapsto")
        .failed(&["no display", "mapsto train DATA --network mine.mapsto"]);
    assert_eq!(out.stdout, "");
    assert!(!desk.path("runs").exists());
}
