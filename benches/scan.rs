//! What a large folder costs: the first scan, opening again from the index, memory, and a change of one image.
//!
//!     cargo bench --bench scan                 20,000 files
//!     cargo bench --bench scan -- 1000000      as many as one likes; each takes 4 KiB of the disk
//!     cargo bench --bench scan -- 1000000 DIR  in a folder that has the room
//!
//! The promises: at most 200 bytes a file in memory and on disk; 1,000,000 files open again in less than 2 seconds.
//! Each opening has a process of its own, so that one does not pay for the memory of the other.

use std::fs;
use std::io::Cursor;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use image::{ImageFormat, Rgb, RgbImage};
use mapsto::dataset::{
    Alike, Changes, Dataset, HealthContext, Opening, Progress, Source, SplitRecipe, health,
    split_with, together,
};

const CLASSES: usize = 100;
const ORIGINALS: usize = 300;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // Cargo adds `--bench`.
    let mut words = arguments.iter().filter(|word| !word.starts_with("--"));
    let first = words.next().map(String::as_str);
    if first == Some("open") {
        let mut next = || words.next().expect("a folder").as_str();
        let set = open(next().as_ref(), next().as_ref());
        if words.next().is_some() {
            change(&set);
        }
        return;
    }
    let files = first.map_or(20_000, |count| count.parse().expect("a number of files"));
    let place = words
        .next()
        .map_or_else(std::env::temp_dir, std::path::PathBuf::from);
    let home = tempfile::tempdir_in(place).expect("a temporary folder");
    let (data, cache) = (home.path().join("data"), home.path().join("cache"));
    let start = Instant::now();
    make(&data, files);
    println!(
        "{files} files made in {:.1} s",
        start.elapsed().as_secs_f64()
    );
    for title in ["first scan", "again", "again", "and changed"] {
        print!("{title}: ");
        std::io::Write::flush(&mut std::io::stdout()).expect("a terminal");
        child(&data, &cache, title == "and changed");
    }
    let index = fs::read_dir(&cache).expect("a cache").flatten();
    let bytes: u64 = index
        .map(|file| file.metadata().map_or(0, |about| about.len()))
        .sum();
    let each = bytes as f64 / files as f64;
    let verdict = if each <= 200.0 { "kept" } else { "BROKEN" };
    println!("index on disk: {each:.1} bytes a file; promise ≤ 200: {verdict}");
}

fn child(data: &Path, cache: &Path, change: bool) {
    let program = std::env::current_exe().expect("this program");
    let mut command = Command::new(program);
    command.arg("open").args([data, cache]);
    if change {
        command.arg("change");
    }
    assert!(command.status().expect("a process").success());
}

/// Relabels one image, as the window does it: the images, the sets and the health report follow. The first time the
/// copies are looked for; later changes know them.
fn change(set: &Dataset) {
    let recipe = SplitRecipe::default();
    for file in [0, set.len() / 2, set.len() - 1] {
        let mut changes = Changes::default();
        changes.relabel(&set.images[file].file, set.class_of(file), "class001");
        let progress = Progress::default();
        let mut since = Instant::now();
        let mut lap = || {
            let seconds = since.elapsed().as_secs_f64();
            since = Instant::now();
            seconds
        };
        let changed = set.clone().changed(&changes).expect("classes");
        let images = lap();
        let groups = together(&changed, &recipe);
        let look = lap();
        let splits = split_with(&changed, &recipe, &groups).expect("sets");
        let sets = lap();
        let alike = Alike::find(&changed, &progress).expect("copies");
        let copies = lap();
        let context = HealthContext {
            alike: Some(&alike),
            ..HealthContext::default()
        };
        let findings = health(&changed, Some(&splits), &context).findings.len();
        let report = lap();
        println!(
            "one image relabelled: {images:.2} s for the images, {look:.2} s for look-alikes, {sets:.2} s for the sets, \
             {copies:.2} s for equal files, {report:.2} s for the report of {findings} findings"
        );
    }
}

/// Opens a folder, and says what it took.
fn open(data: &Path, cache: &Path) -> Dataset {
    let before = memory("VmRSS:");
    let opening = Opening {
        cache: Some(cache.to_path_buf()),
        ..Source::Folder(data.to_path_buf()).into()
    };
    let progress = Arc::new(Progress::default());
    let start = Instant::now();
    let set = Dataset::open_with(&opening, &progress).expect("a data set");
    let seconds = start.elapsed().as_secs_f64();
    let files = set.len() as f64;
    let names: usize = set.images.iter().map(|image| image.file.capacity()).sum();
    println!(
        "{seconds:.2} s, {:.0} files/s; {:.0} bytes a file in the set, {:.0} of the process; peak {} MiB",
        files / seconds,
        (set.images.capacity() * size_of::<mapsto::dataset::Image>() + names) as f64 / files,
        (memory("VmRSS:").saturating_sub(before) << 10) as f64 / files,
        memory("VmHWM:") >> 10,
    );
    set
}

/// KiB of this process, 0 where the system does not tell.
fn memory(line: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let found = status.lines().find_map(|text| text.strip_prefix(line));
    let number = found.and_then(|rest| rest.split_whitespace().next());
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// Small photographs in a hundred classes, written long enough ago for their times to be trusted.
fn make(data: &Path, files: usize) {
    let originals: Vec<Vec<u8>> = (0..ORIGINALS).map(original).collect();
    for class in 0..CLASSES {
        fs::create_dir_all(data.join(format!("class{class:03}"))).expect("a folder");
    }
    for number in 0..files {
        let path = data.join(format!("class{:03}/image{number:07}.jpg", number % CLASSES));
        fs::write(path, &originals[number % ORIGINALS]).expect("a file");
    }
    std::thread::sleep(Duration::from_millis(100));
}

fn original(number: usize) -> Vec<u8> {
    let value = |x: u32, y: u32, by: u32| (x * by + y * 7 + number as u32 * 13) as u8;
    let picture = RgbImage::from_fn(32, 32, |x, y| {
        Rgb([value(x, y, 3), value(y, x, 5), value(x, x, 2)])
    });
    let mut bytes = Cursor::new(Vec::new());
    picture
        .write_to(&mut bytes, ImageFormat::Jpeg)
        .expect("a JPEG");
    bytes.into_inner()
}
