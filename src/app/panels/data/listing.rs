//! A list of images, group by group where it has groups: a class, what a finding is about, what was changed.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::app::desk::Since;
use crate::app::view::View;
use crate::dataset::{Dataset, Finding, Health, Kind, Splits};

use super::index::Index;

/// What fills the panel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Open {
    /// By name: numbers of classes change with the data.
    Class(String),
    /// By key and kind: the key changes with the files that it is about.
    Finding(String, Kind),
    Changed,
    /// What is different since the run of that folder.
    Since(PathBuf),
}

/// Images in order, and where groups begin.
pub struct Listing {
    open: Open,
    dataset: Arc<Dataset>,
    splits: Arc<Splits>,
    health: Option<Arc<Health>>,
    pub title: String,
    /// Under the title; empty for a class.
    pub advice: String,
    pub images: Vec<usize>,
    /// Places in `images` where groups begin; empty without groups.
    pub groups: Vec<usize>,
    /// What the groups are called; numbers where this is empty.
    pub names: Vec<&'static str>,
    since: Option<Arc<Since>>,
    /// Each image tells its class and file.
    pub captions: bool,
}

impl Listing {
    /// The list of what is open; `None` where that is no more.
    pub fn of(view: &View<'_>, index: &Index, open: &Open) -> Option<Self> {
        let (dataset, splits) = view.data.ready()?;
        let mut listing = Self {
            open: open.clone(),
            dataset: dataset.clone(),
            splits: splits.clone(),
            health: view.desk.health.clone(),
            title: String::new(),
            advice: String::new(),
            images: Vec::new(),
            groups: Vec::new(),
            names: Vec::new(),
            since: None,
            captions: true,
        };
        match open {
            Open::Class(name) => {
                let class = dataset.classes.binary_search(name).ok()?;
                listing.title.clone_from(name);
                listing.images = index.of_class(class).to_vec();
                listing.captions = false;
            }
            Open::Finding(key, kind) => {
                let health = listing.health.clone()?;
                listing.take_finding(find(&health, key, *kind)?);
            }
            Open::Changed => listing.take_changed(view)?,
            Open::Since(run) => listing.take_since(view, run)?,
        }
        Some(listing)
    }

    pub fn is_of(&self, view: &View<'_>, open: &Open) -> bool {
        let same_health = match (&self.health, &view.desk.health) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            (None, None) => true,
            _ => false,
        };
        let same_data = view.data.ready().is_some_and(|(dataset, splits)| {
            Arc::ptr_eq(dataset, &self.dataset) && Arc::ptr_eq(splits, &self.splits)
        });
        let same_since = match (&self.since, open) {
            (Some(since), Open::Since(run)) => {
                let now = view.desk.since(run);
                now.is_some_and(|now| Arc::ptr_eq(now, since))
            }
            _ => true,
        };
        self.open == *open && same_health && same_data && same_since
    }

    fn take_finding(&mut self, finding: &Finding) {
        self.title.clone_from(&finding.title);
        self.advice.clone_from(&finding.advice);
        if finding.groups.is_empty() {
            self.images.clone_from(&finding.images);
            return;
        }
        for group in finding.groups.iter() {
            self.groups.push(self.images.len());
            self.images.extend_from_slice(group);
        }
    }

    fn take_changed(&mut self, view: &View<'_>) -> Option<()> {
        let changes = &view.desk.changes;
        if changes.leave_images() {
            return None;
        }
        self.title = "Changed by you".to_owned();
        self.advice = format!("{}; the files are as they were", changes.describe());
        let files = changes.excluded.iter();
        let files = files
            .chain(changes.relabelled.keys())
            .chain(changes.moved.keys());
        let mut images: Vec<usize> = files
            .filter_map(|file| self.dataset.index_of(file))
            .collect();
        images.sort_unstable();
        images.dedup();
        self.images = images;
        Some(())
    }

    fn take_since(&mut self, view: &View<'_>, run: &Path) -> Option<()> {
        let since = view.desk.since(run)?;
        let same = Arc::ptr_eq(&since.dataset, &self.dataset);
        // Until the comparison with the newest images is there, the last one stands.
        let now = |index: &usize| {
            if same {
                return Some(*index);
            }
            self.dataset
                .index_of(&since.dataset.images.get(*index)?.file)
        };
        self.title = since.describe();
        self.advice = since.gone_words();
        for (name, images) in since.groups() {
            self.groups.push(self.images.len());
            self.names.push(name);
            let images: Vec<usize> = images.iter().filter_map(now).collect();
            self.images.extend(images);
        }
        self.since = Some(since.clone());
        Some(())
    }

    /// The places of a group's images, by its number.
    pub fn group(&self, number: usize) -> std::ops::Range<usize> {
        let end = self.groups.get(number + 1).copied();
        let start = self.groups.get(number).copied().unwrap_or(0);
        start..end.unwrap_or(self.images.len())
    }
}

/// The finding of this key; else, where its files have changed, the one of this kind.
pub fn find<'a>(health: &'a Health, key: &str, kind: Kind) -> Option<&'a Finding> {
    let findings = &health.findings;
    let by_key = findings.iter().find(|finding| finding.key == key);
    by_key.or_else(|| findings.iter().find(|finding| finding.kind == kind))
}
