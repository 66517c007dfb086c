//! Several layers at once: selecting, the clipboard, disabling, comments, replacing, moving.

use egui::accesskit::Role;
use egui::{Event, Key, Modifiers, OutputCommand};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};

use super::bench::{Bench, choose, digits, drag, empty, key, press, type_in, window};
use super::graph::card;

fn names(harness: &Harness<'_, Bench>) -> Vec<String> {
    let bench = harness.state();
    let chosen = bench.selection.iter();
    chosen.map(|id| bench.editor.graph().name_of(*id)).collect()
}

fn click(harness: &mut Harness<'_, Bench>, name: &str, modifiers: Modifiers) {
    harness
        .get_by_role_and_label(Role::ListBoxOption, &format!("Layer {name}"))
        .click_modifiers(modifiers);
    harness.run_steps(3);
}

fn right_click(harness: &mut Harness<'_, Bench>, name: &str) {
    harness
        .get_by_role_and_label(Role::ListBoxOption, &format!("Layer {name}"))
        .click_secondary();
    harness.run_steps(3);
}

#[test]
fn ctrl_and_shift_select_several() {
    let mut harness = window(digits());
    click(&mut harness, "conv2d_1", Modifiers::NONE);
    click(&mut harness, "conv2d_2", Modifiers::COMMAND);
    assert_eq!(names(&harness), ["conv2d_1", "conv2d_2"]);
    click(&mut harness, "conv2d_1", Modifiers::COMMAND);
    assert_eq!(names(&harness), ["conv2d_2"]);
    click(&mut harness, "max_pool_1", Modifiers::SHIFT);
    let mut range = names(&harness);
    range.sort();
    assert_eq!(range, ["conv2d_2", "max_pool_1"]);
    assert_eq!(names(&harness).last().map(String::as_str), Some("conv2d_2"));
    key(&mut harness, Modifiers::SHIFT, Key::ArrowUp);
    assert_eq!(names(&harness).len(), 3);
    key(&mut harness, Modifiers::COMMAND, Key::A);
    assert_eq!(names(&harness).len(), 8);
    key(&mut harness, Modifiers::NONE, Key::Escape);
    assert!(names(&harness).is_empty());
}

#[test]
fn several_are_deleted_and_copied_as_one_step() {
    let mut harness = window(digits());
    click(&mut harness, "conv2d_2", Modifiers::NONE);
    click(&mut harness, "max_pool_2", Modifiers::SHIFT);
    key(&mut harness, Modifiers::COMMAND, Key::D);
    let expected = [
        "input", "conv2d", "max_pool", "conv2d", "max_pool", "conv2d", "max_pool", "conv2d",
    ];
    assert_eq!(harness.state().kinds()[..8], expected);
    assert_eq!(names(&harness), ["conv2d_3", "max_pool_3"]);
    key(&mut harness, Modifiers::NONE, Key::Delete);
    assert_eq!(harness.state().editor.graph(), &digits());
    press(&mut harness, Role::Button, "Undo: delete 2 layers");
    press(&mut harness, Role::Button, "Undo: duplicate 2 layers");
    assert_eq!(harness.state().editor.graph(), &digits());
}

/// What the last frames have put on the clipboard.
pub fn copied(harness: &mut Harness<'_, Bench>, event: Event) -> String {
    harness.event(event);
    harness.step();
    let commands = &harness.output().platform_output.commands;
    let text = commands.iter().find_map(|command| match command {
        OutputCommand::CopyText(text) => Some(text.clone()),
        _ => None,
    });
    harness.run_steps(2);
    text.expect("text on the clipboard")
}

#[test]
fn layers_go_from_one_window_to_another_as_text() {
    let mut harness = window(digits());
    click(&mut harness, "conv2d_1", Modifiers::NONE);
    click(&mut harness, "max_pool_2", Modifiers::SHIFT);
    let text = copied(&mut harness, Event::Copy);
    assert!(
        text.contains("kind = \"conv2d\"") && text.contains("filters = 64"),
        "{text}"
    );
    let cut = copied(&mut harness, Event::Cut);
    assert_eq!(cut, text);
    assert_eq!(harness.state().kinds()[..3], ["input", "conv2d", "flatten"]);

    let mut other = window(empty());
    other.event(Event::Paste(text));
    other.run_steps(3);
    let expected = ["input", "conv2d", "max_pool", "conv2d", "max_pool"];
    assert_eq!(other.state().kinds(), expected);
    assert_eq!(names(&other).len(), 4);
    other.event(Event::Paste("kind = \n".to_owned()));
    other.run_steps(3);
    let told = other.state().told.join("\n");
    assert!(told.contains("line 1"), "{told}");
}

#[test]
fn a_layer_is_disabled_and_enabled_again() {
    let mut harness = window(digits());
    click(&mut harness, "max_pool_1", Modifiers::NONE);
    key(&mut harness, Modifiers::COMMAND, Key::Slash);
    assert!(harness.state().editor.graph().nodes()[2].disabled);
    let value = harness
        .get_by_role_and_label(Role::ListBoxOption, "Layer max_pool_1")
        .accesskit_node()
        .value();
    assert!(value.is_some_and(|value| value.contains("disabled")));
    right_click(&mut harness, "max_pool_1");
    press(&mut harness, Role::Button, "Enable");
    assert_eq!(harness.state().editor.graph(), &digits());
}

