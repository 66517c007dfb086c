//! How a batch goes through the network: whole where it fits the device, else in several passes, whose gradients are
//! added up before the one update of the weights. What comes of it is what the whole batch would have made, but for
//! two kinds of layers: dropout and noise draw for each pass, and batch normalisation takes the statistics of the
//! images of a pass.

use super::device::{Opened, largest_tensor};
use super::error::TrainError;
use super::flow;
use super::memory::{Need, available, too_little};
use super::probe::input_size;
use super::session::Job;
use crate::dataset::{InputSize, Stored, parts};
use crate::network::{Context, Kind, Network, check, grouped};

/// Of a training.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Passes {
    /// Images of the largest batch.
    pub batch: usize,
    /// Images that go through the network at once, at most.
    pub most: usize,
    /// What more images do not fit, in words.
    place: String,
}

impl Passes {
    /// It has turned out that no more images fit the memory of that device.
    pub fn limit(&mut self, most: usize, device: &str) {
        if most < self.most {
            self.most = most;
            self.place = format!("the memory of {device}");
        }
    }

    /// What the user is told where batches are cut.
    pub fn note(&self, network: &Network) -> Option<String> {
        (self.most < self.batch).then(|| told(network, self.batch, self.most, &self.place))
    }
}

/// Images of the largest of as few even parts of a batch as have `most` images each; 0 where that is 0.
pub(super) fn even(batch: usize, most: usize) -> usize {
    match most {
        0 => 0,
        most => batch.div_ceil(batch.div_ceil(most).max(1)),
    }
}

/// Decides for a training on an opened device: before its images are read, so that nobody waits for a refusal, and once
/// more when they are in memory.
///
/// # Errors
/// On the CPU, not even one image at a time fits the memory. Where the system does not tell how much there is, nothing
/// is cut.
pub(super) fn plan(job: &Job, opened: &Opened) -> Result<Passes, TrainError> {
    let batch = largest_batch(job);
    let (most, place) = match largest_tensor(&opened.device) {
        Some(bytes) => {
            let pass = in_tensors(batch, tensor(job), bytes);
            (pass, format!("one buffer of {}", opened.info.name))
        }
        None => (in_memory(job, batch)?, "the memory".to_owned()),
    };
    Ok(Passes { batch, most, place })
}

/// Images of the first, largest batch of an epoch: no more than the epoch has.
fn largest_batch(job: &Job) -> usize {
    let train = &job.splits.train;
    let class = |index: &usize| job.data.images.get(*index).map_or(0, |image| image.class);
    let labels: Vec<usize> = train.iter().map(class).collect();
    let images = if job.recipe.balance.oversample {
        job.recipe.balance.order(&labels, job.recipe.seed, 1).len()
    } else {
        labels.len()
    };
    job.recipe.batch.clamp(1, images.max(1))
}

/// Images of a pass on the CPU.
fn in_memory(job: &Job, batch: usize) -> Result<usize, TrainError> {
    let Some(free) = available() else {
        return Ok(batch);
    };
    let context = Context {
        classes: Some(job.data.classes.len()),
        loss: job.recipe.loss,
        batch: job.recipe.batch,
    };
    let need = Need::of(&check(&job.graph, &context), &job.recipe.optimizer);
    match need.pass(batch, free) {
        0 => Err(too_little(need.in_passes(batch, 1), free)),
        pass => Ok(pass),
    }
}

/// Images of a pass where one image makes a tensor of `image` bytes, and none may have more than `limit`. One at a
/// time is always tried.
fn in_tensors(batch: usize, image: usize, limit: u64) -> usize {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    even(batch, (limit / image.max(1)).max(1))
}

/// Bytes of the largest tensor that a GPU makes of one training image: a layer's, or of the pixels on their way.
fn tensor(job: &Job) -> usize {
    let input = input_size(&job.network);
    let recipe = &job.recipe;
    let kept = Stored::augmented(input, &recipe.preprocess, &recipe.augment).kept;
    flow::largest(&job.network)
        .max(pixels(input))
        .max(pixels(kept))
}

/// Bytes of the tensors that bring an image to a GPU: each pixel as a whole number, and where it is read, two numbers.
pub(super) fn pixels(size: InputSize) -> usize {
    let area = size.height.saturating_mul(size.width);
    area.saturating_mul(size.channels.max(2)).saturating_mul(4)
}

/// What the user is told.
fn told(network: &Network, batch: usize, most: usize, place: &str) -> String {
    let number = |number: usize| grouped(number as u64);
    let count = parts(batch, most).count();
    let each = match (most, batch.is_multiple_of(count)) {
        (1, _) => "1 image each".to_owned(),
        (most, true) => format!("{} images each", number(most)),
        (most, false) => format!("at most {} images each", number(most)),
    };
    let mut layers = network.layers().iter();
    let by_pass = layers.any(|layer| layer.layer().kind() == Kind::BatchNorm);
    let result = if by_pass {
        "the result is that of the whole batch, except that batch normalisation takes the statistics of each pass"
    } else {
        "the result is that of the whole batch"
    };
    format!(
        "A batch of {} does not fit {place}: it is computed in {} passes of {each}; {result}",
        number(batch),
        number(count),
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::network::{Loss, template};

    fn network(name: &str) -> Network {
        let graph = template(name).unwrap().with_input(32, 32, 3, Some(10));
        let context = Context {
            classes: Some(10),
            loss: Loss::CrossEntropy,
            batch: 1,
        };
        check(&graph, &context).network.unwrap()
    }

    #[test]
    fn the_largest_of_even_parts() {
        for batch in 1..100 {
            assert_eq!(even(batch, 0), 0);
            for most in 1..110 {
                let lengths = parts(batch, most).map(|part| part.len());
                assert_eq!(lengths.max(), Some(even(batch, most)));
            }
        }
    }

    #[test]
    fn no_tensor_of_a_pass_is_larger_than_a_buffer() {
        assert_eq!(in_tensors(64, 100, 6_400), 64);
        assert_eq!(in_tensors(64, 100, 6_399), 32);
        assert_eq!(in_tensors(33, 100, 1_600), 11);
        assert_eq!(in_tensors(64, 100, 99), 1);
        // 30 × 30 × 32 numbers of 4 bytes.
        assert_eq!(flow::largest(&network("digits-cnn")), 30 * 30 * 32 * 4);
    }

    #[test]
    fn passes_are_told_and_what_batch_norm_makes_of_them() {
        let plain = network("digits-cnn");
        assert_eq!(
            told(&plain, 4096, 256, "the memory"),
            "A batch of 4,096 does not fit the memory: it is computed in 16 passes of 256 images each; the result is \
             that of the whole batch"
        );
        let uneven = told(&plain, 100, 34, "one buffer of the GPU");
        assert!(uneven.contains(
            "fit one buffer of the GPU: it is computed in 3 passes of at most 34 images each"
        ));
        assert!(told(&plain, 3, 1, "the memory").contains("3 passes of 1 image each"));
        assert!(!uneven.contains("normalisation"));
        let normed = told(&network("resnet-18"), 64, 32, "the memory");
        assert!(normed.contains("batch normalisation takes the statistics of each pass"));
    }
}
