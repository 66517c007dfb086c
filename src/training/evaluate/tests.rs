//! Evaluations read their images ahead, and come to the same figures as if they did not.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::sync::mpsc::channel;
use std::time::Instant;

use super::*;
use crate::dataset::{Augment, Dataset, Progress, Room, Source, Stored};
use crate::network::{Context, Loss, template};
use crate::project::Recipe;
use crate::training::engine::Engine;
use crate::training::session::Request;
use crate::training::sets::next_batch;
use crate::training::{Control, Stepper, open};

fn inference() -> Inference {
    let graph = template("digits-cnn")
        .unwrap()
        .with_input(28, 28, 1, Some(10));
    let context = Context {
        classes: Some(10),
        loss: Loss::CrossEntropy,
        batch: 1,
    };
    let network = crate::network::check(&graph, &context).network.unwrap();
    Stepper::new(&network, &Recipe::default(), &open("cpu").unwrap()).inference(&[])
}

fn evaluator(data: &Arc<Dataset>, room: usize, network: &Network) -> Evaluator {
    let stored = Stored::plain(input_size(network), &Preprocess::default());
    let indices: Vec<usize> = (0..data.len().min(600)).collect();
    let (room, progress) = (Room::memory(room), Progress::default());
    let store = PixelStore::load(data, &indices, &stored, &room, &progress).unwrap();
    let truth = (0..store.len()).map(|place| (place.to_string(), store.label(place)));
    let truth = truth.collect();
    Evaluator::new(Arc::new(store), truth)
}

fn whole(mut evaluator: Evaluator, inference: &Inference) -> Evaluation {
    while !evaluator
        .advance(inference, Duration::from_millis(5))
        .unwrap()
    {}
    assert_eq!(evaluator.progress(), (600, 600));
    evaluator.finish(&[])
}

#[test]
fn figures_are_the_same_whether_images_are_in_memory_or_decoded_on_the_way() {
    let (data, inference) = (Arc::new(Dataset::digits()), inference());
    let views = || {
        let augment = Augment {
            rotate: 10.0,
            ..Augment::default()
        };
        let recipe = Recipe {
            augment,
            ..Recipe::default()
        };
        Views::of(&recipe, 3)
    };
    let evaluation = |room: usize, views: Option<Views>| {
        let evaluator = evaluator(&data, room, &inference.network);
        whole(evaluator.with_views(views), &inference)
    };
    let plain = evaluation(1 << 30, None);
    assert_eq!(plain, evaluation(0, None));
    let seen = evaluation(1 << 30, views());
    assert_eq!(seen, evaluation(0, views()));
    assert_ne!(seen, plain);
    // Views of the same images, kept larger: the plain ones are as they were.
    let close = |larger: bool| {
        let augment = Augment {
            crop: 0.3,
            ..Augment::default()
        };
        let recipe = Recipe {
            augment,
            ..Recipe::default()
        };
        let mut views = Views::of(&recipe, 3).unwrap();
        let (input, room) = (input_size(&inference.network), Room::memory(1 << 24));
        let stored = views.stored(input, &Preprocess::default()).unwrap();
        let indices: Vec<usize> = (0..600).collect();
        let store = PixelStore::load(&data, &indices, &stored, &room, &Progress::default());
        views.store = larger.then(|| Arc::new(store.unwrap()));
        evaluation(1 << 30, Some(views))
    };
    assert_ne!(close(true), close(false));
}

/// Four pictures that are large enough to take a while.
fn large(folder: &Path) -> Arc<Dataset> {
    for number in 0..4_u8 {
        let class = folder.join(format!("{}", number % 2));
        std::fs::create_dir_all(&class).unwrap();
        let picture = image::GrayImage::from_fn(3000, 2000, |x, y| {
            image::Luma([((x * y) % 251) as u8 ^ number])
        });
        picture.save(class.join(format!("{number}.png"))).unwrap();
    }
    let source = Source::Folder(folder.to_path_buf());
    Arc::new(Dataset::open(&source, &Progress::default()).unwrap())
}

