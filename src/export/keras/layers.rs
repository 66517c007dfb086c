//! Each kind of layer in Keras, whose tensors are [n, height, width, channels].

use super::super::marked::mark;
use super::super::plan::Written;
use super::super::window::{overhang, padding};
use super::start;
use crate::network::{Activation, CheckedLayer, Shape};

/// What the writing of one layer knows of the network.
#[derive(Clone, Copy)]
pub struct Place {
    /// It flattens maps in Keras's own order.
    pub flat: bool,
}

type Result<T> = std::result::Result<T, String>;

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
fn pair([height, width]: [usize; 2]) -> String {
    if height == width {
        height.to_string()
    } else {
        format!("({height}, {width})")
    }
}

/// Zeros around the maps, ((top, bottom), (left, right)).
fn around([(top, bottom), (left, right)]: [(usize, usize); 2]) -> String {
    format!("(({top}, {bottom}), ({left}, {right}))")
}

fn bias(layer: &CheckedLayer) -> &'static str {
    if layer.layer().get("bias").is_some() && !layer.layer().flag("bias") {
        ", use_bias=False"
    } else {
        ""
    }
}

/// The call of a layer with weights, and its class.
fn weighted(layer: &CheckedLayer, activation: &str) -> Result<Option<(String, &'static str)>> {
    let settings = layer.layer();
    let kind = settings.kind().entry().name;
    let name = "name=\"{name}\"";
    let bias = bias(layer);
    let epsilon = format!("epsilon={:?}", settings.real("epsilon"));
    let filters = mark("filters", layer.output().features());
    let on = "({0})";
    Ok(Some(match kind {
        "conv2d" | "depthwise_conv2d" | "separable_conv2d" => {
            sliding(layer, activation).map(|(call, class)| (call, class))?
        }
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

/// Convolutions with a window that slides.
fn sliding(layer: &CheckedLayer, activation: &str) -> Result<(String, &'static str)> {
    let settings = layer.layer();
    let kernel = mark("kernel", pair(settings.pair("kernel")));
    let (stride, dilation) = (settings.pair("stride"), settings.pair("dilation"));
    if stride != [1, 1] && dilation != [1, 1] {
        return Err(
            "has both a stride and a dilation, which Keras refuses: set one of them to 1".into(),
        );
    }
    let kind = settings.kind().entry().name;
    if kind != "conv2d" && stride[0] != stride[1] {
        return Err(format!(
            "moves by {}×{}, but Keras's depthwise convolutions move as far down as across: make them equal",
            stride[0], stride[1]
        ));
    }
    let mut more = String::new();
    if stride != [1, 1] {
        more.push_str(&format!(", strides={}", mark("stride", pair(stride))));
    }
    let pads = padding(layer, "kernel");
    let same = settings.choice("padding") == "same" && pads != [(0, 0); 2];
    if same {
        more.push_str(", padding=\"same\"");
    }
    if dilation != [1, 1] {
        let dilation = mark("dilation", pair(dilation));
        more.push_str(&format!(", dilation_rate={dilation}"));
    }
    let input = if same || pads == [(0, 0); 2] {
        "{0}".to_owned()
    } else {
        format!(
            "layers.ZeroPadding2D({})({{0}})",
            mark("padding", around(pads))
        )
    };
    let filters = mark("filters", layer.output().features());
    let kernel_start = start::weights(layer, "kernel_initializer");
    let depth_start = start::draw(layer, "depthwise_initializer");
    let (first, class, starts) = match kind {
        "conv2d" => {
            if settings.int("groups") > 1 {
                let groups = mark("groups", settings.int("groups"));
                more.push_str(&format!(", groups={groups}"));
            }
            (format!("{filters}, {kernel}"), "Conv2D", kernel_start)
        }
        "depthwise_conv2d" => {
            if settings.int("multiplier") > 1 {
                let multiplier = settings.int("multiplier");
                more.push_str(&format!(", depth_multiplier={multiplier}"));
            }
            let starts = start::weights(layer, "depthwise_initializer");
            (kernel, "DepthwiseConv2D", starts)
        }
        _ => {
            let starts = start::weights(layer, "pointwise_initializer");
            (
                format!("{filters}, {kernel}"),
                "SeparableConv2D",
                format!("{depth_start}{starts}"),
            )
        }
    };
    let bias = bias(layer);
    Ok((
        format!(
            "layers.{class}({first}{more}{activation}{bias}{starts}, name=\"{{name}}\")({input})"
        ),
        class,
    ))
}

/// PyTorch's output is Keras's without padding, cut.
fn transposed(layer: &CheckedLayer) -> Result<String> {
    let settings = layer.layer();
    let (kernel, stride) = (settings.pair("kernel"), settings.pair("stride"));
    let pad = settings.pair("pad");
    let (
        Shape::Maps { height, width, .. },
        Shape::Maps {
            height: rows,
            width: columns,
            ..
        },
    ) = (layer.input(), layer.output())
    else {
        return Err("needs maps".into());
    };
    let cut = |axis: usize, input: usize, output: usize| {
        let whole = (input - 1) * stride[axis] + kernel[axis].max(stride[axis]);
        let after = whole.checked_sub(pad[axis] + output);
        after.map(|after| (pad[axis], after))
    };
    let (Some(down), Some(across)) = (cut(0, height, rows), cut(1, width, columns)) else {
        return Err("adds rows or columns that no filter reaches, which Keras cannot: set its output pad to 0".into());
    };
    let filters = mark("filters", layer.output().features());
    let (kernel, stride) = (pair(kernel), pair(stride));
    let start = start::weights(layer, "kernel_initializer");
    let bias = bias(layer);
    let call = format!(
        "layers.Conv2DTranspose({filters}, {kernel}, strides={stride}{bias}{start}, name=\"{{name}}\")({{0}})"
    );
    if [down, across] == [(0, 0); 2] {
        return Ok(call);
    }
    Ok(format!(
        "layers.Cropping2D({})({call})",
        around([down, across])
    ))
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

/// Layers without weights.
fn plain(layer: &CheckedLayer, place: Place) -> Result<String> {
    let settings = layer.layer();
    let rate = mark("rate", format!("{:?}", settings.real("rate")));
    let rank = layer.input().dims().len();
    Ok(match settings.kind().entry().name {
        "flatten" if layer.input().is_maps() && !place.flat => {
            "layers.Flatten()(layers.Permute((3, 1, 2))({0}))".into()
        }
        "flatten" => "layers.Flatten()({0})".into(),
        "activation" => "{0}".into(),
        "max_pool" | "average_pool" => pool(layer),
        "global_average_pool" => "layers.GlobalAveragePooling2D()({0})".into(),
        "adaptive_average_pool" => {
            let [rows, columns] = settings.pair("size");
            format!("adaptive_average_pool({{0}}, {rows}, {columns})")
        }
        "instance_norm" => {
            let epsilon = settings.real("epsilon");
            format!(
                "layers.GroupNormalization(groups=-1, epsilon={epsilon:?}, center=False, scale=False)({{0}})"
            )
        }
        "dropout" => format!("layers.Dropout({rate})({{0}})"),
        "spatial_dropout" => format!("layers.SpatialDropout2D({rate})({{0}})"),
        "stochastic_depth" => {
            let ones = ", 1".repeat(rank);
            format!("layers.Dropout({rate}, noise_shape=(None{ones}))({{0}})")
        }
        "gaussian_noise" => {
            let deviation = settings.real("deviation");
            if deviation > 1.0 {
                return Err(format!(
                    "adds noise of {deviation}, but Keras takes at most 1"
                ));
            }
            format!("layers.GaussianNoise({deviation:?})({{0}})")
        }
        "zero_padding" => {
            let pads = ["rows", "columns"].map(|name| settings.pair(name));
            let pads = pads.map(|[before, after]| (before, after));
            format!("layers.ZeroPadding2D({})({{0}})", around(pads))
        }
        "upsample" => {
            let factor = pair(settings.pair("factor"));
            let method = settings.choice("method");
            format!("layers.UpSampling2D({factor}, interpolation=\"{method}\")({{0}})")
        }
        "reshape" => reshape(layer),
        "permute" => permute(layer).ok_or("has an order that is not known")?,
        "position_embedding" => "sinusoidal({0})".into(),
        "select_token" => match settings.choice("token") {
            "mean" => "layers.GlobalAveragePooling1D()({0})".into(),
            "last" => "{0}[:, -1]".into(),
            _ => "{0}[:, 0]".into(),
        },
        "add" => "layers.Add()([{*}])".into(),
        "multiply" => multiplied(layer),
        "concatenate" => match layer.output() {
            Shape::Sequence { .. } => "layers.Concatenate(axis=1)([{*}])".into(),
            _ => "layers.Concatenate()([{*}])".into(),
        },
        _ => return Err("has no counterpart".into()),
    })
}

/// A vector scales maps.
fn multiplied(layer: &CheckedLayer) -> String {
    let maps = layer.output().is_maps();
    let parts = layer.inputs().iter().enumerate();
    let parts = parts.map(|(at, shape)| match shape {
        Shape::Vector { units } if maps => {
            format!("layers.Reshape((1, 1, {units}))({{{at}}})")
        }
        _ => format!("{{{at}}}"),
    });
    format!(
        "layers.Multiply()([{}])",
        parts.collect::<Vec<_>>().join(", ")
    )
}

fn pool(layer: &CheckedLayer) -> String {
    let settings = layer.layer();
    let (size, stride) = (settings.pair("size"), settings.pair("stride"));
    let average = settings.kind().entry().name == "average_pool";
    let pads = padding(layer, "size");
    let beyond = overhang(layer, pads);
    let pads = [0, 1].map(|axis| (pads[axis].0, pads[axis].1 + beyond[axis]));
    if pads == [(0, 0); 2] {
        let class = if average { "Average" } else { "Max" };
        let (size, stride) = (mark("size", pair(size)), mark("stride", pair(stride)));
        return format!("layers.{class}Pooling2D({size}, {stride})({{0}})");
    }
    let function = if average { "average_pool" } else { "max_pool" };
    let both = |[down, across]: [usize; 2]| format!("({down}, {across})");
    format!(
        "{function}({{0}}, {}, {}, {})",
        mark("size", both(size)),
        mark("stride", both(stride)),
        mark("pad", around(pads))
    )
}

/// Numbers keep mapsto's order: channels, height, width.
fn reshape(layer: &CheckedLayer) -> String {
    let input = if layer.input().is_maps() {
        "layers.Permute((3, 1, 2))({0})"
    } else {
        "{0}"
    };
    let [height, width, channels] = layer.output().dims()[..] else {
        return input.to_owned();
    };
    format!("layers.Permute((2, 3, 1))(layers.Reshape(({channels}, {height}, {width}))({input}))")
}

fn permute(layer: &CheckedLayer) -> Option<String> {
    let order = layer.layer().choice("order");
    if !layer.input().is_maps() {
        return Some(if order == "height_width_channels" {
            "{0}".into()
        } else {
            "layers.Permute((2, 1))({0})".into()
        });
    }
    let axis = |name: &str| match name {
        "height" => Some("1"),
        "width" => Some("2"),
        "channels" => Some("3"),
        _ => None,
    };
    let axes: Vec<&str> = order.split('_').map(axis).collect::<Option<_>>()?;
    Some(format!("layers.Permute(({}))({{0}})", axes.join(", ")))
}
