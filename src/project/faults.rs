//! What is wrong with a recipe, each with the field that says it: a person finds it in the file by its name.

use std::path::Path;

use toml::de::{DeTable, DeValue};
use toml::{Spanned, Table, Value};

use super::recipe::MAX_BATCH;
use super::{Recipe, read, recipe};
use crate::dataset::{Augment, SplitRecipe};
use crate::network::Loss;

/// Something that a recipe cannot be trained with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where a project file says it, without the `recipe` in front: "augment.rotate".
    pub field: String,
    /// A sentence.
    pub words: String,
}

impl Fault {
    fn new(field: impl Into<String>, words: impl Into<String>) -> Self {
        let (field, words) = (field.into(), words.into());
        Self { field, words }
    }

    /// The fault as one of a project file, or of a run's recipe.toml: with the line, where the file has one for it.
    pub fn in_file(&self, file: &Path) -> String {
        let project = !file.ends_with("recipe.toml");
        let before = if project { "recipe." } else { "" };
        let field = format!("{before}{}", self.field);
        let line = read::text(file)
            .ok()
            .and_then(|text| line_of(&text, &field));
        let line = line.map_or(String::new(), |line| format!(", line {line}"));
        format!("{}{line}: {field}: {}", file.display(), self.words)
    }
}

/// The line, from 1, of the value that a path of keys leads to; of the last key that is there.
fn line_of(text: &str, path: &str) -> Option<usize> {
    let document = DeTable::parse(text).ok()?;
    let mut table: &DeTable<'_> = document.get_ref();
    let mut found = None;
    for key in path.split('.') {
        let Some(value) = table.get(key) else {
            // A heading alone would send a person to the wrong place.
            return found.filter(|(_, is_table)| !is_table).map(|(at, _)| at);
        };
        let inner = match value.get_ref() {
            DeValue::Table(inner) => Some(inner),
            _ => None,
        };
        found = Some((1 + start(text, value), inner.is_some()));
        match inner {
            Some(inner) => table = inner,
            None => break,
        }
    }
    found.map(|(at, _)| at)
}

/// Lines before a value.
fn start<T>(text: &str, value: &Spanned<T>) -> usize {
    let before = text.get(..value.span().start).unwrap_or_default();
    before.matches('\n').count()
}

/// Fields of the recipe in a project file that this version does not know, or that are misspelt: they do nothing. Each
/// with its line.
pub fn unknown_fields(file: &Path) -> Vec<(String, usize)> {
    let Ok(text) = read::text(file) else {
        return Vec::new();
    };
    let Ok(table) = toml::from_str::<Table>(&text) else {
        return Vec::new();
    };
    let Some(recipe) = table.get("recipe").and_then(Value::as_table) else {
        return Vec::new();
    };
    let mut unknown: Vec<String> = Vec::new();
    let mut look = |table: &Table, before: &str, known: &dyn Fn(&str) -> bool| {
        let strange = table.keys().filter(|key| !known(key));
        unknown.extend(strange.map(|key| format!("{before}{key}")));
    };
    look(recipe, "recipe.", &|key| recipe::KEYS.contains(&key));
    for (part, known) in recipe::parts() {
        if let Some(table) = recipe.get(part).and_then(Value::as_table) {
            look(table, &format!("recipe.{part}."), &|key| {
                known.contains(&key)
            });
        }
    }
    let line = |field: String| Some((field.clone(), line_of(&text, &field)?));
    unknown.into_iter().filter_map(line).collect()
}

impl Recipe {
    /// Everything that is wrong with the recipe, with the fields; empty when it can be trained with.
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = self.of_training();
        let optimizer = self.optimizer.faults().into_iter();
        faults.extend(
            optimizer.map(|(field, words)| Fault::new(format!("optimizer.{field}"), words)),
        );
        faults.extend(self.of_split());
        let preprocess = self.preprocess.faults().into_iter();
        faults.extend(preprocess.map(|words| Fault::new("preprocess.normalise", words)));
        faults.extend(self.of_augment());
        let balance = self.balance.faults().into_iter();
        faults.extend(balance.map(|words| Fault::new("balance.focal_gamma", words)));
        if self.balance.focal_gamma > 0.0 && self.loss == Loss::MeanSquaredError {
            faults.push(Fault::new(
                "balance.focal_gamma",
                "Focal loss: it belongs to a cross-entropy, and the loss is mean squared error; choose cross-entropy, or γ 0",
            ));
        }
        faults
    }

    fn of_training(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        if self.epochs == 0 {
            faults.push(Fault::new("epochs", "epochs must be 1 or more"));
        }
        if !(1..=MAX_BATCH).contains(&self.batch) {
            let words = format!(
                "batch size must be from 1 to {MAX_BATCH}, not {}",
                self.batch
            );
            faults.push(Fault::new("batch", words));
        }
        if !(self.learning_rate.is_finite() && self.learning_rate > 0.0) {
            let words = format!("learning rate must be above 0, not {}", self.learning_rate);
            faults.push(Fault::new("learning_rate", words));
        }
        if let Some(target) = self.target_accuracy
            && !(0.0..=1.0).contains(&target)
        {
            let words = format!("target accuracy must be from 0 to 1, not {target}");
            faults.push(Fault::new("target_accuracy", words));
        }
        if self.device.trim().is_empty() {
            let words = "device must be “auto”, “cpu”, “gpu” or a part of an adapter's name";
            faults.push(Fault::new("device", words));
        }
        faults
    }

    /// The parts of a split that belong together, each on its own.
    fn of_split(&self) -> Vec<Fault> {
        let usual = SplitRecipe::default();
        let split = &self.split;
        let shares = SplitRecipe {
            validation: split.validation,
            test: split.test,
            ..usual.clone()
        };
        let folds = SplitRecipe {
            folds: split.folds,
            fold: split.fold,
            ..usual.clone()
        };
        let group = SplitRecipe {
            group: split.group.clone(),
            ..usual
        };
        let share = if (0.0..1.0).contains(&split.validation) {
            "split.test"
        } else {
            "split.validation"
        };
        let fold = if split.folds == 1 {
            "split.folds"
        } else {
            "split.fold"
        };
        let parts = [(share, shares), (fold, folds), ("split.group", group)];
        parts
            .into_iter()
            .flat_map(|(field, part)| {
                let faults = part.faults().into_iter();
                faults.map(move |words| Fault::new(field, words))
            })
            .collect()
    }

    fn of_augment(&self) -> Vec<Fault> {
        Augment::settings()
            .iter()
            .filter_map(|setting| {
                let asked = setting.get(&self.augment);
                let refused = setting.set(&mut self.augment.clone(), asked).err()?;
                Some(Fault::new(augment_field(setting.name), refused))
            })
            .collect()
    }
}

/// Where a file says a setting of augmentation.
fn augment_field(name: &str) -> String {
    match name.split_once('_') {
        Some(("policy", part)) => format!("augment.policy.{part}"),
        _ => format!("augment.{name}"),
    }
}
