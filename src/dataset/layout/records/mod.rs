//! Files that hold many pictures as plain numbers: MNIST's IDX files and CIFAR's binary batches.
//!
//! Headers may lie: as many records are used as the file really has, and what differs is told.

mod cifar;
mod idx;

use image::{DynamicImage, GrayImage, RgbImage};

use super::super::files::Body;
use super::super::{DecodeFault, MAX_PIXELS, MAX_SIDE};
use super::{Found, Group, Plan, Set, Spot};
pub(super) use cifar::{Batches, batches, is_pickle};
pub(super) use idx::{Pairs, pairs};

/// Most records of one file.
const MAX_RECORDS: u64 = 1 << 24;

/// Pictures of one size, one behind the other.
#[derive(Debug)]
pub(in crate::dataset) struct Shelf {
    body: Body,
    /// Where the first picture's first byte is.
    start: u64,
    /// Bytes from one picture to the next.
    stride: u64,
    pub width: u32,
    pub height: u32,
    /// 1 or 3.
    pub channels: u8,
    /// All of red stands before all of green.
    planar: bool,
}

impl Shelf {
    fn pixels(&self) -> Option<usize> {
        let side = |side: u32| usize::try_from(side).ok();
        side(self.width)?.checked_mul(side(self.height)?)
    }

    /// The picture of that number.
    pub fn read(&self, number: u32) -> Result<DynamicImage, DecodeFault> {
        let damaged = || DecodeFault::Damaged("its size makes no sense".into());
        let pixels = self.pixels().ok_or_else(damaged)?;
        let bytes = pixels
            .checked_mul(usize::from(self.channels))
            .ok_or_else(damaged)?;
        let at = u64::from(number)
            .checked_mul(self.stride)
            .and_then(|at| at.checked_add(self.start))
            .ok_or_else(damaged)?;
        let mut content = vec![0; bytes];
        self.body.read(&mut content, at)?;
        let image = if self.channels == 1 {
            GrayImage::from_raw(self.width, self.height, content).map(DynamicImage::ImageLuma8)
        } else {
            if self.planar {
                content = interleaved(&content, pixels);
            }
            RgbImage::from_raw(self.width, self.height, content).map(DynamicImage::ImageRgb8)
        };
        image.ok_or_else(damaged)
    }
}

/// `[channel, height, width]` to `[height, width, channel]`.
fn interleaved(planes: &[u8], pixels: usize) -> Vec<u8> {
    let channel = |pixel: usize, channel: usize| planes.get(channel * pixels + pixel);
    (0..pixels)
        .flat_map(|pixel| (0..3).filter_map(move |number| channel(pixel, number).copied()))
        .collect()
}

/// Whether pictures of that size are read.
fn within(width: u64, height: u64) -> Option<(u32, u32)> {
    let side = |side: u64| {
        u32::try_from(side)
            .ok()
            .filter(|&side| (1..=MAX_SIDE).contains(&side))
    };
    let size = (side(width)?, side(height)?);
    (width.checked_mul(height)? <= MAX_PIXELS).then_some(size)
}

/// The labels of the records of one file, and how they are called.
struct Labelled<'a> {
    /// Names of the records start with it: `train`.
    name: &'a str,
    given: Option<Set>,
    labels: &'a [u8],
    modified: i64,
}

/// Adds the records of a shelf to a plan; labels without a name in `names` are left out and counted.
fn add(plan: &mut Plan, shelf: Shelf, records: &Labelled<'_>, names: &[String]) -> usize {
    let number = u32::try_from(plan.shelves.len()).unwrap_or(u32::MAX);
    let bytes = shelf.stride;
    plan.shelves.push(shelf);
    let digits = records.labels.len().to_string().len().max(5);
    let mut groups: Vec<Option<u32>> = vec![None; names.len()];
    let mut strange = 0;
    for (at, &label) in records.labels.iter().enumerate() {
        let label = usize::from(label);
        let (Some(class), Some(slot)) = (names.get(label), groups.get_mut(label)) else {
            strange += 1;
            continue;
        };
        let group = *slot.get_or_insert_with(|| {
            plan.groups.push(Group {
                folder: None,
                class: class.clone(),
                given: records.given,
            });
            u32::try_from(plan.groups.len() - 1).unwrap_or(u32::MAX)
        });
        plan.found.push(Found {
            file: format!("{}/{at:0digits$}", records.name),
            spot: Spot::Record {
                shelf: number,
                number: u32::try_from(at).unwrap_or(u32::MAX),
            },
            group,
            bytes,
            modified: records.modified,
        });
    }
    strange
}

/// Names for labels that have none: numbers, all with as many digits.
fn numbers(most: u8) -> Vec<String> {
    let digits = most.to_string().len();
    (0..=most)
        .map(|label| format!("{label:0digits$}"))
        .collect()
}
