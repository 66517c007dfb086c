//! ResNet (He et al. 2015), as torchvision has it.

use super::draft::Draft;
use super::{Family, Template, Training};
use crate::network::entry::Kind;
use crate::network::function::Activation;
use crate::network::layer::Layer;
use crate::network::library::parts::{conv, normed_active, padded, pool};
use crate::network::library::residual::{basic, basic_projected, bottleneck, bottleneck_projected};
use crate::network::loss::Loss;

const RESNET: Template = Template {
    name: "",
    title: "",
    summary: "",
    family: Family::Residual,
    loss: Loss::CrossEntropy,
    training: Training::sgd(0.02, 64, 20).with_momentum(0.9, 1e-4),
    smallest: [8, 8],
    input: [224, 224, 3],
    classes: 1000,
    draw: |_| {},
};

pub(super) static TEMPLATES: [Template; 3] = [
    Template {
        name: "resnet-18",
        title: "ResNet-18",
        summary: "Eight residual blocks (2015): the usual first choice for photos",
        draw: |draft| small(draft, [2, 2, 2, 2]),
        ..RESNET
    },
    Template {
        name: "resnet-34",
        title: "ResNet-34",
        summary: "Sixteen residual blocks (2015): deeper, for more images",
        draw: |draft| small(draft, [3, 4, 6, 3]),
        ..RESNET
    },
    Template {
        name: "resnet-50",
        title: "ResNet-50",
        summary: "Sixteen bottleneck blocks (2015): the network that others are compared with",
        draw: |draft| large(draft, [3, 4, 6, 3]),
        ..RESNET
    },
];

/// A 7×7 convolution and a pooling, which make photos four times smaller; for small images as it is usual with
/// CIFAR. DenseNet begins alike.
pub(super) fn stem(draft: &mut Draft) {
    let less = draft.halvings_less();
    let first = if less == 0 {
        conv(64, 7, 2)
    } else {
        draft.changed("the first convolution is 3×3 with stride 1 in place of 7×7 with stride 2");
        conv(64, 3, 1)
    };
    normed_active(&mut draft.b, first, Activation::Relu);
    if less < 2 {
        draft.then(padded(pool(Kind::MaxPool, 3, 2), 1));
    } else {
        draft.changed("the first pooling is left out");
    }
}

fn small(draft: &mut Draft, blocks: [u32; 4]) {
    stem(draft);
    for (filters, repeat) in [64, 128, 256, 512].into_iter().zip(blocks) {
        if filters == 64 {
            basic(&mut draft.b, repeat, filters);
        } else {
            basic_projected(&mut draft.b, filters, 2);
            basic(&mut draft.b, repeat - 1, filters);
        }
    }
    draft.then(Layer::new(Kind::GlobalAveragePool));
    draft.classify();
}

fn large(draft: &mut Draft, blocks: [u32; 4]) {
    stem(draft);
    for (width, repeat) in [64, 128, 256, 512].into_iter().zip(blocks) {
        let stride = if width == 64 { 1 } else { 2 };
        bottleneck_projected(&mut draft.b, width, stride);
        bottleneck(&mut draft.b, repeat - 1, width);
    }
    draft.then(Layer::new(Kind::GlobalAveragePool));
    draft.classify();
}
