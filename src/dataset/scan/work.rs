//! A long list of files, handed out one by one to all cores.
//!
//! Threads of its own, and not the shared pool: a cancelled scan returns at once, while a core that is in the middle of
//! a picture of a hundred megapixels ends it unwatched.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use super::super::{DatasetError, Progress};

/// How often the wish to cancel is looked at, and progress is told.
const BEAT: Duration = Duration::from_millis(20);
/// Results that travel together.
const PORTION: usize = 64;

/// Does `job` for each number of `todo`, on all cores. `each` gets the results on this thread, in any order; on
/// cancelling it gets those that are there, and the rest never comes.
pub(super) fn on_all_cores<T: Send + 'static>(
    todo: Vec<u32>,
    job: Arc<dyn Fn(u32) -> T + Send + Sync>,
    progress: &Progress,
    mut each: impl FnMut(Vec<(u32, T)>),
) -> Result<(), DatasetError> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let (sender, results) = sync_channel(4 * cores);
    let shared = Arc::new(Shared {
        todo,
        next: AtomicUsize::new(0),
        stop: AtomicBool::new(false),
        job,
    });
    let mut started = 0;
    let mut failure = None;
    for _ in 0..cores.min(shared.todo.len()) {
        let (shared, sender) = (Arc::clone(&shared), sender.clone());
        let thread = thread::Builder::new().name("scan".into());
        match thread.spawn(move || shared.work(&sender)) {
            Ok(_) => started += 1,
            Err(error) => failure = Some(error),
        }
    }
    drop(sender);
    if let (0, Some(error)) = (started, failure) {
        return Err(DatasetError::Loader(error.to_string()));
    }
    loop {
        let portion = results.recv_timeout(BEAT);
        let ended = matches!(portion, Err(RecvTimeoutError::Disconnected));
        if let Ok(portion) = portion {
            progress.advance(portion.len());
            each(portion);
        }
        if progress.cancelled() {
            shared.stop.store(true, Ordering::Relaxed);
            results.try_iter().for_each(each);
            return Err(DatasetError::Cancelled);
        }
        if ended {
            return Ok(());
        }
    }
}

struct Shared<T> {
    todo: Vec<u32>,
    next: AtomicUsize,
    stop: AtomicBool,
    job: Arc<dyn Fn(u32) -> T + Send + Sync>,
}

impl<T> Shared<T> {
    fn work(&self, results: &SyncSender<Vec<(u32, T)>>) {
        let mut portion = Vec::new();
        let mut since = Instant::now();
        while !self.stop.load(Ordering::Relaxed) {
            let Some(&number) = self.todo.get(self.next.fetch_add(1, Ordering::Relaxed)) else {
                break;
            };
            portion.push((number, (self.job)(number)));
            if portion.len() >= PORTION || since.elapsed() >= BEAT {
                // Nobody listens any more after cancelling.
                if results.send(std::mem::take(&mut portion)).is_err() {
                    return;
                }
                since = Instant::now();
            }
        }
        if !portion.is_empty() {
            results.send(portion).unwrap_or_default();
        }
    }
}
