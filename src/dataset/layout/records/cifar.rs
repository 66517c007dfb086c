//! CIFAR's binary batches: a label (CIFAR-100: coarse, then fine) and 3,072 bytes, red, green, blue, for each picture
//! (www.cs.toronto.edu/~kriz/cifar.html).

use super::super::super::files::{Body, Entry, Kind};
use super::super::super::{DatasetError, Problem, Progress, Set};
use super::super::{Plan, Tree, counted};
use super::{Labelled, MAX_RECORDS, Shelf, add};

const SIDE: u32 = 32;
const PIXELS: u64 = 3 * 32 * 32;

/// The batches of a listing.
#[derive(Clone, Debug, Default)]
pub(in crate::dataset::layout) struct Batches {
    /// Numbers of the entries, with the name of their records and their set.
    files: Vec<(usize, String, Option<Set>)>,
    /// CIFAR-100, with two labels.
    pub hundred: bool,
    /// The folder in which they lie.
    folder: String,
}

/// What a batch's name says.
fn named(name: &str) -> Option<(bool, Set)> {
    let lower = name.to_ascii_lowercase();
    let stem = lower.strip_suffix(".bin")?;
    match stem {
        "train" => Some((true, Set::Train)),
        "test" => Some((true, Set::Test)),
        "test_batch" => Some((false, Set::Test)),
        _ => stem.strip_prefix("data_batch").map(|_| (false, Set::Train)),
    }
}

/// Finds the batches: all in the folder of the first; `focus`: in the folder of this file.
pub(in crate::dataset::layout) fn batches(tree: &Tree, focus: Option<&str>) -> Option<Batches> {
    let split = |path: &str| match path.rsplit_once('/') {
        Some((folder, name)) => (folder.to_owned(), name.to_owned()),
        None => (String::new(), path.to_owned()),
    };
    let first = tree.entries.iter().find(|entry| {
        focus.is_none_or(|focus| entry.path == focus)
            && entry.kind == Kind::Batch
            && named(&split(&entry.path).1).is_some()
    })?;
    let (folder, name) = split(&first.path);
    let (hundred, _) = named(&name)?;
    let mut batches = Batches {
        files: Vec::new(),
        hundred,
        folder: folder.clone(),
    };
    for (at, entry) in tree.entries.iter().enumerate() {
        if entry.kind != Kind::Batch {
            continue;
        }
        let (other, name) = split(&entry.path);
        if let Some((kind, set)) = named(&name)
            && other == folder
            && kind == hundred
        {
            let stem = name
                .rsplit_once('.')
                .map_or(name.clone(), |(stem, _)| stem.to_owned());
            batches.files.push((at, stem, Some(set)));
        }
    }
    if batches
        .files
        .iter()
        .all(|(.., set)| *set == Some(Set::Train))
    {
        for (.., set) in &mut batches.files {
            *set = None;
        }
    }
    // `train.bin` may be anything: its size tells.
    let fits = |entry: &Entry| {
        let record = PIXELS + batches.label_bytes();
        entry.bytes >= record
            && (!hundred
                || entry.bytes.is_multiple_of(record)
                || batches.names_file(tree, false).is_some())
    };
    fits(first).then_some(batches)
}

/// Python's version of the same, which is not read: to say so.
pub(in crate::dataset::layout) fn is_pickle(name: &str) -> bool {
    let name = name.rsplit('/').next().unwrap_or(name);
    name == "test_batch"
        || name
            .strip_prefix("data_batch_")
            .is_some_and(|rest| rest.len() == 1)
}

impl Batches {
    fn label_bytes(&self) -> u64 {
        if self.hundred { 2 } else { 1 }
    }

    /// Pictures by the sizes of the files.
    pub fn count(&self, tree: &Tree) -> usize {
        let bytes = |at: usize| tree.entries.get(at).map_or(0, |entry| entry.bytes);
        let record = PIXELS + self.label_bytes();
        let count: u64 = self
            .files
            .iter()
            .map(|(at, ..)| (bytes(*at) / record).min(MAX_RECORDS))
            .sum();
        usize::try_from(count).unwrap_or(usize::MAX)
    }

