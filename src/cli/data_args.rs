//! The arguments of `mapsto train` about images: how they are read, divided, prepared and weighed.

use std::path::PathBuf;

use clap::Args;
use clap::builder::NonEmptyStringValueParser;

use super::args::BadArgument;
use crate::dataset::{Amount, Augment, AugmentSetting, Group, Layout, Normalise, Resize, Span};
use crate::project::{Places, Recipe};

/// What is asked of the images besides the recipe.
#[derive(Args)]
pub struct Images {
    /// Change training images: NAME=VALUE as in the recipe (rotate=15, shift=0.1, flip_horizontal), or a policy:
    /// trivial, rand; may be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = augmentation)]
    pub augment: Vec<Augmentation>,
    /// How pictures come to the network's size: stretch, fit (with bars) or crop
    #[arg(long, value_name = "HOW", value_parser = resize)]
    pub resize: Option<Resize>,
    /// How bytes become numbers: unit (0 to 1) or statistics (of the training images)
    #[arg(long, value_name = "HOW", value_parser = normalise)]
    pub normalise: Option<Normalise>,
    /// JPEG files are decoded at a half or less where pictures are far larger than the input: faster, slightly other numbers
    #[arg(long, value_name = "on|off", num_args = 0..=1, require_equals = true, default_missing_value = "on", value_parser = switch)]
    pub reduced_decoding: Option<bool>,
    /// Against classes of very different size: weights, oversample, focal=γ; or none. May be repeated
    #[arg(long, value_name = "MEANS", value_delimiter = ',', value_parser = balancing)]
    pub balance: Vec<Balancing>,
    /// Shares of the images for validation and test, where the folder does not say: validation=0.1,test=0.1; and
    /// together=false, so that look-alikes need not be in one set
    #[arg(long, value_delimiter = ',', value_name = "SET=SHARE", value_parser = share_of)]
    pub split: Vec<ShareOf>,
    /// What stays in one set: folder, or a regular expression that finds the same in names that belong together
    #[arg(long, value_name = "WHAT", value_parser = group)]
    pub group: Option<Group>,
    /// Cross-validation: as many trainings, each with another part of the images for validation
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(2..=1000))]
    pub folds: Option<u32>,
    #[command(flatten)]
    pub reading: Reading,
}

/// How files say their classes, where there is a choice.
#[derive(Args)]
pub struct Reading {
    /// Which folder of a path is the class, from 1
    #[arg(long, value_name = "LEVEL", value_parser = clap::value_parser!(u32).range(1..=100), conflicts_with_all = ["table", "list"])]
    pub class_level: Option<u32>,
    /// A table (CSV, TSV) with a line for each image, below the data's folder
    #[arg(long, value_name = "FILE", requires_all = ["image", "class"], conflicts_with = "list", value_parser = NonEmptyStringValueParser::new())]
    pub table: Option<String>,
    /// The table's column with the images' paths
    #[arg(long, requires = "table", value_name = "COLUMN")]
    pub image: Option<String>,
    /// The table's column with the classes; * where each class has a column with 0 or 1
    #[arg(long, requires = "table", value_name = "COLUMN")]
    pub class: Option<String>,
    /// The table's column with the sets (train, val, test)
    #[arg(long, requires = "table", value_name = "COLUMN")]
    pub set: Option<String>,
    /// A text file with a path in each line, below the data's folder
    #[arg(long, value_name = "FILE", value_parser = NonEmptyStringValueParser::new())]
    pub list: Option<String>,
    /// The beginning of each file's name is its class (cat.0.jpg)
    #[arg(long, conflicts_with_all = ["class_level", "table", "list", "labels"])]
    pub names: bool,
    /// Of CIFAR-100's two labels: the 100 fine or the 20 coarse ones
    #[arg(long, value_name = "WHICH", conflicts_with_all = ["class_level", "table", "list"])]
    pub labels: Option<Labels>,
}

/// Which of two labels is the class.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Labels {
    Fine,
    Coarse,
}

/// One setting of augmentation.
#[derive(Clone, Copy)]
pub struct Augmentation {
    setting: &'static AugmentSetting,
    amount: Amount,
}

/// One means against imbalance.
#[derive(Clone, Copy)]
pub enum Balancing {
    None,
    Weights,
    Oversample,
    Focal(f64),
}

/// A share of validation or test, or whether look-alikes stay together.
#[derive(Clone, Copy)]
pub enum ShareOf {
    Validation(f64),
    Test(f64),
    Together(bool),
}

impl Images {
    /// What the arguments say otherwise than the recipe.
    pub fn change(&self, recipe: &mut Recipe) -> Result<(), BadArgument> {
        for Augmentation { setting, amount } in &self.augment {
            let set = setting.set(&mut recipe.augment, *amount);
            set.map_err(BadArgument)?;
            if !setting.applies(&recipe.augment) {
                let message = format!(
                    "{} belongs to a policy: say --augment rand first",
                    setting.name
                );
                return Err(BadArgument(message));
            }
        }
        let preprocess = &mut recipe.preprocess;
        preprocess.resize = self.resize.unwrap_or(preprocess.resize);
        preprocess.normalise = self.normalise.unwrap_or(preprocess.normalise);
        let reduced = &mut preprocess.reduced_decoding;
        *reduced = self.reduced_decoding.unwrap_or(*reduced);
        for means in &self.balance {
            match *means {
                Balancing::None => recipe.balance = Default::default(),
                Balancing::Weights => recipe.balance.class_weights = true,
                Balancing::Oversample => recipe.balance.oversample = true,
                Balancing::Focal(gamma) => recipe.balance.focal_gamma = gamma,
            }
        }
        for share in &self.split {
            match *share {
                ShareOf::Validation(share) => recipe.split.validation = share,
                ShareOf::Test(share) => recipe.split.test = share,
                ShareOf::Together(together) => recipe.split.together = together,
            }
        }
        if let Some(group) = &self.group {
            recipe.split.group = group.clone();
        }
        if let Some(folds) = self.folds {
            recipe.split.folds = folds as usize;
            recipe.split.fold = 1;
        }
        Ok(())
    }
}

