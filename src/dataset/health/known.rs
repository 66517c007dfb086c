//! Copies that have been found, kept with the data set: changes leave the pictures as they are, so a change need not
//! look again.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use parking_lot::Mutex;
use rayon::prelude::*;

use super::groups::Groups;
use crate::dataset::{Dataset, Image};

/// What is known of the pictures of a data set and of all that are made from it by changes. Groups have excluded
/// images too.
#[derive(Debug, Default)]
pub(in crate::dataset) struct KnownCopies {
    near: Slot,
    sums: Slot,
    same: Slot,
}

/// Groups, and of which pictures.
type Slot = Mutex<Option<(u64, Arc<Groups>)>>;

/// Which groups.
#[derive(Clone, Copy)]
pub(super) enum Of {
    Near,
    Sums,
    Same,
}

/// The groups without excluded images, as known or as `find` finds them among all images. None: `find` was cancelled.
pub(super) fn kept(
    data: &Dataset,
    of: Of,
    find: impl FnOnce() -> Option<Groups>,
) -> Option<Groups> {
    let slot = match of {
        Of::Near => &data.known.near,
        Of::Sums => &data.known.sums,
        Of::Same => &data.known.same,
    };
    let pictures = sum(&data.images);
    let known = slot.lock().clone();
    if let Some((_, groups)) = known.filter(|(sum, _)| *sum == pictures) {
        return Some(present(data, &groups));
    }
    // Not under the lock: another thread may look meanwhile, or cancel.
    let groups = Arc::new(find()?);
    *slot.lock() = Some((pictures, Arc::clone(&groups)));
    Some(present(data, &groups))
}

/// A sum over all that a look for copies looks at.
fn sum(images: &[Image]) -> u64 {
    let of = |images: &[Image]| {
        let mut hasher = DefaultHasher::new();
        for image in images {
            let look = &image.look;
            (image.width, image.height, look.bytes, look.sum).hash(&mut hasher);
            (look.print, look.mean, look.square).hash(&mut hasher);
        }
        hasher.finish()
    };
    let parts: Vec<u64> = images.par_chunks(1 << 13).map(of).collect();
    let mut hasher = DefaultHasher::new();
    parts.hash(&mut hasher);
    hasher.finish()
}

/// Without excluded images.
fn present(data: &Dataset, groups: &Groups) -> Groups {
    let is_present = |index: &usize| data.images.get(*index).is_some_and(|image| !image.excluded);
    let groups = groups
        .iter()
        .map(|group| group.iter().copied().filter(is_present).collect::<Vec<_>>());
    let mut groups: Vec<Vec<usize>> = groups.filter(|group| group.len() > 1).collect();
    groups.sort_unstable_by_key(|group| group.first().copied());
    Groups(groups)
}
