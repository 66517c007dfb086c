//! IDX: a magic number, the dimensions as big-endian u32, then bytes (yann.lecun.org/exdb/mnist); plain or gzip.

use std::collections::BTreeMap;

use super::super::super::files::{Body, Entry, Kind};
use super::super::super::{DatasetError, Problem, Progress, Set};
use super::super::{Plan, Tree, counted};
use super::{Labelled, MAX_RECORDS, Shelf, add, numbers, within};

/// Files without a telling name that are looked into.
const MAX_LOOKED: usize = 64;

/// Images with their labels, as the listing has them.
#[derive(Clone, Debug, Default)]
pub(in crate::dataset::layout) struct Pairs {
    pairs: Vec<Pair>,
    /// What has no partner or another form.
    problems: Vec<Problem>,
    notices: Vec<String>,
}

#[derive(Clone, Debug)]
struct Pair {
    /// Numbers of the entries.
    images: usize,
    labels: usize,
    name: String,
    given: Option<Set>,
    /// What the header states.
    count: u64,
}

/// The start of an IDX file of bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Header {
    dimensions: Vec<u64>,
}

impl Header {
    /// Bytes before the content.
    fn bytes(&self) -> u64 {
        4 + 4 * self.dimensions.len() as u64
    }
}

/// Reads a header. Errors read as a sentence after the file's name; nothing: it is no such file.
fn header(head: &[u8]) -> Option<Result<Header, String>> {
    let [0, 0, kind, dimensions, rest @ ..] = head else {
        return None;
    };
    if !matches!(kind, 0x08 | 0x09 | 0x0B..=0x0E) || !(1..=8).contains(dimensions) {
        return None;
    }
    if *kind != 0x08 {
        return Some(Err(
            "an IDX file of other numbers than unsigned bytes, which is not read: write it with bytes from 0 to 255".into(),
        ));
    }
    let (sizes, _) = rest.as_chunks::<4>();
    let dimensions = usize::from(*dimensions);
    if sizes.len() < dimensions {
        return Some(Err("the file is cut short: copy it again".into()));
    }
    Some(Ok(Header {
        dimensions: sizes
            .iter()
            .take(dimensions)
            .map(|size| u64::from(u32::from_be_bytes(*size)))
            .collect(),
    }))
}

/// What pairs an images' file with its labels' file: the name without what tells one from the other.
fn key(path: &str) -> String {
    let lower = path.to_ascii_lowercase();
    let plain = lower.strip_suffix(".gz").unwrap_or(&lower);
    let (folder, name) = plain.rsplit_once('/').unwrap_or(("", plain));
    let mut name = name.to_owned();
    for word in [
        "images", "image", "labels", "label", "idx1", "idx2", "idx3", "idx4", "idx", "ubyte",
    ] {
        name = name.replace(word, "");
    }
    let words = name.split(|c: char| !c.is_alphanumeric());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    format!("{folder}/{}", words.join("-"))
}

fn set(key: &str) -> Option<Set> {
    let name = key.rsplit('/').next().unwrap_or(key);
    name.split('-').find_map(|word| match word {
        "t10k" => Some(Set::Test),
        word => Set::from_folder(word),
    })
}

/// The key without its set: files of one data set share it.
fn family(key: &str) -> String {
    let words = key.split('-').map(|word| match word.rsplit_once('/') {
        Some((folder, word)) => (Some(folder), word),
        None => (None, word),
    });
    let rest: Vec<String> = words
        .map(|(folder, word)| {
            let word = if set(word).is_some() { "" } else { word };
            folder.map_or(word.to_owned(), |folder| format!("{folder}/{word}"))
        })
        .collect();
    rest.join("-").trim_matches('-').to_owned()
}

/// The pairs in a listing; `focus`: only the ones of the family of this file.
pub(in crate::dataset::layout) fn pairs(tree: &Tree, focus: Option<&str>) -> Pairs {
    let mut found = Pairs::default();
    let mut images: BTreeMap<String, (usize, Header)> = BTreeMap::new();
    let mut labels: BTreeMap<String, (usize, Header)> = BTreeMap::new();
    let unnamed = |entry: &&(usize, &Entry)| {
        let name = || entry.1.path.rsplit('/').next().unwrap_or_default();
        entry.1.kind == Kind::Other && !name().trim_end_matches(".gz").contains('.')
    };
    let entries = || tree.entries.iter().enumerate();
    let named = entries()
        .filter(|(_, entry)| entry.kind == Kind::Idx || Some(entry.path.as_str()) == focus);
    for (at, entry) in named.chain(entries().filter(|entry| unnamed(&entry)).take(MAX_LOOKED)) {
        // Unpacked and packed side by side, as downloaders leave them: the plain one is used.
        let packed = entry.path.strip_suffix(".gz");
        if packed.is_some_and(|plain| tree.find(plain).is_some()) {
            continue;
        }
        let mut problem = |reason: String| {
            if entry.kind == Kind::Idx {
                let file = entry.path.clone();
                found.problems.push(Problem { file, reason });
            }
        };
        match tree.store.head(entry, 64).map(|head| header(&head)) {
            Err(fault) => problem(fault.to_string()),
            Ok(None) => problem("is no IDX file, whatever its name says: copy it again".into()),
            Ok(Some(Err(reason))) => problem(reason),
            Ok(Some(Ok(header))) => {
                let into = match header.dimensions.len() {
                    1 => &mut labels,
                    3 | 4 => &mut images,
                    count => {
                        problem(format!(
                            "has {count} dimensions: images have 3 or 4, and labels 1"
                        ));
                        continue;
                    }
                };
                into.insert(key(&entry.path), (at, header));
            }
        }
    }
    found.pair(tree, images, labels);
    found.choose_family(tree, focus);
    found
}

