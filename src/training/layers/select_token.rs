//! One vector of a sequence.

use burn::module::Module;
use burn::tensor::Tensor;

use super::learning::Learning;
use crate::network::CheckedLayer;

/// Which vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token {
    First,
    Last,
    Mean,
}

#[derive(Module, Debug)]
pub struct SelectToken {
    #[module(skip)]
    token: Token,
}

impl Learning for SelectToken {}

impl SelectToken {
    pub fn new(layer: &CheckedLayer) -> Self {
        let token = match layer.layer().choice("token") {
            "last" => Token::Last,
            "mean" => Token::Mean,
            _ => Token::First,
        };
        Self { token }
    }

    /// `[batch, length, features]` to `[batch, features]`.
    pub fn forward(&self, sequence: Tensor<3>) -> Tensor<2> {
        let [batch, length, features] = sequence.dims();
        let selected = match self.token {
            Token::First => sequence.narrow(1, 0, 1),
            Token::Last => sequence.narrow(1, length.saturating_sub(1), 1),
            Token::Mean => sequence.mean_dim(1),
        };
        selected.reshape([batch, features])
    }
}
