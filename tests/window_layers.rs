//! Editing layers in the whole window: the command palette, the list of keys, undo of a template, saved blocks.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod whole_window;

use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use mapsto::app::command::Command;
use mapsto::app::layer_actions::LAYER_ENTRIES;
use mapsto::app::view::{Dialog, Workspace};
use mapsto::project::load;
use whole_window::Window;

fn select(window: &mut Window, name: &str, modifiers: Modifiers) {
    window.click_on(Role::ListBoxOption, name, modifiers);
}

/// Types into the command palette and takes the first line.
fn palette(window: &mut Window, words: &str) {
    window.press(Modifiers::COMMAND, Key::K);
    window.type_in(words);
    window.press(Modifiers::NONE, Key::Enter);
}

#[test]
fn the_command_palette_edits_the_selected_layers() {
    let mut window = Window::new();
    window.send(Command::Go(Workspace::Build));
    let before = window.view().editor.graph().clone();
    select(&mut window, "Layer conv2d_2", Modifiers::NONE);
    palette(&mut window, "duplicate layers");
    assert_eq!(
        window.view().editor.graph().nodes().len(),
        before.nodes().len() + 1
    );
    palette(&mut window, "disable layers");
    let disabled = window
        .view()
        .editor
        .graph()
        .nodes()
        .iter()
        .filter(|node| node.disabled);
    assert_eq!(disabled.count(), 1);
    palette(&mut window, "delete layers");
    assert_eq!(*window.view().editor.graph(), before);
    palette(&mut window, "select no layer");
    assert!(window.view().selected.is_none());
    // A question comes up beside the card.
    select(&mut window, "Layer conv2d_1", Modifiers::NONE);
    palette(&mut window, "replace layer");
    assert!(window.shows("Replace by"));
    window.press(Modifiers::NONE, Key::Escape);
    // From another workspace it goes to the network.
    window.send(Command::Go(Workspace::Data));
    palette(&mut window, "select all layers");
    assert_eq!(window.view().workspace, Workspace::Build);
    assert_eq!(window.view().selection.len(), before.nodes().len() - 1);
}

#[test]
fn what_cannot_be_done_with_the_layers_says_why_in_the_palette() {
    let mut window = Window::new();
    window.send(Command::Go(Workspace::Build));
    window.send(Command::Select(None));
    window.press(Modifiers::COMMAND, Key::K);
    window.type_in("duplicate layers");
    assert!(window.shows("Select a layer first"));
    window.press(Modifiers::NONE, Key::Enter);
    assert!(window.view().palette, "it stays open");
}

#[test]
fn every_key_is_in_the_list_of_keys() {
    let mut window = Window::new();
    window.press(Modifiers::NONE, Key::F1);
    assert!(matches!(window.view().dialog, Some(Dialog::Keys)));
    for entry in LAYER_ENTRIES {
        assert!(
            window.shows(entry.text.trim_end_matches('…')),
            "{}",
            entry.text
        );
        assert!(!entry.keys.is_empty() && !entry.help.is_empty());
    }
    for text in ["Train", "Undo", "Commands", "Keys"] {
        assert!(window.shows(text), "{text}");
    }
    window.press(Modifiers::NONE, Key::Escape);
    assert!(window.view().dialog.is_none());
}

#[test]
fn undo_of_a_template_brings_back_all_that_it_changed() {
    let mut window = Window::new();
    let graph = window.view().editor.graph().clone();
    let mut recipe = window.view().recipe.clone();
    recipe.epochs = 3;
    recipe.batch = 48;
    recipe.start = Some("mine.weights.safetensors".into());
    window.send(Command::SetRecipe(Box::new(recipe.clone())));
    let template = window.view().template.map(str::to_owned);
    window.send(Command::UseTemplate("plain-mlp"));
    let other = window.view().recipe.clone();
    assert_ne!(other, recipe);
    assert_eq!(other.start, None);
    window.send(Command::UseTemplate("dropout-mlp"));
    let third = window.view().recipe.clone();
    window.send(Command::Undo);
    assert_eq!(window.view().template, Some("plain-mlp"));
    assert_eq!(*window.view().recipe, other);
    assert_eq!(window.view().editor.undo_label(), Some("use Plain MLP"));
    window.send(Command::Undo);
    assert_eq!(*window.view().editor.graph(), graph);
    assert_eq!(window.view().template.map(str::to_owned), template);
    assert_eq!(*window.view().recipe, recipe);
    window.send(Command::Redo);
    window.send(Command::Redo);
    assert_eq!(window.view().template, Some("dropout-mlp"));
    assert_eq!(*window.view().recipe, third);
    // The device is the machine's, not the template's.
    window.send(Command::SetDevice("cpu".to_owned()));
    window.send(Command::Undo);
    assert_eq!(window.view().recipe.device, "cpu");
}

#[test]
fn a_block_is_saved_used_in_another_project_and_deleted() {
    let mut window = Window::new();
    window.send(Command::Go(Workspace::Build));
    select(&mut window, "Layer conv2d_2", Modifiers::NONE);
    select(&mut window, "Layer max_pool_2", Modifiers::SHIFT);
    window.press(Modifiers::COMMAND, Key::G);
    window.type_in("Étage");
    window.press(Modifiers::NONE, Key::Enter);
    window.click("Save block");
    window.until("the saved block", |view| view.blocks.len() == 1);
    assert!(
        window.told().join(" ").contains("Étage is saved"),
        "{:?}",
        window.told()
    );

    window.send(Command::NewProject);
    if window.view().dialog.is_some() {
        let yes = whole_window::yes(&window);
        window.click(&yes);
    }
    window.until("a new project", |view| {
        view.editor.graph().blocks().is_empty() && whole_window::ready(view)
    });
    let layers = window.view().editor.graph().nodes().len();
    window
        .harness
        .get_by_role_and_label(Role::Button, "Étage")
        .scroll_to_me();
    window.harness.run_steps(8);
    window.click("Étage");
    let graph = window.view().editor.graph();
    assert_eq!(graph.nodes().len(), layers + 2);
    assert_eq!(graph.blocks()[0].name, "Étage");
    let path = window.home.path().join("with a block.mapsto");
    window.send(Command::SaveProjectAs(Some(path.clone())));
    window.until("the file", |view| view.project_path.is_some());
    assert_eq!(load(&path).unwrap().graph.blocks()[0].name, "Étage");

    // It is there again at the next start, and goes when it is deleted; the network keeps its layers.
    let Window { harness, home } = window;
    drop(harness);
    let mut window = Window::in_home(home, Some(&path));
    window.until("the block of the last session", |view| {
        view.blocks.len() == 1
    });
    window.send(Command::Go(Workspace::Build));
    window
        .harness
        .get_by_role_and_label(Role::Button, "Delete the saved block Étage")
        .scroll_to_me();
    window.harness.run_steps(8);
    window.click("Delete the saved block Étage");
    window.click("Delete");
    window.until("no block", |view| view.blocks.is_empty());
    assert_eq!(window.view().editor.graph().blocks().len(), 1);
}
