//! The operations of this room as burn sees them: on its CPU backend, with their backward passes.
//!
//! They are for tensors on the CPU alone; on another device they panic, so the layers ask first.

use std::borrow::Cow;
use std::sync::Arc;

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, backend_extension};
use burn::tensor::{Tensor, TensorData};
use burn_flex::FlexTensor;

use super::conv::{self, Conv, Passed};

/// What this room computes in burn's place.
#[backend_extension(Flex, Autodiff)]
pub trait CpuOps: Backend {
    /// See [`convolve`].
    fn convolve(
        input: FloatTensor<Self>,
        weights: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        conv: Conv,
    ) -> FloatTensor<Self>;
}

/// A convolution with what finishes it: `[batch, channel, height, width]` to `[batch, filter, height', width']`.
/// Weights `[filter, channel, kernel height, kernel width]`, bias `[filter]`.
pub fn convolve(input: Tensor<4>, weights: Tensor<4>, bias: Tensor<1>, conv: Conv) -> Tensor<4> {
    let (input, weights, bias) = (
        input.into_dispatch(),
        weights.into_dispatch(),
        bias.into_dispatch(),
    );
    Tensor::from_dispatch(<Dispatch as CpuOps>::convolve(input, weights, bias, conv))
}

/// The numbers of a tensor in order.
fn numbers(tensor: &FlexTensor) -> Cow<'_, [f32]> {
    match tensor.as_slice::<f32>() {
        Some(numbers) => Cow::Borrowed(numbers),
        None => Cow::Owned(tensor.to_contiguous().storage::<f32>().to_vec()),
    }
}

fn tensor(numbers: Vec<f32>, shape: impl Into<burn::tensor::Shape>) -> FlexTensor {
    FlexTensor::from_data(TensorData::new(numbers, shape.into()))
}

/// A forward pass, with where each pooled number came from.
fn pass(
    input: &FlexTensor,
    weights: &FlexTensor,
    bias: &FlexTensor,
    conv: &Conv,
) -> (FlexTensor, Vec<u8>) {
    let images = input.layout().shape()[0];
    let mut output = vec![0.0; images * conv.out()];
    let mut chosen = vec![0; if conv.finish.pool { output.len() } else { 0 }];
    conv::forward(
        conv,
        &numbers(input),
        &numbers(weights),
        Some(&numbers(bias)),
        &mut output,
        &mut chosen,
    );
    let [height, width] = conv.size();
    let shape = [images, conv.geometry.filters, height, width];
    (tensor(output, shape), chosen)
}

impl CpuOps for Flex {
    fn convolve(
        input: FlexTensor,
        weights: FlexTensor,
        bias: FlexTensor,
        conv: Conv,
    ) -> FlexTensor {
        pass(&input, &weights, &bias, &conv).0
    }
}

/// What the backward pass of a convolution needs.
#[derive(Clone, Debug)]
struct Kept {
    input: FlexTensor,
    weights: FlexTensor,
    output: FlexTensor,
    chosen: Arc<Vec<u8>>,
    conv: Conv,
}

#[derive(Debug)]
struct ConvolveBackward;

impl Backward<Flex, 3> for ConvolveBackward {
    type State = Kept;

    fn backward(
        self,
        ops: Ops<Kept, 3>,
        gradients: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let [input, weights, bias] = ops.parents;
        let gradient = gradients.consume::<Flex>(&ops.node);
        let kept = ops.state;
        let passed = Passed {
            input: &numbers(&kept.input),
            weights: &numbers(&kept.weights),
            output: &numbers(&kept.output),
            chosen: &kept.chosen,
        };
        let found = conv::backward(&kept.conv, passed, &numbers(&gradient), input.is_some());
        let shape = |tensor: &FlexTensor| tensor.layout().shape().clone();
        if let (Some(node), Some(found)) = (input, found.input) {
            gradients.register::<Flex>(node.id, tensor(found, shape(&kept.input)));
        }
        if let Some(node) = weights {
            gradients.register::<Flex>(node.id, tensor(found.weights, shape(&kept.weights)));
        }
        if let Some(node) = bias {
            let filters = kept.conv.geometry.filters;
            gradients.register::<Flex>(node.id, tensor(found.bias, [filters]));
        }
    }
}

impl<C: CheckpointStrategy> CpuOps for Autodiff<Flex, C> {
    fn convolve(
        input: FloatTensor<Self>,
        weights: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        conv: Conv,
    ) -> FloatTensor<Self> {
        let ((input, of_input), (weights, of_weights), (bias, of_bias)) =
            (input.into_parts(), weights.into_parts(), bias.into_parts());
        let (output, chosen) = pass(&input, &weights, &bias, &conv);
        let nodes = [of_input, of_weights, of_bias];
        let prepared = ConvolveBackward.prepare::<C>(nodes).compute_bound();
        match prepared.stateful() {
            OpsKind::UnTracked(prepared) => prepared.finish(output),
            OpsKind::Tracked(prepared) => {
                let kept = Kept {
                    input,
                    weights,
                    output: output.clone(),
                    chosen: Arc::new(chosen),
                    conv,
                };
                prepared.finish(kept, output)
            }
        }
    }
}
