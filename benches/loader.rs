//! How fast images come to a training: decoded, at a reduced size, from the cache on disk, from memory, and from there
//! to the batches of each reference system; how much memory that takes, and how soon it ends when it is cancelled.
//!
//!     cargo bench --bench loader                            photographs and pictures made here
//!     cargo bench --bench loader -- systems digits-cnn      the batches of these systems; without names of all
//!     cargo bench --bench loader -- cancel                  how long a cancelled load takes to end
//!     cargo bench --bench loader -- pass FOLDER SIDE HOW    one pass, for tests/reference/loader.py
//!
//! HOW is decode, reduced, cache, memory or augment. The promise that needs no peer: from the cache images come at
//! least twice as fast as from their files, a set five times the budget takes at most the budget and 300 MiB, and a
//! cancelled load ends within 100 ms.

mod systems;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use image::codecs::jpeg::JpegEncoder;
use image::{Rgb, RgbImage};
use mapsto::dataset::{
    Augment, Dataset, DatasetError, Draw, Form, InputSize, Loader, Normaliser, Opening, PixelStore,
    Preprocess, Progress, Room, Source, Stored, shuffled,
};
use mapsto::training::join_arithmetic;
use rayon::prelude::*;
use systems::{Running, System, median};
use tempfile::TempDir;

const BATCH: usize = 32;
const PHOTOGRAPHS: usize = 400;
const SIDE: usize = 224;
const SLACK_MIB: f64 = 300.0;
/// Of each reference system.
const PICTURES: usize = 2_000;
const PASSES: usize = 15;
const CANCELS: usize = 21;
const CANCEL_MS: f64 = 100.0;

fn main() {
    let words = systems::words();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match *words {
        ["pass", folder, side, how] => pass(folder.as_ref(), side.parse().expect("a side"), how),
        ["peak", folder] => peak(folder.as_ref()),
        ["train", name] => train(systems::system(name)),
        ["systems", ref names @ ..] => batches(names),
        ["cancel"] => cancels(&photographs(&temporary())),
        [] => all(),
        _ => panic!("nothing, or: systems NAME…, cancel, pass FOLDER SIDE HOW"),
    }
}

fn temporary() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

/// A folder of photographs, made in there.
fn photographs(home: &TempDir) -> PathBuf {
    let folder = home.path().join("photographs");
    (0..PHOTOGRAPHS)
        .into_par_iter()
        .for_each(|number| photograph(&folder, number));
    folder
}

fn kept(well: bool) -> &'static str {
    if well { "kept" } else { "BROKEN" }
}

fn all() {
    let home = temporary();
    let folder = photographs(&home);
    println!("{PHOTOGRAPHS} photographs of 500×375 to {SIDE}×{SIDE}, in images a second:");
    let side = SIDE.to_string();
    let rates = ["decode", "cache", "memory", "augment"].map(|how| {
        let rate = child(&["pass", &folder.to_string_lossy(), &side, how]);
        println!("  {how}: {rate:.0}");
        rate
    });
    println!(
        "cache to decode {:.1}; promise ≥ 2: {}",
        rates[1] / rates[0],
        kept(rates[1] >= 2.0 * rates[0])
    );
    let over = child(&["peak", &folder.to_string_lossy()]);
    println!(
        "five times the budget: peak {over:.0} MiB above it; promise ≤ {SLACK_MIB}: {}",
        kept(over <= SLACK_MIB)
    );
    cancels(&folder);
    batches(&[]);
}

/// From memory to batches of numbers, as a training on the CPU asks for them, and how many images that training takes.
fn batches(names: &[&str]) {
    println!("{PICTURES} images from memory to batches, in images a second:");
    for system in systems::named(names) {
        let home = temporary();
        system.pictures(home.path(), PICTURES);
        let [plain, changed] =
            [Augment::default(), usual()].map(|augment| rate(system, home.path(), augment));
        let takes = child(&["train", system.name]);
        println!(
            "  {:<13} batch {:>3}: {plain:>9.0}, augmented {changed:>8.0}; its training takes {takes:>7.0}",
            system.name, system.batch
        );
    }
}

/// Images a second of the median pass.
fn rate(system: &System, folder: &Path, augment: Augment) -> f64 {
    let store = system.store(folder, &augment);
    let normalise = system.recipe().preprocess.normalise;
    let draw = Arc::new(Draw {
        seed: 1,
        epoch: 1,
        augment,
        normaliser: Normaliser::new(normalise, system.channels),
        form: Form::Numbers,
    });
    once(&store, &draw, system.batch);
    let passes: Vec<f64> = (0..PASSES)
        .map(|_| once(&store, &draw, system.batch))
        .collect();
    store.len() as f64 / median(&passes)
}

/// Prints how many images a second a training computes.
fn train(system: &System) {
    let _pool = join_arithmetic();
    let mut running = Running::new(system);
    running.steps(3);
    println!("{}", system.batch as f64 / median(&running.steps(15)));
}

/// How long a load takes to end once it is cancelled.
fn cancels(folder: &Path) {
    let data = open(folder);
    for what in ["memory", "cache"] {
        let mut times: Vec<f64> = (0..CANCELS)
            .map(|round| cancel(&data, round, what))
            .collect();
        times.sort_by(f64::total_cmp);
        let (median, most) = (times[CANCELS / 2], times[CANCELS - 1]);
        println!(
            "a load into the {what}, cancel to end: median {median:.1} ms, max {most:.1} ms; promise ≤ {CANCEL_MS} ms: {}",
            kept(median <= CANCEL_MS)
        );
    }
}

