//! What the targets have in common about sliding windows.

use crate::network::{CheckedLayer, Shape, same_padding};

/// Zeros around a layer's input: (top, bottom), (left, right). `size` is the window's name among the settings.
pub fn padding(layer: &CheckedLayer, size: &str) -> [(usize, usize); 2] {
    let settings = layer.layer();
    let (kernel, stride) = (settings.pair(size), settings.pair("stride"));
    let dilation = settings.pair("dilation");
    match (settings.choice("padding"), layer.input()) {
        ("same", Shape::Maps { height, width, .. }) => {
            let along = |axis: usize, input| {
                let spread = kernel[axis].saturating_sub(1) * dilation[axis] + 1;
                same_padding(input, spread, stride[axis])
            };
            [along(0, height), along(1, width)]
        }
        ("explicit", _) => settings.pair("pad").map(|pad| (pad, pad)),
        _ => [(0, 0); 2],
    }
}

/// How far a pool's last windows stand out of its input after padding, below and on the right: what rounding up
/// the number of windows adds.
pub fn overhang(layer: &CheckedLayer, padding: [(usize, usize); 2]) -> [usize; 2] {
    let settings = layer.layer();
    let (size, stride) = (settings.pair("size"), settings.pair("stride"));
    let (
        Shape::Maps { height, width, .. },
        Shape::Maps {
            height: rows,
            width: columns,
            ..
        },
    ) = (layer.input(), layer.output())
    else {
        return [0, 0];
    };
    let along = |axis: usize, input: usize, output: usize| {
        let (before, after) = padding[axis];
        let needed = output.saturating_sub(1) * stride[axis] + size[axis];
        needed.saturating_sub(input + before + after)
    };
    [along(0, height, rows), along(1, width, columns)]
}
