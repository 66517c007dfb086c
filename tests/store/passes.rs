//! A pass over a store: the same batches for every number of threads, and never an end that hides a fault.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use mapsto::dataset::{
    Augment, Batch, Draw, Form, InputSize, Loader, Normalise, Normaliser, PixelStore, Pixels,
    Planes, Preprocess, Room, Stored, shuffled,
};

use crate::made::{Desk, SIZE, plain, unit};

fn everything() -> Augment {
    Augment {
        flip_horizontal: true,
        rotate: 20.0,
        zoom: 0.4,
        crop: 0.3,
        brightness: 0.3,
        hue: 30.0,
        blur: 1.0,
        noise: 0.1,
        erase: 0.2,
        mixup: 0.4,
        ..Augment::default()
    }
}

fn drawn(augment: Augment, epoch: u32) -> Arc<Draw> {
    Arc::new(Draw {
        seed: 5,
        epoch,
        augment,
        normaliser: unit(),
        form: Form::Numbers,
    })
}

fn all(store: &Arc<PixelStore>, order: &[usize], draw: &Arc<Draw>, threads: usize) -> Vec<Batch> {
    let (store, draw) = (Arc::clone(store), Arc::clone(draw));
    Loader::with_threads(store, order.to_vec(), 8, draw, threads)
        .map(Result::unwrap)
        .collect()
}

#[test]
fn batches_are_the_same_for_every_number_of_threads_and_wherever_images_lie() {
    let desk = Desk::with(37);
    let stored = Stored::augmented(SIZE, &Preprocess::default(), &everything());
    assert!(stored.kept.width > SIZE.width);
    let order = shuffled(37, 5, 2);
    let draw = drawn(everything(), 2);
    let memory = Arc::new(desk.store_as(&Room::memory(1 << 20), &stored));
    let expected = all(&memory, &order, &draw, 1);
    let sizes: Vec<usize> = expected.iter().map(|batch| batch.labels.len()).collect();
    assert_eq!(sizes, [8, 8, 8, 8, 5]);
    assert!(expected.iter().all(|batch| batch.mix.is_some()));
    for room in [Room::memory(1 << 20), Room::memory(0), desk.room(9)] {
        let store = Arc::new(desk.store_as(&room, &stored));
        for threads in [1, 2, 7] {
            assert_eq!(all(&store, &order, &draw, threads), expected, "{threads}");
        }
    }
    let plain = Arc::new(Draw::plain(unit()));
    let unchanged = all(&memory, &order, &plain, 7);
    assert_eq!(unchanged, all(&memory, &order, &plain, 1));
    assert_ne!(unchanged, expected);
    assert!(unchanged.iter().all(|batch| batch.mix.is_none()));
}

#[test]
fn each_epoch_draws_anew_and_an_image_is_changed_alike_wherever_it_comes() {
    let desk = Desk::with(16);
    let store = Arc::new(desk.store(&Room::memory(1 << 20)));
    let order: Vec<usize> = (0..16).collect();
    let turned: Vec<usize> = (0..16).rev().collect();
    let one = Augment {
        rotate: 30.0,
        ..Augment::default()
    };
    let first = all(&store, &order, &drawn(one.clone(), 1), 2);
    assert_ne!(all(&store, &order, &drawn(one.clone(), 2), 2), first);
    let image = |batches: &[Batch], position: usize| -> Vec<f32> {
        let places = batches.iter().flat_map(|batch| {
            let images = batch.pixels.numbers().chunks_exact(SIZE.elements());
            images.zip(&batch.positions)
        });
        let found = places.into_iter().find(|(_, found)| **found == position);
        found.unwrap().0.to_vec()
    };
    let other = all(&store, &turned, &drawn(one, 1), 2);
    for position in 0..16 {
        assert_eq!(image(&first, position), image(&other, position));
    }
}

