//! Two networks can be looked at side by side.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod whole_window;

use egui_kittest::kittest::Queryable as _;
use mapsto::app::command::Command;
use mapsto::app::view::Workspace;
use mapsto::network::{Edit, Kind, Layer, template};
use whole_window::Window;

#[test]
fn a_template_is_compared_and_taken() {
    let mut window = Window::new();
    window.send(Command::Go(Workspace::Build));
    window.click("Compare");
    window.click("Template");
    window.click("Small colour CNN");
    window.until("the comparison", |view| view.comparison.is_some());
    // Of the input the size differs; the third convolution is this network's alone.
    for name in [
        "Compared input, different",
        "Compared conv2d_3, different",
        "Compared flatten_1, the same",
    ] {
        assert!(
            window.harness.query_all_by_label(name).next().is_some(),
            "{name}"
        );
    }
    window.harness.get_by_label("Only differences").click();
    window.harness.run_steps(3);
    let same = window
        .harness
        .query_all_by_label("Compared flatten_1, the same");
    assert_eq!(same.count(), 0);

    window.click("Use the other network");
    let wanted = template("colour-cnn").unwrap().graph(Some(10));
    assert_eq!(*window.view().editor.graph(), wanted);
    window.until("nothing differs any more", |view| {
        view.comparison
            .is_some_and(|shown| shown.pairs.iter().all(|pair| pair.same()))
    });
    // An edit is compared at once.
    window.send(Command::Edit(Edit::Insert {
        at: 2,
        layer: Layer::new(Kind::Dropout),
    }));
    window.until("the new layer", |view| {
        view.comparison
            .is_some_and(|shown| shown.pairs.iter().any(|pair| pair.right.is_none()))
    });
    window.click("Close the comparison");
    assert!(window.view().comparison.is_none());
}

#[test]
fn what_cannot_be_read_is_told() {
    let mut window = Window::new();
    let path = window.home.path().join("network.toml");
    std::fs::write(&path, "[[layers]]\nkind = \"conv\"\n").unwrap();
    let other = mapsto::app::comparison::Other::File(path);
    window.send(Command::Compare(Some(other)));
    window.until("a word about it", |view| !view.notices.is_empty());
    assert!(
        window.told().join(" ").contains("line 2"),
        "{:?}",
        window.told()
    );
    assert!(window.view().comparison.is_none());
}
