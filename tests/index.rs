//! A folder that was opened once opens again without being decoded, and never tells what is no longer so.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/pictures.rs"]
mod pictures;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use image::ImageFormat;
use mapsto::dataset::{Dataset, DatasetError, Image, Opening, Progress, Source};
use pictures::{encode, photo};
use tempfile::TempDir;

const LONG_AGO: Duration = Duration::from_secs(1_600_000_000);

/// A folder of pictures in two classes, and one for the index.
struct World {
    data: TempDir,
    cache: TempDir,
}

impl World {
    fn of(files: usize) -> Self {
        let world = Self {
            data: tempfile::tempdir().unwrap(),
            cache: tempfile::tempdir().unwrap(),
        };
        let picture = encode(&photo(8, 6), ImageFormat::Png);
        for class in ["a", "b"] {
            fs::create_dir(world.data.path().join(class)).unwrap();
        }
        for number in 0..files {
            let class = ["a", "b"][number % 2];
            world.write(&format!("{class}/{number:06}.png"), &picture, LONG_AGO);
        }
        world
    }

    /// Writes a file that claims to be of that time after 1970.
    fn write(&self, name: &str, bytes: &[u8], time: Duration) {
        let path = self.data.path().join(name);
        fs::write(&path, bytes).unwrap();
        let file = File::options().write(true).open(path).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH + time).unwrap();
    }

    /// Makes every file another of the same size and time, so that one that is read again is a problem.
    fn spoil(&self) {
        for class in ["a", "b"] {
            for file in fs::read_dir(self.data.path().join(class)).unwrap() {
                let path = file.unwrap().path();
                let name = path.strip_prefix(self.data.path()).unwrap();
                let bytes = vec![7; fs::metadata(&path).unwrap().len() as usize];
                self.write(name.to_str().unwrap(), &bytes, LONG_AGO);
            }
        }
    }

    fn opening(&self) -> Opening {
        Opening {
            cache: Some(self.cache.path().to_path_buf()),
            ..Source::Folder(self.data.path().to_path_buf()).into()
        }
    }

    fn open(&self) -> Dataset {
        Dataset::open_with(&self.opening(), &Progress::default()).unwrap()
    }

    fn cached(&self, ending: &str) -> Option<PathBuf> {
        let files = fs::read_dir(self.cache.path()).unwrap();
        let mut paths = files.map(|file| file.unwrap().path());
        paths.find(|path| path.extension().is_some_and(|found| found == ending))
    }
}

fn names(data: &Dataset) -> Vec<&str> {
    data.images
        .iter()
        .map(|image| image.file.as_str())
        .collect()
}

#[test]
fn opening_again_decodes_nothing_and_tells_the_same() {
    let world = World::of(40);
    world.write("a/broken.png", b"hello", LONG_AGO);
    let first = world.open();
    assert_eq!((first.images.len(), first.problems.len()), (40, 1));
    world.spoil();
    let again = world.open();
    assert_eq!(first.images, again.images);
    assert_eq!(first.problems, again.problems);
    // Without the index the change shows.
    let bare = Dataset::open(&world.opening().source, &Progress::default());
    assert!(bare.is_err());
}

#[test]
fn new_and_changed_files_are_looked_at_and_removed_ones_disappear() {
    let world = World::of(10);
    world.open();
    let wide = encode(&photo(20, 6), ImageFormat::Png);
    world.write("a/000000.png", &wide, LONG_AGO);
    world.write("a/000002.png", &wide, LONG_AGO + Duration::from_secs(5));
    world.write("b/new.png", &wide, LONG_AGO);
    fs::remove_file(world.data.path().join("b/000001.png")).unwrap();
    for _ in 0..2 {
        let data = world.open();
        assert_eq!(data.images.len(), 10);
        assert_eq!(data.index_of("b/000001.png"), None);
        for name in ["a/000000.png", "a/000002.png", "b/new.png"] {
            let image = &data.images[data.index_of(name).unwrap()];
            assert_eq!((image.width, image.height), (20, 6), "{name}");
        }
        world.spoil();
        // What was spoilt at another time than it was looked at is new again.
        world.write("a/000002.png", &wide, LONG_AGO + Duration::from_secs(5));
    }
}

#[test]
fn a_file_written_a_moment_ago_is_not_trusted() {
    let world = World::of(4);
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap();
    world.write("a/fresh.bmp", &encode(&photo(8, 6), ImageFormat::Bmp), now);
    assert_eq!(world.open().images.len(), 5);
    world.write("a/fresh.bmp", &encode(&photo(6, 8), ImageFormat::Bmp), now);
    let data = world.open();
    let image = &data.images[data.index_of("a/fresh.bmp").unwrap()];
    assert_eq!((image.width, image.height), (6, 8));
}

#[test]
fn a_damaged_index_is_made_anew() {
    let world = World::of(20);
    let first = world.open();
    let path = world.cached("index").unwrap();
    let whole = fs::read(&path).unwrap();
    for at in 0..whole.len() {
        let mut flipped = whole.clone();
        flipped[at] ^= 0xFF;
        for bytes in [&flipped[..], &whole[..at]] {
            if at % 7 == 0 {
                fs::write(&path, bytes).unwrap();
                assert_eq!(world.open().images, first.images, "byte {at}");
            }
        }
    }
    assert_eq!(fs::read(&path).unwrap(), whole);
}

