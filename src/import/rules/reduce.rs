//! Pooling over whole maps.

use super::shape::flattened;
use crate::import::Reason;
use crate::import::op::Op;
use crate::import::walk::{Flow, Layout, Made, Walk, layer};
use crate::network::Shape;

/// What makes a vector of maps of 1×1.
const FLATTENERS: [&str; 3] = ["Flatten", "Reshape", "Squeeze"];

pub(super) fn global_average<'a>(walk: &mut Walk<'a>, op: &Op<'a>) -> Result<Made, Reason> {
    let (input, ..) = walk.maps(op, 0)?;
    averaged(walk, op, input, true)
}

/// The mean of each of the maps; they stay maps of 1×1 where the file needs them so.
fn averaged<'a>(walk: &mut Walk<'a>, op: &Op<'a>, input: Flow, stay: bool) -> Result<Made, Reason> {
    let new = if stay && !walk.only_taken_by(op, &FLATTENERS) {
        layer("adaptive_average_pool")?.with("size", [1, 1])
    } else {
        layer("global_average_pool")?
    };
    Ok(Made::Flow(walk.put(new, &[input])?))
}

/// One window over the whole maps.
pub(super) fn global_max<'a>(walk: &mut Walk<'a>, op: &Op<'a>) -> Result<Made, Reason> {
    let (input, _, [height, width]) = walk.maps(op, 0)?;
    let whole = [height as u64, width as u64];
    let new = layer("max_pool")?.with("size", whole).with("stride", whole);
    Ok(Made::Flow(walk.put(new, &[input])?))
}

pub(super) fn mean<'a>(walk: &mut Walk<'a>, op: &Op<'a>) -> Result<Made, Reason> {
    let input = walk.any(op, 0)?;
    let axes = walk.numbers(op, 1, "axes")?.unwrap_or_default();
    let keep = op.int("keepdims", 1) != 0;
    let Shape::Maps { height, width, .. } = input.shape else {
        return Err("it takes the mean of something else than maps".into());
    };
    let mut axes: Vec<i64> = axes
        .iter()
        .map(|axis| {
            if *axis < 0 {
                axis.saturating_add(4)
            } else {
                *axis
            }
        })
        .collect();
    axes.sort_unstable();
    match (input.layout, axes.as_slice()) {
        (Layout::Usual, [2, 3]) => averaged(walk, op, input, keep),
        (Layout::ChannelsLast, [1, 2]) => {
            let made = averaged(walk, op, input, keep)?;
            match made {
                Made::Flow(flow) if flow.shape.is_maps() => Ok(Made::Flow(Flow {
                    layout: Layout::ChannelsLast,
                    ..flow
                })),
                other => Ok(other),
            }
        }
        // Over maps of 1×1 nothing is left to take the mean of.
        (_, [axis]) if height == 1 && width == 1 && (2..=3).contains(axis) && keep => {
            Ok(Made::Flow(input))
        }
        _ => Err(format!(
            "it takes the mean over the axes {axes:?}, and mapsto does over height and width"
        )),
    }
    .and_then(|made| match made {
        Made::Flow(flow) if !keep => Ok(Made::Flow(flattened(walk, flow)?)),
        other => Ok(other),
    })
}
