//! Previews: what the pinned image becomes in the network as it is drawn, with the weights that a training
//! would begin with. Computed layer by layer on the CPU, so that a newer drawing, a training or any other
//! request comes in between two layers; layers before the first one that has changed are not computed again.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use burn::tensor::Device;
use image::DynamicImage;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::engine::Engine;
use super::layers::{Activations, Layer, Mode};
use super::model::{activated, applied, probabilities, to_device};
use super::probe::{keep, prepare_for};
use super::status::{FeatureMaps, LayerMaps};
use crate::network::{Activation, CheckedLayer, Shape, Sound};

/// A network to look at before it is trained.
#[derive(Clone, Debug, PartialEq)]
pub struct Preview {
    pub network: Sound,
    /// The recipe's: the weights are drawn from it as a training draws them.
    pub seed: u64,
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
            let same =
                |old: &Preview| old.seed == new.seed && old.network.input() == new.network.input();
            if !old.as_ref().is_some_and(same) {
                self.computed.clear();
                self.image = None;
            }
            let layers = new.network.layers();
            let pairs = self.computed.iter().zip(layers).enumerate();
            let same = pairs.take_while(|(place, (old, layer))| {
                alike(&old.layer, layer) && old.activation == function(&new.network, *place)
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
            let pixels = prepare_for(image, input);
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

    fn is_too_much(&self, layer: &CheckedLayer, spent: Duration) -> bool {
        // A first layer of few channels is slow for its size: not to be taken for the rest.
        let speed = self.speed.unwrap_or_default().max(MULTIPLY_ADDS);
        let seconds = layer.multiply_adds() as f64 / speed + layer.parameters() as f64 / WEIGHTS;
        layer.parameters() > MOST_WEIGHTS || spent.as_secs_f64() + seconds > LONGEST
    }

    fn compute(&mut self, wanted: &Preview, layer: &CheckedLayer) {
        let place = self.computed.len();
        let before = self.computed.last().map(|before| before.generator.clone());
        let mut generator = before.unwrap_or_else(|| ChaCha8Rng::seed_from_u64(wanted.seed));
        let activation = function(&wanted.network, place);
        let module = Layer::new(layer, activation, &mut generator, &Device::flex());
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
        let ends_at = match advanced {
            Ok(None) => None,
            Ok(Some(layer)) => Some(format!(
                "previewed up to {layer}, which would take too long"
            )),
            Err(_) => Some("this network could not be previewed".to_owned()),
        };
        let done = ends_at.is_some() || self.preview.is_whole();
        self.preview.busy = !done;
        let due = |shown: Instant| shown.elapsed() >= SHOWN_EVERY;
        if done || self.preview.shown.is_none_or(due) {
            self.show_preview(done, ends_at);
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
