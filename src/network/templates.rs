//! The five reference systems, layer by layer as the design's table has them.

use super::entry::Kind;
use super::function::{Activation, Initialiser};
use super::graph::Graph;
use super::layer::Layer;
use super::loss::Loss;
use super::output::fit_classes;

/// A network to start from.
#[derive(Clone, Copy, Debug)]
pub struct Template {
    /// For files and the terminal: "digits-cnn".
    pub name: &'static str,
    /// For people: "Digits CNN".
    pub title: &'static str,
    /// One line on what it is good for.
    pub summary: &'static str,
    /// The loss that it is meant for; see [`Template::fitted_loss`].
    pub loss: Loss,
    /// [height, width, channels]
    input: [usize; 3],
    layers: fn() -> Vec<Layer>,
}

/// All templates, the one for the bundled digits first.
pub fn templates() -> &'static [Template] {
    &TEMPLATES
}

/// The template of this name.
pub fn template(name: &str) -> Option<&'static Template> {
    TEMPLATES.iter().find(|template| template.name == name)
}

impl Template {
    /// The template's network. With a number of classes, its last layer is fitted to them: one unit a class,
    /// and a single sigmoid unit for two classes stays one, but becomes softmax for more.
    pub fn graph(&self, classes: Option<usize>) -> Graph {
        let [height, width, channels] = self.input;
        self.with_input(height, width, channels, classes)
    }

    /// As [`Template::graph`], for images of another size. What does not fit is told by `check`.
    pub fn with_input(
        &self,
        height: usize,
        width: usize,
        channels: usize,
        classes: Option<usize>,
    ) -> Graph {
        let input = Layer::new(Kind::Input)
            .with("height", height)
            .with("width", width)
            .with("channels", channels);
        let mut graph = Graph::chain(input, (self.layers)());
        let fit = classes
            .and_then(|classes| fit_classes(&graph, self.fitted_loss(Some(classes)), classes));
        for edit in fit.iter().flat_map(|remedy| &remedy.edits) {
            // What a remedy says of this very graph can always be done; and if not, `check` tells what is left.
            if graph.apply(edit).is_err() {
                break;
            }
        }
        graph
    }

    /// The loss for so many classes: binary cross-entropy on one unit is for two of them.
    pub fn fitted_loss(&self, classes: Option<usize>) -> Loss {
        match (self.loss, classes) {
            (Loss::BinaryCrossEntropy, Some(classes)) if classes != 2 => Loss::CrossEntropy,
            (loss, _) => loss,
        }
    }
}

static TEMPLATES: [Template; 5] = [
    Template {
        name: "digits-cnn",
        title: "Digits CNN",
        summary: "Three convolutions for small grey images, such as handwritten digits",
        loss: Loss::CrossEntropy,
        input: [28, 28, 1],
        layers: || {
            vec![
                conv(32),
                Layer::new(Kind::MaxPool),
                conv(64),
                Layer::new(Kind::MaxPool),
                conv(64),
                Layer::new(Kind::Flatten),
                dense(64, Activation::Relu),
                dense(10, Activation::Softmax),
            ]
        },
    },
    Template {
        name: "photo-binary",
        title: "Binary photo CNN",
        summary: "Two convolutions for photos of two classes, such as cats and dogs",
        loss: Loss::BinaryCrossEntropy,
        input: [64, 64, 3],
        layers: || {
            vec![
                conv(32),
                Layer::new(Kind::MaxPool),
                conv(64),
                Layer::new(Kind::MaxPool),
                Layer::new(Kind::Flatten),
                dense(128, Activation::Relu),
                dense(1, Activation::Sigmoid),
            ]
        },
    },
    Template {
        name: "plain-mlp",
        title: "Plain MLP",
        summary: "Two dense layers with PyTorch's initial weights: the simplest network that learns digits",
        loss: Loss::CrossEntropy,
        input: [28, 28, 1],
        layers: || {
            let pytorch = |layer: Layer| layer.with("initialiser", Initialiser::Pytorch);
            vec![
                Layer::new(Kind::Flatten),
                pytorch(dense(500, Activation::Relu)),
                pytorch(dense(10, Activation::Linear)),
            ]
        },
    },
    Template {
        name: "dropout-mlp",
        title: "Dropout MLP",
        summary: "A small dense network with dropout against learning by heart",
        loss: Loss::CrossEntropy,
        input: [28, 28, 1],
        layers: || {
            vec![
                Layer::new(Kind::Flatten),
                dense(128, Activation::Relu),
                Layer::new(Kind::Dropout).with("rate", 0.2),
                dense(10, Activation::Softmax),
            ]
        },
    },
    Template {
        name: "colour-cnn",
        title: "Small colour CNN",
        summary: "Two convolutions for small colour images of several classes",
        loss: Loss::CrossEntropy,
        input: [32, 32, 3],
        layers: || {
            vec![
                conv(32),
                Layer::new(Kind::MaxPool),
                conv(64),
                Layer::new(Kind::MaxPool),
                Layer::new(Kind::Flatten),
                dense(10, Activation::Softmax),
            ]
        },
    },
];

/// 3×3, stride 1, valid, relu: the catalogue's defaults.
fn conv(filters: u64) -> Layer {
    Layer::new(Kind::Conv2d).with("filters", filters)
}

fn dense(units: u64, activation: Activation) -> Layer {
    Layer::new(Kind::Dense)
        .with("units", units)
        .with("activation", activation)
}
