//! From a checked network and images to a trained model: the one room (with `export`) that knows
//! burn.
//!
//! [`Session`] is the handle; behind it one engine thread ([`engine`]) trains ([`trainer`]) and
//! serves looks, and previews of what is drawn ([`preview`]). The arithmetic is in [`layers`],
//! [`loss`], [`optimizer`], put together by [`Stepper`]; pixels come to it by [`feed`], from the host or
//! from what stays on a GPU ([`resident`]). A batch that does not fit the device is read and goes through in several
//! [`passes`].

mod ahead;
mod begin;
mod checkpoint;
mod cpu;
mod device;
mod engine;
mod error;
mod evaluate;
mod evaluation;
mod feed;
mod figures;
mod flow;
mod layers;
mod looks;
mod loss;
mod memory;
mod model;
mod optimizer;
mod pace;
mod passes;
mod preview;
mod probe;
mod resident;
mod session;
mod sets;
mod start;
mod status;
mod stepper;
mod stored;
mod trainer;
mod trial;
mod views;
mod weights;

pub use cpu::threads::join as join_arithmetic;
pub use device::{DeviceError, DeviceInfo, Opened, devices, open};
pub use error::TrainError;
pub use evaluate::{Evaluator, Inference};
pub use figures::{BatchFigures, Pending};
pub use memory::{Need, available, spare};
pub use preview::{Preview, TrainingImages};
pub use probe::{feature_maps, prepare};
pub use session::{Answer, Evaluating, Explained, Job, Model, Over, Picture, Session};
pub use start::Taken;
pub use status::{Control, FeatureMaps, Latest, LayerMaps, MAPS_KEPT, Phase, Status};
pub use stepper::Stepper;
pub use weights::{NamedTensor, Weights, WeightsError, write as write_weights};
