//! Layers that slide filters over maps.

use super::common::*;
use super::sliding::*;
use crate::network::entry::{
    Arity, Cost, DefaultValue as Default, Entry, Group, Kind, Range, Sees, Setting, ShapeError,
};
use crate::network::layer::Layer;
use crate::network::shape::Shape;
use crate::network::value::Value;

pub(super) static ENTRIES: [Entry; 4] = [
    Entry {
        kind: Kind::Conv2d,
        name: "conv2d",
        title: "Conv 2D",
        group: Group::Convolution,
        help: "Slides small filters over the maps and makes one new map a filter",
        arity: Arity::One,
        settings: &[
            FILTERS,
            KERNEL,
            STRIDE,
            PADDING,
            PAD,
            DILATION,
            Setting {
                name: "groups",
                title: "Groups",
                help: "Splits channels and filters into so many groups that do not see each other; must divide both",
                unit: "groups",
                range: Range::Int {
                    min: 1,
                    max: 65_536,
                },
                default: Default::Int(1),
                more: true,
            },
            BIAS,
            ACTIVATION,
            INITIALISER,
            WEIGHT_DECAY,
        ],
        shape: conv_shape,
        known_shape: unknown,
        cost: conv_cost,
        sees: through_kernel,
        summary: conv_summary,
    },
    Entry {
        kind: Kind::DepthwiseConv2d,
        name: "depthwise_conv2d",
        title: "Depthwise conv 2D",
        group: Group::Convolution,
        help: "Slides filters over each map on its own, without mixing maps: far fewer weights than Conv 2D",
        arity: Arity::One,
        settings: &[
            Setting {
                name: "multiplier",
                title: "Multiplier",
                help: "How many maps the layer makes of each map",
                unit: "maps",
                range: Range::Int { min: 1, max: 1024 },
                default: Default::Int(1),
                more: false,
            },
            KERNEL,
            STRIDE,
            PADDING,
            PAD,
            DILATION,
            BIAS,
            ACTIVATION,
            INITIALISER,
            WEIGHT_DECAY,
        ],
        shape: depthwise_shape,
        known_shape: unknown,
        cost: depthwise_cost,
        sees: through_kernel,
        summary: depthwise_summary,
    },
    Entry {
        kind: Kind::SeparableConv2d,
        name: "separable_conv2d",
        title: "Separable conv 2D",
        group: Group::Convolution,
        help: "Slides a filter over each map on its own, then mixes the maps at each place: a cheap Conv 2D",
        arity: Arity::One,
        settings: &[
            FILTERS,
            KERNEL,
            STRIDE,
            PADDING,
            PAD,
            DILATION,
            BIAS,
            ACTIVATION,
            INITIALISER,
            WEIGHT_DECAY,
        ],
        shape: separable_shape,
        known_shape: unknown,
        cost: separable_cost,
        sees: through_kernel,
        summary: filters_summary,
    },
    Entry {
        kind: Kind::TransposedConv2d,
        name: "transposed_conv2d",
        title: "Transposed conv 2D",
        group: Group::Convolution,
        help: "Spreads each value over a window, which makes the maps larger by the stride with learnt filters",
        arity: Arity::One,
        settings: &[
            FILTERS,
            window(
                "kernel",
                "Kernel",
                "Height and width of each filter",
                [2, 2],
            ),
            window(
                "stride",
                "Stride",
                "How many times larger the maps become",
                [2, 2],
            ),
            Setting {
                help: "Rows cut off above and below the output, and columns on its left and right",
                ..PAD
            },
            Setting {
                name: "output_pad",
                title: "Output pad",
                help: "Rows added below the output and columns on its right; must be smaller than the stride",
                unit: "pixels",
                range: Range::Pair { min: 0, max: 1023 },
                default: Default::Pair([0, 0]),
                more: true,
            },
            BIAS,
            ACTIVATION,
            INITIALISER,
            WEIGHT_DECAY,
        ],
        shape: transposed_shape,
        known_shape: unknown,
        cost: transposed_cost,
        sees: spread,
        summary: filters_summary,
    },
];

const FILTERS: Setting = Setting {
    name: "filters",
    title: "Filters",
    help: "How many maps the layer makes",
    unit: "maps",
    range: Range::Int {
        min: 1,
        max: 65_536,
    },
    default: Default::Int(32),
    more: false,
};

const KERNEL: Setting = window(
    "kernel",
    "Kernel",
    "Height and width of each filter",
    [3, 3],
);

const STRIDE: Setting = window(
    "stride",
    "Stride",
    "How far the filter moves at each step",
    [1, 1],
);

const DILATION: Setting = Setting {
    more: true,
    ..window(
        "dilation",
        "Dilation",
        "How far apart the values under the filter are; 1 is side by side",
        [1, 1],
    )
};

fn conv_shape(layer: &Layer, inputs: &[Shape]) -> ShapeResult {
    let (size, channels) = maps(inputs)?;
    let filters = layer.int("filters");
    grouped_evenly(layer, channels, filters)?;
    maps_of(slid(layer, size, kernel_window(layer))?, filters)
}

/// Weights: filters × input channels of a group × kernel, and a bias a filter.
fn conv_cost(layer: &Layer, inputs: &[Shape], output: Shape) -> Option<Cost> {
    let [height, width] = layer.pair("kernel");
    let channels = inputs
        .first()?
        .features()
        .checked_div(layer.int("groups"))?;
    let window = product(&[height, width, channels])?;
    Some(Cost {
        parameters: with_bias(layer, window, output)?,
        multiply_adds: window.checked_mul(product(&output.dims())?)?,
    })
}

