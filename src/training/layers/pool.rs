//! Max, average, global average and adaptive average pooling.

use burn::module::Module;
use burn::tensor::Tensor;
use burn::tensor::module::{adaptive_avg_pool2d, avg_pool2d, max_pool2d};
use burn::tensor::ops::{AvgPoolOptions, MaxPoolOptions};

use super::filters::padding;
use super::learning::Learning;
use crate::network::{CheckedLayer, Kind};

/// Max or average pooling over windows.
#[derive(Module, Debug)]
pub struct Pool {
    #[module(skip)]
    average: bool,
    #[module(skip)]
    size: [usize; 2],
    #[module(skip)]
    stride: [usize; 2],
    /// (top, bottom), (left, right); an average does not count it.
    #[module(skip)]
    padding: [(usize, usize); 2],
    /// The last window may stand out (PyTorch's `ceil_mode`).
    #[module(skip)]
    ceil: bool,
}

impl Pool {
    pub fn new(layer: &CheckedLayer) -> Self {
        let settings = layer.layer();
        Self {
            average: settings.kind() == Kind::AveragePool,
            size: settings.pair("size"),
            stride: settings.pair("stride"),
            padding: padding(layer),
            // With "same" padding no window stands out.
            ceil: settings.flag("ceil") && settings.choice("padding") != "same",
        }
    }

    /// Whether it takes the greatest of each 2×2.
    pub fn is_two_by_two(&self) -> bool {
        let plain = self.size == [2, 2] && self.stride == [2, 2] && self.padding == [(0, 0); 2];
        plain && !self.average && !self.ceil
    }

    /// `[batch, channel, height, width]` to `[batch, channel, height', width']`.
    pub fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        if self.average {
            let options = AvgPoolOptions {
                kernel_size: self.size,
                stride: self.stride,
                padding: self.padding,
                count_include_pad: false,
                ceil_mode: self.ceil,
            };
            avg_pool2d(input, options)
        } else {
            let options = MaxPoolOptions {
                kernel_size: self.size,
                stride: self.stride,
                padding: self.padding,
                dilation: [1, 1],
                ceil_mode: self.ceil,
            };
            max_pool2d(input, options)
        }
    }
}

/// The mean of each channel.
#[derive(Module, Debug, Default)]
pub struct GlobalAveragePool {}

impl GlobalAveragePool {
    /// `[batch, channel, height, width]` to `[batch, channel]`.
    pub fn forward(&self, input: Tensor<4>) -> Tensor<2> {
        input.flatten::<3>(2, 3).mean_dim(2).squeeze_dim::<2>(2)
    }
}

/// The mean of each cell of a grid over the maps; cells overlap where they do not divide them, as in PyTorch:
/// cell i of n covers ⌊i × side / n⌋ to ⌈(i + 1) × side / n⌉.
#[derive(Module, Debug)]
pub struct AdaptiveAveragePool {
    #[module(skip)]
    size: [usize; 2],
}

impl AdaptiveAveragePool {
    pub fn new(layer: &CheckedLayer) -> Self {
        Self {
            size: layer.layer().pair("size"),
        }
    }

    /// `[batch, channel, height, width]` to `[batch, channel, size, size]`.
    pub fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        adaptive_avg_pool2d(input, self.size)
    }
}

impl Learning for Pool {}

impl Learning for AdaptiveAveragePool {}

impl Learning for GlobalAveragePool {}
