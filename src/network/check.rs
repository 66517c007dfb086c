//! From what is drawn to what can be trained: walks the graph once, works out shapes and costs as far as they
//! can be known, and gathers every problem. The rules of each layer are in `rules`, of the network's end in `output`; warnings are in `warnings`.

use std::collections::{HashMap, HashSet};

use super::entry::{Cost, Kind};
use super::expand::{Expansion, Step, expand};
use super::graph::{Graph, LayerId, Node};
use super::layer::Layer;
use super::loss::Loss;
use super::misfit::Misfit;
use super::output;
use super::remedy;
use super::report::{
    BlockReport, CheckedLayer, LayerReport, Network, Problem, Remedy, Report, Severity, copy_name,
};
use super::shape::{Shape, grouped};
use super::warnings::warnings;
use super::wiring;

/// More layers than this are refused.
pub const MAX_LAYERS: usize = 10_000;
/// More numbers than this in all weights, or in one layer's output for one image, are refused: 2³¹, about
/// what an index within a tensor can reach.
pub const MAX_ELEMENTS: u64 = 1 << 31;

const FLOAT_BYTES: u64 = 4;

/// What the network must fit, beside itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Context {
    /// How many classes the data has; none while there is no data.
    pub classes: Option<usize>,
    /// The loss to train with.
    pub loss: Loss,
    /// Images a batch.
    pub batch: usize,
}

/// Checks a graph. Any graph gets a report, a broken one as well: with the shapes that are known, and all its
/// problems at once.
pub fn check(graph: &Graph, context: &Context) -> Report {
    let mut walk = Walk::new(graph, context);
    for step in std::mem::take(&mut walk.expansion.steps) {
        walk.visit(&step);
        walk.expansion.steps.push(step);
    }
    walk.pass_over();
    walk.finish()
}

/// The state of the walk between two steps.
struct Walk<'a> {
    graph: &'a Graph,
    context: &'a Context,
    expansion: Expansion,
    names: Vec<String>,
    /// One for each node, filled as its steps are visited.
    layers: Vec<LayerReport>,
    problems: Vec<Problem>,
    /// What every step gives; none where it is not known.
    shapes: Vec<Option<Shape>>,
    /// What of the image one value of a step sees.
    fields: Vec<Option<Field>>,
    parameters: Vec<u64>,
    /// Layers that an error was told of: not told again for the next copy of their block.
    told: HashSet<LayerId>,
    /// Where maps first became a vector.
    first_vector: Option<usize>,
}

/// Part of the image that one value sees: [height, width], and how far apart two neighbours are.
#[derive(Clone, Copy)]
struct Field {
    seen: [usize; 2],
    step: [usize; 2],
}

impl<'a> Walk<'a> {
    fn new(graph: &'a Graph, context: &'a Context) -> Self {
        let names = graph.names();
        let layers = graph.nodes().iter().zip(&names);
        let layers = layers.map(|(node, name)| LayerReport {
            id: node.id,
            name: name.clone(),
            input: None,
            inputs: Vec::new(),
            output: None,
            repeats: 0,
            parameters: 0,
            multiply_adds: 0,
            activation_bytes: 0,
            receptive_field: None,
        });
        let expansion = expand(graph);
        let steps = expansion.steps.len();
        Self {
            graph,
            context,
            layers: layers.collect(),
            names,
            expansion,
            problems: Vec::new(),
            shapes: Vec::with_capacity(steps),
            fields: Vec::with_capacity(steps),
            parameters: Vec::with_capacity(steps),
            told: HashSet::new(),
            first_vector: None,
        }
    }

    fn name(&self, position: usize) -> &str {
        self.names.get(position).map_or("", String::as_str)
    }