/// Milliseconds from cancelling a load of seconds to its end.
fn cancel(data: &Arc<Dataset>, round: usize, what: &str) -> f64 {
    let home = temporary();
    let room = match what {
        "cache" => Room {
            budget_bytes: 0,
            cache: Some(home.path().join("pixels")),
        },
        _ => Room::memory(1 << 30),
    };
    let indices: Vec<usize> = (0..20 * data.len()).map(|it| it % data.len()).collect();
    let stored = Stored::plain(size(64), &Preprocess::default());
    let progress = Progress::default();
    std::thread::scope(|scope| {
        let load = || PixelStore::load(data, &indices, &stored, &room, &progress).err();
        let loading = scope.spawn(load);
        // Another place of its work in each round.
        while progress.done() < 20 + 7 * round && !loading.is_finished() {
            std::thread::sleep(Duration::from_millis(1));
        }
        let start = Instant::now();
        progress.cancel();
        let error = loading.join().expect("a load");
        let took = start.elapsed();
        assert!(matches!(error, Some(DatasetError::Cancelled)), "{error:?}");
        took.as_secs_f64() * 1000.0
    })
}

/// What this program says on its last line with those words, in a process of its own.
fn child(words: &[&str]) -> f64 {
    let program = std::env::current_exe().expect("this program");
    let output = Command::new(program).args(words).output().expect("itself");
    let text = String::from_utf8_lossy(&output.stdout);
    let last = text.lines().last().and_then(|line| line.parse().ok());
    last.unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(&output.stderr)))
}

fn size(side: usize) -> InputSize {
    InputSize {
        height: side,
        width: side,
        channels: 3,
    }
}

fn open(folder: &Path) -> Arc<Dataset> {
    let opening = Opening {
        cache: Some(beside(folder, "index")),
        ..Source::Folder(folder.to_path_buf()).into()
    };
    Arc::new(Dataset::open_with(&opening, &Progress::default()).expect("a folder of classes"))
}

fn beside(folder: &Path, name: &str) -> std::path::PathBuf {
    let mut path = folder.as_os_str().to_owned();
    path.push(format!(".{name}"));
    path.into()
}

/// What is usual for photographs.
fn usual() -> Augment {
    Augment {
        flip_horizontal: true,
        crop: 0.3,
        brightness: 0.2,
        ..Augment::default()
    }
}

/// One pass over all images, warm; prints images a second.
fn pass(folder: &Path, side: usize, how: &str) {
    let data = open(folder);
    let augment = match how {
        "augment" => usual(),
        _ => Augment::default(),
    };
    let preprocess = Preprocess {
        reduced_decoding: how == "reduced",
        ..Preprocess::default()
    };
    let stored = Stored::augmented(size(side), &preprocess, &augment);
    let room = match how {
        "memory" | "augment" => Room::memory(usize::MAX),
        "cache" => Room {
            budget_bytes: 0,
            cache: Some(beside(folder, "pixels")),
        },
        _ => Room::memory(0),
    };
    let indices: Vec<usize> = (0..data.len()).collect();
    let store = PixelStore::load(&data, &indices, &stored, &room, &Progress::default());
    let store = Arc::new(store.expect("images"));
    let draw = Arc::new(Draw {
        seed: 1,
        epoch: 1,
        augment,
        normaliser: Normaliser::new(preprocess.normalise, 3),
        form: Form::Numbers,
    });
    if matches!(how, "cache" | "memory" | "augment") {
        once(&store, &draw, BATCH);
    }
    println!("{}", store.len() as f64 / once(&store, &draw, BATCH));
}

/// Seconds of one pass.
fn once(store: &Arc<PixelStore>, draw: &Arc<Draw>, batch: usize) -> f64 {
    let start = Instant::now();
    let order = shuffled(store.len(), 1, 1);
    let images: usize = Loader::start(Arc::clone(store), order, batch, Arc::clone(draw))
        .map(|batch| batch.expect("images").labels.len())
        .sum();
    assert_eq!(images, store.len());
    start.elapsed().as_secs_f64()
}

/// The peak of memory above the budget while a set of five times the budget is loaded and passed over, in MiB.
fn peak(folder: &Path) {
    let data = open(folder);
    let indices: Vec<usize> = (0..data.len()).collect();
    let stored = Stored::plain(size(SIDE), &Preprocess::default());
    let room = Room {
        budget_bytes: indices.len() * stored.kept.elements() / 5,
        cache: Some(beside(folder, "peak")),
    };
    let store = PixelStore::load(&data, &indices, &stored, &room, &Progress::default());
    let store = Arc::new(store.expect("images"));
    let normaliser = Normaliser::new(stored.preprocess.normalise, 3);
    once(&store, &Arc::new(Draw::plain(normaliser)), BATCH);
    // Linux alone tells.
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse().ok());
    let mebibyte = f64::from(1 << 20);
    let above = kib.unwrap_or(0.0) * 1024.0 - room.budget_bytes as f64;
    println!("{}", above / mebibyte);
}

/// Waves and grain, as compressible as photographs are.
fn photograph(folder: &Path, number: usize) {
    let class = folder.join(["cat", "dog"][number % 2]);
    fs::create_dir_all(&class).expect("a folder");
    let mut grain = number as u32 + 1;
    let image = RgbImage::from_fn(500, 375, |x, y| {
        grain ^= grain << 13;
        grain ^= grain >> 17;
        grain ^= grain << 5;
        let wave = |shift: u32| {
            let place = f64::from(x * (shift + 2) + y * 3 + number as u32 * 17);
            (place / 29.0).sin() * 90.0 + 128.0 + f64::from(grain >> (shift * 8) & 31) - 16.0
        };
        Rgb([wave(0) as u8, wave(1) as u8, wave(2) as u8])
    });
    let file = fs::File::create(class.join(format!("{number:05}.jpg"))).expect("a file");
    image
        .write_with_encoder(JpegEncoder::new_with_quality(file, 90))
        .expect("a photograph");
}
