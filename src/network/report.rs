//! What `check` tells of a graph, and the checked network that training takes.

use std::sync::Arc;

use super::block::BlockId;
use super::edit::Edit;
use super::entry::Cost;
use super::graph::LayerId;
use super::layer::Layer;
use super::loss::{Head, Loss};
use super::shape::Shape;

/// All that is known of a graph: shapes and costs, what is wrong, and the network if nothing is.
#[derive(Clone, Debug)]
pub struct Report {
    /// One for each node, in order, the input first.
    pub layers: Vec<LayerReport>,
    /// One for each block.
    pub blocks: Vec<BlockReport>,
    /// Everything that is wrong, those of the layers in order first.
    pub problems: Vec<Problem>,
    /// Numbers that are learnt, as far as known.
    pub parameters: u64,
    /// For one image, forward.
    pub multiply_adds: u64,
    /// Estimate of memory for training at the batch size with Adam, in bytes: [`Report::weight_bytes`] of two
    /// numbers, and [`Report::image_bytes`] for each image.
    pub training_bytes: u64,
    /// Estimate of what training takes for each image of a batch, in bytes: what every layer keeps for the way
    /// back, and the gradients that are there at once.
    pub image_bytes: u64,
    /// There unless there is an error.
    pub network: Option<Network>,
    /// The part that can be computed; none where not even the input's shape is known.
    pub sound: Option<Sound>,
}

impl Report {
    /// The problems that forbid training.
    pub fn errors(&self) -> impl Iterator<Item = &Problem> {
        self.problems
            .iter()
            .filter(|problem| problem.severity == Severity::Error)
    }

    /// The problems of one layer.
    pub fn of(&self, id: LayerId) -> impl Iterator<Item = &Problem> {
        self.problems
            .iter()
            .filter(move |problem| problem.layer == Some(id))
    }

    /// Bytes of the weights in training, whatever the batch: themselves, their gradients, those of the best epoch
    /// so far, the new ones while a step replaces them, and so many numbers that the optimiser keeps of each.
    pub fn weight_bytes(&self, kept: u64) -> u64 {
        let each = kept
            .saturating_add(4)
            .saturating_mul(super::check::FLOAT_BYTES);
        self.parameters.saturating_mul(each)
    }

    /// What is known of one layer.
    pub fn layer(&self, id: LayerId) -> Option<&LayerReport> {
        self.layers.iter().find(|layer| layer.id == id)
    }

    /// What is known of one block.
    pub fn block(&self, id: BlockId) -> Option<&BlockReport> {
        self.blocks.iter().find(|block| block.id == id)
    }
}

/// What is known of one layer. Counts are 0 while the input's shape is unknown.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerReport {
    /// Which layer.
    pub id: LayerId,
    /// Its name, as "conv2d_1".
    pub name: String,
    /// The shape that comes in first; none for the input layer, and after a layer whose output is unknown.
    pub input: Option<Shape>,
    /// All shapes that come in, by wire.
    pub inputs: Vec<Option<Shape>>,
    /// The shape that goes out: in a repeated block, of the last copy.
    pub output: Option<Shape>,
    /// How often it computes: the repeats of its block, 0 if it is disabled. All counts are over these.
    pub repeats: u32,
    /// Numbers that are learnt.
    pub parameters: u64,
    /// For one image, forward.
    pub multiply_adds: u64,
    /// What it makes of one image, in 32-bit floats: its output, and in an attention the weight of every pair of
    /// tokens in every head.
    pub activation_bytes: u64,
    /// Pixels of the image, along the longer side of what it sees, that an output value in the middle depends on;
    /// never more than the image has. None where values have no place in it: in a vector or a sequence.
    pub receptive_field: Option<usize>,
}

impl LayerReport {
    /// The name of the checked layer whose output goes on from here: in a repeated block, of the last copy.
    pub fn last_name(&self) -> String {
        copy_name(&self.name, self.repeats.saturating_sub(1), self.repeats)
    }
}

/// What a layer is called in one copy, from 0, of its block.
pub(super) fn copy_name(name: &str, repeat: u32, of: u32) -> String {
    if of > 1 {
        format!("{name}.{}", repeat + 1)
    } else {
        name.to_owned()
    }
}

/// What is known of a block, with all its repeats.
#[derive(Clone, Debug, PartialEq)]
pub struct BlockReport {
    /// Which block.
    pub id: BlockId,
    /// The shape that comes in.
    pub input: Option<Shape>,
    /// The shape that goes out of the last copy.
    pub output: Option<Shape>,
    /// Numbers that are learnt.
    pub parameters: u64,
    /// For one image, forward.
    pub multiply_adds: u64,
    /// What all its layers make of one image in 32-bit floats.
    pub activation_bytes: u64,
}

/// Whether training can start all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// It can.
    Warning,
    /// It cannot.
    Error,
}

