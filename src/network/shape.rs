//! Shapes of what flows between layers, for one image, and the arithmetic of sliding windows.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What one layer hands to the next, for one image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// Feature maps, or the image itself. Inside tensors: `[batch, channels, height, width]`.
    Maps {
        /// Rows.
        height: usize,
        /// Columns.
        width: usize,
        /// Number of maps.
        channels: usize,
    },
    /// A plain list of numbers: `[batch, units]`.
    Vector {
        /// Its length.
        units: usize,
    },
    /// A list of vectors, such as the patches of an image or its rows: `[batch, length, features]`.
    Sequence {
        /// How many there are.
        length: usize,
        /// Numbers in each.
        features: usize,
    },
}

impl Shape {
    /// How many numbers one image has here; saturates instead of overflowing.
    pub fn elements(self) -> usize {
        match self {
            Self::Maps {
                height,
                width,
                channels,
            } => height.saturating_mul(width).saturating_mul(channels),
            Self::Vector { units } => units,
            Self::Sequence { length, features } => length.saturating_mul(features),
        }
    }

    /// Height, width, channels; or units; or length and features.
    pub fn dims(self) -> Vec<usize> {
        match self {
            Self::Maps {
                height,
                width,
                channels,
            } => vec![height, width, channels],
            Self::Vector { units } => vec![units],
            Self::Sequence { length, features } => vec![length, features],
        }
    }

    /// The last dimension: channels of maps, units of a vector (what batch norm normalises each of), features
    /// of a sequence.
    pub fn features(self) -> usize {
        match self {
            Self::Maps { channels, .. } => channels,
            Self::Vector { units } => units,
            Self::Sequence { features, .. } => features,
        }
    }

    /// Whether this is maps and not a vector or a sequence.
    pub fn is_maps(self) -> bool {
        matches!(self, Self::Maps { .. })
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Maps {
                height,
                width,
                channels,
            } => write!(out, "{height}×{width}×{channels}"),
            Self::Vector { units } => write!(out, "{units}"),
            Self::Sequence { length, features } => write!(out, "{length}×{features}"),
        }
    }
}

/// Zeros before and after one axis under "same" padding, by TensorFlow's rule: the output has
/// `ceil(input / stride)` positions, and where the padding is odd the smaller half comes first.
///
/// A stride or kernel of 0 counts as 1.
pub fn same_padding(input: usize, kernel: usize, stride: usize) -> (usize, usize) {
    let stride = stride.max(1);
    // The last window starts here, at input - 1 at most, and must end within the padding.
    let last = input
        .div_ceil(stride)
        .saturating_sub(1)
        .saturating_mul(stride);
    let total = kernel.max(1).saturating_sub(input.saturating_sub(last));
    (total / 2, total - total / 2)
}

/// Positions of a window along one axis that it never leaves; `None` where it does not fit or would not move.
pub(super) fn window_positions(input: usize, kernel: usize, stride: usize) -> Option<usize> {
    if kernel == 0 || stride == 0 || input == 0 {
        return None;
    }
    Some(input.checked_sub(kernel)? / stride + 1)
}

/// Positions under "same" padding, see [`same_padding`]; `None` where there is nothing to slide over or the
/// window would not move.
pub(super) fn same_positions(input: usize, kernel: usize, stride: usize) -> Option<usize> {
    (kernel > 0 && stride > 0 && input > 0).then(|| input.div_ceil(stride))
}

/// Positions of a pool's window with `pad` on both sides where the last one may stand out (PyTorch's
/// `ceil_mode`): it must start within the input or the padding before it.
pub(super) fn pool_positions(
    input: usize,
    kernel: usize,
    stride: usize,
    pad: usize,
) -> Option<usize> {
    if kernel == 0 || stride == 0 || input == 0 {
        return None;
    }
    let padded = input.checked_add(pad.checked_mul(2)?)?;
    let last = padded.checked_add(stride - 1)?.checked_sub(kernel)? / stride;
    let outside = last.checked_mul(stride)? >= input + pad;
    Some(if outside { last } else { last + 1 })
}

/// An order of axes by name, such as "width_height_channels": for the height, width and channels of the result,
/// which of the input's each is, as 0, 1 and 2. What is no such name changes nothing.
pub fn axes_in_order(name: &str) -> [usize; 3] {
    let axis = |name: &str| {
        ["height", "width", "channels"]
            .iter()
            .position(|it| *it == name)
    };
    let axes: Vec<usize> = name.split('_').filter_map(axis).collect();
    <[usize; 3]>::try_from(axes).unwrap_or([0, 1, 2])
}

/// A whole number for people: `1625281` becomes "1,625,281".
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