    fn visit(&mut self, step: &Step) {
        let position = step.node;
        let Some(node) = self.graph.nodes().get(position) else {
            return;
        };
        let layer = node.layer.in_repeat(step.repeat, step.of);
        let inputs: Vec<Option<Shape>> = step
            .sources
            .iter()
            .map(|source| source.and_then(|source| self.shapes.get(source).copied().flatten()))
            .collect();
        let known: Option<Vec<Shape>> = inputs.iter().copied().collect();
        let known = known.filter(|known| !known.is_empty());
        let wired = self.wired(position, node, step);
        let in_range = self.settings(position, node);
        let output = if in_range {
            self.output(position, node, &layer, known.as_deref().filter(|_| wired))
        } else {
            None
        };
        let cost = self.cost(position, node, &layer, known.as_deref(), output);
        if step.repeat == 0 {
            let last = self.is_last(node);
            let input = inputs.first().copied().flatten();
            let warnings = warnings(node, self.name(position), input, last, self.context.batch);
            self.problems.extend(warnings);
        }
        if self.first_vector.is_none() && matches!(output, Some(Shape::Vector { .. })) {
            self.first_vector = Some(position);
        }
        let field = self.field(&layer, step, output);
        if let Some(report) = self.layers.get_mut(position) {
            if step.repeat == 0 {
                report.input = inputs.first().copied().flatten();
                report.inputs = inputs;
            }
            report.output = output;
            report.repeats += 1;
            report.parameters = report.parameters.saturating_add(cost.parameters);
            report.multiply_adds = report.multiply_adds.saturating_add(cost.multiply_adds);
            let bytes = elements(output).saturating_mul(FLOAT_BYTES);
            report.activation_bytes = report.activation_bytes.saturating_add(bytes);
            report.receptive_field = field.map(|field| field.seen[0].max(field.seen[1]));
        }
        self.shapes.push(output);
        self.fields.push(field);
        self.parameters.push(cost.parameters);
    }

    /// Whether the network ends with this layer, or with disabled ones after it.
    fn is_last(&self, node: &Node) -> bool {
        let output = self.graph.nodes().last();
        let given = |node: &Node| self.expansion.given.get(&node.id).copied();
        output.and_then(given) == given(node) && !node.disabled
    }

    /// Tells what is wrong with the layer's wires; whether nothing is.
    fn wired(&mut self, position: usize, node: &Node, step: &Step) -> bool {
        let Some((message, remedy)) = wiring::problem(self.graph, &self.names, position, step)
        else {
            return true;
        };
        self.tell(node, Severity::Error, message, remedy);
        false
    }

    /// A disabled layer hands on what it gets.
    fn pass_over(&mut self) {
        for (position, node) in self.graph.nodes().iter().enumerate() {
            let given = self.expansion.given.get(&node.id).copied();
            let shape = given.and_then(|step| self.shapes.get(step).copied().flatten());
            if let Some(report) = self.layers.get_mut(position).filter(|_| node.disabled) {
                report.input = shape;
                report.inputs = vec![shape];
                report.output = shape;
            }
            let backward = Some(position)
                .filter(|_| node.disabled)
                .and_then(|position| wiring::backward(self.graph, &self.names, position));
            if let Some((message, remedy)) = backward {
                self.tell(node, Severity::Error, message, remedy);
            }
        }
    }

    fn tell(&mut self, node: &Node, severity: Severity, message: String, remedy: Option<Remedy>) {
        let copies = node.block.is_some() && severity == Severity::Error;
        if copies
            && self
                .problems
                .iter()
                .any(|it| it.layer == Some(node.id) && it.message == message)
        {
            return;
        }
        self.problems.push(Problem {
            layer: Some(node.id),
            severity,
            message,
            remedy,
        });
    }

    /// Tells every setting that is out of range; whether there is none.
    fn settings(&mut self, position: usize, node: &Node) -> bool {
        let wrong = node
            .layer
            .settings()
            .filter(|(setting, value)| !setting.range.contains(value));
        let mut in_range = true;
        for (setting, value) in wrong {
            let (better, remedy) = remedy::into_range(node.id, self.name(position), setting, value);
            let message = format!(
                "{} of {} is {value}, but takes {}: set it to {better}",
                setting.title.to_lowercase(),
                self.name(position),
                setting.range.describe(),
            );
            self.tell(node, Severity::Error, message, Some(remedy));
            in_range = false;
        }
        in_range
    }

    /// The layer's output as far as it can be known, even if it does not take its input.
    fn output(
        &mut self,
        position: usize,
        node: &Node,
        layer: &Layer,
        inputs: Option<&[Shape]>,
    ) -> Option<Shape> {
        let entry = layer.kind().entry();
        let known = (entry.known_shape)(layer);
        let Some(inputs) = inputs.filter(|_| position > 0) else {
            return known;
        };
        match (entry.shape)(layer, inputs) {
            Ok(shape) => Some(shape),
            Err(error) => {
                if self.told.insert(node.id) {
                    let place = self.first_vector.unwrap_or(position);
                    let misfit = Misfit {
                        graph: self.graph,
                        names: &self.names,
                        position,
                        node,
                        inputs,
                        first_vector: place,
                    };
                    let (message, remedy) = misfit.told(&error);
                    self.tell(node, Severity::Error, message, remedy);
                }
                known
            }
        }
    }

