//! What does not fit memory comes from one file, and only what has changed is decoded again.

use std::fs;
use std::sync::Arc;

use mapsto::dataset::{
    Dataset, DatasetError, PixelStore, Preprocess, Progress, Resize, Room, Source, Stored,
};

use crate::made::{Desk, SIZE, bytes, larger, load, picture, plain};

#[test]
fn images_from_memory_from_disk_and_decoded_again_are_the_same() {
    let desk = Desk::with(20);
    for stored in [plain(), larger()] {
        let all = desk.store_as(&Room::memory(1 << 20), &stored);
        let none = desk.store_as(&Room::memory(0), &stored);
        let streamed = desk.store_as(&desk.room(7), &stored);
        let again = desk.store_as(&desk.room(0), &stored);
        assert_eq!((all.kept(), all.cached()), (20, 0));
        assert_eq!((none.kept(), none.cached()), (0, 0));
        assert_eq!(streamed.kept() + streamed.cached(), 20);
        assert!((1..=7).contains(&streamed.kept()));
        assert_eq!(again.cached(), 20);
        let expected = bytes(&all);
        assert_eq!(expected.len(), 20 * SIZE.elements());
        assert_eq!(bytes(&none), expected);
        assert_eq!(bytes(&streamed), expected);
        assert_eq!(bytes(&again), expected);
    }
}

#[test]
fn only_files_that_have_changed_are_decoded_again() {
    let desk = Desk::with(10);
    let data = desk.open();
    let first = bytes(&load(&data, &plain(), &desk.room(0)).unwrap());
    // The set was opened before: as far as it knows, no file is another one.
    for number in 0..10 {
        picture(&desk.file(number), 200);
    }
    let from_cache = load(&data, &plain(), &desk.room(0)).unwrap();
    assert_eq!(bytes(&from_cache), first);
    drop(from_cache);
    // Opened again it knows.
    let now = desk.store(&desk.room(0));
    assert_ne!(bytes(&now), first);
    assert_eq!(bytes(&now), bytes(&desk.store(&Room::memory(1 << 20))));
    let size = fs::metadata(desk.cache()).unwrap().len();
    drop(now);
    picture(&desk.file(3), 77);
    let one = desk.store(&desk.room(0));
    assert_eq!(bytes(&one), bytes(&desk.store(&Room::memory(1 << 20))));
    assert_eq!(fs::metadata(desk.cache()).unwrap().len(), size);
}

#[test]
fn images_that_came_and_went_share_the_room() {
    let desk = Desk::with(10);
    drop(desk.store(&desk.room(0)));
    let size = fs::metadata(desk.cache()).unwrap().len();
    for number in 0..5 {
        fs::remove_file(desk.file(number)).unwrap();
        picture(&desk.file(number + 100), number as u8);
    }
    let store = desk.store(&desk.room(0));
    assert_eq!(store.cached(), 10);
    assert_eq!(bytes(&store), bytes(&desk.store(&Room::memory(1 << 20))));
    assert_eq!(fs::metadata(desk.cache()).unwrap().len(), size);
    drop(store);
    for number in 200..400 {
        picture(&desk.file(number), number as u8);
    }
    let grown = desk.store(&desk.room(0));
    assert_eq!(grown.cached(), 210);
    assert_eq!(bytes(&grown), bytes(&desk.store(&Room::memory(1 << 20))));
}

#[test]
fn another_size_or_preprocessing_makes_the_cache_anew() {
    let desk = Desk::with(9);
    let cropped = Preprocess {
        resize: Resize::Crop,
        ..Preprocess::default()
    };
    for stored in [plain(), Stored::plain(SIZE, &cropped), larger(), plain()] {
        let store = desk.store_as(&desk.room(0), &stored);
        assert_eq!((store.cached(), store.notice()), (9, None));
        let expected = desk.store_as(&Room::memory(1 << 20), &stored);
        assert_eq!(bytes(&store), bytes(&expected));
    }
}

