//! The controls of Data one by one: balance, ready-made policies, mixed images, other images, the look for copies, files
//! that move, marks of what is changed; and mending where a mistake is looked at.

use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::kittest::{Queryable as _, by};
use mapsto::app::command::Command;
use mapsto::app::desk::{DataChange, DataTab};
use mapsto::app::panels::data::DataPanel;
use mapsto::app::view::{Dialog, Workspace};
use mapsto::dataset::Policy;
use std::sync::Arc;

use super::panels_world::World;
use super::panels_world::stage::{Stage, commands};
use super::whole_window::{Window, ready, yes};
use super::{excluded, leaves_out, window};

fn tick(window: &mut Window, name: &str) {
    let found = by().role(Role::CheckBox).label(name);
    window.harness.get(found).click();
    window.harness.run_steps(3);
}

fn figure(window: &mut Window, name: &str, value: f64) {
    let name = format!("{name}, figure");
    let found = by().role(Role::SpinButton).label(&name);
    window.harness.get(found).set_value_accesskit(value);
    window.harness.run_steps(3);
}

fn pick(window: &mut Window, list: &str, entry: &str) {
    let found = by().role(Role::ComboBox).label(list);
    // It may stand below what is visible of its column, and its list may be open still.
    for _ in 0..2 {
        if window.harness.query_by_label(entry).is_none() {
            window.harness.get(found.clone()).click_accesskit();
            window.harness.run_steps(3);
        }
    }
    window.harness.get_by_label(entry).click_accesskit();
    window.harness.run_steps(3);
}

#[test]
fn each_control_of_balance_goes_into_the_recipe_and_tells_how_long_an_epoch_is() {
    let (mut window, _) = window();
    window.click("Balance");
    tick(&mut window, "Class weights in the loss");
    assert!(window.view().recipe.balance.class_weights);
    assert!(window.shows("what they count for in the loss of an epoch"));
    let train: Vec<usize> = {
        let view = window.view();
        let (data, splits) = view.data.ready().unwrap();
        let of = |class: usize| {
            let images = splits.train.iter();
            images
                .filter(|&&index| data.images[index].class == class)
                .count()
        };
        (0..2).map(of).collect()
    };
    assert!(window.shows(&format!("An epoch shows {} images", train[0] + train[1])));
    tick(&mut window, "Over-sampling");
    assert!(window.view().recipe.balance.oversample);
    let most = 2 * train[0].max(train[1]);
    assert!(window.shows(&format!("An epoch shows {most} images")));
    figure(&mut window, "Focal loss γ", 2.0);
    assert!((window.view().recipe.balance.focal_gamma - 2.0).abs() < 1e-9);
}

#[test]
fn ready_made_policies_are_chosen_and_rand_augment_has_its_two_figures() {
    let (mut window, _) = window();
    window.click("Prepare");
    pick(&mut window, "Policy", "RandAugment");
    assert!(matches!(
        window.view().recipe.augment.policy,
        Policy::RandAugment {
            count: 2,
            magnitude: 9
        }
    ));
    for (name, value) in [("Operations", 3.0), ("Magnitude", 5.0)] {
        let found = by().role(Role::SpinButton).label(name);
        window.harness.get(found).set_value_accesskit(value);
        window.harness.run_steps(3);
    }
    assert!(matches!(
        window.view().recipe.augment.policy,
        Policy::RandAugment {
            count: 3,
            magnitude: 5
        }
    ));
    window.until("draws", |view| {
        let preview = view.desk.preview.as_ref();
        preview.is_some_and(|preview| preview.rows.iter().all(|row| row.draws.len() == 6))
    });
    pick(&mut window, "Policy", "TrivialAugment");
    assert_eq!(window.view().recipe.augment.policy, Policy::TrivialAugment);
    assert!(!window.shows("Magnitude"), "it has no figures");
}

