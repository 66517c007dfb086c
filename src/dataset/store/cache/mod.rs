//! The file on disk that images stream from where memory has no room for them.
//!
//! It may be deleted, cut or overwritten at any time: every slot is checked when it is read, and what is not found as
//! it should be is decoded again.

mod layout;
mod open;
mod place;

use std::fs::File;
use std::io;
use std::num::NonZeroU64;
use std::path::PathBuf;

use parking_lot::Mutex;

pub use layout::Key;
use layout::{Header, ROW, Row};

/// Rows that are read at once.
const ROWS: usize = 1024;

/// A cache that is open, and ours as long as it is.
#[derive(Debug)]
pub struct Cache {
    path: PathBuf,
    file: File,
    header: Header,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// Slots that have been given out; those behind are free.
    used: u32,
    /// Slots of images that have gone from the data set.
    free: Vec<u32>,
    /// Why nothing is written any more.
    refused: Option<String>,
}

/// Where the pixels of an image are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    number: u32,
    /// Never 0, so that a place that is none takes no room.
    check: NonZeroU64,
}

impl Cache {
    /// Tells of every slot that is filled, in order, what it was made from. Errors: the disk's.
    pub fn each_slot(&self, mut tell: impl FnMut(Key, Slot)) -> io::Result<()> {
        let used = self.state.lock().used;
        let mut bytes = vec![0; ROWS * ROW];
        let mut first = 0;
        while first < used {
            let rows = (used - first).min(ROWS as u32);
            let bytes = bytes.get_mut(..rows as usize * ROW).unwrap_or_default();
            place::read_at(&self.file, bytes, self.header.row(first))?;
            for (number, row) in (first..).zip(bytes.as_chunks::<ROW>().0) {
                if let Some(Row { key, check }) = Row::from_bytes(row) {
                    tell(key, Slot { number, check });
                }
            }
            first += rows;
        }
        Ok(())
    }

    /// Reads the pixels that were made from that file; `false` where they are damaged or gone.
    pub fn read(&self, slot: Slot, key: &Key, pixels: &mut [u8]) -> bool {
        place::read_at(&self.file, pixels, self.header.slot(slot.number)).is_ok()
            && key.check(pixels) == slot.check
    }

    /// Writes an image: into the slot of its earlier version where it has one. Nothing where there is no more room;
    /// [`refused`](Self::refused) then says why.
    pub fn write(&self, earlier: Option<Slot>, key: &Key, pixels: &[u8]) -> Option<Slot> {
        let number = match earlier {
            Some(slot) => slot.number,
            None => self.next()?,
        };
        let check = key.check(pixels);
        let row = Row { key: *key, check }.to_bytes();
        let written = place::write_at(&self.file, pixels, self.header.slot(number))
            .and_then(|()| place::write_at(&self.file, &row, self.header.row(number)));
        match written {
            Ok(()) => Some(Slot { number, check }),
            Err(error) => {
                self.refuse(&error);
                None
            }
        }
    }

    /// Writes the same pixels again where they were damaged.
    pub fn mend(&self, slot: Slot, key: &Key, pixels: &[u8]) {
        if key.check(pixels) == slot.check && self.refused().is_none() {
            self.write(Some(slot), key, pixels);
        }
    }

    fn next(&self) -> Option<u32> {
        let mut state = self.state.lock();
        if state.refused.is_some() {
            return None;
        }
        if let Some(number) = state.free.pop() {
            return Some(number);
        }
        if u64::from(state.used) >= self.header.capacity {
            return None;
        }
        let number = state.used;
        state.used += 1;
        Some(number)
    }

    fn refuse(&self, error: &io::Error) {
        let mut state = self.state.lock();
        if state.refused.is_none() {
            state.refused = Some(open::cannot(&self.path, error));
        }
    }

    /// Whether a slot was given out after the mark.
    pub fn is_after(slot: Slot, mark: u32) -> bool {
        slot.number >= mark
    }

    /// Slots that are given out. What is filled from now on can be given up together: [`give_up`](Self::give_up).
    pub fn mark(&self) -> u32 {
        self.state.lock().used
    }

    /// Gives the disk back what was filled since the mark: a full disk would soon stop everything else.
    pub fn give_up(&self, mark: u32) {
        let mut state = self.state.lock();
        state.used = state.used.min(mark);
        state.free.clear();
        // The rows stay, and lead behind the end of the file: nothing is found there.
        if let Err(error) = self.file.set_len(self.header.slot(state.used)) {
            log::warn!("{}: {error}", self.path.display());
        }
    }

    /// Why nothing is written any more, in words for the user.
    pub fn refused(&self) -> Option<String> {
        self.state.lock().refused.clone()
    }
}
