//! Everything besides the network and the data that decides a result.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::dataset::{Augment, Balance, Group, Preprocess, SplitRecipe};
use crate::network::{Loss, Template};

use super::{Optimizer, read};

/// The keys of a recipe in a file.
pub(super) const KEYS: [&str; 13] = [
    "seed",
    "epochs",
    "batch",
    "learning_rate",
    "loss",
    "target_accuracy",
    "device",
    "start",
    "optimizer",
    "split",
    "preprocess",
    "augment",
    "balance",
];

/// Those of them that a recipe need not have.
pub(super) const OPTIONAL: [&str; 5] = [
    "target_accuracy",
    "start",
    "preprocess",
    "augment",
    "balance",
];

/// The keys of the parts that are tables of their own and have no kinds.
pub(super) fn parts() -> [(&'static str, Vec<&'static str>); 4] {
    let augment = Augment::settings().iter().map(|setting| setting.name);
    // The others are within `policy`.
    let augment = augment.filter(|name| !name.starts_with("policy_"));
    [
        (
            "split",
            vec!["validation", "test", "group", "together", "folds", "fold"],
        ),
        (
            "preprocess",
            vec!["resize", "normalise", "reduced_decoding"],
        ),
        ("augment", augment.collect()),
        (
            "balance",
            vec!["class_weights", "oversample", "focal_gamma"],
        ),
    ]
}

/// Images a batch at most.
pub const MAX_BATCH: usize = 65_536;

/// How a run is trained. The same recipe on the same CPU gives the same numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "OnDisk", into = "OnDisk")]
pub struct Recipe {
    /// Feeds the split, the first weights, the order of the images and dropout, each through its own generator.
    pub seed: u64,
    pub epochs: u32,
    /// Images a step.
    pub batch: usize,
    /// Constant over the run.
    pub learning_rate: f64,
    pub optimizer: Optimizer,
    pub loss: Loss,
    /// Ends the run early once validation accuracy (from 0 to 1) reaches it.
    pub target_accuracy: Option<f64>,
    /// Its seed is the recipe's (`set_seed` keeps them together).
    pub split: SplitRecipe,
    /// Of every image, wherever it is used.
    pub preprocess: Preprocess,
    /// Of training images alone.
    pub augment: Augment,
    /// Against classes of very different size.
    pub balance: Balance,
    /// "auto", "cpu", "gpu" or a part of an adapter's name.
    pub device: String,
    /// Weights to start from in place of drawn ones, where names and shapes agree: a safetensors file, beside the
    /// file that holds the recipe.
    pub start: Option<PathBuf>,
}

impl Default for Recipe {
    /// The recipe of the digits CNN.
    fn default() -> Self {
        let seed = 42;
        let [adam, ..] = Optimizer::all();
        Self {
            seed,
            epochs: 10,
            batch: 128,
            learning_rate: 1e-3,
            optimizer: adam,
            loss: Loss::CrossEntropy,
            target_accuracy: None,
            split: SplitRecipe {
                validation: 0.1,
                test: 0.1,
                seed,
                ..SplitRecipe::default()
            },
            preprocess: Preprocess::default(),
            augment: Augment::default(),
            balance: Balance::default(),
            device: "auto".into(),
            start: None,
        }
    }
}

impl Recipe {
    /// The recipe that a template is known to train well with.
    pub fn for_template(template: &Template) -> Self {
        let training = &template.training;
        let default = Self::default();
        let optimizer = Optimizer::from_name(training.optimizer).unwrap_or(default.optimizer);
        Self {
            loss: template.loss,
            batch: training.batch,
            epochs: training.epochs,
            learning_rate: training.learning_rate,
            optimizer: optimizer.with(training.momentum, training.weight_decay),
            ..default
        }
    }

    /// Sets the seed of the run and of its split.
    pub fn set_seed(&mut self, seed: u64) {
        self.seed = seed;
        self.split.seed = seed;
    }

    /// The recipe of a file in `folder`, with the path that its start weights have from here.
    #[must_use]
    pub fn found_in(mut self, folder: &Path) -> Self {
        self.start = self.start_in(folder);
        self
    }

