//! The Build workspace before any training: the pinned image in every card, and what training would take.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod whole_window;

use egui::accesskit::Role;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use mapsto::app::command::Command;
use mapsto::app::view::{View, Workspace};
use mapsto::network::{Edit, Value};
use mapsto::project::Recipe;
use mapsto::training::Phase;
use whole_window::Window;

/// The channels that the first layer's maps have.
fn channels(view: &View<'_>) -> Option<usize> {
    let maps = view.drawn.maps?;
    let whole = view.report.sound.as_ref()?.layers().len();
    (maps.layers.len() == whole).then(|| maps.layers[0].shape[0])
}

fn set(window: &Window, place: usize, name: &str, value: u64) -> Command {
    Command::Edit(Edit::Set {
        id: window.view().editor.graph().nodes()[place].id,
        name: name.to_owned(),
        value: Value::Int(value),
    })
}

fn has(window: &Window, role: Role, name: &str) -> bool {
    window.harness.query_all_by_role(role).any(|node| {
        let label = node.accesskit_node().label();
        label.is_some_and(|label| label.starts_with(name))
    })
}

#[test]
fn cards_show_the_pinned_image_before_any_training_and_after_every_edit() {
    let mut window = Window::new();
    window.until("maps of the first template", |view| {
        channels(view) == Some(32)
    });
    assert_eq!(window.view().status.phase, Phase::Idle);
    assert!(window.view().maps.is_none(), "nothing is trained");
    assert!(has(&window, Role::Image, "Pinned image "));
    assert!(window.shows("Feature maps"));
    let answer = |view: &View<'_>| view.drawn.maps.map(|maps| maps.probabilities.len());
    assert_eq!(answer(&window.view()), Some(10));

    let edit = set(&window, 1, "filters", 20);
    window.send(edit);
    window.until("maps of the edited layer", |view| {
        channels(view) == Some(20)
    });
    window.send(Command::Undo);
    window.until("the old maps", |view| channels(view) == Some(32));

    // A broken layer costs its own maps and those after it.
    let whole = window.view().drawn.maps.unwrap().layers.len();
    let edit = set(&window, 7, "units", 0);
    window.send(edit);
    window.until("the maps before the broken layer", |view| {
        let maps = view.drawn.maps.map_or(0, |maps| maps.layers.len());
        view.report.network.is_none() && maps > 0 && maps < whole
    });
}

#[test]
fn cards_follow_the_training_until_the_next_edit() {
    let mut window = Window::new();
    window.train();
    window.until("maps of the training", |view| {
        view.drawn.maps.is_some_and(|maps| maps.step > 0)
    });
    // Train goes on showing the model in training; Build shows what is drawn.
    let edit = set(&window, 2, "units", 50);
    window.send(edit);
    window.until("maps of the drawing", |view| {
        let drawn = view
            .drawn
            .maps
            .map(|maps| (maps.step, maps.layers[1].shape[0]));
        drawn == Some((0, 50))
    });
    let live = |view: &View<'_>| view.maps.map(|maps| (maps.step, maps.layers[1].shape[0]));
    let (step, units) = live(&window.view()).unwrap();
    assert_eq!(units, 128);
    window.until("training goes on", |view| {
        live(view).is_some_and(|(now, _)| now > step)
    });
    window.send(Command::Undo);
    window.until("maps of the training again", |view| {
        view.drawn.maps.is_some_and(|maps| maps.step > 0)
    });
    window.stop();
    window.until("maps of the trained model", |view| {
        view.drawn.maps.is_some_and(|maps| maps.step > 0)
    });
}

#[test]
fn a_batch_that_does_not_fit_is_told_and_mended_by_a_click() {
    let mut window = Window::new();
    window.send(Command::Go(Workspace::Build));
    window.send(Command::Select(None));
    window.until("the devices", |view| !view.devices.is_empty());
    let recipe = Recipe {
        device: "cpu".to_owned(),
        ..window.view().recipe.clone()
    };
    window.send(Command::SetRecipe(Box::new(recipe.clone())));
    let Some(largest) = window.view().drawn.largest_batch else {
        return eprintln!("SKIPPED: this system does not tell how much memory is free");
    };
    assert!(largest > recipe.batch as u64);
    assert!(window.shows("Largest batch that fits"));
    assert!(window.shows("Training memory at batch 128"));

    let edit = set(&window, 1, "filters", 4096);
    window.send(edit);
    window.send(Command::SetRecipe(Box::new(Recipe {
        batch: 60_000,
        ..recipe
    })));
    assert!(window.shows("does not fit the memory: it is computed in passes of"));
    assert!(window.shows("Training memory in passes of"));
    assert!(!window.view().drawn.is_too_large());
    let largest = window.view().drawn.largest_batch.unwrap();
    let name = format!("Use a batch of {}", mapsto::network::grouped(largest));
    window.click(&name);
    assert_eq!(window.view().recipe.batch as u64, largest);
    assert!(!window.shows("does not fit the memory"));
}

#[test]
fn a_measured_device_tells_the_time_of_an_epoch() {
    let mut window = Window::new();
    window.send(Command::UseTemplate("dropout-mlp"));
    let recipe = Recipe {
        device: "cpu".to_owned(),
        epochs: 1,
        ..window.view().recipe.clone()
    };
    window.send(Command::SetRecipe(Box::new(recipe)));
    assert!(window.view().drawn.epoch.is_none());
    window.click_train();
    window.until("the end", |view| view.status.phase == Phase::Finished);
    let seconds = window.view().drawn.epoch.unwrap().as_secs_f64();
    assert!(seconds > 0.0);
    window.send(Command::Go(Workspace::Build));
    window.send(Command::Select(None));
    assert!(window.shows("an epoch on CPU"));

    // Another network on the same device, and another session.
    window.send(Command::UseTemplate("digits-cnn"));
    let more = window.view().drawn.epoch.map(|epoch| epoch.as_secs_f64());
    assert!(more.is_none_or(|more| more > seconds));
    let settings = window.home.path().join("settings.json");
    let written = |view: &View<'_>| {
        let text = std::fs::read_to_string(&settings).unwrap_or_default();
        !view.devices.is_empty() && text.contains("speeds") && text.contains("CPU")
    };
    window.until("the speed on disk", written);
}
