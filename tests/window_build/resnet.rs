//! ResNet-18 drawn by clicks, drags and typing alone.

use egui::accesskit::Role;
use egui::{Event, Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;

use super::bench::{Bench, add, choose, empty, key, press, press_last, type_in, window};
use super::graph::connect;
use super::selection::copied;

type Window = Harness<'static, Bench>;

/// The name of the selected layer.
fn here(window: &Window) -> String {
    let bench = window.state();
    let id = bench.selected.expect("a selected layer");
    bench.editor.graph().name_of(id)
}

fn selects(window: &Window, name: &str) -> bool {
    let bench = window.state();
    let mut chosen = bench.selection.iter();
    chosen.any(|id| bench.editor.graph().name_of(*id) == name)
}

fn no_bias(window: &mut Window) {
    window.get_by_label("More").click();
    window.run_steps(3);
    press(window, Role::CheckBox, "Bias");
}

/// A convolution with batch norm and, after it, an activation; returns the first and the last name.
fn conv(window: &mut Window, filters: &str, kernel: &str, stride: &str) -> (String, String) {
    add(window, "Conv 2D");
    let first = here(window);
    type_in(window, "Filters", filters);
    type_in(window, "Kernel height", kernel);
    type_in(window, "Stride height", stride);
    choose(window, "Padding", "same");
    choose(window, "Activation", "linear");
    no_bias(window);
    add(window, "Batch norm");
    add(window, "Activation");
    (first, here(window))
}

/// Two convolutions and the skip connection around them, as a block.
fn block(window: &mut Window, source: &str, name: &str, filters: &str, stride: &str) {
    let (first, _) = conv(window, filters, "3", stride);
    let (_, last) = conv(window, filters, "3", "1");
    connect(window, source, &last);
    press_last(window, "Add");
    if stride != "1" {
        widen(window);
    }
    press(window, Role::ListBoxOption, &format!("Layer {first}"));
    while !selects(window, &last) {
        key(window, Modifiers::SHIFT, Key::ArrowDown);
    }
    key(window, Modifiers::COMMAND, Key::G);
    window.event(Event::Text(name.to_owned()));
    window.run_steps(2);
    window.key_press(Key::Enter);
    window.run_steps(4);
}

/// The shapes of the join differ: the remedy is a convolution on the skip connection.
fn widen(window: &mut Window) {
    let problems = &window.state().report.problems;
    let mut remedies = problems.iter().filter_map(|it| it.remedy.as_ref());
    let remedy = remedies.find(|it| it.label.contains("1×1"));
    let label = remedy.expect("a remedy").label.clone();
    let buttons: Vec<_> = window
        .get_all_by_role_and_label(Role::Button, &label)
        .collect();
    buttons[0].click();
    drop(buttons);
    window.run_steps(3);
    let graph = window.state().editor.graph();
    let mut nodes = graph
        .nodes()
        .iter()
        .filter(|node| node.layer.get("kernel").is_some());
    let small = nodes.find(|node| node.layer.pair("kernel") == [1, 1]);
    let name = graph.name_of(
        small
            .unwrap_or_else(|| panic!("no new convolution: {label}"))
            .id,
    );
    press(window, Role::ListBoxOption, &format!("Layer {name}"));
    no_bias(window);
    add(window, "Batch norm");
}

/// Selects the last card of a block.
fn select(window: &mut Window, name: &str, modifiers: Modifiers) {
    let label = format!("Block {name}");
    window.run_steps(12);
    let cards: Vec<_> = window
        .get_all_by_role_and_label(Role::ListBoxOption, &label)
        .collect();
    cards.last().expect("a card").click_modifiers(modifiers);
    drop(cards);
    window.run_steps(3);
}

#[test]
fn resnet_18_is_drawn_by_clicks_drags_and_typing() {
    let mut window = window(empty());
    press(&mut window, Role::ListBoxOption, "Layer input");
    type_in(&mut window, "Height", "224");
    type_in(&mut window, "Width", "224");
    choose(&mut window, "Channels", "3");
    conv(&mut window, "64", "7", "2");
    add(&mut window, "Max pool");
    block(&mut window, "max_pool_1", "First", "64", "1");
    type_in(&mut window, "Repeat", "2");
    block(&mut window, "First", "Down", "128", "2");
    block(&mut window, "Down", "Same", "128", "1");
    select(&mut window, "Down", Modifiers::NONE);
    select(&mut window, "Same", Modifiers::SHIFT);
    let stage = copied(&mut window, Event::Copy);
    for filters in ["256", "512"] {
        select(&mut window, "Same", Modifiers::NONE);
        window.event(Event::Paste(stage.clone()));
        window.run_steps(4);
        for name in ["Same", "Down"] {
            select(&mut window, name, Modifiers::NONE);
            type_in(&mut window, "Filters", filters);
        }
    }
    select(&mut window, "Same", Modifiers::NONE);
    add(&mut window, "Global average pool");
    add(&mut window, "Dense");
    type_in(&mut window, "Units", "1000");
    choose(&mut window, "Activation", "softmax");

    let bench = window.state();
    assert_eq!(bench.report.parameters, 11_689_512, "{:?}", bench.kinds());
    let wrong: Vec<_> = bench.report.errors().map(|it| &it.message).collect();
    // The bench has ten classes.
    assert!(wrong.len() <= 1, "{wrong:?}");
}
