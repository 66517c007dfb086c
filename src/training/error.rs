//! Why a training or an evaluation ended: the message says what happened and what to do.

use thiserror::Error;

use super::device::DeviceError;
use super::weights::WeightsError;
use crate::dataset::DatasetError;
use crate::project::ProjectError;

#[derive(Debug, Error)]
pub enum TrainError {
    #[error(transparent)]
    Data(#[from] DatasetError),
    #[error(transparent)]
    Project(#[from] ProjectError),
    #[error(transparent)]
    Weights(#[from] WeightsError),
    #[error(transparent)]
    Device(#[from] DeviceError),
    #[error("{0}")]
    Request(String),
    #[error(
        "the loss became {value} at step {step} (epoch {epoch}): the weights have grown out of \
         bounds. Lower the learning rate (now {learning_rate:?}) and train again"
    )]
    NotFinite {
        value: f32,
        step: u64,
        epoch: u32,
        learning_rate: f64,
    },
    #[error(
        "{what} became {value} after epoch {epoch}: the weights have grown out of bounds. Lower \
         the learning rate (now {learning_rate:?}) and train again"
    )]
    Diverged {
        what: &'static str,
        value: f64,
        epoch: u32,
        learning_rate: f64,
    },
    #[error(
        "training this network takes about {needed} even with one image at a time, and this machine \
         has {free} free: take a smaller input, or fewer units or filters"
    )]
    Memory { needed: String, free: String },
    #[error(
        "the computation broke off: {0}. The best and the last weights saved before are kept; try \
         a smaller batch, or the CPU as the device"
    )]
    Panic(String),
}

/// What a panic said.
pub(super) fn panic_message(payload: &(dyn std::any::Any + Send)) -> String {
    let text = payload
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| payload.downcast_ref::<&str>().copied())
        .unwrap_or("an unknown fault");
    text.lines().next().unwrap_or(text).to_owned()
}
