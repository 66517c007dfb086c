//! Who computes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rayon::{ThreadPool, ThreadPoolBuilder, Yield};

use crate::network::Network;

/// Weights times images that are worth waking the other threads for.
const LEAST: u64 = 1 << 20;

/// How long a thread looks for work before it sleeps.
const PATIENCE: Duration = Duration::from_micros(300);

/// Makes this thread one of those that compute, with others beside it for the processor's other cores, until the pool is
/// dropped at the thread's end. Otherwise every operation, however small, would be handed to other threads and waited
/// for, which takes longer than many a layer does.
///
/// Where it cannot be done, operations are handed over.
pub fn join() -> Option<ThreadPool> {
    ThreadPoolBuilder::new()
        .use_current_thread()
        .thread_name(|number| format!("arithmetic {number}"))
        .build()
        .ok()
}

/// As long as it lives, the other threads of this thread's pool look for work without a pause: to wake one takes as
/// long as a small layer.
#[derive(Debug)]
pub struct Attention(Arc<AtomicBool>);

impl Attention {
    /// For so many images going through a network, where that takes longer than to wake a thread; in a thread that
    /// has [`join`]ed a pool.
    pub fn call(network: &Network, images: usize) -> Option<Self> {
        let work = network.parameters().saturating_mul(images as u64);
        let alone = rayon::current_thread_index() != Some(0) || rayon::current_num_threads() == 1;
        if alone || work < LEAST {
            return None;
        }
        let over = Arc::new(AtomicBool::new(false));
        let seen = over.clone();
        rayon::spawn_broadcast(move |thread| {
            if thread.index() > 0 {
                watch(&seen);
            }
        });
        Some(Self(over))
    }
}

impl Drop for Attention {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Does what there is to do until it is over. Gives up when nothing comes: what is waited for may be this very thread's,
/// further up.
fn watch(over: &AtomicBool) {
    let mut idle = Instant::now();
    while !over.load(Ordering::Relaxed) && idle.elapsed() < PATIENCE {
        if rayon::yield_now() == Some(Yield::Executed) {
            idle = Instant::now();
        } else {
            // Whoever else wants the core has it.
            std::thread::yield_now();
        }
    }
}