#[test]
fn the_sets_of_one_training_share_a_cache() {
    let desk = Desk::with(20);
    let data = desk.open();
    let part = |indices: &[usize]| {
        let progress = Progress::default();
        PixelStore::load(&data, indices, &plain(), &desk.room(0), &progress).unwrap()
    };
    let train = part(&(0..15).collect::<Vec<_>>());
    let validation = part(&(15..20).collect::<Vec<_>>());
    assert_eq!((train.cached(), validation.cached()), (15, 5));
    let all = load(&data, &plain(), &Room::memory(1 << 20)).unwrap();
    let mut both = bytes(&validation);
    both.reverse();
    let mut rest = bytes(&train);
    rest.reverse();
    both.extend(rest);
    let mut expected = bytes(&all);
    // The store of all has them the other way round.
    expected = expected
        .chunks_exact(SIZE.elements())
        .rev()
        .flat_map(<[u8]>::to_vec)
        .collect();
    expected.reverse();
    assert_eq!(both, expected);
    // Another size while these are in use: images are complete, and the reason is told.
    let other = desk.store_as(&desk.room(0), &larger());
    assert_eq!(other.cached(), 0);
    assert!(
        other.notice().unwrap().contains("in use"),
        "{:?}",
        other.notice()
    );
}

#[test]
fn a_store_takes_no_more_memory_than_it_may() {
    let desk = Desk::with(50);
    let budget = 10 * SIZE.elements();
    let store = desk.store(&desk.room(10));
    bytes(&store);
    // Beside the pixels 16 bytes an image say where it is on disk.
    assert!(
        store.bytes_held() <= budget + 50 * 16,
        "{}",
        store.bytes_held()
    );
    assert_eq!((store.kept(), store.cached()), (10, 40));
}

/// How many images a load of 100,000 has done when it ends after being cancelled.
fn cancelled(desk: &Desk, room: Room) -> usize {
    let data = desk.open();
    // Thousands of passes over four pictures: seconds of work.
    let indices: Vec<usize> = (0..100_000).map(|number| number % 4).collect();
    let progress = Arc::new(Progress::default());
    let watched = Arc::clone(&progress);
    let loading = std::thread::spawn(move || {
        PixelStore::load(&data, &indices, &plain(), &room, &watched).err()
    });
    while progress.done() < 20 && !loading.is_finished() {
        std::thread::yield_now();
    }
    assert_eq!(progress.total(), 100_000);
    progress.cancel();
    let error = loading.join().unwrap();
    assert!(matches!(error, Some(DatasetError::Cancelled)), "{error:?}");
    progress.done()
}

#[test]
fn loading_ends_soon_when_it_is_cancelled() {
    let desk = Desk::with(4);
    for room in [Room::memory(1 << 30), desk.room(0)] {
        // What each thread has in hand, not the rest: a busy machine is seldom so slow as to leave none of it.
        let done = cancelled(&desk, room);
        assert!(done < 50_000, "{done}");
    }
}

#[test]
fn what_was_decoded_before_a_cancelled_load_is_kept() {
    let desk = Desk::with(30);
    let data = desk.open();
    let half: Vec<usize> = (0..15).collect();
    let progress = Progress::default();
    drop(PixelStore::load(&data, &half, &plain(), &desk.room(0), &progress).unwrap());
    // Those files are gone, and still there for a set that was opened before.
    for index in half {
        fs::remove_file(data.path(index).unwrap()).unwrap();
    }
    assert_eq!(load(&data, &plain(), &desk.room(0)).unwrap().cached(), 30);
}

#[test]
fn images_of_archives_and_records_stream_too() {
    let digits = Arc::new(Dataset::open(&Source::parse("digits"), &Progress::default()).unwrap());
    let desk = Desk::with(0);
    // Nothing is known of the bundled digits' files, for they have none: they are decoded, which costs little.
    let store = load(&digits, &plain(), &desk.room(10)).unwrap();
    assert_eq!((store.kept(), store.cached(), store.len()), (10, 0, 10_000));
    let mut one = Vec::new();
    store.copy_into(&[9_999], &mut one).unwrap();
    assert_eq!(one.len(), SIZE.elements());
}
