//! Promise: everything that is wrong with a folder is told with its images and what to do; every change of the data is
//! a step that can be taken back, stays in the project, and touches no file until the user says so.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "window_data/fixing.rs"]
mod fixing;
mod panels_world;
#[path = "window_data/shown.rs"]
mod shown;
#[path = "window_data/since.rs"]
mod since;
mod whole_window;

use std::path::{Path, PathBuf};

use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::kittest::{Queryable as _, by};
use mapsto::app::command::Command;
use mapsto::app::desk::DataChange;
use mapsto::app::view::{Dialog, View};
use mapsto::dataset::{Group, Layout, Source};
use mapsto::project::load;
use whole_window::{Window, ready, yes};

/// Two classes of six pictures that do not look alike; `cats/copy.png` is a copy of `cats/0.png`.
fn pets(root: &Path) -> PathBuf {
    let root = root.join("pets");
    for (class, name) in ["cats", "dogs"].into_iter().enumerate() {
        let folder = root.join(name);
        std::fs::create_dir_all(&folder).unwrap();
        for number in 0..6_u32 {
            let seed = class as u32 * 100 + number;
            let image = image::RgbImage::from_fn(24, 24, |x, y| {
                let block = (x / 6 + 7 * (y / 6) + 31 * seed).wrapping_mul(2_654_435_761) >> 13;
                image::Rgb([block as u8, (block >> 3) as u8, (block >> 6) as u8])
            });
            image.save(folder.join(format!("{number}.png"))).unwrap();
        }
    }
    std::fs::copy(root.join("cats/0.png"), root.join("cats/copy.png")).unwrap();
    root
}

/// A window on such a folder, once its health is told with the copies.
fn window() -> (Window, PathBuf) {
    let mut window = Window::new();
    let folder = pets(window.home.path());
    window.send(Command::OpenData(Source::Folder(folder.clone())));
    window.until("the pets", ready);
    window.until("their health", |view| view.desk.alike.is_some());
    (window, folder)
}

/// Whether the images that are there leave one out.
fn leaves_out(view: &View<'_>) -> bool {
    let (data, _) = view.data.ready().unwrap();
    data.images.iter().any(|image| image.excluded)
}

fn excluded(window: &Window) -> Vec<String> {
    window
        .view()
        .desk
        .changes
        .excluded
        .iter()
        .cloned()
        .collect()
}

fn images_in_sets(window: &Window) -> usize {
    let view = window.view();
    let (_, splits) = view.data.ready().unwrap();
    splits.train.len() + splits.validation.len() + splits.test.len()
}

#[test]
fn a_finding_opens_its_images_and_its_action_is_a_step_that_can_be_undone() {
    let (mut window, _) = window();
    let health = window.view().desk.health.clone().unwrap();
    assert!(window.shows(&format!("Health {} of 100", health.score)));
    let title = "1 file is an exact copy of another";
    window.click(&format!("Show: {title}"));
    assert!(window.shows("Group 1"));
    assert!(window.button("Image cats/copy.png") && window.button("Image cats/0.png"));
    window.click(&format!("Exclude 1: {title}"));
    window.until("the copy left out", |view| {
        let (data, _) = view.data.ready().unwrap();
        data.images.iter().filter(|image| image.excluded).count() == 1
    });
    assert_eq!(images_in_sets(&window), 12);
    window.until("the new report", |view| {
        let health = view.desk.health.as_ref().unwrap();
        health.findings.iter().all(|finding| finding.title != title)
    });
    let better = window.view().desk.health.clone().unwrap();
    assert!(
        better.score > health.score,
        "{} {}",
        better.score,
        health.score
    );
    window.click("Undo exclude 1 image");
    window.until("the copy back", |view| {
        let (data, _) = view.data.ready().unwrap();
        data.images.iter().all(|image| !image.excluded)
    });
    window.click("Redo exclude 1 image");
    window.until("the copy left out again", leaves_out);
}

#[test]
fn an_accepted_finding_takes_nothing_off_the_score_and_can_count_again() {
    let (mut window, _) = window();
    let title = "1 file is an exact copy of another";
    let before = window.view().desk.health.as_ref().unwrap().score;
    window.click(&format!("Accept: {title}"));
    window.until("a better score", |view| {
        view.desk.health.as_ref().unwrap().score > before
    });
    window.click("Accepted findings (1)");
    let again = format!("Count it again: {title}");
    let again = by().role(Role::Button).label(&again);
    // It stands at the end of the column.
    window.harness.get(again).click_accesskit();
    window.harness.run_steps(3);
    window.until("the score of before", |view| {
        view.desk.health.as_ref().unwrap().score == before
    });
}

