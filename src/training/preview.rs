//! Previews: what the pinned image becomes in the network as it is drawn, with the weights that a training
//! would begin with, drawn or of a file. Computed layer by layer on the CPU, so that a newer drawing, a training or any other
//! request comes in between two layers; layers before the first one that has changed are not computed again.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use burn::tensor::Device;
use image::DynamicImage;
use rand_chacha::ChaCha8Rng;

use super::engine::Engine;
use super::layers::{Activations, Layer, Mode};
use super::model::{activated, applied, probabilities, to_device};
use super::probe::{keep, prepare_for, size_of};
use super::start;
use super::status::{FeatureMaps, LayerMaps};
use super::weights::WeightsFile;
use crate::dataset::{Dataset, Normalise, Preprocess, Splits, Stream, generator};
use crate::network::{Activation, CheckedLayer, Shape, Sound};

/// A network to look at before it is trained.
#[derive(Clone, Debug, PartialEq)]
pub struct Preview {
    pub network: Sound,
    /// The recipe's: the weights are drawn from it as a training draws them.
    pub seed: u64,
    /// The file of weights to start from in place of drawn ones, where the recipe names one.
    pub start: Option<PathBuf>,
    /// The recipe's: how the pinned image becomes pixels.
    pub preprocess: Preprocess,
    /// The images whose statistics that may ask for; without them it then counts from 0 to 1.
    pub images: Option<TrainingImages>,
}

/// The images that a training would see.
#[derive(Clone, Debug)]
pub struct TrainingImages {
    /// The data set that is open.
    pub data: Arc<Dataset>,
    /// Those to train on are [`Splits::train`].
    pub splits: Arc<Splits>,
}

/// The same data, not merely equal: what is large is never compared.
impl PartialEq for TrainingImages {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.data, &other.data) && Arc::ptr_eq(&self.splits, &other.splits)
    }
}

impl TrainingImages {
    /// As [`Normalise::resolved`]: what a training of a network with that input would make of it. A pass over the
    /// index.
    pub fn resolved(&self, normalise: Normalise, input: Shape) -> Normalise {
        normalise.resolved(&self.data, &self.splits.train, size_of(input).channels)
    }
}

/// So long at a time; then whatever else has been asked for has its turn.
const SLICE: Duration = Duration::from_millis(20);
/// What has been computed is shown this often where the whole takes longer.
const SHOWN_EVERY: Duration = Duration::from_millis(150);
/// A preview that would take longer ends at the layer that is too much.
const LONGEST: f64 = 3.0;
/// Multiply-adds and drawn weights a second, before any have been measured: a slow machine's.
const MULTIPLY_ADDS: f64 = 5e9;
const WEIGHTS: f64 = 5e7;
/// Layers with more are not drawn: 1 GiB of weights.
const MOST_WEIGHTS: u64 = 1 << 28;

/// A layer that has been computed.
struct Computed {
    layer: CheckedLayer,
    activation: Activation,
    /// The generator after the layer's weights were drawn.
    generator: ChaCha8Rng,
    flow: Activations,
    maps: LayerMaps,
}

/// The preview that is wanted, and how far it is.
#[derive(Default)]
pub(super) struct Previewer {
    wanted: Option<Preview>,
    /// The weights to start from, and when they were written.
    start: Option<(WeightsFile, SystemTime)>,
    /// Why there are none though a file is named.
    fault: Option<String>,
    /// The statistics of the images that were asked for last, for that input.
    measured: Option<(TrainingImages, Shape, Normalise)>,
    /// Not all is computed or shown.
    busy: bool,
    image: Option<(Shape, Activations)>,
    /// A beginning of the wanted network's layers.
    computed: Vec<Computed>,
    spent: Duration,
    shown: Option<Instant>,
    /// Multiply-adds a second, the best measured.
    speed: Option<f64>,
}

impl Previewer {
    pub fn is_busy(&self) -> bool {
        self.busy
    }

    /// Another drawing: what it has in common with the last one from the start stays computed.
    fn want(&mut self, wanted: Option<Preview>) {
        let old = self.wanted.take();
        if let Some(new) = &wanted {
            let same = |old: &Preview| {
                old.seed == new.seed
                    && old.preprocess == new.preprocess
                    && old.images == new.images
                    && old.network.input() == new.network.input()
            };
            if !self.is_open(old.as_ref(), new) {
                self.open(new.start.as_deref());
                self.computed.clear();
            }
            if !old.as_ref().is_some_and(same) {
                self.computed.clear();
                self.image = None;
            }
            let by_name = self.start.is_some();
            let layers = new.network.layers();
            let pairs = self.computed.iter().zip(layers).enumerate();
            let same = pairs.take_while(|(place, (old, layer))| {
                alike(&old.layer, layer)
                    && (!by_name || old.layer.name() == layer.name())
                    && old.activation == function(&new.network, *place)
            });
            let same = same.count();
            self.computed.truncate(same);
            for (old, layer) in self.computed.iter_mut().zip(layers) {
                old.maps.name = layer.name().to_owned();
                old.layer = layer.clone();
            }
        }
        self.wanted = wanted;
        self.begin();
    }