    /// What the layer costs, where both shapes are known; tells what is too large.
    fn cost(
        &mut self,
        position: usize,
        node: &Node,
        layer: &Layer,
        inputs: Option<&[Shape]>,
        output: Option<Shape>,
    ) -> Cost {
        if elements(output) > MAX_ELEMENTS {
            let message = format!(
                "one image gives {} numbers at {}, more than the {} that fit: make the input or the layer smaller",
                grouped(elements(output)),
                self.name(position),
                grouped(MAX_ELEMENTS),
            );
            self.tell(node, Severity::Error, message, None);
        }
        let entry = layer.kind().entry();
        // A dense layer that was given maps has an output but no cost yet.
        let fits = |(inputs, output): &(&[Shape], Shape)| {
            (entry.shape)(layer, inputs).as_ref() == Ok(output)
        };
        match inputs.zip(output).filter(fits) {
            None => Cost::default(),
            Some((inputs, output)) => (entry.cost)(layer, inputs, output).unwrap_or_else(|| {
                let message = format!(
                    "{} is too large to be counted: make it smaller",
                    self.name(position)
                );
                self.tell(node, Severity::Error, message, None);
                Cost::default()
            }),
        }
    }

    /// What one output value sees: each window adds its size less 1, in steps of all the strides before it; a
    /// join sees what any of its inputs does.
    fn field(&self, layer: &Layer, step: &Step, output: Option<Shape>) -> Option<Field> {
        let image = Field {
            seen: [1, 1],
            step: [1, 1],
        };
        if layer.kind() == Kind::Input {
            return output.map(|_| image);
        }
        output.filter(|output| output.is_maps())?;
        let sources = step.sources.iter().copied().flatten();
        let fields = sources.filter_map(|source| self.fields.get(source).copied().flatten());
        let joined = fields.reduce(|one, two| Field {
            seen: larger(one.seen, two.seen),
            step: larger(one.step, two.step),
        })?;
        let window = (layer.kind().entry().window)(layer);
        let wider = |axis: usize| {
            let more = window.size[axis].saturating_sub(1);
            joined.seen[axis].saturating_add(more.saturating_mul(joined.step[axis]))
        };
        let apart = |axis: usize| joined.step[axis].saturating_mul(window.stride[axis]);
        Some(Field {
            seen: [wider(0), wider(1)],
            step: [apart(0), apart(1)],
        })
    }

    /// The whole network's figures, its problems, and the network itself if there are no errors.
    fn finish(mut self) -> Report {
        let sum = |of: fn(&LayerReport) -> u64, layers: &[LayerReport]| {
            layers.iter().map(of).fold(0, u64::saturating_add)
        };
        let parameters = sum(|layer| layer.parameters, &self.layers);
        let multiply_adds = sum(|layer| layer.multiply_adds, &self.layers);
        let activations = sum(|layer| layer.activation_bytes, &self.layers);
        self.limits(parameters);
        self.problems
            .extend(wiring::dangling(self.graph, &self.names));
        self.problems
            .extend(wiring::broken_blocks(self.graph, &self.expansion));
        self.problems
            .extend(output::problem(self.graph, &self.layers, self.context));
        let broken = |problems: &[Problem]| {
            problems
                .iter()
                .any(|problem| problem.severity == Severity::Error)
        };
        let units = self.outcome().map_or(0, Shape::features);
        if !broken(&self.problems) && parameters == 0 {
            self.problems
                .push(output::nothing_learns(units, self.context));
        }
        let network = if broken(&self.problems) {
            None
        } else {
            self.network(parameters, multiply_adds)
        };
        let batch = u64::try_from(self.context.batch).unwrap_or(u64::MAX);
        // Weights, gradients and two moments; outputs and their gradients.
        let weights = parameters.saturating_mul(4 * FLOAT_BYTES);
        let blocks = self.blocks();
        let training_bytes =
            weights.saturating_add(activations.saturating_mul(2).saturating_mul(batch));
        Report {
            layers: self.layers,
            blocks,
            problems: self.problems,
            parameters,
            multiply_adds,
            training_bytes,
            network,
        }
    }

