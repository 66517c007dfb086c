//! Warnings of the engine and faults of its threads, as people read them on standard error.

use std::io::Write;
use std::panic;
use std::thread;

use log::{LevelFilter, Log, Metadata, Record};

use super::output::complain;

/// Shows mapsto's own warnings, and keeps the panics of other threads quiet: each is caught where
/// the thread is waited for and told there as an error with its remedy. `RUST_BACKTRACE` shows them
/// as Rust does.
pub fn listen() {
    static WARNINGS: Warnings = Warnings;
    if log::set_logger(&WARNINGS).is_ok() {
        log::set_max_level(LevelFilter::Warn);
    }
    if std::env::var_os("RUST_BACKTRACE").is_some() {
        return;
    }
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |fault| {
        let thread = thread::current();
        // Nobody waits for the main thread.
        if thread.name() == Some("main") {
            usual(fault);
        }
    }));
}

struct Warnings;

impl Log for Warnings {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("mapsto")
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            complain(&record.args().to_string());
        }
    }

    fn flush(&self) {
        // Standard error is closed: there is nobody left to tell.
        std::io::stderr().flush().ok();
    }
}
