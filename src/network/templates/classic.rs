//! Before skip connections: LeNet-5, AlexNet, VGG, SqueezeNet.

use super::draft::Draft;
use super::{Family, Template, Training};
use crate::network::entry::Kind;
use crate::network::function::{Activation, Initialiser};
use crate::network::layer::Layer;
use crate::network::library::joined::fire;
use crate::network::library::parts::{active, dense, padded, pool};
use crate::network::loss::Loss;

/// What the classic templates share: for photos of 224×224 and 1,000 classes, unless said otherwise.
const CLASSIC: Template = Template {
    name: "",
    title: "",
    summary: "",
    family: Family::Classic,
    loss: Loss::CrossEntropy,
    // Without batch norm and warm-up these diverge at the usual 1e-3.
    training: Training::adam(1e-4, 32, 20),
    smallest: [8, 8],
    input: [224, 224, 3],
    classes: 1000,
    draw: |_| {},
};

pub(super) static TEMPLATES: [Template; 5] = [
    Template {
        name: "lenet-5",
        title: "LeNet-5",
        summary: "The first network that read digits well (1998), with tanh and average pooling",
        training: Training::adam(1e-3, 128, 10),
        smallest: [12, 12],
        input: [32, 32, 1],
        classes: 10,
        draw: lenet,
        ..CLASSIC
    },
    Template {
        name: "alexnet",
        title: "AlexNet",
        summary: "The network that began deep learning on photos (2012): five convolutions, three dense layers",
        smallest: [15, 15],
        draw: alexnet,
        ..CLASSIC
    },
    Template {
        name: "vgg-11",
        title: "VGG-11",
        summary: "Eight 3×3 convolutions and three large dense layers (2014); plain, but heavy",
        draw: |draft| vgg(draft, [1, 1, 2, 2, 2]),
        ..CLASSIC
    },
    Template {
        name: "vgg-16",
        title: "VGG-16",
        summary: "Thirteen 3×3 convolutions and three large dense layers (2014); plain, but heavy",
        draw: |draft| vgg(draft, [2, 2, 3, 3, 3]),
        ..CLASSIC
    },
    Template {
        name: "squeezenet-1.1",
        title: "SqueezeNet 1.1",
        summary: "AlexNet's accuracy with fifty times fewer parameters (2016)",
        training: Training::adam(3e-4, 32, 20),
        draw: squeezenet,
        ..CLASSIC
    },
];

/// LeCun et al. 1998, as it is commonly written today: every map sees all before it, and the output is softmax.
fn lenet(draft: &mut Draft) {
    let conv = |filters| {
        Layer::new(Kind::Conv2d)
            .with("filters", filters)
            .with("kernel", [5, 5])
            .with("activation", Activation::Tanh)
    };
    let mut first = conv(6_u64);
    let mut size = draft.size;
    if draft.shortest() < 32 {
        draft.changed("the first convolution is padded by 2 pixels on each side");
        first = padded(first, 2);
        size = size.map(|side| side + 4);
    }
    let left = size.map(|side| (side.saturating_sub(4) / 2).saturating_sub(4) / 2);
    let values = left[0].saturating_mul(left[1]).saturating_mul(16);
    if values != 400 {
        draft.changed(format!(
            "the first dense layer takes {values} values in place of 400"
        ));
    }
    draft.chain([
        first,
        Layer::new(Kind::AveragePool),
        conv(16),
        Layer::new(Kind::AveragePool),
        Layer::new(Kind::Flatten),
        dense(120, Activation::Tanh),
        dense(84, Activation::Tanh),
    ]);
    draft.classify();
}

