//! From the graph to the layers that compute, in order: blocks repeated, disabled layers passed over.

use std::collections::HashMap;

use super::block::{BlockId, Ends, MAX_REPEAT};
use super::check::MAX_LAYERS;
use super::graph::{Graph, LayerId, Node};

/// One layer that computes.
#[derive(Clone, Debug)]
pub(super) struct Step {
    /// Position of its node in the graph.
    pub node: usize,
    /// In which copy of its block, from 0.
    pub repeat: u32,
    /// How many copies there are.
    pub of: u32,
    /// The steps whose outputs it takes, by position; none for a wire that comes from nowhere, or closes a
    /// cycle.
    pub sources: Vec<Option<usize>>,
}

/// The steps of a graph, the input first.
pub(super) struct Expansion {
    pub steps: Vec<Step>,
    /// The step whose output each layer's consumers take: of a repeated block's, in the last copy.
    pub given: HashMap<LayerId, usize>,
    /// Blocks that cannot be repeated, with the reason; they are taken once.
    pub broken: Vec<(BlockId, String)>,
    /// The copies would be more layers than are allowed; every block is taken once.
    pub too_many: bool,
}

/// Expands a graph. Any graph can be: what is broken is taken as it stands, once.
pub(super) fn expand(graph: &Graph) -> Expansion {
    let mut expander = Expander::new(graph);
    let too_long = expander.count() > MAX_LAYERS + 1;
    if too_long {
        expander.repeats.clear();
    }
    Expansion {
        // Without any repeats it is told of the layers themselves.
        too_many: too_long && graph.nodes().len() <= MAX_LAYERS,
        ..expander.run()
    }
}

struct Expander<'a> {
    graph: &'a Graph,
    repeats: HashMap<BlockId, (u32, Ends)>,
    out: Expansion,
}

impl<'a> Expander<'a> {
    fn new(graph: &'a Graph) -> Self {
        let mut broken = Vec::new();
        let mut repeats = HashMap::new();
        let ends = graph.all_ends();
        for block in graph.blocks() {
            match ends.get(&block.id) {
                Some(Ok(ends)) => {
                    let repeat = block.repeat.clamp(1, MAX_REPEAT);
                    repeats.insert(block.id, (repeat, *ends));
                }
                Some(Err(error)) => broken.push((block.id, error.to_string())),
                None => {}
            }
        }
        Self {
            graph,
            repeats,
            out: Expansion {
                steps: Vec::with_capacity(graph.nodes().len()),
                given: HashMap::with_capacity(graph.nodes().len()),
                broken,
                too_many: false,
            },
        }
    }

    /// How many steps there will be.
    fn count(&self) -> usize {
        let repeats = |node: &Node| {
            let block = node.block.and_then(|id| self.repeats.get(&id));
            block.map_or(1, |(repeat, _)| *repeat as usize)
        };
        let nodes = self.graph.nodes().iter().filter(|node| !node.disabled);
        nodes.map(repeats).fold(0, usize::saturating_add)
    }

    fn run(mut self) -> Expansion {
        let nodes = self.graph.nodes();
        let mut at = 0;
        while let Some(node) = nodes.get(at) {
            let repeated = node.block.and_then(|id| self.repeats.get(&id).copied());
            match repeated.filter(|(repeat, _)| *repeat > 1) {
                None => {
                    self.take(at, node, (0, 1), None);
                    at += 1;
                }
                Some((repeat, ends)) => {
                    let rest = nodes.iter().skip(at);
                    let length = rest.take_while(|it| it.block == node.block).count();
                    for copy in 0..repeat {
                        // What the block takes is, from the second copy on, what the copy before gave.
                        let entry = self.out.given.get(&ends.exit).copied();
                        let entry = entry.filter(|_| copy > 0).map(|step| (ends.source, step));
                        for (place, node) in nodes.iter().enumerate().skip(at).take(length) {
                            self.take(place, node, (copy, repeat), entry);
                        }
                    }
                    at += length;
                }
            }
        }
        self.out
    }

    fn take(
        &mut self,
        place: usize,
        node: &Node,
        (repeat, of): (u32, u32),
        entry: Option<(LayerId, usize)>,
    ) {
        let sources: Vec<Option<usize>> = node
            .inputs
            .iter()
            .map(|input| match entry {
                Some((source, step)) if source == *input => Some(step),
                _ => self.out.given.get(input).copied(),
            })
            .collect();
        if node.disabled {
            match sources.first().copied().flatten() {
                Some(step) => self.out.given.insert(node.id, step),
                None => self.out.given.remove(&node.id),
            };
            return;
        }
        self.out.given.insert(node.id, self.out.steps.len());
        self.out.steps.push(Step {
            node: place,
            repeat,
            of,
            sources,
        });
    }
}

impl Expansion {
    /// For each step, whether the network's output depends on it.
    pub fn used(&self, graph: &Graph) -> Vec<bool> {
        let output = graph.nodes().last();
        let mut open: Vec<usize> = output
            .and_then(|node| self.given.get(&node.id).copied())
            .into_iter()
            .collect();
        let mut used = vec![false; self.steps.len()];
        while let Some(step) = open.pop() {
            if let Some(seen @ false) = used.get_mut(step) {
                *seen = true;
                let sources = self.steps.get(step).map(|step| step.sources.iter());
                open.extend(sources.into_iter().flatten().copied().flatten());
            }
        }
        used
    }
}
