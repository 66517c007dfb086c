//! Convolution.

use std::sync::Arc;

use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Flex};
use burn_flex::FlexTensor;

use super::backward::{Kept, tracked};
use super::{like, numbers, tensor};
use crate::training::cpu::conv::{self, Conv, Line, Passed};
use crate::training::cpu::zeros::zeros;

/// A forward pass, with where each pooled number came from.
pub fn pass(
    input: &FlexTensor,
    weights: &FlexTensor,
    line: Line<'_>,
    conv: &Conv,
) -> (FlexTensor, Vec<u8>) {
    let images = input.layout().shape()[0];
    let mut output = zeros(images * conv.out());
    let mut chosen = vec![0; if conv.finish.pool { output.len() } else { 0 }];
    conv::forward(
        conv,
        &numbers(input),
        &numbers(weights),
        line,
        &mut output,
        &mut chosen,
    );
    let [height, width] = conv.size();
    let shape = [images, conv.geometry.filters, height, width];
    (tensor(output, shape), chosen)
}

#[derive(Clone, Debug)]
struct Convolved {
    input: FlexTensor,
    weights: FlexTensor,
    output: FlexTensor,
    chosen: Arc<Vec<u8>>,
    conv: Conv,
}

impl Kept<3> for Convolved {
    fn gradients(&self, upstream: &FlexTensor, wanted: [bool; 3]) -> [Option<FlexTensor>; 3] {
        let passed = Passed {
            input: &numbers(&self.input),
            weights: &numbers(&self.weights),
            output: &numbers(&self.output),
            chosen: &self.chosen,
        };
        let found = conv::backward(&self.conv, passed, &numbers(upstream), wanted[0]);
        let filters = self.conv.geometry.filters;
        [
            found.input.map(|found| like(found, &self.input)),
            Some(like(found.weights, &self.weights)),
            Some(tensor(found.bias, [filters])),
        ]
    }
}

pub fn with_graph<C: CheckpointStrategy>(
    input: FloatTensor<Autodiff<Flex, C>>,
    weights: FloatTensor<Autodiff<Flex, C>>,
    bias: FloatTensor<Autodiff<Flex, C>>,
    conv: Conv,
) -> FloatTensor<Autodiff<Flex, C>> {
    let ((input, of_input), (weights, of_weights), (bias, of_bias)) =
        (input.into_parts(), weights.into_parts(), bias.into_parts());
    let (output, chosen) = pass(&input, &weights, Line::bias(&numbers(&bias)), &conv);
    tracked::<C, _, 3>([of_input, of_weights, of_bias], output, |output| {
        Convolved {
            input,
            weights,
            output: output.clone(),
            chosen: Arc::new(chosen),
            conv,
        }
    })
}
