//! Operators that change the form of values.

use super::fold::reshaped;
use super::window::around;
use crate::import::Reason;
use crate::import::op::Op;
use crate::import::walk::{Flow, Layout, Made, Walk, layer};
use crate::network::Shape;

/// Maps as a vector; a vector stays one.
pub(super) fn flattened(walk: &mut Walk<'_>, input: Flow) -> Result<Flow, Reason> {
    match (input.shape, input.layout) {
        (Shape::Vector { .. }, Layout::Column) => Ok(Flow {
            layout: Layout::Usual,
            ..input
        }),
        (Shape::Vector { .. }, _) => Ok(input),
        (
            Shape::Maps {
                height,
                width,
                channels,
            },
            Layout::ChannelsLast,
        ) => {
            let flow = walk.put(layer("flatten")?, &[input])?;
            let layout = if height * width == 1 || channels == 1 {
                Layout::Usual
            } else {
                Layout::Flattened {
                    height,
                    width,
                    channels,
                }
            };
            Ok(Flow { layout, ..flow })
        }
        _ => walk.put(layer("flatten")?, &[input]),
    }
}

pub(super) fn flatten<'a>(walk: &mut Walk<'a>, op: &Op<'a>) -> Result<Made, Reason> {
    let input = walk.any(op, 0)?;
    let rank = input.shape.dims().len() as i64 + 1;
    let axis = op.int("axis", 1);
    if axis != 1 && axis != 1 - rank {
        return Err(format!(
            "it flattens from axis {axis} on, and mapsto from the first after the batch"
        ));
    }
    Ok(Made::Flow(flattened(walk, input)?))
}

pub(super) fn reshape<'a>(walk: &mut Walk<'a>, op: &Op<'a>) -> Result<Made, Reason> {
    let target = walk
        .numbers(op, 1, "shape")?
        .ok_or("its shape is missing")?;
    if walk.is_constant(op, 0) {
        return reshaped(walk, op, &target);
    }
    let input = walk.any(op, 0)?;
    let elements = input.shape.elements();
    let rest = rest(&target, elements)?;
    match rest[..] {
        [_] => Ok(Made::Flow(flattened(walk, input)?)),
        [channels, height, width] => {
            let wanted = Shape::Maps {
                height,
                width,
                channels,
            };
            if input.layout == Layout::Usual && input.shape == wanted {
                return Ok(Made::Flow(input));
            }
            let input = walk.flow(op, 0)?;
            into_maps(walk, input, [height, width, channels])
        }
        _ => Err(format!(
            "it makes {} dimensions of its input: mapsto has maps and vectors",
            target.len()
        )),
    }
}

fn into_maps(
    walk: &mut Walk<'_>,
    input: Flow,
    [height, width, channels]: [usize; 3],
) -> Result<Made, Reason> {
    let new = layer("reshape")?
        .with("height", height)
        .with("width", width)
        .with("channels", channels);
    Ok(Made::Flow(walk.put(new, &[input])?))
}

/// The dimensions after the batch, of so many elements for each image. The batch is 0 (as the input has it), -1
/// (what is left) or a number.
fn rest(target: &[i64], elements: usize) -> Result<Vec<usize>, Reason> {
    let odd = || format!("it makes the shape {target:?} of {elements} numbers an image");
    let (_, rest) = target.split_first().ok_or_else(odd)?;
    let known = rest.iter().filter(|size| **size != -1);
    let known: Option<usize> = known
        .map(|size| usize::try_from(*size).ok().filter(|size| *size > 0))
        .try_fold(1_usize, |all, size| all.checked_mul(size?));
    let known = known.ok_or_else(odd)?;
    let open = rest.iter().filter(|size| **size == -1).count();
    if open > 1 || !elements.is_multiple_of(known) || (open == 0 && elements != known) {
        return Err(odd());
    }
    let sizes = rest.iter().map(|size| match *size {
        -1 => elements / known,
        size => usize::try_from(size).unwrap_or(0),
    });
    Ok(sizes.collect())
}

