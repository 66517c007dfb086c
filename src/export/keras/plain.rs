//! The layers of Keras without weights.

use super::super::marked::mark;
use super::super::window::{overhang, padding};
use super::layers::{Place, Result, around, pair};
use crate::export::axes::{Order, order};
use crate::network::{CheckedLayer, Shape};

/// Layers without weights.
#[allow(clippy::too_many_lines, reason = "a table: one arm a kind of layer")]
pub fn plain(layer: &CheckedLayer, place: Place) -> Result<String> {
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
        "permute" => permute(layer),
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

/// The axes in another order.
fn permute(layer: &CheckedLayer) -> String {
    match order(layer) {
        Order::Same => "{0}".into(),
        Order::Swapped => "layers.Permute((2, 1))({0})".into(),
        Order::Maps(axes) => {
            // Without the batch, counted from 1, with the channels last.
            let [height, width, channels] = axes.map(|axis| axis + 1);
            format!("layers.Permute(({height}, {width}, {channels}))({{0}})")
        }
    }
}
