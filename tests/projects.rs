//! Promise: a project is one readable file that is written whole or not at all, keeps what it does not know,
//! tells where it is damaged, and is never in two programs at once; unsaved work comes back after a crash.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "projects/places.rs"]
mod places;
#[path = "projects/recipes.rs"]
mod recipes;
#[path = "support/disk.rs"]
mod support_disk;

use std::fs;
use std::path::{Path, PathBuf};

use mapsto::dataset::Source;
use mapsto::network::{Loss, template};
use mapsto::project::{
    Optimizer, Project, ProjectError, Recipe, atomic, load, runs_dir, save, save_as,
};

use support_disk::{TinyDisk, fill};

fn project() -> Project {
    let template = template("digits-cnn").unwrap();
    Project {
        name: "Katzen & “Hunde”".into(),
        data: Some(Source::Digits),
        graph: template.graph(Some(10)),
        recipe: Recipe::for_template(template),
        template: Some("digits-cnn".into()),
        pinned: Some("cats/ä b.jpg".into()),
        layout: None,
        changes: mapsto::dataset::Changes::default(),
    }
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn edit(path: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "no {from:?} in {text}");
    fs::write(path, text.replacen(from, to, 1)).unwrap();
}

fn line_of(path: &Path, needle: &str) -> usize {
    let text = fs::read_to_string(path).unwrap();
    1 + text.lines().position(|line| line.contains(needle)).unwrap()
}

#[test]
fn a_project_comes_back_as_it_was_saved() {
    let folder = folder();
    let path = folder.path().join("a.mapsto");
    let mut project = project();
    project.recipe.set_seed(u64::MAX);
    project.recipe.target_accuracy = Some(0.97);
    project.recipe.loss = Loss::MeanSquaredError;
    for optimizer in Optimizer::all() {
        project.recipe.optimizer = optimizer;
        save(&project, &path).unwrap();
        let read = load(&path).unwrap();
        assert_eq!(read.recipe, project.recipe);
        assert_eq!(read.graph.to_text(), project.graph.to_text());
        assert_eq!(
            (read.name, read.data),
            (project.name.clone(), project.data.clone())
        );
        assert_eq!(
            (read.template, read.pinned),
            (project.template.clone(), project.pinned.clone())
        );
    }
    assert_eq!(runs_dir(&path), folder.path().join("runs"));
}

#[test]
fn a_short_file_by_hand_gets_the_defaults() {
    let folder = folder();
    let path = folder.path().join("short.mapsto");
    let network = "[[network.layers]]\nkind = \"input\"\nheight = 28\nwidth = 28\nchannels = 1\n";
    let recipe = "[recipe]\nepochs = 3\noptimizer = { name = \"sgd\", momentum = 0.9 }\n";
    fs::write(&path, format!("{recipe}{network}")).unwrap();
    let project = load(&path).unwrap();
    assert_eq!(project.name, "short");
    assert_eq!((project.recipe.epochs, project.recipe.batch), (3, 128));
    let sgd = Optimizer::Sgd {
        momentum: 0.9,
        nesterov: false,
        weight_decay: 0.0,
    };
    assert_eq!(project.recipe.optimizer, sgd);
    assert!(project.recipe.validate().is_empty());
}

#[test]
fn unknown_keys_stay_in_the_file() {
    let folder = folder();
    let path = folder.path().join("a.mapsto");
    let mut project = project();
    save(&project, &path).unwrap();
    edit(
        &path,
        "[recipe]",
        "future = [1, 2]\n\n[plugin.deep]\nx = 1.5\n\n[recipe]\nwarmup = 7",
    );
    project.name = "renamed".into();
    project.pinned = None;
    save(&project, &path).unwrap();
    let read: toml::Table = fs::read_to_string(&path).unwrap().parse().unwrap();
    assert_eq!(read["future"].as_array().unwrap().len(), 2);
    assert_eq!(read["plugin"]["deep"]["x"].as_float(), Some(1.5));
    assert_eq!(read["recipe"]["warmup"].as_integer(), Some(7));
    assert_eq!(read["name"].as_str(), Some("renamed"));
    assert!(!read.contains_key("pinned"), "what was taken out stays out");
    let copy = folder.path().join("copy.mapsto");
    save_as(&project, &path, &copy).unwrap();
    assert!(fs::read_to_string(&copy).unwrap().contains("warmup = 7"));
    assert_eq!(load(&copy).unwrap().recipe, project.recipe);
}

#[test]
fn a_damaged_file_is_told_with_its_line() {
    let folder = folder();
    let path = folder.path().join("a.mapsto");
    for (from, to) in [
        ("epochs = 10", "epochs = \"ten\""),
        ("epochs = 10", "epochs = = 10"),
        ("batch = 128", "batch = -1"),
        ("kind = \"conv2d\"", "kind = \"conv9d\""),
        ("pinned = \"cats/ä b.jpg\"", "pinned = \"../../etc/passwd\""),
        ("pinned = \"cats/ä b.jpg\"", "pinned = \"/etc/passwd\""),
    ] {
        save(&project(), &path).unwrap();
        let line = line_of(&path, from);
        edit(&path, from, to);
        let error = load(&path).unwrap_err();
        let message = error.to_string();
        assert!(message.contains("a.mapsto"), "{message}");
        let told = match &error {
            ProjectError::Damaged { line, .. } => *line,
            other => panic!("{other}"),
        };
        assert_eq!(told, Some(line), "{to}: {message}");
    }
}

