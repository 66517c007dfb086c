//! What layers with a sliding window share: how many places it stops at, and how a card says it.

use super::common::ShapeResult;
use crate::network::entry::{Sees, ShapeError, Window};
use crate::network::layer::Layer;
use crate::network::shape::{Shape, grouped, pool_positions, same_positions, window_positions};
use crate::network::value::Value;

/// The only input, which must be maps: height and width, and channels.
pub(super) fn maps(inputs: &[Shape]) -> Result<([usize; 2], usize), ShapeError> {
    match super::common::one(inputs)? {
        Shape::Maps {
            height,
            width,
            channels,
        } => Ok(([height, width], channels)),
        Shape::Vector { .. } | Shape::Sequence { .. } => Err(ShapeError::NeedsMaps),
    }
}

/// More places than these under a padded input are refused: it would fill the memory with zeros.
const MAX_PADDED: usize = 1 << 26;

/// Rows and columns of what a window makes on its way over `input`, [height, width], by the layer's "padding"
/// and "pad", and its "ceil" where it has one.
///
/// # Errors
/// Where the window is larger than what it slides over, or the padding is absurd.
pub(super) fn slid(
    layer: &Layer,
    input: [usize; 2],
    window: Window,
) -> Result<[usize; 2], ShapeError> {
    let pad = layer.pads();
    let along = |axis: usize| {
        let (size, stride) = (window.size[axis], window.stride[axis]);
        if layer.choice("padding") == "same" {
            same_positions(input[axis], size, stride)
        } else if layer.flag("ceil") {
            pool_positions(input[axis], size, stride, pad[axis])
        } else {
            let padded = input[axis].checked_add(pad[axis].checked_mul(2)?)?;
            window_positions(padded, size, stride)
        }
    };
    let (Some(rows), Some(columns)) = (along(0), along(1)) else {
        return Err(ShapeError::WindowTooLarge);
    };
    let padded = [0, 1].map(|axis| match layer.choice("padding") {
        "same" => input[axis].saturating_add(window.size[axis]),
        _ => input[axis].saturating_add(pad[axis].saturating_mul(2)),
    });
    if padded[0].saturating_mul(padded[1]) > MAX_PADDED {
        let [tall, wide] = padded.map(|side| grouped(side as u64));
        let reason = format!(
            "needs an input padded to {tall}×{wide}, more than fits: make its window or its dilation smaller"
        );
        return Err(ShapeError::Refused { reason, set: None });
    }
    Ok([rows, columns])
}

/// Maps, where their elements can be counted.
pub(super) fn maps_of([height, width]: [usize; 2], channels: usize) -> ShapeResult {
    super::common::in_bounds(Shape::Maps {
        height,
        width,
        channels,
    })
}

/// The window of a layer with a "kernel" and, where it has one, a "dilation", which spreads the kernel out.
pub(super) fn kernel_window(layer: &Layer) -> Window {
    let (kernel, dilation) = (layer.pair("kernel"), layer.pair("dilation"));
    let spread = |axis: usize| {
        let gaps = kernel[axis].saturating_sub(1);
        gaps.saturating_mul(dilation[axis]).saturating_add(1)
    };
    Window {
        size: [spread(0), spread(1)],
        stride: layer.pair("stride"),
    }
}

pub(super) fn through_kernel(layer: &Layer) -> Sees {
    Sees::Window(kernel_window(layer))
}

/// Refuses a number of groups that does not divide both.
pub(super) fn grouped_evenly(
    layer: &Layer,
    channels: usize,
    filters: usize,
) -> Result<(), ShapeError> {
    let groups = layer.int("groups");
    let divides = |groups: usize| {
        groups > 0 && channels.is_multiple_of(groups) && filters.is_multiple_of(groups)
    };
    if divides(groups) {
        return Ok(());
    }
    // A common divisor is no larger than the smaller of both; of two that are as near, the smaller.
    let nearest = (1..=channels.min(filters))
        .filter(|candidate| divides(*candidate))
        .min_by_key(|candidate| candidate.abs_diff(groups));
    Err(ShapeError::Refused {
        reason: format!(
            "cannot split {channels} channels and {filters} filters into {groups} groups"
        ),
        set: nearest.map(|groups| ("groups", Value::from(groups))),
    })
}

/// Only what is unusual is said, so that cards stay short.
pub(super) fn say_stride(text: &mut String, stride: [usize; 2], usual: [usize; 2]) {
    if stride != usual {
        text.push_str(&format!(", stride {}", sides(stride)));
    }
}

pub(super) fn say_padding(text: &mut String, layer: &Layer) {
    match layer.choice("padding") {
        "same" => text.push_str(", same"),
        "explicit" if layer.pads() != [0, 0] => {
            text.push_str(&format!(", pad {}", sides(layer.pads())));
        }
        _ => {}
    }
}

pub(super) fn say_dilation(text: &mut String, layer: &Layer) {
    let dilation = layer.pair("dilation");
    if dilation != [1, 1] {
        text.push_str(&format!(", dilation {}", sides(dilation)));
    }
}

/// "2" for 2×2, "1×2" for others.
pub(super) fn sides([height, width]: [usize; 2]) -> String {
    if height == width {
        height.to_string()
    } else {
        format!("{height}×{width}")
    }
}
