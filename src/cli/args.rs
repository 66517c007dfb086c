//! The arguments.

use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Parser, Subcommand};
use thiserror::Error;

use super::data_args::{Images, Reading};
use crate::export::Target;
use crate::network::{Loss, template, templates};
use crate::project::Optimizer;

/// An argument that clap cannot judge; exit status 2.
#[derive(Debug, Error)]
#[error("{0}")]
pub struct BadArgument(pub String);

const FIRST_STEPS: &str = "\
First steps:
  mapsto inspect photos                       what is in the folder, and what is wrong with it
  mapsto train photos --network photo-binary  a run in the folder runs
  mapsto evaluate 1                           its accuracy, confusion matrix and figures
  mapsto predict 1 cat.jpg dog.jpg            what it says of pictures
  mapsto train pets.mapsto                    a project of the window

Exit status: 0 done, 1 the work failed, 2 bad arguments. --json is for programs, on standard output.";

#[derive(Parser)]
#[command(
    name = "mapsto",
    version,
    about = "A workbench for image classifiers: without a command, the window opens",
    after_help = FIRST_STEPS,
    args_conflicts_with_subcommands = true
)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Option<Command>,
    /// A project file (.mapsto), or a network (.onnx), to open in the window
    pub project: Option<PathBuf>,
}

#[derive(Subcommand)]
pub enum Command {
    /// Train a network on a folder of images, or on the bundled `digits`
    Train(Box<Train>),
    /// Evaluate a run on its own test set, or on other images
    Evaluate(Evaluate),
    /// Ask a run about pictures
    Predict(Predict),
    /// Look at a folder of images before training; nothing is changed
    Inspect(Inspect),
    /// Make a project of an ONNX file: its network, and its weights to start from
    Import(Import),
    /// The networks that come with mapsto
    Networks(Networks),
    /// The runs of a folder
    Runs(Runs),
    /// A run or a project as a program for PyTorch, Keras or burn
    Export(Export),
}

impl Command {
    /// Whether the output is for programs.
    pub fn json(&self) -> bool {
        match self {
            Self::Train(options) => options.json,
            Self::Evaluate(options) => options.json,
            Self::Predict(options) => options.json,
            Self::Inspect(options) => options.json,
            Self::Import(options) => options.json,
            Self::Networks(options) => options.json,
            Self::Runs(options) => options.json,
            Self::Export(options) => options.json,
        }
    }
}

fn loss(text: &str) -> Result<Loss, String> {
    Loss::from_name(text).ok_or_else(|| {
        "known are cross-entropy, binary-cross-entropy and mean-squared-error".to_owned()
    })
}

fn optimizer(text: &str) -> Result<Optimizer, String> {
    Optimizer::from_name(text).ok_or_else(|| "known are sgd, adam, adamw and rmsprop".to_owned())
}

fn target(text: &str) -> Result<Target, String> {
    Target::from_name(text).ok_or_else(|| "known are pytorch, keras and burn".to_owned())
}

fn positive(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() && value > 0.0 => Ok(value),
        _ => Err("a number above 0 is needed, such as 0.001 or 1e-3".to_owned()),
    }
}

fn seed(text: &str) -> Result<u64, String> {
    let needed = |_| format!("a whole number from 0 to {} is needed", u64::MAX);
    text.parse().map_err(needed)
}

fn share(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if (0.0..=1.0).contains(&value) => Ok(value),
        _ => Err("a number from 0 to 1 is needed, such as 0.95".to_owned()),
    }
}

fn momentum(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if (0.0..1.0).contains(&value) => Ok(value),
        _ => Err("a number from 0 to below 1 is needed, such as 0.9".to_owned()),
    }
}

/// Height, width and channels, as in 28x28x1.
fn input(text: &str) -> Result<[usize; 3], String> {
    let parts: Result<Vec<usize>, _> = text.split(['x', '×', 'X']).map(str::parse).collect();
    match parts.as_deref() {
        Ok(&[height, width, channels])
            if height > 0 && width > 0 && (channels == 1 || channels == 3) =>
        {
            Ok([height, width, channels])
        }
        _ => Err(
            "height, width and channels (1 or 3) are needed, such as 28x28x1 or 64x64x3".to_owned(),
        ),
    }
}

