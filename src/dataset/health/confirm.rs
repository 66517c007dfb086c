//! Which candidates really are copies: the pictures of each pair are read again, small, and compared. Then groups whose
//! members are all copies of their first.

use rayon::prelude::*;

use super::compare::{Small, difference};
use super::groups::Groups;
use crate::dataset::{Dataset, Progress};

/// Pictures that are read again at most, and their pixels: about a minute on two cores.
const READS: usize = 10_000;
const PIXELS: u64 = 4_000_000_000;
/// Pairs that are compared at most: half a thousandth of a second each.
const COMPARED: usize = 50_000;
/// Pictures that are compared at once before the wish to end is looked at.
const AT_ONCE: usize = 256;
/// Of so many like it that were compared, this share must be copies for a pair that was not to be taken for one.
const TRUSTED: f64 = 0.9;

/// Two images and the bits in which their fingerprints differ.
pub type Pair = (u32, u32, u32);

/// Groups of copies from candidates, and `near(left, right)`, which says what fingerprints say of two images of one
/// group: no pair of a group's first with another is more different. Nothing: cancelled.
///
/// The nearest pairs are read and compared first; past what may be read, pairs are copies where nearly all of the
/// compared ones with as many bits were. What cannot be read any more is known by its fingerprint alone.
pub fn groups(
    data: &Dataset,
    mut pairs: Vec<Pair>,
    near: impl Fn(u32, u32) -> bool,
    progress: &Progress,
) -> Option<Groups> {
    pairs.par_sort_unstable();
    pairs.dedup();
    let known = read(data, &pairs, progress)?;
    let verdicts = verdicts(&pairs, &known, progress)?;
    // Of each number of bits: compared, and copies among them.
    let mut shares = [(0_u32, 0_u32); 257];
    for ((bits, ..), verdict) in pairs.iter().zip(&verdicts) {
        if let (Some(share), Some(copies)) = (shares.get_mut(*bits as usize), verdict) {
            share.0 += 1;
            share.1 += u32::from(*copies);
        }
    }
    let trusted = |bits: u32| {
        let share = shares.get(bits as usize).copied().unwrap_or_default();
        share.0 > 0 && f64::from(share.1) >= TRUSTED * f64::from(share.0)
    };
    let copies = pairs.iter().zip(&verdicts);
    let copies = copies.filter(|((bits, ..), verdict)| verdict.unwrap_or_else(|| trusted(*bits)));
    let links: Vec<(u32, u32)> = copies.map(|(&(_, left, right), _)| (left, right)).collect();
    let alike = |left: u32, right: u32| match (known.get(left), known.get(right)) {
        (Slot::Read(left), Slot::Read(right)) => difference(left, right) <= 1.0,
        _ => true,
    };
    Some(stars(links, data.images.len(), |left, right| {
        near(left, right) && alike(left, right)
    }))
}

/// What is known of a picture.
enum Slot {
    Read(Box<Small>),
    /// It cannot be read.
    Lost,
    /// It was not looked at.
    Unread,
}

/// Small pictures by their images.
struct Smalls(Vec<(u32, Slot)>);

impl Smalls {
    fn get(&self, image: u32) -> &Slot {
        let found = self.0.binary_search_by_key(&image, |(image, _)| *image);
        let slot = found.ok().and_then(|place| self.0.get(place));
        slot.map_or(&Slot::Unread, |(_, slot)| slot)
    }
}

fn read(data: &Dataset, pairs: &[Pair], progress: &Progress) -> Option<Smalls> {
    let mut chosen = vec![false; data.images.len()];
    let mut images: Vec<u32> = Vec::new();
    let mut pixels = 0_u64;
    for index in pairs.iter().flat_map(|&(_, left, right)| [left, right]) {
        let (Some(chosen), Some(image)) = (
            chosen.get_mut(index as usize),
            data.images.get(index as usize),
        ) else {
            continue;
        };
        if !*chosen {
            pixels = pixels.saturating_add(u64::from(image.width) * u64::from(image.height));
            if images.len() >= READS || pixels > PIXELS {
                break;
            }
            *chosen = true;
            images.push(index);
        }
    }
    images.sort_unstable();
    progress.begin(images.len());
    let slot = |&index: &u32| {
        if progress.cancelled() {
            return (index, Slot::Unread);
        }
        let slot = match data.read(index as usize) {
            Ok(image) => Slot::Read(Box::new(Small::new(&image))),
            Err(_) => Slot::Lost,
        };
        progress.advance(1);
        (index, slot)
    };
    let smalls = images.par_iter().map(slot).collect();
    (!progress.cancelled()).then_some(Smalls(smalls))
}

