//! What stays on a device is the same to the last bit as what is sent with every batch, on the CPU (which can do it,
//! and has no use for it) and on a GPU or what plays one.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;
use crate::dataset::{Augment, Batch, Dataset, Preprocess, Room, Source, Stored, shuffled};
use crate::network::{Context, Graph, Loss, Network, check};
use crate::project::Recipe;
use crate::training::device::adapter::{adapter, everywhere, exceedable};
use crate::training::feed::Feed;
use crate::training::{Pending, Stepper, open};

mod runs;

/// Images of a data set, and of a batch.
const IMAGES: usize = 13;
const BATCH: usize = 5;

fn size(height: usize, width: usize, channels: usize) -> InputSize {
    InputSize {
        height,
        width,
        channels,
    }
}

/// Grain of two classes, in that size.
fn grain(size: InputSize) -> (tempfile::TempDir, Arc<Dataset>) {
    let folder = tempfile::tempdir().unwrap();
    let (width, height) = (size.width as u32, size.height as u32);
    for number in 0..IMAGES as u32 {
        let class = folder.path().join((number % 2).to_string());
        std::fs::create_dir_all(&class).unwrap();
        let byte = |x: u32, y: u32, channel: u32| {
            let place = (y * width + x) * 3 + channel;
            ((place * 7919 + number * 131) % 10_007 * 37 % 256) as u8
        };
        let picture: image::DynamicImage = if size.channels == 1 {
            image::GrayImage::from_fn(width, height, |x, y| image::Luma([byte(x, y, 0)])).into()
        } else {
            let pixel = |x, y| image::Rgb([byte(x, y, 0), byte(x, y, 1), byte(x, y, 2)]);
            image::RgbImage::from_fn(width, height, pixel).into()
        };
        picture
            .save(class.join(format!("{number:02}.png")))
            .unwrap();
    }
    let source = Source::Folder(folder.path().to_path_buf());
    let data = Dataset::open(&source, &Progress::default()).unwrap();
    (folder, Arc::new(data))
}

fn stored(data: &Arc<Dataset>, size: InputSize, room: usize) -> Arc<PixelStore> {
    let indices: Vec<usize> = (0..data.len()).collect();
    let stored = Stored::plain(size, &Preprocess::default());
    let (room, progress) = (Room::memory(room), Progress::default());
    Arc::new(PixelStore::load(data, &indices, &stored, &room, &progress).unwrap())
}

fn store(size: InputSize) -> Arc<PixelStore> {
    let (_folder, data) = grain(size);
    stored(&data, size, 1 << 24)
}

/// Sent in several pieces, the last of them smaller.
fn held(store: &Arc<PixelStore>, opened: &Opened) -> Resident {
    let piece = 4 * store.stored_size().elements();
    let words = sent(store, &opened.device, piece, &Progress::default());
    Resident {
        words: words.ok().unwrap(),
        size: store.stored_size(),
    }
}

fn moves() -> Augment {
    Augment {
        flip_horizontal: true,
        rotate: 25.0,
        shift: 0.3,
        shear: 12.0,
        ..Augment::default()
    }
}

fn normaliser(channels: usize) -> Normaliser {
    let given = Normalise::Given {
        mean: [0.485, 0.456, 0.406],
        deviation: [0.229, 0.224, 0.225],
    };
    Normaliser::new(given, channels)
}

/// All of an epoch; two images come twice, and the last batch is smaller.
fn batches(store: &Arc<PixelStore>, augment: &Augment, epoch: u32, form: Form) -> Vec<Batch> {
    let mut order = shuffled(IMAGES, 3, epoch);
    order.extend([4, 0]);
    order.swap(2, 7);
    order.pop();
    let draw = Draw {
        seed: 3,
        epoch,
        augment: augment.clone(),
        normaliser: normaliser(store.size().channels),
        form,
    };
    Loader::start(store.clone(), order, BATCH, Arc::new(draw))
        .map(Result::unwrap)
        .collect()
}