    /// Whether the weights at hand are those that the new drawing starts from.
    fn is_open(&self, old: Option<&Preview>, new: &Preview) -> bool {
        let Some(path) = &new.start else {
            return self.start.is_none() && self.fault.is_none();
        };
        let opened = self.start.as_ref().map(|(_, written)| *written);
        old.and_then(|old| old.start.as_ref()) == Some(path)
            && opened.is_some_and(|opened| written(path).is_ok_and(|now| now == opened))
    }

    /// Opens the weights to start from; without them all are drawn, and the fault says so.
    fn open(&mut self, path: Option<&Path>) {
        (self.start, self.fault) = (None, None);
        let Some(path) = path else {
            return;
        };
        // Asked first: what is written meanwhile is opened again with the next drawing.
        let written = written(path);
        match WeightsFile::open(path) {
            Ok(file) => self.start = written.ok().map(|written| (file, written)),
            Err(_) => self.fault = Some(drawn_instead(path)),
        }
    }

    fn begin(&mut self) {
        self.busy = self.wanted.is_some();
        self.spent = Duration::ZERO;
        self.shown = Some(Instant::now());
    }

    /// Another image: nothing of the old one is of use.
    pub fn restart(&mut self) {
        self.computed.clear();
        self.image = None;
        self.begin();
    }

    /// Computes for a slice of time; the first layer that is too much, if it came to one.
    fn advance(&mut self, image: &DynamicImage) -> Option<String> {
        let wanted = self.wanted.clone()?;
        let start = Instant::now();
        let input = wanted.network.input();
        if self.image.is_none() {
            let preprocess = self.resolved(&wanted);
            let pixels = prepare_for(image, input, &preprocess);
            let pixels = to_device(pixels, 1, input, &Device::flex());
            self.image = Some((input, Activations::Maps(pixels)));
        }
        while let Some(layer) = wanted.network.layers().get(self.computed.len()) {
            let spent = self.spent + start.elapsed();
            if start.elapsed() >= SLICE {
                break;
            }
            if self.is_too_much(layer, spent) {
                return Some(layer.name().to_owned());
            }
            self.compute(&wanted, layer);
        }
        self.spent += start.elapsed();
        None
    }

    /// The preprocessing with the statistics of the images, measured once.
    fn resolved(&mut self, wanted: &Preview) -> Preprocess {
        let mut preprocess = wanted.preprocess.clone();
        if preprocess.normalise == Normalise::Statistics
            && let Some(images) = &wanted.images
        {
            let input = wanted.network.input();
            let known = self.measured.as_ref();
            let known = known.filter(|(of, shape, _)| of == images && *shape == input);
            preprocess.normalise = known.map_or_else(
                || images.resolved(preprocess.normalise, input),
                |(_, _, normalise)| *normalise,
            );
            self.measured = Some((images.clone(), input, preprocess.normalise));
        }
        preprocess
    }

    fn is_too_much(&self, layer: &CheckedLayer, spent: Duration) -> bool {
        // A first layer of few channels is slow for its size: not to be taken for the rest.
        let speed = self.speed.unwrap_or_default().max(MULTIPLY_ADDS);
        let seconds = layer.multiply_adds() as f64 / speed + layer.parameters() as f64 / WEIGHTS;
        layer.parameters() > MOST_WEIGHTS || spent.as_secs_f64() + seconds > LONGEST
    }

