//! What is known without any image: constants, and the shapes that a network asks for while it runs.

use crate::import::Reason;
use crate::import::constant::{Constant, Values};
use crate::import::op::Op;
use crate::import::walk::{Flow, Layout, Made, Walk};
use crate::network::Shape;

/// The value itself: identity, a change of type, dimensions of 1.
pub(super) fn identity<'a>(walk: &mut Walk<'a>, op: &Op<'a>) -> Result<Made, Reason> {
    if walk.is_constant(op, 0) {
        let constant = walk.constant(op, 0)?.ok_or("its input is missing")?;
        return Ok(Made::Constant(constant));
    }
    let flow: Flow = walk.any(op, 0)?;
    Ok(Made::Flow(flow))
}

pub(super) fn constant<'a>(walk: &mut Walk<'a>, op: &Op<'a>) -> Result<Made, Reason> {
    let held = op.attributes.first().ok_or("its value is missing")?;
    let constant = match held.name {
        "value" => match &held.tensor {
            Some(tensor) => walk.decode(tensor)?,
            None => return Err("its value is missing".into()),
        },
        "value_float" => Constant::floats(vec![held.float]).scalar(),
        "value_floats" => Constant::floats(held.floats.clone()),
        "value_int" => Constant::ints(vec![held.int]).scalar(),
        "value_ints" => Constant::ints(held.ints.clone()),
        other => {
            return Err(format!(
                "its value is a {other}, which mapsto does not read"
            ));
        }
    };
    Ok(Made::Constant(constant))
}

/// The batch is 0: that is how a reshape says "as the input has it".
pub(super) fn shape<'a>(walk: &mut Walk<'a>, op: &Op<'a>) -> Result<Made, Reason> {
    let input = walk.any(op, 0)?;
    let dims = match (input.shape, input.layout) {
        (
            Shape::Maps {
                height,
                width,
                channels,
            },
            Layout::ChannelsLast,
        ) => {
            vec![0, height, width, channels]
        }
        (
            Shape::Maps {
                height,
                width,
                channels,
            },
            _,
        ) => vec![0, channels, height, width],
        (Shape::Vector { units }, Layout::Column) => vec![0, units, 1],
        (Shape::Vector { units }, _) => vec![0, units],
        (Shape::Sequence { length, features }, _) => vec![0, length, features],
    };
    let all: Vec<i64> = dims.into_iter().map(|size| size as i64).collect();
    let start = place(op.int("start", 0), all.len());
    let end = place(op.int("end", i64::MAX), all.len());
    let part = all.get(start..end.max(start)).unwrap_or_default();
    Ok(Made::Constant(Constant::ints(part.to_vec())))
}

/// An index that counts from the end where it is negative.
fn place(index: i64, length: usize) -> usize {
    let length_ = i64::try_from(length).unwrap_or(i64::MAX);
    let index = if index < 0 {
        index.saturating_add(length_)
    } else {
        index
    };
    usize::try_from(index.clamp(0, length_)).unwrap_or(0)
}

fn numbers<'a>(
    walk: &mut Walk<'a>,
    op: &Op<'a>,
    index: usize,
) -> Result<(Vec<usize>, Vec<i64>), Reason> {
    match walk.constant(op, index)? {
        Some(Constant {
            dims,
            values: Values::Ints(numbers),
        }) => Ok((dims, numbers)),
        _ => Err("mapsto does it with shapes alone".into()),
    }
}

pub(super) fn gather<'a>(walk: &mut Walk<'a>, op: &Op<'a>) -> Result<Made, Reason> {
    let (axes, all) = numbers(walk, op, 0)?;
    if axes.len() > 1 {
        return Err("mapsto does it with shapes alone".into());
    }
    let (dims, indices) = numbers(walk, op, 1)?;
    let taken: Option<Vec<i64>> = indices
        .iter()
        .map(|index| {
            let from_end = i64::try_from(all.len()).ok()?;
            let index = if *index < 0 {
                index.checked_add(from_end)?
            } else {
                *index
            };
            all.get(usize::try_from(index).ok()?).copied()
        })
        .collect();
    let values = Values::Ints(taken.ok_or("it takes an axis that is not there")?);
    Ok(Made::Constant(Constant { dims, values }))
}

pub(super) fn slice<'a>(walk: &mut Walk<'a>, op: &Op<'a>) -> Result<Made, Reason> {
    let (_, all) = numbers(walk, op, 0)?;
    let starts = walk.numbers(op, 1, "starts")?.unwrap_or_default();
    let ends = walk.numbers(op, 2, "ends")?.unwrap_or_default();
    let steps = walk.numbers(op, 4, "steps")?.unwrap_or_else(|| vec![1]);
    let (&[start], &[end], &[1]) = (&starts[..], &ends[..], &steps[..]) else {
        return Err("it takes more than one part of a shape".into());
    };
    let (start, end) = (place(start, all.len()), place(end, all.len()));
    let part = all.get(start..end.max(start)).unwrap_or_default();
    Ok(Made::Constant(Constant::ints(part.to_vec())))
}

/// A constant with other dimensions.
pub(super) fn reshaped<'a>(
    walk: &mut Walk<'a>,
    op: &Op<'a>,
    target: &[i64],
) -> Result<Made, Reason> {
    let constant = walk.constant(op, 0)?.ok_or("its input is missing")?;
    let all: usize = constant.dims.iter().product();
    let given = |(place, size): (usize, &i64)| match size {
        0 => constant.dims.get(place).copied(),
        size => usize::try_from(*size).ok(),
    };
    let known = target.iter().enumerate().filter(|(_, size)| **size != -1);
    let known = known
        .map(given)
        .try_fold(1_usize, |all, size| all.checked_mul(size?));
    let known = known.ok_or("its shape is no shape")?;
    let dims: Option<Vec<usize>> = target
        .iter()
        .enumerate()
        .map(|(place, size)| match size {
            -1 => all.checked_div(known),
            _ => given((place, size)),
        })
        .collect();
    let dims = dims.filter(|dims| {
        dims.iter()
            .try_fold(1_usize, |all, size| all.checked_mul(*size))
            == Some(all)
    });
    Ok(Made::Constant(Constant {
        dims: dims.ok_or("its shape does not fit its numbers")?,
        ..constant
    }))
}

/// A matrix of weights with rows as columns.
pub(super) fn transposed<'a>(walk: &mut Walk<'a>, op: &Op<'a>) -> Result<Made, Reason> {
    let (dims, values) = walk.weights(op, 0)?.ok_or("its input is missing")?;
    match (&dims[..], op.ints("perm")) {
        (&[rows, columns], [] | [1, 0]) => Ok(Made::Constant(Constant {
            dims: vec![columns, rows],
            values: Values::Floats(super::dense::transposed(&values, rows, columns)),
        })),
        _ => Err("it changes the axes of weights in a way that mapsto does not read".into()),
    }
}
