//! The program for PyTorch.

mod layers;
mod plain;

use super::plan::{Definition, Dialect, Line, Plan, Step, plan};
use super::{ExportError, Target, decays, learning, library, python, usual_initialiser, written};
use crate::network::{Head, Loss, Network};
use crate::project::{Optimizer, Recipe};

const DIALECT: Dialect = Dialect {
    module: "self.",
    keep: "",
    image: "image",
};
const LAYERS: &str = include_str!("../text/pytorch_layers.py");
const IMAGES: &str = include_str!("../text/images.py");
const TRAINING: &str = include_str!("../text/pytorch_training.py");

/// The whole program.
///
/// # Errors
/// Layers that PyTorch cannot express.
pub fn program(
    network: &Network,
    recipe: &Recipe,
    classes: &[String],
) -> Result<String, ExportError> {
    let usual = usual_initialiser(network);
    let written = written(Target::PyTorch, network, |_, layer, function| {
        layers::write(layer, function, usual)
    })?;
    let plan = plan(network, &written, DIALECT);
    let constants = python::constants(network, recipe, classes, &learning(network, &written));
    let model = model(&plan, usual);
    let helpers = library::needed(LAYERS, &model);
    let tail = [
        outcome(network),
        loss(network),
        optimiser(&recipe.optimizer, decays(network)),
    ]
    .join("\n\n\n");
    Ok(format!(
        "{HEAD}\n{constants}\n\n{helpers}{model}\n\n{tail}\n\n\n{IMAGES}\n\n{TRAINING}"
    ))
}

const HEAD: &str = r#""""A network from mapsto, in PyTorch.

    pip install torch numpy pillow safetensors

    python THIS_FILE predict IMAGE... --weights weights.safetensors
    python THIS_FILE evaluate FOLDER --weights weights.safetensors
    python THIS_FILE train FOLDER

