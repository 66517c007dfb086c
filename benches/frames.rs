//! How long a frame of the window takes by its own work (folding in news, laying out, commands),
//! while a training runs at full speed. The rasteriser does not count.
//!
//!     cargo bench --bench frames                  all
//!     cargo bench --bench frames -- digits-cnn    Build and Train with the networks of these systems
//!
//! The promise: the 99th percentile of 1,000 frames is at most 8 ms; also of the Data workspace with a million images
//! listed, scrolled through, and with half a million of them chosen; and, on its own, while the network of each
//! reference system and ResNet-18 at 64×64 is open and in training.

use std::path::Path;
use std::time::{Duration, Instant};

#[path = "../tests/panels_world/mod.rs"]
mod panels_world;
mod systems;

use mapsto::app::command::Command;
use mapsto::app::desk::{DataChange, DataTab};
use mapsto::app::panels::data::DataPanel;
use mapsto::app::view::{Panel, Workspace};
use mapsto::app::{App, Launch};
use mapsto::dataset::{Dataset, Image, Look, Source};
use mapsto::network::{Builder, Edit, Graph, Kind, Layer};
use mapsto::project::Recipe;
use mapsto::training::Phase;
use panels_world::World;
use systems::System;

const FRAMES: usize = 1_000;
const IMAGES: usize = 1_000_000;
/// What the systems are trained on.
const PICTURES: usize = 4_000;
const BUDGET_MS: f64 = 8.0;
/// A screen's pace.
const PACE: Duration = Duration::from_micros(16_667);

fn main() {
    let home = tempfile::tempdir().expect("a folder for the program's files");
    let ctx = egui::Context::default();
    let render_state = egui_kittest::wgpu::create_render_state(
        egui_kittest::wgpu::default_wgpu_setup(),
        eframe::egui_wgpu::RendererOptions::default(),
    );
    let launch = Launch {
        project: None,
        home: Some(home.path().to_path_buf()),
    };
    let mut app = App::new(&ctx, Some(&render_state), launch).expect("an engine");
    frame(&ctx, &mut app);
    let ready = |app: &App| app.view().data.ready().is_some();
    wait(&ctx, &mut app, "the digits", ready);
    let names = systems::words();
    if names.is_empty() {
        let mut all = digits(&ctx, &mut app);
        all.extend(million());
        promise("all workspaces", &mut all);
    }
    let mut all = Vec::new();
    for system in systems::named(&names) {
        let folder = home.path().join(system.name);
        all.extend(trained(&ctx, &mut app, system, &folder));
    }
    promise("all systems", &mut all);
}

fn promise(name: &str, times: &mut [f64]) {
    report(name, times);
    let verdict = if percentile(times, 0.99) <= BUDGET_MS {
        "kept"
    } else {
        "BROKEN"
    };
    println!("promise p99 ≤ {BUDGET_MS} ms: {verdict}");
}

/// Every workspace while the digits are trained, and Build with networks of more and more layers.
fn digits(ctx: &egui::Context, app: &mut App) -> Vec<f64> {
    app.send(Command::Train);
    wait(ctx, app, "a training", |app| {
        app.view().status.steps_done > 3
    });
    let spaces = [
        Workspace::Data,
        Workspace::Build,
        Workspace::Train,
        Workspace::Inspect,
    ];
    let mut all = Vec::with_capacity(FRAMES);
    for space in spaces {
        app.send(Command::Go(space));
        all.extend(frames(ctx, app, &format!("{space:?}")));
    }
    app.send(Command::Go(Workspace::Build));
    for layers in [5, 50, 300] {
        app.send(Command::Edit(Edit::Replace(network(layers))));
        let mut times: Vec<f64> = (0..FRAMES / 4)
            .map(|number| scrolled(ctx, app, number))
            .collect();
        report(&format!("Build, {layers} layers"), &mut times);
        all.extend(times);
    }
    let rate = app.view().status.images_per_second;
    println!("training meanwhile: {rate:.0} images/s");
    all
}

