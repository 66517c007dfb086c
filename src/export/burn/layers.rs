//! Each kind of layer in burn.

use super::super::marked::mark;
use super::super::plan::Written;
use super::super::window::padding;
use super::plain::plain;
use super::start::{start, start_of};
use crate::network::{Activation, CheckedLayer, Shape};

/// A function applied to an expression. Softmax runs over the channels, units or features.
pub fn activated(function: Activation, value: &str, shape: Shape) -> String {
    match function.name() {
        "linear" => value.to_owned(),
        "leaky_relu" => format!("activation::leaky_relu({value}, 0.01)"),
        "softmax" => {
            let axis = if matches!(shape, Shape::Sequence { .. }) {
                2
            } else {
                1
            };
            format!("activation::softmax({value}, {axis})")
        }
        "elu" => format!("activation::elu({value}, 1.0)"),
        "softplus" => format!("activation::softplus({value}, 1.0)"),
        name => format!("activation::{name}({value})"),
    }
}

/// One layer; `function` is what is left of its activation.
///
/// # Errors
/// Why burn cannot express it.
pub fn write(layer: &CheckedLayer, function: Activation) -> Result<Written, String> {
    let mut written = convolution(layer)
        .or_else(|| dense_or_norm(layer))
        .or_else(|| sequence(layer))
        .or_else(|| {
            Some(Written {
                call: plain(layer)?,
                ..Written::default()
            })
        })
        .ok_or("has no counterpart")?;
    written.call = activated(function, &written.call, layer.output());
    Ok(written)
}

fn module(of_type: &str, module: String) -> Option<Written> {
    Some(Written {
        module: Some(module),
        of_type: of_type.to_owned(),
        call: "{m}.forward({0})".into(),
        learns: true,
    })
}

fn channels(layer: &CheckedLayer) -> String {
    mark("channels", layer.input().features())
}

/// Whether it has biases.
pub fn biased(layer: &CheckedLayer) -> bool {
    layer.layer().get("bias").is_none() || layer.layer().flag("bias")
}

/// The zeros around maps.
pub fn pads_of(pads: [(usize, usize); 2]) -> String {
    let [(top, bottom), (left, right)] = pads;
    if pads == [(0, 0); 2] {
        return String::new();
    }
    format!(".with_padding(PaddingConfig2d::Explicit({top}, {left}, {bottom}, {right}))")
}