    fn compute(&mut self, wanted: &Preview, layer: &CheckedLayer) {
        let place = self.computed.len();
        let before = self.computed.last().map(|before| before.generator.clone());
        let mut generator = before.unwrap_or_else(|| generator(wanted.seed, Stream::Weights));
        let activation = function(&wanted.network, place);
        let device = Device::flex();
        let mut module = Layer::new(layer, activation, &mut generator, &device);
        if let Some((weights, _)) = &mut self.start {
            match start::take_layer(module.clone(), layer.name(), weights, &device) {
                Ok(taken) => module = taken,
                Err(_) => self.fault = wanted.start.as_deref().map(drawn_instead),
            }
        }
        let inputs = layer.sources().iter().filter_map(|source| {
            let flow = match source.checked_sub(1) {
                None => self.image.as_ref().map(|(_, image)| image),
                Some(place) => self.computed.get(place).map(|layer| &layer.flow),
            };
            flow.cloned()
        });
        let inputs = inputs.collect();
        let start = Instant::now();
        let flow = module.forward(inputs, &mut Mode::Inference);
        let maps = keep(layer.name(), flow.clone());
        let took = start.elapsed().as_secs_f64();
        if layer.multiply_adds() > 10_000_000 {
            let speed = layer.multiply_adds() as f64 / took.max(1e-6);
            self.speed = Some(self.speed.map_or(speed, |old| old.max(speed)));
        }
        self.computed.push(Computed {
            layer: layer.clone(),
            activation,
            generator,
            flow,
            maps,
        });
    }

    fn is_whole(&self) -> bool {
        let wanted = self.wanted.as_ref();
        wanted.is_none_or(|wanted| wanted.network.layers().len() == self.computed.len())
    }

    /// What has been computed; for what has not, the maps of `before`.
    fn maps(&self, before: Option<&FeatureMaps>) -> FeatureMaps {
        let mut layers: Vec<LayerMaps> = self.computed.iter().map(|it| it.maps.clone()).collect();
        if let Some((before, wanted)) = before.zip(self.wanted.as_ref()) {
            let old = before.layers.iter().map(|maps| (maps.name.as_str(), maps));
            let old: HashMap<&str, &LayerMaps> = old.collect();
            let missing = wanted.network.layers().iter().skip(layers.len());
            layers.extend(missing.filter_map(|layer| old.get(layer.name()).copied().cloned()));
        }
        FeatureMaps {
            step: 0,
            version: 0,
            layers,
            probabilities: self.probabilities().unwrap_or_default(),
        }
    }

    fn probabilities(&self) -> Option<Vec<f32>> {
        let head = self.wanted.as_ref()?.network.head()?;
        let last = self.computed.last().filter(|_| self.is_whole())?;
        let outputs = activated(head, last.flow.clone().flatten());
        let values: Vec<f32> = outputs.into_data().iter::<f32>().collect();
        Some(probabilities(head, &values))
    }
}

/// The function that a layer of the network applies.
fn function(network: &Sound, place: usize) -> Activation {
    let last = place + 1 == network.layers().len();
    network
        .layers()
        .get(place)
        .map_or(Activation::Linear, |layer| {
            applied(layer, network.head().filter(|_| last))
        })
}

/// In the words that stand beside the pinned image; a training says more.
fn drawn_instead(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    let name = name.to_string_lossy();
    format!("previewed with drawn weights, as {name} cannot be read")
}

fn written(path: &Path) -> std::io::Result<SystemTime> {
    std::fs::metadata(path)?.modified()
}

/// Whether both compute the same from the same; names and ids are of no matter.
fn alike(one: &CheckedLayer, two: &CheckedLayer) -> bool {
    one.layer() == two.layer() && one.inputs() == two.inputs() && one.sources() == two.sources()
}

impl Engine {
    /// Another network is drawn; the newest one is computed.
    pub(super) fn want_preview(&mut self, wanted: Option<Preview>) {
        self.preview.want(wanted);
    }

    /// Brings the preview a little further; `false` where there is none to compute.
    pub(super) fn preview_next(&mut self) -> bool {
        if !self.preview.busy {
            return false;
        }
        let Some(image) = self.pinned.image.clone() else {
            self.preview.busy = false;
            return false;
        };
        let advanced = catch_unwind(AssertUnwindSafe(|| self.preview.advance(&image)));
        let ends = !matches!(advanced, Ok(None));
        let note = match advanced {
            Ok(None) => self.preview.fault.clone(),
            Ok(Some(layer)) => Some(format!(
                "previewed up to {layer}, which would take too long"
            )),
            Err(_) => Some("this network could not be previewed".to_owned()),
        };
        let done = ends || self.preview.is_whole();
        self.preview.busy = !done;
        let due = |shown: Instant| shown.elapsed() >= SHOWN_EVERY;
        if done || self.preview.shown.is_none_or(due) {
            self.show_preview(done, note);
        }
        true
    }

    fn show_preview(&mut self, done: bool, note: Option<String>) {
        let before = self.board.preview.get().filter(|_| !done);
        let mut maps = self.preview.maps(before.as_deref());
        self.maps_version += 1;
        maps.version = self.maps_version;
        self.preview.shown = Some(Instant::now());
        self.board.preview.put(maps);
        *self.board.preview_note.lock() = note;
        self.wake();
    }
}
