//! Layers that bring values to a common scale, and dropout.

use crate::import::Reason;
use crate::import::op::Op;
use crate::import::walk::{Flow, Layout, Made, Walk, layer};
use crate::network::Shape;

/// A 32-bit float as a person would write it: 1e-5, not 9.999999747378752e-6.
pub(super) fn plainly(number: f32) -> f64 {
    number.to_string().parse().unwrap_or(f64::from(number))
}

pub(super) fn batch<'a>(walk: &mut Walk<'a>, op: &Op<'a>) -> Result<Made, Reason> {
    let input = walk.flow(op, 0)?;
    let channels = input.shape.features();
    if op.int("training_mode", 0) != 0 {
        walk.note("The file was exported while training: mapsto's batch norms take their running figures when predicting".into());
    }
    // What ONNX keeps of the old value, and PyTorch takes of the new one.
    let kept = plainly(op.float("momentum", 0.9));
    let momentum = ((1.0 - kept) * 1e6).round() / 1e6;
    let new = layer("batch_norm")?
        .with("epsilon", plainly(op.float("epsilon", 1e-5)))
        .with("momentum", momentum.clamp(0.0, 1.0));
    let flow = walk.put(new, &[input])?;
    for (index, part) in ["weight", "bias", "running_mean", "running_var"]
        .into_iter()
        .enumerate()
    {
        let values = walk.each(op, index + 1, channels)?;
        walk.learn(flow, part, &[channels], values);
    }
    Ok(Made::Flow(flow))
}

pub(super) fn instance<'a>(walk: &mut Walk<'a>, op: &Op<'a>) -> Result<Made, Reason> {
    let (input, ..) = walk.maps(op, 0)?;
    let new = layer("instance_norm")?
        .with("epsilon", plainly(op.float("epsilon", 1e-5)))
        .with("affine", true);
    scaled(walk, op, input, new)
}

pub(super) fn group<'a>(walk: &mut Walk<'a>, op: &Op<'a>) -> Result<Made, Reason> {
    let (input, ..) = walk.maps(op, 0)?;
    let new = layer("group_norm")?
        .with("groups", op.int("num_groups", 1))
        .with("epsilon", plainly(op.float("epsilon", 1e-5)));
    scaled(walk, op, input, new)
}

/// Over the units of a vector, or over the channels of maps that stand last.
pub(super) fn layer_norm<'a>(walk: &mut Walk<'a>, op: &Op<'a>) -> Result<Made, Reason> {
    let input = walk.any(op, 0)?;
    let last = match (input.shape, input.layout) {
        (Shape::Vector { .. }, Layout::Usual) => 1,
        (Shape::Maps { .. }, Layout::ChannelsLast) => 3,
        _ => return Err("it works over more than the last axis".into()),
    };
    if ![-1, last].contains(&op.int("axis", -1)) {
        return Err("it works over more than the last axis".into());
    }
    let new = layer("layer_norm")?.with("epsilon", plainly(op.float("epsilon", 1e-5)));
    let layout = input.layout;
    match scaled(walk, op, input, new)? {
        Made::Flow(flow) => Ok(Made::Flow(Flow { layout, ..flow })),
        other @ Made::Constant(_) => Ok(other),
    }
}

fn scaled<'a>(
    walk: &mut Walk<'a>,
    op: &Op<'a>,
    input: Flow,
    new: crate::network::Layer,
) -> Result<Made, Reason> {
    let channels = input.shape.features();
    let flow = walk.put(new, &[input])?;
    let weight = walk.each(op, 1, channels)?;
    walk.learn(flow, "weight", &[channels], weight);
    let bias = match op.input(2) {
        Some(_) => walk.each(op, 2, channels)?,
        None => vec![0.0; channels],
    };
    walk.learn(flow, "bias", &[channels], bias);
    Ok(Made::Flow(flow))
}

/// Nothing while predicting; its rate is kept for further training.
pub(super) fn dropout<'a>(walk: &mut Walk<'a>, op: &Op<'a>) -> Result<Made, Reason> {
    let input = walk.any(op, 0)?;
    let rate = match walk.constant(op, 1)? {
        Some(rate) => rate.as_float().unwrap_or(0.5),
        None => op.float("ratio", 0.5),
    };
    if rate <= 0.0 {
        return Ok(Made::Flow(input));
    }
    let new = layer("dropout")?.with("rate", plainly(rate));
    let flow = walk.put(new, &[input])?;
    Ok(Made::Flow(Flow {
        layout: input.layout,
        ..flow
    }))
}
