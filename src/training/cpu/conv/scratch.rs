//! What a thread keeps for products over strips, forward and backward.

use std::cell::RefCell;

/// Sums that are computed before they are written where they belong: they stay in the cache (128 KiB).
pub const BAND: usize = 1 << 15;

/// Buffers of a thread, kept from pass to pass.
#[derive(Default)]
pub struct Scratch {
    pub strip: Vec<f32>,
    pub sums: Vec<f32>,
}

thread_local! {
    pub static SCRATCH: RefCell<Scratch> = RefCell::default();
}
