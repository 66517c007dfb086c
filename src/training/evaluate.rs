//! A model over a set, batch by batch, so that a training or the user can come in between.

use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use burn::tensor::{Device, Tensor};

use super::cpu::threads;
use super::device::{is_cpu, largest_tensor};
use super::feed::Feed;
use super::layers::Mode;
use super::memory::available;
use super::model::{Model, predicted, probabilities};
use super::probe::input_size;
use super::resident::Resident;
use super::views::{self, Views};
use super::{flow, loss, passes};
use crate::dataset::{
    Batch, DatasetError, Draw, Form, Loader, Normaliser, PixelStore, Pixels, Preprocess,
};
use crate::network::Network;
use crate::results::{Evaluation, Prediction};

/// What a batch may take where nobody knows how much memory the device has left.
const BATCH_BYTES: u64 = 1 << 30;

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
    pub fn outputs(&self, pixels: impl Into<Pixels>, batch: usize) -> Vec<f32> {
        self.activated(self.logits(&self.feed(), pixels.into(), batch))
    }

    /// The activated outputs of a forward pass on the host, row by row.
    pub(super) fn activated(&self, outputs: Tensor<2>) -> Vec<f32> {
        let activated = self.model.activated(outputs);
        activated.into_data().iter::<f32>().collect()
    }

    /// Bytes to numbers, as the model has learnt from them.
    fn normaliser(&self) -> Normaliser {
        let channels = input_size(&self.network).channels;
        Normaliser::new(self.preprocess.normalise, channels)
    }

    fn feed(&self) -> Feed {
        Feed::new(input_size(&self.network), self.normaliser(), &self.device)
    }

    fn logits(&self, feed: &Feed, pixels: Pixels, batch: usize) -> Tensor<2> {
        if is_cpu(&self.device) {
            threads::call(&self.network, batch);
        }
        let pixels = feed.tensor(pixels, batch);
        self.model.forward(pixels, &mut Mode::Inference)
    }
}

/// How much a device takes at once.
#[derive(Clone, Copy, Debug)]
struct Capacity {
    /// Images beyond which it computes no faster.
    images: u64,
    /// The same in multiply-adds; and between two batches the user is served.
    work: u64,
    /// Bytes of all that is there at once.
    memory: u64,
    /// Bytes of a tensor.
    tensor: u64,
}

impl Capacity {
    fn of(device: &Device) -> Self {
        match largest_tensor(device) {
            Some(tensor) => Self {
                images: 1024,
                work: 1 << 40,
                memory: BATCH_BYTES,
                tensor,
            },
            None => Self {
                images: 256,
                work: 1 << 35,
                memory: available().map_or(BATCH_BYTES, |free| free / 2),
                tensor: u64::MAX,
            },
        }
    }

    /// The largest batch of a network that fits and is worth it: a training in small batches must not end because its
    /// validation does not fit the memory.
    fn batch(&self, network: &Network) -> usize {
        let input = input_size(network);
        let pixels = passes::pixels(input);
        let tensor = flow::largest(network).max(pixels);
        // Of the batch, and of the next one that is read meanwhile.
        let memory = flow::at_once(network).saturating_add(pixels.saturating_mul(2));
        let most = self
            .images
            .min(self.work / network.multiply_adds().max(1))
            .min(self.memory / memory.max(1) as u64)
            .min(self.tensor / tensor.max(1) as u64);
        usize::try_from(most).unwrap_or(usize::MAX).max(1)
    }
}

/// One pass over a store, whose next batch is waited for without being taken.
struct Pass {
    loader: Loader,
    next: Option<Batch>,
}

impl Pass {
    fn start(store: &Arc<PixelStore>, batch: usize, draw: Draw) -> Self {
        let order = (0..store.len()).collect();
        Self {
            loader: Loader::start(Arc::clone(store), order, batch, Arc::new(draw)),
            next: None,
        }
    }

    /// Whether the next batch is there by then, or will never be.
    fn is_ready(&mut self, patience: Duration) -> Result<bool, DatasetError> {
        if self.next.is_none() {
            match self.loader.next_within(patience) {
                Poll::Pending => return Ok(false),
                Poll::Ready(batch) => self.next = batch.transpose()?,
            }
        }
        Ok(true)
    }
}

/// An evaluation under way. Its images are read ahead by threads of their own, which end with it.
pub struct Evaluator {
    store: Arc<PixelStore>,
    /// Name and class (as the model counts them) of each image, by position in the store.
    truth: Vec<(String, usize)>,
    /// Test-time augmentation, if wanted.
    views: Option<Views>,
    /// The images of the store, where the device has them.
    kept: Option<Resident>,
    /// Images of a batch, but for the last one.
    batch: usize,
    /// Over the store, and over what views are made from where that is another one; none before the first batch.
    passes: Vec<Pass>,
    /// Whether the last batch that was asked for was not ready.
    waiting: bool,
    next: usize,
    loss: f64,
    rows: Vec<Prediction>,
}

impl Evaluator {
    /// Over all images of a store, with the name and class of each, in its order.
    pub fn new(store: Arc<PixelStore>, truth: Vec<(String, usize)>) -> Self {
        Self {
            rows: Vec::with_capacity(store.len()),
            store,
            truth,
            views: None,
            kept: None,
            batch: 0,
            passes: Vec::new(),
            waiting: false,
            next: 0,
            loss: 0.0,
        }
    }

