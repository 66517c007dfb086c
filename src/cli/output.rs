//! What the terminal shows: progress bars for people, tables, and one place for errors.

use std::borrow::Cow;
use std::io::{ErrorKind, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use thiserror::Error;

use crate::dataset::Progress;
use crate::project::{OpenRun, atomic};
use crate::results::{Confusion, Evaluation};

/// Nobody is left to answer.
pub const ENGINE_GONE: &str = "the engine ended by a fault of its own; start the command again";

/// A failure that has been told as JSON already.
#[derive(Debug, Error)]
#[error("{0}")]
pub struct Told(pub String);

/// Nobody reads standard output any more, and a training that is under way is to end in order.
static READER_GONE: AtomicBool = AtomicBool::new(false);
static OUTLIVE_READER: AtomicBool = AtomicBool::new(false);

/// Something was written to standard output.
static ANSWERED: AtomicBool = AtomicBool::new(false);

/// Whether anything was written to standard output.
pub fn has_answered() -> bool {
    ANSWERED.load(Ordering::Relaxed)
}

/// Writes a line to standard output. A reader that has gone away ends the program quietly, as other tools do, but not
/// a training: see [`outlive_reader`].
pub fn line(text: &str) {
    ANSWERED.store(true, Ordering::Relaxed);
    let Err(error) = writeln!(std::io::stdout(), "{}", harmless(text)) else {
        return;
    };
    let first = !READER_GONE.swap(true, Ordering::Relaxed);
    let full = error.kind() != ErrorKind::BrokenPipe;
    if full && first {
        complain(&format!(
            "the output cannot be written: {}",
            atomic::explain(&error)
        ));
    }
    if !OUTLIVE_READER.load(Ordering::Relaxed) {
        std::process::exit(i32::from(full));
    }
}

/// From now on the program goes on without a reader, until [`reader_gone`] is seen: `mapsto train DATA | head` must not
/// lose the epoch that it is in.
pub fn outlive_reader() {
    OUTLIVE_READER.store(true, Ordering::Relaxed);
}

/// Whether what is written reaches nobody.
pub fn reader_gone() -> bool {
    READER_GONE.load(Ordering::Relaxed)
}

/// Without signs that command a terminal or turn the direction of writing, which names of files may have; as they are
/// written in JSON.
fn harmless(text: &str) -> Cow<'_, str> {
    let harms = |c: char| {
        let turns = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        turns || (c.is_control() && c != '\n' && c != '\t')
    };
    if !text.contains(harms) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::new();
    for letter in text.chars() {
        match harms(letter) {
            true => safe.push_str(&format!("\\u{:04x}", u32::from(letter))),
            false => safe.push(letter),
        }
    }
    Cow::Owned(safe)
}

/// Writes an error to standard error.
pub fn complain(message: &str) {
    let text = format!("mapsto: {}\n", harmless(message));
    // Standard error closed: there is nobody left to tell.
    std::io::stderr().write_all(text.as_bytes()).ok();
}

/// Tells on standard error what is wrong with a run that can be used all the same.
pub fn damage(run: &OpenRun) {
    for damage in &run.damage {
        complain(&damage.message);
    }
}

/// A bar on a terminal, nothing elsewhere.
pub fn bar(quiet: bool, what: &str) -> ProgressBar {
    if quiet || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(1000);
    if let Ok(style) = ProgressStyle::with_template("{prefix:.bold} {wide_bar} {msg}") {
        bar.set_style(style.progress_chars("━━─"));
    }
    bar.set_prefix(what.to_owned());
    bar
}

/// Runs `work` on a thread of its own while its progress shows.
pub fn with_bar<T: Send>(
    quiet: bool,
    what: &str,
    work: impl FnOnce(&Progress) -> T + Send,
) -> anyhow::Result<T> {
    let progress = Progress::default();
    let bar = bar(quiet, what);
    let result = std::thread::scope(|scope| {
        let worker = scope.spawn(|| work(&progress));
        while !worker.is_finished() {
            if let Some(fraction) = progress.fraction() {
                bar.set_position((f64::from(fraction) * 1000.0) as u64);
            }
            bar.set_message(format!("{} of {}", progress.done(), progress.total()));
            std::thread::sleep(Duration::from_millis(20));
        }
        worker.join()
    });
    bar.finish_and_clear();
    result.map_err(|_panic| anyhow::anyhow!("{what} broke off by a fault in mapsto"))
}

