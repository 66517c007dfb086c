//! What stands where in a cache: a header, a row for each slot, then the slots.
//!
//! ```text
//! header │ row 0 │ row 1 │ … │ row capacity − 1 │ slot 0 │ slot 1 │ …
//! ```
//!
//! A row is written after its slot, and its check covers both: what was cut off in between is not found, or found out
//! when it is read. Numbers are little-endian.

use std::num::NonZeroU64;

use twox_hash::XxHash3_64;

use crate::dataset::store::Stored;
use crate::dataset::{Image, Resize};

const MAGIC: &[u8; 8] = b"mapstoPX";
/// Counts changes of this layout, and of how pictures become bytes.
const VERSION: u32 = 2;
pub const HEADER: usize = 64;
pub const ROW: usize = 40;

/// What all slots of a cache have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    height: u64,
    width: u64,
    channels: u64,
    resize: u8,
    reduced: bool,
    /// Rows and slots at most.
    pub capacity: u64,
}

impl Header {
    /// For a data set of so many images, and for some that come to it later.
    pub fn new(stored: &Stored, images: usize) -> Self {
        let images = images as u64;
        Self {
            height: stored.kept.height as u64,
            width: stored.kept.width as u64,
            channels: stored.kept.channels as u64,
            resize: match stored.preprocess.resize {
                Resize::Stretch => 0,
                Resize::Fit => 1,
                Resize::Crop => 2,
            },
            reduced: stored.preprocess.reduced_decoding,
            capacity: images + images / 4 + 64,
        }
    }

    /// Whether a cache with that header holds what this one asks for: its own room decides, not the one asked for.
    pub fn fits(&self, found: &Self) -> bool {
        let same = Self {
            capacity: found.capacity,
            ..self.clone()
        };
        same == *found
    }

    pub fn to_bytes(&self) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        let mut at = 0;
        let mut put = |part: &[u8]| {
            if let Some(place) = bytes.get_mut(at..at + part.len()) {
                place.copy_from_slice(part);
            }
            at += part.len();
        };
        put(MAGIC);
        put(&VERSION.to_le_bytes());
        put(&[self.resize, u8::from(self.reduced), 0, 0]);
        for number in [self.height, self.width, self.channels, self.capacity] {
            put(&number.to_le_bytes());
        }
        let (said, check) = bytes.split_at_mut(HEADER - 8);
        check.copy_from_slice(&XxHash3_64::oneshot(said).to_le_bytes());
        bytes
    }

    /// Nothing where it is damaged or of another version.
    pub fn from_bytes(bytes: &[u8; HEADER]) -> Option<Self> {
        let number = |at: usize| {
            let bytes = bytes.get(at..)?.first_chunk::<8>()?;
            Some(u64::from_le_bytes(*bytes))
        };
        let header = Self {
            resize: *bytes.get(12)?,
            reduced: *bytes.get(13)? != 0,
            height: number(16)?,
            width: number(24)?,
            channels: number(32)?,
            capacity: number(40)?,
        };
        // One comparison for the sum, the version and whatever else there is.
        (header.to_bytes() == *bytes).then_some(header)
    }

    /// Where a row begins.
    pub fn row(&self, slot: u32) -> u64 {
        HEADER as u64 + u64::from(slot) * ROW as u64
    }

    /// Where the slots begin: at a page of the disk.
    pub fn slots(&self) -> u64 {
        let rows = self.capacity.saturating_mul(ROW as u64);
        rows.saturating_add(HEADER as u64).next_multiple_of(4096)
    }

    /// Bytes of a slot.
    pub fn slot_bytes(&self) -> u64 {
        self.height
            .saturating_mul(self.width)
            .saturating_mul(self.channels)
    }

    /// Where a slot begins; of the one behind the last, the file's size.
    pub fn slot(&self, slot: u32) -> u64 {
        self.slots()
            .saturating_add(u64::from(slot).saturating_mul(self.slot_bytes()))
    }
}

/// Which file a slot was made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// XXH3 of the image's name; never 0.
    pub name: u64,
    bytes: u64,
    modified: i64,
    sum: u64,
}

impl Key {
    /// Nothing for an image of whose file nothing is known: whether it has changed cannot be told.
    pub fn of(image: &Image) -> Option<Self> {
        let look = &image.look;
        let known = look.sum != 0 || look.modified != 0;
        known.then(|| Self {
            name: Self::name_of(image),
            bytes: look.bytes,
            modified: look.modified,
            sum: look.sum,
        })
    }

    pub fn name_of(image: &Image) -> u64 {
        XxHash3_64::oneshot(image.file.as_bytes()).max(1)
    }

    /// The check of these pixels under this key.
    pub fn check(&self, pixels: &[u8]) -> NonZeroU64 {
        let mut bytes = [0; 32];
        self.write(&mut bytes);
        let check = XxHash3_64::oneshot_with_seed(XxHash3_64::oneshot(&bytes), pixels);
        NonZeroU64::new(check).unwrap_or(NonZeroU64::MIN)
    }

    fn write(&self, bytes: &mut [u8]) {
        let numbers = [
            self.name,
            self.bytes,
            self.modified.cast_unsigned(),
            self.sum,
        ];
        for (place, number) in bytes.chunks_exact_mut(8).zip(numbers) {
            place.copy_from_slice(&number.to_le_bytes());
        }
    }
}

/// A row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    pub key: Key,
    pub check: NonZeroU64,
}

impl Row {
    pub fn to_bytes(self) -> [u8; ROW] {
        let mut bytes = [0; ROW];
        let (key, check) = bytes.split_at_mut(32);
        self.key.write(key);
        check.copy_from_slice(&self.check.get().to_le_bytes());
        bytes
    }

    /// Nothing for a slot that was never filled.
    pub fn from_bytes(bytes: &[u8; ROW]) -> Option<Self> {
        let (words, _) = bytes.as_chunks::<8>();
        let [name, size, modified, sum, check] = *words.as_array::<5>()?;
        let name = u64::from_le_bytes(name);
        let check = NonZeroU64::new(u64::from_le_bytes(check))?;
        (name != 0).then(|| Self {
            key: Key {
                name,
                bytes: u64::from_le_bytes(size),
                modified: i64::from_le_bytes(modified),
                sum: u64::from_le_bytes(sum),
            },
            check,
        })
    }
}