/// Something wrong, in words.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// The layer to show it at; none where it is about the whole network.
    pub layer: Option<LayerId>,
    /// Error or warning.
    pub severity: Severity,
    /// What is wrong, at which layer, and what to do.
    pub message: String,
    /// The mending, where one click can do it.
    pub remedy: Option<Remedy>,
}

/// What mends a problem, as one click: give both to [`super::Editor::apply_all`].
#[derive(Clone, Debug, PartialEq)]
pub struct Remedy {
    /// For the button: "Insert flatten before dense_1".
    pub label: String,
    /// To be made in this order.
    pub edits: Vec<Edit>,
}

/// A network that fits together, with its loss and its classes. Only [`super::check`] makes it.
#[derive(Clone, Debug)]
pub struct Network {
    pub(super) input: Shape,
    pub(super) layers: Arc<[CheckedLayer]>,
    pub(super) outputs: usize,
    pub(super) loss: Loss,
    pub(super) head: Head,
    pub(super) parameters: u64,
    pub(super) multiply_adds: u64,
}

impl Network {
    /// The image's shape, always maps.
    pub fn input(&self) -> Shape {
        self.input
    }

    /// The layers in the order of computing, without the input; at least one. Blocks are repeated, disabled
    /// layers left out; the last one gives the output.
    pub fn layers(&self) -> &[CheckedLayer] {
        &self.layers
    }

    /// Units of the last layer.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// The loss that the output was checked against.
    pub fn loss(&self) -> Loss {
        self.loss
    }

    /// How outputs become probabilities, and what the engine leaves to the loss.
    pub fn head(&self) -> Head {
        self.head
    }

    /// Numbers that are learnt, in all layers.
    pub fn parameters(&self) -> u64 {
        self.parameters
    }

    /// For one image, forward.
    pub fn multiply_adds(&self) -> u64 {
        self.multiply_adds
    }
}

/// The layers of a graph that compute whatever may be wrong elsewhere: to look at, not to train. Of a graph
/// without errors, the whole network.
#[derive(Clone, Debug)]
pub struct Sound {
    pub(super) input: Shape,
    pub(super) layers: Arc<[CheckedLayer]>,
    pub(super) head: Option<Head>,
}

impl Sound {
    /// The image's shape, always maps.
    pub fn input(&self) -> Shape {
        self.input
    }

    /// The layers in the order of computing, without the input. There may be none, and several whose output
    /// nothing takes.
    pub fn layers(&self) -> &[CheckedLayer] {
        &self.layers
    }

    /// How outputs become probabilities, where this is a whole network.
    pub fn head(&self) -> Option<Head> {
        self.head
    }
}

/// Layer by layer the same.
impl PartialEq for Sound {
    fn eq(&self, other: &Self) -> bool {
        self.input == other.input
            && self.head == other.head
            && (Arc::ptr_eq(&self.layers, &other.layers) || self.layers == other.layers)
    }
}

/// A layer of a [`Network`], whose settings are in range and whose shapes are known.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckedLayer {
    pub(super) id: LayerId,
    pub(super) name: String,
    pub(super) layer: Layer,
    pub(super) inputs: Vec<Shape>,
    pub(super) sources: Vec<usize>,
    pub(super) output: Shape,
    pub(super) cost: Cost,
    pub(super) block: Option<BlockCopy>,
}

/// Of which block, and which copy of it, a layer is a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockCopy {
    /// Which block.
    pub id: BlockId,
    /// Its name for people.
    pub name: Arc<str>,
    /// Counted from 0.
    pub copy: u32,
}

impl CheckedLayer {
    /// The block that it came from.
    pub fn block(&self) -> Option<&BlockCopy> {
        self.block.as_ref()
    }

    /// Its id in the graph that was checked.
    pub fn id(&self) -> LayerId {
        self.id
    }

    /// As "conv2d_1"; "conv2d_1.2" in the second copy of a repeated block, whose first is "conv2d_1.1".
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Kind and settings.
    pub fn layer(&self) -> &Layer {
        &self.layer
    }

    /// The shape that comes in; the first one of a join.
    pub fn input(&self) -> Shape {
        self.inputs.first().copied().unwrap_or(self.output)
    }

    /// All shapes that come in, in the order of [`CheckedLayer::sources`].
    pub fn inputs(&self) -> &[Shape] {
        &self.inputs
    }

    /// Where its inputs come from: 0 is the image, and k the output of the layer at position k − 1. All come
    /// before the layer.
    pub fn sources(&self) -> &[usize] {
        &self.sources
    }

    /// The shape that goes out.
    pub fn output(&self) -> Shape {
        self.output
    }

    /// Numbers that are learnt.
    pub fn parameters(&self) -> u64 {
        self.cost.parameters
    }

    /// For one image, forward.
    pub fn multiply_adds(&self) -> u64 {
        self.cost.multiply_adds
    }
}
