//! One thing that the health report found, what may be done about it, and what it takes off the score.
//!
//! The score is 100 · Π (1 − cost), rounded down, over the findings that are not accepted. The cost of a finding is
//! its weight (the most that its kind can take) times the square root of the share of images, classes or files that
//! it concerns: a tenth of a set spoilt costs a third of the whole, and one file of a thousand a thirtieth. What is
//! only told costs nothing.

use serde::{Deserialize, Serialize};

use super::groups::Groups;
use crate::dataset::{Dataset, Problem, Set};

/// What a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The same picture, or nearly, in two sets.
    Leak,
    /// The same picture under two labels, as one file or saved again.
    Conflict,
    /// Pictures that look alike under two labels.
    AlikeConflict,
    /// Look-alikes that are not kept on one side.
    Apart,
    /// A class without an image to learn from.
    NotLearned,
    /// Files that cannot be read.
    Unreadable,
    /// Classes of very different size.
    Imbalance,
    /// Class folders without a usable image.
    EmptyClass,
    /// Classes of few images.
    TinyClass,
    /// Files of equal content.
    Duplicates,
    /// Pictures that look alike.
    NearDuplicates,
    /// Pictures of one colour.
    Blank,
    /// Pictures of 16 bits that use few of them.
    Narrow,
    /// What resizing to the network's input changes.
    Resizing,
    /// Pictures smaller than the network's input.
    Enlarged,
    /// Very long or very high pictures.
    Strips,
    /// Grey and colour, or other ways to keep colours, in one set.
    Modes,
    /// Names that end as another format's do.
    Misnamed,
    /// Classes that no set checks.
    NotChecked,
    /// Pictures that their EXIF data turns.
    Turned,
    /// Files of several pictures.
    Animated,
    /// Documents and other files that are no images.
    Beside,
    /// Mean and deviation of the colours.
    Colours,
    /// All classes are named as sets or as parts of one.
    SetNames,
}

impl Kind {
    /// Its name in keys and for programs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Leak => "leak",
            Self::Conflict => "conflict",
            Self::AlikeConflict => "alike-conflict",
            Self::Apart => "apart",
            Self::NotLearned => "not-learned",
            Self::Unreadable => "unreadable",
            Self::Imbalance => "imbalance",
            Self::EmptyClass => "empty-class",
            Self::TinyClass => "tiny-class",
            Self::Duplicates => "duplicates",
            Self::NearDuplicates => "near-duplicates",
            Self::Blank => "blank",
            Self::Narrow => "narrow",
            Self::Resizing => "resizing",
            Self::Enlarged => "enlarged",
            Self::Strips => "strips",
            Self::Modes => "modes",
            Self::Misnamed => "misnamed",
            Self::NotChecked => "not-checked",
            Self::Turned => "turned",
            Self::Animated => "animated",
            Self::Beside => "beside",
            Self::Colours => "colours",
            Self::SetNames => "set-names",
        }
    }

    /// The most that it takes off, as a share of the score; 0 for what is only told.
    fn weight(self) -> f64 {
        match self {
            Self::Leak | Self::Conflict | Self::SetNames => 0.8,
            Self::NotLearned | Self::Unreadable => 0.6,
            Self::Imbalance => 0.4,
            Self::EmptyClass | Self::TinyClass | Self::Duplicates | Self::Blank => 0.3,
            Self::NearDuplicates | Self::Resizing | Self::Narrow => 0.2,
            // Never severe: nobody knows that it is wrong.
            Self::AlikeConflict | Self::Apart => 0.09,
            Self::Enlarged | Self::Strips | Self::NotChecked => 0.1,
            Self::Modes | Self::Misnamed => 0.05,
            Self::Turned | Self::Animated | Self::Beside | Self::Colours => 0.0,
        }
    }
}

/// How much a finding matters, by its cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Takes 10 of 100 points or more.
    Severe,
    /// Takes 2 points or more.
    Moderate,
    /// Takes less.
    Slight,
    /// Told only: nothing is wrong, or mapsto takes care of it.
    Told,
}