    fn names_file<'a>(&self, tree: &'a Tree, coarse: bool) -> Option<&'a Entry> {
        let name = match (self.hundred, coarse) {
            (false, _) => "batches.meta.txt",
            (true, false) => "fine_label_names.txt",
            (true, true) => "coarse_label_names.txt",
        };
        let path = if self.folder.is_empty() {
            name.to_owned()
        } else {
            format!("{}/{name}", self.folder)
        };
        tree.entries.get(tree.find(&path)?)
    }

    /// The names as their file has them.
    fn written_names(&self, tree: &Tree, coarse: bool) -> Vec<String> {
        let text = self.names_file(tree, coarse).and_then(|entry| {
            let head = tree.store.head(entry, 1 << 16).ok()?;
            String::from_utf8(head).ok()
        });
        let lines = text.as_deref().unwrap_or_default().lines();
        lines
            .map(|line| line.trim().to_owned())
            .filter(|line| !line.is_empty())
            .take(256)
            .collect()
    }

    /// The names of the classes, by label; numbers where there is no file with names.
    pub fn names(&self, tree: &Tree, coarse: bool) -> Vec<String> {
        let count = match (self.hundred, coarse) {
            (false, _) => 10,
            (true, false) => 100,
            (true, true) => 20,
        };
        let names = self.written_names(tree, coarse);
        if names.len() == count {
            names
        } else {
            super::numbers(u8::try_from(count - 1).unwrap_or(u8::MAX))
        }
    }

    /// Reads the labels and finds every picture; `coarse`: of CIFAR-100's two labels the first.
    pub fn plan(
        &self,
        tree: &Tree,
        coarse: bool,
        progress: &Progress,
    ) -> Result<Plan, DatasetError> {
        let mut plan = Plan::default();
        let names = self.names(tree, coarse);
        let written = self.written_names(tree, coarse).len();
        if let Some(file) = self.names_file(tree, coarse)
            && written != names.len()
        {
            plan.notices.push(format!(
                "{} names {} where {} are needed: the classes are numbers",
                file.path,
                counted(written, "class"),
                names.len()
            ));
        }
        if self.names_file(tree, coarse).is_none() {
            plan.notices.push("The file with the names of the classes is not beside the batches: the classes are numbers".into());
        }
        for (at, name, given) in &self.files {
            let Some(entry) = tree.entries.get(*at) else {
                continue;
            };
            let body = match tree.store.body(entry, progress) {
                Ok(body) => body,
                Err(DatasetError::Cancelled) => return Err(DatasetError::Cancelled),
                Err(error) => {
                    problem(&mut plan, entry, error.to_string());
                    continue;
                }
            };
            let record = PIXELS + self.label_bytes();
            let over = body.bytes % record;
            if over > 0 {
                let reason = format!(
                    "is cut short in its last picture ({over} of {record} bytes): copy it again"
                );
                problem(&mut plan, entry, reason);
            }
            let label_at = u64::from(self.hundred && !coarse);
            match labels(&body, record, label_at, progress)? {
                Ok(labels) => {
                    let records = Labelled {
                        name,
                        given: *given,
                        labels: &labels,
                        modified: entry.modified,
                    };
                    self.add(&mut plan, entry, body, &records, &names);
                }
                Err(reason) => problem(&mut plan, entry, reason),
            }
        }
        Ok(plan)
    }

    fn add(
        &self,
        plan: &mut Plan,
        entry: &Entry,
        body: Body,
        records: &Labelled<'_>,
        names: &[String],
    ) {
        let shelf = Shelf {
            start: self.label_bytes(),
            body,
            stride: PIXELS + self.label_bytes(),
            width: SIDE,
            height: SIDE,
            channels: 3,
            planar: true,
        };
        let strange = add(plan, shelf, records, names);
        if strange > 0 {
            let reason = format!(
                "{} with a label above {} left out: is it really a batch of CIFAR-{}?",
                counted(strange, "picture"),
                names.len() - 1,
                if self.hundred { 100 } else { 10 }
            );
            problem(plan, entry, reason);
        }
    }
}

fn problem(plan: &mut Plan, entry: &Entry, reason: String) {
    let file = entry.path.clone();
    plan.problems.push(Problem { file, reason });
}

/// One label of each record.
fn labels(
    body: &Body,
    record: u64,
    label_at: u64,
    progress: &Progress,
) -> Result<Result<Vec<u8>, String>, DatasetError> {
    // Whole stretches at a time: a request for each byte would take longer than the bytes between them.
    const STRETCH: u64 = 256;
    let count = (body.bytes / record).min(MAX_RECORDS);
    let mut labels = Vec::new();
    let mut first = 0;
    while first < count {
        if progress.cancelled() {
            return Err(DatasetError::Cancelled);
        }
        let here = STRETCH.min(count - first);
        let mut bytes = vec![0; usize::try_from(here * record).unwrap_or(0)];
        if let Err(fault) = body.read(&mut bytes, first * record) {
            return Ok(Err(fault.to_string()));
        }
        let step = usize::try_from(record).unwrap_or(usize::MAX);
        let start = usize::try_from(label_at).unwrap_or(0);
        labels.extend(bytes.iter().skip(start).step_by(step));
        first += here;
    }
    Ok(Ok(labels))
}
