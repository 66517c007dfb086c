//! Runs to look at.

use std::path::{Path, PathBuf};

use mapsto::dataset::Source;
use mapsto::network::template;
use mapsto::project::{
    Mark, Marks, ProjectError, Recipe, RunData, RunFolder, RunInfo, RunState, Weights, atomic,
};
use mapsto::results::{Epoch, Evaluation, Prediction, Step};

pub fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

pub fn data() -> RunData {
    RunData {
        source: Source::Digits,
        layout: None,
        classes: vec!["cats".into(), "dogs".into()],
        train: vec!["cats/a.jpg".into(), "dogs/b ä.jpg".into()],
        validation: vec!["cats/c.jpg".into()],
        test_source: None,
        test_layout: None,
        marks: Marks {
            train: vec![Mark(0, u64::MAX), Mark(1, 7)],
            validation: vec![Mark(0, 0)],
            test: vec![Mark(1, 1)],
        },
        test: vec!["dogs/d.jpg".into()],
    }
}

pub fn create(runs: &Path, title: &str) -> Result<RunFolder, ProjectError> {
    let template = template("digits-cnn").unwrap();
    let info = RunInfo {
        device: "cpu".into(),
        parameters: 93_322,
        ..RunInfo::default()
    };
    let recipe = Recipe::for_template(template);
    RunFolder::create(
        runs,
        title,
        &template.graph(Some(10)),
        &recipe,
        info,
        &data(),
    )
}

pub fn step(number: u64) -> Step {
    Step {
        step: number,
        epoch: 1,
        loss: 1.0 / number as f32,
        accuracy: 0.1,
    }
}

pub fn epoch(number: u32) -> Epoch {
    Epoch {
        epoch: number,
        train_loss: 1.0 / f64::from(number),
        train_accuracy: 0.1 + 0.2,
        val_loss: Some(f64::NAN).filter(|_| number == 2),
        val_accuracy: Some(0.5).filter(|_| number == 2),
        learning_rate: 1e-7,
        seconds: 1.5,
        images_per_second: 1234.5,
    }
}

pub fn evaluation() -> Evaluation {
    Evaluation {
        classes: data().classes,
        loss: 0.25,
        rows: vec![Prediction {
            file: "cats/c.jpg".into(),
            label: 0,
            predicted: 1,
            probabilities: vec![0.3, 0.7],
        }],
    }
}

/// A safetensors file with one tensor of two numbers.
pub fn weights() -> Vec<u8> {
    let header =
        br#"{"__metadata__":{"a":"b"},"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#;
    let length = (header.len() as u64).to_le_bytes();
    [&length[..], header, &[0; 8]].concat()
}

/// A whole run of two epochs.
pub fn finished(runs: &Path, title: &str) -> PathBuf {
    let mut run = create(runs, title).unwrap();
    run.append_steps(&[step(1), step(2)]).unwrap();
    run.append_epoch(&epoch(1)).unwrap();
    run.append_steps(&[step(3)]).unwrap();
    run.append_epoch(&epoch(2)).unwrap();
    for which in [Weights::Best, Weights::Last] {
        atomic::write(&run.weights_path(which), &weights()).unwrap();
    }
    run.write_evaluation("validation", &evaluation()).unwrap();
    run.write_evaluation("test", &evaluation()).unwrap();
    let mut info = run.info().clone();
    info.state = RunState::Finished;
    (info.epochs_done, info.best_epoch) = (2, Some(2));
    info.best_accuracy = Some(0.5);
    run.update(&info).unwrap();
    run.path().to_path_buf()
}