    /// With several views of each image, whose probabilities are averaged.
    pub(super) fn with_views(mut self, views: Option<Views>) -> Self {
        self.views = views;
        self
    }

    /// With the images of the store, where they are on the device already.
    pub(super) fn keep(mut self, images: Option<Resident>) -> Self {
        self.kept = images;
        self
    }

    fn feed(&self, inference: &Inference) -> Feed {
        let mut feed = inference.feed();
        feed.keep(self.kept.clone());
        feed
    }

    /// Begins to read `batch` images at a time.
    fn begin(&self, inference: &Inference, batch: usize) -> Vec<Pass> {
        let normaliser = inference.normaliser();
        let pass = |store: &Arc<PixelStore>, form: Form| {
            let normaliser = normaliser.clone();
            let draw = Draw::plain(normaliser);
            Pass::start(store, batch, Draw { form, ..draw })
        };
        let form = self.feed(inference).form();
        match &self.views {
            None => vec![pass(&self.store, form)],
            Some(views) => match &views.store {
                None => vec![pass(&self.store, Form::Kept)],
                Some(larger) => vec![pass(&self.store, form), pass(larger, Form::Kept)],
            },
        }
    }

    /// Begins to read its images for a model like this one, so that the first are there when they are asked for.
    pub(super) fn prepare(&mut self, inference: &Inference) {
        if self.passes.is_empty() && self.next < self.store.len() {
            let most = Capacity::of(&inference.device).batch(&inference.network);
            self.batch = if is_cpu(&inference.device) {
                most
            } else {
                passes::even(self.store.len(), most)
            };
            self.passes = self.begin(inference, self.batch);
        }
    }

    /// One batch further, if its images are ready within `patience`; `true` when the whole set has been seen.
    ///
    /// # Errors
    /// An image that was readable when the set was opened no longer is.
    pub fn advance(
        &mut self,
        inference: &Inference,
        patience: Duration,
    ) -> Result<bool, DatasetError> {
        if self.next == self.store.len() {
            return Ok(true);
        }
        self.prepare(inference);
        self.waiting = true;
        for pass in &mut self.passes {
            if !pass.is_ready(patience)? {
                return Ok(false);
            }
        }
        self.waiting = false;
        let mut batches = self.passes.iter_mut().filter_map(|pass| pass.next.take());
        let Some(batch) = batches.next() else {
            return Ok(true);
        };
        let larger = batches.next();
        self.take(inference, batch, larger);
        Ok(self.next == self.store.len())
    }

    /// Takes a batch, and what its views are made from where that is another one.
    fn take(&mut self, inference: &Inference, batch: Batch, larger: Option<Batch>) {
        let network = &inference.network;
        let end = (self.next + batch.labels.len()).min(self.truth.len());
        let (activated, loss) = match &self.views {
            None => self.plain(inference, batch.pixels, end),
            Some(views) => {
                let kept = larger.map(|larger| larger.pixels);
                self.seen(views, inference, batch.pixels, kept, end)
            }
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
    }

    /// The activated outputs of the images up to `end`, and the sum of their losses.
    fn plain(&self, inference: &Inference, pixels: Pixels, end: usize) -> (Vec<f32>, f64) {
        let truth = &self.truth[self.next..end];
        let labels: Vec<usize> = truth.iter().map(|(_, label)| *label).collect();
        let (network, images) = (&inference.network, labels.len());
        let feed = self.feed(inference);
        let outputs = if is_cpu(&inference.device) || images == self.batch {
            inference.logits(&feed, pixels, images)
        } else {
            // A GPU tunes its kernels for a shape: the last batch is filled up with its last image, which changes
            // nothing for the others.
            let filled = (0..self.batch).map(|place| place.min(images.saturating_sub(1)));
            let pixels = pixels.picked(images, filled);
            let outputs = inference.logits(&feed, pixels, self.batch);
            outputs.narrow(0, 0, images)
        };
        let targets = loss::targets(&labels, network.outputs(), &inference.device);
        let mean = loss::mean(network.loss(), &inference.model, outputs.clone(), targets);
        let sum = f64::from(mean.into_scalar::<f32>()) * labels.len() as f64;
        (inference.activated(outputs), sum)
    }

    /// The same as means over several views; the plain image is the first of them. The others are made of `kept`, or
    /// of the plain image itself.
    fn seen(
        &self,
        views: &Views,
        inference: &Inference,
        pixels: Pixels,
        kept: Option<Pixels>,
        end: usize,
    ) -> (Vec<f32>, f64) {
        let network = &inference.network;
        let kept = kept.unwrap_or_else(|| pixels.clone());
        let (mut sums, _) = self.plain(inference, pixels, end);
        if let Pixels::Bytes(kept) = &kept {
            for view in 1..views.count {
                let changed = views.draw(view, self.next, kept, input_size(network));
                let outputs = inference.outputs(Pixels::Bytes(changed), end - self.next);
                sums.iter_mut()
                    .zip(outputs)
                    .for_each(|(sum, it)| *sum += it);
            }
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

    /// Whether the last batch that was asked for was not ready.
    pub fn is_waiting(&self) -> bool {
        self.waiting
    }

    /// How long has been waited for images so far.
    pub fn waited(&self) -> Duration {
        self.passes.iter().map(|pass| pass.loader.waited()).sum()
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
mod tests;
