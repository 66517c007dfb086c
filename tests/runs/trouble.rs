//! Killed programs, full disks, folders that cannot be written.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use mapsto::project::{ProjectError, RunState, list_runs, open_run};
use mapsto::results::Step;

use crate::listing::names;
use crate::samples::{create, epoch, finished, folder, step};
use crate::support_disk::{TinyDisk, fill};

#[test]
fn a_run_is_running_while_its_writer_lives_and_interrupted_after() {
    let runs = folder();
    let run = create(runs.path(), "digits").unwrap();
    let path = run.path().to_path_buf();
    assert_eq!(open_run(&path).unwrap().info.state, RunState::Running);
    assert_eq!(
        list_runs(runs.path()).unwrap()[0].info.state,
        RunState::Running
    );
    drop(run);
    assert_eq!(
        list_runs(runs.path()).unwrap()[0].info.state,
        RunState::Interrupted
    );
    let head = fs::read_to_string(path.join("run.toml")).unwrap();
    assert!(head.contains("interrupted"), "it is written down: {head}");
}

#[test]
fn a_killed_program_leaves_an_interrupted_run_with_its_epochs() {
    let runs = folder();
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args([
        "--exact",
        "trouble::child_trains_until_killed",
        "--ignored",
        "--nocapture",
    ]);
    child
        .env("MAPSTO_TEST_RUNS", runs.path())
        .stdout(Stdio::null());
    let mut child = child.spawn().unwrap();
    let epochs = runs.path().join("0001-killed/epochs.csv");
    let begun = Instant::now();
    while fs::read_to_string(&epochs).map_or(0, |text| text.lines().count()) < 4 {
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "the child does not train"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
    let path = runs.path().join("0001-killed");
    assert_eq!(open_run(&path).unwrap().info.state, RunState::Running);
    child.kill().unwrap();
    child.wait().unwrap();
    let run = open_run(&path).unwrap();
    assert_eq!(run.info.state, RunState::Interrupted);
    assert_eq!(run.damage, []);
    assert!(run.history.epochs.len() >= 3);
    assert_eq!(run.history.epochs[2], epoch(3));
    let next = create(runs.path(), "next").unwrap();
    assert_eq!(next.info().number, 2);
}

#[test]
#[ignore = "run and killed by a_killed_program_leaves_an_interrupted_run_with_its_epochs"]
fn child_trains_until_killed() {
    // Asked for by `--ignored` alone, it has nowhere to train.
    let Some(runs) = std::env::var_os("MAPSTO_TEST_RUNS") else {
        return;
    };
    let mut run = create(Path::new(&runs), "killed").unwrap();
    for number in 1.. {
        run.append_steps(&[step(u64::from(number))]).unwrap();
        run.append_epoch(&epoch(number)).unwrap();
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn a_full_disk_ends_a_run_with_a_message_and_loses_nothing() {
    let folder = folder();
    let Some(_disk) = TinyDisk::mount(folder.path()) else {
        return;
    };
    let mut run = create(folder.path(), "digits").unwrap();
    run.append_epoch(&epoch(1)).unwrap();
    run.append_steps(&[step(1)]).unwrap();
    fill(folder.path());
    let many: Vec<Step> = (2..10_000).map(step).collect();
    let error = run.append_steps(&many).unwrap_err();
    assert!(matches!(error, ProjectError::DiskFull { .. }), "{error}");
    assert!(error.to_string().contains("steps.csv"), "{error}");
    let error = run.update(&run.info().clone()).unwrap_err();
    assert!(
        error.to_string().starts_with("the disk is full: "),
        "{error}"
    );
    let error = create(folder.path(), "next").unwrap_err();
    assert!(matches!(error, ProjectError::DiskFull { .. }), "{error}");
    assert_eq!(
        names(folder.path()),
        ["0001-digits"],
        "nothing half-made stays"
    );
    fs::remove_file(folder.path().join("filler")).unwrap();
    run.append_steps(&[step(2)]).unwrap();
    let read = open_run(run.path()).unwrap();
    assert_eq!(read.history.steps, [step(1), step(2)]);
    assert_eq!(read.history.epochs, [epoch(1)]);
    assert_eq!(read.damage, []);
}

#[test]
fn a_runs_folder_that_cannot_be_written_is_told() {
    let folder = folder();
    fs::write(folder.path().join("runs"), b"a file").unwrap();
    let error = create(&folder.path().join("runs"), "x").unwrap_err();
    assert!(error.to_string().contains("runs"), "{error}");
    assert!(matches!(error, ProjectError::NotWritable { .. }), "{error}");
    let disk_path = folder.path().join("disk");
    fs::create_dir(&disk_path).unwrap();
    let Some(disk) = TinyDisk::mount(&disk_path) else {
        return;
    };
    finished(&disk_path, "old");
    disk.read_only();
    let error = create(&disk_path, "x").unwrap_err();
    assert!(
        error.to_string().contains("its disk is read-only"),
        "{error}"
    );
    assert_eq!(names(&disk_path), ["0001-old"]);
    assert_eq!(open_run(&disk_path.join("0001-old")).unwrap().damage, []);
}