#[test]
fn images_are_chosen_with_shift_and_ctrl_excluded_by_key_and_restored() {
    let (mut window, _) = window();
    window.click("Open class dogs, 6 images");
    window.click("Image dogs/1.png");
    assert!(window.shows("1 chosen"));
    let with = |window: &mut Window, modifiers, name: &str| {
        window
            .harness
            .get(by().role(Role::Button).label(name))
            .click_modifiers(modifiers);
        window.harness.run_steps(3);
    };
    with(&mut window, Modifiers::SHIFT, "Image dogs/3.png");
    assert!(window.shows("3 chosen"));
    with(&mut window, Modifiers::COMMAND, "Image dogs/2.png");
    assert!(window.shows("2 chosen"));
    window.press(Modifiers::NONE, Key::Delete);
    window.until("two left out", |view| {
        view.data.ready().unwrap().0.counts().len() == 2 && {
            view.data
                .ready()
                .unwrap()
                .0
                .images
                .iter()
                .filter(|image| image.excluded)
                .count()
                == 2
        }
    });
    assert_eq!(excluded(&window), ["dogs/1.png", "dogs/3.png"]);
    assert!(window.button("Image dogs/1.png, left out"));
    window.press(Modifiers::COMMAND, Key::A);
    window.click("Restore");
    window.until("all back", |view| view.desk.changes.is_empty());
    window.press(Modifiers::COMMAND, Key::Z);
    assert_eq!(excluded(&window).len(), 2);
}

#[test]
fn a_relabelled_image_is_of_its_new_class_and_stays_so_in_the_project_file() {
    let (mut window, folder) = window();
    window.click("Open class cats, 7 images");
    window.click("Image cats/5.png");
    window.click("Relabel…");
    window.click("Relabel as dogs");
    window.until("a dog", |view| {
        let (data, _) = view.data.ready().unwrap();
        let index = data.index_of("cats/5.png").unwrap();
        data.class_of(index) == "dogs" && data.class_before(index) == Some("cats")
    });
    let file = window.home.path().join("mine.mapsto");
    window.send(Command::SaveProjectAs(Some(file.clone())));
    window.until("the file", |view| !view.unsaved);
    assert_eq!(
        load(&file).unwrap().changes.relabelled["cats/5.png"],
        "dogs"
    );
    assert!(folder.join("cats/5.png").exists(), "no file is touched");
    window.send(Command::NewProject);
    window.until("a new project", |view| {
        view.project_path.is_none() && view.desk.changes.is_empty()
    });
    window.send(Command::OpenProject(Some(file)));
    window.until("the relabelled image again", |view| {
        view.data.ready().is_some_and(|(data, _)| {
            data.index_of("cats/5.png")
                .is_some_and(|index| data.class_of(index) == "dogs")
        })
    });
}

#[test]
fn too_few_classes_are_refused_and_the_step_is_taken_back() {
    let (mut window, _) = window();
    let dogs: Vec<usize> = (7..13).collect();
    window.send(Command::ChangeData(DataChange::Exclude(dogs)));
    window.until("the refusal", |view| {
        view.notices.iter().any(|notice| notice.error)
    });
    assert!(window.view().desk.changes.is_empty());
    assert_eq!(images_in_sets(&window), 13);
}

#[test]
fn a_copy_and_moves_of_files_are_asked_for_done_and_taken_back() {
    let (mut window, folder) = window();
    window.send(Command::ChangeData(DataChange::Exclude(vec![6])));
    window.until("one left out", leaves_out);
    let target = window.home.path().join("written");
    window.send(Command::CopyData(Some(target.clone())));
    window.until("the copy", |view| view.desk.applying.is_none());
    assert_eq!(std::fs::read_dir(target.join("cats")).unwrap().count(), 6);
    window.click("Apply to files…");
    window.click("Move files…");
    assert!(
        matches!(window.view().dialog, Some(Dialog::Confirm { title, .. }) if title == "Move 1 file?")
    );
    assert!(folder.join("cats/copy.png").exists(), "asks first");
    let go = yes(&window);
    window.click(&go);
    window.until("the move", |view| view.desk.moved.is_some() && ready(view));
    assert!(!folder.join("cats/copy.png").exists());
    assert!(window.view().desk.changes.is_empty());
    window.click("Take the moves back");
    window.until("the file back", |view| {
        view.desk.moved.is_none() && !view.desk.changes.is_empty() && ready(view)
    });
    assert!(folder.join("cats/copy.png").exists());
    assert_eq!(excluded(&window), ["cats/copy.png"]);
}

