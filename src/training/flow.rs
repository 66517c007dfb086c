//! What one image takes of a device's memory on its way through a network, in bytes.

use crate::network::{CheckedLayer, Kind, Network, Shape};

/// A number on the device.
const FLOAT: usize = size_of::<f32>();

/// The largest single tensor that a layer makes of it.
pub(super) fn largest(network: &Network) -> usize {
    let made = network.layers().iter().map(|layer| {
        let input = layer.inputs().iter().map(|shape| shape.elements());
        let most = input.max().unwrap_or(0).max(layer.output().elements());
        most.max(inside(layer))
    });
    made.max().unwrap_or(0).saturating_mul(FLOAT)
}

/// What is there at once in a forward pass without gradients: the outputs that a later layer still takes, those of
/// the layer being computed, and the same again for what it makes on the way.
pub(super) fn at_once(network: &Network) -> usize {
    let layers = network.layers();
    // The layer after which an output is needed no more; 0 is the image.
    let mut last_use = vec![0; layers.len() + 1];
    for (index, layer) in layers.iter().enumerate() {
        for &source in layer.sources() {
            last_use[source] = index;
        }
    }
    let mut kept = vec![network.input().elements()];
    let (mut live, mut most) = (kept[0], 0);
    for (index, layer) in layers.iter().enumerate() {
        let output = layer.output().elements();
        let meanwhile = output.max(inside(layer).saturating_mul(2));
        live = live.saturating_add(output);
        most = most.max(live.saturating_add(meanwhile));
        kept.push(output);
        let mut sources = layer.sources().to_vec();
        sources.sort_unstable();
        sources.dedup();
        for source in sources.into_iter().filter(|it| last_use[*it] == index) {
            live = live.saturating_sub(kept[source]);
        }
    }
    most.saturating_mul(FLOAT)
}

/// Numbers of what a layer makes on the way to its output, where that is more: the weights of an attention, the gates
/// of a recurrent layer at all steps.
fn inside(layer: &CheckedLayer) -> usize {
    let settings = layer.layer();
    let gates = |gates: usize| {
        let steps = match layer.input() {
            Shape::Sequence { length, .. } => length,
            Shape::Maps { height, width, .. } => height.max(width),
            Shape::Vector { .. } => 1,
        };
        steps
            .saturating_mul(settings.int("units"))
            .saturating_mul(gates)
    };
    match settings.kind() {
        Kind::Attention => match layer.output() {
            Shape::Sequence { length, .. } => length
                .saturating_mul(length)
                .saturating_mul(settings.int("heads")),
            _ => 0,
        },
        Kind::Lstm => gates(4),
        Kind::Gru => gates(3),
        _ => 0,
    }
}
