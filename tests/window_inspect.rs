//! The Inspect workspace, driven by its accessible names on a made-up project.

mod panels_world;

use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use mapsto::app::command::Command;
use mapsto::app::panels::inspect::InspectPanel;
use mapsto::app::view::{Tried, Workspace};
use mapsto::results::mistakes;
use panels_world::stage::{Stage, commands};
use panels_world::{World, explained, shown};

/// The fullest cell beside the diagonal, and its name.
fn worst_cell(world: &World) -> (usize, usize, String) {
    let confusion = world.evaluation().confusion();
    let cell = confusion.worst_cells(1)[0];
    let (t, p) = (cell.truth, cell.predicted);
    let share = 100.0 * cell.count as f64
        / (0..confusion.len())
            .map(|p| confusion.at(t, p))
            .sum::<u64>() as f64;
    let (tn, pn) = (&confusion.classes()[t], &confusion.classes()[p]);
    (
        t,
        p,
        format!(
            "true {tn}, predicted {pn}: {} ({share:.1} % of {tn})",
            cell.count
        ),
    )
}

#[test]
fn a_click_on_a_cell_lists_its_images_most_confident_first() {
    let world = World::with_classes(10).evaluated();
    let (truth, predicted, name) = worst_cell(&world);
    let evaluation = world.evaluation().clone();
    let mut harness = Stage::harness(world, InspectPanel::default());
    harness.get_by_label(&name).click();
    harness.run_steps(3);
    harness.get_by_label(&format!(
        "True {}, predicted {}",
        evaluation.classes[truth], evaluation.classes[predicted]
    ));
    let wanted = mistakes::of_cell(&evaluation, truth, predicted);
    assert!(wanted.len() > 1);
    let mut last = (f32::NEG_INFINITY, f32::NEG_INFINITY);
    for row in &wanted {
        let row = &evaluation.rows[*row];
        let sure = row.confidence() * 100.0;
        let label = format!(
            "{}, true {}, predicted {}, {sure:.0}%",
            row.file, evaluation.classes[truth], evaluation.classes[predicted]
        );
        let rect = harness.get_by_label(&label).rect();
        // In reading order: below the last one, or at its right.
        assert!(
            rect.top() > last.0 + 1.0 || rect.left() > last.1 + 1.0,
            "{label} is out of order"
        );
        last = (rect.top(), rect.left());
    }
    let cards = harness
        .query_all_by_role(egui::Role::Button)
        .filter(|node| {
            node.accesskit_node()
                .label()
                .is_some_and(|label| label.ends_with('%'))
        });
    assert_eq!(cards.count(), wanted.len());
}

#[test]
fn keys_move_in_the_matrix_and_in_the_grid() {
    let world = World::with_classes(10).evaluated();
    let (truth, predicted, name) = worst_cell(&world);
    let evaluation = world.evaluation().clone();
    let wanted = mistakes::of_cell(&evaluation, truth, predicted);
    let mut harness = Stage::harness(world, InspectPanel::default());
    harness.get_by_label(&name).click();
    harness.run_steps(2);
    harness.key_press(egui::Key::Enter);
    harness.run_steps(2);
    harness.key_press(egui::Key::ArrowRight);
    harness.run_steps(2);
    let asked = commands(&harness);
    let rows: Vec<usize> = asked
        .iter()
        .filter_map(|command| match command {
            Command::Examine(row) => *row,
            _ => None,
        })
        .collect();
    assert_eq!(rows, wanted[..2], "{asked:?}");
    harness.key_press(egui::Key::Escape);
    harness.run_steps(2);
    harness.get_by_label("All mistakes, most confident first");
}

#[test]
fn arrows_move_the_chosen_cell() {
    let world = World::with_classes(10).evaluated();
    let (truth, predicted, name) = worst_cell(&world);
    let classes = world.evaluation().classes.clone();
    let mut harness = Stage::harness(world, InspectPanel::default());
    harness.get_by_label(&name).click();
    harness.run_steps(2);
    harness.key_press(egui::Key::ArrowLeft);
    harness.run_steps(2);
    let to = predicted.saturating_sub(1);
    harness.get_by_label(&format!(
        "True {}, predicted {}",
        classes[truth], classes[to]
    ));
}

