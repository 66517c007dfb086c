//! Branches: wires drawn by dragging and by name, lanes, cutting, inserting on a wire.

use egui::accesskit::Role;
use egui::{Key, Modifiers, Rect};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use mapsto::network::{Builder, Edit, Graph, Kind, Layer};

use super::bench::{Bench, digits, drag, key, press, press_last, window};

pub fn card(harness: &Harness<'_, Bench>, name: &str) -> Rect {
    harness
        .get_by_role_and_label(Role::ListBoxOption, &format!("Layer {name}"))
        .rect()
}

/// Drags a wire from one card to another.
pub fn connect(harness: &mut Harness<'_, Bench>, from: &str, to: &str) {
    // The column may still be scrolling to what was selected.
    harness.run_steps(12);
    let port = format!("Connect from {from}");
    let port = harness.get_by_role_and_label(Role::Button, &port).rect();
    let from = port.center();
    let to = card(harness, to).center() - egui::vec2(60.0, 0.0);
    drag(harness, from, to);
}

fn inputs(harness: &Harness<'_, Bench>, name: &str) -> Vec<String> {
    let graph = harness.state().editor.graph();
    let place = graph.names().iter().position(|it| it == name);
    let node = &graph.nodes()[place.expect("a layer of this name")];
    node.inputs.iter().map(|id| graph.name_of(*id)).collect()
}

fn conv(filters: u64) -> Layer {
    Layer::new(Kind::Conv2d)
        .with("filters", filters)
        .with("padding", "same")
}

/// Convolutions that keep their size, one after another.
fn chain(count: usize) -> Graph {
    let input = Layer::new(Kind::Input).with("channels", 3u64);
    Graph::chain(input, (0..count).map(|_| conv(8)))
}

#[test]
fn a_skip_connection_is_drawn_by_dragging() {
    let mut harness = window(chain(4));
    connect(&mut harness, "conv2d_1", "conv2d_4");
    press_last(&mut harness, "Add");
    assert_eq!(inputs(&harness, "add_1"), ["conv2d_3", "conv2d_1"]);
    assert_eq!(inputs(&harness, "conv2d_4"), ["add_1"]);
    // Onto a join it goes at once.
    connect(&mut harness, "conv2d_2", "add_1");
    assert_eq!(inputs(&harness, "add_1").len(), 3);
    press(
        &mut harness,
        Role::Button,
        "Undo: connect conv2d_2 to add_1",
    );
    press(
        &mut harness,
        Role::Button,
        "Undo: skip connection from conv2d_1 to conv2d_4",
    );
    assert_eq!(harness.state().editor.graph(), &chain(4));
}

#[test]
fn dropping_a_wire_on_nothing_or_on_its_own_card_changes_nothing() {
    let mut harness = window(chain(3));
    connect(&mut harness, "conv2d_1", "conv2d_1");
    let port = harness.get_by_role_and_label(Role::Button, "Connect from conv2d_1");
    let from = port.rect().center();
    drag(&mut harness, from, egui::pos2(from.x + 40.0, 780.0));
    assert_eq!(harness.state().editor.graph(), &chain(3));
}

#[test]
fn a_wire_upstream_is_told_as_a_cycle() {
    let mut harness = window(chain(4));
    connect(&mut harness, "conv2d_4", "conv2d_2");
    press_last(&mut harness, "Add");
    assert!(harness.state().report.errors().count() > 0);
    press(
        &mut harness,
        Role::Button,
        "Undo: skip connection from conv2d_4 to conv2d_2",
    );
    assert_eq!(harness.state().editor.graph(), &chain(4));
}

#[test]
fn a_layer_is_connected_by_its_name() {
    let mut harness = window(chain(4));
    press(&mut harness, Role::ListBoxOption, "Layer conv2d_1");
    key(&mut harness, Modifiers::COMMAND, Key::L);
    press(&mut harness, Role::Button, "conv2d_4");
    press(&mut harness, Role::Button, "Take this instead");
    assert_eq!(inputs(&harness, "conv2d_4"), ["conv2d_1"]);
}

#[test]
fn a_wire_is_cut_and_takes_a_layer() {
    let mut graph = chain(4);
    let ids: Vec<_> = graph.nodes().iter().map(|node| node.id).collect();
    let join = Edit::Join {
        from: ids[1],
        to: ids[4],
        kind: Kind::Add,
    };
    graph.apply(&join).expect("a join");
    let mut harness = window(graph.clone());
    press(&mut harness, Role::Button, "Wire from conv2d_1 to add_1");
    press(&mut harness, Role::Button, "Remove wire");
    assert_eq!(inputs(&harness, "add_1"), ["conv2d_3"]);
    press(
        &mut harness,
        Role::Button,
        "Undo: disconnect conv2d_1 from add_1",
    );
    // Out of the palette onto the wire.
    let wire = harness.get_by_role_and_label(Role::Button, "Wire from conv2d_1 to add_1");
    let to = wire.rect().center();
    let from = harness
        .get_by_role_and_label(Role::Button, "Batch norm")
        .rect()
        .center();
    drag(&mut harness, from, to);
    assert_eq!(inputs(&harness, "add_1"), ["conv2d_3", "batch_norm_1"]);
    assert_eq!(inputs(&harness, "batch_norm_1"), ["conv2d_1"]);
}

#[test]
fn the_palette_adds_behind_the_selected_layer_for_all_that_take_it() {
    let mut harness = window(chain(4));
    connect(&mut harness, "conv2d_1", "conv2d_4");
    press_last(&mut harness, "Add");
    press(&mut harness, Role::ListBoxOption, "Layer conv2d_1");
    press(&mut harness, Role::Button, "Batch norm");
    assert_eq!(inputs(&harness, "add_1"), ["conv2d_3", "batch_norm_1"]);
    assert_eq!(inputs(&harness, "conv2d_2"), ["batch_norm_1"]);
}

/// A network like a ResNet: a stem, then blocks with skip connections.
pub fn residual(blocks: usize) -> Graph {
    let input = Layer::new(Kind::Input).with("channels", 3u64);
    let mut b = Builder::new(input);
    let mut at = b.then(conv(16));
    for _ in 0..blocks {
        b.then(conv(16));
        b.then(Layer::new(Kind::BatchNorm));
        let end = b.then(conv(16));
        b.join(Kind::Add, &[end, at]);
        at = b.then(Layer::new(Kind::Activation));
    }
    b.then(Layer::new(Kind::GlobalAveragePool));
    b.then(
        Layer::new(Kind::Dense)
            .with("units", 10u64)
            .with("activation", "softmax"),
    );
    b.graph()
}

#[test]
fn the_wires_of_a_residual_network_run_beside_the_cards() {
    let mut harness = window(residual(3));
    let right = card(&harness, "conv2d_1").max.x;
    for name in [
        "Wire from conv2d_1 to add_1",
        "Wire from activation_1 to add_2",
    ] {
        let wire = harness.get_by_role_and_label(Role::Button, name).rect();
        assert!(wire.min.x > right, "{name} at {wire}, cards end at {right}");
    }
    // It is told at the join as well, and the network has no problem.
    assert_eq!(harness.state().report.errors().count(), 0);
    assert_eq!(inputs(&harness, "add_2"), ["conv2d_5", "activation_1"]);
    // A plain chain needs none.
    *harness.state_mut() = Bench::new(digits());
    harness.run_steps(2);
    assert!(harness.query_by_label_contains("Wire from").is_none());
}
