//! The arithmetic of training without files, threads or data sets: a model, its loss and its
//! optimiser. The trainer drives it; tests compare it with PyTorch.

use std::ops::Range;

use burn::module::Module;
use burn::optim::{GradientsAccumulator, GradientsParams, ModuleOptimizer};
use burn::tensor::{Device, Int, Tensor, TensorData};
use rand_chacha::ChaCha8Rng;

use super::cpu::threads;
use super::device::{Opened, is_cpu};
use super::evaluate::Inference;
use super::feed::{Feed, blended};
use super::figures::Pending;
use super::layers::Mode;
use super::loss::{Emphasis, Truth};
use super::model::Model;
use super::probe::input_size;
use super::resident::Resident;
use super::start::Taken;
use super::weights::{NamedTensor, Weights, WeightsError};
use super::{loss, optimizer, start};
use crate::dataset::{Batch, Form, Mix, Normaliser, Pixels, Preprocess, Stream, generator, parts};
use crate::network::Network;
use crate::project::{Optimizer, Recipe};

/// A model in training.
pub struct Stepper {
    network: Network,
    model: Model,
    optimizer: ModuleOptimizer,
    settings: Optimizer,
    learning_rate: f64,
    /// How the pictures become pixels; for the models that answer.
    preprocess: Preprocess,
    feed: Feed,
    emphasis: Emphasis,
    device: Device,
    /// Dropout and noise.
    draws: ChaCha8Rng,
    /// Images that go through the network at once, at most.
    most: usize,
    /// Of a batch of which some have gone through.
    sum: Accumulated,
}

/// Of the parts of a batch.
struct Accumulated {
    gradients: GradientsAccumulator<Model>,
    /// `[2]` each: what they have of the batch's.
    figures: Vec<Tensor<1>>,
}

impl Default for Accumulated {
    fn default() -> Self {
        Self {
            gradients: GradientsAccumulator::new(),
            figures: Vec::new(),
        }
    }
}

impl Accumulated {
    fn total(mut self) -> (GradientsParams, Tensor<1>) {
        let figures = Tensor::stack::<2>(self.figures, 0);
        (self.gradients.grads(), figures.sum_dim(0).squeeze())
    }
}

impl Stepper {
    /// Start weights and an optimiser without state.
    pub fn new(network: &Network, recipe: &Recipe, opened: &Opened) -> Self {
        let device = opened.device.clone().autodiff();
        let model = Model::new(network, recipe.seed, &device);
        let input = input_size(network);
        let normaliser = Normaliser::new(recipe.preprocess.normalise, input.channels);
        Self {
            network: network.clone(),
            optimizer: optimizer::new(&recipe.optimizer, &model.decays()),
            model,
            settings: recipe.optimizer,
            learning_rate: recipe.learning_rate,
            preprocess: recipe.preprocess.clone(),
            feed: Feed::new(input, normaliser, &device),
            emphasis: Emphasis::new(recipe, &[]),
            device,
            draws: generator(recipe.seed, Stream::Layers),
            most: usize::MAX,
            sum: Accumulated::default(),
        }
    }

    /// Lets no more images through the network at once: a larger batch goes through in several even passes, whose
    /// gradients are added up for one update. It is that of the whole batch, and so are its figures; only dropout and
    /// noise draw for each pass, and batch normalisation takes the statistics of each pass. 0 counts as 1.
    pub fn limit_pass(&mut self, images: usize) {
        self.most = images.max(1);
    }

    /// Images that go through the network at once, at most.
    pub(super) fn most(&self) -> usize {
        self.most
    }

    /// Takes images that are on the device already: batches of [`Pixels::Places`] are of these.
    pub(super) fn keep(&mut self, images: Option<Resident>) {
        self.feed.keep(images);
    }

    /// The form in which batches come quickest.
    pub(super) fn form(&self) -> Form {
        self.feed.form()
    }

    /// Replaces the weights; the optimiser begins anew.
    ///
    /// # Errors
    /// A tensor is missing or of another shape.
    pub fn load(&mut self, weights: &Weights) -> Result<(), WeightsError> {
        let model = self.model.clone().load(weights, &self.device)?;
        self.replace(model);
        Ok(())
    }

