//! The same numbers in another form: laid out anew, or with their axes swapped.

use burn::module::Module;

use super::Activations;
use super::learning::Learning;
use crate::network::{Layer, axes_in_order};

#[derive(Module, Debug)]
pub struct Reshape {
    /// Channels, height, width
    #[module(skip)]
    maps: [usize; 3],
}

impl Reshape {
    pub fn new(layer: &Layer) -> Self {
        Self {
            maps: ["channels", "height", "width"].map(|name| layer.int(name)),
        }
    }

    /// Anything to `[batch, channel, height, width]`.
    pub fn forward(&self, input: Activations) -> Activations {
        let flat = input.flatten();
        let [batch, _] = flat.dims();
        let [channels, height, width] = self.maps;
        Activations::Maps(flat.reshape([batch, channels, height, width]))
    }
}

#[derive(Module, Debug)]
pub struct Permute {
    /// For the height, width and channels that come out, which of those that go in.
    #[module(skip)]
    order: [usize; 3],
}

impl Permute {
    pub fn new(layer: &Layer) -> Self {
        Self {
            order: axes_in_order(layer.choice("order")),
        }
    }

    /// `[batch, channel, height, width]` with the last three swapped, or `[batch, length, features]` with both.
    pub fn forward(&self, input: Activations) -> Activations {
        // Where height, width and channels stand in a tensor.
        let places = [2, 3, 1];
        match input {
            Activations::Maps(maps) => {
                let [height, width, channels] = self.order.map(|axis| places[axis]);
                Activations::Maps(maps.permute([0, channels, height, width]))
            }
            Activations::Sequence(sequence) if self.order != [0, 1, 2] => {
                Activations::Sequence(sequence.swap_dims(1, 2))
            }
            other => other,
        }
    }
}

impl Learning for Reshape {}

impl Learning for Permute {}
