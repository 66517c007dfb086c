//! What lies on disk and is asked about: a run's best weights, a picture.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use image::DynamicImage;

use super::device;
use super::error::TrainError;
use super::evaluate::Inference;
use super::model::Model;
use super::weights::Weights;
use crate::dataset::{DecodeFault, read_image};
use crate::network::{Context, check};
use crate::project::{Weights as WeightsFile, open_run};

/// A run whose best weights are at hand for the next question.
pub(super) struct OpenedRun {
    path: PathBuf,
    /// As it was asked for.
    device: String,
    written: Option<SystemTime>,
    pub inference: Inference,
}

impl OpenedRun {
    pub fn open(path: &Path, device: &str) -> Result<Self, TrainError> {
        // Asked first: weights that are replaced meanwhile are read again at the next question.
        let written = written(path);
        Ok(Self {
            path: path.to_path_buf(),
            device: device.to_owned(),
            written,
            inference: load_run(path, device)?,
        })
    }

    /// Whether this is that run with the weights that it has now: one in training replaces them.
    pub fn is(&self, path: &Path, device: &str) -> bool {
        self.path == path && self.device == device && self.written == written(path)
    }
}

/// When a run's best weights were written.
fn written(run: &Path) -> Option<SystemTime> {
    let weights = std::fs::metadata(run.join(WeightsFile::Best.file_name()));
    weights.ok()?.modified().ok()
}

/// The best weights of a run, ready to answer.
fn load_run(path: &Path, device: &str) -> Result<Inference, TrainError> {
    let run = open_run(path)?;
    let recipe = run.recipe()?;
    let context = Context {
        classes: Some(run.info.classes.len()),
        loss: recipe.loss,
        batch: recipe.batch,
    };
    let network = check(run.graph()?, &context).network.ok_or_else(|| {
        TrainError::Request(format!(
            "The network of the run {} is no longer valid: network.toml has been changed",
            path.display()
        ))
    })?;
    let device = device::open(device)?.device;
    let weights = Weights::read(&run.weights(WeightsFile::Best)?)?;
    let model = Model::new(&network, recipe.seed, &device).load(&weights, &device)?;
    Ok(Inference {
        network,
        model,
        device,
        preprocess: recipe.preprocess.clone(),
        classes: run.info.classes,
    })
}

/// A picture that the user named.
pub(super) fn open_picture(path: &Path) -> Result<DynamicImage, TrainError> {
    if path.is_dir() {
        let message = format!(
            "{}: this is a folder: name the pictures in it",
            path.display()
        );
        return Err(TrainError::Request(message));
    }
    read_image(path).map_err(|error| {
        TrainError::Request(match error.fault {
            DecodeFault::Missing => {
                format!("{}: there is no such file: check the path", error.file)
            }
            _ => error.to_string(),
        })
    })
}
