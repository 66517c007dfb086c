//! The losses, as means over the batch, of the last layer's output before a folded softmax or
//! sigmoid. Numerically stable forms, equal to PyTorch's `CrossEntropyLoss`, `BCEWithLogitsLoss`
//! and `MSELoss`.
//!
//! What a recipe does about small classes and mixed images ([`Emphasis`], [`Mixed`]) is in the training loss alone: the
//! loss of validation and test images is never weighted, focal or mixed, so that runs compare.

use std::ops::Range;

use burn::tensor::{Device, Tensor, TensorData, activation};

use super::cpu::ops;
use super::device::is_cpu;
use super::model::Model;
use crate::dataset::{InputSize, Mix};
use crate::network::Loss;
use crate::project::Recipe;

/// Below every difference between 1 and a smaller `f32`: what the focal loss raises to a power is never 0, whose
/// slope would be infinite.
const LEAST: f32 = 1e-8;

/// What the images of a mixed batch have of other images.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Mixed {
    /// The class of each image's partner.
    pub labels: Vec<usize>,
    /// How much of the loss is that of the image's own class, 0 to 1; the rest is that of its partner's.
    pub share: f32,
}

impl Mixed {
    /// Of a batch whose images have these classes.
    pub(super) fn of(mix: &Mix, labels: &[usize], size: InputSize) -> Self {
        let label = |&place: &usize| labels.get(place).copied().unwrap_or(0);
        Self {
            labels: mix.partner.iter().map(label).collect(),
            share: mix.share(size),
        }
    }
}

/// What the images of a training batch show.
#[derive(Clone, Debug)]
pub(super) struct Truth<'a> {
    /// The class of each image.
    labels: &'a [usize],
    mixed: Option<Mixed>,
}

impl<'a> Truth<'a> {
    pub fn new(labels: &'a [usize], mix: Option<&Mix>, size: InputSize) -> Self {
        let mixed = mix.map(|mix| Mixed::of(mix, labels, size));
        Self { labels, mixed }
    }

    /// The class of which each image has most: a mixed image is right where that is found.
    pub fn most(&self) -> &[usize] {
        match &self.mixed {
            Some(mixed) if mixed.share < 0.5 => &mixed.labels,
            _ => self.labels,
        }
    }
}

/// What the training loss makes of classes of different size.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Emphasis {
    /// Of each class; nothing where all count the same.
    weights: Option<Vec<f64>>,
    /// γ of the focal loss; 0: off.
    gamma: f32,
}

impl Emphasis {
    /// Of a recipe, for training images of which there are so many of each class.
    pub fn new(recipe: &Recipe, counts: &[usize]) -> Self {
        let balance = &recipe.balance;
        Self {
            weights: balance.class_weights.then(|| balance.weights(counts)),
            gamma: balance.focal_gamma as f32,
        }
    }

    fn is_off(&self) -> bool {
        self.weights.is_none() && self.gamma == 0.0
    }

    /// How much each image counts in the mean: the weight of its class divided by the sum of all, as PyTorch's
    /// `weight` with `reduction="mean"`.
    fn shares(&self, labels: &[usize]) -> Vec<f32> {
        let weight = |label: &usize| match &self.weights {
            Some(weights) => weights.get(*label).copied().unwrap_or(0.0),
            None => 1.0,
        };
        let weights: Vec<f64> = labels.iter().map(weight).collect();
        let sum: f64 = weights.iter().sum();
        let share = |weight: f64| {
            if sum > 0.0 {
                (weight / sum) as f32
            } else {
                0.0
            }
        };
        weights.into_iter().map(share).collect()
    }
}

/// What the outputs are compared with: `[batch, outputs]`, one-hot, or 0/1 for one unit.
pub fn targets(labels: &[usize], outputs: usize, device: &Device) -> Tensor<2> {
    let mut values = vec![0.0_f32; labels.len() * outputs];
    for (row, label) in values.chunks_exact_mut(outputs).zip(labels) {
        match row {
            [unit] => *unit = if *label == 1 { 1.0 } else { 0.0 },
            row => {
                if let Some(unit) = row.get_mut(*label) {
                    *unit = 1.0;
                }
            }
        }
    }
    Tensor::from_data(TensorData::new(values, [labels.len(), outputs]), device)
}

/// The loss of a batch, `[1]`, from outputs and targets `[batch, outputs]`.
pub fn mean(loss: Loss, model: &Model, outputs: Tensor<2>, targets: Tensor<2>) -> Tensor<1> {
    match loss {
        Loss::CrossEntropy => {
            let batch = outputs.dims()[0] as f64;
            let log_probabilities = activation::log_softmax(outputs, 1);
            -((log_probabilities * targets).sum() / batch)
        }
        Loss::BinaryCrossEntropy => {
            // max(x, 0) − x·y + ln(1 + e^−|x|)
            let tail = (-outputs.clone().abs()).exp().log1p();
            (activation::relu(outputs.clone()) - outputs * targets + tail).mean()
        }
        Loss::MeanSquaredError => {
            let difference = model.activated(outputs) - targets;
            (difference.clone() * difference).mean()
        }
    }
}

