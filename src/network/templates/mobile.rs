//! For small devices: MobileNetV2 and EfficientNet-B0, as torchvision has them.

use super::draft::Draft;
use super::{Family, Template, Training};
use crate::network::entry::Kind;
use crate::network::function::Activation;
use crate::network::layer::Layer;
use crate::network::library::inverted::{Inverted, changing, repeated};
use crate::network::library::parts::{conv, normed_active};
use crate::network::loss::Loss;

const MOBILE: Template = Template {
    name: "",
    title: "",
    summary: "",
    family: Family::Mobile,
    loss: Loss::CrossEntropy,
    training: Training::adam(1e-3, 64, 20),
    smallest: [8, 8],
    input: [224, 224, 3],
    classes: 1000,
    draw: |_| {},
};

pub(super) static TEMPLATES: [Template; 2] = [
    Template {
        name: "mobilenet-v2",
        title: "MobileNetV2",
        summary: "Accurate with few multiplications (2018): for phones, and for training without a GPU",
        draw: mobilenet,
        ..MOBILE
    },
    Template {
        name: "efficientnet-b0",
        title: "EfficientNet-B0",
        summary: "Inverted residual blocks with gates, found by search (2019): more accurate than MobileNetV2",
        draw: efficientnet,
        ..MOBILE
    },
];

/// Blocks that follow one another, the first of them with the stride.
struct Stage {
    expansion: u64,
    kernel: u64,
    filters: u64,
    stride: u64,
    blocks: u32,
}

const fn stage(expansion: u64, kernel: u64, filters: u64, stride: u64, blocks: u32) -> Stage {
    Stage {
        expansion,
        kernel,
        filters,
        stride,
        blocks,
    }
}

/// Sandler et al. 2018, table 2.
fn mobilenet(draft: &mut Draft) {
    let stages = [
        stage(1, 3, 16, 1, 1),
        stage(6, 3, 24, 2, 2),
        stage(6, 3, 32, 2, 3),
        stage(6, 3, 64, 2, 4),
        stage(6, 3, 96, 1, 3),
        stage(6, 3, 160, 2, 3),
        stage(6, 3, 320, 1, 1),
    ];
    inverted(draft, "Inverted residual", &stages, Activation::Relu6, None);
}

/// Tan and Le 2019, table 1.
fn efficientnet(draft: &mut Draft) {
    let stages = [
        stage(1, 3, 16, 1, 1),
        stage(6, 3, 24, 2, 2),
        stage(6, 5, 40, 2, 2),
        stage(6, 3, 80, 2, 3),
        stage(6, 5, 112, 1, 3),
        stage(6, 5, 192, 2, 4),
        stage(6, 3, 320, 1, 1),
    ];
    let name = "Inverted residual with gate";
    inverted(draft, name, &stages, Activation::Silu, Some(0.2));
}

/// A network of inverted residual blocks. `drop`: gates, and stochastic depth whose rate grows to this in equal
/// steps over all blocks.
fn inverted(
    draft: &mut Draft,
    name: &str,
    stages: &[Stage],
    function: Activation,
    drop: Option<f64>,
) {
    let less = draft.halvings_less();
    let stride = if less > 0 { 1 } else { 2 };
    if less > 0 {
        draft.changed("the first convolution has stride 1 in place of 2");
    }
    normed_active(&mut draft.b, conv(32, 3, stride), function);
    let total: u32 = stages.iter().map(|stage| stage.blocks).sum();
    let rate = |block: u32| drop.map_or(0.0, |drop| drop * f64::from(block) / f64::from(total));
    let mut from = 32;
    let mut before = 0;
    let mut halvings_kept = less < 2;
    for stage in stages {
        let mut stride = stage.stride;
        if stride > 1 && !halvings_kept {
            halvings_kept = true;
            stride = 1;
            draft.changed(format!(
                "the first block with {} filters has stride 1 in place of 2",
                stage.filters
            ));
        }
        let first = Inverted {
            from,
            to: stage.filters,
            expansion: stage.expansion,
            kernel: stage.kernel,
            stride,
            function,
            squeezed: drop.map(|_| (from / 4).max(1)),
            drop: None,
        };
        let title = if stride > 1 {
            format!("{name}, strided")
        } else {
            format!("{name}, no skip")
        };
        changing(&mut draft.b, &title, first);
        from = stage.filters;
        let last = before + stage.blocks - 1;
        let rest = Inverted {
            from,
            stride: 1,
            squeezed: drop.map(|_| (from / 4).max(1)),
            drop: drop.map(|_| [rate(before + 1), rate(last)]),
            ..first
        };
        if stage.blocks > 1 {
            repeated(&mut draft.b, name, stage.blocks - 1, rest);
        }
        before += stage.blocks;
    }
    normed_active(&mut draft.b, conv(1280, 1, 1), function);
    draft.chain([
        Layer::new(Kind::GlobalAveragePool),
        Layer::new(Kind::Dropout).with("rate", 0.2),
    ]);
    draft.classify();
}
