//! The settings of augmentation as one table, which the window, the terminal and the checks read.

use super::words::plain;
use super::{Augment, Policy, policy};

/// What settings stand together under one heading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the titles say it")]
pub enum AugmentGroup {
    Place,
    Colour,
    Quality,
    Mix,
    Policy,
}

impl AugmentGroup {
    /// In the order in which they are shown.
    pub const ALL: [Self; 5] = [
        Self::Place,
        Self::Colour,
        Self::Quality,
        Self::Mix,
        Self::Policy,
    ];

    /// The heading.
    pub fn title(self) -> &'static str {
        match self {
            Self::Place => "Position and shape",
            Self::Colour => "Colour",
            Self::Quality => "Blur, noise and holes",
            Self::Mix => "Mixing images",
            Self::Policy => "Ready-made",
        }
    }

    /// The settings of this group, in the table's order.
    pub fn settings(self) -> impl Iterator<Item = &'static AugmentSetting> {
        Augment::settings()
            .iter()
            .filter(move |setting| setting.group == self)
    }
}

/// The value of a setting.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(missing_docs, reason = "the types say it")]
pub enum Amount {
    Flag(bool),
    Real(f32),
    Int(u32),
    Choice(&'static str),
}

/// The values that a setting may have, bounds included; it also decides the control that edits it.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(missing_docs, reason = "bounds and lists")]
pub enum Span {
    Flag,
    Real {
        min: f32,
        max: f32,
    },
    Int {
        min: u32,
        max: u32,
    },
    /// Names in files, with their titles in the window.
    Choice(&'static [(&'static str, &'static str)]),
}

impl Span {
    /// Whether the value has the right type and is within bounds; NaN never is.
    pub fn contains(&self, amount: Amount) -> bool {
        match (self, amount) {
            (Self::Flag, Amount::Flag(_)) => true,
            (Self::Real { min, max }, Amount::Real(value)) => (*min..=*max).contains(&value),
            (Self::Int { min, max }, Amount::Int(value)) => (*min..=*max).contains(&value),
            (Self::Choice(names), Amount::Choice(name)) => {
                names.iter().any(|(known, _)| *known == name)
            }
            _ => false,
        }
    }
}

/// One setting of augmentation.
#[derive(Clone, Copy, Debug)]
pub struct AugmentSetting {
    /// In files: "rotate".
    pub name: &'static str,
    /// In the window: "Rotate".
    pub title: &'static str,
    /// One sentence on what it does.
    pub help: &'static str,
    /// What is counted where people read it, such as "°" or "%"; empty where nothing is.
    pub unit: &'static str,
    /// What people read is the value times this: a share of 0.2 is 20 %.
    pub factor: f32,
    /// What it takes.
    pub span: Span,
    /// What it is at first: off.
    pub default: Amount,
    /// A good first value for whoever switches it on.
    pub usual: Amount,
    /// Under which heading it stands.
    pub group: AugmentGroup,
    get: fn(&Augment) -> Amount,
    put: fn(&mut Augment, Amount),
}

impl AugmentSetting {
    /// What it is in these.
    pub fn get(&self, augment: &Augment) -> Amount {
        (self.get)(augment)
    }

    /// Sets it. Error: what it takes, in words; then nothing is changed.
    pub fn set(&self, augment: &mut Augment, amount: Amount) -> Result<(), String> {
        if !self.span.contains(amount) {
            return Err(self.refusal(amount));
        }
        (self.put)(augment, amount);
        Ok(())
    }

    /// Whether it has a part in what happens: those of a policy only where that policy is chosen.
    pub fn applies(&self, augment: &Augment) -> bool {
        match self.name {
            "policy_count" | "policy_magnitude" => {
                matches!(augment.policy, Policy::RandAugment { .. })
            }
            _ => true,
        }
    }