/// Krizhevsky 2014 ("one weird trick"), as torchvision has it.
fn alexnet(draft: &mut Draft) {
    let conv = |filters, kernel| pytorch(active(filters, kernel, 1, Activation::Relu));
    let first = |kernel: u64, stride: u64| {
        let layer = conv(64, kernel).with("stride", [stride, stride]);
        // Not the half of 11, so that 224 becomes 55.
        padded(layer, 2)
    };
    let first = match draft.shortest() {
        127.. => first(11, 4),
        64.. => {
            draft.changed(
                "the first convolution is 5×5 with stride 2 in place of 11×11 with stride 4",
            );
            first(5, 2)
        }
        _ => {
            draft.changed(
                "the first convolution is 5×5 with stride 1 in place of 11×11 with stride 4",
            );
            first(5, 1)
        }
    };
    let pooling = || pool(Kind::MaxPool, 3, 2);
    draft.chain([
        first,
        pooling(),
        conv(192, 5),
        pooling(),
        conv(384, 3),
        conv(256, 3),
        conv(256, 3),
        pooling(),
        Layer::new(Kind::AdaptiveAveragePool).with("size", [6, 6]),
        Layer::new(Kind::Flatten),
        Layer::new(Kind::Dropout).with("rate", 0.5),
        pytorch(dense(4096, Activation::Relu)),
        Layer::new(Kind::Dropout).with("rate", 0.5),
        pytorch(dense(4096, Activation::Relu)),
    ]);
    draft.classify();
}

fn pytorch(layer: Layer) -> Layer {
    layer.with("initialiser", Initialiser::Pytorch)
}

/// Simonyan and Zisserman 2014: so many convolutions between two poolings.
fn vgg(draft: &mut Draft, convolutions: [u32; 5]) {
    // As many halvings as leave 2×2 maps.
    let side = draft.shortest();
    let halvings = (0..=5).rev().find(|count| side >> count >= 2).unwrap_or(0);
    match 5 - halvings {
        0 => {}
        1 => draft.changed("the last pooling is left out"),
        left_out => draft.changed(format!("the last {left_out} poolings are left out")),
    }
    let stages = [64, 128, 256, 512, 512].into_iter().zip(convolutions);
    for (stage, (filters, repeat)) in stages.enumerate() {
        let mut conv = None;
        let block = draft.b.block("Convolutions", repeat, |b| {
            conv = Some(b.then(active(filters, 3, 1, Activation::Relu)));
        });
        if let Some(conv) = conv {
            draft.b.setting(block, "Filters", &[(conv, "filters", 1)]);
        }
        if stage < halvings {
            draft.then(Layer::new(Kind::MaxPool));
        }
    }
    let dense = || dense(4096, Activation::Relu).with("initialiser", Initialiser::HeNormal);
    draft.chain([
        Layer::new(Kind::AdaptiveAveragePool).with("size", [7, 7]),
        Layer::new(Kind::Flatten),
        dense(),
        Layer::new(Kind::Dropout).with("rate", 0.5),
        dense(),
        Layer::new(Kind::Dropout).with("rate", 0.5),
    ]);
    draft.classify();
}

/// Iandola et al. 2016, in the cheaper version 1.1.
fn squeezenet(draft: &mut Draft) {
    let side = draft.shortest();
    let stride: u64 = if side < 64 { 1 } else { 2 };
    if stride == 1 {
        draft.changed("the first convolution has stride 1 in place of 2");
    }
    let pooling = || pool(Kind::MaxPool, 3, 2).with("ceil", true);
    let first = Layer::new(Kind::Conv2d)
        .with("filters", 64)
        .with("stride", [stride, stride])
        .with("initialiser", Initialiser::HeUniform);
    draft.then(first);
    if side < 24 {
        draft.changed("the first pooling is left out");
    } else {
        draft.then(pooling());
    }
    fire(&mut draft.b, 2, 16, 64);
    draft.then(pooling());
    fire(&mut draft.b, 2, 32, 128);
    draft.then(pooling());
    fire(&mut draft.b, 2, 48, 192);
    fire(&mut draft.b, 2, 64, 256);
    let last = active(1, 1, 1, Activation::Relu).with("filters", draft.classes);
    draft.chain([
        Layer::new(Kind::Dropout).with("rate", 0.5),
        last.with("initialiser", Initialiser::GlorotNormal),
        Layer::new(Kind::GlobalAveragePool),
    ]);
}