impl Pairs {
    fn pair(
        &mut self,
        tree: &Tree,
        images: BTreeMap<String, (usize, Header)>,
        mut labels: BTreeMap<String, (usize, Header)>,
    ) {
        let path = |at: usize| tree.entries.get(at).map_or("", |entry| entry.path.as_str());
        let lonely = images.len() == 1 && labels.len() == 1;
        for (key, (at, header)) in images {
            let partner = match labels.remove(&key) {
                None if lonely => labels.pop_first().map(|(_, partner)| partner),
                partner => partner,
            };
            let Some((partner, _)) = partner else {
                self.problems.push(Problem {
                    file: path(at).to_owned(),
                    reason: "has no file of labels beside it: put it there, named alike with “labels” for “images”".into(),
                });
                continue;
            };
            self.pairs.push(Pair {
                images: at,
                labels: partner,
                given: set(&key),
                count: header.dimensions.first().copied().unwrap_or(0),
                name: key,
            });
        }
        for (_, (at, _)) in labels {
            self.problems.push(Problem {
                file: path(at).to_owned(),
                reason: "has no file of images beside it: put it there, named alike with “images” for “labels”".into(),
            });
        }
    }

    /// Keeps one data set where a folder holds several (EMNIST's letters and digits), and names the records.
    fn choose_family(&mut self, tree: &Tree, focus: Option<&str>) {
        let is_focus = |pair: &Pair| {
            [pair.images, pair.labels]
                .iter()
                .any(|&at| tree.entries.get(at).map(|entry| entry.path.as_str()) == focus)
        };
        let mut families: BTreeMap<String, usize> = BTreeMap::new();
        for pair in &self.pairs {
            *families.entry(family(&pair.name)).or_default() += 1;
        }
        let wanted = self.pairs.iter().find(|pair| is_focus(pair));
        let chosen = wanted
            .map(|pair| family(&pair.name))
            .or_else(|| families.keys().next().cloned());
        if let (Some(chosen), None, true) = (&chosen, focus, families.len() > 1) {
            self.notices.push(format!(
                "The folder holds {} data sets of IDX files; “{}” is opened: to open another, choose one of its files",
                families.len(),
                chosen.trim_matches('/')
            ));
        }
        self.pairs.retain(|pair| Some(family(&pair.name)) == chosen);
        // The folder says nothing where all lie in one.
        let folder = |name: &str| name.rsplit_once('/').map(|(folder, _)| folder.to_owned());
        let first = self.pairs.first().and_then(|pair| folder(&pair.name));
        let one = self.pairs.iter().all(|pair| folder(&pair.name) == first);
        for pair in &mut self.pairs {
            if one && let Some((_, name)) = pair.name.rsplit_once('/') {
                pair.name = name.to_owned();
            }
            pair.name = pair.name.trim_matches(['/', '-']).to_owned();
            if pair.name.is_empty() {
                pair.name = "images".into();
            }
        }
        let others = |set: Option<Set>| set.is_some_and(|set| set != Set::Train);
        if !self.pairs.iter().any(|pair| others(pair.given)) {
            for pair in &mut self.pairs {
                pair.given = None;
            }
        }
    }

    /// Stated images, before a file is read to its end; 0: there is nothing to open.
    pub fn count(&self) -> usize {
        let stated: u64 = self
            .pairs
            .iter()
            .map(|pair| pair.count.min(MAX_RECORDS))
            .sum();
        usize::try_from(stated).unwrap_or(usize::MAX)
    }

