//! ConvNeXt-Tiny, a small vision transformer, and an LSTM that reads an image row by row.

use super::draft::Draft;
use super::{Family, Template, Training};
use crate::network::entry::Kind;
use crate::network::function::{Activation, Initialiser};
use crate::network::layer::Layer;
use crate::network::library::modern::{convnext, transformer};
use crate::network::library::parts::{layer_norm, padded};
use crate::network::loss::Loss;

const MODERN: Template = Template {
    name: "",
    title: "",
    summary: "",
    family: Family::Modern,
    loss: Loss::CrossEntropy,
    // The papers' rates for batches of 512 and 4,096 come to 6e-5 at 64, after a warm-up. Without one, the first step
    // at 5e-4 sends the loss to 7 (ViT) and 17 (ConvNeXt).
    training: Training::adamw(1e-4, 64, 30),
    smallest: [8, 8],
    input: [224, 224, 3],
    classes: 1000,
    draw: |_| {},
};

pub(super) static TEMPLATES: [Template; 3] = [
    Template {
        name: "convnext-tiny",
        title: "ConvNeXt-Tiny",
        summary: "Convolutions with what was learnt from transformers (2022): accurate, for many images",
        draw: convnext_tiny,
        ..MODERN
    },
    Template {
        name: "vit-tiny",
        title: "ViT-Tiny",
        summary: "A small vision transformer (2021): attention among patches; needs many images",
        draw: vit_tiny,
        ..MODERN
    },
    Template {
        name: "row-lstm",
        title: "Row LSTM",
        summary: "A recurrent network that reads the image row by row",
        training: Training::adam(1e-3, 128, 10),
        smallest: [4, 4],
        input: [28, 28, 1],
        classes: 10,
        draw: row_lstm,
        ..MODERN
    },
];

/// Liu et al. 2022, as torchvision has it.
fn convnext_tiny(draft: &mut Draft) {
    // Kernel, stride and padding, which make the image so many times smaller.
    let stem = match draft.halvings_less() {
        0 => (4, 4, 0),
        1 => {
            draft.changed(
                "the first convolution is 2×2 with stride 2 in place of 4×4 with stride 4",
            );
            (2, 2, 0)
        }
        _ => {
            draft.changed(
                "the first convolution is 3×3 with stride 1 in place of 4×4 with stride 4",
            );
            (3, 1, 1)
        }
    };
    draft.chain([smaller(96, stem), layer_norm()]);
    let stages: [(u64, u32); 4] = [(96, 3), (192, 3), (384, 9), (768, 3)];
    let blocks: u32 = stages.iter().map(|(_, blocks)| blocks).sum();
    let rate = |block: u32| 0.1 * f64::from(block) / f64::from(blocks - 1);
    let mut before = 0;
    for (filters, repeat) in stages {
        if before > 0 {
            let mut conv = None;
            let block = draft.b.block("Downsampling", 1, |b| {
                b.then(layer_norm());
                conv = Some(b.then(smaller(filters, (2, 2, 0))));
            });
            if let Some(conv) = conv {
                draft.b.setting(block, "Filters", &[(conv, "filters", 1)]);
            }
        }
        let drop = [rate(before), rate(before + repeat - 1)];
        convnext(&mut draft.b, repeat, filters, drop);
        before += repeat;
    }
    draft.chain([Layer::new(Kind::GlobalAveragePool), layer_norm()]);
    draft.classify();
}

/// A convolution with bias and without activation, of this kernel, stride and padding.
fn smaller(filters: u64, (kernel, stride, pad): (u64, u64, u64)) -> Layer {
    let layer = Layer::new(Kind::Conv2d)
        .with("filters", filters)
        .with("kernel", [kernel, kernel])
        .with("stride", [stride, stride])
        .with("activation", Activation::Linear)
        .with("initialiser", Initialiser::GlorotNormal);
    padded(layer, pad)
}

/// From so many patches along the shorter side on, a network of patches has something to look at.
const PATCHES: usize = 7;

/// DeiT-Tiny (Touvron et al. 2021): the vision transformer of Dosovitskiy et al. 2020 with 192 dimensions.
fn vit_tiny(draft: &mut Draft) {
    let shortest = draft.shortest();
    let enough = |patch: &usize| shortest.div_ceil(*patch) >= PATCHES;
    let patch = [16, 8, 4, 2].into_iter().find(enough).unwrap_or(1);
    if patch != 16 {
        draft.changed(format!("the patches are {patch}×{patch} in place of 16×16"));
    }
    let missing = draft.size.map(|side| side.next_multiple_of(patch) - side);
    if missing != [0, 0] {
        let ends = missing.map(|zeros| u64::try_from(zeros).unwrap_or(u64::MAX));
        let [rows, columns] = ends;
        draft.changed(format!(
            "zeros below and to the right of the image, {rows} rows and {columns} columns, fill the last patches"
        ));
        let padding = Layer::new(Kind::ZeroPadding);
        draft.then(
            padding
                .with("rows", [0, rows])
                .with("columns", [0, columns]),
        );
    }
    let side = u64::try_from(patch).unwrap_or(1);
    draft.chain([
        Layer::new(Kind::PatchEmbedding)
            .with("patch", [side, side])
            .with("dimensions", 192),
        Layer::new(Kind::ClassToken),
        Layer::new(Kind::PositionEmbedding),
    ]);
    transformer(&mut draft.b, 12, 192, 3);
    draft.chain([
        layer_norm(),
        Layer::new(Kind::SelectToken).with("token", "first"),
    ]);
    draft.classify();
}

/// Each row is a step, as in the usual first recurrent network for handwritten digits.
fn row_lstm(draft: &mut Draft) {
    draft.then(Layer::new(Kind::Lstm).with("units", 128));
    draft.classify();
}
