//! Activations: a setting of the convolution or dense layer before, or a layer of their own.

use super::normalise::plainly;
use crate::import::Reason;
use crate::import::op::Op;
use crate::import::walk::{Flow, Layout, Made, Walk, by_channel, layer, spread};
use crate::network::{Range, Shape};

pub(super) fn activation<'a>(walk: &mut Walk<'a>, op: &Op<'a>) -> Result<Made, Reason> {
    let input = walk.any(op, 0)?;
    let near = |value: f32, wanted: f32| (value - wanted).abs() < 1e-4;
    let function = match op.kind.as_str() {
        "Relu" => "relu",
        "Sigmoid" => "sigmoid",
        "Tanh" => "tanh",
        "Silu" => "silu",
        "Swish" if near(op.float("alpha", 1.0), 1.0) => "silu",
        "Mish" => "mish",
        "HardSwish" => "hard_swish",
        "Softplus" => "softplus",
        "Gelu" => match op.text("approximate") {
            "" | "none" => "gelu",
            _ => {
                walk.note("Gelu by its tanh approximation became the exact gelu: outputs differ by up to 0.001".into());
                "gelu"
            }
        },
        "Elu" if near(op.float("alpha", 1.0), 1.0) => "elu",
        "Selu"
            if near(op.float("alpha", 1.673_263_2), 1.673_263_2)
                && near(op.float("gamma", 1.050_701), 1.050_701) =>
        {
            "selu"
        }
        "LeakyRelu" => {
            let slope = op.float("alpha", 0.01);
            if !near(slope, 0.01) {
                return sloped(walk, op, input, slope);
            }
            "leaky_relu"
        }
        "PRelu" => return prelu(walk, op, input),
        "Clip" => match clip(walk, op)? {
            Some(function) => function,
            None => return Ok(Made::Flow(input)),
        },
        "Softmax" | "LogSoftmax" => softmax(walk, op, input)?,
        kind => {
            return Err(format!(
                "{kind} with these numbers is none of mapsto's activations"
            ));
        }
    };
    apply(walk, input, function)
}

fn apply(walk: &mut Walk<'_>, input: Flow, function: &str) -> Result<Made, Reason> {
    if input.open {
        walk.builder.set(input.at, "activation", function);
        return Ok(Made::Flow(Flow {
            open: false,
            ..input
        }));
    }
    let new = layer("activation")?;
    let known = new.kind().entry().setting("function").map(|it| it.range);
    if !matches!(known, Some(Range::Choice(names)) if names.contains(&function)) {
        return Err(format!("the activation {function} is none of mapsto's"));
    }
    let flow = walk.put(new.with("function", function), &[input])?;
    Ok(Made::Flow(Flow {
        layout: input.layout,
        open: false,
        ..flow
    }))
}

/// A fixed slope other than mapsto's is one that is learnt.
fn sloped<'a>(walk: &mut Walk<'a>, op: &Op<'a>, input: Flow, slope: f32) -> Result<Made, Reason> {
    if input.layout != Layout::Usual {
        return walk.flow(op, 0).map(Made::Flow);
    }
    walk.note(format!(
        "LeakyRelu with slope {slope} became prelu with that slope, which training changes"
    ));
    let channels = input.shape.features();
    with_slopes(walk, input, vec![slope; channels])
}

fn prelu<'a>(walk: &mut Walk<'a>, op: &Op<'a>, input: Flow) -> Result<Made, Reason> {
    if input.layout != Layout::Usual {
        return walk.flow(op, 0).map(Made::Flow);
    }
    let (dims, slopes) = walk.weights(op, 1)?.ok_or("its slopes are missing")?;
    if !by_channel(&dims, input.shape) {
        return Err("it has slopes for something else than channels or units".into());
    }
    let slopes = spread(slopes, input.shape.features())?;
    with_slopes(walk, input, slopes)
}

fn with_slopes(walk: &mut Walk<'_>, input: Flow, slopes: Vec<f32>) -> Result<Made, Reason> {
    let flow = walk.put(layer("prelu")?, &[input])?;
    let channels = slopes.len();
    walk.learn(flow, "weight", &[channels], slopes);
    Ok(Made::Flow(flow))
}

/// Bounds that are one of mapsto's functions; `None` where there are no bounds.
fn clip<'a>(walk: &mut Walk<'a>, op: &Op<'a>) -> Result<Option<&'static str>, Reason> {
    let mut bounds = [op.float("min", f32::MIN), op.float("max", f32::MAX)];
    for (index, bound) in bounds.iter_mut().enumerate() {
        if let Some(constant) = walk.constant(op, index + 1)? {
            *bound = constant.as_float().ok_or("a bound is no number")?;
        }
    }
    match plainly_of(bounds) {
        [0.0, 6.0] => Ok(Some("relu6")),
        [0.0, high] if high >= f64::from(f32::MAX) => Ok(Some("relu")),
        [low, high] if low <= f64::from(f32::MIN) && high >= f64::from(f32::MAX) => Ok(None),
        [low, high] => Err(format!(
            "it bounds values from {low} to {high}, and mapsto does from 0 or from 0 to 6"
        )),
    }
}

fn plainly_of(bounds: [f32; 2]) -> [f64; 2] {
    bounds.map(plainly)
}

/// Over the units of a vector, or the channels of maps.
fn softmax<'a>(walk: &mut Walk<'a>, op: &Op<'a>, input: Flow) -> Result<&'static str, Reason> {
    // Before opset 13 it is over all axes from this one on, and from the first after the batch unless told otherwise.
    let from_there = walk.opset < 13;
    let axis = op.int("axis", if from_there { 1 } else { -1 });
    let fits = match (input.shape, input.layout) {
        (Shape::Vector { .. }, Layout::Usual) => [1, -1].contains(&axis),
        (Shape::Maps { height, width, .. }, Layout::Usual) => {
            [1, -3].contains(&axis) && (!from_there || (height, width) == (1, 1))
        }
        (Shape::Maps { .. }, Layout::ChannelsLast) => [3, -1].contains(&axis),
        _ => false,
    };
    if !fits {
        return Err(format!(
            "it is over axis {axis}, and mapsto's softmax is over units or channels"
        ));
    }
    if op.kind == "LogSoftmax" {
        if walk.uses(op.output()) != 1 || !walk.only_taken_by(op, &["Identity"]) {
            return Err("log softmax can only stand at the end".into());
        }
        walk.note("The log softmax at the end became softmax: the outputs are probabilities, not their logarithms".into());
    }
    Ok("softmax")
}
