//! The program for burn, in Rust.

mod layers;
mod plain;
mod recipe;
mod start;

use super::plan::{Definition, Dialect, Line, Plan, Step, plan};
use super::{ExportError, Target, library, written};
use crate::network::{Network, Shape};
use crate::project::Recipe;

const DIALECT: Dialect = Dialect {
    module: "self.",
    keep: ".clone()",
    image: "image",
};
const LAYERS: &str = include_str!("../text/burn_layers.rs");
const START: &str = include_str!("../text/burn_start.rs");
const MORE: &str = include_str!("../text/burn_more.rs");
const TRAINING: &str = include_str!("../text/burn_training.rs");

/// The whole program.
///
/// # Errors
/// Layers that burn cannot express.
pub fn program(
    network: &Network,
    recipe: &Recipe,
    classes: &[String],
) -> Result<String, ExportError> {
    let written = written(Target::Burn, network, |_, layer, function| {
        layers::write(layer, function)
    })?;
    let plan = plan(network, &written, DIALECT);
    let model = model(&plan);
    let start = if model.contains(".zero_bias()") {
        START
    } else {
        ""
    };
    let parts = format!("{LAYERS}\n\n{MORE}\n\n{start}");
    // Two empty lines part the sections of a library; Rust is written with one.
    let helpers = library::needed(&parts, &model).replace("\n\n\n", "\n\n");
    let constants = recipe::constants(network, recipe, classes);
    let tail = [
        recipe::outcome(network),
        recipe::loss(network),
        recipe::optimiser(network, &plan, &recipe.optimizer),
    ]
    .join("\n\n");
    Ok(format!(
        "{HEAD}\n{constants}\n{model}\n{tail}\n\n{helpers}{TRAINING}"
    ))
}

const HEAD: &str = r#"//! A network from mapsto, in Rust with burn 0.22. In Cargo.toml:
//!
//! ```toml
//! # Or wgpu or cuda in place of flex.
//! burn = { version = "0.22", default-features = false, features = ["std", "optim", "flex", "simd", "rayon"] }
//! image = "0.25"
//! safetensors = "0.8"
//! ```
//! With the weights of a run, `weights.safetensors`, or with `new` ones:
//!
//! ```text
//! cargo run --release -- predict weights.safetensors IMAGE...
//! cargo run --release -- evaluate weights.safetensors FOLDER
//! cargo run --release -- train new FOLDER
//! ```
//! FOLDER holds one folder a class, or train, val and test with such folders.

#![allow(unused_imports, reason = "which layers there are depends on the network")]

use std::error::Error;
use std::f64::consts::SQRT_2;
use std::path::{Path, PathBuf};
use std::{env, fs};

use burn::module::{Initializer, Module, Param, ParamGroup, RunningState};
use burn::nn::attention::{MhaInput, MultiHeadAttention, MultiHeadAttentionConfig};
use burn::nn::conv::{Conv2d, Conv2dConfig, ConvTranspose2d, ConvTranspose2dConfig};
use burn::nn::pool::{AdaptiveAvgPool2dConfig, AvgPool2dConfig, MaxPool2dConfig};
use burn::nn::{
    BatchNorm, BatchNormConfig, Dropout, DropoutConfig, GaussianNoise, GaussianNoiseConfig, GroupNorm,
    GroupNormConfig, InstanceNorm, InstanceNormConfig, LayerNorm, LayerNormConfig, Linear, LinearConfig,
    PaddingConfig2d,
};
use burn::optim::decay::WeightDecayConfig;
use burn::optim::momentum::MomentumConfig;
use burn::optim::{AdamConfig, AdamWConfig, GradientsParams, ModuleOptimizer, RmsPropConfig, SgdConfig};
use burn::tensor::ops::PadMode;
use burn::tensor::{Device, Distribution, Tensor, TensorData, activation};
use image::imageops::FilterType;
use image::metadata::Orientation;
use image::{DynamicImage, GrayImage, ImageDecoder, ImageReader, RgbImage};
use safetensors::SafeTensors;
"#;