pub(super) fn squeeze<'a>(walk: &mut Walk<'a>, op: &Op<'a>) -> Result<Made, Reason> {
    if walk.is_constant(op, 0) {
        return super::fold::identity(walk, op);
    }
    let input = walk.any(op, 0)?;
    let mut axes = walk.numbers(op, 1, "axes")?.unwrap_or_default();
    for axis in &mut axes {
        *axis += if *axis < 0 { 4 } else { 0 };
    }
    axes.sort_unstable();
    match input.shape {
        Shape::Vector { .. } => Ok(Made::Flow(flattened(walk, input)?)),
        Shape::Maps {
            height: 1,
            width: 1,
            ..
        } if axes.is_empty() || axes == [2, 3] => Ok(Made::Flow(flattened(walk, input)?)),
        shape => Err(format!("it takes the axes {axes:?} out of {shape}")),
    }
}

pub(super) fn unsqueeze<'a>(walk: &mut Walk<'a>, op: &Op<'a>) -> Result<Made, Reason> {
    if walk.is_constant(op, 0) {
        return super::fold::identity(walk, op);
    }
    let input = walk.any(op, 0)?;
    let mut axes = walk.numbers(op, 1, "axes")?.unwrap_or_default();
    let column = input.layout == Layout::Column;
    let rank = if column { 3 } else { 2 } + axes.len() as i64;
    for axis in &mut axes {
        *axis += if *axis < 0 { rank } else { 0 };
    }
    axes.sort_unstable();
    match (input.shape, axes.as_slice()) {
        (Shape::Vector { units }, [2, 3]) if input.layout == Layout::Usual => {
            into_maps(walk, input, [1, 1, units])
        }
        (Shape::Vector { units }, [2 | 3]) if column => into_maps(walk, input, [1, 1, units]),
        // One axis, and then the other.
        (Shape::Vector { .. }, [2]) if input.layout == Layout::Usual => Ok(Made::Flow(Flow {
            layout: Layout::Column,
            open: false,
            ..input
        })),
        (shape, _) => Err(format!("it adds the axes {axes:?} to {shape}")),
    }
}

pub(super) fn transpose<'a>(walk: &mut Walk<'a>, op: &Op<'a>) -> Result<Made, Reason> {
    if walk.is_constant(op, 0) {
        return super::fold::transposed(walk, op);
    }
    let input = walk.any(op, 0)?;
    let layout = match (op.ints("perm"), input.layout) {
        ([0, 1] | [0, 1, 2, 3], layout) => layout,
        ([0, 2, 3, 1], Layout::Usual) if input.shape.is_maps() => Layout::ChannelsLast,
        ([0, 3, 1, 2], Layout::ChannelsLast) => Layout::Usual,
        (order, _) => {
            return Err(format!(
                "it changes the order of the axes to {order:?}, which mapsto does not read"
            ));
        }
    };
    // Still the same layer: only the file sees its axes in another order.
    Ok(Made::Flow(Flow {
        layout,
        open: input.open && layout == input.layout,
        ..input
    }))
}

pub(super) fn pad<'a>(walk: &mut Walk<'a>, op: &Op<'a>) -> Result<Made, Reason> {
    let input = walk.any(op, 0)?;
    if !matches!(op.text("mode"), "" | "constant") {
        return Err(format!(
            "it pads by “{}”, and mapsto with zeros",
            op.text("mode")
        ));
    }
    let value = match walk.constant(op, 2)? {
        Some(constant) => constant.as_float().unwrap_or(f32::NAN),
        None => op.float("value", 0.0),
    };
    let pads = walk.numbers(op, 1, "pads")?.ok_or("its pads are missing")?;
    if pads.iter().all(|pad| *pad == 0) {
        return Ok(Made::Flow(input));
    }
    let axes = walk.numbers(op, 3, "axes")?;
    let all = all_pads(&pads, axes.as_deref())?;
    if value != 0.0 {
        return Err(format!("it pads with {value}, and mapsto with zeros"));
    }
    if !input.shape.is_maps() {
        return Err("it pads something else than maps".into());
    }
    let (rows, columns, others) = match input.layout {
        Layout::Usual => (all[2], all[3], [all[0], all[1]]),
        _ => (all[1], all[2], [all[0], all[3]]),
    };
    if others != [[0; 2]; 2] {
        return Err("it pads more than height and width".into());
    }
    let flow = around(walk, input, [rows, columns])?;
    Ok(Made::Flow(Flow {
        layout: input.layout,
        ..flow
    }))
}

