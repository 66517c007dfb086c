//! Dropout with the run's own generator: the same mask on every device.
//! Srivastava et al. 2014, "Dropout: a simple way to prevent neural networks from overfitting".

use burn::module::Module;
use burn::tensor::{Tensor, TensorData};

use super::initialise::uniform;
use super::learning::Learning;
use super::{Each, Mode};

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

    /// For any rank.
    pub fn with<'a, 'b, 'r>(&'a self, mode: &'b mut Mode<'r>) -> Dropping<'a, 'b, 'r> {
        Dropping {
            dropout: self,
            mode,
        }
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

/// A dropout in a forward pass.
pub struct Dropping<'a, 'b, 'r> {
    dropout: &'a Dropout,
    mode: &'b mut Mode<'r>,
}

impl Each for Dropping<'_, '_, '_> {
    fn each<const D: usize>(self, tensor: Tensor<D>) -> Tensor<D> {
        self.dropout.forward(tensor, self.mode)
    }
}

impl Learning for Dropout {}
