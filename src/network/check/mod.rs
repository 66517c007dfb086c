//! From what is drawn to what can be trained: walks the graph once, works out shapes and costs as far as they
//! can be known, and gathers every problem. The rules of each layer are in the catalogue, of the network's end
//! in `output`; warnings are in `warnings`. `finish` makes the report and the network of it.

mod field;
mod finish;
mod kept;

use std::collections::{HashMap, HashSet};
use std::mem::discriminant;

use self::field::Field;
use super::entry::Cost;
use super::expand::{Expansion, Step, expand};
use super::graph::{Graph, LayerId, Node};
use super::layer::Layer;
use super::loss::Loss;
use super::misfit::Misfit;
use super::remedy;
use super::report::{LayerReport, Problem, Remedy, Report, Severity};
use super::shape::{Shape, grouped};
use super::warnings::warnings;
use super::wiring;

/// More layers than this are refused.
pub const MAX_LAYERS: usize = 10_000;
/// More numbers than this in all weights, or in one layer's output for one image, are refused: 2³¹, about
/// what an index within a tensor can reach.
pub const MAX_ELEMENTS: u64 = 1 << 31;

pub(super) const FLOAT_BYTES: u64 = 4;

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
    costs: Vec<Cost>,
    /// Steps that compute, with all that they need: nothing is wrong with them.
    sound: Vec<bool>,
    /// Something is wrong with the step being visited.
    fault: bool,
    /// Where each layer stands.
    places: HashMap<LayerId, usize>,
    /// Layers that an error was told of: not told again for the next copy of their block.
    told: HashSet<LayerId>,
    /// The step, on the way of first inputs to each, that began to give maps, a vector or a sequence as it does.
    since: Vec<usize>,
    /// What training keeps for each image, in bytes.
    image_bytes: u64,
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
            costs: Vec::with_capacity(steps),
            sound: Vec::with_capacity(steps),
            fault: false,
            places: graph.positions(),
            told: HashSet::new(),
            since: Vec::with_capacity(steps),
            image_bytes: 0,
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
        self.fault = false;
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
        let inputs_known = known.as_deref().filter(|_| wired);
        let (output, fits) = if in_range {
            self.output(position, node, &layer, step, inputs_known)
        } else {
            (None, false)
        };
        let cost = self.cost(
            position,
            node,
            &layer,
            inputs_known.filter(|_| fits),
            output,
        );
        if step.repeat == 0 {
            let last = self.is_last(node);
            let input = inputs.first().copied().flatten();
            let warnings = warnings(node, self.name(position), input, last, self.context.batch);
            self.problems.extend(warnings);
        }
        self.since.push(self.began(step, output));
        let field = self.field(&layer, step, output);
        self.image_bytes = self
            .image_bytes
            .saturating_add(kept::kept(&layer, &inputs, output));
        let made = kept::made(&layer, output);
        self.note(step, inputs, output, (cost, made), field);
        self.shapes.push(output);
        self.fields.push(field);
        self.costs.push(cost);
        let fed = |source: &Option<usize>| {
            source.is_some_and(|source| self.sound.get(source) == Some(&true))
        };
        let sound = !self.fault && output.is_some() && step.sources.iter().all(fed);
        self.sound.push(sound);
    }

    /// Which step began to give maps, a vector or a sequence, as this step, the next one, does.
    fn began(&self, step: &Step, output: Option<Shape>) -> usize {
        let source = step.sources.first().copied().flatten();
        let same = source.filter(|source| {
            let before = self.shapes.get(*source).copied().flatten();
            before.map(|it| discriminant(&it)) == output.map(|it| discriminant(&it))
        });
        let since = same.and_then(|source| self.since.get(source).copied());
        since.unwrap_or(self.since.len())
    }

    /// The place of the layer that made a vector or a sequence of what the first input of a step was; with `first`
    /// the one that made the first such of maps.
    fn made_by(&self, step: &Step, first: bool) -> Option<usize> {
        let mut at = *self.since.get(step.sources.first().copied()??)?;
        loop {
            let maker = self.expansion.steps.get(at)?;
            let source = maker.sources.first().copied().flatten();
            let before = source.and_then(|source| self.shapes.get(source).copied().flatten());
            match source.filter(|_| first && before.is_some_and(|it| !it.is_maps())) {
                Some(source) => at = *self.since.get(source)?,
                None => return Some(maker.node),
            }
        }
    }

    /// Puts what is known of a step into the report of its layer.
    fn note(
        &mut self,
        step: &Step,
        inputs: Vec<Option<Shape>>,
        output: Option<Shape>,
        (cost, made): (Cost, u64),
        field: Option<Field>,
    ) {
        let Some(report) = self.layers.get_mut(step.node) else {
            return;
        };
        if step.repeat == 0 {
            report.input = inputs.first().copied().flatten();
            report.inputs = inputs;
        }
        report.output = output;
        report.repeats += 1;
        report.parameters = report.parameters.saturating_add(cost.parameters);
        report.multiply_adds = report.multiply_adds.saturating_add(cost.multiply_adds);
        report.activation_bytes = report.activation_bytes.saturating_add(made);
        report.receptive_field = field.and_then(|field| field.pixels(output));
    }

    /// Whether the network ends with this layer, or with disabled ones after it.
    fn is_last(&self, node: &Node) -> bool {
        let output = self.graph.nodes().last();
        let given = |node: &Node| self.expansion.given.get(&node.id).copied();
        output.and_then(given) == given(node) && !node.disabled
    }

    /// Tells what is wrong with the layer's wires; whether nothing is.
    fn wired(&mut self, position: usize, node: &Node, step: &Step) -> bool {
        let Some((message, remedy)) =
            wiring::problem(self.graph, &self.names, &self.places, position, step)
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
                .and_then(|position| {
                    wiring::backward(self.graph, &self.names, &self.places, position)
                });
            if let Some((message, remedy)) = backward {
                self.tell(node, Severity::Error, message, remedy);
            }
        }
    }

    fn tell(&mut self, node: &Node, severity: Severity, message: String, remedy: Option<Remedy>) {
        self.fault |= severity == Severity::Error;
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

    /// The layer's output as far as it can be known, even if it does not take its input; and whether it does.
    fn output(
        &mut self,
        position: usize,
        node: &Node,
        layer: &Layer,
        step: &Step,
        inputs: Option<&[Shape]>,
    ) -> (Option<Shape>, bool) {
        let entry = layer.kind().entry();
        let known = (entry.known_shape)(layer);
        let Some(inputs) = inputs.filter(|_| position > 0) else {
            return (known, false);
        };
        match (entry.shape)(layer, inputs) {
            Ok(shape) => (Some(shape), true),
            Err(error) => {
                self.fault = true;
                if self.told.insert(node.id) {
                    let misfit = Misfit {
                        graph: self.graph,
                        names: &self.names,
                        places: &self.places,
                        position,
                        node,
                        inputs,
                        made_by: self.made_by(step, false).unwrap_or(position),
                        left_maps: self.made_by(step, true),
                    };
                    let (message, remedy) = misfit.told(&error);
                    self.tell(node, Severity::Error, message, remedy);
                }
                (known, false)
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
        match inputs.zip(output) {
            // A dense layer that was given maps has an output but no cost yet.
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
}

/// How many numbers a shape has; none where it is unknown.
fn elements(shape: Option<Shape>) -> u64 {
    shape.map_or(0, |shape| {
        u64::try_from(shape.elements()).unwrap_or(u64::MAX)
    })
}