    /// What is wrong with a value, and what it takes instead: "Rotate: 400°; it takes 0 to 180°".
    pub(super) fn refusal(&self, amount: Amount) -> String {
        let unit = self.unit_after();
        let title = self.title;
        let figure = |value: f32| plain(value * self.factor);
        let shown = |value: f32| format!("{}{unit}", figure(value));
        let given = match amount {
            Amount::Real(value) if value.is_nan() => "not a number".to_owned(),
            Amount::Real(value) => shown(value),
            Amount::Int(value) => value.to_string(),
            Amount::Flag(value) => value.to_string(),
            Amount::Choice(name) => name.to_owned(),
        };
        match self.span {
            Span::Flag => format!("{title}: {given}; it is on or off"),
            Span::Real { min, max } => {
                format!(
                    "{title}: {given}; it takes {} to {}",
                    figure(min),
                    shown(max)
                )
            }
            Span::Int { min, max } => format!("{title}: {given}; it takes {min} to {max}"),
            Span::Choice(names) => {
                let names: Vec<&str> = names.iter().map(|(name, _)| *name).collect();
                format!("{title}: {given}; it takes {}", names.join(", "))
            }
        }
    }

    /// The unit as it stands behind a figure: "15°", "20 %", "1.5 px".
    pub(super) fn unit_after(&self) -> String {
        match self.unit {
            "" | "°" => self.unit.to_owned(),
            unit => format!(" {unit}"),
        }
    }
}

macro_rules! flag {
    ($field:ident, $title:literal, $help:literal) => {
        AugmentSetting {
            name: stringify!($field),
            title: $title,
            help: $help,
            unit: "",
            factor: 1.0,
            span: Span::Flag,
            default: Amount::Flag(false),
            usual: Amount::Flag(true),
            group: AugmentGroup::Place,
            get: |augment| Amount::Flag(augment.$field),
            put: |augment, amount| {
                if let Amount::Flag(value) = amount {
                    augment.$field = value;
                }
            },
        }
    };
}

macro_rules! strength {
    ($group:ident, $field:ident, $title:literal, $unit:literal * $factor:literal, $max:literal, $usual:literal, $help:literal) => {
        AugmentSetting {
            name: stringify!($field),
            title: $title,
            help: $help,
            unit: $unit,
            factor: $factor,
            span: Span::Real {
                min: 0.0,
                max: $max,
            },
            default: Amount::Real(0.0),
            usual: Amount::Real($usual),
            group: AugmentGroup::$group,
            get: |augment| Amount::Real(augment.$field),
            put: |augment, amount| {
                if let Amount::Real(value) = amount {
                    augment.$field = value;
                }
            },
        }
    };
}

/// Names of the policies in files and in the window.
const POLICIES: &[(&str, &str)] = &[
    ("none", "None"),
    ("rand_augment", "RandAugment"),
    ("trivial_augment", "TrivialAugment"),
];

/// What the authors' own code and torchvision begin with.
const USUAL_COUNT: u32 = 2;
const USUAL_MAGNITUDE: u32 = 9;

#[rustfmt::skip]
static SETTINGS: &[AugmentSetting] = &[
    flag!(flip_horizontal, "Flip left to right", "Every second image is mirrored; not for letters, digits or signs"),
    flag!(flip_vertical, "Flip top to bottom", "Every second image is turned upside down; for pictures from above or through a microscope"),
    strength!(Place, rotate, "Rotate", "°" * 1.0, 180.0, 15.0, "Turned by an angle of up to this, to either side"),
    strength!(Place, shift, "Shift", "%" * 100.0, 1.0, 0.1, "Moved by up to this share of the width and the height, by whole pixels"),
    strength!(Place, zoom, "Zoom", "%" * 100.0, 0.9, 0.2, "Grown or shrunk by up to this share"),
    strength!(Place, shear, "Shear", "°" * 1.0, 60.0, 10.0, "Slanted by an angle of up to this, to either side"),
    strength!(Place, crop, "Random resized crop", "%" * 100.0, 1.0, 0.5, "A part of the picture fills the input: at least this share of its area; 0 is off"),
    strength!(Colour, brightness, "Brightness", "%" * 100.0, 1.0, 0.2, "Darker or brighter by up to this share"),
    strength!(Colour, contrast, "Contrast", "%" * 100.0, 1.0, 0.2, "Flatter or starker by up to this share"),
    strength!(Colour, saturation, "Saturation", "%" * 100.0, 1.0, 0.2, "Paler or more colourful by up to this share; nothing for grey images"),
    strength!(Colour, hue, "Hue", "°" * 1.0, 180.0, 18.0, "Colours turn on the circle by up to this angle; nothing for grey images"),
    strength!(Quality, blur, "Blur", "px" * 1.0, 10.0, 1.0, "A Gaussian blur whose standard deviation is up to this many pixels of the input"),
    strength!(Quality, noise, "Noise", "%" * 100.0, 0.5, 0.05, "Gaussian noise whose standard deviation is up to this share of the whole range"),
    strength!(Quality, erase, "Erase", "%" * 100.0, 0.9, 0.2, "In every second image a rectangle of up to this share of the area becomes grey"),
    strength!(Mix, mixup, "Mixup", "α" * 1.0, 10.0, 0.2, "Each image is blended with another of the batch, and its label too; α above 1 blends by halves"),
    strength!(Mix, cutmix, "Cutmix", "α" * 1.0, 10.0, 1.0, "Each image gets a rectangle of another of the batch, and a share of its label; with mixup, each has half of the batches"),
    AugmentSetting {
        name: "policy",
        title: "Policy",
        help: "A mixture of operations that has served well: RandAugment draws several of a set strength, TrivialAugment one of any strength",
        unit: "",
        factor: 1.0,
        span: Span::Choice(POLICIES),
        default: Amount::Choice("none"),
        usual: Amount::Choice("trivial_augment"),
        group: AugmentGroup::Policy,
        get: |augment| Amount::Choice(match augment.policy {
            Policy::None => "none",
            Policy::RandAugment { .. } => "rand_augment",
            Policy::TrivialAugment => "trivial_augment",
        }),
        put: |augment, amount| {
            augment.policy = match (amount, augment.policy) {
                (Amount::Choice("rand_augment"), kept @ Policy::RandAugment { .. }) => kept,
                (Amount::Choice("rand_augment"), _) => Policy::RandAugment {
                    count: USUAL_COUNT,
                    magnitude: USUAL_MAGNITUDE,
                },
                (Amount::Choice("trivial_augment"), _) => Policy::TrivialAugment,
                _ => Policy::None,
            };
        },
    },
    AugmentSetting {
        name: "policy_count",
        title: "Operations",
        help: "How many operations RandAugment draws for each image",
        unit: "",
        factor: 1.0,
        span: Span::Int { min: 1, max: policy::MOST_COUNT },
        default: Amount::Int(USUAL_COUNT),
        usual: Amount::Int(USUAL_COUNT),
        group: AugmentGroup::Policy,
        get: |augment| match augment.policy {
            Policy::RandAugment { count, .. } => Amount::Int(count),
            _ => Amount::Int(USUAL_COUNT),
        },
        put: |augment, amount| {
            if let (Policy::RandAugment { count, .. }, Amount::Int(value)) = (&mut augment.policy, amount) {
                *count = value;
            }
        },
    },
    AugmentSetting {
        name: "policy_magnitude",
        title: "Magnitude",
        help: "How strong the operations of RandAugment are, of 30",
        unit: "",
        factor: 1.0,
        span: Span::Int { min: 0, max: policy::MOST_MAGNITUDE },
        default: Amount::Int(USUAL_MAGNITUDE),
        usual: Amount::Int(USUAL_MAGNITUDE),
        group: AugmentGroup::Policy,
        get: |augment| match augment.policy {
            Policy::RandAugment { magnitude, .. } => Amount::Int(magnitude),
            _ => Amount::Int(USUAL_MAGNITUDE),
        },
        put: |augment, amount| {
            if let (Policy::RandAugment { magnitude, .. }, Amount::Int(value)) = (&mut augment.policy, amount) {
                *magnitude = value;
            }
        },
    },
];

impl Augment {
    /// All settings, in the order in which they are shown and written.
    pub fn settings() -> &'static [AugmentSetting] {
        SETTINGS
    }

    /// The setting of this name.
    pub fn setting(name: &str) -> Option<&'static AugmentSetting> {
        SETTINGS.iter().find(|setting| setting.name == name)
    }
}
