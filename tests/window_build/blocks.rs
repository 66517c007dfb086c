//! Blocks: made of a selection, repeated, set as a whole, opened, kept.

use egui::accesskit::Role;
use egui::{Event, Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use mapsto::network::{Fragment, Graph, Kind, Layer, library};
use mapsto::project::SavedBlock;

use super::bench::{Bench, add, digits, drag, key, press, type_in, window};
use super::graph::residual;

/// Makes a block of the layers from one card to another.
fn make(harness: &mut Harness<'_, Bench>, first: &str, last: &str, name: &str) {
    press(harness, Role::ListBoxOption, &format!("Layer {first}"));
    harness
        .get_by_role_and_label(Role::ListBoxOption, &format!("Layer {last}"))
        .click_modifiers(Modifiers::SHIFT);
    harness.run_steps(3);
    key(harness, Modifiers::COMMAND, Key::G);
    harness.event(Event::Text(name.to_owned()));
    harness.run_steps(2);
    harness.key_press(Key::Enter);
    harness.run_steps(4);
}

fn parameters(harness: &Harness<'_, Bench>) -> u64 {
    harness.state().report.parameters
}

#[test]
fn a_block_is_made_repeated_and_set_as_a_whole() {
    let mut harness = window(residual(1));
    let plain = parameters(&harness);
    make(&mut harness, "conv2d_2", "activation_1", "Residual");
    let blocks = harness.state().editor.graph().blocks();
    assert_eq!(blocks.len(), 1);
    assert_eq!(
        (blocks[0].name.as_str(), blocks[0].folded),
        ("Residual", true)
    );
    assert!(
        harness
            .query_by_role_and_label(Role::ListBoxOption, "Layer conv2d_2")
            .is_none(),
        "its layers are one card"
    );
    let one = 2 * (16 * 16 * 9 + 16) + 32;
    assert_eq!(parameters(&harness), plain);
    type_in(&mut harness, "Repeat", "3");
    assert_eq!(parameters(&harness), plain + 2 * one);
    // Opened, its layers are cards again, and one more setting is pinned.
    key(&mut harness, Modifiers::COMMAND, Key::E);
    press(&mut harness, Role::ListBoxOption, "Layer conv2d_2");
    press(&mut harness, Role::Button, "Pin Kernel");
    press(&mut harness, Role::Button, "Fold Residual");
    let settings = &harness.state().editor.graph().blocks()[0].settings;
    let names: Vec<&str> = settings.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["Filters", "Kernel"]);
    type_in(&mut harness, "Filters", "16");
    press(&mut harness, Role::Button, "Ungroup");
    assert_eq!(harness.state().editor.graph().blocks().len(), 0);
    assert_eq!(
        harness.state().editor.graph().nodes().len(),
        1 + 1 + 3 * 5 + 2
    );
}

#[test]
fn layers_that_cannot_be_a_block_say_why() {
    let mut harness = window(residual(1));
    press(&mut harness, Role::ListBoxOption, "Layer conv2d_1");
    harness
        .get_by_role_and_label(Role::ListBoxOption, "Layer batch_norm_1")
        .click_modifiers(Modifiers::SHIFT);
    harness.run_steps(3);
    key(&mut harness, Modifiers::COMMAND, Key::G);
    assert!(harness.query_by_label("Make the block").is_none());
    let told = harness.query_by_label_contains("select layers that follow one another");
    assert!(told.is_some(), "the key says why nothing happens");
    assert_eq!(harness.state().editor.graph(), &residual(1));
}

#[test]
fn a_folded_block_is_moved_disabled_and_deleted_as_one() {
    let mut harness = window(digits());
    make(&mut harness, "conv2d_2", "max_pool_2", "Stage");
    key(&mut harness, Modifiers::ALT, Key::ArrowDown);
    let expected = [
        "input", "conv2d", "max_pool", "conv2d", "conv2d", "max_pool",
    ];
    assert_eq!(harness.state().kinds()[..6], expected);
    assert_eq!(
        harness.state().editor.graph().blocks().len(),
        1,
        "it stays a block"
    );
    key(&mut harness, Modifiers::NONE, Key::Delete);
    assert_eq!(harness.state().kinds().len(), 7);
    assert!(harness.state().editor.graph().blocks().is_empty());
}

