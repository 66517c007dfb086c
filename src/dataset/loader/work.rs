//! The threads of a pass. One of them deals out the batches in order; where there is work to share, the others make
//! them, several at a time, image by image.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::available_parallelism;

use rayon::prelude::*;

use super::{Batch, Draw};
use crate::dataset::store::Work;
use crate::dataset::{Augment, DatasetError, PixelStore};

/// A batch that is being made.
pub(super) type Promise = Receiver<Result<Batch, DatasetError>>;

/// Batches that wait at most: enough to hide a slow file, little enough to end quickly.
const MOST_WAITING: usize = 4;

/// Batches that wait have at most this many bytes, unless it is only one.
const WAITING_BYTES: usize = 256 << 20;

/// Threads that read ready images from the disk.
const READERS: usize = 4;

/// Batches of so many values that wait at most.
pub(super) fn waiting(values: usize) -> usize {
    let bytes = values.saturating_mul(size_of::<f32>()).max(1);
    (WAITING_BYTES / bytes).clamp(1, MOST_WAITING)
}

/// Threads that a pass takes.
pub(super) fn threads(store: &PixelStore, draw: &Draw) -> usize {
    let changes = Augment {
        mixup: 0.0,
        cutmix: 0.0,
        ..draw.augment.clone()
    };
    let cores = available_parallelism().map_or(1, usize::from);
    match store.work() {
        Work::Computing => cores,
        _ if !changes.is_off() => cores,
        Work::Reading => cores.min(READERS),
        Work::Copying => 1,
    }
}

/// One pass over a store.
pub(super) struct Pass<'a> {
    store: &'a PixelStore,
    order: &'a [usize],
    batch: usize,
    draw: &'a Draw,
    stop: &'a AtomicBool,
    /// For places in the order whose image was shown before in this pass: how often.
    again: BTreeMap<usize, usize>,
}

impl<'a> Pass<'a> {
    pub fn new(
        store: &'a PixelStore,
        order: &'a [usize],
        batch: usize,
        draw: &'a Draw,
        stop: &'a AtomicBool,
    ) -> Self {
        Self {
            store,
            order,
            batch,
            draw,
            stop,
            again: again(order, store.len()),
        }
    }

    /// Sends all batches, in order, until nobody listens or one fails.
    pub fn run(&self, threads: usize, sender: &SyncSender<Promise>) {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .thread_name(|number| format!("loader {number}"))
            .build();
        match pool {
            Ok(pool) if threads > 1 => pool.in_place_scope(|scope| {
                for number in 0..self.batches() {
                    let (keep, promise) = sync_channel(1);
                    if sender.send(promise).is_err() {
                        return;
                    }
                    // Nobody waits for the batches behind one that failed.
                    scope.spawn(move |_| keep.send(self.make(number, true)).unwrap_or_default());
                }
            }),
            // Too few threads for a pool are no reason to stop.
            _ => self.run_alone(sender),
        }
    }

    fn run_alone(&self, sender: &SyncSender<Promise>) {
        for number in 0..self.batches() {
            let made = self.make(number, false);
            let last = made.is_err();
            let (keep, promise) = sync_channel(1);
            keep.send(made).unwrap_or_default();
            if sender.send(promise).is_err() || last {
                return;
            }
        }
    }

    fn batches(&self) -> usize {
        self.order.len().div_ceil(self.batch)
    }

    fn make(&self, number: usize, shared: bool) -> Result<Batch, DatasetError> {
        let start = number * self.batch;
        let end = (start + self.batch).min(self.order.len());
        let positions = self.order.get(start..end).unwrap_or_default();
        let elements = self.store.size().elements();
        let mut pixels = vec![0.0; positions.len().saturating_mul(elements)];
        if elements > 0 {
            let images = start..end;
            if shared {
                pixels
                    .par_chunks_exact_mut(elements)
                    .zip(images.into_par_iter())
                    .try_for_each_init(Buffers::default, |buffers, (numbers, place)| {
                        self.image(place, buffers, numbers)
                    })?;
            } else {
                let mut buffers = Buffers::default();
                for (numbers, place) in pixels.chunks_exact_mut(elements).zip(images) {
                    self.image(place, &mut buffers, numbers)?;
                }
            }
        }
        let Draw { seed, epoch, .. } = *self.draw;
        Ok(Batch {
            pixels,
            labels: positions
                .iter()
                .map(|&position| self.store.label(position))
                .collect(),
            positions: positions.to_vec(),
            mix: self.draw.augment.mix(seed, epoch, number, positions.len()),
        })
    }

    /// The numbers of the image at a place of the order.
    fn image(
        &self,
        place: usize,
        buffers: &mut Buffers,
        numbers: &mut [f32],
    ) -> Result<(), DatasetError> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(DatasetError::Cancelled);
        }
        let position = self.order.get(place).copied().unwrap_or(usize::MAX);
        let size = self.store.size();
        // An image that is shown several times an epoch is changed in another way each time.
        let times = self.again.get(&place).copied().unwrap_or(0);
        let index = self.store.index(position);
        let number = index.saturating_add(times.saturating_mul(self.store.data().len()));
        let Draw { seed, epoch, .. } = *self.draw;
        let drawn = self.draw.augment.plan(seed, epoch, number);
        buffers.bytes.resize(size.elements(), 0);
        self.store
            .change_into(position, &drawn, &mut buffers.bytes, &mut buffers.stored)?;
        let area = size.height.saturating_mul(size.width);
        self.draw.normaliser.fill(&buffers.bytes, area, numbers);
        Ok(())
    }
}

/// What a thread keeps between two images.
#[derive(Default)]
struct Buffers {
    bytes: Vec<u8>,
    stored: Vec<u8>,
}

/// For each place in the order whose position came before: how often.
fn again(order: &[usize], positions: usize) -> BTreeMap<usize, usize> {
    let mut again = BTreeMap::new();
    let mut seen = vec![0usize; positions];
    for (place, &position) in order.iter().enumerate() {
        if let Some(times) = seen.get_mut(position) {
            if *times > 0 {
                again.insert(place, *times);
            }
            *times += 1;
        }
    }
    again
}
