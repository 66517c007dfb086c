//! The promise of the program: open, train, watch, inspect; and the window computes what the
//! terminal computes, byte for byte.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod whole_window;

use std::path::Path;
use std::process::Command as Process;

use egui_kittest::kittest::Queryable as _;
use mapsto::app::command::Command;
use mapsto::app::view::{View, Workspace};
use mapsto::project::Recipe;
use mapsto::training::Phase;
use whole_window::Window;

/// One epoch of a network whose dropout would show any draw too many.
fn trained(window: &mut Window) {
    window.send(Command::UseTemplate("dropout-mlp"));
    let recipe = Recipe {
        device: "cpu".to_owned(),
        epochs: 1,
        ..window.view().recipe.clone()
    };
    window.send(Command::SetRecipe(Box::new(recipe)));
    window.until("the pinned image", |view| {
        view.pinned.is_some_and(|pinned| pinned.texture.is_some())
    });
    window.click_train();
    window.until("feature maps", |view| view.maps.is_some());
    window.until("the end", |view| view.status.phase == Phase::Finished);
}

fn inspected(view: &View<'_>) -> bool {
    view.shown
        .is_some_and(|run| run.confusion.is_some() && !run.live)
}

#[test]
fn the_window_trains_what_the_terminal_trains_byte_for_byte() {
    let mut window = Window::new();
    trained(&mut window);
    let by_window = window.view().status.run.clone().unwrap();

    let folder = tempfile::tempdir().unwrap();
    let output = Process::new(env!("CARGO_BIN_EXE_mapsto"))
        .args(["train", "digits", "--network", "dropout-mlp"])
        .args(["--epochs", "1", "--device", "cpu", "--json", "--out"])
        .arg(folder.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let by_terminal = folder.path().join("0001-dropout-mlp");
    for file in [
        "steps.csv",
        "epochs.csv",
        "data.json",
        "network.toml",
        "weights.safetensors",
        "evaluation-test.json",
    ] {
        let read = |run: &Path| std::fs::read(run.join(file)).unwrap();
        assert!(read(&by_window) == read(&by_terminal), "{file} differs");
    }
}

#[test]
fn open_train_watch_inspect_and_try_a_picture() {
    let mut window = Window::new();
    trained(&mut window);
    // They are made anew five times a second, and follow the end of a quick training.
    window.until("the curves", |view| !view.curves.train_loss.is_empty());
    let maps = window.view().maps.unwrap().clone();
    assert_eq!(maps.layers.len(), 4, "every layer of the dropout MLP");

    window.harness.get_by_label("Inspect workspace").click();
    window.until("the confusion matrix", inspected);
    let (cell, count) = {
        let view = window.view();
        let confusion = view.shown.unwrap().confusion.clone().unwrap();
        let worst = confusion.worst_cells(1)[0];
        assert_eq!(confusion.total(), 1000, "the validation set");
        (worst, worst.count)
    };
    let name = format!(
        "true {}, predicted {}: {count} (",
        cell.truth, cell.predicted
    );
    window.harness.get_by_label_contains(&name).click();
    window.harness.run_steps(3);
    let listed = format!("True {}, predicted {}", cell.truth, cell.predicted);
    assert!(window.shows(&listed), "the images behind the cell");
    assert!(count > 0);

    let row = {
        let view = window.view();
        let run = view.shown.unwrap();
        let rows = &run.evaluation.as_ref().unwrap().rows;
        let wrong =
            |i: &usize| rows[*i].label == cell.truth && rows[*i].predicted == cell.predicted;
        *run.mistakes.iter().find(|i| wrong(i)).unwrap()
    };
    window.send(Command::Examine(Some(row)));
    window.until("the closer look", |view| {
        let examined = view.shown.and_then(|run| run.examined.as_ref());
        examined.is_some_and(|(_, answer)| answer.is_some())
    });
    let (_, answer) = window.view().shown.unwrap().examined.clone().unwrap();
    let explained = answer.unwrap().unwrap();
    assert_eq!(
        explained.predicted, cell.predicted,
        "the same model looks again"
    );

    let picture = window.home.path().join("a picture.png");
    image::GrayImage::from_pixel(28, 28, image::Luma([0]))
        .save(&picture)
        .unwrap();
    window.send(Command::TryPictures(Some(vec![picture])));
    window.until("the prediction", |view| {
        view.tried
            .first()
            .is_some_and(|tried| tried.answer.is_some())
    });
    let view = window.view();
    assert!(view.tried[0].answer.as_ref().unwrap().is_ok());
    assert_eq!(view.workspace, Workspace::Inspect);
}

#[test]
fn a_run_can_be_opened_again_later_with_its_curves_and_mistakes() {
    let mut window = Window::new();
    trained(&mut window);
    let run = window.view().status.run.clone().unwrap();
    window.until("the run on disk", inspected);
    let epochs = window.view().curves.train_accuracy.clone();
    let home = window.home;
    drop(window.harness);

    let mut again = Window::in_home(home, None);
    again.until("the run of last time", inspected);
    let view = again.view();
    let shown = view.shown.unwrap();
    assert_eq!(shown.path.as_deref(), Some(run.as_path()));
    assert!(!shown.mistakes.is_empty());
    again.until("its curves", |view| !view.curves.train_loss.is_empty());
    assert_eq!(again.view().curves.train_accuracy, epochs);
}
