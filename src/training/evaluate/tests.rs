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
fn large_networks_take_fewer_images_at_once() {
    let batch_at = |side: usize| {
        let graph = template("digits-cnn")?.with_input(side, side, 1, Some(10));
        let context = Context {
            classes: Some(10),
            loss: Loss::CrossEntropy,
            batch: 1,
        };
        let network = crate::network::check(&graph, &context).network?;
        Some(batch(&network))
    };
    assert_eq!(batch_at(28), Some(256));
    // The first pool: 998 × 998 × 32 numbers in, a quarter as many out.
    assert_eq!(batch_at(1000), Some(6));
}
