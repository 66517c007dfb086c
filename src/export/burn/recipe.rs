//! The recipe in Rust: constants, loss, optimiser.

use super::super::plan::{Plan, Step};
use crate::network::{Head, Loss, Network, Shape};
use crate::project::{Optimizer, Recipe};

/// The constants at the top.
pub fn constants(network: &Network, recipe: &Recipe, classes: &[String]) -> String {
    let (height, width, channels) = match network.input() {
        Shape::Maps {
            height,
            width,
            channels,
        } => (height, width, channels),
        other => (1, other.elements(), 1),
    };
    let count = classes.len();
    let classes: Vec<String> = classes.iter().map(|class| format!("{class:?},")).collect();
    let classes = super::super::python::wrapped(&classes, "    ");
    format!(
        "#[rustfmt::skip]\nconst CLASSES: [&str; {count}] = [\n{classes}];\n\
         const HEIGHT: usize = {height};\nconst WIDTH: usize = {width};\nconst CHANNELS: usize = {channels};\n\
         /// Outputs of the last layer.\nconst UNITS: usize = {units};\n\
         const EPOCHS: usize = {epochs};\nconst BATCH: usize = {batch};\nconst LEARNING_RATE: f64 = {rate:?};\nconst SEED: u64 = {seed};\n\
         /// On validation images, to stop early.\nconst TARGET_ACCURACY: Option<f64> = {target:?};\n\
         /// Shares of the images, where there are no folders for them.\nconst VALIDATION: f64 = {validation:?};\nconst TEST: f64 = {test:?};\n",
        units = network.outputs(),
        epochs = recipe.epochs,
        batch = recipe.batch,
        rate = recipe.learning_rate,
        seed = recipe.seed,
        target = recipe.target_accuracy,
        validation = recipe.split.validation,
        test = recipe.split.test,
    )
}

/// From the model's output to probabilities.
pub fn outcome(network: &Network) -> String {
    let body = match (network.head(), network.outputs()) {
        (Head::Softmax, _) => "    activation::softmax(outputs, 1)\n".to_owned(),
        (Head::Sigmoid, 1) => "    // The probability of the second class.\n    let second = activation::sigmoid(outputs);\n    Tensor::cat(vec![second.clone().neg() + 1.0, second], 1)\n".to_owned(),
        (head, _) => {
            let shares = "    let total = outputs.clone().sum_dim(1);\n    outputs / total.clamp_min(f32::MIN_POSITIVE)\n";
            let first = if head == Head::Sigmoid {
                "    // One class against the rest: shares of the whole.\n    let outputs = activation::sigmoid(outputs);\n"
            } else {
                "    let outputs = activation::relu(outputs);\n"
            };
            format!("{first}{shares}")
        }
    };
    format!(
        "/// The model's outputs [n, UNITS] as probabilities [n, classes].\nfn probabilities(outputs: Tensor<2>) -> Tensor<2> {{\n{body}}}\n"
    )
}

/// The loss as a mean over the batch.
pub fn loss(network: &Network) -> String {
    let body = match (network.loss(), network.head()) {
        (Loss::CrossEntropy, _) => {
            "    let images = outputs.dims()[0] as f64;\n    -((activation::log_softmax(outputs, 1) * targets).sum() / images)\n"
        }
        (Loss::BinaryCrossEntropy, _) => {
            "    // max(x, 0) − x·y + ln(1 + e^−|x|)\n    let tail = (-outputs.clone().abs()).exp().log1p();\n    (activation::relu(outputs.clone()) - outputs * targets + tail).mean()\n"
        }
        (_, Head::Softmax) => "    (activation::softmax(outputs, 1) - targets).square().mean()\n",
        (_, Head::Sigmoid) => "    (activation::sigmoid(outputs) - targets).square().mean()\n",
        _ => "    (outputs - targets).square().mean()\n",
    };
    format!(
        "/// {}, the mean over the batch.\nfn loss_of(outputs: Tensor<2>, targets: Tensor<2>) -> Tensor<1> {{\n{body}}}\n",
        network.loss().title()
    )
}

