//! The table of layers: one entry each, in the file of its group with the rules that it names. A new kind of
//! layer starts here.

mod common;
mod convolution;
mod dense;
mod input;
mod join;
mod normalise;
mod pooling;
mod regularise;
mod shape;
mod sliding;

use std::sync::LazyLock;

use super::entry::Entry;

/// Every kind of layer, in the order of [`super::Kind`].
pub fn catalogue() -> &'static [Entry] {
    &CATALOGUE
}

static CATALOGUE: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    let groups: [&[Entry]; 8] = [
        &input::ENTRIES,
        &convolution::ENTRIES,
        &pooling::ENTRIES,
        &dense::ENTRIES,
        &normalise::ENTRIES,
        &regularise::ENTRIES,
        &shape::ENTRIES,
        &join::ENTRIES,
    ];
    let mut entries: Vec<Entry> = groups.into_iter().flatten().copied().collect();
    entries.sort_by_key(|entry| entry.kind);
    entries
});
