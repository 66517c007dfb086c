//! Batches of numbers, prepared by a thread of its own while the network computes on the ones before.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use super::{DatasetError, PixelStore};

/// Batches that wait at most: enough to hide a slow file, little enough to end quickly.
const WAITING: usize = 4;

/// Some images as a network takes them.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// `[n, channel, height, width]`, each value from 0 to 1.
    pub pixels: Vec<f32>,
    /// The class of each image.
    pub labels: Vec<usize>,
    /// Where each image stands in the [`PixelStore`].
    pub positions: Vec<usize>,
}

/// The batches of one pass, in the order given, whatever the number of threads; the smaller last batch included.
/// Dropping it ends its thread. After an error there are no more batches.
#[derive(Debug)]
pub struct Loader {
    batches: Option<Receiver<Result<Batch, DatasetError>>>,
    thread: Option<JoinHandle<()>>,
    failure: Option<DatasetError>,
}

impl Loader {
    /// Starts a pass over the positions in `order`, `batch` at a time (0 counts as 1).
    pub fn start(store: Arc<PixelStore>, order: Vec<usize>, batch: usize) -> Self {
        let (sender, receiver) = sync_channel(WAITING);
        let work = move || send_all(&store, &order, batch.max(1), &sender);
        match std::thread::Builder::new()
            .name("loader".into())
            .spawn(work)
        {
            Ok(thread) => Self {
                batches: Some(receiver),
                thread: Some(thread),
                failure: None,
            },
            Err(error) => Self {
                batches: None,
                thread: None,
                failure: Some(DatasetError::Loader(error.to_string())),
            },
        }
    }
}

impl Iterator for Loader {
    type Item = Result<Batch, DatasetError>;

    /// The next batch; waits for it. Nothing at the end of the pass.
    fn next(&mut self) -> Option<Self::Item> {
        if let Some(failure) = self.failure.take() {
            return Some(Err(failure));
        }
        if let Ok(batch) = self.batches.as_ref()?.recv() {
            return Some(batch);
        }
        self.batches = None;
        // The sender is gone: the pass is over, or its thread has died, which must not look like the end of a pass.
        match self.thread.take()?.join() {
            Ok(()) => None,
            Err(_) => Some(Err(DatasetError::Loader("a fault in mapsto".into()))),
        }
    }
}

impl Drop for Loader {
    fn drop(&mut self) {
        // The receiver first: a thread that waits in `send` ends only when nobody listens any more.
        self.batches = None;
        if let Some(thread) = self.thread.take() {
            // A fault of the thread concerns nobody any more.
            thread.join().unwrap_or_default();
        }
    }
}

fn send_all(
    store: &PixelStore,
    order: &[usize],
    batch: usize,
    sender: &SyncSender<Result<Batch, DatasetError>>,
) {
    let mut bytes = Vec::new();
    for positions in order.chunks(batch) {
        let made = store.copy_into(positions, &mut bytes).map(|()| Batch {
            pixels: bytes.iter().map(|&byte| f32::from(byte) / 255.0).collect(),
            labels: positions
                .iter()
                .map(|&position| store.label(position))
                .collect(),
            positions: positions.to_vec(),
        });
        let last = made.is_err();
        if sender.send(made).is_err() || last {
            return;
        }
    }
}