/// A fraction as people read it: `95.4 %`.
pub fn percent(fraction: f64) -> String {
    format!("{:.1} %", fraction * 100.0)
}

/// Columns that a letter takes on a terminal: two for Chinese, Japanese, Korean and pictures, none
/// for marks that combine with the letter before.
fn columns(letter: char) -> usize {
    match u32::from(letter) {
        0x0300..=0x036f | 0x200b..=0x200f | 0xfe00..=0xfe0f => 0,
        0x1100..=0x115f | 0x2e80..=0xa4cf | 0xac00..=0xd7a3 | 0xf900..=0xfaff => 2,
        0xfe30..=0xfe6f | 0xff00..=0xff60 | 0xffe0..=0xffe6 | 0x1f300..=0x1faff => 2,
        0x20000..=0x3fffd => 2,
        _ => 1,
    }
}

fn width_of(text: &str) -> usize {
    text.chars().map(columns).sum()
}

/// A name cut to `width` columns.
fn cut(name: &str, width: usize) -> String {
    if width_of(name) <= width {
        return name.to_owned();
    }
    let mut used = 1;
    let fits = |letter: &char| {
        used += columns(*letter);
        used <= width
    };
    let head: String = name.chars().take_while(fits).collect();
    format!("{head}…")
}

/// A name cut or filled up to `width` columns.
pub fn left(name: &str, width: usize) -> String {
    let name = cut(name, width);
    let room = " ".repeat(width.saturating_sub(width_of(&name)));
    format!("{name}{room}")
}

fn right(name: &str, width: usize) -> String {
    let name = cut(name, width.saturating_sub(1));
    let room = " ".repeat(width.saturating_sub(width_of(&name)));
    format!("{room}{name}")
}

/// Accuracy, the confusion matrix (where it fits a terminal) and the figures of each class.
pub fn evaluation(evaluation: &Evaluation, title: &str) {
    let confusion = evaluation.confusion();
    line(&format!(
        "{title}: accuracy {}, loss {:.4}, {} images",
        percent(evaluation.accuracy()),
        evaluation.loss,
        evaluation.rows.len()
    ));
    if confusion.len() <= 20 {
        matrix(&confusion);
    }
    line("");
    line(&format!(
        "{:<20} {:>9} {:>9} {:>9} {:>9}",
        "class", "precision", "recall", "F1", "support"
    ));
    for figures in confusion.per_class() {
        line(&format!(
            "{} {:>9.3} {:>9.3} {:>9.3} {:>9}",
            left(&figures.class, 20),
            figures.precision,
            figures.recall,
            figures.f1,
            figures.support
        ));
    }
}

fn matrix(confusion: &Confusion) {
    // Names whole, where the table stays within a usual terminal.
    const TERMINAL: usize = 80;
    let largest = confusion.counts().iter().max().copied().unwrap_or(0);
    let names = confusion.classes().iter().map(|class| width_of(class));
    let room = (TERMINAL - 14) / confusion.len().max(1);
    let width = names.max().unwrap_or(0).saturating_add(1).min(room);
    let width = width.max(largest.to_string().len().max(6) + 1);
    line("");
    let mut head = format!("{:<14}", "true ↓ pred →");
    for class in confusion.classes() {
        head.push_str(&right(class, width));
    }
    line(&head);
    for (truth, class) in confusion.classes().iter().enumerate() {
        let mut row = left(class, 13) + " ";
        for predicted in 0..confusion.len() {
            match confusion.at(truth, predicted) {
                0 => row.push_str(&format!("{:>width$}", "·")),
                count => row.push_str(&format!("{count:>width$}")),
            }
        }
        line(&row);
    }
}
