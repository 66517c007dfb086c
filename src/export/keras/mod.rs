//! The program for Keras 3, on any of its backends.

mod flat;
mod layers;
mod optimiser;
mod plain;
mod sliding;
mod start;

use std::collections::BTreeMap;

use self::layers::Place;
use super::marked::identifier;
use super::plan::{Definition, Dialect, Plan, Step, Written, plan};
use super::{ExportError, Target, learning, library, python, written};
use crate::network::{Head, Loss, Network};
use crate::project::Recipe;

const DIALECT: Dialect = Dialect {
    module: "",
    keep: "",
    image: "image",
};
const LAYERS: &str = include_str!("../text/keras_layers.py");
const IMAGES: &str = include_str!("../text/images.py");
const TRAINING: &str = include_str!("../text/keras_training.py");

/// The whole program.
///
/// # Errors
/// Layers that Keras cannot express.
pub fn program(
    network: &Network,
    recipe: &Recipe,
    classes: &[String],
) -> Result<String, ExportError> {
    let flats = flat::flats(network);
    let written = written(Target::Keras, network, |place, layer, function| {
        let flat = flats.as_it_is[place];
        layers::write(layer, function, Place { flat })
    })?;
    let plan = plan(network, &written, DIALECT);
    let constants = python::constants(network, recipe, classes, &learning(network, &written));
    let model = model(&plan);
    let taken = taken(network, &written, &flats);
    let helpers = library::needed(LAYERS, &format!("{model}\n{taken}"));
    let tail = [
        outcome(network),
        loss(network),
        optimiser::write(network, &recipe.optimizer),
    ]
    .join("\n\n\n");
    Ok(format!(
        "{HEAD}\n{constants}\n\n{helpers}{taken}\n\n{model}\n\n{tail}\n\n\n{IMAGES}\n\n{TRAINING}"
    ))
}

const HEAD: &str = r#""""A network from mapsto, in Keras 3.

    pip install keras numpy pillow safetensors          and TensorFlow, PyTorch or JAX

    python THIS_FILE predict IMAGE... --weights weights.safetensors
    python THIS_FILE evaluate FOLDER --weights weights.safetensors
    python THIS_FILE train FOLDER

