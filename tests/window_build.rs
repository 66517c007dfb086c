//! The Build workspace, driven as a user does: by accessible names, the keyboard and the pointer.

#[path = "window_build/bench.rs"]
mod bench;
#[path = "window_build/blocks.rs"]
mod blocks;
#[path = "window_build/graph.rs"]
mod graph;
#[path = "window_build/selection.rs"]
mod selection;

use std::sync::Arc;

use egui::accesskit::Role;
use egui::{Event, Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use mapsto::app::view::Workspace;
use mapsto::network::{Graph, Kind, Layer, template};

use bench::{
    Bench, add, choose, digits, drag, drawn_window, empty, pattern, press, type_in, window,
};

#[test]
fn the_digits_network_is_built_by_clicks_alone() {
    let mut harness = window(empty());
    add(&mut harness, "Conv 2D");
    type_in(&mut harness, "Filters", "32");
    add(&mut harness, "Max pool");
    for filters in ["64", "64"] {
        add(&mut harness, "Conv 2D");
        type_in(&mut harness, "Filters", filters);
        add(&mut harness, "Max pool");
    }
    // One pool too many, as happens.
    harness.key_press(Key::Delete);
    harness.run_steps(3);
    add(&mut harness, "Flatten");
    add(&mut harness, "Dense");
    type_in(&mut harness, "Units", "64");
    add(&mut harness, "Dense");
    type_in(&mut harness, "Units", "10");
    choose(&mut harness, "Activation", "softmax");

    let bench = harness.state();
    assert_eq!(bench.report.parameters, 93_322, "{:?}", bench.kinds());
    assert!(
        bench.report.network.is_some(),
        "{:?}",
        bench.report.problems
    );
    assert_eq!(bench.editor.graph(), &digits());
}

#[test]
fn each_typed_value_is_a_step_of_its_own() {
    let mut harness = window(digits());
    press(&mut harness, Role::ListBoxOption, "Layer dense_1");
    type_in(&mut harness, "Units", "100");
    type_in(&mut harness, "Units", "200");
    assert_eq!(harness.state().report.layers[7].parameters, 576 * 200 + 200);
    press(&mut harness, Role::Button, "Undo: change units of dense_1");
    assert_eq!(harness.state().report.layers[7].parameters, 576 * 100 + 100);
    press(&mut harness, Role::Button, "Undo: change units of dense_1");
    assert_eq!(harness.state().editor.graph(), &digits());
}

#[test]
fn height_and_width_change_together_until_unlinked() {
    let mut harness = window(digits());
    let kernel = |harness: &Harness<'_, Bench>| {
        harness.state().editor.graph().nodes()[1]
            .layer
            .pair("kernel")
    };
    press(&mut harness, Role::ListBoxOption, "Layer conv2d_1");
    type_in(&mut harness, "Kernel height", "5");
    assert_eq!(kernel(&harness), [5, 5]);
    press(
        &mut harness,
        Role::CheckBox,
        "Kernel: same height and width",
    );
    type_in(&mut harness, "Kernel width", "3");
    assert_eq!(kernel(&harness), [5, 3]);
}

#[test]
fn a_template_is_one_click_and_one_undo() {
    let mut harness = window(empty());
    press(&mut harness, Role::Button, "Templates");
    press(&mut harness, Role::Button, "Dropout MLP");
    assert_eq!(harness.state().report.parameters, 101_770);
    press(&mut harness, Role::Button, "Undo: replace the network");
    assert_eq!(harness.state().kinds(), ["input"]);
    press(&mut harness, Role::Button, "Redo: replace the network");
    assert_eq!(harness.state().report.parameters, 101_770);
}