#[test]
fn the_class_table_sorts_by_recall() {
    let world = World::with_classes(10).evaluated();
    let mut figures = world.evaluation().confusion().per_class();
    figures.sort_by(|a, b| a.recall.total_cmp(&b.recall));
    let mut harness = Stage::harness(world, InspectPanel::default());
    harness.get_by_label("Sort by recall").click();
    harness.run_steps(2);
    let place = |harness: &Harness<'_, Stage>, class: &str| {
        harness
            .get_by_label(&format!("Mistakes of class {class}"))
            .rect()
            .top()
    };
    let (worst, next) = (figures[0].class.clone(), figures[2].class.clone());
    assert!(place(&harness, &worst) < place(&harness, &next));
    harness.get_by_label("Sort by recall").click();
    harness.run_steps(2);
    let best = figures[9].class.clone();
    let second = figures[7].class.clone();
    assert!(place(&harness, &best) < place(&harness, &second));
}

#[test]
fn a_thousand_classes_have_one_matrix_that_can_be_clicked() {
    let world = World::with_classes(1_000).evaluated();
    let mut harness = Stage::harness(world, InspectPanel::default());
    let cells = harness.get_by_label("Cells of the confusion matrix, 1000 by 1000");
    assert!(cells.rect().width() > 100.0);
    for _ in 0..9 {
        harness.get_by_label("Zoom in").click();
        harness.run_steps(3);
    }
    // The cell in the upper left corner that shows.
    let rect = harness
        .get_by_label("Cells of the confusion matrix, 1000 by 1000")
        .rect();
    let at = rect.min + egui::vec2(3.0, 3.0);
    harness.hover_at(at);
    harness.run_steps(1);
    harness.drag_at(at);
    harness.drop_at(at);
    harness.run_steps(3);
    harness.get_by_label("True cat, predicted cat");
}

#[test]
fn the_mistakes_made_most_often_among_a_thousand_classes_are_listed_and_all_cells_fit() {
    let world = World::with_classes(1_000).evaluated();
    let cell = world.evaluation().confusion().worst_cells(1)[0];
    let classes = world.evaluation().classes.clone();
    let mut harness = Stage::harness(world, InspectPanel::default());
    let cells = harness.get_by_label("Cells of the confusion matrix, 1000 by 1000");
    assert!(cells.rect().width() < 640.0, "all of it is seen");
    harness.get_by_label("Most confused…").click();
    harness.run_steps(3);
    let (truth, predicted) = (&classes[cell.truth], &classes[cell.predicted]);
    let name = format!("{truth} → {predicted} · {}", cell.count);
    harness.get_by_label(&name).click();
    harness.run_steps(3);
    harness.get_by_label(&format!("True {truth}, predicted {predicted}"));
}

#[test]
fn what_is_not_evaluated_says_why_and_offers_to() {
    let mut world = World::with_classes(10);
    world.shown = Some(shown("0015-digits-cnn", false));
    let mut harness = Stage::harness(world, InspectPanel::default());
    harness.get_by_label("Evaluate").click();
    harness.run_steps(2);
    assert!(matches!(commands(&harness)[..], [Command::Evaluate]));

    let mut harness = Stage::harness(World::with_classes(10), InspectPanel::default());
    harness.get_by_label("Go to Train").click();
    harness.run_steps(2);
    assert!(matches!(
        commands(&harness)[..],
        [Command::Go(Workspace::Train)]
    ));
}

#[test]
fn the_pictures_tried_show_predictions_and_errors() {
    let mut world = World::with_classes(10).evaluated();
    let classes = world.evaluation().classes.clone();
    let tried = |name: &str, answer| Tried {
        name: name.to_owned(),
        texture: None,
        answer,
    };
    world.tried = vec![
        tried("/home/me/seven.png", Some(Ok(explained(&classes, 7)))),
        tried("/home/me/notes.txt", Some(Err("is no image".to_owned()))),
        tried("/home/me/big.png", None),
    ];
    let mut harness = Stage::harness(world, InspectPanel::default());
    harness.get_by_label("/home/me/notes.txt: is no image");
    harness.get_by_label("/home/me/big.png: waiting");
    harness
        .get_by_label("/home/me/seven.png: 7, 98.0 %")
        .click();
    harness.run_steps(2);
    harness.get_by_label("Clear").click();
    harness.run_steps(2);
    let asked = commands(&harness);
    assert!(
        matches!(
            asked[..],
            [Command::ExamineTried(Some(0)), Command::ClearTried]
        ),
        "{asked:?}"
    );
}

#[test]
fn without_a_model_trying_says_so() {
    let mut harness = Stage::harness(World::with_classes(10), InspectPanel::default());
    harness.get_by_label("Try an image").click();
    harness.run_steps(2);
    harness.get_by_label_contains("train a network first");
    let button = harness.get_by_label("Choose pictures…");
    assert!(button.accesskit_node().is_disabled());
}
