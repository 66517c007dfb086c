//! The image that the network in the file takes.

use std::collections::HashSet;

use super::Reason;
use super::model::{Dimension, Graph, Info};
use super::op::Op;
use super::walk::Layout;
use crate::network::{Kind, Layer};

/// The image: the only input that is no weight, `[batch, channels, height, width]`.
pub(super) fn image<'a>(
    graph: &'a Graph<'a>,
    ops: &[Op<'a>],
) -> Result<(&'a str, Layer, Layout), Reason> {
    // Older files list their weights among the inputs.
    let weights: HashSet<&str> = graph
        .initialisers
        .iter()
        .map(|tensor| tensor.name)
        .collect();
    let inputs: Vec<&Info<'_>> = graph
        .inputs
        .iter()
        .filter(|input| !weights.contains(input.name))
        .collect();
    let image = match inputs[..] {
        [image] => image,
        [] => return Err("has no input for an image".into()),
        _ => {
            let names: Vec<&str> = inputs.iter().map(|input| input.name).collect();
            return Err(format!(
                "has several inputs ({}), and mapsto gives one image",
                names.join(", ")
            ));
        }
    };
    // 32-bit, 16-bit and 64-bit floats, and the upper half of 32 bits; 0 is not told.
    if ![0, 1, 10, 11, 16].contains(&image.kind) {
        return Err("takes an image of whole numbers; mapsto gives pixels as numbers from 0 to 1: export it with an input of floats".into());
    }
    let sizes = sizes(image)?;
    let turned = || {
        let mut takers = ops
            .iter()
            .filter(|op| op.inputs.contains(&image.name))
            .peekable();
        takers.peek().is_some()
            && takers.all(|op| op.kind == "Transpose" && op.ints("perm") == [0, 3, 1, 2])
    };
    let (channels, height, width, layout) = match sizes[..] {
        [height, width, channels @ (1 | 3)] if turned() => {
            (channels, height, width, Layout::ChannelsLast)
        }
        [channels @ (1 | 3), height, width] => (channels, height, width, Layout::Usual),
        _ => {
            return Err(format!(
                "takes an input of {sizes:?} after the batch; mapsto reads images as [channels, height, width] with 1 or 3 channels"
            ));
        }
    };
    let layer = Layer::new(Kind::Input)
        .with("height", height)
        .with("width", width)
        .with("channels", channels);
    for (setting, value) in layer.settings() {
        if !setting.range.contains(value) {
            return Err(format!(
                "takes images whose {} is {value}; mapsto takes {}",
                setting.name,
                setting.range.describe()
            ));
        }
    }
    Ok((image.name, layer, layout))
}

/// The dimensions after the batch, which may be open.
fn sizes(image: &Info<'_>) -> Result<Vec<u64>, Reason> {
    let [_, rest @ ..] = &image.dims[..] else {
        return Err(
            "does not say the size of its input: export it with a fixed height and width".into(),
        );
    };
    let mut sizes = Vec::with_capacity(3);
    for dimension in rest {
        match *dimension {
            Dimension::Fixed(size) => sizes.push(u64::try_from(size).unwrap_or(0)),
            Dimension::Open(name) => {
                return Err(format!(
                    "leaves a side of its input open (“{name}”): export it with a fixed height and width; only the batch may be open"
                ));
            }
        }
    }
    Ok(sizes)
}