FOLDER holds one folder a class, or train, val and test with such folders. KERAS_BACKEND says on what
Keras runs: tensorflow, torch or jax.
"""

import argparse
import random
from pathlib import Path

import keras
import numpy as np
from keras import layers, ops
from PIL import Image, ImageOps
from safetensors.numpy import load_file
"#;

/// Which function takes the weights of which class of layers, and the order of flattened maps.
fn taken(network: &Network, written: &[Written], flats: &flat::Flats) -> String {
    let mut takers = BTreeMap::new();
    for (layer, written) in network.layers().iter().zip(written) {
        if written.learns {
            let kind = layer.layer().kind().entry().name;
            takers.insert(written.of_type.as_str(), taker(kind));
            // A recurrent layer in both directions is of one class, whichever it is.
            if written.of_type == "Bidirectional" {
                takers.insert("Bidirectional", taker(kind));
            }
        }
    }
    let mut text = String::new();
    let dense = network.layers().iter().zip(&flats.dense);
    let dense: Vec<String> = dense
        .filter_map(|(layer, maps)| {
            let [channels, height, width] = (*maps)?;
            Some(format!(
                "    \"{}\": ({channels}, {height}, {width}),\n",
                identifier(layer.name())
            ))
        })
        .collect();
    if takers.contains_key("Dense") {
        text.push_str("# Dense layers after flattened maps: these as mapsto has them, (channels, height, width).\n");
        text.push_str(&format!("FLATTENED = {{\n{}}}\n", dense.concat()));
    }
    let takers: String = takers
        .iter()
        .map(|(class, taker)| format!("    \"{class}\": {taker},\n"))
        .collect();
    format!("{text}# How each class of layers takes its weights.\nTAKE = {{\n{takers}}}\n")
}

fn taker(kind: &str) -> &'static str {
    match kind {
        "depthwise_conv2d" => "take_depthwise",
        "separable_conv2d" => "take_separable",
        "dense" => "take_dense",
        "batch_norm" => "take_batch_norm",
        "layer_norm" | "group_norm" | "instance_norm" => "take_norm",
        "layer_scale" | "prelu" | "class_token" | "position_embedding" => "take_one",
        "attention" => "take_attention",
        "lstm" => "take_lstm",
        "gru" => "take_gru",
        _ => "take_conv",
    }
}

/// The functions of the blocks and of the model.
fn model(plan: &Plan) -> String {
    let mut text = String::new();
    for definition in &plan.definitions {
        text.push_str(&block(definition));
    }
    text.push_str("def build_model():\n");
    text.push_str("    \"\"\"Pixels [n, HEIGHT, WIDTH, CHANNELS] from 0 to 1 to the last layer's output.\"\"\"\n");
    text.push_str("    image = keras.Input((HEIGHT, WIDTH, CHANNELS))\n");
    if plan.input != "image" {
        text.push_str(&format!("    {} = image\n", plan.input));
    }
    for step in &plan.steps {
        match step {
            Step::Layer(line) => text.push_str(&format!("    {} = {}\n", line.output, line.call)),
            Step::Block(used) => {
                let definition = &plan.definitions[used.definition];
                let mut arguments = vec![used.input.clone()];
                if !used.files.is_empty() {
                    let names: Vec<String> =
                        used.files.iter().map(|file| identifier(file)).collect();
                    arguments.push(format!("\"{}\"", names.join(" ")));
                }
                arguments.extend(used.arguments.iter().cloned());
                text.push_str(&format!(
                    "    {} = {}({})\n",
                    used.output,
                    function(definition),
                    arguments.join(", ")
                ));
            }
        }
    }
    text.push_str("    return keras.Model(image, x)\n");
    text
}

fn function(definition: &Definition) -> String {
    identifier(&definition.class)
}

fn block(definition: &Definition) -> String {
    let learns = definition.lines.iter().any(|line| line.file.is_some());
    let mut parameters = vec![definition.input.clone()];
    if learns {
        parameters.push("names".into());
    }
    parameters.extend(definition.parameters.iter().map(|(name, _)| name.clone()));
    let mut text = format!(
        "def {}({}):\n    \"\"\"The block {}.\"\"\"\n",
        function(definition),
        parameters.join(", "),
        python::plain(&definition.title)
    );
    if learns {
        text.push_str("    names = iter(names.split())\n");
    }
    for line in &definition.lines {
        // The plan leaves this where a name of the weights file belongs.
        let call = line.call.replace("\"\u{4}\"", "next(names)");
        text.push_str(&format!("    {} = {call}\n", line.output));
    }
    text.push_str("    return x\n\n\n");
    text
}

/// From the model's output to probabilities.
fn outcome(network: &Network) -> String {
    let head = "def probabilities(outputs):\n    \"\"\"The model's outputs [n, units] as probabilities [n, classes].\"\"\"\n";
    let softmax = "    outputs = np.exp(outputs - outputs.max(axis=1, keepdims=True))\n    return outputs / outputs.sum(axis=1, keepdims=True)";
    let sigmoid = "    outputs = 1 / (1 + np.exp(-outputs))\n";
    let shares = "    total = outputs.sum(axis=1, keepdims=True)\n    return np.where(total > 0, outputs / np.where(total > 0, total, 1), 1 / len(CLASSES))";
    match (network.head(), network.outputs()) {
        (Head::Softmax, _) => format!("{head}{softmax}"),
        (Head::Sigmoid, 1) => format!(
            "{head}{sigmoid}    return np.concatenate([1 - outputs, outputs], axis=1)  # the second class is the positive one"
        ),
        (Head::Sigmoid, _) => format!("{head}{sigmoid}{shares}"),
        _ => format!("{head}    outputs = np.maximum(outputs, 0)\n{shares}"),
    }
}

fn loss(network: &Network) -> String {
    let one = network.outputs() == 1;
    let targets = if one {
        "labels[:, None].astype(\"float32\")"
    } else {
        "np.eye(len(CLASSES), dtype=\"float32\")[labels]"
    };
    let body = match (network.loss(), network.head()) {
        (Loss::CrossEntropy, _) => {
            "keras.losses.categorical_crossentropy(targets, outputs, from_logits=True)"
        }
        (Loss::BinaryCrossEntropy, _) => {
            "keras.losses.binary_crossentropy(targets, outputs, from_logits=True)"
        }
        (_, Head::Softmax) => "keras.losses.mean_squared_error(targets, ops.softmax(outputs))",
        (_, Head::Sigmoid) => "keras.losses.mean_squared_error(targets, ops.sigmoid(outputs))",
        _ => "keras.losses.mean_squared_error(targets, outputs)",
    };
    let accuracy = if one {
        "keras.metrics.binary_accuracy(targets, outputs, threshold=0)"
    } else {
        "keras.metrics.categorical_accuracy(targets, outputs)"
    };
    format!(
        "def targets(labels):\n    return {targets}\n\n\n\
         def loss_of(targets, outputs):\n    \"\"\"{}, an image; its softmax or sigmoid is not in the model.\"\"\"\n    return {body}\n\n\n\
         def accuracy(targets, outputs):\n    return {accuracy}",
        network.loss().title()
    )
}
