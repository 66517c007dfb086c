//! How far a long job has come, and the wish to end it: shared by the worker and whoever watches.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Progress of one scan or one load. Share it in an `Arc`: the worker writes, the window reads and may cancel.
#[derive(Debug, Default)]
pub struct Progress {
    total: AtomicUsize,
    done: AtomicUsize,
    cancelled: AtomicBool,
}

impl Progress {
    /// Asks the worker to end soon; it then returns [`DatasetError::Cancelled`](super::DatasetError::Cancelled).
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// Whether somebody has asked to end.
    pub fn cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    /// From 0 to 1, or nothing while the amount of work is not known yet (files are still being found).
    pub fn fraction(&self) -> Option<f32> {
        match self.total() {
            0 => None,
            total => Some((self.done() as f32 / total as f32).min(1.0)),
        }
    }

    /// Files done; while [`total`](Self::total) is 0, files found so far.
    pub fn done(&self) -> usize {
        self.done.load(Ordering::Relaxed)
    }

    /// Files to do, 0 while not known.
    pub fn total(&self) -> usize {
        self.total.load(Ordering::Relaxed)
    }

    /// Starts a phase of `total` steps (0: not known).
    pub fn begin(&self, total: usize) {
        self.done.store(0, Ordering::Relaxed);
        self.total.store(total, Ordering::Relaxed);
    }

    /// `count` more steps are done.
    pub fn advance(&self, count: usize) {
        self.done.fetch_add(count, Ordering::Relaxed);
    }
}