/// The optimiser, with groups for the layers that have a weight decay of their own.
pub fn optimiser(network: &Network, plan: &Plan, optimizer: &Optimizer) -> String {
    let (config, decay) = config(optimizer);
    let coupled = !matches!(optimizer, Optimizer::AdamW { .. });
    let with = if coupled {
        ".with_weight_decay((decay > 0.0).then(|| WeightDecayConfig::new(decay)))"
    } else {
        ".with_weight_decay(decay)"
    };
    let groups: String = own_decays(network, plan)
        .iter()
        .map(|(weight, own)| {
            let total = decay + own;
            format!("    .with_group(ParamGroup::from_ids(vec![model.{weight}.id]), build({total:?}), None)\n")
        })
        .collect();
    let model = if groups.is_empty() { "_model" } else { "model" };
    format!(
        "fn optimiser({model}: &Model) -> ModuleOptimizer {{\n    let build = |decay: f32| {{\n        {config}{with}.build()\n    }};\n    ModuleOptimizer::from(build({decay:?}))\n{groups}}}\n"
    )
}

/// The weights of the layers with a decay of their own, as fields of the model.
fn own_decays(network: &Network, plan: &Plan) -> Vec<(String, f64)> {
    let decay_of = |file: &str| {
        let layer = network.layers().iter().find(|layer| layer.name() == file);
        layer.map_or(0.0, |layer| layer.layer().real("weight_decay"))
    };
    let mut found = Vec::new();
    let mut add = |path: String, of_type: &str, file: &str| {
        let decay = decay_of(file);
        let parts: &[&str] = if of_type == "SeparableConv2d" {
            &["depthwise.weight", "pointwise.weight"]
        } else {
            &["weight"]
        };
        if decay > 0.0 {
            found.extend(parts.iter().map(|part| (format!("{path}.{part}"), decay)));
        }
    };
    for step in &plan.steps {
        match step {
            Step::Layer(line) => {
                if let Some(file) = &line.file {
                    add(line.name.clone(), &line.of_type, file);
                }
            }
            Step::Block(used) => {
                let lines = plan.definitions[used.definition].lines.iter();
                let learning = lines.filter(|line| line.file.is_some());
                for (line, file) in learning.zip(&used.files) {
                    add(format!("{}.{}", used.name, line.name), &line.of_type, file);
                }
            }
        }
    }
    found
}

fn config(optimizer: &Optimizer) -> (String, f64) {
    match *optimizer {
        Optimizer::Sgd {
            momentum,
            nesterov,
            weight_decay,
        } => {
            let momentum = if momentum > 0.0 {
                format!(
                    ".with_momentum(Some(MomentumConfig {{ momentum: {momentum:?}, dampening: 0.0, nesterov: {nesterov} }}))"
                )
            } else {
                ".with_momentum(None)".to_owned()
            };
            (format!("SgdConfig::new(){momentum}"), weight_decay)
        }
        Optimizer::Adam {
            beta1,
            beta2,
            epsilon,
            weight_decay,
        } => (
            format!(
                "AdamConfig::new().with_beta_1({beta1:?}).with_beta_2({beta2:?}).with_epsilon({epsilon:?})"
            ),
            weight_decay,
        ),
        Optimizer::AdamW {
            beta1,
            beta2,
            epsilon,
            weight_decay,
        } => (
            format!(
                "AdamWConfig::new().with_beta_1({beta1:?}).with_beta_2({beta2:?}).with_epsilon({epsilon:?})"
            ),
            weight_decay,
        ),
        Optimizer::RmsProp {
            alpha,
            epsilon,
            momentum,
            weight_decay,
            centered,
        } => (
            format!(
                "RmsPropConfig::new().with_alpha({alpha:?}).with_momentum({momentum:?}).with_epsilon({epsilon:?}).with_centered({centered})"
            ),
            weight_decay,
        ),
    }
}
