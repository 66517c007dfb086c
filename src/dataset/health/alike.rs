//! Pictures that look alike, by their fingerprints: candidates from sorted tables, whose distance in bits, proportions
//! and brightness allow it; then the pictures themselves decide.
//!
//! Candidates come from sorting the fingerprints by some of their bits, anew for each table, and comparing neighbours
//! (after Charikar 2002, and Manku et al., "Detecting near-duplicates for web crawling", 2007). Time and memory are
//! bounded whatever the pictures are: every image is compared with [`WINDOW`] neighbours in each of [`TABLES`] tables.

use rayon::prelude::*;

use super::confirm::{self, Pair};
use super::fingerprint::BITS;
use super::groups::Groups;
use super::known::{Of, kept};
use crate::dataset::{Dataset, Image, Progress, random};

/// Bits in which two pictures that look alike may differ, where the others of the data set differ in many more.
/// Of photographs that are different, one pair in 10¹⁵ is as near as this: distances are 128 ± 8.
const REACH: u32 = 60;
/// …and where even different pictures of the data set resemble each other as much as these do.
const NEAREST: u32 = 8;
/// The first image of a group and any other of it may differ in so many bits at most.
const CHAIN: u32 = 80;
/// Pairs that are kept in memory: 12 bytes each.
const PAIRS: usize = 4_000_000;
const TABLES: usize = 24;
const WINDOW: usize = 16;
/// Fingerprints of which all pairs are looked at to know how near different pictures of this data set are.
const SAMPLE: usize = 2_000;
/// Expected false pairs for each image at most.
const FALSE_PAIRS: f64 = 0.0005;

type Print = [u64; 4];

/// Groups of images that look alike; empty once cancelled. Excluded images and those without a fingerprint (all 0:
/// not known, or of one colour) are in none; two that are alike by way of an excluded one stay together. Does not depend
/// on threads. Looked for once for a data set and all that are made from it by changes.
///
/// One picture re-compressed, resized, a little lighter or cropped by up to 3 % is found; mirrored or turned it is
/// another one, and so is one with another object before the same background. In a set whose pictures all resemble each
/// other, as handwritten digits do, only those count that are
/// much nearer than its different pictures are.
pub fn near_duplicates(data: &Dataset, progress: &Progress) -> Groups {
    kept(data, Of::Near, || look(data, progress)).unwrap_or_default()
}

/// Among all images, excluded ones too. None: cancelled.
fn look(data: &Dataset, progress: &Progress) -> Option<Groups> {
    let mut known: Vec<(Print, u32)> = data
        .images
        .iter()
        .enumerate()
        .filter(|(_, image)| image.look.print != [0; 4])
        .filter_map(|(index, image)| Some((image.look.print, u32::try_from(index).ok()?)))
        .collect();
    known.par_sort_unstable();
    // Equal fingerprints first: what is left is all different, so that a thousand copies are no crowd.
    let mut pairs: Vec<Pair> = Vec::new();
    for equal in known.chunk_by(|left, right| left.0 == right.0) {
        let first = equal.first().map_or(0, |(_, image)| *image);
        for (&(_, before), &(_, image)) in equal.iter().zip(equal.iter().skip(1)) {
            let of = |other: u32| (0, other.min(image), other.max(image));
            let both = [first, before]
                .into_iter()
                .take(1 + usize::from(before != first));
            pairs.extend(both.filter(|&other| fits(data, other, image)).map(of));
        }
    }
    known.dedup_by_key(|(print, _)| *print);
    let reach = reach(&known);
    progress.begin(TABLES);
    for table in 0..TABLES {
        if progress.cancelled() {
            return None;
        }
        pairs.extend(neighbours(data, &known, table, reach));
        if pairs.len() > PAIRS {
            // The nearest are kept.
            pairs.par_sort_unstable();
            pairs.dedup();
            pairs.truncate(PAIRS);
        }
        progress.advance(1);
    }
    let print = |image: u32| {
        data.images
            .get(image as usize)
            .map(|image| image.look.print)
    };
    let near = |left: u32, right: u32| match (print(left), print(right)) {
        (Some(first), Some(second)) => {
            distance(&first, &second) <= CHAIN && fits(data, left, right)
        }
        _ => false,
    };
    confirm::groups(data, pairs, near, progress)
}

fn distance(left: &Print, right: &Print) -> u32 {
    left.iter()
        .zip(right)
        .map(|(left, right)| (left ^ right).count_ones())
        .sum()
}

/// Pairs of one table that look alike, nearest first.
fn neighbours(
    data: &Dataset,
    known: &[(Print, u32)],
    table: usize,
    reach: u32,
) -> Vec<(u32, u32, u32)> {
    let mut order: Vec<(u64, u32)> = (0u32..)
        .zip(known)
        .map(|(place, (print, _))| (key(print, table), place))
        .collect();
    order.par_sort_unstable();
    // Gathered, so that the comparisons read memory in order.
    let sorted: Vec<(Print, u32)> = order
        .par_iter()
        .filter_map(|&(_, place)| known.get(place as usize).copied())
        .collect();
    let of = |start: usize| {
        let mut pairs = Vec::new();
        let Some(((print, index), rest)) = sorted.get(start..).and_then(<[_]>::split_first) else {
            return pairs;
        };
        for (other, second) in rest.iter().take(WINDOW) {
            let bits = distance(print, other);
            if bits <= reach && bits <= allowed(print, other, reach) && fits(data, *index, *second)
            {
                pairs.push((bits, *index.min(second), *index.max(second)));
            }
        }
        pairs
    };
    let mut pairs: Vec<(u32, u32, u32)> = (0..sorted.len())
        .into_par_iter()
        .flat_map_iter(of)
        .collect();
    pairs.par_sort_unstable();
    pairs
}