#[test]
fn a_training_that_waits_for_images_stops_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let (data, inference) = (large(folder.path()), inference());
    let store = evaluator(&data, 0, &inference.network).store;
    let (requests, inbox) = channel();
    let mut engine = Engine::new(inbox, Arc::default(), Box::new(|| {}));
    let draw = Arc::new(Draw::plain(inference.normaliser()));
    let mut loader = Loader::with_threads(store.clone(), (0..4).collect(), 4, draw.clone(), 1);
    let start = Instant::now();
    let batch = next_batch(&mut engine, &mut loader, || (inference.clone(), 0));
    assert_eq!(batch.unwrap().unwrap().labels.len(), 4);
    assert!(loader.waited() <= start.elapsed());

    // A batch that takes a minute to be made.
    let many: Vec<usize> = (0..4000).map(|number| number % 4).collect();
    let mut loader = Loader::with_threads(store, many, 4000, draw, 1);
    requests.send(Request::Control(Control::Stop)).unwrap();
    let start = Instant::now();
    assert!(next_batch(&mut engine, &mut loader, || (inference.clone(), 0)).is_none());
    assert!(engine.must_stop());
    // The picture in the making is ended, the others are not begun.
    drop(loader);
    assert!(start.elapsed() < Duration::from_secs(20));
}

#[test]
fn the_engine_never_waits_for_an_image_longer_than_it_may() {
    let folder = tempfile::tempdir().unwrap();
    let data = large(folder.path());
    let inference = inference();
    let mut evaluator = evaluator(&data, 0, &inference.network);
    let store = Arc::downgrade(&evaluator.store);
    let start = Instant::now();
    // Its threads only begin.
    assert!(!evaluator.advance(&inference, Duration::ZERO).unwrap());
    assert!(evaluator.is_waiting());
    assert_eq!(evaluator.progress(), (0, 4));
    while !evaluator
        .advance(&inference, Duration::from_secs(60))
        .unwrap()
    {}
    let whole = start.elapsed();
    assert!(!evaluator.is_waiting());
    assert!(evaluator.waited() > Duration::ZERO && evaluator.waited() <= whole);
    drop(evaluator);
    assert!(store.upgrade().is_none(), "a thread has outlived it");
}

#[test]
fn as_many_images_go_through_at_once_as_fit_and_profit() {
    let plenty = Capacity {
        images: 256,
        work: u64::MAX,
        memory: u64::MAX,
        tensor: u64::MAX,
    };
    let batch_at = |side: usize, capacity: Capacity| {
        let graph = template("digits-cnn")?.with_input(side, side, 1, Some(10));
        let context = Context {
            classes: Some(10),
            loss: Loss::CrossEntropy,
            batch: 1,
        };
        let network = crate::network::check(&graph, &context).network?;
        Some(capacity.batch(&network))
    };
    assert_eq!(batch_at(28, plenty), Some(256));
    assert_eq!(batch_at(1000, plenty), Some(256));
    // What the first convolution gives: 998 × 998 × 32 numbers of 4 bytes.
    let tensor = 998 * 998 * 32 * 4;
    let limited = |images: u64| Capacity {
        tensor: images * tensor,
        ..plenty
    };
    assert_eq!(batch_at(1000, limited(7)), Some(7));
    // It and what it makes on the way, with the image before it; besides the pixels of two batches.
    let image = 1000 * 1000 * 4;
    let room = |images: u64| Capacity {
        memory: images * (2 * tensor + image + 2 * 2 * image),
        ..plenty
    };
    assert_eq!(batch_at(1000, room(5)), Some(5));
    // Never none: what cannot be known is tried.
    assert_eq!(batch_at(1000, room(0)), Some(1));
    let weak = Capacity {
        work: 1 << 35,
        ..plenty
    };
    assert_eq!(batch_at(28, weak), Some(256));
    assert!(batch_at(1000, weak).is_some_and(|batch| batch < 32));
}

#[test]
fn figures_do_not_depend_on_how_many_images_go_through_at_once() {
    let (data, inference) = (Arc::new(Dataset::digits()), inference());
    let evaluation = |batch: Option<usize>| {
        let mut evaluator = evaluator(&data, 1 << 30, &inference.network);
        if let Some(batch) = batch {
            evaluator.passes = evaluator.begin(&inference, batch);
        }
        whole(evaluator, &inference)
    };
    let largest = evaluation(None);
    for batch in [1, 600] {
        let other = evaluation(Some(batch));
        assert!((other.loss - largest.loss).abs() < 1e-6);
        assert_eq!(other.rows.len(), largest.rows.len());
        for (one, two) in other.rows.iter().zip(&largest.rows) {
            assert_eq!((one.predicted, one.label), (two.predicted, two.label));
            for (one, two) in one.probabilities.iter().zip(&two.probabilities) {
                assert!((one - two).abs() < 1e-6, "{batch} at once");
            }
        }
    }
}