#[test]
fn the_keyboard_selects_moves_copies_and_deletes() {
    let mut harness = window(digits());
    let key = |harness: &mut Harness<'_, Bench>, modifiers, key| {
        harness.key_press_modifiers(modifiers, key);
        harness.run_steps(3);
    };
    let selected = |harness: &Harness<'_, Bench>| {
        let bench = harness.state();
        let id = bench.selected.expect("a selected layer");
        bench.editor.graph().name_of(id)
    };
    press(&mut harness, Role::ListBoxOption, "Layer conv2d_1");
    assert_eq!(selected(&harness), "conv2d_1");
    key(&mut harness, Modifiers::NONE, Key::ArrowDown);
    assert_eq!(selected(&harness), "max_pool_1");
    key(&mut harness, Modifiers::ALT, Key::ArrowDown);
    assert_eq!(
        harness.state().kinds()[..4],
        ["input", "conv2d", "conv2d", "max_pool"]
    );
    assert_eq!(selected(&harness), "max_pool_1");
    key(&mut harness, Modifiers::ALT, Key::ArrowUp);
    assert_eq!(harness.state().editor.graph(), &digits());
    key(&mut harness, Modifiers::COMMAND, Key::D);
    assert_eq!(
        harness.state().kinds()[1..4],
        ["conv2d", "max_pool", "max_pool"]
    );
    assert_eq!(selected(&harness), "max_pool_2");
    key(&mut harness, Modifiers::NONE, Key::Delete);
    assert_eq!(harness.state().editor.graph(), &digits());
    assert_eq!(selected(&harness), "conv2d_2");
    key(&mut harness, Modifiers::NONE, Key::ArrowUp);
    assert_eq!(selected(&harness), "max_pool_1");
    for _ in 0..5 {
        key(&mut harness, Modifiers::NONE, Key::ArrowUp);
    }
    assert_eq!(selected(&harness), "input");
    key(&mut harness, Modifiers::NONE, Key::Delete);
    assert_eq!(harness.state().editor.graph(), &digits());
}

#[test]
fn typing_in_the_search_is_no_command() {
    let mut harness = window(digits());
    press(&mut harness, Role::ListBoxOption, "Layer conv2d_1");
    harness
        .get_by_role_and_label(Role::TextInput, "Search layers")
        .focus();
    harness.run_steps(2);
    harness.event(Event::Text("pool".to_owned()));
    harness.run_steps(2);
    harness.key_press(Key::Backspace);
    harness.run_steps(2);
    assert_eq!(harness.state().editor.graph(), &digits());
    assert!(
        harness
            .query_by_role_and_label(Role::Button, "Max pool")
            .is_some()
    );
    assert!(
        harness
            .query_by_role_and_label(Role::Button, "Flatten")
            .is_none()
    );
}

#[test]
fn a_layer_is_dragged_from_the_palette_to_its_place() {
    let mut harness = window(digits());
    let from = harness
        .get_by_role_and_label(Role::Button, "Batch norm")
        .rect()
        .center();
    let card = harness
        .get_by_role_and_label(Role::ListBoxOption, "Layer max_pool_1")
        .rect();
    drag(
        &mut harness,
        from,
        card.center_top() - egui::vec2(60.0, 4.0),
    );
    assert_eq!(
        harness.state().kinds()[1..4],
        ["conv2d", "batch_norm", "max_pool"]
    );
}

#[test]
fn a_card_is_dragged_to_another_place() {
    let mut harness = window(digits());
    let from = harness
        .get_by_role_and_label(Role::ListBoxOption, "Layer max_pool_1")
        .rect();
    let to = harness
        .get_by_role_and_label(Role::ListBoxOption, "Layer conv2d_3")
        .rect();
    drag(
        &mut harness,
        from.center(),
        to.center_bottom() + egui::vec2(-60.0, 4.0),
    );
    let expected = [
        "input", "conv2d", "conv2d", "max_pool", "conv2d", "max_pool", "flatten",
    ];
    assert_eq!(harness.state().kinds()[..7], expected);
    // Dropping it where it is changes nothing.
    let revision = harness.state().editor.revision();
    let card = harness
        .get_by_role_and_label(Role::ListBoxOption, "Layer flatten_1")
        .rect();
    drag(
        &mut harness,
        card.center(),
        card.center() + egui::vec2(30.0, 3.0),
    );
    assert_eq!(harness.state().editor.revision(), revision);
}

#[test]
fn a_remedy_is_one_click() {
    let broken = Graph::chain(
        Layer::new(Kind::Input),
        [
            Layer::new(Kind::Conv2d),
            Layer::new(Kind::Dense)
                .with("units", 10u64)
                .with("activation", "softmax"),
        ],
    );
    let mut harness = window(broken);
    let problem = harness
        .state()
        .report
        .errors()
        .next()
        .expect("an error")
        .clone();
    let remedy = problem.remedy.expect("a remedy");
    let buttons: Vec<_> = harness
        .get_all_by_role_and_label(Role::Button, &remedy.label)
        .collect();
    assert_eq!(buttons.len(), 2, "one on the card, one at the side");
    buttons[0].click();
    drop(buttons);
    harness.run_steps(3);
    assert_eq!(harness.state().report.errors().count(), 0);
    assert_eq!(
        harness.state().kinds(),
        ["input", "conv2d", "flatten", "dense"]
    );
}