#[test]
fn a_cancelled_scan_keeps_what_it_has_seen() {
    let world = World::of(3000);
    let progress = Progress::default();
    let seen = std::thread::scope(|scope| {
        let scan = scope.spawn(|| Dataset::open_with(&world.opening(), &progress));
        while progress.total() == 0 || progress.done() < 1700 {
            assert!(
                !scan.is_finished(),
                "the scan was too quick to be cancelled"
            );
            std::thread::yield_now();
        }
        let seen = progress.done();
        let start = Instant::now();
        progress.cancel();
        assert!(matches!(scan.join().unwrap(), Err(DatasetError::Cancelled)));
        // The promise is 100 ms; the machine that tests may be busy.
        assert!(
            start.elapsed() < Duration::from_secs(1),
            "{:?}",
            start.elapsed()
        );
        seen
    });
    assert!(world.cached("journal").is_some());
    world.spoil();
    let kept = world.open().images.len();
    assert!((seen..3000).contains(&kept), "{kept} of {seen}");
    assert!(
        world.cached("journal").is_none(),
        "it stands in the index now"
    );
    assert_eq!(world.open().images.len(), kept);
}

#[test]
fn another_layout_of_the_same_folder_is_not_decoded_again() {
    let world = World::of(10);
    let first = world.open();
    world.spoil();
    let opening = Opening {
        layout: Some(mapsto::dataset::Layout::Folders { level: 1 }),
        ..world.opening()
    };
    let other = Dataset::open_with(&opening, &Progress::default()).unwrap();
    assert_eq!(names(&first), names(&other));
}

#[test]
fn a_cache_that_cannot_be_written_loses_no_image() {
    let world = World::of(6);
    let file = world.cache.path().join("a file");
    fs::write(&file, "in the way").unwrap();
    let opening = Opening {
        cache: Some(file.join("below")),
        ..world.opening()
    };
    let data = Dataset::open_with(&opening, &Progress::default()).unwrap();
    assert_eq!(data.images.len(), 6);
}

/// An empty file of the cache that was used so many days ago.
fn kept(folder: &Path, name: &str, bytes: u64, days: u64) -> PathBuf {
    let path = folder.join(name);
    let file = File::create(&path).unwrap();
    file.set_len(bytes).unwrap();
    let day = Duration::from_secs(24 * 60 * 60);
    file.set_modified(SystemTime::now() - day * u32::try_from(days).unwrap())
        .unwrap();
    path
}

#[test]
fn what_nobody_has_used_for_90_days_leaves_the_cache_and_the_rest_stays() {
    let world = World::of(4);
    world.open();
    let in_use = world.cached("index").unwrap();
    let long_ago = SystemTime::now() - Duration::from_secs(200 * 24 * 60 * 60);
    let file = File::options().write(true).open(&in_use).unwrap();
    file.set_modified(long_ago).unwrap();
    let of = |name: &str, days| kept(world.cache.path(), name, 10, days);
    let old = [
        of("0123456789abcdef-0123456789abcdef.index", 91),
        of("0123456789abcdef-0123456789abcdef.journal", 91),
        of("unpacked-0123456789abcdef-0123456789abcdef.tar", 91),
    ];
    let stays = [
        of("0123456789abcdef-1123456789abcdef.index", 89),
        of("unpacked-0123456789abcdef-1123456789abcdef.tar", 89),
        // Not the program's own.
        of("notes.index", 1000),
        of("unpacked.zip", 1000),
    ];
    world.open();
    assert!(old.iter().all(|path| !path.exists()));
    assert!(stays.iter().all(|path| path.exists()));
    let used = fs::metadata(&in_use).unwrap().modified().unwrap();
    assert!(used > long_ago, "an index that is used is not old");
}

#[test]
fn of_more_than_two_gib_of_indexes_the_ones_used_longest_ago_are_removed() {
    let world = World::of(4);
    let of = |number: u32, days| {
        let name = format!("{number:016x}-0123456789abcdef.index");
        // Files with nothing but holes, which take no room.
        kept(world.cache.path(), &name, 900 << 20, days)
    };
    let paths = [of(1, 3), of(2, 9), of(3, 6), of(4, 1)];
    world.open();
    let there: Vec<bool> = paths.iter().map(|path| path.exists()).collect();
    assert_eq!(there, [true, false, false, true]);
    // The index of what was opened is there as well, and serves.
    world.spoil();
    assert_eq!(world.open().len(), 4);
}

#[test]
fn twenty_thousand_files_take_at_most_200_bytes_each() {
    let world = World::of(20_000);
    let first = world.open();
    let on_disk = fs::metadata(world.cached("index").unwrap()).unwrap().len();
    assert!(on_disk <= 200 * 20_000, "{on_disk} bytes on disk");
    let in_memory = memory(&first);
    assert!(in_memory <= 200 * 20_000, "{in_memory} bytes in memory");
    assert_eq!(names(&first), names(&world.open()));
    assert_eq!(files(world.cache.path()), 1);
}

/// Names are blocks of their own, which cost the allocator 16 bytes besides at most.
fn memory(data: &Dataset) -> usize {
    let names = data.images.iter().map(|image| image.file.capacity() + 16);
    data.images.capacity() * size_of::<Image>() + names.sum::<usize>()
}

fn files(folder: &Path) -> usize {
    fs::read_dir(folder).unwrap().count()
}
