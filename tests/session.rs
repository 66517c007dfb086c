//! The engine behind its handle: answers at once, survives everything, and looking changes nothing.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mapsto::dataset::{Dataset, Preprocess, Set, Splits};
use mapsto::network::{Context, Graph, Loss, check};
use mapsto::project::{Recipe, open_run};
use mapsto::training::{
    Answer, Job, Model, Over, Phase, Picture, Session, Status, Stepper, Weights, feature_maps,
    open, prepare, write_weights,
};

/// Dropout and batch norm, the two layers that a look could disturb.
const NETWORK: &str = r#"
[[layers]]
kind = "input"
height = 28
width = 28
channels = 1

[[layers]]
kind = "conv2d"
filters = 4
kernel = [5, 5]
stride = [3, 3]
activation = "relu"

[[layers]]
kind = "batch_norm"

[[layers]]
kind = "flatten"

[[layers]]
kind = "dropout"
rate = 0.3

[[layers]]
kind = "dense"
units = 10
activation = "softmax"
"#;

/// A job on a few of the bundled digits.
fn job(runs: &Path, epochs: u32, images: usize) -> Job {
    let data = Arc::new(Dataset::digits());
    let stride = data.len() / images;
    let picked: Vec<usize> = (0..data.len()).step_by(stride).collect();
    let (validation, train): (Vec<usize>, Vec<usize>) = picked
        .iter()
        .partition(|index| (*index / stride).is_multiple_of(5));
    let recipe = Recipe {
        epochs,
        batch: 32,
        device: "cpu".to_owned(),
        ..Recipe::default()
    };
    let graph = Graph::parse(NETWORK).unwrap();
    let context = Context {
        classes: Some(10),
        loss: Loss::CrossEntropy,
        batch: recipe.batch,
    };
    Job {
        network: check(&graph, &context).network.unwrap(),
        graph,
        title: "small".to_owned(),
        data,
        test: None,
        splits: Splits {
            train,
            validation,
            ..Splits::default()
        },
        recipe,
        runs_dir: runs.to_path_buf(),
    }
}

fn session() -> Session {
    Session::start(|| {}).unwrap()
}