#[test]
fn files_that_are_no_project_are_refused_in_words() {
    let folder = folder();
    let path = folder.path().join("a.mapsto");
    let missing = load(&path).unwrap_err().to_string();
    assert!(missing.contains("is not there"), "{missing}");
    fs::write(&path, b"name = \"x\"\n\xff\xfe").unwrap();
    let binary = load(&path).unwrap_err().to_string();
    assert!(
        binary.contains("line 2") && binary.contains("UTF-8"),
        "{binary}"
    );
    fs::write(&path, "format = 99\nnetwork = 5").unwrap();
    let newer = load(&path).unwrap_err();
    assert!(
        matches!(newer, ProjectError::Newer { format: 99, .. }),
        "{newer}"
    );
    let is_folder = load(folder.path()).unwrap_err().to_string();
    assert!(is_folder.contains("it is a folder"), "{is_folder}");
    fs::File::create(&path).unwrap().set_len(1 << 30).unwrap();
    let large = load(&path).unwrap_err().to_string();
    assert!(large.contains("larger than 16 MiB"), "{large}");
}

#[test]
fn data_beside_the_project_moves_with_it() {
    let folder = folder();
    let old = folder.path().join("old");
    fs::create_dir(&old).unwrap();
    let mut project = project();
    project.data = Some(Source::Folder(old.join("my photos")));
    save(&project, &old.join("a.mapsto")).unwrap();
    let new = folder.path().join("new");
    fs::rename(&old, &new).unwrap();
    let moved = load(&new.join("a.mapsto")).unwrap();
    assert_eq!(moved.data, Some(Source::Folder(new.join("my photos"))));
    // A folder of that name is not the bundled set.
    project.data = Some(Source::Folder(new.join("digits")));
    save(&project, &new.join("a.mapsto")).unwrap();
    assert_eq!(load(&new.join("a.mapsto")).unwrap().data, project.data);
    // Data elsewhere keeps its whole path.
    project.data = Some(Source::Folder(PathBuf::from("/data/cats")));
    save(&project, &new.join("a.mapsto")).unwrap();
    assert_eq!(load(&new.join("a.mapsto")).unwrap().data, project.data);
}

#[cfg(unix)]
#[test]
fn saving_keeps_the_permissions_and_the_link_of_a_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = folder();
    let (file, link) = (
        folder.path().join("a.mapsto"),
        folder.path().join("link.mapsto"),
    );
    atomic::write(&file, b"old").unwrap();
    let mode = || fs::metadata(&file).unwrap().permissions().mode() & 0o777;
    let plain = folder.path().join("plain");
    fs::write(&plain, b"").unwrap();
    assert_eq!(
        mode(),
        fs::metadata(&plain).unwrap().permissions().mode() & 0o777
    );
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    std::os::unix::fs::symlink(&file, &link).unwrap();
    atomic::write(&link, b"new").unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!((fs::read(&file).unwrap(), mode()), (b"new".to_vec(), 0o640));
}

#[test]
fn a_full_disk_is_named_and_the_old_file_stays() {
    let folder = folder();
    let Some(_disk) = TinyDisk::mount(folder.path()) else {
        return;
    };
    let path = folder.path().join("a.mapsto");
    save(&project(), &path).unwrap();
    let before = fs::read(&path).unwrap();
    fill(folder.path());
    let error = save(&project(), &path).unwrap_err();
    assert!(matches!(error, ProjectError::DiskFull { .. }), "{error}");
    assert!(
        error.to_string().starts_with("the disk is full: "),
        "{error}"
    );
    assert!(error.to_string().contains("a.mapsto"), "{error}");
    let plain = atomic::write(&path, &before).unwrap_err();
    assert_eq!(plain.kind(), std::io::ErrorKind::StorageFull);
    assert!(
        plain.to_string().starts_with("the disk is full: "),
        "{plain}"
    );
    assert_eq!(fs::read(&path).unwrap(), before);
    let left = fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, 2, "no temporary file stays behind");
}

#[test]
fn a_folder_that_is_gone_or_a_file_in_its_place_is_told() {
    let folder = folder();
    let gone = save(&project(), &folder.path().join("gone/a.mapsto")).unwrap_err();
    assert!(gone.to_string().contains("folder is not there"), "{gone}");
    fs::write(folder.path().join("file"), b"").unwrap();
    let blocked = save(&project(), &folder.path().join("file/a.mapsto")).unwrap_err();
    assert!(blocked.to_string().contains("not a folder"), "{blocked}");
}