#[test]
fn blocks_of_the_library_and_own_ones_are_added_by_a_click() {
    let mut harness = window(digits());
    press(&mut harness, Role::ListBoxOption, "Layer conv2d_1");
    add(&mut harness, library()[0].title);
    assert_eq!(harness.state().editor.graph().blocks().len(), 1);
    let report = &harness.state().report;
    assert_eq!(report.errors().count(), 0, "{:?}", report.problems);
    let part = [Layer::new(Kind::Dropout), Layer::new(Kind::BatchNorm)];
    let graph = Graph::chain(Layer::new(Kind::Input), part);
    harness.state_mut().blocks.push(SavedBlock {
        name: "My own".to_owned(),
        path: "blocks/My own.toml".into(),
        fragment: Fragment::new(graph),
    });
    harness.run_steps(2);
    let before = harness.state().kinds().len();
    add(&mut harness, "My own");
    assert_eq!(harness.state().kinds().len(), before + 2);
}

#[test]
fn a_block_is_kept_from_its_settings() {
    let mut harness = window(digits());
    make(&mut harness, "conv2d_2", "max_pool_2", "Stage");
    press(&mut harness, Role::Button, "Save block");
    let block = harness.state().editor.graph().blocks()[0].id;
    assert_eq!(harness.state().kept, [block]);
}

#[test]
fn a_comment_on_a_folded_block_is_written_on_its_card() {
    let mut harness = window(digits());
    make(&mut harness, "conv2d_2", "max_pool_2", "Stage");
    // The primary layer is not the one whose card stands for the block.
    let first = harness.state().editor.graph().nodes()[3].id;
    harness.state_mut().selection = vec![first];
    harness.state_mut().selected = Some(first);
    harness.run_steps(2);
    key(&mut harness, Modifiers::COMMAND, Key::M);
    harness.event(Event::Text("Twice".to_owned()));
    harness.run_steps(2);
    harness.key_press(Key::Enter);
    harness.run_steps(3);
    assert!(harness.query_by_label("Twice").is_some());
    // The keyboard goes on.
    key(&mut harness, Modifiers::COMMAND, Key::Slash);
    let nodes = harness.state().editor.graph().nodes();
    assert!(nodes[3].disabled && nodes[4].disabled);
    let card = harness.get_by_role_and_label(Role::ListBoxOption, "Block Stage");
    let value = card.accesskit_node().value();
    assert!(value.is_some_and(|value| value.contains("disabled")));
}

#[test]
fn a_block_is_dropped_onto_a_wire_beside_the_cards() {
    let mut harness = window(residual(1));
    let plain = residual(1);
    let join = plain.nodes().iter().find(|it| it.layer.kind() == Kind::Add);
    let (join, before) = join.map(|it| (it.id, it.inputs.clone())).expect("a join");
    let name = library()[0].title;
    harness
        .get_by_role_and_label(Role::Button, name)
        .scroll_to_me();
    harness.run_steps(8);
    let from = harness.get_by_role_and_label(Role::Button, name).rect();
    let wire = harness.get_by_role_and_label(Role::Button, "Wire from conv2d_1 to add_1");
    let to = wire.rect().center();
    drag(&mut harness, from.center(), to);
    let graph = harness.state().editor.graph();
    assert_eq!(graph.blocks().len(), 1);
    let block = graph.blocks()[0].id;
    let ends = graph.ends(block).expect("a block with ends");
    assert_eq!(ends.source, before[1]);
    let after = &graph.node(join).expect("the join").inputs;
    assert_eq!(after, &[before[0], ends.exit], "the other way in stays");
    let label = format!("Undo: add {name}");
    press(&mut harness, Role::Button, &label);
    assert_eq!(harness.state().editor.graph(), &plain);
}