    /// The file of weights that a recipe in `folder` starts from.
    pub fn start_in(&self, folder: &Path) -> Option<PathBuf> {
        self.start.as_deref().map(|start| folder.join(start))
    }

    /// The sentences of [`faults`](Self::faults); empty when the recipe can be trained with.
    pub fn validate(&self) -> Vec<String> {
        self.faults().into_iter().map(|fault| fault.words).collect()
    }
}

/// The recipe as files hold it: the seed once, and everything optional, so that a file by hand stays short.
#[derive(Clone, Serialize, Deserialize)]
#[serde(default)]
struct OnDisk {
    seed: Seed,
    epochs: u32,
    batch: usize,
    learning_rate: f64,
    loss: Loss,
    #[serde(skip_serializing_if = "Option::is_none")]
    target_accuracy: Option<f64>,
    device: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<String>,
    optimizer: Optimizer,
    split: Shares,
    #[serde(skip_serializing_if = "is_default")]
    preprocess: Preprocess,
    #[serde(skip_serializing_if = "is_default")]
    augment: Augment,
    #[serde(skip_serializing_if = "is_default")]
    balance: Balance,
}

/// What is not used is not written, so that a file stays short.
fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// TOML's integers end at 2^63 - 1: a larger seed is written as text.
#[derive(Clone, Serialize, Deserialize)]
#[serde(untagged)]
enum Seed {
    Number(i64),
    Text(String),
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(default)]
struct Shares {
    validation: f64,
    test: f64,
    #[serde(skip_serializing_if = "is_default")]
    group: Group,
    together: bool,
    #[serde(skip_serializing_if = "is_default")]
    folds: usize,
    #[serde(skip_serializing_if = "is_default")]
    fold: usize,
}

impl Default for OnDisk {
    fn default() -> Self {
        Recipe::default().into()
    }
}

impl Default for Shares {
    fn default() -> Self {
        OnDisk::default().split
    }
}

impl From<Recipe> for OnDisk {
    fn from(recipe: Recipe) -> Self {
        let seed = i64::try_from(recipe.seed);
        Self {
            seed: seed.map_or_else(|_| Seed::Text(recipe.seed.to_string()), Seed::Number),
            epochs: recipe.epochs,
            batch: recipe.batch,
            learning_rate: recipe.learning_rate,
            loss: recipe.loss,
            target_accuracy: recipe.target_accuracy,
            device: recipe.device,
            start: recipe
                .start
                .map(|start| start.to_string_lossy().into_owned()),
            optimizer: recipe.optimizer,
            split: Shares {
                validation: recipe.split.validation,
                test: recipe.split.test,
                group: recipe.split.group,
                together: recipe.split.together,
                folds: recipe.split.folds,
                fold: recipe.split.fold,
            },
            preprocess: recipe.preprocess,
            augment: recipe.augment,
            balance: recipe.balance,
        }
    }
}

impl TryFrom<OnDisk> for Recipe {
    type Error = String;

    fn try_from(file: OnDisk) -> Result<Self, String> {
        let seed = match &file.seed {
            Seed::Number(seed) => u64::try_from(*seed).ok(),
            Seed::Text(seed) => seed.parse().ok(),
        };
        let seed = seed.ok_or("seed must be a whole number from 0")?;
        if let Some(start) = file
            .start
            .as_deref()
            .filter(|start| !read::stays_below(start))
        {
            return Err(format!(
                "start must name a file beside this one, not “{start}”"
            ));
        }
        Ok(Self {
            seed,
            epochs: file.epochs,
            batch: file.batch,
            learning_rate: file.learning_rate,
            optimizer: file.optimizer,
            loss: file.loss,
            target_accuracy: file.target_accuracy,
            split: SplitRecipe {
                validation: file.split.validation,
                test: file.split.test,
                seed,
                group: file.split.group,
                together: file.split.together,
                folds: file.split.folds,
                fold: file.split.fold,
            },
            preprocess: file.preprocess,
            augment: file.augment,
            balance: file.balance,
            device: file.device,
            start: file.start.map(PathBuf::from),
        })
    }
}
