//! Dropout with the run's own generator: the same mask on every device. Of single values (Srivastava et al.
//! 2014, "Dropout: a simple way to prevent neural networks from overfitting"), of whole maps (Tompson et al.
//! 2015, "Efficient object localization using convolutional networks") or of all that an image has there
//! (Huang et al. 2016, "Deep networks with stochastic depth"; as torchvision's in "row" mode).

use burn::module::Module;
use burn::tensor::{Tensor, TensorData};

use super::initialise::uniform;
use super::learning::Learning;
use super::{Each, Mode};
use crate::network::{Kind, Layer};

/// What is set to zero together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Together {
    Nothing,
    Map,
    Image,
}

#[derive(Module, Debug)]
pub struct Dropout {
    /// Share of the draws that set to zero, 0 to below 1.
    #[module(skip)]
    rate: f64,
    #[module(skip)]
    together: Together,
}

impl Dropout {
    pub fn new(layer: &Layer) -> Self {
        Self {
            rate: layer.real("rate"),
            together: match layer.kind() {
                Kind::SpatialDropout => Together::Map,
                Kind::StochasticDepth => Together::Image,
                _ => Together::Nothing,
            },
        }
    }

    /// Of single values.
    pub fn of_rate(rate: f64) -> Self {
        Self {
            rate,
            together: Together::Nothing,
        }
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
        let mut shape = input.dims();
        let drawn = match self.together {
            Together::Nothing => D,
            Together::Map => 2,
            Together::Image => 1,
        };
        // One draw holds for all of the other dimensions.
        shape.iter_mut().skip(drawn).for_each(|size| *size = 1);
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
