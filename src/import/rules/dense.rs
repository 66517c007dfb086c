//! Dense layers: products with a matrix of weights.

use crate::import::Reason;
use crate::import::op::Op;
use crate::import::walk::{Flow, Layout, Made, Walk, layer, spread};
use crate::network::Shape;

pub(super) fn gemm<'a>(walk: &mut Walk<'a>, op: &Op<'a>) -> Result<Made, Reason> {
    let input = walk.any(op, 0)?;
    if op.int("transA", 0) != 0 {
        return Err("it turns its input (transA), which mapsto does not do".into());
    }
    let weights = matrix(walk, op, op.int("transB", 0) != 0)?;
    let alpha = op.float("alpha", 1.0);
    let weights = Weights {
        values: weights.values.iter().map(|it| it * alpha).collect(),
        ..weights
    };
    let bias = match walk.weights(op, 2)? {
        Some((_, values)) => {
            let beta = op.float("beta", 1.0);
            let values = spread(values, weights.units)?;
            Some(values.into_iter().map(|it| it * beta).collect())
        }
        None => None,
    };
    dense(walk, input, weights, bias)
}

pub(super) fn matmul<'a>(walk: &mut Walk<'a>, op: &Op<'a>) -> Result<Made, Reason> {
    if walk.is_constant(op, 0) {
        return Err("it has its weights on the left, where mapsto has them on the right".into());
    }
    if !walk.is_constant(op, 1) {
        return Err(
            "it multiplies the outputs of two layers, as attention does; mapsto reads plain CNNs"
                .into(),
        );
    }
    let input = walk.any(op, 0)?;
    let weights = matrix(walk, op, false)?;
    dense(walk, input, weights, None)
}

/// Row by row `[units, inputs]`.
struct Weights {
    units: usize,
    inputs: usize,
    values: Vec<f32>,
}

/// The weights of input 1; `turned` where they are `[units, inputs]` in the file already.
fn matrix<'a>(walk: &mut Walk<'a>, op: &Op<'a>, turned: bool) -> Result<Weights, Reason> {
    let (dims, values) = walk.weights(op, 1)?.ok_or("its weights are missing")?;
    let [rows, columns] = dims[..] else {
        return Err(format!("its weights have {} dimensions, not 2", dims.len()));
    };
    if turned {
        return Ok(Weights {
            units: rows,
            inputs: columns,
            values,
        });
    }
    Ok(Weights {
        units: columns,
        inputs: rows,
        values: transposed(&values, rows, columns),
    })
}

/// `[rows, columns]` as `[columns, rows]`.
pub(super) fn transposed(values: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    let mut turned = Vec::with_capacity(values.len());
    if values.is_empty() {
        return turned; // One of the sizes is 0, and the other may be any.
    }
    for column in 0..columns {
        let place = |row: usize| row * columns + column;
        turned.extend((0..rows).filter_map(|row| values.get(place(row))));
    }
    turned
}

fn dense(
    walk: &mut Walk<'_>,
    input: Flow,
    weights: Weights,
    bias: Option<Vec<f32>>,
) -> Result<Made, Reason> {
    let Shape::Vector { units } = input.shape else {
        return Err(format!(
            "it works on a vector, and gets {}: flatten before it",
            input.shape
        ));
    };
    if units != weights.inputs {
        return Err(format!(
            "its weights are for {} inputs, and it gets {units}",
            weights.inputs
        ));
    }
    let values = match input.layout {
        Layout::Usual => weights.values,
        Layout::Flattened {
            height,
            width,
            channels,
        } => channels_first(&weights.values, units, [height, width, channels]),
        Layout::ChannelsLast | Layout::Column => {
            return Err("it takes something else than a vector".into());
        }
    };
    let mut new = layer("dense")?
        .with("units", weights.units)
        .with("activation", "linear");
    if bias.is_none() {
        new = new.with("bias", false);
    }
    let input = Flow {
        layout: Layout::Usual,
        ..input
    };
    let flow = walk.put(new, &[input])?;
    walk.learn(flow, "weight", &[weights.units, units], values);
    match bias {
        Some(bias) => walk.learn(flow, "bias", &[weights.units], bias),
        None => {
            walk.biasless.insert(flow.at, weights.units);
        }
    }
    Ok(Made::Flow(flow))
}

/// Weights of a vector that was laid out by height, width, channel, for one by channel, height, width.
fn channels_first(
    values: &[f32],
    inputs: usize,
    [height, width, channels]: [usize; 3],
) -> Vec<f32> {
    let mut turned = Vec::with_capacity(values.len());
    for row in values.chunks(inputs.max(1)) {
        for channel in 0..channels {
            let places = (0..height * width).map(|place| place * channels + channel);
            turned.extend(places.filter_map(|place| row.get(place)));
        }
    }
    turned
}
