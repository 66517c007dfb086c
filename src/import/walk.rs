//! Goes through the operators in order and builds the graph, with the weights that each layer begins with.

use std::collections::{HashMap, HashSet};

use super::constant::{Beside, Constant, decode};
use super::model::Tensor;
use super::op::Op;
use super::{Reason, rules};
use crate::network::{
    Builder, Graph, Kind, Layer, LayerId, MAX_LAYERS, Shape, ShapeError, grouped,
};
use crate::training::NamedTensor;

/// How the axes of a value stand in the file; here channels always come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    Usual,
    /// Maps as `[batch, height, width, channels]`.
    ChannelsLast,
    /// A vector that such maps were laid out as.
    Flattened {
        height: usize,
        width: usize,
        channels: usize,
    },
    /// A vector as `[batch, units, 1]`, on its way to maps of 1×1.
    Column,
}

/// What a layer puts out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flow {
    pub at: LayerId,
    pub shape: Shape,
    pub layout: Layout,
    /// The layer has an activation that is still linear, and nothing else takes its output.
    pub open: bool,
}

/// Dimensions and values, row by row.
pub(super) type Weights = (Vec<usize>, Vec<f32>);

/// What an operator comes to.
pub(super) enum Made {
    Flow(Flow),
    Constant(Constant),
}

/// A weight of a layer that has no name yet.
struct Learnt {
    layer: LayerId,
    part: &'static str,
    shape: Vec<usize>,
    values: Vec<f32>,
}

pub(super) struct Walk<'a> {
    pub builder: Builder,
    /// The version of the operators.
    pub opset: i64,
    /// Layers so far.
    layers: usize,
    flows: HashMap<&'a str, Flow>,
    known: HashMap<&'a str, Constant>,
    stored: HashMap<&'a str, &'a Tensor<'a>>,
    beside: Beside,
    uses: HashMap<&'a str, usize>,
    /// The kinds of operator that take a value.
    takers: HashMap<&'a str, Vec<String>>,
    learnt: Vec<Learnt>,
    /// Layers that may yet get a bias, and how many units or filters they have.
    pub biasless: HashMap<LayerId, usize>,
    notes: Vec<String>,
}