/// What a device makes of a batch's bytes: bilinear readings, mirrored at the edges.
fn moved(planes: &Planes, image: usize) -> Vec<u8> {
    let [a, b, c, d, e, f] = match planes.maps.get(image) {
        Some(map) => *map,
        None => [1.0, 0.0, 0.0, 0.0, 1.0, 0.0],
    };
    let from = planes.size;
    assert!(from == SIZE || !planes.maps.is_empty());
    let mirrored = |place: f64, length: usize| {
        let twice = 2 * length as i64;
        let place = (place as i64).rem_euclid(twice);
        place.min(twice - 1 - place) as usize
    };
    let mut bytes = Vec::new();
    for channel in 0..SIZE.channels {
        for (row, column) in (0..SIZE.height).flat_map(|y| (0..SIZE.width).map(move |x| (y, x))) {
            let (x, y) = (column as f64 + 0.5, row as f64 + 0.5);
            let (x, y) = (a * x + b * y + c - 0.5, d * x + e * y + f - 0.5);
            let pairs = |place: f64| {
                let part = place - place.floor();
                [(place.floor(), 1.0 - part), (place.floor() + 1.0, part)]
            };
            let mut sum = 0.5;
            for (row, down) in pairs(y) {
                for (column, across) in pairs(x) {
                    let plane = (image * from.channels + channel) * from.height;
                    let row = plane + mirrored(row, from.height);
                    let place = row * from.width + mirrored(column, from.width);
                    sum += f64::from(planes.bytes[place]) * down * across;
                }
            }
            bytes.push(sum as u8);
        }
    }
    bytes
}

#[test]
fn a_device_makes_the_same_images_of_bytes_and_maps_as_the_threads_do_themselves() {
    let desk = Desk::with(24);
    let moves = Augment {
        flip_horizontal: true,
        rotate: 15.0,
        shift: 0.2,
        zoom: 0.5,
        ..Augment::default()
    };
    let order: Vec<usize> = (0..24).collect();
    // Colours are changed by the threads; the moves of such images, too.
    for augment in [moves, everything(), Augment::default()] {
        let stored = Stored::augmented(SIZE, &Preprocess::default(), &augment);
        let store = Arc::new(desk.store_as(&desk.room(9), &stored));
        let draw = drawn(augment.clone(), 3);
        let expected = all(&store, &order, &draw, 2);
        let on_device = Arc::new(Draw {
            form: Form::Device,
            ..Draw::clone(&draw)
        });
        let batches = all(&store, &order, &on_device, 2);
        assert_eq!(batches, all(&store, &order, &on_device, 1));
        let mut left = 0;
        for (batch, expected) in batches.iter().zip(&expected) {
            assert_eq!(batch.labels, expected.labels);
            assert_eq!(batch.positions, expected.positions);
            assert_eq!(batch.mix, expected.mix);
            let Pixels::Bytes(planes) = &batch.pixels else {
                panic!("numbers");
            };
            assert_eq!(planes.size, store.stored_size());
            let unmoved = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0];
            left += planes.maps.iter().filter(|map| **map != unmoved).count();
            let images = expected.pixels.numbers().chunks_exact(SIZE.elements());
            for (image, expected) in images.enumerate() {
                for (byte, expected) in moved(planes, image).into_iter().zip(expected) {
                    let apart = (f32::from(byte) - expected * 255.0).abs();
                    assert!(apart < 1.01, "{byte} and {}", expected * 255.0);
                }
            }
        }
        // Some shrink, the others are the device's.
        let some = augment.rotate == 15.0;
        assert!((some && left >= 8) || (!some && left == 0), "{left}");
    }
}

