//! The layers of PyTorch that need no module.

use super::super::marked::mark;
use super::super::window::{overhang, padding};
use super::layers::{around, even, pair};
use crate::export::axes::{Order, channels_first, order};
use crate::network::CheckedLayer;

/// Layers that are a mere expression.
pub fn plain(layer: &CheckedLayer) -> Option<String> {
    let settings = layer.layer();
    let rank = layer.output().dims().len();
    Some(match settings.kind().entry().name {
        "flatten" => "{0}.flatten(1)".into(),
        "activation" => "{0}".into(),
        "max_pool" | "average_pool" => pool(layer),
        "global_average_pool" => "{0}.mean(dim=(2, 3))".into(),
        "adaptive_average_pool" => {
            format!(
                "F.adaptive_avg_pool2d({{0}}, {})",
                pair(settings.pair("size"))
            )
        }
        "zero_padding" => {
            let [rows, columns] = ["rows", "columns"].map(|name| settings.pair(name));
            let pads = [rows, columns].map(|[before, after]| (before, after));
            format!("F.pad({{0}}, {})", around(pads))
        }
        "upsample" => {
            let [down, across] = settings.pair("factor");
            let method = settings.choice("method");
            let corners = if method == "bilinear" {
                ", align_corners=False"
            } else {
                ""
            };
            format!(
                "F.interpolate({{0}}, scale_factor=({down}, {across}), mode=\"{method}\"{corners})"
            )
        }
        "reshape" => {
            let [height, width, channels] = layer.output().dims()[..] else {
                return None;
            };
            format!("{{0}}.reshape(-1, {channels}, {height}, {width})")
        }
        "permute" => permute(layer),
        "position_embedding" => "sinusoidal({0})".into(),
        "select_token" => match settings.choice("token") {
            "mean" => "{0}.mean(dim=1)".into(),
            "last" => "{0}[:, -1]".into(),
            _ => "{0}[:, 0]".into(),
        },
        "add" => joined(layer, " + "),
        "multiply" => multiplied(layer),
        "concatenate" => {
            // Of a sequence, dimension 1 is its length.
            debug_assert!(rank >= 1);
            "torch.cat([{*}], dim=1)".into()
        }
        _ => return None,
    })
}

fn joined(layer: &CheckedLayer, sign: &str) -> String {
    let parts = (0..layer.inputs().len()).map(|at| format!("{{{at}}}"));
    parts.collect::<Vec<_>>().join(sign)
}

/// A vector scales maps.
fn multiplied(layer: &CheckedLayer) -> String {
    let maps = layer.output().is_maps();
    let parts = layer.inputs().iter().enumerate();
    let parts = parts.map(|(at, shape)| {
        if maps && !shape.is_maps() {
            format!("{{{at}}}[:, :, None, None]")
        } else {
            format!("{{{at}}}")
        }
    });
    parts.collect::<Vec<_>>().join(" * ")
}

fn pool(layer: &CheckedLayer) -> String {
    let settings = layer.layer();
    let size = mark("size", pair(settings.pair("size")));
    let stride = mark("stride", pair(settings.pair("stride")));
    let average = settings.kind().entry().name == "average_pool";
    let pads = padding(layer, "size");
    let beyond = overhang(layer, pads);
    let stands_out = settings.choice("padding") != "same" && beyond != [0, 0];
    let ceil = if stands_out { ", ceil_mode=True" } else { "" };
    let simple = even(pads) && pads.map(|(pad, _)| pad) != [0, 0];
    let within = [0, 1].map(|axis| pads[axis].0 <= settings.pair("size")[axis] / 2);
    let pad = match (simple && within == [true; 2], average) {
        (true, true) => format!(", {}, count_include_pad=False", pair(pads.map(|p| p.0))),
        (true, false) => format!(", {}", pair(pads.map(|p| p.0))),
        (false, _) => String::new(),
    };
    let pad = pad.replacen(", ", ", padding=", 1);
    if pad.is_empty() && pads != [(0, 0); 2] {
        let around = around(pads);
        return if average {
            format!("average_pool({{0}}, {size}, {stride}, {around})")
        } else {
            format!(
                "F.max_pool2d(F.pad({{0}}, {around}, value=-torch.inf), {size}, {stride}{ceil})"
            )
        };
    }
    let function = if average {
        "F.avg_pool2d"
    } else {
        "F.max_pool2d"
    };
    format!("{function}({{0}}, {size}, {stride}{pad}{ceil})")
}

/// The axes in another order.
fn permute(layer: &CheckedLayer) -> String {
    match order(layer) {
        Order::Same => "{0}".into(),
        Order::Swapped => "{0}.transpose(1, 2)".into(),
        Order::Maps(axes) => {
            let [channels, height, width] = channels_first(axes);
            format!("{{0}}.permute(0, {channels}, {height}, {width})")
        }
    }
}