#[test]
fn mixed_images_are_drawn_with_the_shares_of_their_labels() {
    let (mut window, _) = window();
    window.click("Prepare");
    let mut recipe = window.view().recipe.clone();
    recipe.augment.mixup = 1.0;
    window.send(Command::SetRecipe(Box::new(recipe)));
    window.until("mixed images", |view| {
        let preview = view.desk.preview.as_ref();
        preview.is_some_and(|preview| {
            preview.rows.iter().all(|row| {
                row.draws.len() == 6
                    && row.draws.iter().all(|(_, mixed)| {
                        mixed.is_some_and(|mixed| mixed.other != row.index && mixed.own <= 1.0)
                    })
            })
        })
    });
    let (own, other, share) = {
        let view = window.view();
        let (data, _) = view.data.ready().unwrap();
        let preview = view.desk.preview.clone().unwrap();
        let found = preview.rows.iter().find_map(|row| {
            let draws = row.draws.iter();
            draws.filter_map(|(_, mixed)| *mixed).find_map(|mixed| {
                let (own, other) = (data.class_of(row.index), data.class_of(mixed.other));
                (own != other).then(|| (own.to_owned(), other.to_owned(), mixed.own))
            })
        });
        found.unwrap()
    };
    let share = (share * 100.0).round();
    let words = format!("{share:.0} % {own}, {:.0} % {other}", 100.0 - share);
    assert!(window.shows(&words), "{words}");
}

#[test]
fn other_images_are_shown_on_a_click() {
    let mut window = Window::new();
    window.send(Command::ShowData(DataTab::Prepare));
    let shown = |window: &Window| -> Vec<usize> {
        let view = window.view();
        let preview = view.desk.preview.as_ref();
        preview.map_or_else(Vec::new, |preview| {
            preview.rows.iter().map(|row| row.index).collect()
        })
    };
    window.until("a preview", |view| view.desk.preview.is_some());
    let before = shown(&window);
    window.click("Other images");
    let same = |view: &mapsto::app::view::View<'_>| {
        let rows = &view.desk.preview.as_ref().unwrap().rows;
        rows.iter().map(|row| row.index).eq(before.iter().copied())
    };
    window.until("others", |view| !same(view));
    assert_eq!(shown(&window).len(), before.len());
}

#[test]
fn the_look_for_copies_is_cancelled_by_its_button_and_can_be_made_later() {
    let mut world = World::with_classes(10);
    let progress = Arc::new(mapsto::dataset::Progress::default());
    world.desk.looking = Some(progress);
    world.desk.alike = None;
    let mut harness = Stage::harness(world, DataPanel::default());
    harness.get_by_label("Cancel the look for copies").click();
    harness.run_steps(2);
    assert!(matches!(&commands(&harness)[..], [Command::CancelJob]));

    let mut window = Window::new();
    window.until("the first look's end", |view| {
        view.desk.looking.is_none() && view.desk.alike.is_some()
    });
    window.send(Command::OpenData(mapsto::dataset::Source::Digits));
    window.until("a look", |view| {
        view.desk.looking.is_some() || view.desk.alike.is_some()
    });
    let looking = window.view().desk.looking.clone();
    if let Some(looking) = looking {
        window.send(Command::CancelJob);
        assert!(looking.cancelled());
        window.until("its end", |view| view.desk.looking.is_none());
        if window.view().desk.not_looked {
            window.send(Command::Go(Workspace::Data));
            window.click("Look for copies");
            window.until("the copies", |view| view.desk.alike.is_some());
        }
    }
}