/// Eight bytes of the lower half of the frequencies, which change least, in an order that each table has of its own.
fn key(print: &Print, table: usize) -> u64 {
    let step = 2 * (table / 8) + 1;
    (0..8).fold(0, |key, place| {
        let byte = (table * 5 + place * step) % 16;
        let word = print.get(byte / 8).copied().unwrap_or(0);
        (key << 8) | ((word >> (byte % 8 * 8)) & 0xFF)
    })
}

/// Of pictures with few frequencies (drawings, symmetric shapes) most bits are 0 in any case: what is left must agree
/// the better. Photographs have half of their bits set.
fn allowed(left: &Print, right: &Print, reach: u32) -> u32 {
    let set = |print: &Print| print.iter().map(|word| word.count_ones()).sum::<u32>();
    let told = (set(left) + set(right)).min(BITS * 15 / 16);
    let share = f64::from(told) / f64::from(BITS * 15 / 16);
    (f64::from(reach) * share * share) as u32
}

/// How many bits may differ in this data set.
///
/// All pairs of a sample are looked at. Where pairs become more frequent with growing distance, different pictures are
/// met; going on down at that rate (in truth it falls faster) tells how many of them lie within a distance.
fn reach(known: &[(Print, u32)]) -> u32 {
    const STEP: usize = 12;
    let mut sample: Vec<usize> = random::shuffled(known.len(), 0, 0);
    sample.truncate(SAMPLE);
    let prints: Vec<Print> = sample
        .iter()
        .filter_map(|&place| known.get(place).map(|(print, _)| *print))
        .collect();
    let counts = (0..prints.len())
        .into_par_iter()
        .fold(
            || vec![0u64; BITS as usize + 1],
            |mut counts, first| {
                if let Some((print, rest)) = prints.get(first..).and_then(<[_]>::split_first) {
                    for other in rest {
                        if let Some(count) = counts.get_mut(distance(print, other) as usize) {
                            *count += 1;
                        }
                    }
                }
                counts
            },
        )
        .reduce(
            || vec![0; BITS as usize + 1],
            |left, right| left.iter().zip(&right).map(|(a, b)| a + b).collect(),
        );
    let scale = (known.len() as f64 / prints.len().max(1) as f64).powi(2);
    let band = |from: usize| -> f64 {
        let band = counts.iter().skip(from + 1).take(STEP);
        band.sum::<u64>() as f64
    };
    let fine = |reach: &u32| {
        let (near, far) = (band(*reach as usize), band(*reach as usize + STEP));
        let falls = near / far;
        far <= near || scale * near * falls / (1.0 - falls) <= FALSE_PAIRS * known.len() as f64
    };
    (NEAREST..=REACH).rev().find(fine).unwrap_or(NEAREST)
}

/// Whether proportions and brightness allow one picture to be the other. What is not known (0) forbids nothing.
fn fits(data: &Dataset, left: u32, right: u32) -> bool {
    let image = |index: u32| data.images.get(index as usize);
    let (Some(left), Some(right)) = (image(left), image(right)) else {
        return false;
    };
    same_proportions(left, right) && same_brightness(left, right)
}

/// Within the 3 % of a crop at either side, and the rounding of small pictures' sides.
fn same_proportions(left: &Image, right: &Image) -> bool {
    let sides =
        [left.width, left.height, right.width, right.height].map(|side| f64::from(side.max(1)));
    let [width, height, other_width, other_height] = sides;
    let ratio = (width / height) / (other_width / other_height);
    let smallest = sides.into_iter().fold(f64::INFINITY, f64::min);
    ratio.ln().abs() <= 0.065 + 1.0 / smallest
}

/// Means and deviations within the 10 % of a change of brightness at either side, and some for the edges.
fn same_brightness(left: &Image, right: &Image) -> bool {
    let figures = |image: &Image| -> (f64, f64) {
        let full = f64::from(u16::MAX);
        let mean = |values: [u16; 3]| values.into_iter().map(f64::from).sum::<f64>() / (3.0 * full);
        let variance: f64 = image
            .look
            .mean
            .iter()
            .zip(image.look.square)
            .map(|(&mean, square)| f64::from(square) / full - (f64::from(mean) / full).powi(2))
            .sum();
        (mean(image.look.mean), (variance / 3.0).max(0.0).sqrt())
    };
    if left.look.square == [0; 3] || right.look.square == [0; 3] {
        return true;
    }
    let ((mean, deviation), (other_mean, other_deviation)) = (figures(left), figures(right));
    let near = |a: f64, b: f64| (a - b).abs() <= 0.02 + 0.25 * a.min(b);
    near(mean, other_mean) && near(deviation, other_deviation)
}
