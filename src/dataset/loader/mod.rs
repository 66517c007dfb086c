//! Batches of numbers, prepared ahead by threads of their own while the network computes on the ones before.

mod parts;
mod work;

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::task::Poll;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::{Augment, DatasetError, InputSize, Mix, Normaliser, PixelStore};
use parts::Cut;
pub use parts::parts;

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
    /// Who makes the numbers.
    pub form: Form,
}

impl Draw {
    /// Nothing but the numbers: for validation, test and prediction.
    pub fn plain(normaliser: Normaliser) -> Self {
        Self {
            seed: 0,
            epoch: 0,
            augment: Augment::default(),
            normaliser,
            form: Form::Numbers,
        }
    }
}

/// What a [`Loader`] makes of its images.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// [`Pixels::Numbers`]: all is done on the loader's threads.
    #[default]
    Numbers,
    /// [`Pixels::Bytes`]: the moves that a device can make ([`Drawn::gathered`](super::Drawn::gathered)) are left to
    /// it, and so is the normalisation. Whatever else is drawn is done on the loader's threads.
    Device,
    /// [`Pixels::Places`]: the same for a device that holds the images of the store. Only with changes that are left to
    /// it one and all ([`Augment::is_gathered`]).
    Places,
    /// [`Pixels::Bytes`]: the images as they are kept, whatever is drawn.
    Kept,
}

/// The pixels of a [`Batch`], not yet mixed.
#[derive(Clone, Debug, PartialEq)]
pub enum Pixels {
    /// `[n, channel, height, width]`: augmented and normalised.
    Numbers(Vec<f32>),
    /// What a device still has to move and to normalise.
    Bytes(Planes),
    /// The same of pictures that it holds.
    Places(Places),
}

/// Pictures, and where a device finds the pixels of the network's input in them.
#[derive(Clone, Debug, PartialEq)]
pub struct Planes {
    /// `[n, channel, height, width]`, of this [`size`](Self::size).
    pub bytes: Vec<u8>,
    /// Of each picture; the network's input or larger.
    pub size: InputSize,
    /// Of each picture, as [`Drawn::matrix`](super::Drawn::matrix); none where all pixels stay where they are.
    pub maps: Vec<[f64; 6]>,
}

/// Pictures of a [`PixelStore`], and where a device finds the pixels of the network's input in them.
#[derive(Clone, Debug, PartialEq)]
pub struct Places {
    /// Where each stands in the store.
    pub positions: Vec<usize>,
    /// As [`Planes::maps`].
    pub maps: Vec<[f64; 6]>,
}

impl Pixels {
    /// The numbers of a batch that was made with [`Form::Numbers`]; none of any other.
    pub fn numbers(&self) -> &[f32] {
        match self {
            Self::Numbers(numbers) => numbers,
            Self::Bytes(_) | Self::Places(_) => &[],
        }
    }

    /// Those of some of `images` images, by their places; places that there are not are left out.
    pub fn picked(&self, images: usize, places: impl IntoIterator<Item = usize>) -> Self {
        match self {
            Self::Numbers(numbers) => Self::Numbers(rows(numbers, images, places)),
            Self::Bytes(planes) => {
                let places: Vec<usize> = places.into_iter().collect();
                Self::Bytes(Planes {
                    bytes: rows(&planes.bytes, images, places.iter().copied()),
                    size: planes.size,
                    maps: rows(&planes.maps, images, places),
                })
            }
            Self::Places(kept) => {
                let places: Vec<usize> = places.into_iter().collect();
                Self::Places(Places {
                    positions: rows(&kept.positions, images, places.iter().copied()),
                    maps: rows(&kept.maps, images, places),
                })
            }
        }
    }
}

fn rows<T: Copy>(values: &[T], images: usize, places: impl IntoIterator<Item = usize>) -> Vec<T> {
    let image = values.len() / images.max(1);
    let row = |place: usize| values.get(place * image..(place + 1) * image);
    places
        .into_iter()
        .filter_map(row)
        .flatten()
        .copied()
        .collect()
}

impl From<Vec<f32>> for Pixels {
    fn from(numbers: Vec<f32>) -> Self {
        Self::Numbers(numbers)
    }
}

/// Some images as a network takes them: a batch, or a part of one.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// Of the images at [`places`](Self::places), as [`Draw::form`] says. Where these are a part and mixed, those of
    /// their partners follow, in the same order.
    pub pixels: Pixels,
    /// Which images of the batch are here.
    pub places: Range<usize>,
    /// The class of each image of the batch.
    pub labels: Vec<usize>,
    /// Where each image of the batch stands in the [`PixelStore`].
    pub positions: Vec<usize>,
    /// With which other image of the batch each is to be mixed ([`Mix::mixed`]), where [`Draw::augment`] mixes.
    pub mix: Option<Mix>,
}

impl Batch {
    /// Whether all images of the batch are here.
    pub fn is_whole(&self) -> bool {
        self.places == (0..self.labels.len())
    }
}

/// The batches of one pass, in the order given, with the same bytes whatever the number of threads; the smaller last
/// batch included. Dropping it ends its threads. After an error there are no more batches.
#[derive(Debug)]
pub struct Loader {
    batches: Option<Receiver<work::Promise>>,
    /// Of the next batch, where it was waited for and did not come in time.
    promise: Option<work::Promise>,
    thread: Option<JoinHandle<()>>,
    failure: Option<DatasetError>,
    stop: Arc<AtomicBool>,
    waited: Duration,
}

