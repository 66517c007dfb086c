//! Convolutions: plain, grouped, depthwise, transposed.

use super::window::Slide;
use crate::import::Reason;
use crate::import::op::Op;
use crate::import::walk::{Flow, Made, Walk, layer};

/// `[filters, channels in a group, height, width]`
fn kernel(dims: &[usize]) -> Result<[usize; 4], Reason> {
    match dims {
        [a, b, height, width] => Ok([*a, *b, *height, *width]),
        other => Err(format!(
            "its weights have {} dimensions: mapsto convolves over height and width alone",
            other.len()
        )),
    }
}

pub(super) fn conv<'a>(walk: &mut Walk<'a>, op: &Op<'a>) -> Result<Made, Reason> {
    let (input, channels, sides) = walk.maps(op, 0)?;
    let (dims, weight) = walk.weights(op, 1)?.ok_or("its weights are missing")?;
    let [filters, in_group, height, width] = kernel(&dims)?;
    let groups = usize::try_from(op.int("group", 1)).unwrap_or(0);
    if groups == 0 || in_group.checked_mul(groups) != Some(channels) {
        return Err(format!(
            "its weights are for {in_group} channels in {groups} groups, and its input has {channels}"
        ));
    }
    let slide = Slide::of(op, [height as u64, width as u64], sides)?;
    let depthwise = groups > 1 && in_group == 1 && filters.is_multiple_of(channels);
    let plain = if depthwise {
        layer("depthwise_conv2d")?.with("multiplier", filters / channels)
    } else if groups > 1 {
        layer("conv2d")?
            .with("filters", filters)
            .with("groups", groups)
    } else {
        layer("conv2d")?.with("filters", filters)
    };
    let mut new = plain
        .with("kernel", slide.size)
        .with("stride", slide.stride)
        .with("activation", "linear");
    if slide.dilation != [1, 1] {
        new = new.with("dilation", slide.dilation);
    }
    let bias = bias(walk, op, filters)?;
    if bias.is_none() {
        new = new.with("bias", false);
    }
    let (input, new) = slide.pad(walk, input, new)?;
    let flow = walk.put(new, &[input])?;
    learn(walk, flow, &dims, weight, bias, filters);
    Ok(Made::Flow(flow))
}

/// `[channels, filters in a group, height, width]`
pub(super) fn transposed<'a>(walk: &mut Walk<'a>, op: &Op<'a>) -> Result<Made, Reason> {
    let (input, channels, _) = walk.maps(op, 0)?;
    let (dims, weight) = walk.weights(op, 1)?.ok_or("its weights are missing")?;
    let [from, filters, height, width] = kernel(&dims)?;
    if from != channels {
        return Err(format!(
            "its weights are for {from} channels, and its input has {channels}"
        ));
    }
    if op.int("group", 1) != 1 || op.pair("dilations", [1, 1])? != [1, 1] {
        return Err("a transposed convolution with groups or dilation is none of mapsto's".into());
    }
    if !matches!(op.text("auto_pad"), "" | "NOTSET" | "VALID")
        || op.attribute("output_shape").is_some()
    {
        return Err("a transposed convolution takes its padding as numbers (pads)".into());
    }
    let pad = match op.ints("pads") {
        [] => [0, 0],
        [top, left, bottom, right] if top == bottom && left == right => {
            [*top, *left].map(|pad| u64::try_from(pad).unwrap_or(u64::MAX))
        }
        _ => return Err("its padding differs on the two sides".into()),
    };
    let bias = bias(walk, op, filters)?;
    let mut new = layer("transposed_conv2d")?
        .with("filters", filters)
        .with("kernel", [height as u64, width as u64])
        .with("stride", op.pair("strides", [1, 1])?)
        .with("pad", pad)
        .with("output_pad", op.pair("output_padding", [0, 0])?)
        .with("activation", "linear");
    if bias.is_none() {
        new = new.with("bias", false);
    }
    let flow = walk.put(new, &[input])?;
    learn(walk, flow, &dims, weight, bias, filters);
    Ok(Made::Flow(flow))
}

fn bias<'a>(walk: &mut Walk<'a>, op: &Op<'a>, filters: usize) -> Result<Option<Vec<f32>>, Reason> {
    match op.input(2) {
        Some(_) => walk.each(op, 2, filters).map(Some),
        None => Ok(None),
    }
}

fn learn(
    walk: &mut Walk<'_>,
    flow: Flow,
    dims: &[usize],
    weight: Vec<f32>,
    bias: Option<Vec<f32>>,
    filters: usize,
) {
    walk.learn(flow, "weight", dims, weight);
    match bias {
        Some(bias) => walk.learn(flow, "bias", &[filters], bias),
        None => {
            walk.biasless.insert(flow.at, filters);
        }
    }
}
