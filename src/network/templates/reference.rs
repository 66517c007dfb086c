//! The five reference systems, layer by layer as the design's table has them.

use super::draft::Draft;
use super::{Family, Template, Training};
use crate::network::entry::Kind;
use crate::network::function::{Activation, Initialiser};
use crate::network::layer::Layer;
use crate::network::library::parts::dense;
use crate::network::loss::Loss;

pub(super) static TEMPLATES: [Template; 5] = [
    Template {
        name: "digits-cnn",
        title: "Digits CNN",
        summary: "Three convolutions for small grey images, such as handwritten digits",
        family: Family::Reference,
        loss: Loss::CrossEntropy,
        training: Training::adam(1e-3, 128, 10),
        smallest: [18, 18],
        input: [28, 28, 1],
        classes: 10,
        draw: |draft| {
            two_convolutions(draft);
            draft.chain([
                conv(64),
                Layer::new(Kind::Flatten),
                dense(64, Activation::Relu),
                dense(10, Activation::Softmax),
            ]);
        },
    },
    Template {
        name: "photo-binary",
        title: "Binary photo CNN",
        summary: "Two convolutions for photos of two classes, such as cats and dogs",
        family: Family::Reference,
        loss: Loss::BinaryCrossEntropy,
        training: Training::adam(1e-3, 32, 10),
        smallest: [10, 10],
        input: [64, 64, 3],
        classes: 2,
        draw: |draft| {
            two_convolutions(draft);
            draft.chain([
                Layer::new(Kind::Flatten),
                dense(128, Activation::Relu),
                dense(1, Activation::Sigmoid),
            ]);
        },
    },
    Template {
        name: "plain-mlp",
        title: "Plain MLP",
        summary: "Two dense layers with PyTorch's initial weights: the simplest network that learns digits",
        family: Family::Reference,
        loss: Loss::CrossEntropy,
        training: Training::sgd(0.01, 32, 10),
        smallest: [1, 1],
        input: [28, 28, 1],
        classes: 10,
        draw: |draft| {
            let pytorch = |layer: Layer| layer.with("initialiser", Initialiser::Pytorch);
            draft.chain([
                Layer::new(Kind::Flatten),
                pytorch(dense(500, Activation::Relu)),
                pytorch(dense(10, Activation::Linear)),
            ]);
        },
    },
    Template {
        name: "dropout-mlp",
        title: "Dropout MLP",
        summary: "A small dense network with dropout against learning by heart",
        family: Family::Reference,
        loss: Loss::CrossEntropy,
        training: Training::adam(1e-3, 32, 5),
        smallest: [1, 1],
        input: [28, 28, 1],
        classes: 10,
        draw: |draft| {
            draft.chain([
                Layer::new(Kind::Flatten),
                dense(128, Activation::Relu),
                Layer::new(Kind::Dropout).with("rate", 0.2),
                dense(10, Activation::Softmax),
            ]);
        },
    },
    Template {
        name: "colour-cnn",
        title: "Small colour CNN",
        summary: "Two convolutions for small colour images of several classes",
        family: Family::Reference,
        loss: Loss::CrossEntropy,
        training: Training::adam(1e-3, 32, 10),
        smallest: [10, 10],
        input: [32, 32, 3],
        classes: 10,
        draw: |draft| {
            two_convolutions(draft);
            draft.chain([Layer::new(Kind::Flatten), dense(10, Activation::Softmax)]);
        },
    },
];

fn two_convolutions(draft: &mut Draft) {
    draft.chain([
        conv(32),
        Layer::new(Kind::MaxPool),
        conv(64),
        Layer::new(Kind::MaxPool),
    ]);
}

/// 3×3, stride 1, valid, relu: the catalogue's defaults.
fn conv(filters: u64) -> Layer {
    Layer::new(Kind::Conv2d).with("filters", filters)
}