#[test]
fn the_plus_between_two_cards_inserts_there() {
    let mut harness = window(digits());
    press(
        &mut harness,
        Role::Button,
        "Insert a layer before flatten_1",
    );
    let menu: Vec<_> = harness
        .get_all_by_role_and_label(Role::Button, "Dropout")
        .collect();
    menu.last().expect("the menu's entry").click();
    drop(menu);
    harness.run_steps(3);
    assert_eq!(
        harness.state().kinds()[5..8],
        ["conv2d", "dropout", "flatten"]
    );
}

#[test]
fn the_context_menu_copies_and_moves() {
    let mut harness = window(digits());
    harness
        .get_by_role_and_label(Role::ListBoxOption, "Layer conv2d_1")
        .click_secondary();
    harness.run_steps(3);
    press(&mut harness, Role::Button, "Duplicate");
    assert_eq!(
        harness.state().kinds()[1..4],
        ["conv2d", "conv2d", "max_pool"]
    );
    harness
        .get_by_role_and_label(Role::ListBoxOption, "Layer input")
        .click_secondary();
    harness.run_steps(3);
    let delete = harness.get_by_role_and_label(Role::Button, "Delete");
    assert!(delete.accesskit_node().is_disabled(), "the input stays");
}

#[test]
fn a_rate_is_typed() {
    let mut harness = window(template("dropout-mlp").expect("a template").graph(Some(10)));
    press(&mut harness, Role::ListBoxOption, "Layer dropout_1");
    type_in(&mut harness, "Rate", "0.35");
    let rate = harness.state().editor.graph().nodes()[3].layer.real("rate");
    assert!((rate - 0.35).abs() < 1e-9, "{rate}");
}

#[test]
fn without_a_pinned_image_the_input_says_where_to_find_one() {
    let mut harness = window(digits());
    press(
        &mut harness,
        Role::Link,
        "Choose an image in Data to see its feature maps here",
    );
    assert_eq!(harness.state().went, Some(Workspace::Data));
}

#[test]
fn a_very_long_network_draws_the_visible_cards_only() {
    let layers = (0..500).map(|_| Layer::new(Kind::Activation));
    let mut harness = window(Graph::chain(Layer::new(Kind::Input), layers));
    let cards = |harness: &Harness<'_, Bench>| harness.get_all_by_role(Role::ListBoxOption).count();
    assert!(
        (8..40).contains(&cards(&harness)),
        "{} cards",
        cards(&harness)
    );
    // Selecting far below scrolls there.
    harness.key_press(Key::ArrowUp);
    harness.run_steps(20);
    assert!(
        harness
            .query_by_role_and_label(Role::ListBoxOption, "Layer activation_500")
            .is_some()
    );
    assert!(cards(&harness) < 40);
}

#[test]
fn feature_maps_are_drawn_and_follow_their_version() {
    // High enough for the last card, which has the probabilities.
    let Some(mut harness) = drawn_window([1280.0, 1000.0], digits()) else {
        return;
    };
    let mut strip = |phase| {
        harness.state_mut().maps = Some(Arc::new(pattern(phase)));
        harness.run_steps(2);
        let rect = harness
            .get_by_role_and_label(Role::Image, "Feature maps of conv2d_1")
            .rect();
        let picture = harness.render().expect("a picture");
        let [left, top] = [rect.min.x as u32, rect.min.y as u32];
        let (width, height) = (rect.width() as u32, rect.height() as u32);
        image::imageops::crop_imm(&picture, left, top, width, height).to_image()
    };
    let (first, second, again) = (strip(1), strip(2), strip(1));
    let mut colours: Vec<_> = first.pixels().map(|pixel| pixel.0).collect();
    colours.sort_unstable();
    colours.dedup();
    assert!(colours.len() >= 100, "{} colours", colours.len());
    // Viridis begins dark violet and ends yellow.
    let near = |wanted: [i32; 3]| {
        colours
            .iter()
            .any(|colour| (0..3).all(|at| (i32::from(colour[at]) - wanted[at]).abs() < 8))
    };
    assert!(near([68, 1, 84]), "no dark violet");
    assert!(near([253, 231, 37]), "no yellow");
    assert_ne!(first.as_raw(), second.as_raw());
    assert_eq!(first.as_raw(), again.as_raw());
    assert!(
        harness
            .query_by_label("Class probabilities: class 10 20.0 %")
            .is_some()
    );
}
