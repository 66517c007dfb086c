//! Work that must keep its order, one piece after the other on a thread of its own: of two writes
//! to one file the later one stays, and of two listings the later one is shown.

use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;

type Work = Box<dyn FnOnce() + Send>;

/// A thread with a queue. Dropping it waits for what was asked for: nothing that was to be
/// written is lost when the window closes.
pub struct Lane {
    queue: Option<Sender<Work>>,
    thread: Option<JoinHandle<()>>,
}

impl Lane {
    pub fn new(name: &str) -> Self {
        let (queue, works) = channel::<Work>();
        let thread = std::thread::Builder::new().name(name.to_owned());
        let thread = thread.spawn(move || works.into_iter().for_each(|work| work()));
        match thread {
            Ok(thread) => Self {
                queue: Some(queue),
                thread: Some(thread),
            },
            Err(error) => {
                log::error!("no thread could be started: {error}");
                Self {
                    queue: None,
                    thread: None,
                }
            }
        }
    }

    /// Asks for `work` after all that was asked for before; gives it back where no thread runs.
    pub fn add(&self, work: Work) -> Result<(), Work> {
        match &self.queue {
            Some(queue) => queue.send(work).map_err(|unsent| unsent.0),
            None => Err(work),
        }
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        self.queue = None;
        let ended = self.thread.take().map(JoinHandle::join);
        if let Some(Err(_)) = ended {
            log::error!("a piece of work broke off");
        }
    }
}
