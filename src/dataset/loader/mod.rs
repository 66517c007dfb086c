//! Batches of numbers, prepared ahead by threads of their own while the network computes on the ones before.

mod work;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::{Augment, DatasetError, Mix, Normaliser, PixelStore};

/// What happens to the images of one epoch on their way to the network.
#[derive(Clone, Debug, PartialEq)]
pub struct Draw {
    /// The seed of the run.
    pub seed: u64,
    /// The epoch; another one draws other changes.
    pub epoch: u32,
    /// The changes that are drawn; the default changes nothing.
    pub augment: Augment,
    /// Bytes to numbers.
    pub normaliser: Normaliser,
}

impl Draw {
    /// Nothing but the numbers: for validation, test and prediction.
    pub fn plain(normaliser: Normaliser) -> Self {
        Self {
            seed: 0,
            epoch: 0,
            augment: Augment::default(),
            normaliser,
        }
    }
}

/// Some images as a network takes them.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// `[n, channel, height, width]`: augmented and normalised, not yet mixed.
    pub pixels: Vec<f32>,
    /// The class of each image.
    pub labels: Vec<usize>,
    /// Where each image stands in the [`PixelStore`].
    pub positions: Vec<usize>,
    /// With which other image of the batch each is to be mixed ([`Mix::mixed`]), where [`Draw::augment`] mixes.
    pub mix: Option<Mix>,
}

/// The batches of one pass, in the order given, with the same bytes whatever the number of threads; the smaller last
/// batch included. Dropping it ends its threads. After an error there are no more batches.
#[derive(Debug)]
pub struct Loader {
    batches: Option<Receiver<work::Promise>>,
    thread: Option<JoinHandle<()>>,
    failure: Option<DatasetError>,
    stop: Arc<AtomicBool>,
    waited: Duration,
}

impl Loader {
    /// Starts a pass over the positions in `order`, `batch` at a time (0 counts as 1). It takes all cores where images
    /// must be decoded or changed, and one thread where they are only copied.
    pub fn start(store: Arc<PixelStore>, order: Vec<usize>, batch: usize, draw: Arc<Draw>) -> Self {
        let threads = work::threads(&store, &draw);
        Self::with_threads(store, order, batch, draw, threads)
    }

    /// The same with a number of threads; 0 counts as 1.
    pub fn with_threads(
        store: Arc<PixelStore>,
        order: Vec<usize>,
        batch: usize,
        draw: Arc<Draw>,
        threads: usize,
    ) -> Self {
        let batch = batch.max(1);
        let waiting = work::waiting(batch.saturating_mul(store.size().elements()));
        let (sender, batches) = sync_channel(waiting);
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let work = move || {
            let pass = work::Pass::new(&store, &order, batch, &draw, &stopped);
            pass.run(threads, &sender);
        };
        let started = std::thread::Builder::new()
            .name("loader".into())
            .spawn(work);
        let (thread, failure) = match started {
            Ok(thread) => (Some(thread), None),
            Err(error) => (None, Some(DatasetError::Loader(error.to_string()))),
        };
        Self {
            batches: thread.is_some().then_some(batches),
            thread,
            failure,
            stop,
            waited: Duration::ZERO,
        }
    }

    /// How long [`next`](Iterator::next) has waited for batches so far.
    pub fn waited(&self) -> Duration {
        self.waited
    }

    fn receive(&mut self) -> Option<Result<Batch, DatasetError>> {
        let start = Instant::now();
        // A promise that is broken is a thread that has died.
        let promise = self.batches.as_ref()?.recv().ok();
        let batch = promise.and_then(|promise| promise.recv().ok());
        self.waited += start.elapsed();
        batch
    }
}

impl Iterator for Loader {
    type Item = Result<Batch, DatasetError>;

    /// The next batch; waits for it. Nothing at the end of the pass.
    fn next(&mut self) -> Option<Self::Item> {
        if let Some(failure) = self.failure.take() {
            return Some(Err(failure));
        }
        match self.receive() {
            Some(Ok(batch)) => return Some(Ok(batch)),
            Some(Err(error)) => {
                self.batches = None;
                self.stop.store(true, Ordering::Relaxed);
                return Some(Err(error));
            }
            None => self.batches = None,
        }
        // The sender is gone: the pass is over, or a thread has died, which must not look like the end of a pass.
        match self.thread.take()?.join() {
            Ok(()) => None,
            Err(_) => Some(Err(DatasetError::Loader("a fault in mapsto".into()))),
        }
    }
}

impl Drop for Loader {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // The receiver first: a thread that waits in `send` ends only when nobody listens any more.
        self.batches = None;
        if let Some(thread) = self.thread.take() {
            // A fault of the thread concerns nobody any more.
            thread.join().unwrap_or_default();
        }
    }
}