#[test]
fn what_a_device_holds_becomes_the_same_bits_as_what_is_sent() {
    // Pictures of 35, 64, 351 and 72 bytes: not all of them are whole words.
    let sizes = [size(5, 7, 1), size(8, 8, 1), size(9, 13, 3), size(4, 6, 3)];
    for alone in everywhere() {
        let opened = &alone.opened;
        for size in sizes {
            let store = store(size);
            let feed = || Feed::new(size, normaliser(size.channels), &opened.device);
            let (sent, mut kept) = (feed(), feed());
            kept.keep(Some(held(&store, opened)));
            assert_eq!(kept.form(), Form::Places);
            for augment in [Augment::default(), moves()] {
                let there = batches(&store, &augment, 2, Form::Places);
                let here = batches(&store, &augment, 2, Form::Device);
                assert_eq!((there.len(), there[2].labels.len()), (3, 4));
                for (there, here) in there.into_iter().zip(here) {
                    assert_eq!(there.labels, here.labels);
                    assert_eq!(there.positions, here.positions);
                    let Pixels::Places(places) = &there.pixels else {
                        panic!("no places");
                    };
                    let moved = if augment.is_off() {
                        0
                    } else {
                        here.labels.len()
                    };
                    assert_eq!(places.maps.len(), moved);
                    let images = here.labels.len();
                    let bits = |feed: &Feed, pixels: Pixels| -> Vec<u32> {
                        let made = feed.tensor(pixels, images).into_data();
                        made.iter::<f32>().map(f32::to_bits).collect()
                    };
                    let expected = bits(&sent, here.pixels);
                    assert_eq!(expected.len(), images * size.elements());
                    assert_eq!(bits(&kept, there.pixels), expected, "{size:?} {opened:?}");
                }
            }
        }
    }
}

fn graph(size: InputSize, classes: usize) -> Graph {
    let InputSize {
        height,
        width,
        channels,
    } = size;
    let text = format!(
        "[[layers]]\nkind = \"input\"\nheight = {height}\nwidth = {width}\nchannels = {channels}\n\
         [[layers]]\nkind = \"conv2d\"\nfilters = 2\nkernel = [3, 3]\nactivation = \"relu\"\n\
         [[layers]]\nkind = \"flatten\"\n\
         [[layers]]\nkind = \"dense\"\nunits = {classes}\nactivation = \"softmax\"\n"
    );
    Graph::parse(&text).unwrap()
}

fn network(size: InputSize, classes: usize) -> Network {
    checked(&graph(size, classes), classes)
}

fn checked(graph: &Graph, classes: usize) -> Network {
    let context = Context {
        classes: Some(classes),
        loss: Loss::CrossEntropy,
        batch: BATCH,
    };
    check(graph, &context).network.unwrap()
}

/// The losses of two epochs, of whose batches so many images go through at once, and the weights that come of them.
fn trained(
    store: &Arc<PixelStore>,
    augment: &Augment,
    opened: &Opened,
    at_once: usize,
    images: Option<Resident>,
) -> Vec<u32> {
    let mut stepper = Stepper::new(&network(store.size(), 2), &Recipe::default(), opened);
    stepper.limit_pass(at_once);
    let form = if images.is_some() {
        Form::Places
    } else {
        Form::Device
    };
    stepper.keep(images);
    let mut pending = Vec::new();
    for epoch in 1..=2 {
        for batch in batches(store, augment, epoch, form) {
            assert_eq!(batch.mix.is_some(), augment.mixup + augment.cutmix > 0.0);
            pending.push(stepper.step_mixed(batch.pixels, &batch.labels, batch.mix.as_ref()));
        }
    }
    let losses = Pending::read(pending).into_iter().map(|step| step.loss);
    let weights = stepper.tensors().into_iter().flat_map(|it| it.values);
    losses.chain(weights).map(f32::to_bits).collect()
}

#[test]
fn a_training_on_what_a_device_holds_learns_the_same_whole_in_passes_and_mixed() {
    let store = store(size(5, 7, 3));
    let mixing = |mixup: f32, cutmix: f32| Augment {
        mixup,
        cutmix,
        ..moves()
    };
    for alone in everywhere() {
        let opened = &alone.opened;
        for (augment, at_once) in [
            (moves(), 2),
            (mixing(0.4, 0.0), BATCH),
            (mixing(0.0, 1.0), 2),
        ] {
            let there = trained(
                &store,
                &augment,
                opened,
                at_once,
                Some(held(&store, opened)),
            );
            let here = trained(&store, &augment, opened, at_once, None);
            assert!(there.len() > 6 && here.iter().all(|bits| f32::from_bits(*bits).is_finite()));
            assert_eq!(there, here, "{augment:?} {at_once} {opened:?}");
        }
    }
}

