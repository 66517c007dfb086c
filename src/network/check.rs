//! From what is drawn to what can be trained: walks the graph once, works out shapes and costs as far as they
//! can be known, and gathers every problem. The rules of each layer are in `rules`, of the network's end in `output`; warnings are in `warnings`.

use super::entry::{Cost, ShapeError};
use super::graph::{Graph, Node};
use super::loss::Loss;
use super::output;
use super::remedy::{self, advice};
use super::report::{CheckedLayer, LayerReport, Network, Problem, Remedy, Report, Severity};
use super::shape::{Shape, grouped};
use super::warnings::warnings;

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
    for (position, node) in graph.nodes().iter().enumerate() {
        walk.visit(position, node);
    }
    walk.finish()
}

/// The state of the walk between two layers.
struct Walk<'a> {
    graph: &'a Graph,
    context: &'a Context,
    names: Vec<String>,
    layers: Vec<LayerReport>,
    problems: Vec<Problem>,
    /// What the next layer gets; none where it is not known.
    shape: Option<Shape>,
    /// What of the image one value sees, and how far apart in the image two neighbours are: [height, width].
    field: Option<([usize; 2], [usize; 2])>,
    /// Where maps first became a vector.
    first_vector: Option<usize>,
}

impl<'a> Walk<'a> {
    fn new(graph: &'a Graph, context: &'a Context) -> Self {
        Self {
            graph,
            context,
            names: graph.names(),
            layers: Vec::with_capacity(graph.nodes().len()),
            problems: Vec::new(),
            shape: None,
            field: Some(([1, 1], [1, 1])),
            first_vector: None,
        }
    }

    fn name(&self, position: usize) -> &str {
        self.names.get(position).map_or("", String::as_str)
    }

    fn visit(&mut self, position: usize, node: &Node) {
        let input = self.shape;
        let in_range = self.settings(position, node);
        let output = if in_range {
            self.output(position, node, input)
        } else {
            None
        };
        let cost = self.cost(position, node, input, output);
        let last = position + 1 == self.graph.nodes().len();
        let warnings = warnings(node, self.name(position), input, last, self.context.batch);
        self.problems.extend(warnings);
        if self.first_vector.is_none() && matches!(output, Some(Shape::Vector { .. })) {
            self.first_vector = Some(position);
        }
        let receptive_field = self.receptive_field(node, output);
        self.layers.push(LayerReport {
            id: node.id,
            name: self.name(position).into(),
            input,
            output,
            parameters: cost.parameters,
            multiply_adds: cost.multiply_adds,
            activation_bytes: elements(output).saturating_mul(FLOAT_BYTES),
            receptive_field,
        });
        self.shape = output;
    }