    /// The names of the parts.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.pairs.iter().map(|pair| pair.name.as_str())
    }

    /// What is wrong with them, for an error.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Reads the labels and finds every picture.
    pub fn plan(self, tree: &Tree, progress: &Progress) -> Result<Plan, DatasetError> {
        let mut plan = Plan {
            problems: self.problems,
            notices: self.notices,
            ..Plan::default()
        };
        let mut read = Vec::new();
        for pair in &self.pairs {
            let (Some(images), Some(labels)) =
                (tree.entries.get(pair.images), tree.entries.get(pair.labels))
            else {
                continue;
            };
            let labels = match content(tree, labels, progress)? {
                Ok((header, body)) => all(labels, &header, &body, &mut plan),
                Err(problem) => {
                    plan.problems.push(problem);
                    continue;
                }
            };
            match content(tree, images, progress)? {
                Ok((header, body)) => match shelf(images, &header, body, &mut plan) {
                    Some((shelf, count)) => read.push((pair, images, shelf, count, labels)),
                    None => continue,
                },
                Err(problem) => plan.problems.push(problem),
            }
        }
        let most = read.iter().flat_map(|(.., labels)| labels).max().copied();
        let names = numbers(most.unwrap_or(0));
        for (pair, images, shelf, count, labels) in read {
            let both = count.min(labels.len());
            if count != labels.len() {
                let images = counted(count, "image");
                let labels = counted(labels.len(), "label");
                plan.notices.push(format!(
                    "{}: {images} and {labels}: the first {both} are used",
                    pair.name
                ));
            }
            let records = Labelled {
                name: &pair.name,
                given: pair.given,
                labels: labels.get(..both).unwrap_or_default(),
                modified: images.modified,
            };
            add(&mut plan, shelf, &records, &names);
        }
        Ok(plan)
    }
}

type Content = Result<(Header, Body), Problem>;

/// Opens an IDX file; the inner error is one file's, the outer one ends the opening.
fn content(tree: &Tree, entry: &Entry, progress: &Progress) -> Result<Content, DatasetError> {
    let problem = |reason: String| Problem {
        file: entry.path.clone(),
        reason,
    };
    let body = match tree.store.body(entry, progress) {
        Ok(body) => body,
        Err(DatasetError::Cancelled) => return Err(DatasetError::Cancelled),
        Err(error) => return Ok(Err(problem(error.to_string()))),
    };
    let mut head = vec![0; usize::try_from(body.bytes.min(64)).unwrap_or(0)];
    if let Err(fault) = body.read(&mut head, 0) {
        return Ok(Err(problem(fault.to_string())));
    }
    Ok(match header(&head) {
        Some(Ok(header)) => Ok((header, body)),
        Some(Err(reason)) => Err(problem(reason)),
        None => Err(problem(
            "is no IDX file any more: open the data again".into(),
        )),
    })
}

/// All labels that there are.
fn all(entry: &Entry, header: &Header, body: &Body, plan: &mut Plan) -> Vec<u8> {
    let there = body.bytes.saturating_sub(header.bytes());
    let stated = header.dimensions.first().copied().unwrap_or(0);
    if there < stated {
        let file = entry.path.clone();
        let reason =
            format!("states {stated} labels and holds {there}: it is cut short; copy it again");
        plan.problems.push(Problem { file, reason });
    }
    let count = stated.min(there).min(MAX_RECORDS);
    let mut labels = vec![0; usize::try_from(count).unwrap_or(0)];
    if let Err(fault) = body.read(&mut labels, header.bytes()) {
        let file = entry.path.clone();
        let reason = fault.to_string();
        plan.problems.push(Problem { file, reason });
        labels.clear();
    }
    labels
}

/// The pictures of a file, and how many there are.
fn shelf(entry: &Entry, header: &Header, body: Body, plan: &mut Plan) -> Option<(Shelf, usize)> {
    let mut problem = |reason: String| {
        let file = entry.path.clone();
        plan.problems.push(Problem { file, reason });
    };
    let (stated, height, width, channels, planar) = match *header.dimensions.as_slice() {
        [count, height, width] => (count, height, width, 1, false),
        [count, height, width, channels @ (1 | 3)] => (count, height, width, channels, false),
        [count, channels @ (1 | 3), height, width] => (count, height, width, channels, true),
        _ => {
            problem("has neither 1 nor 3 channels, so it holds no pictures".into());
            return None;
        }
    };
    let Some((width, height)) = within(width, height) else {
        problem(format!(
            "states pictures of {width}×{height} pixels, which cannot be: copy it again"
        ));
        return None;
    };
    let stride = u64::from(width) * u64::from(height) * channels;
    let there = body.bytes.saturating_sub(header.bytes()) / stride;
    if there < stated {
        problem(format!(
            "states {stated} pictures and holds {there}: it is cut short; copy it again"
        ));
    }
    let count = stated.min(there).min(MAX_RECORDS);
    let shelf = Shelf {
        start: header.bytes(),
        body,
        stride,
        width,
        height,
        channels: u8::try_from(channels).unwrap_or(1),
        planar,
    };
    Some((shelf, usize::try_from(count).unwrap_or(0)))
}
