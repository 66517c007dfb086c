//! A tiny file system to fill up.

#![allow(
    clippy::unwrap_used,
    dead_code,
    reason = "a test fails by panicking, and not every test uses all of it"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A file system of 128 KiB, where the user may mount one.
pub struct TinyDisk(PathBuf);

impl TinyDisk {
    pub fn mount(path: &Path) -> Option<Self> {
        Self::of_size(path, "128k")
    }

    /// The same of another size, as `mount` takes it: `1m`.
    pub fn of_size(path: &Path, size: &str) -> Option<Self> {
        let size = format!("size={size}");
        let options = ["-t", "tmpfs", "-o", &size, "mapsto-test"];
        let mounted = Command::new("mount").args(options).arg(path).output();
        if mounted.is_ok_and(|output| output.status.success()) {
            return Some(Self(path.to_path_buf()));
        }
        eprintln!(
            "SKIPPED: a tmpfs cannot be mounted here (needs root), so a full disk was not tested"
        );
        None
    }

    /// Nothing can be written there from now on.
    pub fn read_only(&self) {
        let done = Command::new("mount")
            .args(["-o", "remount,ro"])
            .arg(&self.0)
            .status();
        assert!(done.is_ok_and(|status| status.success()), "remount");
    }
}

impl Drop for TinyDisk {
    fn drop(&mut self) {
        // Lazily: the run under test may still hold its files.
        let gone = Command::new("umount").arg("-l").arg(&self.0).status();
        assert!(gone.is_ok_and(|status| status.success()), "umount");
    }
}

/// Writes until nothing more fits.
pub fn fill(folder: &Path) {
    use std::io::Write as _;
    let mut file = fs::File::create(folder.join("filler")).unwrap();
    while file.write_all(&[0; 4096]).is_ok() {}
}
