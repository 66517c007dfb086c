//! Projects and what is dropped on the window: saved, opened, recovered, refused; nothing of the
//! user's is lost.

mod whole_window;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use egui::{Key, Modifiers};
use egui_kittest::Harness;
use mapsto::app::App;
use mapsto::app::command::Command;
use mapsto::app::view::{Data, Dialog, Workspace};
use mapsto::dataset::Source;
use mapsto::network::template;
use mapsto::project::{Places, load};
use whole_window::{Window, harness, pictures, project_of, ready, saved_project};

#[test]
fn a_dropped_folder_becomes_the_data() {
    let mut window = Window::new();
    let folder = pictures(window.home.path());
    window.drop_on(&[&folder]);
    assert_eq!(window.view().workspace, Workspace::Data);
    window.until("the pictures", |view| {
        view.data
            .ready()
            .is_some_and(|(data, _)| data.classes == ["cats", "dogs"])
    });
    assert_eq!(window.view().source, Some(&Source::Folder(folder)));
    assert_eq!(
        window.view().train_blocked,
        None,
        "the template's last layer follows the classes"
    );
}

#[test]
fn a_folder_that_cannot_be_used_says_why_and_what_to_do() {
    let mut window = Window::new();
    let empty = window.home.path().join("empty");
    std::fs::create_dir(&empty).expect("a folder");
    window.drop_on(&[&empty]);
    window.until("the refusal", |view| {
        matches!(view.data, Data::Failed { .. })
    });
    assert!(window.view().train_blocked.is_some());
    window.send(Command::OpenData(Source::Digits));
    window.until("the digits again", ready);
    assert_eq!(window.view().train_blocked, None);
}

#[test]
fn a_dropped_picture_is_tried() {
    let mut window = Window::new();
    let folder = pictures(window.home.path());
    window.drop_on(&[&folder.join("cats/0.png"), &folder.join("dogs/1.png")]);
    assert_eq!(window.view().workspace, Workspace::Inspect);
    assert_eq!(window.view().tried.len(), 2);
    window.until("an answer for each", |view| {
        view.tried.iter().all(|tried| tried.answer.is_some())
    });
    window.send(Command::ClearTried);
    assert!(window.view().tried.is_empty());
}

#[test]
fn a_dropped_onnx_file_becomes_the_network_and_undo_brings_the_old_one_back() {
    let mut window = Window::new();
    window.until("the digits", ready);
    let before = window.view().editor.graph().clone();
    let fixtures = Path::new("tests/fixtures/onnx");
    window.drop_on(&[&fixtures.join("plain.onnx")]);
    window.until("the network", |view| view.editor.graph().nodes().len() == 7);
    let start = Some(Path::new("plain.weights.safetensors"));
    assert_eq!(window.view().recipe.start.as_deref(), start);
    assert_eq!(window.view().source, Some(&Source::Digits));
    window.send(Command::Undo);
    assert_eq!(window.view().editor.graph(), &before);
    assert_eq!(window.view().recipe.start, None);
    window.send(Command::Redo);
    assert_eq!(window.view().editor.graph().nodes().len(), 7);
    assert_eq!(window.view().recipe.start.as_deref(), start);

    let saved = window.home.path().join("mine/plain.mapsto");
    std::fs::create_dir(saved.parent().expect("a folder")).expect("a folder");
    window.send(Command::SaveProjectAs(Some(saved.clone())));
    window.until("the file", |view| view.project_path.is_some());
    assert!(saved.with_file_name("plain.weights.safetensors").is_file());
    assert_eq!(
        load(&saved).expect("the project").recipe.start.as_deref(),
        start
    );

    window.drop_on(&[&fixtures.join("unknown.onnx")]);
    window.until("the refusal", |view| {
        let mut notices = view.notices.iter();
        notices.any(|notice| notice.text.contains("GridSample"))
    });
    assert_eq!(window.view().editor.graph().nodes().len(), 7);
}

#[test]
fn unsaved_work_of_the_last_session_is_offered() {
    let home = tempfile::tempdir().expect("a folder");
    let path = saved_project(home.path(), "pets");
    let mut work = project_of("pets");
    work.graph = template("colour-cnn").expect("a template").graph(Some(10));
    work.template = Some("colour-cnn".to_owned());
    Places::at(home.path())
        .autosave(&work, Some(&path))
        .expect("kept");

    let mut window = Window::in_home(home, None);
    window.until("the question", |view| {
        matches!(view.dialog, Some(Dialog::Recover { .. }))
    });
    assert!(window.shows("pets"), "it names the project");
    window.click("Recover");
    window.until("the work", |view| view.template == Some("colour-cnn"));
    assert!(window.view().unsaved);
    assert!(window.view().dialog.is_none());
    assert_eq!(
        window.view().project_path,
        Some(path.as_path()),
        "it knows where it belongs"
    );
    let written = load(&path).expect("the file");
    assert_eq!(
        written.template.as_deref(),
        Some("plain-mlp"),
        "the file is the user's to write"
    );
}

