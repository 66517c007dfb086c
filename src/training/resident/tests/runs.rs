//! Whole trainings and evaluations on what a device holds.

use std::path::Path;
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use super::*;
use crate::dataset::Splits;
use crate::results::{Evaluation, Step};
use crate::training::begin::stepper;
use crate::training::engine::Engine;
use crate::training::evaluate::Evaluator;
use crate::training::session::Request;
use crate::training::sets::{Kept, keep};
use crate::training::status::Board;
use crate::training::{Job, Phase, passes, trainer};

/// A training on digits of 8×8 pixels.
fn job(runs: &Path, augment: Augment, device: &str) -> Job {
    let recipe = Recipe {
        epochs: 2,
        batch: 16,
        device: device.to_owned(),
        augment,
        ..Recipe::default()
    };
    Job {
        graph: graph(size(8, 8, 1), 10),
        network: network(size(8, 8, 1), 10),
        title: "small".to_owned(),
        data: Arc::new(Dataset::digits()),
        test: None,
        splits: Splits {
            train: (0..10_000).step_by(143).collect(),
            validation: (1..10_000).step_by(307).collect(),
            ..Splits::default()
        },
        recipe,
        runs_dir: runs.to_path_buf(),
    }
}

/// An engine, and who could ask it for something: it ends when nobody is left.
fn engine(
    wake: impl Fn() + Send + Sync + 'static,
    board: &Arc<Board>,
) -> (Engine, Sender<Request>) {
    let (requests, inbox) = channel();
    (Engine::new(inbox, board.clone(), Box::new(wake)), requests)
}

#[test]
fn only_sets_that_fit_and_whose_changes_a_device_makes_are_sent() {
    let folder = tempfile::tempdir().unwrap();
    let (engine, _requests) = engine(|| {}, &Arc::default());
    let opened = open("cpu").unwrap();
    let input = size(5, 7, 1);
    let (train, validation) = (store(input), store(input));
    let bytes = Resident::bytes(&train);
    let kept = |augment: Augment, room: u64| {
        let job = job(folder.path(), augment, "cpu");
        let progress = Progress::default();
        let kept = keep(
            &engine,
            &job,
            &opened,
            [&train, &validation],
            room,
            &progress,
        )
        .unwrap();
        (kept.train.is_some(), kept.validation.is_some())
    };
    let coloured = Augment {
        brightness: 0.2,
        ..moves()
    };
    assert_eq!(kept(moves(), 2 * bytes), (true, true));
    assert_eq!(kept(moves(), 2 * bytes - 1), (true, false));
    assert_eq!(kept(moves(), bytes - 1), (false, false));
    assert_eq!(kept(coloured, 2 * bytes - 1), (false, true));
    assert_eq!(kept(moves(), 0), (false, false));
}

/// The steps of a training, its validation, and what has been told of preparing and tuning.
fn run(augment: Augment, device: &str) -> (Vec<Step>, Evaluation, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let board = Arc::new(Board::default());
    let sent = Arc::new(parking_lot::Mutex::new(Vec::new()));
    let (watched, told) = (board.clone(), sent.clone());
    let watch = move || {
        let status = watched.status.lock();
        match &status.phase {
            Phase::Preparing { what, .. } => told.lock().push(what.clone()),
            Phase::Compiling => told
                .lock()
                .push(format!("Tuning after {}", status.steps_done)),
            _ => {}
        }
    };
    let (mut engine, _requests) = engine(watch, &board);
    let mut job = job(folder.path(), augment, device);
    trainer::run(&mut engine, &mut job, &Progress::default()).unwrap();
    let steps = board.history.lock().steps.clone();
    let validation = board.validation.get().unwrap();
    let sent = sent.lock().clone();
    (steps, Evaluation::clone(&validation), sent)
}

#[test]
fn a_training_has_the_same_losses_with_its_images_on_the_device_as_without() {
    let Some(alone) = adapter() else {
        return;
    };
    // Whole pixels: the host makes the same bytes.
    let moved = Augment {
        flip_horizontal: true,
        shift: 0.2,
        ..Augment::default()
    };
    // Noise that changes nothing, and that only the host makes.
    let on_host = Augment {
        noise: 1e-9,
        ..moved.clone()
    };
    let id = &alone.opened.info.id;
    let (held, validation, sent) = run(moved, id);
    let (expected, same, validation_alone) = run(on_host, id);
    let train = "Sending the training images to the device";
    assert!(sent.iter().any(|what| what == train), "{sent:?}");
    assert!(!validation_alone.iter().any(|what| what == train));
    let validated = "Sending the validation images to the device";
    assert!(validation_alone.iter().any(|what| what == validated));
    // For the first batch and the first smaller one: of 16 and of 6 images.
    let mut tuned: Vec<&String> = sent.iter().filter(|it| it.contains("Tuning")).collect();
    tuned.dedup();
    assert_eq!(tuned, ["Tuning after 0", "Tuning after 4"]);
    assert_eq!(held.len(), 10);
    assert_eq!(held, expected);
    assert_eq!(validation, same);
}

