//! Weights to start from in place of drawn ones: what fits by name and shape is taken, the rest is drawn as always.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use burn::tensor::Device;

use super::error::TrainError;
use super::layers::Layer;
use super::model::Model;
use super::weights::{NamedTensor, Weights, WeightsError, WeightsFile};
use crate::project::Recipe;

/// How many names a note tells.
const NAMED: usize = 6;

/// Which tensors came from the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// How many did.
    pub taken: usize,
    /// Those of the network that did not: the file has none of that name and shape.
    pub drawn: Vec<String>,
    /// Those of the file that have no place in the network.
    pub unused: Vec<String>,
}

impl Taken {
    /// For people, of a file called `name`.
    pub fn note(&self, name: &str) -> String {
        let all = self.taken + self.drawn.len();
        let mut note = format!("Started from {name}: {} of {all} tensors", self.taken);
        if !self.drawn.is_empty() {
            let drawn = listed(&self.drawn);
            note.push_str(&format!(
                "; drawn, as the file has none of that name and shape: {drawn}"
            ));
        }
        if !self.unused.is_empty() {
            note.push_str(&format!("; not used of the file: {}", listed(&self.unused)));
        }
        note
    }
}

fn listed(names: &[String]) -> String {
    let shown = names.iter().take(NAMED).map(String::as_str);
    let text = shown.collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(NAMED) {
        0 => text,
        more => format!("{text} and {more} more"),
    }
}

/// The weights that a recipe starts from; `None` where all are drawn.
pub(super) fn weights(recipe: &Recipe) -> Result<Option<Weights>, TrainError> {
    let Some(start) = &recipe.start else {
        return Ok(None);
    };
    if !start.is_file() {
        return Err(TrainError::Request(format!(
            "{} is not there, and the training starts from it: put the file back, or take the line `start` out of the recipe",
            start.display()
        )));
    }
    Ok(Some(Weights::read(start)?))
}

/// What the user calls the file.
pub(super) fn name(recipe: &Recipe) -> String {
    let name = recipe.start.as_deref().and_then(Path::file_name);
    name.map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

fn by_name(tensors: Vec<NamedTensor>) -> HashMap<String, Vec<f32>> {
    let named = tensors
        .into_iter()
        .map(|tensor| (tensor.name, tensor.values));
    named.collect()
}

/// As [`take`], of a single layer of this name and of a file that is read tensor by tensor.
pub(super) fn take_layer(
    layer: Layer,
    name: &str,
    weights: &mut WeightsFile,
    device: &Device,
) -> Result<Layer, WeightsError> {
    let mut drawn = by_name(layer.tensors(name));
    layer.load(name, device, &mut |name, shape| {
        weights
            .find(name, shape)
            .or_else(|missing| drawn.remove(name).ok_or(missing))
    })
}

/// Replaces what fits.
pub(super) fn take(
    model: &Model,
    weights: &Weights,
    device: &Device,
) -> Result<(Model, Taken), WeightsError> {
    let mut drawn = by_name(model.tensors());
    let mut taken = Taken::default();
    let mut used = HashSet::new();
    let model =
        model
            .clone()
            .load_with(device, &mut |name, shape| match weights.find(name, shape) {
                Ok(values) => {
                    taken.taken += 1;
                    used.insert(name.to_owned());
                    Ok(values)
                }
                Err(missing) => {
                    taken.drawn.push(name.to_owned());
                    drawn.remove(name).ok_or(missing)
                }
            })?;
    let left = weights.names().filter(|name| !used.contains(*name));
    taken.unused = left.map(str::to_owned).collect();
    taken.unused.sort();
    Ok((model, taken))
}
