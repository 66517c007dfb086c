//! Work for several threads.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;

/// Does the task with each item: on this thread and as many others of its pool as have `least` items each. Which thread
/// takes which is not said.
///
/// Threads begin with neighbouring items, so that from layer to layer a core meets the numbers that are in its cache; who
/// is done takes from the end of another's. Unlike with rayon's iterators, this thread does not sleep while it waits for
/// the last: that takes less time than to wake it again.
pub fn each<T: Send>(items: impl IntoIterator<Item = T>, least: usize, task: impl Fn(T) + Sync) {
    let items: Vec<T> = items.into_iter().collect();
    let threads = rayon::current_num_threads().min(items.len() / least.max(1));
    if threads < 2 {
        return items.into_iter().for_each(task);
    }
    let (share, more) = (items.len() / threads, items.len() % threads);
    let mut items = items.into_iter();
    let share = |number| {
        items
            .by_ref()
            .take(share + usize::from(number < more))
            .collect()
    };
    let shares: Vec<Mutex<VecDeque<T>>> = (0..threads).map(share).map(Mutex::new).collect();
    let next = |own: usize| {
        let first = shares[own].lock().pop_front();
        first.or_else(|| shares.iter().find_map(|share| share.lock().pop_back()))
    };
    let work = || {
        let own = rayon::current_thread_index().unwrap_or(0) % threads;
        while let Some(item) = next(own) {
            task(item);
        }
    };
    let busy = AtomicUsize::new(0);
    rayon::in_place_scope(|scope| {
        for _ in 1..threads {
            scope.spawn(|_| {
                let _busy = Busy::among(&busy);
                work();
            });
        }
        work();
        while busy.load(Ordering::Acquire) > 0 {
            std::thread::yield_now();
        }
    });
}

/// What the function makes of each item, in their order; see [`each`].
pub fn map<T: Send, R: Send>(
    items: impl IntoIterator<Item = T>,
    function: impl Fn(T) -> R + Sync,
) -> Vec<R> {
    let items: Vec<T> = items.into_iter().collect();
    let mut found: Vec<Option<R>> = Vec::new();
    found.resize_with(items.len(), || None);
    each(items.into_iter().zip(&mut found), 1, |(item, found)| {
        *found = Some(function(item));
    });
    found.into_iter().flatten().collect()
}

/// One of those that still work.
struct Busy<'a>(&'a AtomicUsize);

impl<'a> Busy<'a> {
    fn among(all: &'a AtomicUsize) -> Self {
        all.fetch_add(1, Ordering::AcqRel);
        Self(all)
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread::ThreadId;

    use parking_lot::Mutex;

    use super::{each, map};

    fn pool(threads: usize) -> rayon::ThreadPool {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.expect("threads")
    }

    #[test]
    fn each_item_is_taken_once_on_any_number_of_threads() {
        for threads in [1, 2, 3, 8] {
            pool(threads).install(|| {
                for (count, least) in [(0, 1), (1, 1), (2, 1), (7, 0), (7, 3), (100, 1), (100, 64)]
                {
                    let taken: Vec<AtomicUsize> = (0..count).map(|_| AtomicUsize::new(0)).collect();
                    each(&taken, least, |item| {
                        item.fetch_add(1, Ordering::Relaxed);
                    });
                    let once = |taken: &AtomicUsize| taken.load(Ordering::Relaxed) == 1;
                    assert!(taken.iter().all(once), "{threads} threads, {count} items");
                    let squares: Vec<usize> = (0..count).map(|number| number * number).collect();
                    assert_eq!(map(0..count, |number| number * number), squares);
                }
            });
        }
    }

    #[test]
    fn another_thread_takes_part_and_takes_over_what_is_left() {
        let who = Mutex::new(Vec::<(usize, ThreadId)>::new());
        let begun = Mutex::new(HashSet::new());
        pool(2).install(|| {
            each(0..8, 1, |item| {
                // Neither goes on before both have taken the first of their own.
                begun.lock().insert(std::thread::current().id());
                while begun.lock().len() < 2 {
                    std::thread::yield_now();
                }
                if item == 0 {
                    // Its thread comes to nothing else until the other has done all that is left.
                    while who.lock().len() < 7 {
                        std::thread::yield_now();
                    }
                }
                who.lock().push((item, std::thread::current().id()));
            });
        });
        let who = who.into_inner();
        let (last, slow) = who[7];
        assert_eq!(last, 0);
        assert!(who[..7].iter().all(|(_, thread)| *thread != slow));
    }

    #[test]
    fn few_items_stay_on_the_thread_that_has_them() {
        pool(2).install(|| {
            let here = std::thread::current().id();
            each(0..7, 4, |_| assert_eq!(std::thread::current().id(), here));
        });
    }

    #[test]
    fn a_panic_on_either_thread_ends_the_work_and_comes_out() {
        let pool = pool(2);
        for bad in [0, 99] {
            let task = |item| assert_ne!(item, bad, "item {item}");
            let work = || pool.install(|| each(0..100, 1, task));
            let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
            assert!(outcome.is_err());
        }
    }
}
