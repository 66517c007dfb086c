//! Batch normalisation in training.

use std::sync::Arc;

use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, AutodiffBackend, Flex};
use burn_flex::FlexTensor;

use super::backward::{Kept, tracked};
use super::{like, numbers, tensor};
use crate::training::cpu::norm::{self, Moments, Norm};

pub fn pass(
    input: &FlexTensor,
    scale: &FlexTensor,
    shift: &FlexTensor,
    norm: &Norm,
) -> (FlexTensor, Moments) {
    let (output, moments) = norm::forward(norm, &numbers(input), &numbers(scale), &numbers(shift));
    (like(output, input), moments)
}

/// Mean and variance.
pub fn tensors(moments: &Moments) -> [FlexTensor; 2] {
    [&moments.mean, &moments.variance].map(|found| tensor(found.clone(), [found.len()]))
}

#[derive(Clone, Debug)]
struct Normalised {
    input: FlexTensor,
    scale: FlexTensor,
    output: FlexTensor,
    moments: Arc<Moments>,
    norm: Norm,
}

impl Kept<3> for Normalised {
    fn gradients(&self, upstream: &FlexTensor, _wanted: [bool; 3]) -> [Option<FlexTensor>; 3] {
        let found = norm::backward(
            &self.norm,
            &numbers(&self.input),
            &numbers(&self.output),
            &numbers(&self.scale),
            &self.moments,
            &numbers(upstream),
        );
        [
            Some(like(found.input, &self.input)),
            Some(like(found.scale, &self.scale)),
            Some(like(found.shift, &self.scale)),
        ]
    }
}

type Float<C> = FloatTensor<Autodiff<Flex, C>>;

pub fn with_graph<C: CheckpointStrategy>(
    input: Float<C>,
    scale: Float<C>,
    shift: Float<C>,
    norm: Norm,
) -> (Float<C>, Float<C>, Float<C>) {
    let ((input, of_input), (scale, of_scale), (shift, of_shift)) =
        (input.into_parts(), scale.into_parts(), shift.into_parts());
    let (output, moments) = pass(&input, &scale, &shift, &norm);
    let [mean, variance] = tensors(&moments);
    let output = tracked::<C, _, 3>([of_input, of_scale, of_shift], output, |output| {
        Normalised {
            input,
            scale,
            output: output.clone(),
            moments: Arc::new(moments),
            norm,
        }
    });
    let untracked = <Autodiff<Flex, C> as AutodiffBackend>::from_inner;
    (output, untracked(mean), untracked(variance))
}
