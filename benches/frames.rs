//! How long a frame of the window takes by its own work (folding in news, laying out, commands),
//! while a training runs at full speed. The rasteriser does not count.
//!
//!     cargo bench --bench frames
//!
//! The promise: the 99th percentile of 1,000 frames is at most 8 ms.

use std::time::{Duration, Instant};

use mapsto::app::command::Command;
use mapsto::app::view::Workspace;
use mapsto::app::{App, Launch};
use mapsto::network::{Builder, Edit, Graph, Kind, Layer};

const FRAMES: usize = 1_000;
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
    app.send(Command::Train);
    wait(&ctx, &mut app, "a training", |app| {
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
        let mut times: Vec<f64> = (0..FRAMES / spaces.len())
            .map(|_| frame(&ctx, &mut app))
            .collect();
        assert!(app.view().status.phase.is_active(), "the training ended");
        report(&format!("{space:?}"), &mut times);
        all.extend(times);
    }
    app.send(Command::Go(Workspace::Build));
    for layers in [5, 50, 300] {
        app.send(Command::Edit(Edit::Replace(network(layers))));
        let mut times: Vec<f64> = (0..FRAMES / spaces.len())
            .map(|number| scrolled(&ctx, &mut app, number))
            .collect();
        report(&format!("Build, {layers} layers"), &mut times);
        all.extend(times);
    }
    let rate = app.view().status.images_per_second;
    report("all workspaces", &mut all);
    let p99 = percentile(&all, 0.99);
    let verdict = if p99 <= BUDGET_MS { "kept" } else { "BROKEN" };
    println!("training meanwhile: {rate:.0} images/s");
    println!("promise p99 ≤ {BUDGET_MS} ms: {verdict}");
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
    let turn = if number % 100 < 50 { -40.0 } else { 40.0 };
    let at = egui::pos2(640.0, 200.0 + (number % 400) as f32);
    let wheel = egui::Event::MouseWheel {
        unit: egui::MouseWheelUnit::Point,
        delta: egui::vec2(0.0, turn),
        phase: egui::TouchPhase::Move,
        source: egui::MouseWheelSource::Unknown,
        modifiers: egui::Modifiers::NONE,
    };
    timed(ctx, app, vec![egui::Event::PointerMoved(at), wheel])
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
        "{name:<16} {:>5} frames: median {:>6.2} ms, p99 {:>6.2} ms, max {:>6.2} ms",
        times.len(),
        percentile(times, 0.5),
        percentile(times, 0.99),
        percentile(times, 1.0),
    );
}
