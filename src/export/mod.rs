//! Code out: a checked network and its recipe as a complete program for another library.
//!
//! ```text
//! Network ─ TARGET/layers.rs: each layer as text ─ plan: blocks that repeat, names of values ─ TARGET/mod.rs ─► String
//! ```
//! Ready-made parts of the programs (custom layers, reading images, the training loop) are in `text/`; a program
//! gets those that it needs. Every program reads the weights of a run, `weights.safetensors`, as they are.

mod axes;
mod burn;
mod keras;
mod library;
mod marked;
mod names;
mod pictures;
mod plan;
mod python;
mod pytorch;
mod window;

use thiserror::Error;

use crate::network::{Activation, CheckedLayer, Head, Network};
use crate::project::Recipe;
use plan::Written;

/// What to write the program for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    PyTorch,
    Keras,
    Burn,
}

impl Target {
    /// In the order they are offered.
    pub const ALL: [Self; 3] = [Self::PyTorch, Self::Keras, Self::Burn];

    /// For the terminal: "pytorch".
    pub fn name(self) -> &'static str {
        match self {
            Self::PyTorch => "pytorch",
            Self::Keras => "keras",
            Self::Burn => "burn",
        }
    }

    /// For people: "Rust with burn".
    pub fn title(self) -> &'static str {
        match self {
            Self::PyTorch => "PyTorch",
            Self::Keras => "Keras",
            Self::Burn => "Rust with burn",
        }
    }

    /// The ending of the file, without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            Self::PyTorch | Self::Keras => "py",
            Self::Burn => "rs",
        }
    }

    /// The target of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|target| target.name() == name)
    }
}

/// Why there is no program.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ExportError {
    /// Some layers do something that the library cannot.
    #[error("{} cannot express this network: {}. Choose another format, or change these layers", target.title(), reasons.join("; "))]
    CannotExpress {
        /// The library.
        target: Target,
        /// For each of them its name and what is missing.
        reasons: Vec<String>,
    },
    /// The names of the classes do not fit the network's output.
    #[error(
        "the network tells {outputs} classes apart, but there are {classes} names of classes: fit its last layer to the data"
    )]
    Classes {
        /// Units of the last layer.
        outputs: usize,
        /// Names that were given.
        classes: usize,
    },
}

/// The program for a network, trained as the recipe says to tell these classes apart.
///
/// # Errors
/// The library cannot express a layer, or the classes are of another network.
pub fn code(
    target: Target,
    network: &Network,
    recipe: &Recipe,
    classes: &[String],
) -> Result<String, ExportError> {
    let outputs = network.outputs();
    let fits = outputs == classes.len() || (outputs == 1 && classes.len() == 2);
    if !fits {
        let classes = classes.len();
        return Err(ExportError::Classes { outputs, classes });
    }
    match target {
        Target::PyTorch => {
            let program = pytorch::program(network, recipe, classes)?;
            Ok(pictures::python(&program, network, recipe))
        }
        Target::Keras => {
            let program = keras::program(network, recipe, classes)?;
            Ok(pictures::python(&program, network, recipe))
        }
        Target::Burn => {
            let program = burn::program(network, recipe, classes)?;
            Ok(pictures::rust(&program, network, recipe))
        }
    }
}

/// Every layer as `write` has it, given its position and the activation that is left to it: the last one's may
/// belong to the loss.
fn written(
    target: Target,
    network: &Network,
    write: impl Fn(usize, &CheckedLayer, Activation) -> Result<Written, String>,
) -> Result<Vec<Written>, ExportError> {
    let folds = matches!(network.head(), Head::Softmax | Head::Sigmoid);
    let last = network.layers().len().saturating_sub(1);
    let mut all = Vec::with_capacity(network.layers().len());
    let mut reasons = Vec::new();
    for (place, layer) in network.layers().iter().enumerate() {
        let function = if place == last && folds {
            Activation::Linear
        } else {
            layer.layer().activation()
        };
        match write(place, layer, function) {
            Ok(written) => all.push(written),
            Err(reason) => reasons.push(format!("{} {reason}", layer.name())),
        }
    }
    if reasons.is_empty() {
        Ok(all)
    } else {
        Err(ExportError::CannotExpress { target, reasons })
    }
}

/// The names of all layers that the weights file holds something of, in order.
fn learning<'a>(network: &'a Network, written: &[Written]) -> Vec<&'a str> {
    let layers = network.layers().iter().zip(written);
    layers
        .filter(|(_, written)| written.learns)
        .map(|(layer, _)| layer.name())
        .collect()
}

/// The initialiser that most layers have.
fn usual_initialiser(network: &Network) -> &'static str {
    let mut count = std::collections::BTreeMap::new();
    for layer in network.layers() {
        if layer.layer().get("initialiser").is_some() {
            *count.entry(layer.layer().initialiser().name()).or_insert(0) += 1;
        }
    }
    let most = count
        .into_iter()
        .max_by_key(|(_, count): &(_, usize)| *count);
    most.map_or("glorot_uniform", |(name, _)| name)
}

/// Decays of single layers on top of the recipe's.
fn decays(network: &Network) -> bool {
    let mut layers = network.layers().iter();
    layers.any(|layer| layer.layer().real("weight_decay") > 0.0)
}
