//! Where branches meet.

use crate::import::Reason;
use crate::import::constant::{Constant, Values};
use crate::import::op::Op;
use crate::import::walk::{Flow, Layout, Made, Walk, by_channel, spread};
use crate::network::{Kind, Layer, Shape};

pub(super) fn add<'a>(walk: &mut Walk<'a>, op: &Op<'a>) -> Result<Made, Reason> {
    if let [_, _] = op.inputs[..] {
        for (flow, constant) in [(0, 1), (1, 0)] {
            if walk.is_constant(op, constant) && !walk.is_constant(op, flow) {
                return bias(walk, op, flow, constant);
            }
        }
    }
    join(walk, op, Kind::Add)
}

/// A constant that is added to a convolution or a dense layer without bias is that.
fn bias<'a>(
    walk: &mut Walk<'a>,
    op: &Op<'a>,
    flow: usize,
    constant: usize,
) -> Result<Made, Reason> {
    let input = walk.any(op, flow)?;
    let (dims, values) = walk.weights(op, constant)?.ok_or("an input is missing")?;
    if values.iter().all(|value| *value == 0.0) && values.len() <= input.shape.features() {
        return Ok(Made::Flow(input));
    }
    let fits = by_channel(&dims, input.shape);
    match walk.biasless.get(&input.at).copied() {
        Some(count) if input.open && fits && input.layout == Layout::Usual => {
            let values = spread(values, count)?;
            walk.biasless.remove(&input.at);
            walk.builder.set(input.at, "bias", true);
            walk.learn(input, "bias", &[count], values);
            Ok(Made::Flow(input))
        }
        _ => Err("it adds a constant, which mapsto does as the bias of a convolution or dense layer alone".into()),
    }
}

pub(super) fn multiply<'a>(walk: &mut Walk<'a>, op: &Op<'a>) -> Result<Made, Reason> {
    if walk.is_constant(op, 0) && walk.is_constant(op, 1) {
        let (one, two) = (walk.constant(op, 0)?, walk.constant(op, 1)?);
        if let Some((one, two)) = one.zip(two)
            && let (Some([one]), Some([two])) = (one.as_ints(), two.as_ints())
        {
            // The batch is 0 here, and what becomes of a multiple of it cannot be told.
            let product = one.checked_mul(*two).filter(|product| *product != 0);
            let product =
                product.ok_or("it multiplies the size of the batch, or too large numbers")?;
            return Ok(Made::Constant(Constant::ints(vec![product]).scalar()));
        }
    }
    if walk.is_constant(op, 0) || walk.is_constant(op, 1) {
        return Err("it multiplies by a constant, which mapsto has no layer for".into());
    }
    join(walk, op, Kind::Multiply)
}

fn join<'a>(walk: &mut Walk<'a>, op: &Op<'a>, kind: Kind) -> Result<Made, Reason> {
    let inputs: Result<Vec<Flow>, Reason> = (0..op.inputs.len())
        .map(|index| walk.any(op, index))
        .collect();
    let inputs = inputs?;
    let layout = one_layout(&inputs)?;
    if let [one] = inputs[..] {
        return Ok(Made::Flow(one));
    }
    let flow = walk.put(Layer::new(kind), &inputs)?;
    Ok(Made::Flow(Flow { layout, ..flow }))
}

fn one_layout(inputs: &[Flow]) -> Result<Layout, Reason> {
    let first = inputs.first().ok_or("its inputs are missing")?;
    if inputs.iter().any(|input| input.layout != first.layout) {
        return Err("some of its inputs have their channels first and some last".into());
    }
    Ok(first.layout)
}

pub(super) fn concatenate<'a>(walk: &mut Walk<'a>, op: &Op<'a>) -> Result<Made, Reason> {
    if (0..op.inputs.len()).all(|index| walk.is_constant(op, index)) {
        return constants(walk, op);
    }
    let inputs: Result<Vec<Flow>, Reason> = (0..op.inputs.len())
        .map(|index| walk.any(op, index))
        .collect();
    let inputs = inputs?;
    let layout = one_layout(&inputs)?;
    let axis = op.int("axis", 1);
    let along = match (inputs.first().map(|input| input.shape), layout) {
        (Some(Shape::Maps { .. }), Layout::Usual) => [1, -3],
        (Some(Shape::Maps { .. }), Layout::ChannelsLast) => [3, -1],
        (Some(Shape::Vector { .. }), Layout::Usual) => [1, -1],
        _ => return Err("mapsto does not put these one after another".into()),
    };
    if !along.contains(&axis) {
        return Err(format!(
            "it joins along axis {axis}, and mapsto joins channels or units"
        ));
    }
    if let [one] = inputs[..] {
        return Ok(Made::Flow(one));
    }
    let flow = walk.put(Layer::new(Kind::Concatenate), &inputs)?;
    Ok(Made::Flow(Flow { layout, ..flow }))
}

/// Whole numbers, such as the parts of a shape.
fn constants<'a>(walk: &mut Walk<'a>, op: &Op<'a>) -> Result<Made, Reason> {
    let mut all = Vec::new();
    for index in 0..op.inputs.len() {
        match walk.constant(op, index)?.map(|constant| constant.values) {
            Some(Values::Ints(numbers)) => all.extend(numbers),
            _ => return Err("it joins constants that are no whole numbers".into()),
        }
    }
    Ok(Made::Constant(Constant::ints(all)))
}
