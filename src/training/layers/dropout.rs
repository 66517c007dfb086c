//! Dropout with the run's own generator: the same mask on every device.
//! Srivastava et al. 2014, "Dropout: a simple way to prevent neural networks from overfitting".

use burn::module::Module;
use burn::tensor::{Tensor, TensorData};

use super::Mode;
use super::initialise::uniform;

#[derive(Module, Debug)]
pub struct Dropout {
    /// Share of the elements set to zero, 0 to below 1.
    #[module(skip)]
    rate: f64,
}

impl Dropout {
    pub fn new(rate: f64) -> Self {
        Self { rate }
    }

    /// Same shape out as in; what is kept is scaled by 1 / (1 − rate).
    pub fn forward<const D: usize>(&self, input: Tensor<D>, mode: &mut Mode<'_>) -> Tensor<D> {
        let Mode::Training(rng) = mode else {
            return input;
        };
        if self.rate <= 0.0 {
            return input;
        }
        let shape = input.dims();
        let keep = 1.0 / (1.0 - self.rate as f32);
        let rate = self.rate as f32;
        let mask: Vec<f32> = (0..shape.iter().product::<usize>())
            .map(|_| if uniform(rng) < rate { 0.0 } else { keep })
            .collect();
        let mask = Tensor::from_data(TensorData::new(mask, shape), &input.device());
        input * mask
    }
}