fn wait(session: &Session, what: &str, until: impl Fn(&Status) -> bool) -> Status {
    let start = Instant::now();
    loop {
        let status = session.status();
        if until(&status) {
            return status;
        }
        assert!(
            start.elapsed() < Duration::from_secs(60),
            "{what}: {status:?}"
        );
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn ended(session: &Session) -> Status {
    wait(session, "the end", |status| !status.phase.is_active())
}

fn run_to_end(runs: &Path, pinned: bool) -> (Vec<u8>, Vec<u8>, Vec<u8>) {
    let session = session();
    if pinned {
        let image = Dataset::digits().read(7).unwrap();
        session.pin(Some(Arc::new(image)));
    }
    session.train(job(runs, 2, 1000));
    if pinned {
        wait(&session, "maps", |_| session.maps().is_some());
    }
    let status = ended(&session);
    assert_eq!(status.phase, Phase::Finished, "{status:?}");
    let read = |name: &str| std::fs::read(status.run.as_ref().unwrap().join(name)).unwrap();
    (
        read("steps.csv"),
        read("epochs.csv"),
        read("weights.safetensors"),
    )
}

#[test]
fn the_same_seed_gives_the_same_bytes_whether_looked_at_or_not() {
    let folder = tempfile::tempdir().unwrap();
    let plain = run_to_end(folder.path(), false);
    let looked_at = run_to_end(folder.path(), true);
    assert!(plain == looked_at, "looking changed the training");
}

#[test]
fn pause_step_resume_and_stop_are_answered() {
    let folder = tempfile::tempdir().unwrap();
    let session = session();
    session.train(job(folder.path(), 1000, 500));
    wait(&session, "training", |s| s.steps_done > 2);

    session.pause();
    assert!(session.status().requested.is_some() || session.status().phase == Phase::Paused);
    let paused = wait(&session, "paused", |s| s.phase == Phase::Paused);
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(
        session.status().steps_done,
        paused.steps_done,
        "paused is paused"
    );

    session.step();
    let stepped = wait(&session, "one step", |s| {
        s.steps_done > paused.steps_done && s.phase == Phase::Paused
    });
    assert_eq!(stepped.steps_done, paused.steps_done + 1);

    session.resume();
    wait(&session, "resumed", |s| {
        s.steps_done > stepped.steps_done + 3
    });

    session.stop();
    let status = ended(&session);
    assert_eq!(status.phase, Phase::Stopped);
    let run = open_run(status.run.as_ref().unwrap()).unwrap();
    assert_eq!(run.info.state.to_string(), "stopped");
    assert!(run.damage.is_empty(), "{:?}", run.damage);
}

#[test]
fn a_run_stopped_in_its_first_epoch_keeps_weights_that_answer() {
    let folder = tempfile::tempdir().unwrap();
    let session = session();
    session.train(job(folder.path(), 10, 5000));
    wait(&session, "training", |s| s.steps_done > 2);
    session.stop();
    let status = ended(&session);
    let run = status.run.unwrap();
    let (ticket, _) = session.evaluate(run, Over::Own(Set::Validation), "cpu");
    let evaluation = evaluation(&session, ticket).unwrap();
    assert_eq!(evaluation.rows.len(), 1000);
}

fn evaluation(session: &Session, wanted: u64) -> Result<Arc<mapsto::results::Evaluation>, String> {
    let start = Instant::now();
    loop {
        for answer in session.answers() {
            if let Answer::Evaluation { ticket, result } = answer
                && ticket == wanted
            {
                return result;
            }
        }
        assert!(start.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn predictions_come_while_training_and_probabilities_sum_to_one() {
    let folder = tempfile::tempdir().unwrap();
    let session = session();
    let job = job(folder.path(), 1000, 500);
    let data = job.data.clone();
    session.train(job);
    wait(&session, "training", |s| s.steps_done > 2);
    let pictures = vec![
        Picture::Of { data, index: 3 },
        Picture::File("/nowhere/at all.png".into()),
    ];
    session.predict(Model::Live, pictures, true, "cpu");
    let mut answers = Vec::new();
    let start = Instant::now();
    while answers.len() < 2 {
        answers.extend(session.answers());
        assert!(start.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(2));
    }
    assert!(session.status().phase.is_active(), "the training goes on");
    for answer in answers {
        let Answer::Prediction { name, result, .. } = answer else {
            continue;
        };
        match result {
            Ok(explained) => {
                let sum: f32 = explained.probabilities.iter().sum();
                assert!((sum - 1.0).abs() < 1e-5);
                assert_eq!(explained.maps.unwrap().layers.len(), 5);
            }
            Err(message) => assert!(message.contains("/nowhere/at all.png"), "{name}: {message}"),
        }
    }
}

#[test]
fn the_maps_shown_are_a_forward_pass_with_that_steps_weights() {
    let folder = tempfile::tempdir().unwrap();
    let session = session();
    let job = job(folder.path(), 1, 640);
    let (network, recipe) = (job.network.clone(), job.recipe.clone());
    let image = Arc::new(job.data.read(11).unwrap());
    session.pin(Some(image.clone()));
    session.train(job);
    let status = ended(&session);
    // The maps of the end are those of the weights on disk.
    session.pin(Some(image.clone()));
    wait(&session, "maps", |s| {
        session.maps().is_some_and(|maps| maps.step == s.steps_done)
    });
    let shown = session.maps().unwrap();
    let run = status.run.unwrap();
    let opened = open("cpu").unwrap();
    let mut stepper = Stepper::new(&network, &recipe, &opened);
    stepper
        .load(&Weights::read(&run.join("weights.safetensors")).unwrap())
        .unwrap();
    let inference = stepper.inference(&[]);
    let again = feature_maps(
        &inference,
        prepare(&image, &network, &Preprocess::default()),
        shown.step,
    );
    for (shown, again) in shown.layers.iter().zip(&again.layers) {
        assert_eq!(shown.name, again.name);
        let pairs = shown.values.iter().zip(again.values.iter());
        let apart = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(apart < 1e-6, "{}: {apart}", shown.name);
    }
}

#[test]
fn a_second_training_takes_over_and_the_first_keeps_its_run() {
    let folder = tempfile::tempdir().unwrap();
    let session = session();
    session.train(job(folder.path(), 1000, 500));
    let first = wait(&session, "training", |s| s.steps_done > 2)
        .run
        .unwrap();
    session.train(job(folder.path(), 1, 500));
    let second = wait(&session, "the second run", |s| {
        s.run.as_ref().is_some_and(|run| *run != first) && !s.phase.is_active()
    });
    assert_eq!(second.phase, Phase::Finished);
    assert_eq!(open_run(&first).unwrap().info.state.to_string(), "stopped");
}

#[test]
fn what_is_asked_of_a_training_that_waits_for_another_to_end_is_meant_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let session = session();
    session.train(job(folder.path(), 1000, 500));
    let first = wait(&session, "training", |s| s.steps_done > 2)
        .run
        .unwrap();
    session.train(job(folder.path(), 1000, 500));
    session.pause();
    let paused = wait(&session, "the second, paused", |s| s.phase == Phase::Paused);
    assert_ne!(paused.run, Some(first));
    assert_eq!(paused.steps_done, 0);

    session.train(job(folder.path(), 1000, 500));
    session.stop();
    let stopped = ended(&session);
    assert_eq!(stopped.phase, Phase::Stopped);
    std::thread::sleep(Duration::from_millis(100));
    assert!(!session.status().phase.is_active(), "it stays stopped");
}

#[test]
fn a_run_answers_with_the_weights_it_has_now_and_as_its_evaluation_says() {
    let folder = tempfile::tempdir().unwrap();
    let session = session();
    let mut job = job(folder.path(), 1, 200);
    // Linear outputs are no probabilities: they can all be negative.
    let graph = Graph::parse(&NETWORK.replace("softmax", "linear")).unwrap();
    job.recipe.loss = Loss::MeanSquaredError;
    let context = Context {
        classes: Some(10),
        loss: job.recipe.loss,
        batch: job.recipe.batch,
    };
    job.network = check(&graph, &context).network.unwrap();
    job.graph = graph;
    let (network, recipe, data) = (job.network.clone(), job.recipe.clone(), job.data.clone());
    let validation = job.splits.validation.clone();
    session.train(job);
    let run = ended(&session).run.unwrap();
    let asked: Vec<Picture> = validation
        .iter()
        .map(|&index| Picture::Of {
            data: data.clone(),
            index,
        })
        .collect();
    let before = predictions(&session, &run, &asked);

    let file = run.join("weights.safetensors");
    let mut stepper = Stepper::new(&network, &recipe, &open("cpu").unwrap());
    stepper.load(&Weights::read(&file).unwrap()).unwrap();
    let mut tensors = stepper.tensors();
    let bias = tensors.iter_mut().find(|t| t.name == "dense_1.bias");
    bias.unwrap().values = (0..10).map(|class| -100.0 - class as f32 / 10.0).collect();
    write_weights(&file, &tensors).unwrap();

    let after = predictions(&session, &run, &asked);
    assert_ne!(before, after, "the weights were read again");
    let (ticket, _) = session.evaluate(run, Over::Own(Set::Validation), "cpu");
    let rows = &evaluation(&session, ticket).unwrap().rows;
    let evaluated: Vec<usize> = rows.iter().map(|row| row.predicted).collect();
    assert_eq!(after, evaluated);
    assert!(evaluated.iter().any(|predicted| *predicted != 0));
}

/// The classes that a run predicts for some pictures.
fn predictions(session: &Session, run: &Path, pictures: &[Picture]) -> Vec<usize> {
    session.predict(Model::Run(run.into()), pictures.to_vec(), false, "cpu");
    let mut predicted = Vec::new();
    let start = Instant::now();
    while predicted.len() < pictures.len() {
        for answer in session.answers() {
            if let Answer::Prediction { result, .. } = answer {
                predicted.push(result.unwrap().predicted);
            }
        }
        assert!(start.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(2));
    }
    predicted
}

#[test]
fn dropping_the_handle_ends_the_training() {
    let folder = tempfile::tempdir().unwrap();
    let session = session();
    session.train(job(folder.path(), 1000, 500));
    let run = wait(&session, "training", |s| s.steps_done > 2)
        .run
        .unwrap();
    let start = Instant::now();
    drop(session);
    assert!(start.elapsed() < Duration::from_secs(60));
    assert_eq!(open_run(&run).unwrap().info.state.to_string(), "stopped");
}