/// Build and Train while the network of a system is open and in training on pictures that are made in a folder.
fn trained(ctx: &egui::Context, app: &mut App, system: &System, folder: &Path) -> Vec<f64> {
    app.send(Command::Stop);
    let over = |app: &App| !app.view().status.phase.is_active();
    wait(ctx, app, "end of the training", over);
    system.pictures(folder, PICTURES);
    app.send(Command::OpenData(Source::Folder(folder.to_path_buf())));
    let ready = |app: &App| app.view().data.ready().is_some();
    wait(ctx, app, "pictures", ready);
    app.send(Command::Edit(Edit::Replace(system.graph())));
    // More than there is time for.
    let epochs = 100_000;
    let recipe = Recipe {
        epochs,
        ..system.recipe()
    };
    app.send(Command::SetRecipe(Box::new(recipe)));
    app.send(Command::Train);
    wait(ctx, app, "a training", |app| {
        let status = app.view().status;
        status.phase == Phase::Training && status.steps_done > 3
    });
    let mut all = Vec::new();
    for space in [Workspace::Build, Workspace::Train] {
        app.send(Command::Go(space));
        let name = format!("{space:?}, {}", system.name);
        all.extend(frames(ctx, app, &name));
    }
    all
}

/// Frames while a training runs, in milliseconds.
fn frames(ctx: &egui::Context, app: &mut App, name: &str) -> Vec<f64> {
    let mut times: Vec<f64> = (0..FRAMES / 4).map(|_| frame(ctx, app)).collect();
    assert!(app.view().status.phase.is_active(), "the training ended");
    report(name, &mut times);
    times
}

/// A million images in a thousand classes, the first of which has half of them.
fn listed() -> World {
    const CLASSES: usize = 1_000;
    let mut data = Dataset::digits();
    data.classes = (0..CLASSES).map(|class| format!("{class:04}")).collect();
    let image = |place: usize| {
        let class = if place < IMAGES / 2 {
            0
        } else {
            place % CLASSES
        };
        Image {
            file: format!("{place:07}"),
            class,
            given: None,
            excluded: false,
            width: 28,
            height: 28,
            look: Look::default(),
        }
    };
    data.images = (0..IMAGES).map(image).collect();
    World::with_data(data)
}

/// The Data workspace on those.
fn million() -> Vec<f64> {
    let mut world = listed();
    let mut panel = DataPanel::default();
    let ctx = egui::Context::default();
    let mut all = Vec::new();
    let mut measure = |name: &str, world: &World, panel: &mut DataPanel| {
        // The lists are made once, when the images come.
        shown(&ctx, world, panel, Vec::new());
        let mut times: Vec<f64> = (0..FRAMES / 4)
            .map(|number| shown(&ctx, world, panel, wheel(number)).0)
            .collect();
        report(&format!("Data, a million: {name}"), &mut times);
        all.extend(times);
    };
    for (tab, name) in DataTab::ALL {
        world.desk.tab = tab;
        measure(name, &world, &mut panel);
    }
    world.desk.tab = DataTab::Health;
    // To the top again: turns of the wheel take some frames to come to rest.
    for _ in 0..20 {
        shown(&ctx, &world, &mut panel, turned(10_000.0));
    }
    // The label of the first class, as the panel lays it out.
    let at = egui::pos2(60.0, 150.0);
    for pressed in [true, false] {
        let click = egui::Event::PointerButton {
            pos: at,
            button: egui::PointerButton::Primary,
            pressed,
            modifiers: egui::Modifiers::NONE,
        };
        let events = vec![egui::Event::PointerMoved(at), click];
        shown(&ctx, &world, &mut panel, events);
    }
    measure("a class", &world, &mut panel);
    shown(
        &ctx,
        &world,
        &mut panel,
        vec![key(egui::Key::A, egui::Modifiers::COMMAND)],
    );
    measure("all chosen", &world, &mut panel);
    let delete = vec![key(egui::Key::Delete, egui::Modifiers::NONE)];
    let (_, asked) = shown(&ctx, &world, &mut panel, delete);
    let chosen = asked.iter().find_map(|command| match command {
        Command::ChangeData(DataChange::Exclude(images)) => Some(images.len()),
        _ => None,
    });
    assert!(
        chosen.is_some_and(|chosen| chosen >= IMAGES / 2),
        "{chosen:?}"
    );
    all
}

fn key(key: egui::Key, modifiers: egui::Modifiers) -> egui::Event {
    egui::Event::Key {
        key,
        physical_key: None,
        pressed: true,
        repeat: false,
        modifiers,
    }
}