/// The structs of the blocks and of the model.
fn model(plan: &Plan) -> String {
    let blocks: String = plan.definitions.iter().map(block).collect();
    let mut parts = Parts::default();
    for step in &plan.steps {
        match step {
            Step::Layer(line) => parts.line(line, |file| format!("\"{file}\"")),
            Step::Block(used) => {
                let class = &plan.definitions[used.definition].class;
                let arguments: String = used.arguments.iter().map(|it| format!(", {it}")).collect();
                parts
                    .fields
                    .push_str(&format!("    {}: {class},\n", used.name));
                parts.made.push_str(&format!(
                    "            {}: {class}::new(device{arguments}),\n",
                    used.name
                ));
                let names = used.files.iter().map(|file| format!("\"{file}\""));
                let names = names.collect::<Vec<_>>().join(", ");
                if !names.is_empty() {
                    parts.taken.push_str(&format!(
                        "        self.{}.take([{names}], &weights)?;\n",
                        used.name
                    ));
                }
                parts.run.push_str(&format!(
                    "        let {} = self.{}.forward({});\n",
                    used.output, used.name, used.input
                ));
            }
        }
    }
    let Parts {
        fields,
        made,
        taken,
        run,
        ..
    } = parts;
    format!(
        "{blocks}#[derive(Module, Debug)]\nstruct Model {{\n{fields}}}\n\n\
         impl Model {{\n    fn new(device: &Device) -> Self {{\n        Self {{\n{made}        }}\n    }}\n\n\
         \x20   /// Pixels [n, CHANNELS, HEIGHT, WIDTH] from 0 to 1 to the last layer's output [n, UNITS].\n\
         \x20   fn forward(&self, {input}: Tensor<4>) -> Tensor<2> {{\n{run}        x\n    }}\n\n\
         \x20   /// Takes the weights of a mapsto run.\n\
         \x20   fn load(&mut self, path: &Path, device: &Device) -> Outcome<()> {{\n\
         \x20       let bytes = fs::read(path)?;\n\
         \x20       let weights = Weights {{\n            file: SafeTensors::deserialize(&bytes)?,\n            device: device.clone(),\n        }};\n\
         {taken}        Ok(())\n    }}\n}}\n",
        input = plan.input,
    )
}

/// The parts of a struct and its functions, as they grow.
#[derive(Default)]
struct Parts {
    fields: String,
    made: String,
    taken: String,
    run: String,
    learning: usize,
}

impl Parts {
    fn line(&mut self, line: &Line, name: impl Fn(&str) -> String) {
        if let Some(module) = &line.module {
            self.fields
                .push_str(&format!("    {}: {},\n", line.name, line.of_type));
            self.made
                .push_str(&format!("            {}: {module},\n", line.name));
        }
        if let Some(file) = &line.file {
            self.taken.push_str(&format!(
                "        self.{}.take({}, &weights)?;\n",
                line.name,
                name(file)
            ));
            self.learning += 1;
        }
        self.run
            .push_str(&format!("        let {} = {};\n", line.output, line.call));
    }
}

fn block(definition: &Definition) -> String {
    let mut parts = Parts::default();
    let mut number = 0;
    for line in &definition.lines {
        let at = number;
        parts.line(line, |_| format!("names[{at}]"));
        number = parts.learning;
    }
    let parameters: String = definition
        .parameters
        .iter()
        .map(|(name, value)| format!(", {name}: {}", type_of(value)))
        .collect();
    let [from, to] = definition.shapes.map(rank);
    let Parts {
        fields,
        made,
        taken,
        run,
        learning,
    } = parts;
    let taken = taken.replace("&weights", "weights");
    let class = &definition.class;
    let take = if learning == 0 {
        String::new()
    } else {
        format!(
            "\n    fn take(&mut self, names: [&str; {learning}], weights: &Weights<'_>) -> Outcome<()> {{\n{taken}        Ok(())\n    }}\n"
        )
    };
    let device = if made.contains("device") {
        "device"
    } else {
        "_device"
    };
    format!(
        "/// The block {title}.\n#[derive(Module, Debug)]\nstruct {class} {{\n{fields}}}\n\n\
         impl {class} {{\n    fn new({device}: &Device{parameters}) -> Self {{\n        Self {{\n{made}        }}\n    }}\n\n\
         \x20   fn forward(&self, {input}: Tensor<{from}>) -> Tensor<{to}> {{\n{run}        x\n    }}\n{take}}}\n\n",
        input = definition.input,
        title = super::python::plain(&definition.title),
    )
}

/// Axes of a batch of these.
fn rank(shape: Shape) -> usize {
    shape.dims().len() + 1
}

fn type_of(value: &str) -> &'static str {
    if value.starts_with('[') {
        "[usize; 2]"
    } else if value.contains(['.', 'e']) {
        "f64"
    } else {
        "usize"
    }
}