#[test]
fn an_evaluation_of_what_a_device_holds_is_that_of_what_is_sent_and_the_cpus() {
    let data = Arc::new(Dataset::digits());
    let network = network(size(8, 8, 1), 10);
    // Two batches on a GPU, of which the second is smaller by one image.
    let indices: Vec<usize> = (0..1031).map(|place| place * 9).collect();
    let plain = Stored::plain(size(8, 8, 1), &Preprocess::default());
    let room = Room::memory(1 << 24);
    let store = PixelStore::load(&data, &indices, &plain, &room, &Progress::default()).unwrap();
    let store = Arc::new(store);
    let evaluated = |opened: &Opened, images: Option<Resident>| {
        let inference = Stepper::new(&network, &Recipe::default(), opened).inference(&data.classes);
        let truth = (0..store.len()).map(|place| (place.to_string(), store.label(place)));
        let mut evaluator = Evaluator::new(store.clone(), truth.collect()).keep(images);
        while !evaluator
            .advance(&inference, Duration::from_millis(5))
            .unwrap()
        {}
        evaluator.finish(&data.classes)
    };
    let mut all = Vec::new();
    for alone in everywhere() {
        let opened = &alone.opened;
        let here = evaluated(opened, None);
        assert_eq!(evaluated(opened, Some(held(&store, opened))), here);
        assert_eq!(here.rows.len(), 1031);
        all.push(here);
    }
    if let [cpu, gpu] = &all[..] {
        assert!(
            (cpu.loss - gpu.loss).abs() < 1e-5,
            "{} {}",
            cpu.loss,
            gpu.loss
        );
        for (cpu, gpu) in cpu.rows.iter().zip(&gpu.rows) {
            let apart = cpu.probabilities.iter().zip(&gpu.probabilities);
            assert!(apart.map(|(a, b)| (a - b).abs()).all(|apart| apart < 1e-4));
        }
    }
}

#[test]
fn a_training_takes_its_images_from_where_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let (engine, _requests) = engine(|| {}, &Arc::default());
    let job = job(folder.path(), moves(), "cpu");
    for alone in everywhere() {
        let opened = &alone.opened;
        let train = store(size(8, 8, 1));
        let form = |mut kept: Kept| {
            let passes = passes::plan(&job, opened).unwrap();
            stepper(&engine, &job, opened, &train, passes, &mut kept).form()
        };
        let kept = Kept {
            train: Some(held(&train, opened)),
            validation: None,
        };
        assert_eq!(form(kept), Form::Places);
        let sent = if opened.compiles() {
            Form::Device
        } else {
            Form::Numbers
        };
        assert_eq!(form(Kept::default()), sent);
    }
}

/// Quickly made and large: 4 MiB an image.
const LARGE: &str = "[[layers]]\nkind = \"input\"\nheight = 128\nwidth = 128\nchannels = 1\n\
                     [[layers]]\nkind = \"upsample\"\nfactor = 8\n\
                     [[layers]]\nkind = \"global_average_pool\"\n\
                     [[layers]]\nkind = \"dense\"\nunits = 10\nactivation = \"softmax\"\n";

#[test]
fn images_make_room_for_a_batch_that_does_not_fit_beside_them() {
    let Some(alone) = adapter() else {
        return;
    };
    let opened = &alone.opened;
    let Some(limit) = exceedable(opened) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let (engine, _requests) = engine(|| {}, &Arc::default());
    let job = Job {
        graph: Graph::parse(LARGE).unwrap(),
        network: checked(&Graph::parse(LARGE).unwrap(), 10),
        ..job(folder.path(), moves(), "cpu")
    };
    let train = store(size(128, 128, 1));
    let mut kept = Kept {
        train: Some(held(&train, opened)),
        validation: None,
    };
    // As if nobody knew that so many do not fit a buffer.
    let mut passes = passes::plan(&job, opened).unwrap();
    passes.batch = usize::try_from(limit).unwrap() / (4 << 20) + 2;
    passes.most = passes.batch;
    let stepper = stepper(&engine, &job, opened, &train, passes, &mut kept);
    assert!(!kept.any());
    assert_eq!(stepper.form(), Form::Device);
}