#[allow(clippy::too_many_lines, reason = "a table: one arm a kind of layer")]
fn convolution(layer: &CheckedLayer) -> Option<Written> {
    let settings = layer.layer();
    let kind = settings.kind().entry().name;
    let (start, zero) = start(layer);
    let input = channels(layer);
    let filters = mark("filters", layer.output().features());
    let bias = if biased(layer) {
        ""
    } else {
        ".with_bias(false)"
    };
    if kind == "patch_embedding" {
        let patch = settings.pair("patch");
        let conv = format!(
            "Conv2dConfig::new([{input}, {filters}], {patch:?}).with_stride({patch:?}){bias}{start}.init(device){zero}"
        );
        return module("Conv2d", conv).map(|written| Written {
            call: "{m}.forward({0}).flatten::<3>(2, 3).swap_dims(1, 2)".into(),
            ..written
        });
    }
    let kernel = mark("kernel", format!("{:?}", settings.pair("kernel")));
    if kind == "transposed_conv2d" {
        let (start, zero) = start_of(layer, layer.input().features(), layer.output().features());
        let mut more = format!(".with_stride({:?})", settings.pair("stride"));
        for (name, word) in [("pad", "padding"), ("output_pad", "padding_out")] {
            if settings.pair(name) != [0, 0] {
                more.push_str(&format!(".with_{word}({:?})", settings.pair(name)));
            }
        }
        return module(
            "ConvTranspose2d",
            format!(
                "ConvTranspose2dConfig::new([{input}, {filters}], {kernel}){more}{bias}{start}.init(device){zero}"
            ),
        );
    }
    if !["conv2d", "depthwise_conv2d", "separable_conv2d"].contains(&kind) {
        return None;
    }
    let mut more = String::new();
    for (name, word) in [("stride", "stride"), ("dilation", "dilation")] {
        if settings.pair(name) != [1, 1] {
            let value = mark(name, format!("{:?}", settings.pair(name)));
            more.push_str(&format!(".with_{word}({value})"));
        }
    }
    // burn's "same" knows no dilation.
    more.push_str(&pads_of(padding(layer, "kernel")));
    match kind {
        "conv2d" => {
            let mut start = start;
            let groups = settings.int("groups").max(1);
            if groups > 1 {
                let in_group = layer.input().features() / groups;
                (start, _) = start_of(layer, layer.output().features(), in_group);
                more.push_str(&format!(".with_groups({})", mark("groups", groups)));
            }
            module(
                "Conv2d",
                format!(
                    "Conv2dConfig::new([{input}, {filters}], {kernel}){more}{bias}{start}.init(device){zero}"
                ),
            )
        }
        "depthwise_conv2d" => {
            let (start, zero) = start_of(layer, layer.output().features(), 1);
            module(
                "Conv2d",
                format!(
                    "Conv2dConfig::new([{input}, {filters}], {kernel}){more}.with_groups({input}){bias}{start}.init(device){zero}"
                ),
            )
        }
        _ => {
            let (deep, _) = start_of(layer, layer.input().features(), 1);
            module(
                "SeparableConv2d",
                format!(
                    "SeparableConv2d {{ depthwise: Conv2dConfig::new([{input}, {input}], {kernel}){more}.with_groups({input}).with_bias(false){deep}.init(device), \
                     pointwise: Conv2dConfig::new([{input}, {filters}], [1, 1]){bias}{start}.init(device){zero} }}"
                ),
            )
        }
    }
}

#[allow(clippy::too_many_lines, reason = "a table: one arm a kind of layer")]
fn dense_or_norm(layer: &CheckedLayer) -> Option<Written> {
    let settings = layer.layer();
    let input = channels(layer);
    let (maps, vector) = match layer.input() {
        Shape::Maps { .. } => (true, false),
        Shape::Vector { .. } => (false, true),
        Shape::Sequence { .. } => (false, false),
    };
    let epsilon = format!(".with_epsilon({:?})", settings.real("epsilon"));
    match settings.kind().entry().name {
        "dense" => {
            let (start, zero) = start(layer);
            let bias = if biased(layer) {
                ""
            } else {
                ".with_bias(false)"
            };
            let units = mark("units", settings.int("units"));
            module(
                "Linear",
                format!("LinearConfig::new({input}, {units}){bias}{start}.init(device){zero}"),
            )
        }
        "batch_norm" => {
            let momentum = settings.real("momentum");
            module(
                "BatchNorm",
                format!(
                    "BatchNormConfig::new({input}){epsilon}.with_momentum({momentum:?}).init(device)"
                ),
            )
        }
        "layer_norm" => {
            let written = module(
                "LayerNorm",
                format!("LayerNormConfig::new({input}){epsilon}.init(device)"),
            )?;
            Some(Written {
                call: if maps {
                    "{m}.forward({0}.permute([0, 2, 3, 1])).permute([0, 3, 1, 2])".into()
                } else {
                    written.call
                },
                ..written
            })
        }
        "group_norm" => {
            let groups = mark("groups", settings.int("groups"));
            let written = module(
                "GroupNorm",
                format!("GroupNormConfig::new({groups}, {input}){epsilon}.init(device)"),
            )?;
            Some(Written {
                call: if vector {
                    "{m}.forward({0}.unsqueeze_dim::<3>(2)).flatten::<2>(1, 2)".into()
                } else {
                    written.call
                },
                ..written
            })
        }
        "instance_norm" => {
            let affine = settings.flag("affine");
            let plain = if affine { "" } else { ".with_affine(false)" };
            let written = module(
                "InstanceNorm",
                format!("InstanceNormConfig::new({input}){epsilon}{plain}.init(device)"),
            );
            written.map(|it| Written {
                learns: affine,
                ..it
            })
        }
        kind @ ("layer_scale" | "prelu") => {
            let initial = mark("initial", format!("{:?}", settings.real("initial")));
            let of_type = if kind == "prelu" {
                "Prelu"
            } else {
                "LayerScale"
            };
            module(
                of_type,
                format!("{of_type}::new({input}, {initial}, device)"),
            )
        }
        _ => random(layer),
    }
}

