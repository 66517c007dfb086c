//! A template while it draws itself.

use crate::network::builder::Builder;
use crate::network::function::Activation;
use crate::network::graph::Graph;
use crate::network::layer::Layer;
use crate::network::library::parts::dense;

/// The layers so far, what they are for, and what was adapted.
pub struct Draft {
    pub b: Builder,
    /// The images' height and width.
    pub size: [usize; 2],
    /// How many units the network ends in.
    pub classes: usize,
    changes: Vec<String>,
}

/// Networks for 224×224 end in 7×7 maps, 32 times smaller. Below these lengths of the shorter side one halving
/// less, or two, leave them 4×4 or so to look at.
const HALVINGS_LESS: [usize; 2] = [112, 56];

impl Draft {
    /// Nothing but the input.
    pub fn new(input: Layer, size: [usize; 2], classes: usize) -> Self {
        Self {
            b: Builder::new(input),
            size,
            classes,
            changes: Vec::new(),
        }
    }

    /// The shorter side of the images.
    pub fn shortest(&self) -> usize {
        self.size[0].min(self.size[1])
    }

    /// How many of the halvings at the beginning of a network for 224×224 such images cannot spare: 0 to 2.
    pub fn halvings_less(&self) -> usize {
        let side = self.shortest();
        HALVINGS_LESS.iter().filter(|from| side < **from).count()
    }

    /// Notes what is other than in the template itself.
    pub fn changed(&mut self, what: impl Into<String>) {
        self.changes.push(what.into());
    }

    /// A layer after the last one.
    pub fn then(&mut self, layer: Layer) {
        self.b.then(layer);
    }

    /// Layers after the last one, each after the one before.
    pub fn chain(&mut self, layers: impl IntoIterator<Item = Layer>) {
        for layer in layers {
            self.b.then(layer);
        }
    }

    /// The last layer: one unit a class.
    pub fn classify(&mut self) {
        let layer = dense(1, Activation::Softmax).with("units", self.classes);
        self.b.then(layer);
    }

    /// The graph, and what is other than in the template itself.
    pub fn done(self) -> (Graph, Vec<String>) {
        (self.b.graph(), self.changes)
    }
}
