//! The images of one set, ready for a network: kept in memory as bytes up to a budget, streamed from one file on disk
//! beyond it, and decoded again where there is no room on disk either.

mod cache;
mod fill;
mod kept;
mod load;
mod reduced;

use std::path::PathBuf;
use std::sync::Arc;

use super::{Augment, Dataset, DatasetError, Drawn, InputSize, Preprocess, Progress};
use cache::{Cache, Key, Slot};
use kept::Memory;

/// How a store keeps pictures.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    /// The network's input.
    pub input: InputSize,
    /// The size in which they are kept: the input's, or larger for augmentation ([`Augment::stored`]).
    pub kept: InputSize,
    /// How they are brought to it.
    pub preprocess: Preprocess,
}

impl Stored {
    /// For a network's input, without augmentation.
    pub fn plain(input: InputSize, preprocess: &Preprocess) -> Self {
        Self {
            input,
            kept: input,
            preprocess: preprocess.clone(),
        }
    }

    /// For a network's input, with what this augmentation needs around it.
    pub fn augmented(input: InputSize, preprocess: &Preprocess, augment: &Augment) -> Self {
        Self {
            kept: augment.stored(input),
            ..Self::plain(input, preprocess)
        }
    }
}

/// Where images may be kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Room {
    /// Memory, in bytes.
    pub budget_bytes: usize,
    /// A file for what is beyond it, which may be deleted at any time; nothing: such images are decoded again.
    pub cache: Option<PathBuf>,
}

impl Room {
    /// Memory only.
    pub fn memory(budget_bytes: usize) -> Self {
        Self {
            budget_bytes,
            cache: None,
        }
    }
}

/// Images of some indices at one input size. Positions count the indices given to [`load`](Self::load), from 0.
#[derive(Debug)]
pub struct PixelStore {
    data: Arc<Dataset>,
    indices: Vec<usize>,
    labels: Vec<usize>,
    stored: Stored,
    memory: Memory,
    /// Where the images behind those in memory are on disk.
    cache: Option<Arc<Cache>>,
    slots: Vec<Option<Slot>>,
    notice: Option<String>,
}

impl PixelStore {
    /// Decodes and resizes on all cores: first what fits `room.budget_bytes`, then the rest into the file
    /// `room.cache`, where what is still valid is not decoded again. Without such a file, or where it cannot be
    /// written, the rest is decoded whenever it is asked for. Errors: cancelled, or an image that cannot be read any
    /// more.
    pub fn load(
        data: &Arc<Dataset>,
        indices: &[usize],
        stored: &Stored,
        room: &Room,
        progress: &Progress,
    ) -> Result<Self, DatasetError> {
        let label = |&index: &usize| {
            Ok(data
                .images
                .get(index)
                .ok_or(DatasetError::NoSuchImage(index))?
                .class)
        };
        let labels = indices
            .iter()
            .map(label)
            .collect::<Result<Vec<_>, DatasetError>>()?;
        let filled = load::Filling::new(data, indices, stored, room, progress).fill()?;
        Ok(Self {
            data: Arc::clone(data),
            indices: indices.to_vec(),
            labels,
            stored: stored.clone(),
            memory: filled.memory,
            cache: filled.cache,
            slots: filled.slots,
            notice: filled.notice,
        })
    }

    /// Images of the store.
    pub fn len(&self) -> usize {
        self.indices.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.indices.is_empty()
    }

    /// Images that are kept in memory.
    pub fn kept(&self) -> usize {
        self.memory.images()
    }

    /// Images that are kept on disk. The others are decoded whenever they are asked for.
    pub fn cached(&self) -> usize {
        self.slots.iter().flatten().count()
    }

    /// Bytes of memory that the store holds; it takes no more while it is used.
    pub fn bytes_held(&self) -> usize {
        self.memory.bytes() + self.slots.capacity() * size_of::<Option<Slot>>()
    }

    /// The size of the network's input.
    pub fn size(&self) -> InputSize {
        self.stored.input
    }

    /// The size in which pictures are kept.
    pub fn stored_size(&self) -> InputSize {
        self.stored.kept
    }