#[derive(Args)]
pub struct Train {
    /// A folder with one sub-folder a class, an archive, a table, `digits`, or a project file: its data as it reads and changes it
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub data: String,
    /// The name of a template, a project file, or the network.toml of a run [default: that of the project, or digits-cnn]
    #[arg(long, value_name = "NAME|FILE", value_parser = NonEmptyStringValueParser::new())]
    pub network: Option<String>,
    /// Another folder to test the best weights on
    #[arg(long, value_name = "DATA", value_parser = NonEmptyStringValueParser::new())]
    pub test: Option<String>,
    /// Passes over the training images
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub epochs: Option<u32>,
    /// Images a step
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..=65_536))]
    pub batch: Option<u32>,
    /// Learning rate
    #[arg(long, value_name = "RATE", allow_negative_numbers = true, value_parser = positive)]
    pub lr: Option<f64>,
    /// sgd, adam, adamw or rmsprop
    #[arg(long, value_name = "NAME", value_parser = optimizer)]
    pub optimizer: Option<Optimizer>,
    /// Momentum of sgd or rmsprop
    #[arg(long, value_name = "SHARE", allow_negative_numbers = true, value_parser = momentum)]
    pub momentum: Option<f64>,
    /// cross-entropy, binary-cross-entropy or mean-squared-error
    #[arg(long, value_name = "NAME", value_parser = loss)]
    pub loss: Option<Loss>,
    /// auto, cpu, gpu, or a part of a device's name
    #[arg(long, value_name = "NAME")]
    pub device: Option<String>,
    /// Decides the split, the first weights, the order of the images and dropout
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true, value_parser = seed)]
    pub seed: Option<u64>,
    /// Stop when validation accuracy reaches this share
    #[arg(long, value_name = "SHARE", allow_negative_numbers = true, value_parser = share)]
    pub target_accuracy: Option<f64>,
    /// The runs folder [default: that beside the project, or runs]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// For programs: one JSON object a line
    #[arg(long)]
    pub json: bool,
    // Last, for its heading goes on.
    #[command(flatten, next_help_heading = "Images")]
    pub images: Images,
}

#[derive(Args)]
pub struct Evaluate {
    /// A run folder, or a run's number or name in the runs folder
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub run: String,
    /// Other images: a folder, an archive, a table, `digits`, or a project file
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub data: Option<String>,

    /// Test-time augmentation: the mean over this many views of each image, of which the plain image is one
    #[arg(long, value_name = "VIEWS", allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub tta: Option<u32>,
    #[command(flatten)]
    pub place: Place,
    /// For programs: JSON
    #[arg(long)]
    pub json: bool,
    // Last, for its heading goes on.
    #[command(flatten, next_help_heading = "Images")]
    pub reading: Reading,
}

#[derive(Args)]
pub struct Predict {
    /// A run folder, or a run's number or name in the runs folder
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub run: String,
    /// Pictures
    #[arg(required = true)]
    pub images: Vec<PathBuf>,
    #[command(flatten)]
    pub place: Place,
    /// For programs: JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args)]
pub struct Place {
    /// auto, cpu, gpu, or a part of a device's name
    #[arg(long, value_name = "NAME", default_value = "auto")]
    pub device: String,
    /// The runs folder, or a project file for the runs beside it [default: runs]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

#[derive(Args)]
pub struct Inspect {
    /// A folder with one sub-folder a class, an archive, a table, or `digits`
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub data: String,
    #[command(flatten)]
    pub reading: Reading,
    /// For programs: JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args)]
pub struct Import {
    /// An ONNX file of a convolutional network
    pub file: PathBuf,
    /// The project file to write; named like the network unless told otherwise
    #[arg(long)]
    pub out: Option<PathBuf>,
    /// For programs: JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args)]
pub struct Networks {
    /// One template only
    #[arg(value_parser = known_template)]
    pub name: Option<String>,
    /// Fit the input: height, width and channels, as in 28x28x1
    #[arg(long, value_name = "HxWxC", value_parser = input)]
    pub input: Option<[usize; 3]>,
    /// Fit the number of classes
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(2..=100_000))]
    pub classes: Option<u32>,
    /// For programs: JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args)]
pub struct Runs {
    /// The runs folder, or a project file for the runs beside it [default: runs]
    pub dir: Option<PathBuf>,
    /// For programs: JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args)]
pub struct Export {
    /// A run folder, a run's number or name in the runs folder, or a project file
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub run: String,
    /// pytorch, keras or burn
    #[arg(long, value_name = "LIBRARY", value_parser = target)]
    pub to: Target,
    /// Where to write the program; named after the run unless told otherwise
    pub file: Option<PathBuf>,
    /// Overwrite the file
    #[arg(long)]
    pub force: bool,
    /// The runs folder, or a project file for the runs beside it [default: runs]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// For programs: JSON
    #[arg(long)]
    pub json: bool,
}

/// The names of all templates, for messages.
pub fn template_names() -> String {
    let names: Vec<&str> = templates().iter().map(|template| template.name).collect();
    names.join(", ")
}

fn known_template(text: &str) -> Result<String, String> {
    match template(text) {
        Some(_) => Ok(text.to_owned()),
        None => Err(format!("known are {}", template_names())),
    }
}
