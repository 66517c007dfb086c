//! Each kind of layer in Keras, whose tensors are [n, height, width, channels].

use super::super::marked::mark;
use super::super::plan::Written;
use super::plain::plain;
use super::sliding::{sliding, transposed};
use super::start;
use crate::network::{Activation, CheckedLayer, Shape};

/// What the writing of one layer knows of the network.
#[derive(Clone, Copy)]
pub struct Place {
    /// It flattens maps in Keras's own order.
    pub flat: bool,
}

/// With the reason why Keras cannot.
pub type Result<T> = std::result::Result<T, String>;

/// One layer; `function` is what is left of its activation.
///
/// # Errors
/// Why Keras cannot express it.
pub fn write(layer: &CheckedLayer, function: Activation, place: Place) -> Result<Written> {
    let settings = layer.layer();
    let kind = settings.kind().entry().name;
    // Layers of Keras that apply a function themselves.
    let own = ["conv2d", "depthwise_conv2d", "separable_conv2d", "dense"].contains(&kind);
    let takes = own && !matches!(function, Activation::Linear | Activation::LeakyRelu);
    let activation = if takes {
        format!(", activation=\"{}\"", name_of(function))
    } else {
        String::new()
    };
    let mut written = match weighted(layer, &activation)? {
        Some((call, keras)) => Written {
            call,
            of_type: keras.to_owned(),
            learns: true,
            module: None,
        },
        None => Written {
            call: plain(layer, place)?,
            ..Written::default()
        },
    };
    if !takes {
        written.call = activated(function, &written.call);
    }
    Ok(written)
}

fn name_of(function: Activation) -> &'static str {
    match function.name() {
        "hard_swish" => "hard_silu",
        name => name,
    }
}

/// A function applied to an expression; softmax runs over the last axis, the channels.
fn activated(function: Activation, value: &str) -> String {
    match function {
        Activation::Linear => value.to_owned(),
        Activation::LeakyRelu => format!("layers.LeakyReLU(negative_slope=0.01)({value})"),
        other => format!("layers.Activation(\"{}\")({value})", name_of(other)),
    }
}

/// 3 for 3×3, (3, 5) for others.
pub fn pair([height, width]: [usize; 2]) -> String {
    if height == width {
        height.to_string()
    } else {
        format!("({height}, {width})")
    }
}

/// Zeros around the maps, ((top, bottom), (left, right)).
pub fn around([(top, bottom), (left, right)]: [(usize, usize); 2]) -> String {
    format!("(({top}, {bottom}), ({left}, {right}))")
}

/// The argument of a layer without biases.
pub fn bias(layer: &CheckedLayer) -> &'static str {
    if layer.layer().get("bias").is_some() && !layer.layer().flag("bias") {
        ", use_bias=False"
    } else {
        ""
    }
}