#[test]
fn a_device_that_holds_the_images_gets_their_places_and_the_same_maps() {
    let desk = Desk::with(24);
    let moves = Augment {
        flip_horizontal: true,
        rotate: 15.0,
        mixup: 0.4,
        ..Augment::default()
    };
    // No picture is read.
    let store = Arc::new(desk.store(&Room::memory(0)));
    let form = |form: Form, augment: &Augment| {
        let draw = drawn(augment.clone(), 3);
        Arc::new(Draw {
            form,
            ..Draw::clone(&draw)
        })
    };
    let order = shuffled(24, 5, 2);
    let bytes = all(&store, &order, &form(Form::Device, &moves), 2);
    fs::remove_dir_all(desk.data()).unwrap();
    let places = all(&store, &order, &form(Form::Places, &moves), 2);
    assert_eq!(places.len(), bytes.len());
    for (places, bytes) in places.iter().zip(&bytes) {
        let (Pixels::Places(kept), Pixels::Bytes(planes)) = (&places.pixels, &bytes.pixels) else {
            panic!("other pixels");
        };
        assert_eq!(kept.positions, places.positions);
        assert_eq!(kept.maps, planes.maps);
        assert_eq!((&places.labels, &places.mix), (&bytes.labels, &bytes.mix));
        // Some of a batch, as a pass takes them.
        let Pixels::Places(picked) = places.pixels.picked(8, [5, 0, 9]) else {
            panic!("other pixels");
        };
        assert_eq!(picked.positions, [kept.positions[5], kept.positions[0]]);
        assert_eq!(picked.maps, [kept.maps[5], kept.maps[0]]);
    }
    // What a device cannot make is no silent loss.
    let failed = |order: &[usize], augment: &Augment| {
        let draw = form(Form::Places, augment);
        let mut loader = Loader::with_threads(Arc::clone(&store), order.to_vec(), 8, draw, 1);
        loader.any(|batch| batch.is_err())
    };
    assert!(!failed(&order, &moves));
    assert!(failed(&order, &everything()));
    assert!(failed(&[0, 24], &moves));
}

#[test]
fn images_come_as_they_are_kept_for_those_who_want_them_so() {
    let desk = Desk::with(7);
    let store = Arc::new(desk.store_as(&desk.room(2), &crate::made::larger()));
    let kept = Arc::new(Draw {
        form: Form::Kept,
        ..Draw::clone(&drawn(everything(), 1))
    });
    let size = store.stored_size();
    assert!(size.width > SIZE.width);
    let batch = &all(&store, &[3, 0, 6], &kept, 1)[0];
    let Pixels::Bytes(planes) = &batch.pixels else {
        panic!("numbers");
    };
    assert_eq!((planes.size, planes.maps.len()), (size, 0));
    let straight = Stored::plain(size, &Preprocess::default());
    let mut expected = Vec::new();
    let straight = desk.store_as(&Room::memory(1 << 20), &straight);
    straight.copy_into(&[3, 0, 6], &mut expected).unwrap();
    assert_eq!(planes.bytes, expected);
}

/// Batches that a pass has made once the first was taken and some time has gone by.
fn made_ahead(desk: &Desk, stored: &Stored) -> usize {
    let store = Arc::new(desk.store_as(&Room::memory(0), stored));
    let order = (0..store.len()).collect();
    let draw = Arc::new(Draw::plain(unit()));
    let mut loader = Loader::with_threads(store, order, 1, draw, 3);
    assert!(loader.next().unwrap().is_ok());
    std::thread::sleep(Duration::from_millis(1500));
    // What fails once the files are gone was not made ahead.
    fs::remove_dir_all(desk.data()).unwrap();
    loader.take_while(Result::is_ok).count()
}

#[test]
fn a_pass_makes_few_batches_ahead_and_of_large_ones_only_one() {
    let small = made_ahead(&Desk::with(40), &plain());
    assert!((1..=4).contains(&small), "{small}");
    // 48 MB of numbers each.
    let large = InputSize {
        height: 2000,
        width: 2000,
        channels: 3,
    };
    let large = Stored::plain(large, &Preprocess::default());
    assert!(made_ahead(&Desk::with(6), &large) <= 1);
}

#[test]
fn an_image_that_is_shown_several_times_an_epoch_is_changed_in_another_way_each_time() {
    let desk = Desk::with(4);
    let store = Arc::new(desk.store(&Room::memory(1 << 20)));
    let turned = Augment {
        rotate: 90.0,
        ..Augment::default()
    };
    let batches = all(&store, &[2, 1, 2, 2, 0], &drawn(turned.clone(), 1), 3);
    let images: Vec<&[f32]> = batches[0]
        .pixels
        .numbers()
        .chunks_exact(SIZE.elements())
        .collect();
    assert_ne!(images[0], images[2]);
    assert_ne!(images[2], images[3]);
    assert_ne!(images[0], images[3]);
    let once = all(&store, &[2], &drawn(turned, 1), 1);
    assert_eq!(once[0].pixels.numbers(), images[0]);
}

