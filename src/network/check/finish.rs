//! The end of the walk: the whole network's figures, its problems, and the checked network itself.

use std::collections::HashMap;

use super::super::expand::Step;
use super::super::graph::LayerId;
use super::super::output;
use super::super::report::{
    BlockCopy, BlockReport, CheckedLayer, LayerReport, Network, Problem, Report, Severity, Sound,
    copy_name,
};
use super::super::shape::{Shape, grouped};
use super::super::wiring;
use super::{MAX_ELEMENTS, MAX_LAYERS, Walk};

impl Walk<'_> {
    /// The whole network's figures, its problems, and the network itself if there are no errors.
    pub(super) fn finish(mut self) -> Report {
        let sum = |of: fn(&LayerReport) -> u64, layers: &[LayerReport]| {
            layers.iter().map(of).fold(0, u64::saturating_add)
        };
        let parameters = sum(|layer| layer.parameters, &self.layers);
        let multiply_adds = sum(|layer| layer.multiply_adds, &self.layers);
        self.limits(parameters);
        self.problems
            .extend(wiring::dangling(self.graph, &self.names, &self.places));
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
        let sound = self.sound(network.as_ref());
        let batch = u64::try_from(self.context.batch).unwrap_or(u64::MAX);
        let blocks = self.blocks();
        let image_bytes = self.image_bytes;
        let mut report = Report {
            layers: self.layers,
            blocks,
            problems: self.problems,
            parameters,
            multiply_adds,
            training_bytes: 0,
            image_bytes,
            network,
            sound,
        };
        let images = image_bytes.saturating_mul(batch);
        report.training_bytes = report.weight_bytes(2).saturating_add(images);
        report
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
        let report = |id: LayerId| self.layers.get(*self.places.get(&id)?);
        let mut blocks: Vec<BlockReport> = Vec::with_capacity(self.graph.blocks().len());
        let all_ends = self.graph.all_ends();
        for block in self.graph.blocks() {
            let ends = all_ends.get(&block.id).and_then(|ends| ends.as_ref().ok());
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
        let layers = self.gathered(|at| used.get(at) == Some(&true))?;
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

    /// What can be computed of a graph, whatever is wrong.
    fn sound(&self, network: Option<&Network>) -> Option<Sound> {
        if let Some(network) = network {
            return Some(Sound {
                input: network.input,
                layers: network.layers.clone(),
                head: Some(network.head),
            });
        }
        self.sound.first().filter(|sound| **sound)?;
        let layers = self.gathered(|at| self.sound.get(at) == Some(&true))?;
        Some(Sound {
            input: self.shapes.first().copied()??,
            layers: layers.into(),
            head: None,
        })
    }

    /// The steps that `wanted` picks as checked layers; with each, those that it needs must be picked.
    fn gathered(&self, wanted: impl Fn(usize) -> bool) -> Option<Vec<CheckedLayer>> {
        // Where each step is among the checked layers, counted from 1; the image is 0.
        let mut places = vec![None; self.expansion.steps.len()];
        *places.first_mut()? = Some(0);
        let mut layers = Vec::with_capacity(self.expansion.steps.len());
        for (at, step) in self.expansion.steps.iter().enumerate().skip(1) {
            if wanted(at) {
                layers.push(self.checked(at, step, &places)?);
                *places.get_mut(at)? = Some(layers.len());
            }
        }
        Some(layers)
    }

    fn checked(&self, at: usize, step: &Step, places: &[Option<usize>]) -> Option<CheckedLayer> {
        let node = self.graph.nodes().get(step.node)?;
        let inputs: Option<Vec<Shape>> = step
            .sources
            .iter()
            .map(|source| self.shapes.get((*source)?).copied().flatten())
            .collect();
        let sources: Option<Vec<usize>> = step
            .sources
            .iter()
            .map(|source| *places.get((*source)?)?)
            .collect();
        Some(CheckedLayer {
            id: node.id,
            name: copy_name(self.name(step.node), step.repeat, step.of),
            layer: node.layer.in_repeat(step.repeat, step.of),
            inputs: inputs?,
            sources: sources?,
            output: self.shapes.get(at).copied()??,
            cost: self.costs.get(at).copied()?,
            block: node.block.and_then(|id| {
                let name = self.graph.block(id)?.name.as_str().into();
                let copy = step.repeat;
                Some(BlockCopy { id, name, copy })
            }),
        })
    }
}
