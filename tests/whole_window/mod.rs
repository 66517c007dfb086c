//! The whole window under a test's hand, driven by accessible names and keys, as a user or a screen
//! reader would.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use egui::accesskit::Role;
use egui::{Key, Modifiers, ViewportCommand, ViewportEvent, ViewportId};
use egui_kittest::Harness;
use egui_kittest::kittest::{Queryable as _, by};
use mapsto::app::command::Command;
use mapsto::app::view::{Data, Dialog, View};
use mapsto::app::{App, Launch};
use mapsto::dataset::Source;
use mapsto::network::template;
use mapsto::project::{Project, Recipe, load, save};
use mapsto::training::Phase;

/// A window with a home of its own.
pub struct Window {
    pub harness: Harness<'static, App>,
    pub home: tempfile::TempDir,
}

impl Window {
    /// The first start of a new user, once the bundled digits are there.
    pub fn new() -> Self {
        let mut window = Self::in_home(tempfile::tempdir().expect("a folder"), None);
        window.until("the digits", |view| matches!(view.data, Data::Ready { .. }));
        window
    }

    pub fn in_home(home: tempfile::TempDir, project: Option<&Path>) -> Self {
        let harness = harness(home.path(), project);
        Self { harness, home }
    }

    pub fn view(&self) -> View<'_> {
        self.harness.state().view()
    }

    /// Frames until something is so; what never comes fails the test by its name.
    pub fn until(&mut self, what: &str, so: impl Fn(&View<'_>) -> bool) {
        let start = Instant::now();
        while !so(&self.view()) {
            assert!(
                start.elapsed() < Duration::from_secs(60),
                "never came: {what}; {:?}, training blocked: {:?}, told: {:?}",
                self.view().status.phase,
                self.view().train_blocked,
                self.told()
            );
            std::thread::sleep(Duration::from_millis(5));
            self.harness.step();
        }
        self.harness.run_steps(3);
    }

    pub fn send(&mut self, command: Command) {
        self.harness.state_mut().send(command);
        self.harness.run_steps(3);
    }

    /// Clicks a button once it stands still.
    pub fn click(&mut self, name: &str) {
        self.click_on(Role::Button, name, Modifiers::NONE);
    }

    /// Clicks what stands still: what scrolls moves it, and so do names and maps that come from threads.
    pub fn click_on(&mut self, role: Role, name: &str, modifiers: Modifiers) {
        let mut still = 0;
        let mut before = None;
        for _ in 0..200 {
            self.harness.run_steps(2);
            let place = self.harness.get(by().role(role).label(name)).rect();
            still = if before == Some(place) { still + 1 } else { 0 };
            if still == 3 {
                break;
            }
            before = Some(place);
            std::thread::sleep(Duration::from_millis(5));
        }
        self.harness
            .get(by().role(role).label(name))
            .click_modifiers(modifiers);
        self.harness.run_steps(3);
    }

    pub fn press(&mut self, modifiers: Modifiers, key: Key) {
        self.harness.key_press_modifiers(modifiers, key);
        self.harness.run_steps(3);
    }

    pub fn type_in(&mut self, text: &str) {
        self.harness.event(egui::Event::Text(text.to_owned()));
        self.harness.run_steps(3);
    }

    pub fn shows(&self, text: &str) -> bool {
        self.harness
            .query_all_by_label_contains(text)
            .next()
            .is_some()
    }

    pub fn button(&self, name: &str) -> bool {
        self.harness
            .query(by().role(Role::Button).label(name))
            .is_some()
    }

    pub fn told(&self) -> Vec<String> {
        self.view()
            .notices
            .iter()
            .map(|notice| notice.text.clone())
            .collect()
    }

    /// The window's own close button. True when the window may really close.
    pub fn close(&mut self) -> bool {
        let root = self
            .harness
            .input_mut()
            .viewports
            .entry(ViewportId::ROOT)
            .or_default();
        root.events.push(ViewportEvent::Close);
        self.harness.step();
        let kept = self.commands().contains(&ViewportCommand::CancelClose);
        self.harness.run_steps(3);
        !kept
    }

    /// What the last frame asked of the window.
    pub fn commands(&self) -> Vec<ViewportCommand> {
        let output = self.harness.output().viewport_output.get(&ViewportId::ROOT);
        output.map(|root| root.commands.clone()).unwrap_or_default()
    }

    pub fn drop_on(&mut self, paths: &[&Path]) {
        let files = paths
            .iter()
            .map(|path| Arc::new(Dropped(path.to_path_buf())) as egui::DroppedFileHandle);
        self.harness.input_mut().dropped_files = files.collect();
        self.harness.run_steps(3);
    }

    /// Trains on the digits, in a network so small that its steps are quick.
    pub fn train(&mut self) {
        self.send(Command::UseTemplate("dropout-mlp"));
        let recipe = Recipe {
            device: "cpu".to_owned(),
            epochs: 1000,
            ..self.view().recipe.clone()
        };
        self.send(Command::SetRecipe(Box::new(recipe)));
        self.click_train();
        self.until("training", |view| view.status.phase == Phase::Training);
    }

    /// Clicks Train once it can be clicked and stands still: the devices' names, which come from a thread, move it.
    pub fn click_train(&mut self) {
        self.until("leave to train", |view| {
            let ready = view.train_blocked.is_none() && !view.devices.is_empty();
            ready && !view.status.phase.is_active()
        });
        self.click("Train");
    }

    pub fn stop(&mut self) {
        self.send(Command::Stop);
        self.until("the end of the training", |view| {
            !view.status.phase.is_active()
        });
    }
}

