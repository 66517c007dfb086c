//! Networks in: an ONNX file of a convolutional network as a graph, with the weights that it holds.
//!
//! ```text
//! file ─ wire, model (its messages) ─► op, fuse (what is one layer) ─► walk by rules/ ─► Graph + weights
//! ```
//! The file is hostile until proven otherwise: sizes are bounded before anything is allocated, weights in other
//! files are read from the network's own folder only, and whatever cannot be understood is told by its operator
//! and its name in the file. Nothing is guessed: a network that opens computes what the file computes.

mod constant;
mod fuse;
mod input;
mod model;
mod op;
mod rules;
mod walk;
mod wire;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use self::constant::{Beside, read_within};
use self::model::Graph as FileGraph;
use self::op::Op;
use self::walk::Walk;
use crate::network::{Activation, Graph, Loss};
use crate::project::atomic;
use crate::training::NamedTensor;

/// Larger files are refused; it is also the format's own limit for one file.
const MAX_BYTES: u64 = 2 << 30;

/// How many names of each unknown operator are told.
const NAMED: usize = 3;

/// How many unknown operators are told.
const LISTED: usize = 12;

/// Longer names are cut in messages, and longer reasons.
const LONGEST_NAME: usize = 80;
const LONGEST_REASON: usize = 600;

/// The first version of ONNX's operators whose meaning is known here.
const OLDEST: i64 = 7;

/// Why an operator cannot be a layer; reads after the operator's name.
type Reason = String;

/// A network from a file.
#[derive(Clone, Debug)]
pub struct Imported {
    /// Its layers.
    pub graph: Graph,
    /// What they begin with: PyTorch's names and layouts, by the names that the layers have in `graph`.
    pub weights: Vec<NamedTensor>,
    /// What is not quite as in the file, a sentence each.
    pub notes: Vec<String>,
}

impl Imported {
    /// The loss that its last layer is made for.
    pub fn loss(&self) -> Loss {
        match self
            .graph
            .nodes()
            .last()
            .map(|node| node.layer.activation())
        {
            Some(Activation::Sigmoid) => Loss::BinaryCrossEntropy,
            _ => Loss::CrossEntropy,
        }
    }
}

/// Why a network could not be opened.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ImportError {
    /// The file itself cannot be read, or is none.
    #[error("{} {reason}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// Reads after its name.
        reason: String,
    },
    /// Operators that mapsto has no layer for: all of them.
    #[error("{} has operators that mapsto does not know: {}. Export the network without them", path.display(), listed(operators))]
    Unknown {
        /// Which file.
        path: PathBuf,
        /// By name of the operator.
        operators: Vec<UnknownOperator>,
    },
    /// An operator that mapsto knows, used in a way that it does not.
    #[error("{}: {operator} “{node}”: {reason}", path.display())]
    Operator {
        /// Which file.
        path: PathBuf,
        /// "Conv".
        operator: String,
        /// Its name in the file.
        node: String,
        /// Reads after that.
        reason: String,
    },
}

/// An operator without a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownOperator {
    /// "GridSample", with its domain where that is not ONNX's.
    pub operator: String,
    /// The names of all its nodes, in order.
    pub nodes: Vec<String>,
}

fn listed(operators: &[UnknownOperator]) -> String {
    let each = operators.iter().take(LISTED).map(|unknown| {
        let names = unknown.nodes.iter().take(NAMED);
        let names: Vec<String> = names
            .map(|name| format!("“{}”", shown(name, LONGEST_NAME)))
            .collect();
        let times = match unknown.nodes.len() {
            1 => "once".to_owned(),
            times => format!("{times} times"),
        };
        let more = if unknown.nodes.len() > NAMED {
            ", …"
        } else {
            ""
        };
        let operator = shown(&unknown.operator, LONGEST_NAME);
        format!("{operator} ({times}: {}{more})", names.join(", "))
    });
    let mut each: Vec<String> = each.collect();
    if operators.len() > LISTED {
        each.push(format!("{} more", operators.len() - LISTED));
    }
    each.join("; ")
}

/// What a file says, for people: without letters that a terminal would obey, and not without end.
fn shown(text: &str, longest: usize) -> String {
    let mut short: String = text
        .chars()
        .map(|letter| {
            if letter.is_control() {
                '\u{fffd}'
            } else {
                letter
            }
        })
        .take(longest)
        .collect();
    if text.chars().nth(longest).is_some() {
        short.push('…');
    }
    short
}

