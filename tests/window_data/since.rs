//! What is different in the data since a run is told in Data and in Train, and opens its images; steps that also change
//! the recipe are taken back whole.

use egui::{Key, Modifiers};
use mapsto::app::command::Command;
use mapsto::app::desk::{DataChange, DataTab};
use mapsto::app::view::Workspace;
use mapsto::dataset::{Kind, Source};
use mapsto::project::Recipe;

use super::whole_window::{Window, ready};
use super::{pets, window};

/// A run of one epoch on what is open.
fn train(window: &mut Window) {
    window.send(Command::UseTemplate("dropout-mlp"));
    let recipe = Recipe {
        device: "cpu".to_owned(),
        epochs: 1,
        ..window.view().recipe.clone()
    };
    window.send(Command::SetRecipe(Box::new(recipe)));
    window.click_train();
    window.until("a run", |view| {
        view.status.epoch == 1 && !view.status.phase.is_active() && view.runs.len() == 1
    });
}

fn told(window: &Window) -> String {
    let view = window.view();
    view.desk
        .since_latest()
        .map_or_else(String::new, |since| since.describe())
}

#[test]
fn what_changed_since_the_last_run_is_told_and_opens_its_images() {
    let (mut window, folder) = window();
    train(&mut window);
    assert_eq!(told(&window), "", "nothing has changed yet");
    let index = |window: &Window, file: &str| {
        let view = window.view();
        view.data.ready().unwrap().0.index_of(file).unwrap()
    };
    let (out, other) = (
        index(&window, "cats/copy.png"),
        index(&window, "cats/5.png"),
    );
    window.send(Command::ChangeData(DataChange::Exclude(vec![out])));
    let change = DataChange::Relabel(vec![other], "dogs".to_owned());
    window.send(Command::ChangeData(change));
    std::fs::copy(folder.join("dogs/0.png"), folder.join("dogs/new.png")).unwrap();
    std::fs::remove_file(folder.join("dogs/1.png")).unwrap();
    window.send(Command::RescanData);
    window.until("the data again", ready);
    window.until("what is different", |view| {
        view.desk.since_latest().is_some_and(|since| {
            since
                .describe()
                .starts_with("Since run 1: 1 added, 1 removed, 1 relabelled, 1 excluded")
        })
    });
    let text = told(&window);
    // From Train as from Data.
    for workspace in [Workspace::Train, Workspace::Data] {
        window.send(Command::Go(workspace));
        window.click(&format!("Show: {text}"));
        assert_eq!(window.view().workspace, Workspace::Data);
        assert_eq!(window.view().desk.tab, DataTab::Health);
        for name in [
            "Added",
            "Relabelled",
            "Excluded",
            "Not in the data any more: dogs/1.png",
        ] {
            assert!(window.shows(name), "{name}");
        }
        for name in [
            "dogs/new.png",
            "cats/5.png, was cats",
            "cats/copy.png, left out",
        ] {
            assert!(window.button(&format!("Image {name}")), "{name}");
        }
        window.click("← All classes");
    }
    window.press(Modifiers::COMMAND, Key::Z);
}

#[test]
fn a_change_taken_back_is_no_difference_any_more() {
    let (mut window, _) = window();
    train(&mut window);
    window.send(Command::Go(Workspace::Data));
    window.send(Command::ChangeData(DataChange::Exclude(vec![3])));
    window.until("a difference", |view| view.desk.since_latest().is_some());
    assert!(told(&window).contains("1 excluded"), "{}", told(&window));
    window.press(Modifiers::COMMAND, Key::Z);
    window.until("none", |view| view.desk.since_latest().is_none());
}

#[test]
fn undo_of_moving_to_the_same_side_also_lets_look_alikes_be_apart_again() {
    let mut window = Window::new();
    let folder = window.home.path().join("given");
    // The same picture on both sides of a split that the folder gives.
    let all = pets(window.home.path());
    for set in ["train", "test"] {
        for class in ["cats", "dogs"] {
            let target = folder.join(set).join(class);
            std::fs::create_dir_all(&target).unwrap();
            let numbers = if set == "train" { 0..4 } else { 4..6 };
            for number in numbers {
                let name = format!("{number}.png");
                std::fs::copy(all.join(class).join(&name), target.join(&name)).unwrap();
            }
        }
    }
    std::fs::copy(all.join("cats/0.png"), folder.join("test/cats/again.png")).unwrap();
    window.send(Command::OpenData(Source::Folder(folder)));
    window.until("the pets", ready);
    let mut recipe = window.view().recipe.clone();
    recipe.split.together = false;
    window.send(Command::SetRecipe(Box::new(recipe)));
    let leak = |window: &Window| {
        let view = window.view();
        let health = view.desk.health.as_ref()?;
        let leak = health
            .findings
            .iter()
            .find(|found| found.kind == Kind::Leak)?;
        Some(leak.title.clone())
    };
    window.until("the copy on the other side", |view| {
        let health = view.desk.health.as_ref();
        health.is_some_and(|health| health.findings.iter().any(|found| found.kind == Kind::Leak))
    });
    window.until("all that is wrong", |view| {
        view.desk.alike.is_some() && view.desk.looking.is_none()
    });
    let title = leak(&window).unwrap();
    window.click(&format!("Move to the same side: {title}"));
    assert!(window.view().recipe.split.together);
    let moved = window.view().desk.changes.moved.clone();
    assert!(!moved.is_empty());
    window.press(Modifiers::COMMAND, Key::Z);
    assert!(
        !window.view().recipe.split.together,
        "undo restores the recipe"
    );
    assert!(window.view().desk.changes.is_empty());
    window.press(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z);
    assert!(window.view().recipe.split.together, "redo makes it again");
    assert_eq!(window.view().desk.changes.moved, moved);
    window.until("both on one side", |view| {
        let health = view.desk.health.as_ref().unwrap();
        health.findings.iter().all(|found| found.kind != Kind::Leak)
    });
}