    /// What went wrong with keeping images, in words for the user: a full disk, a cache in use elsewhere. The images
    /// themselves are complete.
    pub fn notice(&self) -> Option<&str> {
        self.notice.as_deref()
    }

    /// The data set that the images come from.
    pub fn data(&self) -> &Arc<Dataset> {
        &self.data
    }

    /// The class of each position.
    pub fn labels(&self) -> &[usize] {
        &self.labels
    }

    /// The class of the image at a position; 0 where there is none.
    pub fn label(&self, position: usize) -> usize {
        self.labels.get(position).copied().unwrap_or(0)
    }

    /// The index into [`Dataset::images`] of the image at a position; `usize::MAX` where there is none.
    pub fn index(&self, position: usize) -> usize {
        self.indices.get(position).copied().unwrap_or(usize::MAX)
    }

    /// Replaces `out` by the images at the positions, `[n, channel, height, width]` of the network's input, one after
    /// the other; a [`Loader`](super::Loader) makes many, ahead and on all cores.
    pub fn copy_into(&self, positions: &[usize], out: &mut Vec<u8>) -> Result<(), DatasetError> {
        let elements = self.size().elements();
        out.clear();
        out.resize(positions.len().saturating_mul(elements), 0);
        if elements == 0 {
            return Ok(());
        }
        let (plain, mut spare) = (Drawn::default(), Vec::new());
        out.chunks_exact_mut(elements)
            .zip(positions)
            .try_for_each(|(slot, &position)| self.change_into(position, &plain, slot, &mut spare))
    }

    /// Writes the changed image at a position to `out`, which has the size of the network's input. `spare` is kept
    /// between calls.
    pub(super) fn change_into(
        &self,
        position: usize,
        drawn: &Drawn,
        out: &mut [u8],
        spare: &mut Vec<u8>,
    ) -> Result<(), DatasetError> {
        let (from, to) = (self.stored.kept, self.stored.input);
        if let Some(bytes) = self.memory.get(position) {
            drawn.apply_from(bytes, from, out, to);
            return Ok(());
        }
        if from == to {
            self.fetch(position, out)?;
            drawn.apply(out, to);
            return Ok(());
        }
        spare.resize(from.elements(), 0);
        self.fetch(position, spare)?;
        drawn.apply_from(spare, from, out, to);
        Ok(())
    }

    /// Writes the image at a position to `out` as it is kept, whose size is [`stored_size`](Self::stored_size).
    pub(super) fn copy_kept(&self, position: usize, out: &mut [u8]) -> Result<(), DatasetError> {
        match self.memory.get(position) {
            Some(bytes) if bytes.len() == out.len() => out.copy_from_slice(bytes),
            _ => self.fetch(position, out)?,
        }
        Ok(())
    }

    /// Reads or decodes a picture that is not in memory.
    fn fetch(&self, position: usize, pixels: &mut [u8]) -> Result<(), DatasetError> {
        let index = *self
            .indices
            .get(position)
            .ok_or(DatasetError::NoSuchImage(position))?;
        let Some((cache, slot, key)) = self.on_disk(position, index) else {
            return fill::decode_into(&self.data, index, &self.stored, pixels);
        };
        if !cache.read(slot, &key, pixels) {
            fill::decode_into(&self.data, index, &self.stored, pixels)?;
            cache.mend(slot, &key, pixels);
        }
        Ok(())
    }

    fn on_disk(&self, position: usize, index: usize) -> Option<(&Cache, Slot, Key)> {
        let slot = (*self.slots.get(position.checked_sub(self.kept())?)?)?;
        let key = Key::of(self.data.images.get(index)?)?;
        Some((self.cache.as_deref()?, slot, key))
    }

    /// What it takes to hand out images that are not changed.
    pub(super) fn work(&self) -> Work {
        let decoded = self.len() - self.kept() - self.cached();
        if decoded > 0 || self.stored.kept != self.stored.input {
            Work::Computing
        } else if self.cached() > 0 {
            Work::Reading
        } else {
            Work::Copying
        }
    }
}

/// What handing out an image takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Work {
    /// From memory.
    Copying,
    /// From the disk.
    Reading,
    /// Decoding or resampling.
    Computing,
}
