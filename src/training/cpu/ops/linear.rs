//! Fully connected.

use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Flex};
use burn_flex::FlexTensor;

use super::backward::{Kept, tracked};
use super::{like, numbers, tensor};
use crate::training::cpu::linear::{self, Linear};
use crate::training::cpu::zeros::zeros;

pub fn pass(
    input: &FlexTensor,
    weights: &FlexTensor,
    bias: &FlexTensor,
    linear: &Linear,
) -> FlexTensor {
    let images = input.layout().shape()[0];
    let mut output = zeros(images * linear.units);
    linear::forward(
        linear,
        &numbers(input),
        &numbers(weights),
        Some(&numbers(bias)),
        &mut output,
    );
    tensor(output, [images, linear.units])
}

#[derive(Clone, Debug)]
struct Connected {
    input: FlexTensor,
    weights: FlexTensor,
    output: FlexTensor,
    linear: Linear,
}

impl Kept<3> for Connected {
    fn gradients(&self, upstream: &FlexTensor, wanted: [bool; 3]) -> [Option<FlexTensor>; 3] {
        let found = linear::backward(
            &self.linear,
            &numbers(&self.input),
            &numbers(&self.weights),
            &numbers(&self.output),
            &numbers(upstream),
            wanted[0],
        );
        [
            found.input.map(|found| like(found, &self.input)),
            Some(like(found.weights, &self.weights)),
            Some(tensor(found.bias, [self.linear.units])),
        ]
    }
}

pub fn with_graph<C: CheckpointStrategy>(
    input: FloatTensor<Autodiff<Flex, C>>,
    weights: FloatTensor<Autodiff<Flex, C>>,
    bias: FloatTensor<Autodiff<Flex, C>>,
    linear: Linear,
) -> FloatTensor<Autodiff<Flex, C>> {
    let ((input, of_input), (weights, of_weights), (bias, of_bias)) =
        (input.into_parts(), weights.into_parts(), bias.into_parts());
    let output = pass(&input, &weights, &bias, &linear);
    tracked::<C, _, 3>([of_input, of_weights, of_bias], output, |output| {
        Connected {
            input,
            weights,
            output: output.clone(),
            linear,
        }
    })
}
