//! The layers of burn that need no module.

use super::super::marked::mark;
use super::super::window::{overhang, padding};
use super::layers::pads_of;
use crate::export::axes::{Order, channels_first, order};
use crate::network::{CheckedLayer, Shape};

/// Layers that are a mere expression.
pub fn plain(layer: &CheckedLayer) -> Option<String> {
    let settings = layer.layer();
    Some(match settings.kind().entry().name {
        "flatten" => match layer.input() {
            Shape::Maps { .. } => "{0}.flatten::<2>(1, 3)".into(),
            Shape::Sequence { .. } => "{0}.flatten::<2>(1, 2)".into(),
            Shape::Vector { .. } => "{0}".into(),
        },
        "activation" => "{0}".into(),
        "max_pool" | "average_pool" => pool(layer),
        "global_average_pool" => "{0}.mean_dim(3).mean_dim(2).flatten::<2>(1, 3)".into(),
        "adaptive_average_pool" => {
            let size = settings.pair("size");
            format!("AdaptiveAvgPool2dConfig::new({size:?}).init().forward({{0}})")
        }
        "zero_padding" => {
            let [top, bottom] = settings.pair("rows");
            let [left, right] = settings.pair("columns");
            format!("{{0}}.pad([({top}, {bottom}), ({left}, {right})], PadMode::Constant(0.0))")
        }
        "upsample" => {
            let method = settings.choice("method");
            format!("upsample_{method}({{0}}, {:?})", settings.pair("factor"))
        }
        "reshape" => {
            let [height, width, channels] = layer.output().dims()[..] else {
                return None;
            };
            format!("{{0}}.reshape([-1, {channels}, {height}, {width}])")
        }
        "permute" => permute(layer),
        "position_embedding" => "sinusoidal({0})".into(),
        "select_token" => {
            let Shape::Sequence { length, .. } = layer.input() else {
                return None;
            };
            match settings.choice("token") {
                "mean" => "{0}.mean_dim(1).flatten::<2>(1, 2)".into(),
                "last" => format!("{{0}}.narrow(1, {}, 1).flatten::<2>(1, 2)", length - 1),
                _ => "{0}.narrow(1, 0, 1).flatten::<2>(1, 2)".into(),
            }
        }
        "add" => joined(layer, " + "),
        "multiply" => joined(layer, " * "),
        "concatenate" => "Tensor::cat(vec![{*}], 1)".into(),
        _ => return None,
    })
}

/// A vector scales maps.
fn joined(layer: &CheckedLayer, sign: &str) -> String {
    let maps = layer.output().is_maps();
    let parts = layer.inputs().iter().enumerate();
    let parts = parts.map(|(at, shape)| match shape {
        Shape::Vector { units } if maps => format!("{{{at}}}.reshape([-1, {units}, 1, 1])"),
        _ => format!("{{{at}}}"),
    });
    parts.collect::<Vec<_>>().join(sign)
}

fn pool(layer: &CheckedLayer) -> String {
    let settings = layer.layer();
    let size = mark("size", format!("{:?}", settings.pair("size")));
    let stride = mark("stride", format!("{:?}", settings.pair("stride")));
    let average = settings.kind().entry().name == "average_pool";
    let pads = padding(layer, "size");
    let ceil = if overhang(layer, pads) == [0, 0] {
        ""
    } else {
        ".with_ceil_mode(true)"
    };
    let (class, count) = if average {
        ("AvgPool2dConfig", ".with_count_include_pad(false)")
    } else {
        ("MaxPool2dConfig", "")
    };
    let count = if pads == [(0, 0); 2] { "" } else { count };
    let pads = pads_of(pads);
    format!("{class}::new({size}).with_strides({stride}){pads}{count}{ceil}.init().forward({{0}})")
}

/// The axes in another order.
fn permute(layer: &CheckedLayer) -> String {
    match order(layer) {
        Order::Same => "{0}".into(),
        Order::Swapped => "{0}.swap_dims(1, 2)".into(),
        Order::Maps(axes) => {
            let [channels, height, width] = channels_first(axes);
            format!("{{0}}.permute([0, {channels}, {height}, {width}])")
        }
    }
}
