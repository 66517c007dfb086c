//! Sets that stay on a GPU: their bytes are sent once, before the training, and a batch is then the places of its
//! images ([`feed`](super::feed)). Labels are none of it: they come with every batch from the host.
//!
//! How much memory a GPU has left, nobody tells; wgpu tells only how large a buffer may be. So the bound is a careful
//! one. The sets of a training take at most [`MOST_BYTES`] together, a part of what any GPU has that trains well, and
//! enough for CIFAR-10 six times over or 7,000 colour images of 224×224. And they take at most half of the largest
//! buffer: each set is one tensor, hence one buffer, and where that may be but small there is little memory, too. A
//! training set that fits goes first, validation images take what is left. A set that does not fit is sent batch by
//! batch, as is one for which the memory turns out to be lacking: when it is sent, or when the step that is tried
//! before a training ([`trial`](super::trial)) takes fewer images at once with the sets there than without.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use burn::tensor::{Device, Int, Tensor, TensorData};

use super::device::{Opened, largest_tensor};
use super::error::panic_message;
use super::feed::{packed, words};
use crate::dataset::{
    DatasetError, Draw, Form, InputSize, Loader, Normalise, Normaliser, PixelStore, Pixels,
    Progress,
};

/// Bytes of all sets of a training together.
const MOST_BYTES: u64 = 1 << 30;

/// Bytes that are sent at once: they take the same on the host and once more on the device, and after each the user is
/// heard.
const PIECE_BYTES: usize = 16 << 20;

/// The pictures of a [`PixelStore`] on a device. Cheap to clone; the memory is free when the last one is dropped.
#[derive(Clone, Debug)]
pub(super) struct Resident {
    /// `[images, words]`, packed as [`packed`] does it.
    words: Tensor<2, Int>,
    /// Of each picture.
    size: InputSize,
}

impl Resident {
    /// Bytes of the sets of a training that a device should keep; 0 on the CPU, which has them in its memory anyway.
    pub fn room(opened: &Opened) -> u64 {
        largest_tensor(&opened.device).map_or(0, |largest| MOST_BYTES.min(largest / 2))
    }

    /// Bytes that the pictures of a store take.
    pub fn bytes(store: &PixelStore) -> u64 {
        let image = words(store.stored_size().elements()) * size_of::<i32>();
        (image as u64).saturating_mul(store.len() as u64)
    }

    /// Sends the pictures of a store; nothing where they take more than `room` bytes, or it fails.
    ///
    /// # Errors
    /// The progress was cancelled.
    pub fn upload(
        store: &Arc<PixelStore>,
        opened: &Opened,
        room: u64,
        progress: &Progress,
    ) -> Result<Option<Self>, DatasetError> {
        if store.is_empty() || Self::bytes(store) > room {
            return Ok(None);
        }
        let device = opened.device.clone().inner();
        let sent = catch_unwind(AssertUnwindSafe(|| {
            sent(store, &device, PIECE_BYTES, progress)
        }));
        let reason = match sent {
            Ok(Ok(words)) => {
                let size = store.stored_size();
                return Ok(Some(Self { words, size }));
            }
            Ok(Err(Failure::Images(DatasetError::Cancelled))) => {
                return Err(DatasetError::Cancelled);
            }
            // Whoever reads them for a batch will tell.
            Ok(Err(Failure::Images(error))) => error.to_string(),
            Ok(Err(Failure::Device(reason))) => reason,
            Err(panic) => panic_message(panic.as_ref()),
        };
        log::info!("images stay on the host: {reason}");
        release(opened);
        Ok(None)
    }

    /// The size of each picture.
    pub(super) fn size(&self) -> InputSize {
        self.size
    }

    /// Those at some positions of the store, `[positions, words]`.
    pub(super) fn rows(&self, positions: &[usize]) -> Tensor<2, Int> {
        let places = positions.iter().map(|&position| position as i32);
        let places = TensorData::new(places.collect::<Vec<i32>>(), [positions.len()]);
        let places = Tensor::<1, Int>::from_data(places, &self.words.device());
        self.words.clone().select(0, places)
    }
}

/// Gives memory back that a device keeps for later: of sets that have been dropped.
pub(super) fn release(opened: &Opened) {
    // What has been dropped is let go of by then. Whether it works at all, the next step tells.
    if let Err(error) = opened.device.sync() {
        log::info!("{error}");
    }
    opened.device.memory_cleanup();
}

enum Failure {
    Images(DatasetError),
    /// In its words.
    Device(String),
}

/// All pictures of a store, packed, `piece` bytes at a time.
fn sent(
    store: &Arc<PixelStore>,
    device: &Device,
    piece: usize,
    progress: &Progress,
) -> Result<Tensor<2, Int>, Failure> {
    let (images, image) = (store.len(), store.stored_size().elements());
    progress.begin(images);
    let mut all = room_for([images, words(image)], device);
    settled(device)?;
    let draw = Draw {
        form: Form::Kept,
        ..Draw::plain(Normaliser::new(Normalise::Unit, store.size().channels))
    };
    let count = (piece / image.max(1)).max(1);
    let mut first = 0;
    for batch in Loader::start(store.clone(), (0..images).collect(), count, Arc::new(draw)) {
        let batch = batch.map_err(Failure::Images)?;
        if progress.cancelled() {
            return Err(Failure::Images(DatasetError::Cancelled));
        }
        let Pixels::Bytes(planes) = batch.pixels else {
            continue;
        };
        let here = batch.labels.len();
        let part = Tensor::<2, Int>::from_data(packed(&planes.bytes, here, image), device);
        // In place: nobody else holds it.
        all = all.slice_assign([first..first + here, 0..words(image)], part);
        // Otherwise pieces would pile up.
        settled(device)?;
        first += here;
        progress.advance(here);
    }
    Ok(all)
}

/// A tensor in a buffer of its own, of just its size; whatever was there is still in it.
fn room_for(shape: [usize; 2], device: &Device) -> Tensor<2, Int> {
    let on = device.clone();
    device.memory_persistent_allocations(shape, move |shape| Tensor::empty(shape, &on))
}

/// Waits for the device; what has failed on it comes to light.
fn settled(device: &Device) -> Result<(), Failure> {
    let done = device.sync();
    done.map_err(|error| Failure::Device(error.to_string()))
}

#[cfg(test)]
mod tests;