impl Loader {
    /// What batches that are ready or in the making take of memory at most, unless it is a single one.
    pub const AHEAD_BYTES: usize = 64 << 20;

    /// Starts a pass over the positions in `order`, `batch` at a time (0 counts as 1). It takes all cores where images
    /// must be decoded or changed, and one thread where they are only copied.
    pub fn start(store: Arc<PixelStore>, order: Vec<usize>, batch: usize, draw: Arc<Draw>) -> Self {
        Self::in_parts(store, order, batch, batch, draw)
    }

    /// The same, where batches of more than `most` images (0 counts as 1) come in [`parts`], so that their pixels are
    /// never all in memory. A mixed image is made twice then, for itself and for the one that it is the partner of.
    pub fn in_parts(
        store: Arc<PixelStore>,
        order: Vec<usize>,
        batch: usize,
        most: usize,
        draw: Arc<Draw>,
    ) -> Self {
        let threads = work::threads(&store, &draw);
        Self::begin(store, order, [batch, most], draw, threads)
    }

    /// As [`start`](Self::start), with a number of threads; 0 counts as 1.
    pub fn with_threads(
        store: Arc<PixelStore>,
        order: Vec<usize>,
        batch: usize,
        draw: Arc<Draw>,
        threads: usize,
    ) -> Self {
        Self::begin(store, order, [batch; 2], draw, threads)
    }

    fn begin(
        store: Arc<PixelStore>,
        order: Vec<usize>,
        [batch, most]: [usize; 2],
        draw: Arc<Draw>,
        threads: usize,
    ) -> Self {
        let cut = Cut {
            images: order.len(),
            batch: batch.max(1),
            most: most.clamp(1, batch.max(1)),
        };
        let ahead = work::ahead(&store, cut, &draw);
        // One more is in the making.
        let (sender, batches) = sync_channel(ahead - 1);
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let work = move || {
            let pass = work::Pass::new(&store, &order, cut, &draw, &stopped);
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
            promise: None,
            thread,
            failure,
            stop,
            waited: Duration::ZERO,
        }
    }

    /// How long has been waited for batches so far.
    pub fn waited(&self) -> Duration {
        self.waited
    }

    /// As [`next`](Iterator::next), but waits no longer than `patience`: pending where the batch is not ready by then.
    pub fn next_within(&mut self, patience: Duration) -> Poll<Option<Result<Batch, DatasetError>>> {
        let now = Instant::now();
        match self.receive(now.checked_add(patience)) {
            Err(RecvTimeoutError::Timeout) => Poll::Pending,
            received => Poll::Ready(self.taken(received.ok())),
        }
    }

    /// Waits for the next batch, `until` then if it says so. A promise that is broken is a thread that has died.
    fn receive(&mut self, until: Option<Instant>) -> Received {
        let start = Instant::now();
        let received = self.receive_promised(until);
        self.waited += start.elapsed();
        received
    }

    fn receive_promised(&mut self, until: Option<Instant>) -> Received {
        let promise = match self.promise.take() {
            Some(promise) => promise,
            None => {
                let batches = self.batches.as_ref();
                within(batches.ok_or(RecvTimeoutError::Disconnected)?, until)?
            }
        };
        let batch = within(&promise, until);
        if matches!(batch, Err(RecvTimeoutError::Timeout)) {
            self.promise = Some(promise);
        }
        batch
    }

    /// What has come; nothing where all threads are gone.
    fn taken(
        &mut self,
        received: Option<Result<Batch, DatasetError>>,
    ) -> Option<Result<Batch, DatasetError>> {
        if let Some(failure) = self.failure.take() {
            return Some(Err(failure));
        }
        match received {
            Some(Ok(batch)) => return Some(Ok(batch)),
            Some(Err(error)) => {
                self.batches = None;
                self.stop.store(true, Ordering::Relaxed);
                return Some(Err(error));
            }
            None => {
                self.batches = None;
                // Where one has died, the others need not end what nobody will take.
                self.stop.store(true, Ordering::Relaxed);
            }
        }
        // The sender is gone: the pass is over, or a thread has died, which must not look like the end of a pass.
        match self.thread.take()?.join() {
            Ok(()) => None,
            Err(_) => Some(Err(DatasetError::Loader("a fault in mapsto".into()))),
        }
    }
}

/// A batch, a failure to make it, or why neither came.
type Received = Result<Result<Batch, DatasetError>, RecvTimeoutError>;

fn within<T>(receiver: &Receiver<T>, until: Option<Instant>) -> Result<T, RecvTimeoutError> {
    match until {
        Some(until) => receiver.recv_timeout(until.saturating_duration_since(Instant::now())),
        None => Ok(receiver.recv()?),
    }
}

impl Iterator for Loader {
    type Item = Result<Batch, DatasetError>;

    /// The next batch; waits for it. Nothing at the end of the pass.
    fn next(&mut self) -> Option<Self::Item> {
        let received = self.receive(None);
        self.taken(received.ok())
    }
}

impl Drop for Loader {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // The receiver first: a thread that waits in `send` ends only when nobody listens any more.
        (self.batches, self.promise) = (None, None);
        if let Some(thread) = self.thread.take() {
            // A fault of the thread concerns nobody any more.
            thread.join().unwrap_or_default();
        }
    }
}
