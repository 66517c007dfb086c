//! Where projects lie, who has them open, and what comes back after a crash.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use mapsto::project::{
    Places, ProjectError, Settings, Speed, Speeds, Theme, data_dir, is_locked, lock, runs_dir, save,
};

use super::{folder, project};

#[test]
fn one_program_at_a_time_has_a_project() {
    let folder = folder();
    let path = folder.path().join("a.mapsto");
    save(&project(), &path).unwrap();
    assert!(!is_locked(&path));
    let held = lock(&path).unwrap();
    assert!(is_locked(&path));
    let error = lock(&path).unwrap_err();
    let process = Some(std::process::id());
    assert!(matches!(&error, ProjectError::InUse { process: told, .. } if *told == process));
    assert!(
        error.to_string().contains("open in another mapsto"),
        "{error}"
    );
    drop(held);
    assert!(!is_locked(&path));
    drop(lock(&path).unwrap());
    if cfg!(unix) {
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}

#[test]
fn unsaved_work_comes_back_once_its_program_is_gone() {
    let folder = folder();
    let places = Places::at(folder.path().join("home"));
    assert!(places.recovery().is_none());
    let path = folder.path().join("a.mapsto");
    let mut project = project();
    save(&project, &path).unwrap();
    let held = lock(&path).unwrap();
    places.autosave(&project, Some(&path)).unwrap();
    project.name = "unsaved".into();
    places.autosave(&project, Some(&path)).unwrap();
    assert!(places.recovery().is_none(), "its program still lives");
    drop(held);
    let found = places.recovery().unwrap();
    assert_eq!(found.project.name, "unsaved");
    assert_eq!(found.original.as_deref(), Some(path.as_path()));
    save(&found.project, &path).unwrap();
    assert!(places.recovery().is_none(), "saved by now");
    let text = fs::read_to_string(&path).unwrap();
    assert!(!text.contains("recovered_from"), "{text}");
    project.name = "again".into();
    places.autosave(&project, Some(&path)).unwrap();
    places.clear_recovery(Some(&path)).unwrap();
    places.clear_recovery(Some(&path)).unwrap();
    assert!(places.recovery().is_none());
    places.autosave(&project, None).unwrap();
    assert_eq!(places.recovery().unwrap().original, None);
}

#[test]
fn recent_projects_and_settings_are_remembered() {
    let folder = folder();
    let places = Places::at(folder.path().join("home"));
    assert_eq!(places.settings(), Settings::default());
    assert!(places.recent().is_empty());
    for number in 0..12 {
        places
            .remember(Path::new(&format!("/p/{number}.mapsto")))
            .unwrap();
    }
    places.remember(Path::new("/p/5.mapsto")).unwrap();
    let recent = places.recent();
    assert_eq!(recent.len(), 10);
    assert_eq!(
        recent[..2],
        [PathBuf::from("/p/5.mapsto"), PathBuf::from("/p/11.mapsto")]
    );
    places.forget(Path::new("/p/5.mapsto")).unwrap();
    assert!(!places.recent().contains(&PathBuf::from("/p/5.mapsto")));
    let mut speeds = Speeds::default();
    speeds.note(Speed {
        device: "CPU".to_owned(),
        network: 2_800_000,
        speed: 25_000_000_000,
    });
    let settings = Settings {
        theme: Theme::Dark,
        speeds,
        last_project: Some("/p/5.mapsto".into()),
        ..Settings::default()
    };
    places.save_settings(&settings).unwrap();
    assert_eq!(places.settings(), settings);
    let file = places.root().join("settings.json");
    fs::write(&file, br#"{"theme": "light", "language": "de"}"#).unwrap();
    let read = places.settings();
    places.save_settings(&read).unwrap();
    assert!(fs::read_to_string(&file).unwrap().contains("language"));
    fs::write(&file, "{nonsense").unwrap();
    assert_eq!(places.settings(), Settings::default());
}

#[test]
fn two_programs_without_a_file_get_an_untitled_project_each() {
    let folder = folder();
    let places = Places::at(folder.path());
    let (first, held) = places.claim_untitled().unwrap();
    let (second, _also) = places.claim_untitled().unwrap();
    assert_eq!(first, places.untitled_project());
    assert_ne!(runs_dir(&first), runs_dir(&second));
    assert!(places.is_untitled(&second));
    drop(held);
    assert_eq!(places.claim_untitled().unwrap().0, first);
}

#[test]
fn mapsto_home_names_the_data_folder() {
    // The environment of this process cannot be changed safely, so a child is asked.
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args([
        "--exact",
        "places::child_prints_its_data_folder",
        "--ignored",
        "--nocapture",
    ]);
    let output = child
        .env("MAPSTO_HOME", "/somewhere/else")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("data folder: /somewhere/else\n"), "{text}");
}

#[test]
#[ignore = "run by mapsto_home_names_the_data_folder in a process of its own"]
fn child_prints_its_data_folder() {
    println!("data folder: {}", data_dir().display());
}