    fn tell(&mut self, node: &Node, severity: Severity, message: String, remedy: Option<Remedy>) {
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
    fn output(&mut self, position: usize, node: &Node, input: Option<Shape>) -> Option<Shape> {
        let entry = node.layer.kind().entry();
        let known = (entry.known_shape)(&node.layer);
        let Some(input) = input.filter(|_| position > 0) else {
            return known;
        };
        match (entry.shape)(&node.layer, input) {
            Ok(shape) => Some(shape),
            Err(error) => {
                let (message, remedy) = self.misfit(position, node, input, error);
                self.tell(node, Severity::Error, message, remedy);
                known
            }
        }
    }

    /// Why a layer cannot take its input, in words, and what would help.
    fn misfit(
        &self,
        position: usize,
        node: &Node,
        input: Shape,
        error: ShapeError,
    ) -> (String, Option<Remedy>) {
        let name = self.name(position);
        let before = self.name(position.saturating_sub(1));
        match error {
            ShapeError::NeedsVector => {
                let remedy = remedy::flatten_before(position, name);
                (
                    format!(
                        "{name} takes a vector, but {before} gives maps ({input}): {}",
                        advice(&remedy)
                    ),
                    Some(remedy),
                )
            }
            ShapeError::NeedsMaps => {
                let place = self.first_vector.unwrap_or(position);
                let remedy = remedy::move_before(node.id, name, place, self.name(place));
                (
                    format!(
                        "{name} takes maps, but {before} gives a vector ({input}): {}",
                        advice(&remedy)
                    ),
                    Some(remedy),
                )
            }
            ShapeError::WindowTooLarge => {
                let ([height, width], _) = (node.layer.kind().entry().window)(&node.layer);
                let remedy = remedy::pad(node.id, name);
                let message = format!(
                    "the {height}×{width} window of {name} is larger than its input ({input}): {}, make it smaller, or pool less before it",
                    advice(&remedy),
                );
                (message, Some(remedy))
            }
            ShapeError::TakesNoInput => {
                let remedy = remedy::delete(node.id, name);
                (
                    format!("{name} must be the first layer: {}", advice(&remedy)),
                    Some(remedy),
                )
            }
            ShapeError::Overflow => (
                format!("the output of {name} is too large to be counted: make its input smaller"),
                None,
            ),
        }
    }

    /// What the layer costs, where both shapes are known; tells what is too large.
    fn cost(
        &mut self,
        position: usize,
        node: &Node,
        input: Option<Shape>,
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
        let entry = node.layer.kind().entry();
        // A dense layer that was given maps has an output but no cost yet.
        let fits =
            |(input, output): &(Shape, Shape)| (entry.shape)(&node.layer, *input) == Ok(*output);
        match input.zip(output).filter(fits) {
            None => Cost::default(),
            Some((input, output)) => {
                (entry.cost)(&node.layer, input, output).unwrap_or_else(|| {
                    let message = format!(
                        "{} is too large to be counted: make it smaller",
                        self.name(position)
                    );
                    self.tell(node, Severity::Error, message, None);
                    Cost::default()
                })
            }
        }
    }

    /// What one output value sees: each window adds its size less 1, in steps of all the strides before it.
    fn receptive_field(&mut self, node: &Node, output: Option<Shape>) -> Option<usize> {
        let seen = self.field.filter(|_| output.is_some_and(Shape::is_maps));
        self.field = seen.map(|([rows, columns], [row_step, column_step])| {
            let ([height, width], [down, across]) = (node.layer.kind().entry().window)(&node.layer);
            let wider = |seen: usize, window: usize, step: usize| {
                seen.saturating_add(window.saturating_sub(1).saturating_mul(step))
            };
            (
                [
                    wider(rows, height, row_step),
                    wider(columns, width, column_step),
                ],
                [
                    row_step.saturating_mul(down),
                    column_step.saturating_mul(across),
                ],
            )
        });
        self.field.map(|([rows, columns], _)| rows.max(columns))
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
            .extend(output::problem(self.graph, &self.layers, self.context));
        let broken = |problems: &[Problem]| {
            problems
                .iter()
                .any(|problem| problem.severity == Severity::Error)
        };
        let units = self.shape.map_or(0, Shape::features);
        if !broken(&self.problems) && parameters == 0 {
            self.problems
                .push(output::nothing_learns(self.graph, units, self.context));
        }
        let network = if broken(&self.problems) {
            None
        } else {
            self.network(parameters, multiply_adds)
        };
        let batch = u64::try_from(self.context.batch).unwrap_or(u64::MAX);
        // Weights, gradients and two moments; outputs and their gradients.
        let weights = parameters.saturating_mul(4 * FLOAT_BYTES);
        let training_bytes =
            weights.saturating_add(activations.saturating_mul(2).saturating_mul(batch));
        Report {
            layers: self.layers,
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

    /// The checked network; the caller has seen that there is no error.
    fn network(&self, parameters: u64, multiply_adds: u64) -> Option<Network> {
        let (first, rest) = self.layers.split_first()?;
        let checked = self
            .graph
            .nodes()
            .iter()
            .skip(1)
            .zip(rest)
            .map(|(node, report)| {
                Some(CheckedLayer {
                    id: node.id,
                    name: report.name.clone(),
                    layer: node.layer.clone(),
                    input: report.input?,
                    output: report.output?,
                    parameters: report.parameters,
                })
            });
        Some(Network {
            input: first.output?,
            layers: checked.collect::<Option<_>>()?,
            outputs: self.shape?.features(),
            loss: self.context.loss,
            head: self
                .context
                .loss
                .head(self.graph.nodes().last()?.layer.activation()),
            parameters,
            multiply_adds,
        })
    }
}

/// How many numbers a shape has; none where it is unknown.
fn elements(shape: Option<Shape>) -> u64 {
    shape.map_or(0, |shape| {
        u64::try_from(shape.elements()).unwrap_or(u64::MAX)
    })
}