/// Of each pair: a copy or not; nothing where nobody has looked. `Some(true)` also where a picture cannot be read.
fn verdicts(pairs: &[Pair], known: &Smalls, progress: &Progress) -> Option<Vec<Option<bool>>> {
    let verdict = |&(_, left, right): &Pair| match (known.get(left), known.get(right)) {
        (Slot::Unread, _) | (_, Slot::Unread) => None,
        (Slot::Read(left), Slot::Read(right)) => Some(difference(left, right) <= 1.0),
        _ => Some(true),
    };
    let compared = pairs.len().min(COMPARED);
    let mut verdicts: Vec<Option<bool>> = Vec::with_capacity(pairs.len());
    progress.begin(compared);
    for some in pairs.get(..compared).unwrap_or_default().chunks(AT_ONCE) {
        if progress.cancelled() {
            return None;
        }
        verdicts.par_extend(some.par_iter().map(verdict));
        progress.advance(some.len());
    }
    verdicts.resize(pairs.len(), None);
    Some(verdicts)
}

/// Groups along the links, of members that are all `alike` their first: no chain leads from one picture to another.
fn stars(mut links: Vec<(u32, u32)>, images: usize, alike: impl Fn(u32, u32) -> bool) -> Groups {
    let back: Vec<(u32, u32)> = links.iter().map(|&(left, right)| (right, left)).collect();
    links.extend(back);
    links.par_sort_unstable();
    let of = |image: u32| {
        let start = links.partition_point(|(from, _)| *from < image);
        let rest = links.get(start..).unwrap_or_default();
        rest.iter()
            .take_while(move |(from, _)| *from == image)
            .map(|(_, to)| *to)
    };
    // The group that has an image, and the last one that refused it, counted from 1.
    let (mut taken, mut refused) = (vec![false; images], vec![0_usize; images]);
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (number, leaders) in (1..).zip(links.chunk_by(|left, right| left.0 == right.0)) {
        let Some(&(leader, _)) = leaders.first() else {
            continue;
        };
        if taken.get(leader as usize) != Some(&false) {
            continue;
        }
        if let Some(taken) = taken.get_mut(leader as usize) {
            *taken = true;
        }
        let mut group = vec![leader];
        let mut next = 0;
        while let Some(&member) = group.get(next) {
            for image in of(member) {
                let place = image as usize;
                let (Some(taken), Some(refused)) = (taken.get_mut(place), refused.get_mut(place))
                else {
                    continue;
                };
                if *taken || *refused == number {
                    continue;
                }
                if member == leader || alike(leader, image) {
                    group.push(image);
                    *taken = true;
                } else {
                    *refused = number;
                }
            }
            next += 1;
        }
        if group.len() > 1 {
            group.sort_unstable();
            groups.push(group.into_iter().map(|image| image as usize).collect());
        }
    }
    groups.sort_unstable_by_key(|group| group.first().copied());
    Groups(groups)
}

/// Of groups of look-alikes the parts that are one picture for certain, only saved otherwise. A group is read only as
/// far as the same bounds allow.
pub fn certain(data: &Dataset, groups: &Groups, progress: &Progress) -> Groups {
    let pairs = groups.iter().flat_map(|group| {
        let index = |&image: &usize| u32::try_from(image).unwrap_or(u32::MAX);
        let first = group.first().map_or(u32::MAX, index);
        group.iter().map(move |image| (0, first, index(image)))
    });
    let pairs: Vec<Pair> = pairs.collect();
    let Some(known) = read(data, &pairs, progress) else {
        return Groups::default();
    };
    let parts = |group: &Vec<usize>| {
        let mut parts: Vec<Vec<usize>> = Vec::new();
        for &image in group {
            let small = |image: usize| known.get(u32::try_from(image).unwrap_or(u32::MAX));
            let one = |part: &&mut Vec<usize>| {
                let first = part.first().map(|&first| small(first));
                match (first, small(image)) {
                    (Some(Slot::Read(first)), Slot::Read(other)) => difference(first, other) <= 0.5,
                    _ => false,
                }
            };
            match parts.iter_mut().take(64).find(one) {
                Some(part) => part.push(image),
                None => parts.push(vec![image]),
            }
        }
        parts.retain(|part| part.len() > 1);
        parts
    };
    let parts: Vec<Vec<Vec<usize>>> = groups.0.par_iter().map(parts).collect();
    Groups::new(parts.into_iter().flatten())
}