    /// Tells a network that is too deep or too large.
    fn limits(&mut self, parameters: u64) {
        let count = self.graph.nodes().len().saturating_sub(1);
        if count > MAX_LAYERS {
            let (count, most) = (grouped(count as u64), grouped(MAX_LAYERS as u64));
            let message = format!(
                "the network has {count} layers, more than the {most} that are allowed: delete some"
            );
            self.problems.push(Problem {
                layer: None,
                severity: Severity::Error,
                message,
                remedy: None,
            });
        }
        let largest = self.layers.iter().max_by_key(|layer| layer.parameters);
        if let Some(largest) = largest.filter(|_| parameters > MAX_ELEMENTS) {
            let message = format!(
                "the network has {} parameters, more than the {} that fit, most of them in {}: make its input or itself smaller",
                grouped(parameters),
                grouped(MAX_ELEMENTS),
                largest.name,
            );
            let layer = Some(largest.id);
            self.problems.push(Problem {
                layer,
                severity: Severity::Error,
                message,
                remedy: None,
            });
        }
    }

    /// What the last layer gives.
    fn outcome(&self) -> Option<Shape> {
        self.layers.last()?.output
    }

    /// The figures of each block, from those of its layers.
    fn blocks(&self) -> Vec<BlockReport> {
        let places = self.graph.positions();
        let report = |id: LayerId| places.get(&id).and_then(|place| self.layers.get(*place));
        let mut blocks: Vec<BlockReport> = Vec::with_capacity(self.graph.blocks().len());
        for block in self.graph.blocks() {
            let ends = self.graph.ends(block.id).ok();
            blocks.push(BlockReport {
                id: block.id,
                input: ends.and_then(|ends| report(ends.source)?.output),
                output: ends.and_then(|ends| report(ends.exit)?.output),
                parameters: 0,
                multiply_adds: 0,
                activation_bytes: 0,
            });
        }
        let places: HashMap<_, _> = self
            .graph
            .blocks()
            .iter()
            .map(|block| block.id)
            .zip(0..)
            .collect();
        for (node, layer) in self.graph.nodes().iter().zip(&self.layers) {
            let place = node.block.and_then(|id| places.get(&id).copied());
            let Some(block) = place.and_then(|place: usize| blocks.get_mut(place)) else {
                continue;
            };
            block.parameters = block.parameters.saturating_add(layer.parameters);
            block.multiply_adds = block.multiply_adds.saturating_add(layer.multiply_adds);
            block.activation_bytes = block
                .activation_bytes
                .saturating_add(layer.activation_bytes);
        }
        blocks
    }

    /// The checked network; the caller has seen that there is no error.
    fn network(&self, parameters: u64, multiply_adds: u64) -> Option<Network> {
        let used = self.expansion.used(self.graph);
        // Where each step is among the checked layers, counted from 1; the image is 0.
        let mut places = HashMap::from([(0, 0)]);
        let mut layers = Vec::with_capacity(used.len());
        for (at, step) in self.expansion.steps.iter().enumerate().skip(1) {
            if used.contains(&at) {
                layers.push(self.checked(at, step, &places)?);
                places.insert(at, layers.len());
            }
        }
        let last = layers.last()?;
        Some(Network {
            input: self.shapes.first().copied()??,
            outputs: last.output.features(),
            loss: self.context.loss,
            head: self.context.loss.head(last.layer.activation()),
            parameters,
            multiply_adds,
            layers: layers.into(),
        })
    }

    fn checked(
        &self,
        at: usize,
        step: &Step,
        places: &HashMap<usize, usize>,
    ) -> Option<CheckedLayer> {
        let node = self.graph.nodes().get(step.node)?;
        let inputs: Option<Vec<Shape>> = step
            .sources
            .iter()
            .map(|source| self.shapes.get((*source)?).copied().flatten())
            .collect();
        let sources: Option<Vec<usize>> = step
            .sources
            .iter()
            .map(|source| places.get(&(*source)?).copied())
            .collect();
        Some(CheckedLayer {
            id: node.id,
            name: copy_name(self.name(step.node), step.repeat, step.of),
            layer: node.layer.in_repeat(step.repeat, step.of),
            inputs: inputs?,
            sources: sources?,
            output: self.shapes.get(at).copied()??,
            parameters: self.parameters.get(at).copied()?,
        })
    }
}

fn larger(one: [usize; 2], two: [usize; 2]) -> [usize; 2] {
    [one[0].max(two[0]), one[1].max(two[1])]
}

/// How many numbers a shape has; none where it is unknown.
fn elements(shape: Option<Shape>) -> u64 {
    shape.map_or(0, |shape| {
        u64::try_from(shape.elements()).unwrap_or(u64::MAX)
    })
}
