//! How much is decoded at a time: many small pictures on all cores, and huge ones one after the other.

use parking_lot::{Condvar, Mutex};

/// Bytes of decoded pixels that may exist at a time: eleven photos of 12 megapixels, or one of a hundred.
const WHOLE: u64 = 384 << 20;

/// Shared by all threads of the program.
pub(super) static BUDGET: Budget = Budget::new();

/// Serves in the order of asking, so that a huge picture does not wait for ever behind small ones.
///
/// Who holds a [`Permit`] must wait for nothing: neither for another permit, nor for another thread.
pub(super) struct Budget {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    used: u64,
    /// The number that the next one to ask gets, and the number whose turn it is.
    asked: u64,
    turn: u64,
}

impl Budget {
    const fn new() -> Self {
        let state = State {
            used: 0,
            asked: 0,
            turn: 0,
        };
        Self {
            state: Mutex::new(state),
            changed: Condvar::new(),
        }
    }

    /// Waits until so many bytes are free. What is larger than the whole gets the whole.
    pub fn take(&self, bytes: u64) -> Permit<'_> {
        let bytes = bytes.min(WHOLE);
        let mut state = self.state.lock();
        let number = state.asked;
        state.asked += 1;
        while state.turn != number || state.used + bytes > WHOLE {
            self.changed.wait(&mut state);
        }
        state.turn += 1;
        state.used += bytes;
        drop(state);
        self.changed.notify_all();
        Permit {
            budget: self,
            bytes,
        }
    }
}

/// A share of the memory, given back when it is dropped.
pub(super) struct Permit<'a> {
    budget: &'a Budget,
    bytes: u64,
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.budget.state.lock().used -= self.bytes;
        self.budget.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::thread;
    use std::time::Duration;

    use super::{Budget, WHOLE};

    /// Threads that each take shares again and again; the most bytes that were out at a time.
    fn most(threads: u64, share: impl Fn(u64) -> u64 + Sync) -> u64 {
        let budget = Budget::new();
        let (out, most) = (AtomicU64::new(0), AtomicU64::new(0));
        thread::scope(|scope| {
            for number in 0..threads {
                let (budget, out, most, share) = (&budget, &out, &most, &share);
                scope.spawn(move || {
                    for round in 0..20 {
                        let bytes = share(number + round);
                        let permit = budget.take(bytes);
                        let now = out.fetch_add(bytes.min(WHOLE), Ordering::SeqCst);
                        most.fetch_max(now + bytes.min(WHOLE), Ordering::SeqCst);
                        thread::sleep(Duration::from_micros(200));
                        out.fetch_sub(bytes.min(WHOLE), Ordering::SeqCst);
                        drop(permit);
                    }
                });
            }
        });
        assert_eq!(budget.state.lock().used, 0);
        most.into_inner()
    }

    #[test]
    fn huge_pictures_are_decoded_one_after_the_other() {
        assert!(most(8, |_| WHOLE / 4 * 3) <= WHOLE);
        assert!(most(8, |_| WHOLE * 3) <= WHOLE);
    }

    #[test]
    fn small_pictures_are_decoded_side_by_side() {
        let budget = Budget::new();
        let permits: Vec<_> = (0..16).map(|_| budget.take(WHOLE / 16)).collect();
        assert_eq!(budget.state.lock().used, WHOLE);
        drop(permits);
    }

    #[test]
    fn small_and_huge_ones_mixed_all_come_to_their_turn() {
        let most = most(16, |turn| if turn % 5 == 0 { WHOLE } else { WHOLE / 7 });
        assert!(most <= WHOLE);
    }
}
