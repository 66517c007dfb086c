//! A folder as it really comes becomes a data set, or a message that says what to do; sets and batches follow the seed.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "folders/batches.rs"]
mod batches;
#[path = "folders/found.rs"]
mod found;
#[path = "folders/made.rs"]
mod made;
#[path = "folders/sets.rs"]
mod sets;

use mapsto::dataset::InputSize;

const SIZE: InputSize = InputSize {
    height: 8,
    width: 8,
    channels: 1,
};