/// The part of a training batch's loss, `[1]`, that the images of `pass` have: of their outputs `[pass, outputs]`. The
/// parts of a whole batch add up to its loss, which is a mean over all of its images. Mixed images have
/// share · L(own class) + (1 − share) · L(partner's class), for every loss.
pub(super) fn training(
    loss: Loss,
    emphasis: &Emphasis,
    model: &Model,
    outputs: Tensor<2>,
    truth: &Truth<'_>,
    pass: &Range<usize>,
) -> Tensor<1> {
    let units = outputs.dims()[1];
    let device = outputs.device();
    if loss == Loss::CrossEntropy && emphasis.gamma == 0.0 && is_cpu(&device) {
        return ops::cross_entropy(outputs, counted(emphasis, truth, pass, units, &device));
    }
    let of = |labels: &[usize], outputs: Tensor<2>| {
        let targets = targets(&labels[pass.clone()], units, &device);
        if emphasis.is_off() {
            let mean = mean(loss, model, outputs, targets);
            return match pass.len() {
                all if all == labels.len() => mean,
                some => mean * (some as f64 / labels.len() as f64),
            };
        }
        let each = each(loss, emphasis.gamma, model, outputs, targets);
        let shares = emphasis.shares(labels)[pass.clone()].to_vec();
        let shares = TensorData::new(shares, [pass.len(), 1]);
        (each * Tensor::from_data(shares, &device)).sum()
    };
    match &truth.mixed {
        None => of(truth.labels, outputs),
        Some(mixed) => {
            let own = of(truth.labels, outputs.clone()) * mixed.share;
            own + of(&mixed.labels, outputs) * (1.0 - mixed.share)
        }
    }
}

/// What each image of a pass counts, times the shares of the classes in it: `[pass, outputs]`.
fn counted(
    emphasis: &Emphasis,
    truth: &Truth<'_>,
    pass: &Range<usize>,
    outputs: usize,
    device: &Device,
) -> Tensor<2> {
    let mut values = vec![0.0_f32; pass.len() * outputs];
    let mut count = |labels: &[usize], share: f32| {
        let all = labels.iter().zip(emphasis.shares(labels));
        let here = all.skip(pass.start);
        for (row, (label, counts)) in values.chunks_exact_mut(outputs).zip(here) {
            if let Some(value) = row.get_mut(*label) {
                *value += counts * share;
            }
        }
    };
    match &truth.mixed {
        None => count(truth.labels, 1.0),
        Some(mixed) => {
            count(truth.labels, mixed.share);
            count(&mixed.labels, 1.0 - mixed.share);
        }
    }
    Tensor::from_data(TensorData::new(values, [pass.len(), outputs]), device)
}

/// The loss of each image, `[batch, 1]`.
fn each(
    loss: Loss,
    gamma: f32,
    model: &Model,
    outputs: Tensor<2>,
    targets: Tensor<2>,
) -> Tensor<2> {
    match loss {
        Loss::CrossEntropy => {
            let log_probabilities = activation::log_softmax(outputs, 1);
            focal(-(log_probabilities * targets).sum_dim(1), gamma)
        }
        Loss::BinaryCrossEntropy => {
            let tail = (-outputs.clone().abs()).exp().log1p();
            let all = activation::relu(outputs.clone()) - outputs * targets + tail;
            focal(all, gamma).mean_dim(1)
        }
        // Without probabilities there is no focal loss; `Recipe::validate` refuses it.
        Loss::MeanSquaredError => {
            let difference = model.activated(outputs) - targets;
            (difference.clone() * difference).mean_dim(1)
        }
    }
}

/// (1 − p)^γ · −ln p from −ln p (Lin et al., "Focal Loss for Dense Object Detection", 2017, equation 4).
fn focal(entropy: Tensor<2>, gamma: f32) -> Tensor<2> {
    if gamma == 0.0 {
        return entropy;
    }
    let missed = (-(-entropy.clone()).exp() + 1.0).clamp_min(LEAST);
    missed.powf_scalar(gamma) * entropy
}

/// How many of a batch are right, `[1]`: the largest output, or one unit's sign.
pub fn hits(model: &Model, outputs: Tensor<2>, targets: Tensor<2>) -> Tensor<1> {
    if outputs.dims()[1] == 1 {
        let positive = model.activated(outputs).greater_elem(0.5);
        return positive.equal(targets.greater_elem(0.5)).float().sum();
    }
    outputs.argmax(1).equal(targets.argmax(1)).float().sum()
}
