//! What the two Python programs have in common.

use crate::network::{Network, Shape};
use crate::project::{Optimizer, Recipe};

/// A text in quotes.
pub fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => {
                out.push('\\');
                out.push(letter);
            }
            '\n' => out.push_str("\\n"),
            letter if letter.is_control() => {
                out.push_str(&format!("\\U{:08x}", u32::from(letter)));
            }
            letter => out.push(letter),
        }
    }
    out.push('"');
    out
}

/// A name for a comment: letters that could end it are left out.
pub fn plain(name: &str) -> String {
    let safe = |letter: &char| !letter.is_control() && !['"', '\\'].contains(letter);
    name.chars().filter(safe).collect()
}

/// Words in lines of at most 96 letters.
pub fn wrapped(words: &[String], indent: &str) -> String {
    let mut text = String::new();
    let mut line = String::new();
    for word in words {
        if !line.is_empty() && line.chars().count() + word.chars().count() > 95 {
            text.push_str(&format!("{indent}{line}\n"));
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    format!("{text}{indent}{line}\n")
}

/// The constants at the top: classes, input, recipe.
pub fn constants(
    network: &Network,
    recipe: &Recipe,
    classes: &[String],
    layers: &[&str],
) -> String {
    let (height, width, channels) = match network.input() {
        Shape::Maps {
            height,
            width,
            channels,
        } => (height, width, channels),
        other => (1, other.elements(), 1),
    };
    let count = classes.len();
    let classes = classes.iter().enumerate();
    let classes: Vec<String> = classes
        .map(|(place, name)| {
            let comma = if place + 1 < count { "," } else { "" };
            format!("{}{comma}", quoted(name))
        })
        .collect();
    let layers: Vec<String> = layers.iter().map(|name| (*name).to_owned()).collect();
    let target = recipe
        .target_accuracy
        .map_or("None".to_owned(), |target| format!("{target:?}"));
    format!(
        "CLASSES = [\n{classes}]\n\
         HEIGHT, WIDTH, CHANNELS = {height}, {width}, {channels}\n\
         EPOCHS = {epochs}\n\
         BATCH = {batch}\n\
         LEARNING_RATE = {rate:?}\n\
         SEED = {seed}\n\
         TARGET_ACCURACY = {target}  # on validation images, to stop early\n\
         VALIDATION, TEST = {validation:?}, {test:?}  # shares of the images, where there are no folders for them\n\
         # The layers with weights, as weights.safetensors names them, in the order of computing.\n\
         LAYERS = \"\"\"\n{layers}\"\"\".split()\n",
        classes = wrapped(&classes, "    "),
        layers = wrapped(&layers, ""),
        epochs = recipe.epochs,
        batch = recipe.batch,
        rate = recipe.learning_rate,
        seed = recipe.seed,
        validation = recipe.split.validation,
        test = recipe.split.test,
    )
}

/// How a library names the settings of its optimisers.
pub struct Words {
    pub betas: fn(f64, f64) -> String,
    pub epsilon: &'static str,
    pub alpha: &'static str,
    /// RMSprop's epsilon stands under the root, so that it is the square of the recipe's.
    pub under_root: bool,
}

/// An optimiser's class, its arguments without learning rate and weight decay, and its weight decay.
pub fn optimiser(optimizer: &Optimizer, words: &Words) -> (&'static str, String, f64) {
    let (name, alpha) = (words.epsilon, words.alpha);
    let adam = |beta1, beta2, epsilon: f64| {
        let betas = (words.betas)(beta1, beta2);
        format!("{betas}, {name}={epsilon:?}")
    };
    match *optimizer {
        Optimizer::Sgd {
            momentum,
            nesterov,
            weight_decay,
        } => {
            let nesterov = if nesterov { ", nesterov=True" } else { "" };
            let settings = format!("momentum={momentum:?}{nesterov}");
            ("SGD", settings, weight_decay)
        }
        Optimizer::Adam {
            beta1,
            beta2,
            epsilon,
            weight_decay,
        } => ("Adam", adam(beta1, beta2, epsilon), weight_decay),
        Optimizer::AdamW {
            beta1,
            beta2,
            epsilon,
            weight_decay,
        } => ("AdamW", adam(beta1, beta2, epsilon), weight_decay),
        Optimizer::RmsProp {
            alpha: kept,
            epsilon,
            momentum,
            weight_decay,
            centered,
        } => {
            let centered = if centered { ", centered=True" } else { "" };
            let epsilon = epsilon * if words.under_root { epsilon } else { 1.0 };
            let settings =
                format!("{alpha}={kept:?}, {name}={epsilon:?}, momentum={momentum:?}{centered}");
            ("RMSprop", settings, weight_decay)
        }
    }
}
