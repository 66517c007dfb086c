//! What the tabs of Data show: previews, balance, a thousand classes; and a mistake looked at in Inspect.

use egui::accesskit::Role;
use egui_kittest::kittest::{Queryable as _, by};
use mapsto::app::command::Command;
use mapsto::app::desk::{DataChange, DataTab};
use mapsto::app::panels::data::DataPanel;
use mapsto::app::panels::inspect::InspectPanel;
use mapsto::dataset::{Normalise, Resize};

use super::panels_world::World;
use super::panels_world::stage::{Stage, commands};
use super::window;

#[test]
fn augmentation_is_set_by_slider_and_seen_on_real_images() {
    let (mut window, _) = window();
    window.click("Prepare");
    window.until("a preview", |view| view.desk.preview.is_some());
    assert!(
        window
            .view()
            .desk
            .preview
            .as_ref()
            .unwrap()
            .rows
            .iter()
            .all(|row| row.draws.is_empty())
    );
    window
        .harness
        .get(by().role(Role::SpinButton).label("Rotate, figure"))
        .set_value_accesskit(30.0);
    window.harness.run_steps(3);
    assert!((window.view().recipe.augment.rotate - 30.0).abs() < 0.01);
    window.until("draws", |view| {
        let preview = view.desk.preview.as_ref().unwrap();
        preview.rows.len() == 4 && preview.rows.iter().all(|row| row.draws.len() == 6)
    });
    window.click("Switch all off");
    assert!(window.view().recipe.augment.is_off());
}

#[test]
fn resizing_and_normalising_go_into_the_recipe() {
    let mut world = World::with_classes(10);
    world.desk.tab = DataTab::Prepare;
    let mut harness = Stage::harness(world, DataPanel::default());
    harness
        .get_by_role_and_label(Role::ComboBox, "Resize")
        .click();
    harness.run_steps(3);
    harness.get_by_label("Fit with bars").click();
    harness.run_steps(2);
    harness
        .get_by_role_and_label(Role::ComboBox, "Normalise")
        .click();
    harness.run_steps(3);
    harness.get_by_label("by these images").click();
    harness.run_steps(2);
    let asked = commands(&harness);
    let fitted = |command: &Command| matches!(command, Command::SetRecipe(recipe) if recipe.preprocess.resize == Resize::Fit);
    let normalised = |command: &Command| matches!(command, Command::SetRecipe(recipe) if recipe.preprocess.normalise == Normalise::Statistics);
    assert!(
        asked.iter().any(fitted) && asked.iter().any(normalised),
        "{asked:?}"
    );
}

#[test]
fn balance_shows_what_each_means_does_to_the_classes() {
    let mut world = World::with_classes(100);
    world.desk.tab = DataTab::Balance;
    world.recipe.balance.class_weights = true;
    let mut harness = Stage::harness(world, DataPanel::default());
    assert!(harness.query_all_by_label_contains("→").count() > 5);
    harness.get_by_label("Over-sampling").click();
    harness.run_steps(2);
    let asked = commands(&harness);
    assert!(
        matches!(&asked[..], [Command::SetRecipe(recipe), ..] if recipe.balance.oversample),
        "{asked:?}"
    );
}

#[test]
fn a_thousand_classes_are_searched_and_only_what_is_seen_is_drawn() {
    for tab in [DataTab::Health, DataTab::Sets, DataTab::Balance] {
        let hidden = match tab {
            DataTab::Health => "Open class aeroplane",
            _ => "aeroplane",
        };
        let mut world = World::with_classes(1_000);
        world.desk.tab = tab;
        let mut harness = Stage::harness(world, DataPanel::default());
        harness.get_by_label("Search classes").focus();
        harness.run_steps(1);
        harness.get_by_label("Search classes").type_text("frog 104");
        harness.run_steps(3);
        assert!(
            harness.query_all_by_label_contains("frog 104").count() >= 1,
            "{tab:?}"
        );
        assert_eq!(
            harness.query_all_by_label_contains(hidden).count(),
            0,
            "{tab:?}"
        );
        harness.check_accessibility();
    }
}

#[test]
fn a_mistake_is_excluded_or_relabelled_where_it_is_looked_at() {
    let mut world = World::with_classes(10).evaluated();
    let evaluation = world.evaluation().clone();
    let place = evaluation
        .rows
        .iter()
        .position(|row| !row.is_right())
        .unwrap();
    let row = &evaluation.rows[place];
    let index = world.dataset().index_of(&row.file).unwrap();
    let predicted = evaluation.classes[row.predicted].clone();
    let shown = world.shown.as_mut().unwrap();
    shown.examined = Some((place, None));
    let mut harness = Stage::harness(world, InspectPanel::default());
    harness.get_by_label("Exclude").click();
    harness.run_steps(2);
    harness
        .get_by_label(&format!("Relabel as {predicted}"))
        .click();
    harness.run_steps(2);
    let asked = commands(&harness);
    let [Command::ChangeData(first), Command::ChangeData(second)] = &asked[..] else {
        panic!("{asked:?}")
    };
    assert_eq!(*first, DataChange::Exclude(vec![index]));
    assert_eq!(*second, DataChange::Relabel(vec![index], predicted));
}
