//! How fast images come to a training: decoded, at a reduced size, from the cache on disk, from memory; and how much
//! memory that takes.
//!
//!     cargo bench --bench loader                            photographs made here
//!     cargo bench --bench loader -- pass FOLDER SIDE HOW    one pass, for tests/reference/loader.py
//!
//! HOW is decode, reduced, cache, memory or augment. The promise that needs no peer: from the cache images come at
//! least twice as fast as from their files, and a set five times the budget takes at most the budget and 300 MiB.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use image::codecs::jpeg::JpegEncoder;
use image::{Rgb, RgbImage};
use mapsto::dataset::{
    Augment, Dataset, Draw, Form, InputSize, Loader, Normaliser, Opening, PixelStore, Preprocess,
    Progress, Room, Source, Stored, shuffled,
};
use rayon::prelude::*;

const BATCH: usize = 32;
const PHOTOGRAPHS: usize = 400;
const SIDE: usize = 224;
const SLACK_MIB: f64 = 300.0;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // Cargo adds `--bench`.
    let words: Vec<&str> = arguments
        .iter()
        .map(String::as_str)
        .filter(|word| !word.starts_with("--"))
        .collect();
    match *words {
        ["pass", folder, side, how] => pass(folder.as_ref(), side.parse().expect("a side"), how),
        ["peak", folder] => peak(folder.as_ref()),
        [] => all(),
        _ => panic!("nothing, or: pass FOLDER SIDE HOW"),
    }
}

fn all() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let folder = home.path().join("photographs");
    println!("{PHOTOGRAPHS} photographs of 500×375 to {SIDE}×{SIDE}, in images a second:");
    (0..PHOTOGRAPHS)
        .into_par_iter()
        .for_each(|number| photograph(&folder, number));
    let side = SIDE.to_string();
    let rates = ["decode", "cache", "memory", "augment"].map(|how| {
        let rate = child(&["pass", &folder.to_string_lossy(), &side, how]);
        println!("  {how}: {rate:.0}");
        rate
    });
    let kept = |well: bool| if well { "kept" } else { "BROKEN" };
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

/// One pass over all images, warm; prints images a second.
fn pass(folder: &Path, side: usize, how: &str) {
    let data = open(folder);
    let augment = match how {
        "augment" => Augment {
            flip_horizontal: true,
            crop: 0.3,
            brightness: 0.2,
            ..Augment::default()
        },
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
        once(&store, &draw);
    }
    println!("{}", store.len() as f64 / once(&store, &draw));
}

/// Seconds of one pass.
fn once(store: &Arc<PixelStore>, draw: &Arc<Draw>) -> f64 {
    let start = Instant::now();
    let order = shuffled(store.len(), 1, 1);
    let images: usize = Loader::start(Arc::clone(store), order, BATCH, Arc::clone(draw))
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
    once(&store, &Arc::new(Draw::plain(normaliser)));
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