/// `each` weights for each map of the output, and a bias for each where there are biases.
fn with_bias(layer: &Layer, each: u64, output: Shape) -> Option<u64> {
    let bias = u64::from(layer.flag("bias"));
    each.checked_add(bias)?
        .checked_mul(count(output.features())?)
}

fn conv_summary(layer: &Layer) -> String {
    let mut text = filters_summary(layer);
    if layer.int("groups") > 1 {
        text.push_str(&format!(", {} groups", layer.int("groups")));
    }
    text
}

fn filters_summary(layer: &Layer) -> String {
    let filters = layer.int("filters").to_string();
    window_summary(layer, &filters)
}

fn window_summary(layer: &Layer, maps: &str) -> String {
    let [height, width] = layer.pair("kernel");
    let mut text = format!("{height}×{width}, {maps}, {}", layer.activation());
    say_stride(&mut text, layer.pair("stride"), [1, 1]);
    say_padding(&mut text, layer);
    say_dilation(&mut text, layer);
    text
}

fn depthwise_shape(layer: &Layer, inputs: &[Shape]) -> ShapeResult {
    let (size, channels) = maps(inputs)?;
    let made = channels.checked_mul(layer.int("multiplier"));
    let size = slid(layer, size, kernel_window(layer))?;
    maps_of(size, made.ok_or(ShapeError::Overflow)?)
}

/// Weights: a kernel for each map of the output, and a bias.
fn depthwise_cost(layer: &Layer, _: &[Shape], output: Shape) -> Option<Cost> {
    let window = product(&layer.pair("kernel"))?;
    Some(Cost {
        parameters: with_bias(layer, window, output)?,
        multiply_adds: window.checked_mul(product(&output.dims())?)?,
    })
}

fn depthwise_summary(layer: &Layer) -> String {
    let multiplier = layer.int("multiplier");
    window_summary(layer, &format!("×{multiplier}")).replace(", ×1,", ",")
}

fn separable_shape(layer: &Layer, inputs: &[Shape]) -> ShapeResult {
    let (size, _) = maps(inputs)?;
    let size = slid(layer, size, kernel_window(layer))?;
    maps_of(size, layer.int("filters"))
}

/// Weights: a kernel for each input map, then filters × input maps and a bias a filter (as in Keras, the first
/// half has no bias).
fn separable_cost(layer: &Layer, inputs: &[Shape], output: Shape) -> Option<Cost> {
    let channels = count(inputs.first()?.features())?;
    let kernels = product(&layer.pair("kernel"))?.checked_mul(channels)?;
    let [height, width, filters] = output.dims()[..] else {
        return None;
    };
    let mixing = channels.checked_mul(count(filters)?)?;
    let places = product(&[height, width])?;
    Some(Cost {
        parameters: with_bias(layer, channels, output)?.checked_add(kernels)?,
        multiply_adds: kernels.checked_add(mixing)?.checked_mul(places)?,
    })
}

/// (input − 1) × stride − 2 × pad + kernel + output pad, as in PyTorch.
fn transposed_shape(layer: &Layer, inputs: &[Shape]) -> ShapeResult {
    let (size, _) = maps(inputs)?;
    let [kernel, stride] = [layer.pair("kernel"), layer.pair("stride")];
    let [pad, added] = [layer.pair("pad"), layer.pair("output_pad")];
    if added[0] >= stride[0] || added[1] >= stride[1] {
        let allowed = [0, 1].map(|axis| added[axis].min(stride[axis].saturating_sub(1)));
        return Err(ShapeError::Refused {
            reason: format!(
                "adds {} to its output, which must be less than its stride of {}",
                sides(added),
                sides(stride)
            ),
            set: Some(("output_pad", pair(allowed))),
        });
    }
    let whole = |axis: usize| {
        let steps = size[axis].checked_sub(1)?.checked_mul(stride[axis])?;
        steps.checked_add(kernel[axis])?.checked_add(added[axis])
    };
    let (Some(rows), Some(columns)) = (whole(0), whole(1)) else {
        return Err(ShapeError::Overflow);
    };
    let left = [(rows, pad[0]), (columns, pad[1])];
    if left
        .iter()
        .any(|(whole, pad)| pad.saturating_mul(2) >= *whole)
    {
        let allowed = left.map(|(whole, pad)| pad.min(whole.saturating_sub(1) / 2));
        return Err(ShapeError::Refused {
            reason: format!(
                "cuts {} off each side of an output of {rows}×{columns}, which leaves nothing",
                sides(pad)
            ),
            set: Some(("pad", pair(allowed))),
        });
    }
    maps_of(
        left.map(|(whole, pad)| whole - 2 * pad),
        layer.int("filters"),
    )
}

fn pair(numbers: [usize; 2]) -> Value {
    Value::Pair(numbers.map(|number| u64::try_from(number).unwrap_or(u64::MAX)))
}

/// Weights: input channels × filters × kernel, and a bias a filter; each value of the input meets all of its
/// channel's.
fn transposed_cost(layer: &Layer, inputs: &[Shape], output: Shape) -> Option<Cost> {
    let input = inputs.first()?;
    let filters = count(output.features())?;
    let kernel = product(&layer.pair("kernel"))?;
    let window = kernel.checked_mul(count(input.features())?)?;
    let meets = kernel.checked_mul(filters)?;
    Some(Cost {
        parameters: with_bias(layer, window, output)?,
        multiply_adds: product(&input.dims())?.checked_mul(meets)?,
    })
}

fn spread(layer: &Layer) -> Sees {
    Sees::Spread {
        kernel: layer.pair("kernel"),
        stride: layer.pair("stride"),
        pad: layer.pair("pad"),
    }
}