impl<'a> Walk<'a> {
    pub fn new(
        input: (&'a str, Layer, Layout),
        stored: &'a [Tensor<'a>],
        (beside, opset): (Beside, i64),
        ops: &[Op<'a>],
        output: &'a str,
    ) -> Self {
        let (name, layer, layout) = input;
        let shape = (layer.kind().entry().known_shape)(&layer);
        let builder = Builder::new(layer);
        let flow = Flow {
            at: builder.here(),
            shape: shape.unwrap_or(Shape::Vector { units: 0 }),
            layout,
            open: false,
        };
        let mut takers: HashMap<&str, Vec<String>> = HashMap::new();
        for op in ops {
            for input in &op.inputs {
                takers.entry(input).or_default().push(op.kind.clone());
            }
        }
        Self {
            builder,
            opset,
            layers: 0,
            flows: HashMap::from([(name, flow)]),
            known: HashMap::new(),
            stored: stored.iter().map(|tensor| (tensor.name, tensor)).collect(),
            beside,
            uses: super::fuse::uses(ops, output),
            takers,
            learnt: Vec::new(),
            biasless: HashMap::new(),
            notes: Vec::new(),
        }
    }

    /// One operator: `Err` says what of it mapsto cannot do.
    pub fn step(&mut self, op: &Op<'a>) -> Result<(), Reason> {
        let rule = rules::rule(&op.kind).ok_or("mapsto does not know it")?;
        match rule(self, op)? {
            Made::Flow(flow) => {
                self.flows.insert(op.output(), flow);
            }
            Made::Constant(constant) => {
                self.known.insert(op.output(), constant);
            }
        }
        Ok(())
    }

    pub fn uses(&self, name: &str) -> usize {
        self.uses.get(name).copied().unwrap_or(0)
    }

    /// Whether all that takes the operator's output is of these kinds.
    pub fn only_taken_by(&self, op: &Op<'_>, kinds: &[&str]) -> bool {
        let takers = self.takers.get(op.output());
        takers.is_none_or(|takers| takers.iter().all(|it| kinds.contains(&it.as_str())))
    }

    /// What a layer before has put out, whatever its layout.
    pub fn any(&self, op: &Op<'a>, index: usize) -> Result<Flow, Reason> {
        let name = op.input(index).ok_or("an input is missing")?;
        match self.flows.get(name) {
            Some(flow) => Ok(Flow {
                open: flow.open && self.uses(name) == 1,
                ..*flow
            }),
            None if self.known.contains_key(name) || self.stored.contains_key(name) => Err(
                format!("it takes the constant “{name}”, where mapsto has the output of a layer"),
            ),
            None => Err(format!(
                "it takes “{name}”, which no operator before it makes as its first output: the file goes in a circle, is not in order, or needs what mapsto does not read"
            )),
        }
    }

    /// As [`Walk::any`], with channels first.
    pub fn flow(&self, op: &Op<'a>, index: usize) -> Result<Flow, Reason> {
        let flow = self.any(op, index)?;
        if flow.layout == Layout::Usual {
            return Ok(flow);
        }
        Err(match flow.layout {
            Layout::Column => "it takes a vector with an axis more".into(),
            _ => "it takes maps whose channels come last: export the network with channels first"
                .into(),
        })
    }

    /// As [`Walk::flow`], of maps: the channels, and height and width.
    pub fn maps(&self, op: &Op<'a>, index: usize) -> Result<(Flow, usize, [usize; 2]), Reason> {
        let flow = self.flow(op, index)?;
        match flow.shape {
            Shape::Maps {
                height,
                width,
                channels,
            } => Ok((flow, channels, [height, width])),
            shape => Err(format!("it works on maps, and gets {shape}")),
        }
    }

    /// Whether an input is a constant.
    pub fn is_constant(&self, op: &Op<'a>, index: usize) -> bool {
        op.input(index)
            .is_some_and(|name| self.known.contains_key(name) || self.stored.contains_key(name))
    }

    /// A constant input; `None` where it is left out.
    pub fn constant(&mut self, op: &Op<'a>, index: usize) -> Result<Option<Constant>, Reason> {
        let Some(name) = op.input(index) else {
            return Ok(None);
        };
        if let Some(known) = self.known.get(name) {
            // Copies of copies of a large constant could otherwise fill the memory.
            self.beside.spend(known.count())?;
            return Ok(Some(known.clone()));
        }
        let Some(stored) = self.stored.get(name) else {
            return Err(format!(
                "“{name}” is computed, where mapsto needs a constant"
            ));
        };
        let constant = decode(stored, &mut self.beside);
        constant
            .map(Some)
            .map_err(|reason| format!("the tensor “{name}”: {reason}"))
    }

    /// The values of a tensor within an operator.
    pub fn decode(&mut self, tensor: &Tensor<'_>) -> Result<Constant, Reason> {
        decode(tensor, &mut self.beside)
    }

    /// Whole numbers that an operator takes as an input, or as an attribute in older files.
    pub fn numbers(
        &mut self,
        op: &Op<'a>,
        index: usize,
        attribute: &str,
    ) -> Result<Option<Vec<i64>>, Reason> {
        if let Some(constant) = self.constant(op, index)? {
            let ints = constant.as_ints().map(<[i64]>::to_vec);
            return ints
                .map(Some)
                .ok_or_else(|| format!("{attribute} are no whole numbers. The file is damaged"));
        }
        Ok(op.attribute(attribute).map(|it| it.ints.clone()))
    }

    /// Weights with their dimensions.
    pub fn weights(&mut self, op: &Op<'a>, index: usize) -> Result<Option<Weights>, Reason> {
        let Some(constant) = self.constant(op, index)? else {
            return Ok(None);
        };
        match constant.values {
            super::constant::Values::Floats(values) => Ok(Some((constant.dims, values))),
            super::constant::Values::Ints(_) => Err("its weights are whole numbers".into()),
        }
    }

    /// A weight for each of `count` channels or units; one number stands for all.
    pub fn each(&mut self, op: &Op<'a>, index: usize, count: usize) -> Result<Vec<f32>, Reason> {
        let (_, values) = self.weights(op, index)?.ok_or("a weight is missing")?;
        spread(values, count)
    }

    /// A new layer after these.
    pub fn put(&mut self, layer: Layer, inputs: &[Flow]) -> Result<Flow, Reason> {
        self.layers += 1;
        if self.layers > MAX_LAYERS {
            let most = grouped(MAX_LAYERS as u64);
            return Err(format!("the network has more than {most} layers"));
        }
        let entry = layer.kind().entry();
        for (setting, value) in layer.settings() {
            if !setting.range.contains(value) {
                return Err(format!(
                    "{} would be {value}, and {} takes {}",
                    setting.name,
                    entry.name,
                    setting.range.describe()
                ));
            }
        }
        let shapes: Vec<Shape> = inputs.iter().map(|flow| flow.shape).collect();
        let shape = (entry.shape)(&layer, &shapes).map_err(|error| misfit(&error, &shapes))?;
        let open = layer.get("activation").is_some();
        let wires = inputs.iter().map(|flow| flow.at).collect();
        Ok(Flow {
            at: self.builder.put(layer, wires),
            shape,
            layout: Layout::Usual,
            open,
        })
    }

    /// What a layer begins with.
    pub fn learn(&mut self, flow: Flow, part: &'static str, shape: &[usize], values: Vec<f32>) {
        self.learnt.push(Learnt {
            layer: flow.at,
            part,
            shape: shape.to_vec(),
            values,
        });
    }

    pub fn note(&mut self, note: String) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// The graph that ends with the value of this name, its weights by the names of its layers, and the notes.
    pub fn finish(self, output: &str) -> Result<(Graph, Vec<NamedTensor>, Vec<String>), Reason> {
        if !self.flows.contains_key(output) {
            return Err(format!(
                "its output “{output}” is not computed by any layer"
            ));
        }
        let graph = self.builder.graph();
        let ids = graph.nodes().iter().map(|node| node.id);
        let names: HashMap<LayerId, String> = ids.zip(graph.names()).collect();
        let mut seen = HashSet::new();
        let weights = self.learnt.into_iter().filter_map(|learnt| {
            let name = format!("{}.{}", names.get(&learnt.layer)?, learnt.part);
            seen.insert(name.clone()).then_some(NamedTensor {
                name,
                shape: learnt.shape,
                values: learnt.values,
            })
        });
        Ok((graph, weights.collect(), self.notes))
    }
}

/// One number for each of `count`.
pub(super) fn spread(values: Vec<f32>, count: usize) -> Result<Vec<f32>, Reason> {
    match values.as_slice() {
        all if all.len() == count => Ok(values),
        [one] => Ok(vec![*one; count]),
        other => Err(format!(
            "it has {} weights for {count} channels",
            other.len()
        )),
    }
}

/// Whether numbers of these dimensions go one to a channel or unit: [C], [C, 1, 1] or [1, C, 1, 1] for maps, [units]
/// or [1, units] for a vector, and one number for all.
pub(super) fn by_channel(dims: &[usize], shape: Shape) -> bool {
    let after = if shape.is_maps() { 2 } else { 0 };
    let trailing = dims.iter().rev().take_while(|size| **size == 1).count();
    let long = dims.iter().filter(|size| **size != 1).count();
    long == 0 || (long == 1 && trailing == after)
}

/// A layer of the catalogue, by its name in files.
pub(super) fn layer(kind: &str) -> Result<Layer, Reason> {
    let kind = Kind::from_name(kind).ok_or_else(|| format!("it needs a layer {kind}"))?;
    Ok(Layer::new(kind))
}

fn misfit(error: &ShapeError, inputs: &[Shape]) -> Reason {
    let shapes: Vec<String> = inputs.iter().map(Shape::to_string).collect();
    let shapes = shapes.join(" and ");
    match error {
        ShapeError::NeedsMaps => format!("it works on maps, and gets {shapes}"),
        ShapeError::NeedsVector => format!("it works on a vector, and gets {shapes}"),
        ShapeError::NeedsSequence => format!("it works on a sequence, and gets {shapes}"),
        ShapeError::WindowTooLarge => format!("its window is larger than its input of {shapes}"),
        ShapeError::TakesNoInput => "it takes no input".into(),
        ShapeError::Overflow => "its numbers are too large".into(),
        ShapeError::Differ => format!("its inputs of {shapes} do not fit each other"),
        ShapeError::Refused { reason, .. } => format!("its layer {reason}"),
    }
}
