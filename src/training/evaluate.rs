//! A model over a set, batch by batch, so that a training or the user can come in between.

use std::sync::Arc;

use burn::tensor::{Device, Tensor};

use super::layers::Mode;
use super::loss;
use super::model::{Model, predicted, probabilities, to_device};
use super::probe::input_size;
use super::views::{self, Views};
use crate::dataset::{DatasetError, Normaliser, PixelStore, Preprocess};
use crate::network::Network;
use crate::results::{Evaluation, Prediction};

/// Images that go through the network at once, where they fit.
const BATCH: usize = 256;
/// What a batch may take at its largest layer: an input and an output that are both in memory.
const BATCH_BYTES: usize = 1 << 30;

/// A model ready to answer, on its device without gradients.
#[derive(Clone)]
pub struct Inference {
    pub network: Network,
    pub model: Model,
    pub device: Device,
    pub classes: Vec<String>,
    /// How pictures become the pixels that the model has learnt from.
    pub preprocess: Preprocess,
}

impl Inference {
    /// Activated outputs, row by row, for pixels `[batch, channel, height, width]`.
    pub fn outputs(&self, pixels: Vec<f32>, batch: usize) -> Vec<f32> {
        self.activated(self.logits(pixels, batch))
    }

    /// The activated outputs of a forward pass on the host, row by row.
    pub(super) fn activated(&self, outputs: Tensor<2>) -> Vec<f32> {
        let activated = self.model.activated(outputs);
        activated.into_data().iter::<f32>().collect()
    }

    /// Adds the numbers for the bytes of whole images, `[n, channel, height, width]`.
    fn normalise(&self, bytes: &[u8], pixels: &mut Vec<f32>) {
        let size = input_size(&self.network);
        let normaliser = Normaliser::new(self.preprocess.normalise, size.channels);
        normaliser.append(bytes, size.height * size.width, pixels);
    }

    fn logits(&self, pixels: Vec<f32>, batch: usize) -> Tensor<2> {
        let pixels = to_device(pixels, batch, self.network.input(), &self.device);
        self.model.forward(pixels, &mut Mode::Inference)
    }
}

/// Images that a network takes at once: a training in small batches must not end because its
/// validation does not fit the memory.
fn batch(network: &Network) -> usize {
    let layers = network.layers().iter();
    let numbers = layers.map(|layer| {
        let inputs = layer.inputs().iter().map(|shape| shape.elements());
        inputs.fold(layer.output().elements(), usize::saturating_add)
    });
    let largest = numbers.max().unwrap_or(0).saturating_mul(4);
    (BATCH_BYTES / largest.max(1)).clamp(1, BATCH)
}

/// An evaluation under way.
pub struct Evaluator {
    store: Arc<PixelStore>,
    /// Name and class (as the model counts them) of each image, by position in the store.
    truth: Vec<(String, usize)>,
    /// Test-time augmentation, if wanted.
    views: Option<Views>,
    next: usize,
    loss: f64,
    rows: Vec<Prediction>,
}

impl Evaluator {
    pub fn new(store: Arc<PixelStore>, truth: Vec<(String, usize)>) -> Self {
        Self {
            rows: Vec::with_capacity(store.len()),
            store,
            truth,
            views: None,
            next: 0,
            loss: 0.0,
        }
    }

    /// With several views of each image, whose probabilities are averaged.
    pub fn with_views(mut self, views: Option<Views>) -> Self {
        self.views = views;
        self
    }

    /// One batch further; `true` when the whole set has been seen.
    ///
    /// # Errors
    /// An image that was readable when the set was opened no longer is.
    pub fn advance(&mut self, inference: &Inference) -> Result<bool, DatasetError> {
        let end = (self.next + batch(&inference.network)).min(self.store.len());
        if self.next == end {
            return Ok(true);
        }
        let positions: Vec<usize> = (self.next..end).collect();
        let mut bytes = Vec::new();
        self.store.copy_into(&positions, &mut bytes)?;
        let network = &inference.network;
        let (activated, loss) = match &self.views {
            None => self.plain(inference, &bytes, end),
            Some(views) => self.seen(views, inference, &bytes, end),
        };
        self.loss += loss;
        let rows = activated.chunks_exact(network.outputs().max(1));
        for (row, (file, label)) in rows.zip(&self.truth[self.next..end]) {
            self.rows.push(Prediction {
                file: file.clone(),
                label: *label,
                predicted: predicted(row),
                probabilities: probabilities(network.head(), row),
            });
        }
        self.next = end;
        Ok(self.next == self.store.len())
    }

    /// The activated outputs of the images up to `end`, and the sum of their losses.
    fn plain(&self, inference: &Inference, bytes: &[u8], end: usize) -> (Vec<f32>, f64) {
        let mut pixels = Vec::new();
        inference.normalise(bytes, &mut pixels);
        let truth = &self.truth[self.next..end];
        let labels: Vec<usize> = truth.iter().map(|(_, label)| *label).collect();
        let network = &inference.network;
        let outputs = inference.logits(pixels, labels.len());
        let targets = loss::targets(&labels, network.outputs(), &inference.device);
        let mean = loss::mean(network.loss(), &inference.model, outputs.clone(), targets);
        let sum = f64::from(mean.into_scalar::<f32>()) * labels.len() as f64;
        (inference.activated(outputs), sum)
    }

    /// The same as means over several views; the plain image is the first of them.
    fn seen(
        &self,
        views: &Views,
        inference: &Inference,
        bytes: &[u8],
        end: usize,
    ) -> (Vec<f32>, f64) {
        let network = &inference.network;
        let (mut sums, _) = self.plain(inference, bytes, end);
        for view in 1..views.count {
            let mut changed = bytes.to_vec();
            views.draw(view, self.next, &mut changed, input_size(network));
            let mut pixels = Vec::new();
            inference.normalise(&changed, &mut pixels);
            let outputs = inference.outputs(pixels, end - self.next);
            sums.iter_mut()
                .zip(outputs)
                .for_each(|(sum, it)| *sum += it);
        }
        let count = views.count as f32;
        sums.iter_mut().for_each(|sum| *sum /= count);
        let rows = sums.chunks_exact(network.outputs().max(1));
        let losses = rows
            .zip(&self.truth[self.next..end])
            .map(|(row, (_, label))| views::loss(network.loss(), network.head(), row, *label));
        let loss = losses.sum();
        (sums, loss)
    }

    /// Images seen and images in the set.
    pub fn progress(&self) -> (usize, usize) {
        (self.next, self.store.len())
    }

    /// The figures of what has been seen.
    pub fn finish(self, classes: &[String]) -> Evaluation {
        let seen = self.rows.len().max(1) as f64;
        Evaluation {
            classes: classes.to_vec(),
            loss: self.loss / seen,
            rows: self.rows,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{Context, Loss, template};

    #[test]
    fn large_networks_take_fewer_images_at_once() {
        let batch_at = |side: usize| {
            let graph = template("digits-cnn")?.with_input(side, side, 1, Some(10));
            let context = Context {
                classes: Some(10),
                loss: Loss::CrossEntropy,
                batch: 1,
            };
            let network = crate::network::check(&graph, &context).network?;
            Some(batch(&network))
        };
        assert_eq!(batch_at(28), Some(256));
        // The first pool: 998 × 998 × 32 numbers in, a quarter as many out.
        assert_eq!(batch_at(1000), Some(6));
    }
}