    /// The parameters are others now: what the optimiser keeps of each has no use, and its groups name them.
    fn replace(&mut self, model: Model) {
        self.optimizer = optimizer::new(&self.settings, &model.decays());
        self.model = model;
    }

    /// Replaces the weights that fit by name and shape; the others stay as drawn. The optimiser begins anew.
    ///
    /// # Errors
    /// None that a file can cause.
    pub fn start_from(&mut self, weights: &Weights) -> Result<Taken, WeightsError> {
        let (model, taken) = start::take(&self.model, weights, &self.device)?;
        self.replace(model);
        Ok(taken)
    }

    /// Lets classes count in the loss as `recipe` says, given how many training images each has.
    pub fn balance(&mut self, recipe: &Recipe, counts: &[usize]) {
        self.emphasis = Emphasis::new(recipe, counts);
    }

    /// Forward, backward and update on one batch: pixels `[batch, channel, height, width]` as the
    /// recipe's normalisation has them, or bytes that it is still to be applied to; one label an image.
    pub fn step(&mut self, pixels: impl Into<Pixels>, labels: &[usize]) -> Pending {
        self.step_mixed(pixels, labels, None)
    }

    /// The same with images that are mixed among each other: pictures and labels.
    pub fn step_mixed(
        &mut self,
        pixels: impl Into<Pixels>,
        labels: &[usize],
        mix: Option<&Mix>,
    ) -> Pending {
        self.call_threads(labels.len());
        let pixels = pixels.into();
        let (gradients, figures) = if labels.len() > self.most {
            self.in_passes(&pixels, labels, mix)
        } else {
            let (loss, figures) = self.forward(pixels, labels, mix);
            let gradients = GradientsParams::from_grads(loss.backward(), &self.model);
            (gradients, figures)
        };
        self.update(gradients, figures, labels.len())
    }

    /// The same of a batch as a loader makes it. Where that makes parts, each goes through as it comes; the update and
    /// the figures come with the last one.
    pub fn take(&mut self, batch: Batch) -> Option<Pending> {
        let (labels, mix) = (&batch.labels, batch.mix.as_ref());
        if batch.is_whole() {
            return Some(self.step_mixed(batch.pixels, labels, mix));
        }
        self.call_threads(batch.places.len());
        if batch.places.start == 0 {
            // Of one that was not ended nothing is kept.
            self.sum = Accumulated::default();
        }
        let truth = Truth::new(labels, mix, input_size(&self.network));
        let last = batch.places.end == labels.len();
        self.add(batch.pixels, batch.places, &truth, mix);
        last.then(|| {
            let (gradients, figures) = std::mem::take(&mut self.sum).total();
            self.update(gradients, figures, labels.len())
        })
    }

    /// So that they are awake when the first layer has work for them.
    fn call_threads(&self, images: usize) {
        if is_cpu(&self.device) {
            threads::call(&self.network, images);
        }
    }

    fn update(&mut self, gradients: GradientsParams, figures: Tensor<1>, images: usize) -> Pending {
        // Taken, not copied: weights that nobody else holds are changed where they are.
        let model = std::mem::take(&mut self.model);
        self.model = self.optimizer.step(self.learning_rate, model, gradients);
        Pending { figures, images }
    }

    /// The gradient of every weight on a batch, without an update.
    pub fn gradients(&mut self, pixels: impl Into<Pixels>, labels: &[usize]) -> Vec<NamedTensor> {
        let (loss, _) = self.forward(pixels.into(), labels, None);
        self.model.gradients(&loss.backward())
    }

    /// The last layer's output for a batch as in training, `[batch × outputs]`, and the gradients of
    /// sum(output × upstream) by every weight and by the pixels (named `input`): what a reference is
    /// compared with, layer by layer.
    pub fn backward(
        &mut self,
        pixels: impl Into<Pixels>,
        batch: usize,
        upstream: Vec<f32>,
    ) -> (Vec<f32>, Vec<NamedTensor>) {
        let pixels = self.feed.tensor(pixels.into(), batch).require_grad();
        let outputs = self
            .model
            .forward(pixels.clone(), &mut Mode::Training(&mut self.draws));
        let outputs = self.model.activated(outputs);
        let upstream = TensorData::new(upstream, outputs.dims());
        let upstream = Tensor::<2>::from_data(upstream, &self.device);
        let gradients = (outputs.clone() * upstream).sum().backward();
        let mut named = self.model.gradients(&gradients);
        if let Some(gradient) = pixels.grad(&gradients) {
            named.push(NamedTensor::new("input".to_owned(), gradient));
        }
        let outputs = outputs.into_data().iter::<f32>().collect();
        (outputs, named)
    }