pub fn harness(home: &Path, project: Option<&Path>) -> Harness<'static, App> {
    let launch = Launch {
        project: project.map(Path::to_path_buf),
        home: Some(home.to_path_buf()),
    };
    let mut harness = Harness::builder()
        .with_size([1440.0, 900.0])
        .with_max_steps(30)
        .build_eframe(|context| App::new(&context.egui_ctx, None, launch).expect("a window"));
    harness.run_steps(3);
    harness
}

#[derive(Debug)]
pub struct Dropped(PathBuf);

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        std::fs::read(&self.0).map_err(|error| error.to_string())
    }
}

/// A folder of two classes with four pictures each.
pub fn pictures(root: &Path) -> PathBuf {
    for (class, grey) in [("cats", 40), ("dogs", 200)] {
        let folder = root.join("pets").join(class);
        std::fs::create_dir_all(&folder).expect("a folder");
        for number in 0..4 {
            let image = image::GrayImage::from_pixel(8, 8, image::Luma([grey + number]));
            image
                .save(folder.join(format!("{number}.png")))
                .expect("a picture");
        }
    }
    root.join("pets")
}

/// A project as a user would have saved it.
pub fn saved_project(root: &Path, name: &str) -> PathBuf {
    let chosen = template("plain-mlp").expect("a template");
    let path = root.join(format!("{name}.mapsto"));
    save(&project_of(name), &path).expect("saved");
    assert_eq!(
        load(&path).expect("read").template.as_deref(),
        Some(chosen.name)
    );
    path
}

pub fn project_of(name: &str) -> Project {
    let chosen = template("plain-mlp").expect("a template");
    Project {
        name: name.to_owned(),
        data: Some(Source::Digits),
        graph: chosen.graph(Some(10)),
        recipe: Recipe::for_template(chosen),
        template: Some(chosen.name.to_owned()),
        pinned: None,
        layout: None,
        changes: mapsto::dataset::Changes::default(),
    }
}

pub fn ready(view: &View<'_>) -> bool {
    matches!(view.data, Data::Ready { .. })
}

/// The text of the button that says yes.
pub fn yes(window: &Window) -> String {
    match window.view().dialog {
        Some(Dialog::Confirm { yes, .. }) => yes.clone(),
        other => panic!("no question is open but {other:?}"),
    }
}
