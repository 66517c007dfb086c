//! Feature maps: what one image becomes in every layer.

use std::sync::Arc;
use std::time::{Duration, Instant};

use image::DynamicImage;

use super::cpu::threads;
use super::device::is_cpu;
use super::evaluate::Inference;
use super::layers::{Activations, Mode};
use super::model::{predicted, probabilities, to_device};
use super::status::{FeatureMaps, LayerMaps, MAPS_KEPT};
use crate::dataset::{InputSize, Normaliser, Preprocess, input};
use crate::network::{Network, Shape};

/// The size and colour of a network's input.
pub fn input_size(network: &Network) -> InputSize {
    size_of(network.input())
}

pub(super) fn size_of(input: Shape) -> InputSize {
    match input {
        Shape::Maps {
            height,
            width,
            channels,
        } => InputSize {
            height,
            width,
            channels,
        },
        Shape::Vector { units } => InputSize {
            height: 1,
            width: units,
            channels: 1,
        },
        Shape::Sequence { length, features } => InputSize {
            height: length,
            width: features,
            channels: 1,
        },
    }
}

/// An image as a network takes it: `[channel, height, width]`, brought to its size and normalised.
pub fn prepare(image: &DynamicImage, network: &Network, preprocess: &Preprocess) -> Vec<f32> {
    prepare_for(image, network.input(), preprocess)
}

/// As [`prepare`], for an input of this shape.
pub(super) fn prepare_for(image: &DynamicImage, shape: Shape, preprocess: &Preprocess) -> Vec<f32> {
    let size = size_of(shape);
    let normaliser = Normaliser::new(preprocess.normalise, size.channels);
    let mut numbers = Vec::new();
    let bytes = input(image, size, preprocess);
    normaliser.append(&bytes, size.height * size.width, &mut numbers);
    numbers
}

/// A forward pass of one prepared image that keeps what every layer puts out.
pub fn feature_maps(inference: &Inference, pixels: Vec<f32>, step: u64) -> FeatureMaps {
    look(inference, pixels, step).0
}

/// The feature maps of one prepared image, and the index of its predicted class.
pub fn look(inference: &Inference, pixels: Vec<f32>, step: u64) -> (FeatureMaps, usize) {
    if is_cpu(&inference.device) {
        threads::call(&inference.network, 1);
    }
    let input = to_device(pixels, 1, inference.network.input(), &inference.device);
    let mut flows = Vec::new();
    let outputs = inference
        .model
        .forward_each(input, &mut Mode::Inference, |_, flow| {
            flows.push(flow.clone());
        });
    let activated = inference.activated(outputs);
    let names = inference.model.names().iter();
    let layers = names.zip(flows).map(|(name, flow)| keep(name, flow));
    let maps = FeatureMaps {
        step,
        version: 0,
        layers: layers.collect(),
        probabilities: probabilities(inference.network.head(), &activated),
    };
    (maps, predicted(&activated))
}

/// Brings the first [`MAPS_KEPT`] channels of one layer (all units of a vector) to the host.
pub(super) fn keep(name: &str, flow: Activations) -> LayerMaps {
    let (shape, kept, data) = match flow {
        Activations::Maps(maps) => {
            let [_, channels, height, width] = maps.dims();
            let kept = channels.min(MAPS_KEPT);
            let data = maps.slice([0..1, 0..kept]).into_data();
            ([channels, height, width], kept, data)
        }
        Activations::Vector(vector) => {
            let [_, units] = vector.dims();
            ([units, 1, 1], units, vector.into_data())
        }
        // As one map: a row for each element.
        Activations::Sequence(sequence) => {
            let [_, length, features] = sequence.dims();
            ([1, length, features], 1, sequence.into_data())
        }
    };
    LayerMaps {
        name: name.to_owned(),
        shape,
        values: data.iter::<f32>().collect::<Vec<_>>().into(),
        kept,
    }
}

/// When the next feature maps are due: often enough to look alive, seldom enough to cost little.
pub struct Pace {
    last: Option<Instant>,
    cost: Duration,
}

/// At least four looks a second (where steps are faster than that), with room for the step that
/// the look has to wait for.
const SLOWEST: Duration = Duration::from_millis(200);
const FASTEST: Duration = Duration::from_millis(60);
/// A look is due when the training since the last one has taken this many times its cost.
const SHARE: u32 = 50;

impl Pace {
    pub fn new() -> Self {
        Self {
            last: None,
            cost: Duration::ZERO,
        }
    }

    pub fn due(&self) -> bool {
        self.last
            .is_none_or(|last| last.elapsed() >= (self.cost * SHARE).clamp(FASTEST, SLOWEST))
    }

    /// Measures one look.
    pub fn look<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let result = work();
        let cost = start.elapsed();
        // The first look also compiles; let it not count for ever.
        self.cost = if self.last.is_none() {
            cost
        } else {
            (self.cost * 3 + cost) / 4
        };
        self.last = Some(Instant::now());
        result
    }
}

/// The image that the user has pinned, and what of it is already known.
#[derive(Default)]
pub struct Pinned {
    pub image: Option<Arc<DynamicImage>>,
    /// As the current network takes it; emptied when image or network change.
    pub prepared: Option<Vec<f32>>,
}

impl Pinned {
    /// The pinned image for a model, prepared once.
    pub fn pixels(&mut self, model: &Inference) -> Option<Vec<f32>> {
        if self.prepared.is_none() {
            let prepare = |image| prepare(image, &model.network, &model.preprocess);
            self.prepared = self.image.as_deref().map(prepare);
        }
        self.prepared.clone()
    }
}