/// Opens an ONNX file.
///
/// # Errors
/// The file cannot be read, is damaged or too large, or holds what mapsto has no layers for.
pub fn onnx(path: &Path) -> Result<Imported, ImportError> {
    let fault = |reason: String| ImportError::File {
        path: path.to_path_buf(),
        reason,
    };
    let bytes = read_within(path, MAX_BYTES)
        .map_err(|error| fault(format!("cannot be read: {}", atomic::explain(&error))))?;
    from_bytes(&bytes, path)
}

/// As [`onnx`], of a file's content; `path` is for messages, and its folder for weights beside it.
///
/// # Errors
/// As [`onnx`].
pub fn from_bytes(bytes: &[u8], path: &Path) -> Result<Imported, ImportError> {
    let fault = |reason: String| ImportError::File {
        path: path.to_path_buf(),
        reason: shown(&reason, LONGEST_REASON),
    };
    let model = model::model(bytes).map_err(|broken| fault(broken.explain().to_owned()))?;
    if model.opset < OLDEST {
        return Err(fault(format!(
            "is of version {} of ONNX's operators: export it with version {OLDEST} or later, best 17",
            model.opset
        )));
    }
    let graph = &model.graph;
    let output = graph.outputs.first().map(|output| output.name);
    let output = output.ok_or_else(|| fault("has no output".to_owned()))?;
    let ops = fuse::needed(graph.nodes.iter().map(Op::of).collect(), output);
    let scalars = scalars(graph);
    let ops = fuse::fused(ops, output, |name| scalars.get(name).copied());
    known(&ops, path)?;
    let input = input::image(graph, &ops).map_err(fault)?;
    let from = (Beside::of(path, bytes.len()), model.opset);
    let mut walk = Walk::new(input, &graph.initialisers, from, &ops, output);
    for op in &ops {
        walk.step(op).map_err(|reason| ImportError::Operator {
            path: path.to_path_buf(),
            operator: op.kind.clone(),
            node: shown(op.name, LONGEST_NAME),
            reason: shown(&reason, LONGEST_REASON),
        })?;
    }
    let others = graph.outputs.iter().skip(1).take(NAMED);
    let others: Vec<String> = others
        .map(|it| format!("“{}”", shown(it.name, LONGEST_NAME)))
        .collect();
    if !others.is_empty() {
        let count = graph.outputs.len() - 1;
        let more = if count > NAMED { ", …" } else { "" };
        walk.note(format!(
            "Outputs left out, since a network here has one: {}{more}",
            others.join(", ")
        ));
    }
    let (graph, weights, notes) = walk.finish(output).map_err(fault)?;
    if graph.nodes().len() < 2 {
        return Err(fault("has no layers".to_owned()));
    }
    Ok(Imported {
        graph,
        weights,
        notes,
    })
}

/// Refuses operators without a layer, all at once.
fn known(ops: &[Op<'_>], path: &Path) -> Result<(), ImportError> {
    let mut unknown: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for op in ops.iter().filter(|op| rules::rule(&op.kind).is_none()) {
        let names = unknown.entry(&op.kind).or_default();
        names.push(op.name.to_owned());
    }
    if unknown.is_empty() {
        return Ok(());
    }
    let operators = unknown
        .into_iter()
        .map(|(operator, nodes)| UnknownOperator {
            operator: operator.to_owned(),
            nodes,
        });
    Err(ImportError::Unknown {
        path: path.to_path_buf(),
        operators: operators.collect(),
    })
}

/// The constants of one float, which tell what several operators are together.
fn scalars<'a>(graph: &'a FileGraph<'a>) -> BTreeMap<&'a str, f32> {
    let of = |tensor: &model::Tensor<'_>| {
        let one = tensor.outside.is_none() && tensor.dims.iter().all(|size| *size == 1);
        let path = Path::new("");
        let constant = one.then(|| constant::decode(tensor, &mut Beside::of(path, 0)));
        constant?.ok()?.as_float()
    };
    let stored = graph.initialisers.iter().map(|it| (it.name, of(it)));
    let made = graph
        .nodes
        .iter()
        .filter(|node| node.operator == "Constant");
    let made = made.filter_map(|node| {
        let held = node.attributes.first()?;
        let number = match held.name {
            "value_float" => Some(held.float),
            _ => held.tensor.as_ref().and_then(of),
        };
        Some((*node.outputs.first()?, number))
    });
    stored
        .chain(made)
        .filter_map(|(name, number)| Some((name, number?)))
        .collect()
}