/// Layers that act while training only.
fn random(layer: &CheckedLayer) -> Option<Written> {
    let settings = layer.layer();
    let rate = mark("rate", format!("{:?}", settings.real("rate")));
    let (of_type, made) = match settings.kind().entry().name {
        "dropout" => ("Dropout", format!("DropoutConfig::new({rate}).init()")),
        "spatial_dropout" => (
            "DropWhole",
            format!("DropWhole {{ rate: {rate}, axes: 2 }}"),
        ),
        "stochastic_depth" => (
            "DropWhole",
            format!("DropWhole {{ rate: {rate}, axes: 1 }}"),
        ),
        "gaussian_noise" => {
            let deviation = settings.real("deviation");
            (
                "GaussianNoise",
                format!("GaussianNoiseConfig::new({deviation:?}).init()"),
            )
        }
        _ => return None,
    };
    module(of_type, made).map(|written| Written {
        learns: false,
        ..written
    })
}

#[allow(clippy::too_many_lines, reason = "a table: one arm a kind of layer")]
fn sequence(layer: &CheckedLayer) -> Option<Written> {
    let settings = layer.layer();
    let input = channels(layer);
    match settings.kind().entry().name {
        "class_token" => module("ClassToken", format!("ClassToken::new({input}, device)")),
        "position_embedding" if settings.choice("method") == "learnt" => {
            let Shape::Sequence { length, features } = layer.input() else {
                return None;
            };
            module(
                "PositionEmbedding",
                format!("PositionEmbedding::new({length}, {features}, device)"),
            )
        }
        "attention" => {
            let heads = mark("heads", settings.int("heads"));
            let dropout = settings.real("dropout");
            let mut more = format!(".with_dropout({dropout:?})");
            if !biased(layer) {
                for part in ["query", "key", "value", "output"] {
                    more.push_str(&format!(".with_{part}_bias(false)"));
                }
            }
            module(
                "MultiHeadAttention",
                format!("MultiHeadAttentionConfig::new({input}, {heads}){more}.init(device)"),
            )
            .map(|written| Written {
                call: "{m}.forward(MhaInput::self_attn({0})).context".into(),
                ..written
            })
        }
        kind @ ("lstm" | "gru") => {
            let gates = if kind == "lstm" { 4 } else { 3 };
            let over = settings.choice("over");
            let (features, steps) = match layer.input() {
                Shape::Maps {
                    height, channels, ..
                } if over == "columns" => (channels * height, "columns_of({0})"),
                Shape::Maps {
                    width, channels, ..
                } => (channels * width, "rows_of({0})"),
                shape => (shape.features(), "{0}"),
            };
            let reversed = match settings.choice("direction") {
                "both" => "[false, true]",
                "backward" => "[true]",
                _ => "[false]",
            };
            let sequence = settings.choice("output") == "sequence";
            let units = mark("units", settings.int("units"));
            let given = if sequence { "each" } else { "last" };
            module(
                "Recurrent",
                format!(
                    "Recurrent::new({gates}, {features}, {units}, &{reversed}, {sequence}, device)"
                ),
            )
            .map(|written| Written {
                call: format!("{{m}}.{given}({steps})"),
                ..written
            })
        }
        _ => None,
    }
}