FOLDER holds one folder a class, or train, val and test with such folders.
"""

import argparse
import random
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageOps
from safetensors.torch import load_file, save_file
from torch import nn
from torch.utils.data import DataLoader, Dataset
"#;

/// The classes of the blocks and of the model.
fn model(plan: &Plan, usual: &str) -> String {
    let mut text = String::new();
    for definition in &plan.definitions {
        text.push_str(&block(definition));
    }
    let classes: Vec<&str> = plan
        .definitions
        .iter()
        .map(|it| it.class.as_str())
        .collect();
    let comma = if classes.len() == 1 { "," } else { "" };
    text.push_str(&format!("BLOCKS = ({}{comma})\n\n\n", classes.join(", ")));
    text.push_str("class Model(nn.Module):\n");
    text.push_str("    \"\"\"Pixels [n, CHANNELS, HEIGHT, WIDTH] from 0 to 1 to the last layer's output.\"\"\"\n\n");
    text.push_str("    def __init__(self):\n        super().__init__()\n");
    for step in &plan.steps {
        match step {
            Step::Layer(line) => text.push_str(&module(line)),
            Step::Block(used) => {
                let class = &plan.definitions[used.definition].class;
                let arguments = used.arguments.join(", ");
                text.push_str(&format!(
                    "        self.{} = {class}({arguments})\n",
                    used.name
                ));
            }
        }
    }
    text.push_str(&format!("        initialise(self, \"{usual}\")\n"));
    text.push_str(&format!("\n    def forward(self, {}):\n", plan.input));
    for step in &plan.steps {
        match step {
            Step::Layer(line) => {
                text.push_str(&format!("        {} = {}\n", line.output, line.call));
            }
            Step::Block(used) => text.push_str(&format!(
                "        {} = self.{}({})\n",
                used.output, used.name, used.input
            )),
        }
    }
    text.push_str("        return x\n");
    text
}

fn block(definition: &Definition) -> String {
    let parameters: String = definition
        .parameters
        .iter()
        .map(|(name, _)| format!(", {name}"))
        .collect();
    let mut text = format!(
        "class {}(nn.Module):\n    \"\"\"The block {}.\"\"\"\n\n    def __init__(self{parameters}):\n        super().__init__()\n",
        definition.class,
        python::plain(&definition.title)
    );
    definition
        .lines
        .iter()
        .for_each(|line| text.push_str(&module(line)));
    text.push_str(&format!("\n    def forward(self, {}):\n", definition.input));
    for line in &definition.lines {
        text.push_str(&format!("        {} = {}\n", line.output, line.call));
    }
    text.push_str("        return x\n\n\n");
    text
}

fn module(line: &Line) -> String {
    let module = line.module.as_ref();
    module.map_or_else(String::new, |module| {
        format!("        self.{} = {module}\n", line.name)
    })
}

/// From the model's output to probabilities.
fn outcome(network: &Network) -> String {
    let lines = match (network.head(), network.outputs()) {
        (Head::Softmax, _) => "    return torch.softmax(outputs, dim=1)",
        (Head::Sigmoid, 1) => {
            "    second = torch.sigmoid(outputs)  # the probability of the second class\n    return torch.cat([1 - second, second], dim=1)"
        }
        (head, _) => {
            let shares = "    total = outputs.sum(dim=1, keepdim=True)\n    return torch.where(total > 0, outputs / total, 1 / len(CLASSES))";
            let first = if head == Head::Sigmoid {
                "    outputs = torch.sigmoid(outputs)  # one class against the rest: shares of the whole\n"
            } else {
                "    outputs = outputs.clamp(min=0)\n"
            };
            return format!("{DEF_PROBABILITIES}{first}{shares}");
        }
    };
    format!("{DEF_PROBABILITIES}{lines}")
}

const DEF_PROBABILITIES: &str = "def probabilities(outputs):\n    \"\"\"The model's outputs [n, units] as probabilities [n, classes].\"\"\"\n";

fn loss(network: &Network) -> String {
    let one = network.outputs() == 1;
    let targets = if one {
        "labels[:, None].float()"
    } else {
        "F.one_hot(labels, len(CLASSES)).float()"
    };
    let body = match (network.loss(), network.head()) {
        (Loss::CrossEntropy, _) => "F.cross_entropy(outputs, labels)".to_owned(),
        (Loss::BinaryCrossEntropy, _) => {
            format!("F.binary_cross_entropy_with_logits(outputs, {targets})")
        }
        (Loss::MeanSquaredError, head) => {
            let outputs = match head {
                Head::Softmax => "torch.softmax(outputs, dim=1)",
                Head::Sigmoid => "torch.sigmoid(outputs)",
                Head::Linear | Head::Other => "outputs",
            };
            format!("F.mse_loss({outputs}, {targets})")
        }
    };
    format!(
        "def loss_of(outputs, labels):\n    \"\"\"{}, the mean over the batch.\"\"\"\n    return {body}",
        network.loss().title()
    )
}

const WORDS: python::Words = python::Words {
    betas: |first, second| format!("betas=({first:?}, {second:?})"),
    epsilon: "eps",
    alpha: "alpha",
    under_root: false,
};

fn optimiser(optimizer: &Optimizer, decays: bool) -> String {
    let (name, settings, decay) = python::optimiser(optimizer, &WORDS);
    let make = |parameters: &str| {
        format!(
            "    return torch.optim.{name}({parameters}, lr=LEARNING_RATE, {settings}, weight_decay={decay:?})"
        )
    };
    if !decays {
        return format!("def optimiser(model):\n{}", make("model.parameters()"));
    }
    format!("def optimiser(model):\n{GROUPS}\n{}", make("groups"))
        .replace("BASE_DECAY", &format!("{decay:?}"))
}

/// The weights of a layer with a decay of its own are a group of their own.
const GROUPS: &str = r"    groups = {}
    for layer in model.modules():
        for name, parameter in layer.named_parameters(recurse=False):
            own = getattr(layer, 'decay', 0.0) if 'bias' not in name else 0.0
            groups.setdefault(own, []).append(parameter)
    groups = [{'params': group, 'weight_decay': BASE_DECAY + own} for own, group in groups.items()]";
