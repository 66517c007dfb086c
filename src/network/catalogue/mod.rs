//! The table of layers: one entry each, in the file of its group with the rules that it names.
//!
//! How to add a layer, here one called `my_layer`, file by file:
//! 1. `src/network/entry.rs`: a variant `MyLayer` at the end of `Kind`, whose order is that of the palette within
//!    its group.
//! 2. `catalogue/GROUP.rs`: an `Entry` (and one more in the length of `ENTRIES`). Every setting has a range, a
//!    default, a unit where something is counted, and a sentence of help without a full stop. Rules: `shape` (for
//!    what does not fit, a `ShapeError`; `Refused` offers the value of a setting that would), `known_shape`,
//!    `cost`, `sees` and `summary`; `common.rs` has the plain ones (`same_shape`, `unknown`, `free`, `same_place`,
//!    `no_summary`) and settings that several layers share. Palette, card, settings, check, files and the terminal
//!    have the layer now.
//! 3. `src/training/layers/`: a burn module in a file of its own or of its relatives (as in `pool.rs`): `new` where
//!    it has settings, what it does to tensors (as `Each` where that is the same for any rank), and `Learning`: an
//!    empty impl without weights, else a line for each of them, with PyTorch's names and layouts. Randomness comes from `Mode::Training` only.
//!    `layer_scale.rs` is a short one with weights, `GlobalAveragePool` one that changes the rank.
//! 4. `src/training/layers/mod.rs`: `mod`, `use`, a variant of `Layer` (or that of a relative), a line in
//!    `each_layer!`, an arm in `new` and one in `forward`; the compiler names what is missing of these.
//! 5. `tests/reference/load_run.py`: the layer in PyTorch (`build` where it has weights or state, else `run`).
//!    `tests/reference/layers.py`: a case, and one more for each setting that changes the arithmetic; run it with
//!    PyTorch and commit the new fixture. `cargo test --release --test arithmetic` compares the results, forward
//!    and backward. Layers that draw random numbers are tested in `tests/arithmetic/random.rs` instead.
//! 6. `tests/network/` (`convolutions.rs`, `sequences.rs`, `shapes.rs`): its output, its parameters, and what it
//!    says of inputs it refuses; `cargo test --release --test network`.
//! 7. A layer that keeps the number of channels and may stand between the last layer with units or filters and the
//!    end, or that makes the closing vector of maps: a line in `decides_units` of `src/network/remedy.rs`.
//! 8. `src/export/*/plain.rs` where it is an expression, `*/layers.rs` where it has weights: the layer in each
//!    program that is written (`{0}` is its input; Keras is channels-last). Put it into one of the networks in
//!    `tests/reference/export/`; `cargo test --release --test export` wants every kind there.
//! 9. `src/import/rules/`, where ONNX has the operator; `CHANGELOG.md`.

mod common;
mod convolution;
mod dense;
mod enlarge;
mod input;
mod join;
mod normalise;
mod pooling;
mod recurrent;
mod regularise;
mod sequence;
mod shape;
mod sliding;

use std::sync::LazyLock;

use super::entry::Entry;
pub(super) use sequence::nearest_divisor;

/// Every kind of layer, in the order of [`super::Kind`].
pub fn catalogue() -> &'static [Entry] {
    &CATALOGUE
}

static CATALOGUE: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    let groups: [&[Entry]; 11] = [
        &input::ENTRIES,
        &convolution::ENTRIES,
        &pooling::ENTRIES,
        &dense::ENTRIES,
        &normalise::ENTRIES,
        &regularise::ENTRIES,
        &sequence::ENTRIES,
        &recurrent::ENTRIES,
        &shape::ENTRIES,
        &enlarge::ENTRIES,
        &join::ENTRIES,
    ];
    let mut entries: Vec<Entry> = groups.into_iter().flatten().copied().collect();
    entries.sort_by_key(|entry| entry.kind);
    entries
});
