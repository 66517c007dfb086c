//! The Data and Train workspaces, driven by their accessible names on a made-up project; and that every
//! panel draws whatever the project holds.

mod panels_world;

use std::sync::Arc;

use egui_kittest::kittest::{NodeT as _, Queryable as _};
use mapsto::app::command::Command;
use mapsto::app::panels::{data::DataPanel, inspect::InspectPanel, train::TrainPanel};
use mapsto::app::view::{Data, Panel};
use mapsto::dataset::{Progress, Source};
use mapsto::training::Phase;
use panels_world::World;
use panels_world::stage::{Stage, commands};

/// Names what is made, and makes it.
type Named<T> = (&'static str, fn() -> T);

fn panels() -> [Named<Box<dyn Panel>>; 3] {
    [
        ("data", || Box::new(DataPanel::default())),
        ("train", || Box::new(TrainPanel::default())),
        ("inspect", || Box::new(InspectPanel::default())),
    ]
}

struct Boxed(Box<dyn Panel>);

impl Panel for Boxed {
    fn show(
        &mut self,
        ui: &mut egui::Ui,
        view: &mapsto::app::view::View<'_>,
        commands: &mut Vec<Command>,
    ) {
        self.0.show(ui, view, commands);
    }
}

fn scanning() -> World {
    let progress = Arc::new(Progress::default());
    progress.begin(5_000);
    progress.advance(1_800);
    let source = Source::parse("/home/me/images/cats and dogs");
    let mut world = World::empty();
    world.source = Some(source.clone());
    world.data = Data::Scanning { source, progress };
    world
}

fn refused() -> World {
    let source = Source::parse("/home/me/empty");
    let mut world = World::empty();
    world.source = Some(source.clone());
    let message =
        "/home/me/empty has no class folders. Put each class in a folder of its own".to_owned();
    world.data = Data::Failed { source, message };
    world
}

#[test]
fn every_panel_draws_whatever_the_project_holds() {
    let worlds: [Named<World>; 9] = [
        ("nothing", World::empty),
        ("a scan", scanning),
        ("a refusal", refused),
        ("2 classes", || World::with_classes(2).training()),
        ("10 classes", || World::with_classes(10).evaluated()),
        ("100 classes", || World::with_classes(100).evaluated()),
        ("1,000 classes", || World::with_classes(1_000).evaluated()),
        ("a training", || World::with_classes(1_000).training()),
        ("no data but a run", || World {
            shown: World::with_classes(10).evaluated().shown,
            ..World::empty()
        }),
    ];
    for (what, world) in worlds {
        for (name, panel) in panels() {
            let harness = Stage::harness(world(), Boxed(panel()));
            // Names of all controls are checked here; drawing must not ask for anything by itself.
            harness.check_accessibility();
            let asked = commands(&harness);
            assert!(asked.is_empty(), "{name} on {what} asked for {asked:?}");
        }
    }
}

#[test]
fn only_visible_thumbnails_are_asked_for() {
    let mut harness = Stage::harness(World::with_classes(1_000), DataPanel::default());
    harness.run_steps(1);
    let images = harness
        .query_all_by_role(egui::Role::Button)
        .filter(|node| {
            node.accesskit_node()
                .label()
                .is_some_and(|label| label.starts_with("Image "))
        });
    let count = images.count();
    assert!(
        (10..600).contains(&count),
        "{count} thumbnails for a window of 1280×800"
    );
}

#[test]
fn a_click_on_a_thumbnail_pins_the_image() {
    let mut harness = Stage::harness(World::with_classes(10), DataPanel::default());
    let (file, index) = {
        let data = harness.state().world.dataset();
        (data.images[0].file.clone(), 0)
    };
    harness.get_by_label(&format!("Image {file}")).click();
    harness.run_steps(2);
    assert!(matches!(commands(&harness)[..], [Command::Pin(pinned)] if pinned == index));
}

#[test]
fn a_class_opens_to_all_its_images_and_closes_again() {
    let mut harness = Stage::harness(World::with_classes(10), DataPanel::default());
    harness.get_by_label("Open class 3, 1,032 images").click();
    harness.run_steps(3);
    let first = harness
        .state()
        .world
        .dataset()
        .images
        .iter()
        .find(|image| image.class == 3)
        .map(|image| image.file.clone());
    let first = first.expect("an image of class 3");
    harness.get_by_label(&format!("Image {first}"));
    harness.get_by_label("← All classes").click();
    harness.run_steps(3);
    harness.get_by_label("Open class 4, 980 images");
}

#[test]
fn a_typed_path_opens_the_folder() {
    let mut harness = Stage::harness(World::empty(), DataPanel::default());
    let field = harness.get_by_label("Path of a folder, then Enter");
    field.focus();
    harness.run_steps(1);
    harness
        .get_by_label("Path of a folder, then Enter")
        .type_text("/tmp/My cats");
    harness.run_steps(1);
    harness.key_press(egui::Key::Enter);
    harness.run_steps(2);
    let asked = commands(&harness);
    let wanted = Source::parse("/tmp/My cats");
    assert!(
        matches!(&asked[..], [Command::OpenData(source)] if *source == wanted),
        "{asked:?}"
    );
}

#[test]
fn a_scan_can_be_cancelled_and_a_refusal_tried_again() {
    let mut harness = Stage::harness(scanning(), DataPanel::default());
    harness.get_by_label("Cancel").click();
    harness.run_steps(2);
    assert!(matches!(commands(&harness)[..], [Command::CancelJob]));

    let mut harness = Stage::harness(refused(), DataPanel::default());
    harness.get_by_label("Try again").click();
    harness.run_steps(2);
    assert!(matches!(
        commands(&harness)[..],
        [Command::OpenData(Source::Folder(_))]
    ));
}

#[test]
fn files_left_out_are_listed_by_reason() {
    let mut harness = Stage::harness(World::with_classes(10), DataPanel::default());
    assert!(harness.query_by_label("3/0042.jpg").is_none());
    harness
        .get_by_label_contains("Show files: ")
        .click_accesskit();
    harness.run_steps(3);
    harness
        .get_by_label_contains("Show the files: is cut off")
        .click_accesskit();
    harness.run_steps(3);
    harness.get_by_label("3/0042.jpg");
    harness.get_by_label("3/0051.jpg");
}

#[test]
fn edits_of_the_recipe_are_sent() {
    let mut harness = Stage::harness(World::with_classes(10), TrainPanel::default());
    harness
        .get_by_role_and_label(egui::Role::SpinButton, "Epochs")
        .set_value_accesskit(25.0);
    harness.run_steps(2);
    let asked = commands(&harness);
    let [Command::SetRecipe(recipe), ..] = &asked[..] else {
        panic!("{asked:?}")
    };
    assert_eq!(recipe.epochs, 25);
    assert_eq!(recipe.batch, 128);
}

#[test]
fn the_optimiser_is_chosen_from_a_list() {
    let mut harness = Stage::harness(World::with_classes(10), TrainPanel::default());
    harness
        .get_by_role_and_label(egui::Role::ComboBox, "Optimiser")
        .click();
    harness.run_steps(3);
    harness.get_by_label("RMSprop").click();
    harness.run_steps(2);
    let asked = commands(&harness);
    assert!(
        matches!(&asked[..], [Command::SetRecipe(recipe), ..] if recipe.optimizer.name() == "rmsprop"),
        "{asked:?}"
    );
}

#[test]
fn a_target_accuracy_is_switched_on() {
    let mut harness = Stage::harness(World::with_classes(10), TrainPanel::default());
    harness.get_by_label("Stop at the target accuracy").click();
    harness.run_steps(2);
    let asked = commands(&harness);
    assert!(
        matches!(&asked[..], [Command::SetRecipe(recipe), ..] if recipe.target_accuracy == Some(0.99)),
        "{asked:?}"
    );
}

#[test]
fn train_says_what_to_do_before_the_first_run() {
    let mut harness = Stage::harness(World::with_classes(10), TrainPanel::default());
    harness.get_by_label("Start training").click();
    harness.run_steps(2);
    assert!(matches!(commands(&harness)[..], [Command::Train]));

    let mut world = World::with_classes(10);
    world.blocked = Some("dense_2 has 10 units and the data 12 classes".to_owned());
    let harness = Stage::harness(world, TrainPanel::default());
    assert!(harness.query_by_label("Start training").is_none());
    harness.get_by_label_contains("dense_2 has 10 units");
}

#[test]
fn a_failed_run_shows_its_message_and_can_be_tried_again() {
    let mut world = World::with_classes(10).training();
    world.status.phase = Phase::Failed("The loss is no number any more after step 212".to_owned());
    let mut harness = Stage::harness(world, TrainPanel::default());
    harness.get_by_label_contains("The loss is no number any more");
    harness.get_by_label("Train again").click();
    harness.run_steps(2);
    assert!(matches!(commands(&harness)[..], [Command::Train]));
}

#[test]
fn a_click_on_a_run_shows_it() {
    let mut harness = Stage::harness(World::with_classes(10).training(), TrainPanel::default());
    harness.get_by_label("Show run 13 · plain-mlp").click();
    harness.run_steps(2);
    let asked = commands(&harness);
    assert!(
        matches!(&asked[..], [Command::ShowRun(Some(path))] if path.ends_with("0013-plain-mlp")),
        "{asked:?}"
    );
}
