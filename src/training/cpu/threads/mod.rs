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

/// Makes this thread one of those that compute, with others beside it for the processor's other cores, until this is
/// dropped; once in a thread. Otherwise every operation, however small, would be handed to other threads and waited for,
/// which takes longer than many a layer does.
///
/// Where it cannot be done, operations are handed over.
pub fn join() -> Option<Joined> {
    let pool = ThreadPoolBuilder::new()
        .use_current_thread()
        .thread_name(|number| format!("arithmetic {number}"))
        .build()
        .ok()?;
    HELPERS.set(Some(Helpers::of(&pool)));
    Some(Joined { _pool: pool })
}

/// The threads that compute with this one.
#[derive(Debug)]
pub struct Joined {
    _pool: ThreadPool,
}

impl Drop for Joined {
    fn drop(&mut self) {
        HELPERS.set(None);
        // What was called for all threads waits for this one too, and the pool for that.
        while rayon::yield_now() == Some(Yield::Executed) {}
    }
}

/// The pool's other threads look for work until there has been none for a while: to wake one takes as long as a small
/// layer. As long as this lives, this thread has its core to itself, where [`cores::pays`].
#[derive(Debug)]
pub struct Attention(#[expect(dead_code, reason = "dropped, it frees the thread")] Option<Kept>);

impl Attention {
    /// For so many images going through a network, where that takes longer than to wake a thread; in a thread that
    /// has [`join`]ed a pool.
    pub fn call(network: &Network, images: usize) -> Option<Self> {
        Self::to_work(network.parameters().saturating_mul(images as u64))
    }

    fn to_work(work: u64) -> Option<Self> {
        if work < LEAST {
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

/// Does what there is to do until nothing has come for a while: what is waited for may be this very thread's, further up.
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

#[cfg(test)]
mod tests {
    use super::{Attention, LEAST, join};

    #[test]
    fn a_thread_calls_its_helpers_as_long_as_it_has_joined_them() {
        let thread = std::thread::spawn(|| {
            assert!(Attention::to_work(LEAST).is_none(), "nobody to call");
            let joined = join().expect("a pool");
            let alone = rayon::current_num_threads() == 1;
            assert!(Attention::to_work(LEAST - 1).is_none(), "not worth it");
            for _ in 0..3 {
                let first = Attention::to_work(LEAST);
                let second = Attention::to_work(LEAST);
                assert_eq!(first.is_none(), alone);
                assert_eq!(second.is_none(), alone);
            }
            drop(joined);
            assert!(Attention::to_work(LEAST).is_none(), "they have gone");
        });
        thread.join().expect("no panic");
    }
}