#[test]
fn files_move_only_after_a_yes_and_go_back_with_their_changes() {
    let (mut window, folder) = window();
    let index = {
        let view = window.view();
        view.data.ready().unwrap().0.index_of("cats/5.png").unwrap()
    };
    let change = DataChange::Relabel(vec![index], "dogs".to_owned());
    window.send(Command::ChangeData(change));
    window.send(Command::Go(Workspace::Data));
    window.until("a dog", |view| {
        let (data, _) = view.data.ready().unwrap();
        data.index_of("cats/5.png")
            .is_some_and(|index| data.class_of(index) == "dogs")
    });
    let ask = |window: &mut Window| {
        window.click("Apply to files…");
        window.click("Move files…");
        assert!(matches!(
            window.view().dialog,
            Some(Dialog::Confirm { title, text, .. })
                if title == "Move 1 file?" && text.contains("Nothing is deleted")
        ));
    };
    ask(&mut window);
    window.click("Cancel");
    assert!(window.view().dialog.is_none());
    assert!(folder.join("cats/5.png").exists(), "no is no");
    ask(&mut window);
    let go = yes(&window);
    window.click(&go);
    window.until("the move", |view| view.desk.moved.is_some() && ready(view));
    assert!(!folder.join("cats/5.png").exists());
    let dogs = || std::fs::read_dir(folder.join("dogs")).unwrap().count();
    assert_eq!(dogs(), 7, "nothing is written over");
    window.click("Take the moves back");
    window.until("the file back", |view| {
        view.desk.moved.is_none() && ready(view) && !view.desk.changes.is_empty()
    });
    assert!(folder.join("cats/5.png").exists());
    assert_eq!(dogs(), 6);
    assert_eq!(window.view().desk.changes.relabelled["cats/5.png"], "dogs");
}

#[test]
fn changed_images_are_marked_in_the_grid() {
    let (mut window, _) = window();
    window.send(Command::ChangeData(DataChange::Exclude(vec![6])));
    let change = DataChange::Relabel(vec![5], "dogs".to_owned());
    window.send(Command::ChangeData(change));
    window.until("both changes", |view| {
        let (data, _) = view.data.ready().unwrap();
        data.images.iter().any(|image| image.excluded)
            && (0..data.len()).any(|index| data.class_before(index).is_some())
    });
    window.click("Show changed images");
    assert!(window.button("Image cats/copy.png, left out"));
    assert!(window.button("Image cats/5.png, was cats"));
}

/// A stopped run on the digits, with one of its mistakes looked at in Inspect; the file of that.
fn at_a_mistake() -> (Window, String) {
    let mut window = Window::new();
    window.train();
    window.until("figures of an epoch", |view| {
        view.shown.is_some_and(|shown| !shown.mistakes.is_empty())
    });
    window.stop();
    window.send(Command::Go(Workspace::Inspect));
    window.until("the run's mistakes", |view| {
        view.shown
            .is_some_and(|shown| !shown.live && !shown.mistakes.is_empty())
    });
    let shown = window.view().shown.unwrap();
    let row = shown.mistakes[0];
    let file = shown.evaluation.as_ref().unwrap().rows[row].file.clone();
    window.send(Command::Examine(Some(row)));
    (window, file)
}

#[test]
fn a_mistake_is_mended_in_inspect_and_taken_back_there() {
    let (mut window, file) = at_a_mistake();
    window.click("Exclude");
    window.until("left out", |view| !view.desk.changes.excluded.is_empty());
    assert_eq!(excluded(&window), std::slice::from_ref(&file));
    window.until("the new sets", leaves_out);
    window.press(Modifiers::COMMAND, Key::Z);
    assert!(
        window.view().desk.changes.is_empty(),
        "undo is of the data here"
    );
    window.until("in again", |view| {
        view.data
            .ready()
            .unwrap()
            .0
            .images
            .iter()
            .all(|image| !image.excluded)
    });
    let found = {
        let view = window.view();
        let (data, _) = view.data.ready().unwrap();
        data.class_of(data.index_of(&file).unwrap()).to_owned()
    };
    let class = if found == "4" { "5" } else { "4" };
    window.click("Relabel…");
    window.click(&format!("Relabel as {class}"));
    assert_eq!(window.view().desk.changes.relabelled[&file], class);
    window.until("the new label", |view| {
        let (data, _) = view.data.ready().unwrap();
        data.index_of(&file)
            .is_some_and(|index| data.class_of(index) == class)
    });
    window.click("Restore");
    assert!(window.view().desk.changes.is_empty());
}
