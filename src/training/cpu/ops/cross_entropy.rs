//! Softmax with cross-entropy.

use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Flex};
use burn_flex::FlexTensor;

use super::backward::{Kept, tracked};
use super::{like, numbers, tensor};
use crate::training::cpu::cross_entropy;

/// The loss, and the softmax of the logits.
pub fn pass(logits: &FlexTensor, targets: &FlexTensor) -> (FlexTensor, FlexTensor) {
    let classes = logits.layout().shape()[1];
    let (loss, softmax) = cross_entropy::forward(classes, &numbers(logits), &numbers(targets));
    (tensor(vec![loss], [1]), like(softmax, logits))
}

#[derive(Clone, Debug)]
struct Judged {
    softmax: FlexTensor,
    targets: FlexTensor,
}

impl Kept<2> for Judged {
    fn gradients(&self, upstream: &FlexTensor, _wanted: [bool; 2]) -> [Option<FlexTensor>; 2] {
        let found = cross_entropy::backward(
            self.softmax.layout().shape()[1],
            &numbers(&self.softmax),
            &numbers(&self.targets),
            numbers(upstream).first().copied().unwrap_or_default(),
        );
        [Some(like(found, &self.softmax)), None]
    }
}

pub fn with_graph<C: CheckpointStrategy>(
    logits: FloatTensor<Autodiff<Flex, C>>,
    targets: FloatTensor<Autodiff<Flex, C>>,
) -> FloatTensor<Autodiff<Flex, C>> {
    let ((logits, of_logits), (targets, of_targets)) = (logits.into_parts(), targets.into_parts());
    let (loss, softmax) = pass(&logits, &targets);
    tracked::<C, _, 2>([of_logits, of_targets], loss, |_| Judged {
        softmax,
        targets,
    })
}