impl Reading {
    /// What is asked for; nothing: as it is found out.
    pub fn layout(&self) -> Option<Layout> {
        if let (Some(file), Some(image), Some(class)) = (&self.table, &self.image, &self.class) {
            return Some(Layout::Table {
                file: file.clone(),
                image: image.clone(),
                class: class.clone(),
                set: self.set.clone(),
            });
        }
        if let Some(file) = &self.list {
            return Some(Layout::List { file: file.clone() });
        }
        if let Some(labels) = self.labels {
            let coarse = labels == Labels::Coarse;
            return Some(Layout::Cifar { coarse });
        }
        if self.names {
            return Some(Layout::Names);
        }
        let level = self.class_level? as usize;
        Some(Layout::Folders { level })
    }
}

/// The folder of the indexes.
pub fn cache() -> PathBuf {
    Places::default().data_cache()
}

fn augmentation(text: &str) -> Result<Augmentation, String> {
    let (name, value) = match text.split_once('=') {
        _ if text == "trivial" => ("policy", Some("trivial_augment")),
        _ if text == "rand" => ("policy", Some("rand_augment")),
        Some((name, value)) => (name, Some(value)),
        None => (text, None),
    };
    let Some(setting) = Augment::setting(name) else {
        let known: Vec<&str> = Augment::settings().iter().map(|it| it.name).collect();
        return Err(format!("known are {}, trivial and rand", known.join(", ")));
    };
    let amount = match value {
        None => setting.usual,
        Some(value) => amount(setting, value)?,
    };
    if setting.span.contains(amount) {
        return Ok(Augmentation { setting, amount });
    }
    // Its own words for what it takes.
    match setting.set(&mut Augment::default(), amount) {
        Err(refusal) => Err(refusal),
        Ok(()) => Ok(Augmentation { setting, amount }),
    }
}

fn amount(setting: &AugmentSetting, value: &str) -> Result<Amount, String> {
    let needed = |what: &str| format!("{} takes {what}, not “{value}”", setting.name);
    match setting.span {
        Span::Flag => match value {
            "true" | "on" => Ok(Amount::Flag(true)),
            "false" | "off" => Ok(Amount::Flag(false)),
            _ => Err(needed("true or false")),
        },
        Span::Real { .. } => value
            .parse()
            .map(Amount::Real)
            .or(Err(needed("a number, such as 0.1"))),
        Span::Int { .. } => value
            .parse()
            .map(Amount::Int)
            .or(Err(needed("a whole number"))),
        Span::Choice(names) => names
            .iter()
            .find(|(name, _)| *name == value)
            .map(|(name, _)| Amount::Choice(name))
            .ok_or_else(|| {
                let names: Vec<&str> = names.iter().map(|(name, _)| *name).collect();
                needed(&names.join(", "))
            }),
    }
}

fn switch(text: &str) -> Result<bool, String> {
    match text {
        "on" | "true" => Ok(true),
        "off" | "false" => Ok(false),
        _ => Err("it is on or off".to_owned()),
    }
}

fn resize(text: &str) -> Result<Resize, String> {
    match text {
        "stretch" => Ok(Resize::Stretch),
        "fit" => Ok(Resize::Fit),
        "crop" => Ok(Resize::Crop),
        _ => Err("known are stretch, fit and crop".to_owned()),
    }
}

fn normalise(text: &str) -> Result<Normalise, String> {
    match text {
        "unit" => Ok(Normalise::Unit),
        "statistics" => Ok(Normalise::Statistics),
        _ => Err("known are unit and statistics".to_owned()),
    }
}

fn balancing(text: &str) -> Result<Balancing, String> {
    match text.split_once('=') {
        None if text == "none" => Ok(Balancing::None),
        None if text == "weights" => Ok(Balancing::Weights),
        None if text == "oversample" => Ok(Balancing::Oversample),
        None if text == "focal" => Ok(Balancing::Focal(2.0)),
        Some(("focal", gamma)) => gamma
            .parse()
            .map(Balancing::Focal)
            .or(Err("focal takes a number, such as focal=2".to_owned())),
        _ => Err("known are weights, oversample, focal=γ and none".to_owned()),
    }
}

fn share_of(text: &str) -> Result<ShareOf, String> {
    let wrong = || "shares are needed, such as validation=0.1,test=0.1".to_owned();
    let (set, share) = text.split_once('=').ok_or_else(wrong)?;
    if set == "together" {
        let together = share.parse();
        return together
            .map(ShareOf::Together)
            .or(Err("together takes true or false".to_owned()));
    }
    let share = share.parse().or(Err(wrong()))?;
    match set {
        "validation" | "val" => Ok(ShareOf::Validation(share)),
        "test" => Ok(ShareOf::Test(share)),
        _ => Err(wrong()),
    }
}

#[allow(clippy::unnecessary_wraps, reason = "clap wants a result")]
fn group(text: &str) -> Result<Group, String> {
    Ok(match text {
        "folder" => Group::Folder,
        "none" => Group::Single,
        pattern => Group::Pattern(pattern.to_owned()),
    })
}