#[test]
fn unsaved_work_of_an_untitled_project_is_offered() {
    let home = tempfile::tempdir().expect("a folder");
    let places = Places::at(home.path());
    let mut work = project_of("untitled");
    work.graph = template("colour-cnn").expect("a template").graph(Some(10));
    work.template = Some("colour-cnn".to_owned());
    places
        .autosave(&work, Some(&places.untitled_project()))
        .expect("kept");

    let mut window = Window::in_home(home, None);
    window.until("the question", |view| {
        matches!(view.dialog, Some(Dialog::Recover { .. }))
    });
    window.click("Recover");
    window.until("the work", |view| view.template == Some("colour-cnn"));
    window.until("its images", ready);
    assert_eq!(
        window.view().template,
        Some("colour-cnn"),
        "and nothing comes in over it"
    );
}

#[test]
fn unsaved_work_that_nobody_wants_is_forgotten() {
    let home = tempfile::tempdir().expect("a folder");
    let path = saved_project(home.path(), "pets");
    let mut work = project_of("pets");
    work.graph = template("colour-cnn").expect("a template").graph(Some(10));
    Places::at(home.path())
        .autosave(&work, Some(&path))
        .expect("kept");

    let mut window = Window::in_home(home, None);
    window.until("the question", |view| {
        matches!(view.dialog, Some(Dialog::Recover { .. }))
    });
    window.click("Discard");
    let places = Places::at(window.home.path());
    let start = Instant::now();
    while places.recovery().is_some() {
        assert!(start.elapsed() < Duration::from_secs(60), "it is forgotten");
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(path.exists(), "the file itself stays");
}

#[test]
fn a_project_is_saved_opened_and_recent() {
    let mut window = Window::new();
    let path = window.home.path().join("mine.mapsto");
    window.send(Command::UseTemplate("dropout-mlp"));
    window.send(Command::SaveProjectAs(Some(path.clone())));
    window.until("the file", |view| view.project_path.is_some());
    window.until("the list", |view| view.recent.contains(&path));
    assert_eq!(window.view().project_name, "mine");
    assert!(!window.view().unsaved);

    window.send(Command::UseTemplate("plain-mlp"));
    assert!(window.view().unsaved);
    window.press(Modifiers::COMMAND, Key::S);
    window.until("the changes on disk", |view| !view.unsaved);
    assert_eq!(
        load(&path).expect("read").template.as_deref(),
        Some("plain-mlp")
    );

    let Window { harness, home } = window;
    drop(harness);
    let mut again = Window::in_home(home, Some(&path));
    again.until("the project", |view| {
        view.project_name == "mine" && view.template == Some("plain-mlp")
    });
}

#[test]
fn a_second_window_gets_a_copy_and_is_told() {
    let home = tempfile::tempdir().expect("a folder");
    let path = saved_project(home.path(), "shared");
    let mut first = harness(home.path(), Some(&path));
    let start = Instant::now();
    while first.state().view().project_path.is_none() {
        assert!(start.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(5));
        first.step();
    }
    let mut second = Window::in_home(home, Some(&path));
    second.until("a word about it", |view| !view.notices.is_empty());
    assert!(
        second.told().join(" ").contains("open in another mapsto"),
        "{:?}",
        second.told()
    );
    assert_eq!(
        second.view().template,
        Some("plain-mlp"),
        "its contents are there"
    );
    assert_eq!(
        second.view().project_path,
        None,
        "and Save cannot write over the other's file"
    );
}

#[test]
fn the_project_that_is_open_can_be_opened_again() {
    let home = tempfile::tempdir().expect("a folder");
    let path = saved_project(home.path(), "mine");
    let mut window = Window::in_home(home, Some(&path));
    window.until("the project", |view| view.project_path.is_some());
    window.until("its images", ready);
    window.send(Command::OpenProject(Some(path.clone())));
    window.until("its images again", ready);
    window.harness.run_steps(30);
    std::thread::sleep(Duration::from_millis(300));
    window.harness.run_steps(30);
    assert_eq!(
        window.view().project_path,
        Some(path.as_path()),
        "told: {:?}",
        window.told()
    );
}

#[test]
fn closing_with_unsaved_changes_asks() {
    let home = tempfile::tempdir().expect("a folder");
    let path = saved_project(home.path(), "mine");
    let mut window = Window::in_home(home, Some(&path));
    window.until("the project", |view| view.project_path.is_some());
    window.until("its images", ready);
    window.send(Command::UseTemplate("colour-cnn"));
    assert!(!window.close());
    assert!(matches!(window.view().dialog, Some(Dialog::Confirm { .. })));
    window.click("Cancel");
    window.press(Modifiers::COMMAND, Key::S);
    window.until("the changes on disk", |view| !view.unsaved);
    assert!(window.close());
}

#[test]
fn a_damaged_project_file_changes_nothing_and_is_told_with_its_line() {
    let mut window = Window::new();
    let path = window.home.path().join("broken.mapsto");
    std::fs::write(&path, "format = 1\nname = \n").expect("written");
    let before = window.view().editor.graph().clone();
    window.drop_on(&[&path]);
    window.until("the reason", |view| !view.notices.is_empty());
    let told = window.told().join(" ");
    assert!(
        told.contains("broken.mapsto") && told.contains("line 2"),
        "{told}"
    );
    assert_eq!(window.view().editor.graph().nodes(), before.nodes());
    window.click("Dismiss");
    assert!(window.view().notices.is_empty());
}

#[test]
fn a_save_that_fails_says_so_and_keeps_the_work() {
    let mut window = Window::new();
    let path = window
        .home
        .path()
        .join("no such folder")
        .join("mine.mapsto");
    window.send(Command::SaveProjectAs(Some(path)));
    window.until("the reason", |view| {
        view.notices.iter().any(|notice| notice.error)
    });
    assert_eq!(window.view().project_path, None);
    assert_eq!(window.view().project_name, "untitled");
}

#[test]
fn a_new_project_never_writes_over_an_untitled_one() {
    let home = tempfile::tempdir().expect("a folder");
    let mut first = Window::in_home(home, None);
    first.until("the digits", ready);
    first.send(Command::UseTemplate("colour-cnn"));
    close_for_good(&mut first.harness);
    let Window { harness: old, home } = first;
    drop(old);

    let path = saved_project(home.path(), "other");
    let mut second = Window::in_home(home, Some(&path));
    second.until("the project", |view| view.project_path.is_some());
    second.send(Command::NewProject);
    second.until("a new one", |view| view.project_path.is_none());
    second.send(Command::UseTemplate("dropout-mlp"));
    close_for_good(&mut second.harness);
    let Window { harness: old, home } = second;
    drop(old);

    let kept = untitled_files(home.path()).into_iter().any(|path| {
        load(&path).is_ok_and(|project| project.template.as_deref() == Some("colour-cnn"))
    });
    assert!(kept, "the untitled work of before is still there");
}

fn close_for_good(harness: &mut Harness<'static, App>) {
    harness.run_steps(3);
    eframe::App::on_exit(harness.state_mut());
}

fn untitled_files(home: &Path) -> Vec<PathBuf> {
    let folders = std::fs::read_dir(home.join("untitled"));
    let folders = folders.into_iter().flatten().flatten();
    folders
        .flat_map(|folder| std::fs::read_dir(folder.path()).into_iter().flatten())
        .flatten()
        .map(|file| file.path())
        .filter(|path| path.extension().is_some_and(|end| end == "mapsto"))
        .collect()
}

#[test]
fn an_untitled_project_is_there_again_at_the_next_start() {
    let mut first = Window::new();
    first.send(Command::UseTemplate("dropout-mlp"));
    close_for_good(&mut first.harness);
    let Window { harness: old, home } = first;
    drop(old);
    let mut second = Window::in_home(home, None);
    second.until("the network of before", |view| {
        view.template == Some("dropout-mlp")
    });
    assert!(
        second.view().dialog.is_none(),
        "nothing was lost, so nothing is asked"
    );
}

#[test]
fn a_project_that_cannot_be_opened_at_the_start_leaves_a_new_one_that_can_be_trained() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("broken.mapsto");
    std::fs::write(&path, "format = 1\n[[network.layers]\n").unwrap();
    let mut window = Window::in_home(home, Some(&path));
    window.until("the bundled digits", ready);
    assert!(
        window.told().join(" ").contains("line 2"),
        "{:?}",
        window.told()
    );
    assert!(window.view().train_blocked.is_none());
}
