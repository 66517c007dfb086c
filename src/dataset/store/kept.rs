//! The pictures that are kept in memory: those of the first positions.

use rayon::prelude::*;

#[derive(Debug)]
pub(super) struct Memory {
    /// `[position, channel, height, width]`.
    bytes: Vec<u8>,
    images: usize,
    elements: usize,
}

impl Memory {
    /// Room for as many of the images as the budget and the machine give.
    pub fn reserve(budget: usize, images: usize, elements: usize) -> Self {
        let mut wanted = budget.checked_div(elements).unwrap_or(0).min(images);
        let mut bytes = Vec::new();
        while wanted > 0 {
            let size = wanted.saturating_mul(elements);
            if bytes.try_reserve_exact(size).is_ok() {
                bytes.resize(size, 0);
                break;
            }
            wanted /= 2;
        }
        Self {
            bytes,
            images: wanted,
            elements,
        }
    }

    /// Images that it holds.
    pub fn images(&self) -> usize {
        self.images
    }

    /// Bytes that it holds.
    pub fn bytes(&self) -> usize {
        self.bytes.capacity()
    }

    /// The places of all images, to be filled.
    pub fn slots(&mut self) -> rayon::slice::ChunksExactMut<'_, u8> {
        // Without elements there are no images, and the size of a chunk does not matter.
        self.bytes.par_chunks_exact_mut(self.elements.max(1))
    }

    /// The image at a position, where it is kept.
    pub fn get(&self, position: usize) -> Option<&[u8]> {
        if position >= self.images {
            return None;
        }
        let start = position.checked_mul(self.elements)?;
        self.bytes.get(start..start.checked_add(self.elements)?)
    }
}
