//! Pooling over windows.

use super::window::{Padding, Slide, around};
use crate::import::Reason;
use crate::import::op::Op;
use crate::import::walk::{Made, Walk, layer};

pub(super) fn max<'a>(walk: &mut Walk<'a>, op: &Op<'a>) -> Result<Made, Reason> {
    let (_, _, sides) = walk.maps(op, 0)?;
    let slide = slide(op, sides)?;
    if let Padding::Around(_) = slide.padding {
        return Err(
            "its padding differs on the two sides, which max pooling here cannot have".into(),
        );
    }
    pool(walk, op, "max_pool", &slide)
}

pub(super) fn average<'a>(walk: &mut Walk<'a>, op: &Op<'a>) -> Result<Made, Reason> {
    let (input, _, sides) = walk.maps(op, 0)?;
    let mut slide = slide(op, sides)?;
    let counted = op.int("count_include_pad", 0) != 0 && slide.padding != Padding::Valid;
    if slide.size == [1, 1] && slide.stride == [1, 1] && slide.padding == Padding::Valid {
        return Ok(Made::Flow(input));
    }
    match slide.padding {
        Padding::Around(_) if !counted => Err(
            "its padding differs on the two sides, which average pooling here cannot have".into(),
        ),
        Padding::Explicit([rows, columns]) if counted && !ceil(op) => {
            // Zeros that count are a layer of their own.
            let pads = [[rows; 2], [columns; 2]];
            let input = around(walk, input, pads)?;
            slide.padding = Padding::Valid;
            put(walk, op, "average_pool", &slide, input)
        }
        Padding::Around(pads) if !ceil(op) => {
            let input = around(walk, input, pads)?;
            slide.padding = Padding::Valid;
            put(walk, op, "average_pool", &slide, input)
        }
        Padding::Same if counted && !ceil(op) && slide.stride == [1, 1] => {
            let pads = [0, 1].map(|axis| {
                let all = slide.size[axis] - 1;
                [all / 2, all - all / 2]
            });
            let input = around(walk, input, pads)?;
            slide.padding = Padding::Valid;
            put(walk, op, "average_pool", &slide, input)
        }
        _ if counted => {
            Err("it counts its padding (count_include_pad), which mapsto does not do here".into())
        }
        _ => pool(walk, op, "average_pool", &slide),
    }
}

fn slide(op: &Op<'_>, sides: [usize; 2]) -> Result<Slide, Reason> {
    let slide = Slide::of(op, op.pair("kernel_shape", [1, 1])?, sides)?;
    if slide.dilation != [1, 1] {
        return Err("a pool with gaps (dilations) is none of mapsto's".into());
    }
    Ok(slide)
}

fn ceil(op: &Op<'_>) -> bool {
    op.int("ceil_mode", 0) != 0
}

fn pool<'a>(walk: &mut Walk<'a>, op: &Op<'a>, kind: &str, slide: &Slide) -> Result<Made, Reason> {
    let (input, ..) = walk.maps(op, 0)?;
    put(walk, op, kind, slide, input)
}

fn put(
    walk: &mut Walk<'_>,
    op: &Op<'_>,
    kind: &str,
    slide: &Slide,
    input: crate::import::walk::Flow,
) -> Result<Made, Reason> {
    let mut new = layer(kind)?
        .with("size", slide.size)
        .with("stride", slide.stride);
    // At a stride of 1, and where the padding follows from the input, there is nothing to round up.
    let exact = slide.stride == [1, 1] || op.text("auto_pad").starts_with("SAME");
    if ceil(op) && !exact {
        if slide.padding == Padding::Same {
            return Err("it rounds up with padding that differs on the two sides".into());
        }
        new = new.with("ceil", true);
    }
    let (input, new) = slide.pad(walk, input, new)?;
    Ok(Made::Flow(walk.put(new, &[input])?))
}
