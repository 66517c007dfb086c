//! Larger maps without weights. Made of reshapes and products, whose gradients every device has.

use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};

use super::learning::Learning;
use crate::network::Layer;

#[derive(Module, Debug)]
pub struct Upsample {
    /// Down, across
    #[module(skip)]
    factor: [usize; 2],
    #[module(skip)]
    bilinear: bool,
}

impl Upsample {
    pub fn new(layer: &Layer) -> Self {
        Self {
            factor: layer.pair("factor"),
            bilinear: layer.choice("method") == "bilinear",
        }
    }

    /// `[batch, channel, height, width]` to `[batch, channel, height × down, width × across]`.
    pub fn forward(&self, maps: Tensor<4>) -> Tensor<4> {
        let [batch, channels, height, width] = maps.dims();
        let [down, across] = self.factor;
        if !self.bilinear {
            return maps
                .reshape([batch, channels, height, 1, width, 1])
                .expand([batch, channels, height, down, width, across])
                .reshape([batch, channels, height * down, width * across]);
        }
        let device = maps.device();
        let rows = blend(height, down, &device).reshape([1, 1, height * down, height]);
        let columns = blend(width, across, &device).transpose();
        let columns = columns.reshape([1, 1, width, width * across]);
        rows.matmul(maps).matmul(columns)
    }
}

/// What of each of `size` values goes into each of `size × factor`, `[size × factor, size]`: a new value lies
/// between the middles of two pixels, and is drawn to each as it is near (PyTorch's `align_corners=False`).
fn blend(size: usize, factor: usize, device: &Device) -> Tensor<2> {
    let mut shares = vec![0.0_f32; size * factor * size];
    for (place, row) in shares.chunks_exact_mut(size).enumerate() {
        let at = ((place as f32 + 0.5) / factor as f32 - 0.5).max(0.0);
        let first = (at as usize).min(size - 1);
        let next = (first + 1).min(size - 1);
        let part = at - first as f32;
        row[first] += 1.0 - part;
        row[next] += part;
    }
    Tensor::from_data(TensorData::new(shares, [size * factor, size]), device)
}

impl Learning for Upsample {}
