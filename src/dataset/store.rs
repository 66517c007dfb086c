//! The images of one set, ready for a network: kept in memory as bytes up to a budget, decoded again beyond it.

use std::sync::Arc;

use rayon::prelude::*;

use super::{Dataset, DatasetError, InputSize, Progress, pixels};

/// Images of some indices at one input size. Positions count the indices given to [`load`](Self::load), from 0.
#[derive(Debug)]
pub struct PixelStore {
    data: Arc<Dataset>,
    indices: Vec<usize>,
    labels: Vec<usize>,
    size: InputSize,
    /// `[position, channel, height, width]` of the first `kept` positions.
    memory: Vec<u8>,
    kept: usize,
}

impl PixelStore {
    /// Decodes and resizes on all cores. Images beyond `budget_bytes` are not decoded now, but whenever they are asked
    /// for. Errors: cancelled, or an image that cannot be read any more.
    pub fn load(
        data: &Arc<Dataset>,
        indices: &[usize],
        size: InputSize,
        budget_bytes: usize,
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
        let wanted = budget_bytes
            .checked_div(size.elements())
            .unwrap_or(0)
            .min(indices.len());
        let (mut memory, kept) = reserve(wanted, size.elements());
        progress.begin(kept);
        if kept > 0 {
            memory
                .par_chunks_exact_mut(size.elements())
                .zip(indices.par_iter())
                .try_for_each(|(slot, &index)| {
                    if progress.cancelled() {
                        return Err(DatasetError::Cancelled);
                    }
                    fill(data, index, size, slot)?;
                    progress.advance(1);
                    Ok(())
                })?;
        }
        if progress.cancelled() {
            return Err(DatasetError::Cancelled);
        }
        Ok(Self {
            data: Arc::clone(data),
            indices: indices.to_vec(),
            labels,
            size,
            memory,
            kept,
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

    /// Images that are kept in memory; the others are read from the disk whenever they are asked for.
    pub fn kept(&self) -> usize {
        self.kept
    }

    /// The size that all images of the store have.
    pub fn size(&self) -> InputSize {
        self.size
    }

    /// The data set that the images come from.
    pub fn data(&self) -> &Arc<Dataset> {
        &self.data
    }

    /// The class of the image at a position; 0 where there is none.
    pub fn label(&self, position: usize) -> usize {
        self.labels.get(position).copied().unwrap_or(0)
    }

    /// The index into [`Dataset::images`] of the image at a position; `usize::MAX` where there is none.
    pub fn index(&self, position: usize) -> usize {
        self.indices.get(position).copied().unwrap_or(usize::MAX)
    }

    /// Replaces `out` by the images at the positions, `[n, channel, height, width]`.
    pub fn copy_into(&self, positions: &[usize], out: &mut Vec<u8>) -> Result<(), DatasetError> {
        let elements = self.size.elements();
        out.clear();
        out.resize(positions.len().saturating_mul(elements), 0);
        if elements == 0 {
            return Ok(());
        }
        let copy = |(slot, &position): (&mut [u8], &usize)| match self.remembered(position) {
            Some(bytes) => {
                slot.copy_from_slice(bytes);
                Ok(())
            }
            None => {
                let index = *self
                    .indices
                    .get(position)
                    .ok_or(DatasetError::NoSuchImage(position))?;
                fill(&self.data, index, self.size, slot)
            }
        };
        if positions.iter().all(|&position| position < self.kept) {
            // Copies alone are not worth waking the other cores, which are training.
            out.chunks_exact_mut(elements)
                .zip(positions)
                .try_for_each(copy)
        } else {
            out.par_chunks_exact_mut(elements)
                .zip(positions.par_iter())
                .try_for_each(copy)
        }
    }

    fn remembered(&self, position: usize) -> Option<&[u8]> {
        if position >= self.kept {
            return None;
        }
        let start = position.checked_mul(self.size.elements())?;
        self.memory
            .get(start..start.checked_add(self.size.elements())?)
    }
}

/// Room for as many images as asked for, or for as many as the machine gives.
fn reserve(mut images: usize, elements: usize) -> (Vec<u8>, usize) {
    let mut memory = Vec::new();
    while images > 0 {
        let bytes = images.saturating_mul(elements);
        if memory.try_reserve_exact(bytes).is_ok() {
            memory.resize(bytes, 0);
            break;
        }
        images /= 2;
    }
    (memory, images)
}

fn fill(
    data: &Dataset,
    index: usize,
    size: InputSize,
    slot: &mut [u8],
) -> Result<(), DatasetError> {
    let image = data.read(index).map_err(|error| data.explain(error))?;
    slot.copy_from_slice(&pixels(&image, size));
    Ok(())
}
