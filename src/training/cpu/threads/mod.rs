//! Who computes.

mod cores;

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rayon::{ThreadPool, ThreadPoolBuilder, Yield};

use self::cores::{Home, Id, Kept};
use crate::network::Network;

/// Weights times images that are worth waking the other threads for.
const LEAST: u64 = 1 << 20;

/// How long a thread looks for work before it sleeps.
const PATIENCE: Duration = Duration::from_millis(1);

thread_local! {
    /// Of the thread that has [`join`]ed.
    static HELPERS: RefCell<Option<Helpers>> = RefCell::default();
}

/// Makes this thread one of those that compute, with others beside it for the processor's other cores, until the pool is
/// dropped at the thread's end. Otherwise every operation, however small, would be handed to other threads and waited
/// for, which takes longer than many a layer does.
///
/// Where it cannot be done, operations are handed over.
pub fn join() -> Option<ThreadPool> {
    let pool = ThreadPoolBuilder::new()
        .use_current_thread()
        .thread_name(|number| format!("arithmetic {number}"))
        .build()
        .ok()?;
    HELPERS.set(Some(Helpers::of(&pool)));
    Some(pool)
}

/// As long as it lives, this thread has its core to itself where [`cores::pays`], and the pool's other threads look for
/// work without a pause: to wake one takes as long as a small layer.
#[derive(Debug)]
pub struct Attention(#[expect(dead_code, reason = "dropped, it frees the thread")] Option<Kept>);

impl Attention {
    /// For so many images going through a network, where that takes longer than to wake a thread; in a thread that
    /// has [`join`]ed a pool.
    pub fn call(network: &Network, images: usize) -> Option<Self> {
        let work = network.parameters().saturating_mul(images as u64);
        if rayon::current_thread_index() != Some(0) || work < LEAST {
            return None;
        }
        HELPERS.with_borrow_mut(|helpers| helpers.as_mut()?.call())
    }
}

/// The other threads of a pool.
struct Helpers {
    ids: Vec<Id>,
    home: Option<Home>,
    watching: Arc<[AtomicBool]>,
}

impl Helpers {
    fn of(pool: &ThreadPool) -> Self {
        let mut ids = pool.broadcast(|_| cores::id());
        ids.remove(0);
        Self {
            watching: ids.iter().map(|_| AtomicBool::new(false)).collect(),
            ids,
            home: cores::pays().then(Home::default),
        }
    }

    fn call(&mut self) -> Option<Attention> {
        if self.ids.is_empty() {
            return None;
        }
        let kept = self.home.as_mut().map(|home| home.keep(&self.ids));
        let mut watching = self.watching.iter();
        if !watching.all(|one| one.load(Ordering::Relaxed)) {
            let watching = self.watching.clone();
            rayon::spawn_broadcast(move |thread| {
                if let Some(place) = thread.index().checked_sub(1) {
                    watch(&watching[place]);
                }
            });
        }
        Some(Attention(kept))
    }
}

/// Does what there is to do until nothing has come for a while.
fn watch(watching: &AtomicBool) {
    if watching.swap(true, Ordering::Relaxed) {
        return;
    }
    let mut idle = Instant::now();
    while idle.elapsed() < PATIENCE {
        if rayon::yield_now() == Some(Yield::Executed) {
            idle = Instant::now();
        } else {
            // Whoever else wants the core has it.
            std::thread::yield_now();
        }
    }
    watching.store(false, Ordering::Relaxed);
}
