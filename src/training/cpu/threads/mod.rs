//! Who computes.

mod cores;
mod share;

use std::cell::RefCell;
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rayon::{ThreadPool, ThreadPoolBuilder, Yield};

use self::cores::Id;
pub use self::share::{each, map};
use crate::network::Network;

/// Weights times images that are worth waking another thread for.
const LEAST: u64 = 1 << 18;

/// How long a thread looks for work before it sleeps.
const PATIENCE: Duration = Duration::from_micros(300);

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
    Some(Joined {
        _pool: pool,
        _here: PhantomData,
    })
}

/// The threads that compute with this one; stays on its thread.
#[derive(Debug)]
pub struct Joined {
    _pool: ThreadPool,
    _here: PhantomData<*const ()>,
}

impl Drop for Joined {
    fn drop(&mut self) {
        HELPERS.set(None);
        // What was called for all threads waits for this one too, and the pool for that.
        while rayon::yield_now() == Some(Yield::Executed) {}
    }
}

/// Calls the other threads for so many images that go through a network, where that takes longer than to wake them, and
/// where this thread has [`join`]ed them. They look for work until there has been none for a while: to wake one takes as
/// long as a small layer.
pub fn call(network: &Network, images: usize) {
    call_to(network.parameters().saturating_mul(images as u64));
}

/// Whether they have heard.
fn call_to(work: u64) -> bool {
    HELPERS.with_borrow(|helpers| helpers.as_ref().is_some_and(|helpers| helpers.call(work)))
}

/// The other threads of a pool.
struct Helpers {
    ids: Vec<Id>,
    /// Whether to send them to other cores.
    apart: bool,
    watching: Arc<[AtomicBool]>,
}

impl Helpers {
    fn of(pool: &ThreadPool) -> Self {
        let mut ids = pool.broadcast(|_| cores::id());
        ids.remove(0);
        Self {
            watching: ids.iter().map(|_| AtomicBool::new(false)).collect(),
            ids,
            apart: cores::pays(),
        }
    }

    fn call(&self, work: u64) -> bool {
        if self.ids.is_empty() || work / LEAST < self.ids.len() as u64 {
            return false;
        }
        let watching = || self.watching.iter().map(|one| one.load(Ordering::Relaxed));
        if !watching().all(|watching| watching) {
            let asleep = self.ids.iter().zip(watching());
            let asleep = asleep.filter_map(|(id, watching)| (!watching).then_some(*id));
            let sent = self.apart.then(|| cores::send_away(asleep));
            let watching = self.watching.clone();
            rayon::spawn_broadcast(move |thread| {
                if let Some(place) = thread.index().checked_sub(1) {
                    if let Some(sent) = &sent {
                        sent.arrived();
                    }
                    watch(&watching[place]);
                }
            });
            // Its own part, in which there is nothing to do.
            rayon::yield_local();
        }
        true
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
    use super::{LEAST, call_to, join};

    #[test]
    fn a_thread_calls_its_helpers_as_long_as_it_has_joined_them() {
        let thread = std::thread::spawn(|| {
            assert!(!call_to(u64::MAX), "nobody to call");
            let joined = join().expect("a pool");
            let helpers = rayon::current_num_threads() as u64 - 1;
            let worth = LEAST * helpers.max(1);
            assert!(!call_to(worth - 1), "not worth it");
            for _ in 0..3 {
                assert_eq!(call_to(worth), helpers > 0);
            }
            drop(joined);
            assert!(!call_to(u64::MAX), "they have gone");
        });
        thread.join().expect("no panic");
    }
}