/// [before, after] of each of the four axes.
fn all_pads(pads: &[i64], axes: Option<&[i64]>) -> Result<[[u64; 2]; 4], Reason> {
    let axes = axes.unwrap_or(&[0, 1, 2, 3]);
    let mut all = [[0; 2]; 4];
    for (index, axis) in axes.iter().enumerate() {
        let place = if *axis < 0 {
            axis.saturating_add(4)
        } else {
            *axis
        };
        let slot = usize::try_from(place)
            .ok()
            .and_then(|place| all.get_mut(place));
        let before = pads.get(index);
        let after = pads.get(index + axes.len());
        let (Some(slot), Some(before), Some(after)) = (slot, before, after) else {
            return Err("it pads something else than maps".into());
        };
        match (u64::try_from(*before), u64::try_from(*after)) {
            (Ok(before), Ok(after)) => *slot = [before, after],
            _ => return Err("pads below 0 cut the maps, which mapsto does not do".into()),
        }
    }
    Ok(all)
}

pub(super) fn resize<'a>(walk: &mut Walk<'a>, op: &Op<'a>) -> Result<Made, Reason> {
    let (input, channels, [height, width]) = walk.maps(op, 0)?;
    // Upsample has its scales second, Resize after a region of interest, and sizes after that.
    let scales = if op.kind == "Upsample" || op.inputs.len() == 2 {
        1
    } else {
        2
    };
    let scales: Vec<f32> = match walk.weights(op, scales)? {
        Some((_, scales)) => scales,
        None => op
            .attribute("scales")
            .map(|it| it.floats.clone())
            .unwrap_or_default(),
    };
    let [rows, columns] = match (scales.as_slice(), walk.numbers(op, 3, "sizes")?.as_deref()) {
        ([one, two, rows, columns], _) if *one == 1.0 && *two == 1.0 => [*rows, *columns],
        ([], Some([_, same, tall, wide])) if usize::try_from(*same) == Ok(channels) => {
            [*tall as f32 / height as f32, *wide as f32 / width as f32]
        }
        _ => return Err("it resizes more than height and width".into()),
    };
    let whole = |scale: f32| {
        ((1.0..=1024.0).contains(&scale) && scale.fract() == 0.0).then_some(scale as u64)
    };
    let (Some(rows), Some(columns)) = (whole(rows), whole(columns)) else {
        return Err(format!(
            "it enlarges by {rows}×{columns}, and mapsto by whole numbers"
        ));
    };
    if rows == 1 && columns == 1 {
        return Ok(Made::Flow(input));
    }
    let method = method(op)?;
    let new = layer("upsample")?
        .with("factor", [rows, columns])
        .with("method", method);
    Ok(Made::Flow(walk.put(new, &[input])?))
}

fn method(op: &Op<'_>) -> Result<&'static str, Reason> {
    let place = match (op.kind.as_str(), op.text("coordinate_transformation_mode")) {
        ("Upsample", _) => "asymmetric",
        (_, "") => "half_pixel",
        (_, named) => named,
    };
    let rounding = match (op.kind.as_str(), op.text("nearest_mode")) {
        ("Upsample", _) => "floor",
        (_, "") => "round_prefer_floor",
        (_, named) => named,
    };
    let halves = matches!(place, "half_pixel" | "pytorch_half_pixel");
    match op.text("mode") {
        "" | "nearest" if place == "asymmetric" && rounding == "floor" => Ok("nearest"),
        "" | "nearest" if halves && rounding.starts_with("round") => Ok("nearest"),
        "linear" if halves => Ok("bilinear"),
        mode => Err(format!(
            "it enlarges by “{mode}” with “{place}” places, and mapsto by the nearest value or bilinear between the centres"
        )),
    }
}
