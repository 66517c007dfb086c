//! Filling a store: memory first, then the file on disk.

use std::path::Path;
use std::sync::Arc;

use rayon::prelude::*;

use super::cache::{Cache, Key, Slot};
use super::kept::Memory;
use super::{Room, Stored, fill};
use crate::dataset::{Dataset, DatasetError, Progress};

/// What a store is filled from.
pub(super) struct Filling<'a> {
    data: &'a Dataset,
    indices: &'a [usize],
    stored: &'a Stored,
    room: &'a Room,
    progress: &'a Progress,
}

/// What it is filled with.
pub(super) struct Filled {
    pub memory: Memory,
    pub cache: Option<Arc<Cache>>,
    /// Of the images behind those in memory, in order.
    pub slots: Vec<Option<Slot>>,
    pub notice: Option<String>,
}

/// What the cache has of an image.
#[derive(Clone, Copy)]
enum Found {
    Nothing,
    /// Of an earlier version of its file.
    Old(Slot),
    Ready(Slot),
}

impl<'a> Filling<'a> {
    pub fn new(
        data: &'a Dataset,
        indices: &'a [usize],
        stored: &'a Stored,
        room: &'a Room,
        progress: &'a Progress,
    ) -> Self {
        Self {
            data,
            indices,
            stored,
            room,
            progress,
        }
    }

    pub fn fill(&self) -> Result<Filled, DatasetError> {
        let elements = self.stored.kept.elements();
        let mut memory = Memory::reserve(self.room.budget_bytes, self.indices.len(), elements);
        let rest = self.indices.get(memory.images()..).unwrap_or_default();
        let path = self.room.cache.as_deref();
        let path = path.filter(|_| !rest.is_empty() && elements > 0);
        let (cache, mut notice) = match path.map(|path| self.open(path)) {
            Some(Ok(cache)) => (Some(cache), None),
            Some(Err(words)) => (None, Some(words)),
            None => (None, None),
        };
        let later = if cache.is_some() { rest.len() } else { 0 };
        self.progress.begin(memory.images() + later);
        let found = match &cache {
            Some(cache) => self.found(cache),
            None => vec![Found::Nothing; self.indices.len()],
        };
        let (first, behind) = found.split_at(memory.images());
        self.fill_memory(&mut memory, cache.as_deref(), first)?;
        let mut slots = Vec::new();
        if let Some(cache) = &cache {
            slots = self.fill_disk(cache, rest, behind)?;
            notice = cache.refused();
        }
        Ok(Filled {
            memory,
            cache,
            slots,
            notice,
        })
    }

    fn open(&self, path: &Path) -> Result<Arc<Cache>, String> {
        Cache::open(path, self.stored, self.data)
    }

    /// What the cache has, for each position.
    fn found(&self, cache: &Cache) -> Vec<Found> {
        let images = self
            .indices
            .iter()
            .map(|&index| self.data.images.get(index));
        let keys: Vec<Option<Key>> = images.map(|image| image.and_then(Key::of)).collect();
        let mut by_name: Vec<(u64, usize)> = keys
            .iter()
            .enumerate()
            .filter_map(|(position, key)| Some((key.as_ref()?.name, position)))
            .collect();
        by_name.sort_unstable();
        let mut found = vec![Found::Nothing; keys.len()];
        let listed = cache.each_slot(|key, slot| {
            let first = by_name.partition_point(|(name, _)| *name < key.name);
            let same = by_name.iter().skip(first);
            for &(_, position) in same.take_while(|(name, _)| *name == key.name) {
                found[position] = if keys[position] == Some(key) {
                    Found::Ready(slot)
                } else {
                    Found::Old(slot)
                };
            }
        });
        if let Err(error) = listed {
            // What is not found is decoded.
            log::warn!("the cache of images cannot be listed: {error}");
        }
        found
    }

    fn fill_memory(
        &self,
        memory: &mut Memory,
        cache: Option<&Cache>,
        found: &[Found],
    ) -> Result<(), DatasetError> {
        memory
            .slots()
            .zip(self.indices.par_iter().zip(found))
            .try_for_each(|(pixels, (&index, found))| {
                self.go_on()?;
                let read = |cache: &Cache| match (found, self.key(index)) {
                    (Found::Ready(slot), Some(key)) => cache.read(*slot, &key, pixels),
                    _ => false,
                };
                if !cache.is_some_and(read) {
                    fill::decode_into(self.data, index, self.stored, pixels)?;
                }
                self.progress.advance(1);
                Ok::<(), DatasetError>(())
            })?;
        self.go_on()
    }

    /// Decodes into the cache what it does not have yet.
    fn fill_disk(
        &self,
        cache: &Cache,
        rest: &[usize],
        found: &[Found],
    ) -> Result<Vec<Option<Slot>>, DatasetError> {
        let elements = self.stored.kept.elements();
        let mark = cache.mark();
        let slots: Result<Vec<Option<Slot>>, DatasetError> = rest
            .par_iter()
            .zip(found)
            .map_init(
                || vec![0; elements],
                |pixels, (&index, found)| {
                    self.go_on()?;
                    let slot = self.to_disk(cache, index, *found, pixels)?;
                    self.progress.advance(1);
                    Ok(slot)
                },
            )
            .collect();
        let mut slots = slots?;
        self.go_on()?;
        if cache.refused().is_some() {
            cache.give_up(mark);
            let lost = |slot: &Slot| Cache::is_after(*slot, mark);
            for slot in &mut slots {
                *slot = slot.filter(|slot| !lost(slot));
            }
        }
        Ok(slots)
    }

    fn to_disk(
        &self,
        cache: &Cache,
        index: usize,
        found: Found,
        pixels: &mut [u8],
    ) -> Result<Option<Slot>, DatasetError> {
        let earlier = match found {
            Found::Ready(slot) => return Ok(Some(slot)),
            Found::Old(slot) => Some(slot),
            Found::Nothing => None,
        };
        // What cannot be kept is not worth decoding now.
        let Some(key) = self.key(index).filter(|_| cache.refused().is_none()) else {
            return Ok(None);
        };
        fill::decode_into(self.data, index, self.stored, pixels)?;
        Ok(cache.write(earlier, &key, pixels))
    }

    fn key(&self, index: usize) -> Option<Key> {
        Key::of(self.data.images.get(index)?)
    }

    fn go_on(&self) -> Result<(), DatasetError> {
        if self.progress.cancelled() {
            return Err(DatasetError::Cancelled);
        }
        Ok(())
    }
}