#[test]
fn what_does_not_fit_the_room_is_not_sent() {
    let store = store(size(5, 7, 1));
    // Nine words each.
    let bytes = IMAGES as u64 * 36;
    assert_eq!(Resident::bytes(&store), bytes);
    for alone in everywhere() {
        let upload = |room| Resident::upload(&store, &alone.opened, room, &Progress::default());
        assert!(upload(bytes - 1).unwrap().is_none());
        assert!(upload(bytes).unwrap().is_some());
    }
    assert_eq!(Resident::room(&open("cpu").unwrap()), 0);
    if let Some(alone) = adapter() {
        let largest = largest_tensor(&alone.opened.device).unwrap();
        let room = Resident::room(&alone.opened);
        assert!(room > 0 && room <= largest / 2 && room <= MOST_BYTES);
    }
}

#[test]
fn sending_is_cancelled_like_any_preparation() {
    let (store, progress) = (store(size(5, 7, 1)), Progress::default());
    progress.cancel();
    let opened = open("cpu").unwrap();
    let sent = Resident::upload(&store, &opened, 1 << 20, &progress);
    assert!(matches!(sent, Err(DatasetError::Cancelled)));
}

#[test]
fn a_device_that_refuses_the_memory_lives_on_without_the_set() {
    let Some(alone) = adapter() else {
        return;
    };
    let opened = &alone.opened;
    let Some(limit) = exceedable(opened) else {
        return;
    };
    // None of them is decoded: the set is refused as a whole.
    let side = (limit as f64 / IMAGES as f64).sqrt() as usize + 4;
    let (_folder, data) = grain(size(5, 7, 1));
    let large = stored(&data, size(side / 4 * 4, side / 4 * 4, 1), 0);
    assert!(Resident::bytes(&large) > limit);
    let refused = Resident::upload(&large, opened, u64::MAX, &Progress::default());
    assert!(refused.unwrap().is_none());
    let small = store(size(5, 7, 1));
    let kept = Resident::upload(&small, opened, 1 << 20, &Progress::default()).unwrap();
    let rows = kept.unwrap().rows(&[0, 12]).into_data();
    assert_eq!(rows.shape().to_vec(), [2, 9]);
    let mut first = Vec::new();
    small.copy_into(&[0], &mut first).unwrap();
    let word = i32::from_le_bytes(first[..4].try_into().unwrap());
    assert_eq!(rows.iter::<i32>().next(), Some(word));
}

#[test]
fn the_memory_of_a_device_holds_a_set_once_and_does_not_grow() {
    let Some(alone) = adapter() else {
        return;
    };
    let opened = &alone.opened;
    let used = || {
        opened.device.sync().unwrap();
        opened.device.memory_pool_usage().unwrap()
    };
    let store = store(size(96, 96, 3));
    let bytes = Resident::bytes(&store);
    release(opened);
    let before = used();
    let images = held(&store, opened);
    let after = used();
    let slack = bytes / 10;
    assert!(after.bytes_in_use >= before.bytes_in_use + bytes);
    assert!(after.bytes_in_use < before.bytes_in_use + bytes + slack);

    let mut feed = Feed::new(store.size(), normaliser(3), &opened.device);
    feed.keep(Some(images));
    let mut epoch = |number: u32| {
        for batch in batches(&store, &moves(), number, Form::Places) {
            let made = feed.tensor(batch.pixels, batch.labels.len()).into_data();
            assert!(made.iter::<f32>().all(f32::is_finite));
        }
        used()
    };
    epoch(1);
    let second = epoch(2);
    let later = (3..7).map(&mut epoch).last().unwrap();
    assert!(later.bytes_in_use < after.bytes_in_use + slack);
    assert_eq!(later.bytes_in_use, second.bytes_in_use);
    assert_eq!(later.bytes_reserved, second.bytes_reserved);

    drop(feed);
    release(opened);
    let end = used();
    assert!(end.bytes_in_use <= before.bytes_in_use + slack);
    assert!(end.bytes_reserved + bytes <= later.bytes_reserved);
}