/// The call of a layer with weights, and its class.
#[allow(clippy::too_many_lines, reason = "a table: one arm a kind of layer")]
fn weighted(layer: &CheckedLayer, activation: &str) -> Result<Option<(String, &'static str)>> {
    let settings = layer.layer();
    let kind = settings.kind().entry().name;
    let name = "name=\"{name}\"";
    let bias = bias(layer);
    let epsilon = format!("epsilon={:?}", settings.real("epsilon"));
    let filters = mark("filters", layer.output().features());
    let on = "({0})";
    Ok(Some(match kind {
        "conv2d" | "depthwise_conv2d" | "separable_conv2d" => sliding(layer, activation)?,
        "transposed_conv2d" => (transposed(layer)?, "Conv2DTranspose"),
        "patch_embedding" => {
            let patch = pair(settings.pair("patch"));
            let Shape::Sequence { length, features } = layer.output() else {
                return Ok(None);
            };
            let start = start::weights(layer, "kernel_initializer");
            let conv = format!(
                "layers.Conv2D({filters}, {patch}, strides={patch}{bias}{start}, {name}){on}"
            );
            (
                format!("layers.Reshape(({length}, {features}))({conv})"),
                "Conv2D",
            )
        }
        "dense" => {
            let start = start::weights(layer, "kernel_initializer");
            let units = mark("units", settings.int("units"));
            (
                format!("layers.Dense({units}{activation}{bias}{start}, {name}){on}"),
                "Dense",
            )
        }
        "batch_norm" => {
            let momentum = 1.0 - settings.real("momentum");
            (
                format!("layers.BatchNormalization(momentum={momentum:?}, {epsilon}, {name}){on}"),
                "BatchNormalization",
            )
        }
        "layer_norm" => (
            format!("layers.LayerNormalization({epsilon}, {name}){on}"),
            "LayerNormalization",
        ),
        "group_norm" => {
            let groups = mark("groups", settings.int("groups"));
            (
                format!("layers.GroupNormalization({groups}, {epsilon}, {name}){on}"),
                "GroupNormalization",
            )
        }
        "instance_norm" if settings.flag("affine") => (
            format!("layers.GroupNormalization(groups=-1, {epsilon}, {name}){on}"),
            "GroupNormalization",
        ),
        "layer_scale" => {
            let initial = mark("initial", format!("{:?}", settings.real("initial")));
            (format!("LayerScale({initial}, {name}){on}"), "LayerScale")
        }
        "prelu" => {
            let initial = settings.real("initial");
            let shared = match layer.input() {
                Shape::Maps { .. } => ", shared_axes=[1, 2]",
                Shape::Sequence { .. } => ", shared_axes=[1]",
                Shape::Vector { .. } => "",
            };
            let start = format!("alpha_initializer=keras.initializers.Constant({initial:?})");
            (
                format!("layers.PReLU({start}{shared}, {name}){on}"),
                "PReLU",
            )
        }
        "class_token" => (format!("ClassToken({name}){on}"), "ClassToken"),
        "position_embedding" if settings.choice("method") == "learnt" => (
            format!("PositionEmbedding({name}){on}"),
            "PositionEmbedding",
        ),
        "attention" => {
            let heads = settings.int("heads");
            let size = layer.input().features() / heads.max(1);
            let dropout = settings.real("dropout");
            let dropout = if dropout > 0.0 {
                format!(", dropout={dropout:?}")
            } else {
                String::new()
            };
            let (heads, size) = (mark("heads", heads), mark("size", size));
            (
                format!(
                    "layers.MultiHeadAttention({heads}, {size}{dropout}{bias}, {name})({{0}}, {{0}})"
                ),
                "MultiHeadAttention",
            )
        }
        "lstm" | "gru" => recurrent(layer),
        _ => return Ok(None),
    }))
}

/// An LSTM or GRU; maps become steps first.
fn recurrent(layer: &CheckedLayer) -> (String, &'static str) {
    let settings = layer.layer();
    let kind = if settings.kind().entry().name == "gru" {
        "GRU"
    } else {
        "LSTM"
    };
    let input = match layer.input() {
        Shape::Maps {
            height,
            width,
            channels,
        } => {
            let (order, steps, features) = if settings.choice("over") == "columns" {
                ("(2, 3, 1)", width, channels * height)
            } else {
                ("(1, 3, 2)", height, channels * width)
            };
            format!("layers.Reshape(({steps}, {features}))(layers.Permute({order})({{0}}))")
        }
        _ => "{0}".to_owned(),
    };
    let units = mark("units", settings.int("units"));
    let each = settings.choice("output") == "sequence";
    let sequences = if each { ", return_sequences=True" } else { "" };
    let name = "name=\"{name}\"";
    match settings.choice("direction") {
        "both" => {
            let inner = format!("layers.{kind}({units}{sequences})");
            (
                format!("layers.Bidirectional({inner}, {name})({input})"),
                "Bidirectional",
            )
        }
        "backward" => {
            let call =
                format!("layers.{kind}({units}{sequences}, go_backwards=True, {name})({input})");
            let call = if each {
                format!("ops.flip({call}, axis=1)")
            } else {
                call
            };
            (call, kind)
        }
        _ => (
            format!("layers.{kind}({units}{sequences}, {name})({input})"),
            kind,
        ),
    }
}
