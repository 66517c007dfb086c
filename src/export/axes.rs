//! What the targets have in common about a permute.

use crate::network::{CheckedLayer, axes_in_order};

/// What becomes of a layer's axes.
pub enum Order {
    /// A sequence that stays as it is.
    Same,
    /// A sequence's length and features change places.
    Swapped,
    /// For the height, width and channels of the result, which of the input's each is, as 0, 1 and 2.
    Maps([usize; 3]),
}

/// That of a permute.
pub fn order(layer: &CheckedLayer) -> Order {
    let name = layer.layer().choice("order");
    match layer.input().is_maps() {
        true => Order::Maps(axes_in_order(name)),
        false if axes_in_order(name) == [0, 1, 2] => Order::Same,
        false => Order::Swapped,
    }
}

/// As [`Order::Maps`], in tensors `[batch, channel, height, width]`: the axes of the channels, height and width.
pub fn channels_first([height, width, channels]: [usize; 3]) -> [usize; 3] {
    let axis = |of: usize| if of == 2 { 1 } else { of + 2 };
    [axis(channels), axis(height), axis(width)]
}