#[test]
fn a_comment_is_written_on_the_card() {
    let mut harness = window(digits());
    right_click(&mut harness, "conv2d_1");
    press(&mut harness, Role::Button, "Comment…");
    harness.event(Event::Text("Edges first".to_owned()));
    harness.run_steps(2);
    harness.key_press(Key::Enter);
    harness.run_steps(3);
    assert_eq!(
        harness.state().editor.graph().nodes()[1].comment,
        "Edges first"
    );
    assert!(
        harness
            .query_by_role_and_label(Role::Label, "Edges first")
            .is_some()
    );
    // Escape leaves it as it is.
    key(&mut harness, Modifiers::COMMAND, Key::M);
    harness.event(Event::Text("no".to_owned()));
    harness.run_steps(2);
    harness.key_press(Key::Escape);
    harness.run_steps(3);
    assert_eq!(
        harness.state().editor.graph().nodes()[1].comment,
        "Edges first"
    );
}

#[test]
fn a_layer_becomes_another_kind_and_keeps_what_fits() {
    let mut harness = window(digits());
    click(&mut harness, "max_pool_1", Modifiers::NONE);
    key(&mut harness, Modifiers::COMMAND, Key::R);
    let kinds: Vec<_> = harness
        .get_all_by_role_and_label(Role::Button, "Average pool")
        .collect();
    kinds.last().expect("the menu's entry").click();
    drop(kinds);
    harness.run_steps(3);
    assert_eq!(harness.state().kinds()[2], "average_pool");
    press(
        &mut harness,
        Role::Button,
        "Undo: make max_pool_1 Average pool",
    );
    assert_eq!(harness.state().editor.graph(), &digits());
    // By typing alone.
    key(&mut harness, Modifiers::COMMAND, Key::R);
    harness.event(Event::Text("global".to_owned()));
    harness.run_steps(2);
    harness.key_press(Key::Enter);
    harness.run_steps(3);
    assert_eq!(harness.state().kinds()[2], "global_average_pool");
}

#[test]
fn several_cards_are_dragged_together() {
    let mut harness = window(digits());
    click(&mut harness, "conv2d_1", Modifiers::NONE);
    click(&mut harness, "max_pool_1", Modifiers::SHIFT);
    let from = card(&harness, "conv2d_1").center();
    let to = card(&harness, "max_pool_2").center_bottom();
    drag(&mut harness, from, to + egui::vec2(0.0, 5.0));
    let sizes = harness.state().editor.graph().nodes().iter();
    let filters: Vec<usize> = sizes.map(|node| node.layer.int("filters")).collect();
    assert_eq!(filters[..6], [0, 64, 0, 32, 0, 64]);
    press(&mut harness, Role::Button, "Undo: move 2 layers");
    assert_eq!(harness.state().editor.graph(), &digits());
}

fn filters(harness: &Harness<'_, Bench>) -> Vec<usize> {
    let nodes = harness.state().editor.graph().nodes().iter();
    let filters = nodes.map(|node| node.layer.int("filters"));
    filters.filter(|filters| *filters > 0).collect()
}

#[test]
fn several_layers_of_a_kind_are_set_together() {
    let mut harness = window(digits());
    click(&mut harness, "conv2d_1", Modifiers::NONE);
    click(&mut harness, "max_pool_1", Modifiers::COMMAND);
    click(&mut harness, "conv2d_2", Modifiers::COMMAND);
    assert!(harness.query_by_label("3 layers").is_some());
    assert!(harness.query_by_label("2 Conv 2D layers").is_some());
    assert!(harness.query_by_label("1 Max pool layer").is_some());
    let shown = |harness: &Harness<'_, Bench>, name: &str| {
        let field = harness.get_by_role_and_label(Role::SpinButton, name);
        field.accesskit_node().value()
    };
    assert_eq!(shown(&harness, "Filters").as_deref(), Some("mixed"));
    // Also what one of them has already.
    type_in(&mut harness, "Filters", "64");
    assert_eq!(filters(&harness), [64, 64, 64]);
    assert_eq!(shown(&harness, "Filters").as_deref(), Some("64"));
    type_in(&mut harness, "Kernel height", "5");
    choose(&mut harness, "Activation", "tanh");
    for node in &harness.state().editor.graph().nodes()[1..4] {
        if node.layer.kind().entry().name == "conv2d" {
            assert_eq!(node.layer.pair("kernel"), [5, 5]);
            assert_eq!(node.layer.choice("activation"), "tanh");
        }
    }
    press(
        &mut harness,
        Role::Button,
        "Undo: change activation of 2 layers",
    );
    press(
        &mut harness,
        Role::Button,
        "Undo: change kernel of 2 layers",
    );
    press(
        &mut harness,
        Role::Button,
        "Undo: change filters of 2 layers",
    );
    assert_eq!(harness.state().editor.graph(), &digits());
}

#[test]
fn a_field_of_several_values_that_is_only_passed_changes_nothing() {
    let mut harness = window(digits());
    click(&mut harness, "conv2d_1", Modifiers::NONE);
    click(&mut harness, "conv2d_2", Modifiers::COMMAND);
    harness
        .get_by_role_and_label(Role::SpinButton, "Filters")
        .focus();
    harness.run_steps(3);
    harness.key_press(Key::Tab);
    harness.run_steps(3);
    assert_eq!(harness.state().editor.graph(), &digits());
}
