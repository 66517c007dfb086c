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

/// Without `XDG_RUNTIME_DIR` (a server, a container) a layer of Mesa's Vulkan loader looks for a
/// Wayland display and complains on standard error. The layer only orders GPUs, so mapsto starts
/// itself again without it.
#[cfg(target_os = "linux")]
pub fn hush_vulkan() {
    use std::os::unix::process::CommandExt as _;
    const LAYER_OFF: &str = "NODEVICE_SELECT";
    let set = |name| std::env::var_os(name).is_some();
    if set("XDG_RUNTIME_DIR") || set(LAYER_OFF) {
        return;
    }
    if let Ok(program) = std::env::current_exe() {
        // Returns only where it fails; then the complaint stays.
        let error = std::process::Command::new(program)
            .args(std::env::args_os().skip(1))
            .env(LAYER_OFF, "1")
            .exec();
        log::debug!("mapsto could not start itself again: {error}");
    }
}

/// Other systems' drivers are quiet.
#[cfg(not(target_os = "linux"))]
pub fn hush_vulkan() {}

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