    /// The loss of a whole batch at once, and its figures.
    fn forward(
        &mut self,
        pixels: Pixels,
        labels: &[usize],
        mix: Option<&Mix>,
    ) -> (Tensor<1>, Tensor<1>) {
        let size = input_size(&self.network);
        let mut pixels = self.feed.tensor(pixels, labels.len());
        if let Some(mix) = mix {
            let partner = mix.partner.iter().map(|&place| place as i32);
            let partner = TensorData::new(partner.collect::<Vec<i32>>(), [mix.partner.len()]);
            let partner = Tensor::<1, Int>::from_data(partner, &pixels.device());
            let others = pixels.clone().select(0, partner);
            pixels = blended(pixels, others, mix, size);
        }
        let truth = Truth::new(labels, mix, size);
        self.pass(pixels, &truth, &(0..labels.len()))
    }

    /// The gradients and the figures of a batch of which only some images go through the network at once.
    fn in_passes(
        &mut self,
        pixels: &Pixels,
        labels: &[usize],
        mix: Option<&Mix>,
    ) -> (GradientsParams, Tensor<1>) {
        let images = labels.len();
        let truth = Truth::new(labels, mix, input_size(&self.network));
        self.sum = Accumulated::default();
        for part in parts(images, self.most) {
            let partners = mix.and_then(|mix| mix.partner.get(part.clone()));
            let partners = partners.unwrap_or_default().iter().copied();
            let own = pixels.picked(images, part.clone().chain(partners));
            self.add(own, part, &truth, mix);
        }
        std::mem::take(&mut self.sum).total()
    }

    /// Adds what a part of a batch has of its gradients and its figures. `pixels` as in [`Batch::pixels`].
    fn add(&mut self, pixels: Pixels, part: Range<usize>, truth: &Truth<'_>, mix: Option<&Mix>) {
        let pixels = match mix {
            Some(mix) => self.feed.mixed(pixels, part.len(), mix),
            None => self.feed.tensor(pixels, part.len()),
        };
        let (loss, figures) = self.pass(pixels, truth, &part);
        let gradients = GradientsParams::from_grads(loss.backward(), &self.model);
        self.sum.gradients.accumulate(&self.model, gradients);
        self.sum.figures.push(figures);
    }

    /// What the images of a pass have of their batch's loss, and of its figures.
    fn pass(
        &mut self,
        pixels: Tensor<4>,
        truth: &Truth<'_>,
        pass: &Range<usize>,
    ) -> (Tensor<1>, Tensor<1>) {
        let most = &truth.most()[pass.clone()];
        let targets = loss::targets(most, self.network.outputs(), &self.device.clone().inner());
        let outputs = self
            .model
            .forward(pixels, &mut Mode::Training(&mut self.draws));
        let hits = loss::hits(&self.model, outputs.clone().inner(), targets);
        let loss = self.network.loss();
        let loss = loss::training(loss, &self.emphasis, &self.model, outputs, truth, pass);
        let figures = Tensor::cat(vec![loss.clone().inner(), hits], 0);
        (loss, figures)
    }

    /// The model as it is now, for looking and evaluating; cheap, the weights are shared.
    pub fn inference(&self, classes: &[String]) -> Inference {
        Inference {
            network: self.network.clone(),
            model: self.model.valid(),
            device: self.device.clone().inner(),
            classes: classes.to_vec(),
            preprocess: self.preprocess.clone(),
        }
    }

    /// All weights on the host.
    pub fn tensors(&self) -> Vec<NamedTensor> {
        self.model.tensors()
    }

    pub fn network(&self) -> &Network {
        &self.network
    }

    pub fn learning_rate(&self) -> f64 {
        self.learning_rate
    }
}
