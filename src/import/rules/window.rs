//! Sliding windows as the file has them, and what they are here.

use crate::import::Reason;
use crate::import::op::Op;
use crate::import::walk::{Flow, Walk, layer};
use crate::network::{Layer, same_padding};

/// Zeros before and after each axis, as a layer here says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Padding {
    Valid,
    Same,
    /// On both sides of the rows, and of the columns.
    Explicit([u64; 2]),
    /// Different on the two sides: a layer of its own. [before, after] of rows and of columns.
    Around([[u64; 2]; 2]),
}

/// A window over maps.
pub(super) struct Slide {
    pub size: [u64; 2],
    pub stride: [u64; 2],
    pub dilation: [u64; 2],
    pub padding: Padding,
}

impl Slide {
    /// Of an operator whose window is of `size`, over maps of `input` height and width.
    pub fn of(op: &Op<'_>, size: [u64; 2], input: [usize; 2]) -> Result<Self, Reason> {
        let stride = op.pair("strides", [1, 1])?;
        let dilation = op.pair("dilations", [1, 1])?;
        if size.contains(&0) || stride.contains(&0) || dilation.contains(&0) {
            return Err("a window, stride or dilation of 0 makes nothing".into());
        }
        let span = |axis: usize| {
            let gaps = (size[axis] - 1).checked_mul(dilation[axis]);
            gaps.and_then(|gaps| usize::try_from(gaps).ok()?.checked_add(1))
                .ok_or("its window is too large")
        };
        let spans = [span(0)?, span(1)?];
        let same = |axis: usize| {
            let stride = usize::try_from(stride[axis]).unwrap_or(usize::MAX);
            let (before, after) = same_padding(input[axis], spans[axis], stride);
            [before as u64, after as u64]
        };
        let same = [same(0), same(1)];
        let pads = match op.text("auto_pad") {
            "" | "NOTSET" => pads(op)?,
            "VALID" => [[0; 2]; 2],
            "SAME_UPPER" => same,
            "SAME_LOWER" => same.map(|[before, after]| [after, before]),
            other => return Err(format!("auto_pad is “{other}”, which mapsto does not know")),
        };
        let padding = if pads == [[0; 2]; 2] {
            Padding::Valid
        } else if pads == same && (stride == [1, 1] || op.text("auto_pad") == "SAME_UPPER") {
            Padding::Same
        } else if pads.iter().all(|[before, after]| before == after) {
            Padding::Explicit([pads[0][0], pads[1][0]])
        } else if pads == same {
            Padding::Same
        } else {
            Padding::Around(pads)
        };
        Ok(Self {
            size,
            stride,
            dilation,
            padding,
        })
    }

    /// The layer with this padding. Zeros that differ on the two sides come as a layer before it.
    pub fn pad(
        &self,
        walk: &mut Walk<'_>,
        input: Flow,
        to: Layer,
    ) -> Result<(Flow, Layer), Reason> {
        Ok(match self.padding {
            Padding::Valid => (input, to.with("padding", "valid")),
            Padding::Same => (input, to.with("padding", "same")),
            Padding::Explicit(pad) => (input, to.with("padding", "explicit").with("pad", pad)),
            Padding::Around(pads) => (around(walk, input, pads)?, to.with("padding", "valid")),
        })
    }
}

/// A layer of zeros around maps: [before, after] of rows and of columns.
pub(super) fn around(
    walk: &mut Walk<'_>,
    input: Flow,
    [rows, columns]: [[u64; 2]; 2],
) -> Result<Flow, Reason> {
    let padding = layer("zero_padding")?
        .with("rows", rows)
        .with("columns", columns);
    walk.put(padding, &[input])
}

/// `pads` is the beginnings of all axes, then their ends.
fn pads(op: &Op<'_>) -> Result<[[u64; 2]; 2], Reason> {
    let pads: Result<Vec<u64>, _> = op
        .ints("pads")
        .iter()
        .map(|it| u64::try_from(*it))
        .collect();
    match pads.as_deref() {
        Ok([]) => Ok([[0; 2]; 2]),
        Ok(&[top, left, bottom, right]) => Ok([[top, bottom], [left, right]]),
        Ok(other) => Err(format!(
            "pads has {} numbers: mapsto works on height and width alone",
            other.len()
        )),
        Err(_below) => Err("pads below 0 cut the maps, which mapsto does not do".into()),
    }
}
