//! A folder to work in, with tiny images, and the binary run there.

use std::fs;
use std::io::{BufRead, BufReader, Lines};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use image::{GrayImage, Luma};
use serde_json::Value;

/// Convolution, batch norm, dropout and a dense layer on 8×8 grey images.
pub const SMALL: &str = r#"
[[layers]]
kind = "input"
height = 8
width = 8
channels = 1

[[layers]]
kind = "conv2d"
filters = 4
kernel = [3, 3]

[[layers]]
kind = "batch_norm"

[[layers]]
kind = "activation"
function = "relu"

[[layers]]
kind = "flatten"

[[layers]]
kind = "dropout"
rate = 0.25

[[layers]]
kind = "dense"
units = 2
activation = "softmax"
"#;

/// A working folder of its own: commands run in it, so that `runs` and relative paths are there.
pub struct Desk(tempfile::TempDir);

/// What a command left behind. That it did not panic is checked already.
#[derive(Debug)]
pub struct Out {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Desk {
    pub fn new() -> Self {
        let desk = Self(tempfile::tempdir().unwrap());
        fs::write(desk.path("small.toml"), SMALL).unwrap();
        desk
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Two classes that a small network tells apart: `each` dark and `each` bright images of 8×8 pixels.
    pub fn two_classes(&self, folder: &str, each: usize) {
        self.class(folder, "bright", each, 200);
        self.class(folder, "dark", each, 40);
    }

    pub fn class(&self, folder: &str, class: &str, images: usize, grey: u8) {
        let place = self.path(folder).join(class);
        fs::create_dir_all(&place).unwrap();
        for number in 0..images {
            let noise = |x: u32, y: u32| ((x * 7 + y * 13 + number as u32 * 29) % 40) as u8;
            let image = GrayImage::from_fn(8, 8, |x, y| Luma([grey + noise(x, y)]));
            image.save(place.join(format!("{number:03}.png"))).unwrap();
        }
    }

    /// A command line without quotes.
    pub fn run(&self, words: &str) -> Out {
        let words: Vec<&str> = words.split_whitespace().collect();
        self.run_all(&words)
    }

    pub fn run_all(&self, words: &[&str]) -> Out {
        let output = self.command(words).output().unwrap();
        Out::of(
            output.status.code(),
            String::from_utf8(output.stdout).unwrap(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    }

    /// `train DATA` of the small network on the CPU, with what `more` says.
    pub fn train(&self, data: &str, more: &str) -> Out {
        self.run(&format!(
            "train {data} --network small.toml --device cpu --epochs 2 --json {more}"
        ))
    }

    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mapsto"));
        for display in [
            "DISPLAY",
            "WAYLAND_DISPLAY",
            "WAYLAND_SOCKET",
            "RUST_BACKTRACE",
        ] {
            command.env_remove(display);
        }
        command.env("MAPSTO_HOME", self.path("home"));
        command.args(words).current_dir(self.0.path());
        command.stdin(Stdio::null());
        command
    }

    /// A training in the background.
    pub fn start(&self, words: &str) -> Running {
        let words: Vec<&str> = words.split_whitespace().collect();
        let mut command = self.command(&words);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let stderr = child.stderr.take().unwrap();
        Running {
            child,
            lines,
            stderr,
            told: String::new(),
        }
    }

    /// A training that goes on for a long time, after its first epoch.
    pub fn start_long(&self, data: &str) -> Running {
        let mut running = self.start(&format!(
            "train {data} --network dropout-mlp --device cpu --epochs 100000 --json"
        ));
        running.wait_for("\"event\":\"epoch\"");
        running
    }

    /// The only run, or the one with that number.
    pub fn listed(&self, number: u64) -> Value {
        let runs = self.run("runs --json").succeeded().json();
        let runs = runs.as_array().unwrap();
        let found = runs.iter().find(|run| run["number"] == number);
        found
            .unwrap_or_else(|| panic!("no run {number} in {runs:?}"))
            .clone()
    }
}

impl Out {
    fn of(code: Option<i32>, stdout: String, stderr: String) -> Self {
        for text in [&stdout, &stderr] {
            for word in ["panicked at", "RUST_BACKTRACE", "(os error"] {
                assert!(!text.contains(word), "{word} in {text}");
            }
        }
        Self {
            code,
            stdout,
            stderr,
        }
    }

    #[track_caller]
    pub fn succeeded(self) -> Self {
        assert_eq!(self.code, Some(0), "{self:?}");
        self
    }

    /// Ended with status 1, and each of `words` is in the message.
    #[track_caller]
    pub fn failed(self, words: &[&str]) -> Self {
        assert_eq!(self.code, Some(1), "{self:?}");
        let told = format!("{}{}", self.stdout, self.stderr);
        for word in words {
            assert!(told.contains(word), "no “{word}” in {told}");
        }
        self
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// One JSON object a line.
    pub fn events(&self) -> Vec<Value> {
        let event =
            |line: &str| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        self.stdout.lines().map(event).collect()
    }

    pub fn last_event(&self) -> Value {
        self.events().pop().unwrap()
    }
}

pub struct Running {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    stderr: ChildStderr,
    told: String,
}

impl Running {
    /// Reads until a line holds `wanted`.
    pub fn wait_for(&mut self, wanted: &str) {
        for line in self.lines.by_ref() {
            let line = line.unwrap();
            let found = line.contains(wanted);
            self.told.push_str(&line);
            self.told.push('\n');
            if found {
                return;
            }
        }
        let mut complaint = String::new();
        std::io::Read::read_to_string(&mut self.stderr, &mut complaint).unwrap();
        panic!("it ended without “{wanted}”: {}{complaint}", self.told);
    }

    /// Sends `INT` or `KILL`.
    pub fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status();
        assert!(sent.unwrap().success());
    }

    /// Waits for its end, a minute at most.
    pub fn end(mut self) -> Out {
        let start = Instant::now();
        for line in self.lines.by_ref() {
            self.told.push_str(&line.unwrap());
            self.told.push('\n');
            if start.elapsed() > Duration::from_secs(60) {
                self.child.kill().unwrap();
                panic!("it did not end: {}", self.told);
            }
        }
        let mut stderr = String::new();
        std::io::Read::read_to_string(&mut self.stderr, &mut stderr).unwrap();
        let status = self.child.wait().unwrap();
        Out::of(status.code(), std::mem::take(&mut self.told), stderr)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Ended already, unless the test failed.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Cuts a file to half its length.
pub fn cut_in_half(path: &Path) {
    let length = fs::metadata(path).unwrap().len();
    let file = fs::OpenOptions::new().write(true).open(path).unwrap();
    file.set_len(length / 2).unwrap();
}