#[test]
fn the_level_of_the_class_is_chosen_and_kept() {
    let mut window = Window::new();
    let root = window.home.path().join("deep");
    for (number, name) in ["a/red", "a/blue", "b/green", "b/white"]
        .into_iter()
        .enumerate()
    {
        std::fs::create_dir_all(root.join(name)).unwrap();
        for picture in 0..3_u8 {
            let grey = image::GrayImage::from_fn(8, 8, |x, y| {
                image::Luma([(x as u8 * 20) ^ (y as u8 * 11) ^ (number as u8 * 50 + picture * 9)])
            });
            grey.save(root.join(name).join(format!("{picture}.png")))
                .unwrap();
        }
    }
    window.send(Command::OpenData(Source::Folder(root)));
    window.until("the pictures", |view| {
        view.data
            .ready()
            .is_some_and(|(data, _)| data.layouts.len() > 1)
    });
    let other = {
        let view = window.view();
        let (data, _) = view.data.ready().unwrap();
        let other = data.layouts.iter().find(|choice| !choice.chosen).unwrap();
        (other.layout.clone(), other.classes)
    };
    window
        .harness
        .get(by().role(Role::ComboBox).label("Class is"))
        .click();
    window.harness.run_steps(3);
    let text = format!("{} classes", other.1);
    window
        .harness
        .get(by().role(Role::Button).label_contains(&text))
        .click();
    window.harness.run_steps(3);
    window.until("the other reading", |view| {
        view.data
            .ready()
            .is_some_and(|(data, _)| data.classes.len() == other.1)
    });
    assert_eq!(window.view().desk.layout, Some(other.0.clone()));
    let file = window.home.path().join("deep.mapsto");
    window.send(Command::SaveProjectAs(Some(file.clone())));
    window.until("the file", |view| !view.unsaved);
    assert!(matches!(
        load(&file).unwrap().layout,
        Some(Layout::Folders { .. })
    ));
    assert_eq!(load(&file).unwrap().layout, Some(other.0));
    window.click("As found");
    window.until("the first reading", |view| {
        ready(view) && view.desk.layout.is_none()
    });
}

#[test]
fn a_dropped_archive_is_opened_as_data() {
    let mut window = Window::new();
    let folder = pets(window.home.path());
    let tar = window.home.path().join("pets.tar");
    let made = std::process::Command::new("tar")
        .arg("-cf")
        .arg(&tar)
        .arg("-C")
        .arg(&folder)
        .arg(".")
        .status();
    assert!(made.unwrap().success());
    window.drop_on(&[&tar]);
    window.until("the archive", |view| {
        view.data
            .ready()
            .is_some_and(|(data, _)| data.len() == 13 && data.root().is_none())
    });
}

#[test]
fn folds_are_dealt_and_shown_and_a_bad_pattern_is_told_without_losing_the_images() {
    let (mut window, _) = window();
    window.click("Sets");
    window
        .harness
        .get_by_label("Deal the images to folds")
        .click();
    window.harness.run_steps(3);
    window.until("folds", |view| {
        view.desk
            .folds
            .first()
            .is_some_and(|folds| folds.len() == 5)
    });
    assert!(window.shows("fold 5"));
    let dealt: usize = window.view().desk.folds.iter().flatten().sum();
    let test = window.view().data.ready().unwrap().1.test.len();
    assert_eq!(dealt + test, 13);
    let mut recipe = window.view().recipe.clone();
    recipe.split.group = Group::Pattern("(".to_owned());
    window.send(Command::SetRecipe(Box::new(recipe.clone())));
    window.until("the fault", |view| view.desk.split_fault.is_some());
    assert!(ready(&window.view()));
    window.until("no training by it", |view| view.train_blocked.is_some());
    recipe.split.group = Group::Single;
    window.send(Command::SetRecipe(Box::new(recipe)));
    window.until("no fault", |view| view.desk.split_fault.is_none());
}
