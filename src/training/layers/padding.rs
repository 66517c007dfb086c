//! Zeros around maps.

use burn::module::Module;
use burn::tensor::Tensor;
use burn::tensor::ops::PadMode;

use super::learning::Learning;
use crate::network::Layer;

#[derive(Module, Debug)]
pub struct ZeroPadding {
    /// (top, bottom), (left, right)
    #[module(skip)]
    borders: [(usize, usize); 2],
}

impl ZeroPadding {
    pub fn new(layer: &Layer) -> Self {
        Self {
            borders: ["rows", "columns"].map(|name| layer.pair(name).into()),
        }
    }

    /// `[batch, channel, height, width]` to `[batch, channel, top + height + bottom, left + width + right]`.
    pub fn forward(&self, maps: Tensor<4>) -> Tensor<4> {
        maps.pad(self.borders, PadMode::Constant(0.0))
    }
}

impl Learning for ZeroPadding {}