/// One frame of a panel; its own work in milliseconds, and what it asks for.
fn shown(
    ctx: &egui::Context,
    world: &World,
    panel: &mut DataPanel,
    events: Vec<egui::Event>,
) -> (f64, Vec<Command>) {
    let input = egui::RawInput {
        screen_rect: Some(egui::Rect::from_min_size(
            egui::Pos2::ZERO,
            egui::vec2(1440.0, 900.0),
        )),
        events,
        ..egui::RawInput::default()
    };
    let mut commands = Vec::new();
    let start = Instant::now();
    let output = ctx.run_ui(input, |ui| panel.show(ui, &world.view(), &mut commands));
    let took = start.elapsed();
    drop(output);
    (took.as_secs_f64() * 1000.0, commands)
}

/// A network of about so many layers with a skip connection over every third.
fn network(layers: usize) -> Graph {
    let mut b = Builder::new(Layer::new(Kind::Input));
    let conv = || {
        Layer::new(Kind::Conv2d)
            .with("filters", 8u64)
            .with("padding", "same")
    };
    let mut at = b.then(conv());
    for _ in 0..layers.saturating_sub(3) / 3 {
        b.then(conv());
        let end = b.then(Layer::new(Kind::BatchNorm));
        at = b.join(Kind::Add, &[end, at]);
    }
    b.then(Layer::new(Kind::GlobalAveragePool));
    let end = Layer::new(Kind::Dense).with("units", 10u64);
    b.then(end.with("activation", "softmax"));
    b.graph()
}

/// A frame with the pointer on the column and its wheel turning.
fn scrolled(ctx: &egui::Context, app: &mut App, number: usize) -> f64 {
    timed(ctx, app, wheel(number))
}

/// The pointer in the middle and its wheel turning.
fn wheel(number: usize) -> Vec<egui::Event> {
    let mut events = turned(if number % 100 < 50 { -40.0 } else { 40.0 });
    let at = egui::pos2(640.0, 200.0 + (number % 400) as f32);
    events.insert(1, egui::Event::PointerMoved(at));
    events
}

fn turned(turn: f32) -> Vec<egui::Event> {
    let at = egui::pos2(640.0, 400.0);
    let wheel = egui::Event::MouseWheel {
        unit: egui::MouseWheelUnit::Point,
        delta: egui::vec2(0.0, turn),
        phase: egui::TouchPhase::Move,
        source: egui::MouseWheelSource::Unknown,
        modifiers: egui::Modifiers::NONE,
    };
    vec![egui::Event::PointerMoved(at), wheel]
}

fn frame(ctx: &egui::Context, app: &mut App) -> f64 {
    timed(ctx, app, Vec::new())
}

/// One frame at a screen's pace; its own work in milliseconds.
fn timed(ctx: &egui::Context, app: &mut App, events: Vec<egui::Event>) -> f64 {
    let input = egui::RawInput {
        screen_rect: Some(egui::Rect::from_min_size(
            egui::Pos2::ZERO,
            egui::vec2(1440.0, 900.0),
        )),
        events,
        ..egui::RawInput::default()
    };
    let start = Instant::now();
    let output = ctx.run_ui(input, |ui| app.frame(ui));
    let took = start.elapsed();
    drop(output);
    std::thread::sleep(PACE.saturating_sub(took));
    took.as_secs_f64() * 1000.0
}

fn wait(ctx: &egui::Context, app: &mut App, what: &str, until: impl Fn(&App) -> bool) {
    let start = Instant::now();
    while !until(app) {
        frame(ctx, app);
        assert!(start.elapsed() < Duration::from_secs(60), "no {what}");
    }
}

fn percentile(sorted: &[f64], share: f64) -> f64 {
    let place = (sorted.len() as f64 * share).ceil() as usize;
    sorted[place.clamp(1, sorted.len()) - 1]
}

fn report(name: &str, times: &mut [f64]) {
    times.sort_by(f64::total_cmp);
    println!(
        "{name:<28} {:>5} frames: median {:>6.2} ms, p99 {:>6.2} ms, max {:>6.2} ms",
        times.len(),
        percentile(times, 0.5),
        percentile(times, 0.99),
        percentile(times, 1.0),
    );
}
