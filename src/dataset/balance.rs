//! What is done about classes of very different size: part of the recipe.

use serde::{Deserialize, Serialize};

use super::augment::Draws;
use super::random::shuffled;

/// An epoch with over-sampling has at most this many images: one class of a million beside a thousand small ones
/// would ask for a list of a thousand million.
const LONGEST_EPOCH: usize = 1 << 26;

/// The largest γ that is taken; the authors try 0 to 5.
const MAX_GAMMA: f64 = 10.0;

/// Means against imbalance; the default does nothing.
///
/// The focal loss of an image, whose own class has the probability p, is (1 − p)^γ · −ln p; with class weights,
/// times the weight of its class (Lin et al., "Focal Loss for Dense Object Detection", 2017, equations 4 and 5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Balance {
    /// The loss of an image counts by the inverse frequency of its class: n / (classes · n of the class).
    pub class_weights: bool,
    /// Images of small classes are shown several times an epoch, until every class is as large as the largest.
    pub oversample: bool,
    /// γ of the focal loss, (1 − p)^γ · cross-entropy: images that are known count less (Lin et al. 2017; 0: off).
    pub focal_gamma: f64,
}

impl Balance {
    /// What is impossible in it, in words; nothing where all is well.
    pub fn faults(&self) -> Vec<String> {
        if (0.0..=MAX_GAMMA).contains(&self.focal_gamma) {
            return Vec::new();
        }
        vec![format!(
            "Focal loss: γ is {}; it takes a number from 0 (off) to {MAX_GAMMA}",
            self.focal_gamma
        )]
    }

    /// What the loss of an image of each class is multiplied with: n / (K · n of the class), where K is the number of
    /// classes that have images, and 0 for a class that has none. The mean over all images is 1. All 1 without
    /// [`class_weights`](Self::class_weights).
    pub fn weights(&self, counts: &[usize]) -> Vec<f64> {
        if !self.class_weights {
            return vec![1.0; counts.len()];
        }
        let all: usize = counts.iter().sum();
        let present = counts.iter().filter(|&&count| count > 0).count();
        let weight = |&count: &usize| match count {
            0 => 0.0,
            count => all as f64 / (present as f64 * count as f64),
        };
        counts.iter().map(weight).collect()
    }

    /// The order of one epoch over the positions of `labels`, decided by seed and epoch. Without over-sampling each
    /// position once, as [`shuffled`] has it. With it each at least once, and every class as often as the largest:
    /// its images in turn, and for the rest of the last turn images drawn anew in every epoch.
    ///
    /// An epoch has at most 67 million images; classes stay smaller where there would be more.
    pub fn order(&self, labels: &[usize], seed: u64, epoch: u32) -> Vec<usize> {
        if !self.oversample {
            return shuffled(labels.len(), seed, epoch);
        }
        let mut classes = by_class(labels);
        let target = target(classes.iter().map(Vec::len));
        let mut positions = Vec::with_capacity(labels.len());
        for (class, images) in classes.iter_mut().enumerate() {
            let turns = (target / images.len().max(1)).max(1);
            for _ in 0..turns {
                positions.extend_from_slice(images);
            }
            let rest = target.saturating_sub(turns * images.len());
            Draws::of_class(seed, epoch, class).choose(images, rest);
            positions.extend(images.iter().take(rest));
        }
        shuffled(positions.len(), seed, epoch)
            .into_iter()
            .filter_map(|place| positions.get(place).copied())
            .collect()
    }

    /// How many images' worth each class counts in the loss of one epoch, for the histogram: images shown times
    /// weight. The focal loss has no part in it, because what it does depends on what the network knows.
    pub fn effect(&self, counts: &[usize]) -> Vec<f64> {
        let target = target(counts.iter().copied());
        let shown = |count: usize| match (self.oversample, count) {
            (true, 1..) => count.max(target),
            _ => count,
        };
        counts
            .iter()
            .zip(self.weights(counts))
            .map(|(&count, weight)| shown(count) as f64 * weight)
            .collect()
    }

    /// In short words, for the recipe and the notes of a run: "class weights, focal loss γ 2"; "none" by default.
    pub fn describe(&self) -> String {
        let mut words = Vec::new();
        if self.class_weights {
            words.push("class weights".to_owned());
        }
        if self.oversample {
            words.push("over-sampling".to_owned());
        }
        if self.focal_gamma > 0.0 {
            words.push(format!("focal loss γ {}", self.focal_gamma));
        }
        if words.is_empty() {
            return "none".to_owned();
        }
        words.join(", ")
    }
}

/// The positions of each class that has any, ascending, in the order of the classes.
fn by_class(labels: &[usize]) -> Vec<Vec<usize>> {
    let mut classes = std::collections::BTreeMap::<usize, Vec<usize>>::new();
    for (position, &label) in labels.iter().enumerate() {
        classes.entry(label).or_default().push(position);
    }
    classes.into_values().collect()
}

/// How often each class is shown in an epoch with over-sampling, if it has not more images than that.
fn target(counts: impl Iterator<Item = usize>) -> usize {
    let (mut largest, mut present) = (0, 0);
    for count in counts.filter(|&count| count > 0) {
        largest = largest.max(count);
        present += 1;
    }
    largest.min(LONGEST_EPOCH / usize::max(present, 1))
}
