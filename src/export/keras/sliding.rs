//! Convolutions in Keras.

use super::super::marked::mark;
use super::super::window::padding;
use super::layers::{Result, around, bias, pair};
use super::start;
use crate::network::{CheckedLayer, Shape};

/// Convolutions with a window that slides.
#[allow(clippy::too_many_lines, reason = "a table: one arm a kind of layer")]
pub fn sliding(layer: &CheckedLayer, activation: &str) -> Result<(String, &'static str)> {
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
pub fn transposed(layer: &CheckedLayer) -> Result<String> {
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
