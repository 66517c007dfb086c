//! Max, average and global average pooling.

use burn::module::Module;
use burn::tensor::Tensor;
use burn::tensor::module::{avg_pool2d, max_pool2d};
use burn::tensor::ops::{AvgPoolOptions, MaxPoolOptions};

use super::conv2d::padding;
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
}

impl Pool {
    pub fn new(layer: &CheckedLayer) -> Self {
        let settings = layer.layer();
        let (size, stride) = (settings.pair("size"), settings.pair("stride"));
        Self {
            average: settings.kind() == Kind::AveragePool,
            size,
            stride,
            padding: padding(layer, size, stride),
        }
    }

    /// `[batch, channel, height, width]` to `[batch, channel, height', width']`.
    pub fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        if self.average {
            let options = AvgPoolOptions {
                kernel_size: self.size,
                stride: self.stride,
                padding: self.padding,
                count_include_pad: false,
                ceil_mode: false,
            };
            avg_pool2d(input, options)
        } else {
            let options = MaxPoolOptions {
                kernel_size: self.size,
                stride: self.stride,
                padding: self.padding,
                dilation: [1, 1],
                ceil_mode: false,
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

impl Learning for Pool {}

impl Learning for GlobalAveragePool {}
