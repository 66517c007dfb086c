//! Gaussian noise with the run's own generator: the same on every device.

use burn::module::Module;
use burn::tensor::{Tensor, TensorData};

use super::initialise::normal;
use super::learning::Learning;
use super::{Each, Mode};

#[derive(Module, Debug)]
pub struct GaussianNoise {
    /// Standard deviation of what is added.
    #[module(skip)]
    deviation: f32,
}

impl GaussianNoise {
    pub fn new(deviation: f64) -> Self {
        Self {
            deviation: deviation as f32,
        }
    }

    /// For any rank.
    pub fn with<'a, 'b, 'r>(&'a self, mode: &'b mut Mode<'r>) -> Adding<'a, 'b, 'r> {
        Adding { noise: self, mode }
    }
}

/// Noise in a forward pass.
pub struct Adding<'a, 'b, 'r> {
    noise: &'a GaussianNoise,
    mode: &'b mut Mode<'r>,
}

impl Each for Adding<'_, '_, '_> {
    fn each<const D: usize>(self, input: Tensor<D>) -> Tensor<D> {
        let deviation = self.noise.deviation;
        let Mode::Training(rng) = self.mode else {
            return input;
        };
        if deviation <= 0.0 {
            return input;
        }
        let shape = input.dims();
        let noise: Vec<f32> = (0..shape.iter().product::<usize>())
            .map(|_| normal(rng) * deviation)
            .collect();
        let noise = Tensor::from_data(TensorData::new(noise, shape), &input.device());
        input + noise
    }
}

impl Learning for GaussianNoise {}