#[test]
fn pixels_come_normalised() {
    let desk = Desk::with(2);
    let store = Arc::new(desk.store(&Room::memory(1 << 20)));
    let given = Normalise::Given {
        mean: [0.5, 0.25, 0.1],
        deviation: [0.5, 0.2, 0.3],
    };
    let draw = Arc::new(Draw::plain(Normaliser::new(given, SIZE.channels)));
    let batch = &all(&store, &[1], &draw, 1)[0];
    let mut bytes = Vec::new();
    store.copy_into(&[1], &mut bytes).unwrap();
    let mut expected = Vec::new();
    let normaliser = Normaliser::new(given, SIZE.channels);
    normaliser.append(&bytes, SIZE.height * SIZE.width, &mut expected);
    assert_eq!(batch.pixels.numbers(), expected);
    assert_eq!(batch.labels, [store.label(1)]);
    assert_eq!(store.labels().len(), 2);
}

#[test]
fn the_time_that_a_consumer_waits_is_counted_and_no_other() {
    let desk = Desk::with(6);
    let store = Arc::new(desk.store(&Room::memory(1 << 20)));
    let draw = Arc::new(Draw::plain(unit()));
    let mut loader = Loader::start(store, (0..6).collect(), 2, draw);
    assert_eq!(loader.waited(), Duration::ZERO);
    let pause = Duration::from_millis(300);
    std::thread::sleep(pause);
    // All three batches fit the queue: they are ready.
    let count = loader.by_ref().map(Result::unwrap).count();
    assert_eq!(count, 3);
    assert!(loader.waited() < pause / 2, "{:?}", loader.waited());
}

#[test]
fn files_that_vanish_are_named_and_what_is_cached_goes_on() {
    let desk = Desk::with(24);
    let streamed = Arc::new(desk.store(&desk.room(3)));
    let decoded = Arc::new(desk.store(&Room::memory(0)));
    let order: Vec<usize> = (0..24).collect();
    let draw = Arc::new(Draw::plain(unit()));
    let expected = all(&streamed, &order, &draw, 2);
    fs::remove_file(desk.file(9)).unwrap();
    let failure = |threads: usize| {
        let (store, draw) = (Arc::clone(&decoded), Arc::clone(&draw));
        let failures: Vec<String> = Loader::with_threads(store, order.clone(), 4, draw, threads)
            .filter_map(Result::err)
            .map(|error| error.to_string())
            .collect();
        assert_eq!(failures.len(), 1);
        failures[0].clone()
    };
    for threads in [1, 7] {
        let words = failure(threads);
        assert!(
            words.contains("009.png: the file is no longer there"),
            "{words}"
        );
    }
    fs::remove_dir_all(desk.data()).unwrap();
    let words = failure(2);
    assert!(words.contains("connect its drive"), "{words}");
    assert_eq!(all(&streamed, &order, &draw, 2), expected);
}

#[test]
fn an_unfinished_pass_ends_all_its_threads() {
    let desk = Desk::with(40);
    let store = Arc::new(desk.store(&Room::memory(0)));
    let draw = Arc::new(Draw::plain(unit()));
    let order = shuffled(40, 1, 1);
    for taken in [0, 1, 5] {
        let mut loader =
            Loader::with_threads(Arc::clone(&store), order.clone(), 3, Arc::clone(&draw), 4);
        for _ in 0..taken {
            assert!(loader.next().unwrap().is_ok());
        }
        drop(loader);
        assert_eq!(Arc::strong_count(&store), 1);
    }
    let none = InputSize { height: 0, ..SIZE };
    let nothing = Stored::plain(none, &Preprocess::default());
    let empty = Arc::new(desk.store_as(&desk.room(1), &nothing));
    assert_eq!(all(&empty, &order, &draw, 2).len(), 5);
}
