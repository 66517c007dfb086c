//! DenseNet (Huang et al. 2016), as torchvision has it.

use super::draft::Draft;
use super::{Family, Template, Training, residual};
use crate::network::entry::Kind;
use crate::network::function::Activation;
use crate::network::layer::Layer;
use crate::network::library::joined::{dense_layers, transition};
use crate::network::library::parts::activation;
use crate::network::loss::Loss;

pub(super) static TEMPLATES: [Template; 1] = [Template {
    name: "densenet-121",
    title: "DenseNet-121",
    summary: "Each layer sees all before it (2016): accurate with few parameters, but needs much memory",
    family: Family::Dense,
    loss: Loss::CrossEntropy,
    training: Training::sgd(0.02, 32, 20).with_momentum(0.9, 1e-4),
    smallest: [8, 8],
    input: [224, 224, 3],
    classes: 1000,
    draw: densenet,
}];

fn densenet(draft: &mut Draft) {
    residual::stem(draft);
    let stages = [(6, Some(128)), (12, Some(256)), (24, Some(512)), (16, None)];
    for (repeat, halved_to) in stages {
        dense_layers(&mut draft.b, repeat, 32);
        if let Some(filters) = halved_to {
            transition(&mut draft.b, filters);
        }
    }
    draft.chain([
        Layer::new(Kind::BatchNorm),
        activation(Activation::Relu),
        Layer::new(Kind::GlobalAveragePool),
    ]);
    draft.classify();
}
