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
    let rate = app.view().status.images_per_second;
    report("all workspaces", &mut all);
    let p99 = percentile(&all, 0.99);
    let verdict = if p99 <= BUDGET_MS { "kept" } else { "BROKEN" };
    println!("training meanwhile: {rate:.0} images/s");
    println!("promise p99 ≤ {BUDGET_MS} ms: {verdict}");
}

/// One frame at a screen's pace; its own work in milliseconds.
fn frame(ctx: &egui::Context, app: &mut App) -> f64 {
    let input = egui::RawInput {
        screen_rect: Some(egui::Rect::from_min_size(
            egui::Pos2::ZERO,
            egui::vec2(1440.0, 900.0),
        )),
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