impl Severity {
    /// As people read it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Severe => "severe",
            Self::Moderate => "moderate",
            Self::Slight => "slight",
            Self::Told => "told",
        }
    }
}

/// What may be done about a finding. Nothing of it touches a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", content = "with", rename_all = "kebab-case")]
pub enum Action {
    /// Leave these images out.
    Exclude(Vec<usize>),
    /// Give these images these sets, so that what belongs together is in one.
    SameSide(Vec<(usize, Set)>),
    /// It is as it should be: it counts no more.
    Accept,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Names it in [`Changes::accepted`](crate::dataset::Changes::accepted): the kind, and a sum of the files that it is
    /// about, so that the same kind with other files is a new finding.
    pub key: String,
    /// What it is about.
    pub kind: Kind,
    /// How much it matters.
    pub severity: Severity,
    /// What was found, with its numbers.
    pub title: String,
    /// What it means and what to do.
    pub advice: String,
    /// Its images; those of a group one after the other.
    pub images: Vec<usize>,
    /// Groups among them, where it is about groups.
    pub groups: Groups,
    /// Files that are no images of the set, and why.
    pub files: Vec<Problem>,
    /// What may be done.
    pub actions: Vec<Action>,
    /// What it takes off the score, 0 to 1, if it is not accepted.
    pub cost: f64,
    /// The user accepts it.
    pub accepted: bool,
}

impl Finding {
    /// A finding that concerns this share (0 to 1) of what it is about.
    pub(super) fn new(kind: Kind, share: f64, title: String, advice: impl Into<String>) -> Self {
        let cost = kind.weight() * share.clamp(0.0, 1.0).sqrt();
        Self {
            key: kind.name().to_owned(),
            kind,
            severity: match cost {
                cost if cost >= 0.1 => Severity::Severe,
                cost if cost >= 0.02 => Severity::Moderate,
                cost if cost > 0.0 => Severity::Slight,
                _ => Severity::Told,
            },
            title,
            advice: advice.into(),
            images: Vec::new(),
            groups: Groups::default(),
            files: Vec::new(),
            actions: vec![Action::Accept],
            cost,
            accepted: false,
        }
    }

    /// With its images.
    pub(super) fn of(mut self, images: Vec<usize>) -> Self {
        self.images = images;
        self
    }

    /// With groups, whose images are its images.
    pub(super) fn of_groups(self, groups: &Groups) -> Self {
        Self {
            images: groups.iter().flatten().copied().collect(),
            groups: groups.clone(),
            ..self
        }
    }

    /// With something to do, before accepting.
    pub(super) fn or(mut self, action: Action) -> Self {
        let empty = match &action {
            Action::Exclude(images) => images.is_empty(),
            Action::SameSide(moves) => moves.is_empty(),
            Action::Accept => false,
        };
        if !empty {
            self.actions.insert(self.actions.len() - 1, action);
        }
        self
    }

    /// Its key, once its images and files are known.
    pub(super) fn keyed(mut self, data: &Dataset) -> Self {
        let names = self
            .images
            .iter()
            .filter_map(|&index| data.images.get(index));
        let names = names.map(|image| image.file.as_str());
        let names = names.chain(self.files.iter().map(|problem| problem.file.as_str()));
        // FNV-1a, 64 bits: short, and the same everywhere and for ever.
        let mut sum = 0xcbf2_9ce4_8422_2325_u64;
        let mut any = false;
        for name in names {
            any = true;
            for byte in name.bytes().chain([0]) {
                sum = (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            }
        }
        if any {
            self.key = format!("{}-{sum:016x}", self.kind.name());
        }
        self
    }
}

/// 0 to 100: see the head of this file.
pub(super) fn score(findings: &[Finding]) -> u8 {
    let left: f64 = findings
        .iter()
        .filter(|finding| !finding.accepted)
        .map(|finding| 1.0 - finding.cost)
        .product();
    // A hair more, so that 100 % of 1 is not 99.999….
    (100.0 * left + 1e-9).floor().clamp(0.0, 100.0) as u8
}
