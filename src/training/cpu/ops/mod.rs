//! The operations of this room as burn sees them: on its CPU backend, with their backward passes.
//!
//! They are for tensors on the CPU alone; on another device they panic, so the layers ask first.

mod backward;
mod convolution;
mod cross_entropy;
mod linear;
mod norm;

use std::borrow::Cow;

use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, backend_extension};
use burn::tensor::{Tensor, TensorData};
use burn_flex::FlexTensor;

use super::conv::{Conv, Line};
use super::linear::Linear;
use super::norm::{Moments, Norm};

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

    /// See [`linear`].
    fn linear(
        input: FloatTensor<Self>,
        weights: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        linear: Linear,
    ) -> FloatTensor<Self>;

    /// See [`batch_norm`].
    fn batch_norm(
        input: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        norm: Norm,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);

    /// See [`cross_entropy`].
    fn cross_entropy(logits: FloatTensor<Self>, targets: FloatTensor<Self>) -> FloatTensor<Self>;
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

/// A convolution whose sums are scaled and shifted, `[filter]`, of an input that keeps no graph; `None` where it keeps
/// one.
pub fn convolve_line(
    input: Tensor<4>,
    weights: Tensor<4>,
    line: Line<'_>,
    conv: &Conv,
) -> Option<Tensor<4>> {
    let input = input.try_into_primitive::<Flex>().ok()?;
    let weights = weights.try_into_primitive::<Flex>().ok()?;
    let (output, _) = convolution::pass(&input, &weights, line, conv);
    Some(Tensor::from_primitive::<Flex>(output))
}

/// A fully connected layer: `[batch, input]` to `[batch, unit]`. Weights `[input, unit]`, bias `[unit]`.
pub fn linear(input: Tensor<2>, weights: Tensor<2>, bias: Tensor<1>, linear: Linear) -> Tensor<2> {
    let (input, weights, bias) = (
        input.into_dispatch(),
        weights.into_dispatch(),
        bias.into_dispatch(),
    );
    Tensor::from_dispatch(<Dispatch as CpuOps>::linear(input, weights, bias, linear))
}

/// Batch normalisation in training, `[batch, channel, …]` to the same, with each channel's mean and biased variance,
/// which have no gradients. Scale and shift `[channel]`.
pub fn batch_norm<const D: usize>(
    input: Tensor<D>,
    scale: Tensor<1>,
    shift: Tensor<1>,
    norm: Norm,
) -> (Tensor<D>, Tensor<1>, Tensor<1>) {
    let (input, scale, shift) = (
        input.into_dispatch(),
        scale.into_dispatch(),
        shift.into_dispatch(),
    );
    let (output, mean, variance) = <Dispatch as CpuOps>::batch_norm(input, scale, shift, norm);
    (
        Tensor::from_dispatch(output),
        Tensor::from_dispatch(mean),
        Tensor::from_dispatch(variance),
    )
}

/// −Σ targets · log softmax(logits), `[1]`, of logits and targets `[batch, class]`. The targets have no gradient.
pub fn cross_entropy(logits: Tensor<2>, targets: Tensor<2>) -> Tensor<1> {
    let (logits, targets) = (logits.into_dispatch(), targets.into_dispatch());
    Tensor::from_dispatch(<Dispatch as CpuOps>::cross_entropy(logits, targets))
}

/// Batch normalisation by given scale, shift, mean and variance, `[channel]`, of an input that keeps no graph; `None`
/// where it keeps one.
pub fn normalise<const D: usize>(
    input: Tensor<D>,
    given: [&Tensor<1>; 4],
    norm: Norm,
) -> Option<Tensor<D>> {
    let input = input.try_into_primitive::<Flex>().ok()?;
    let [scale, shift, mean, variance] = given.map(|given| {
        let given = given.to_data();
        given.iter::<f32>().collect::<Vec<f32>>()
    });
    let moments = Moments { mean, variance };
    let output = super::norm::apply(&norm, &numbers(&input), &scale, &shift, &moments);
    Some(Tensor::from_primitive::<Flex>(like(output, &input)))
}

/// Changes a tensor of the CPU that keeps no graph, given another one of as many numbers.
pub fn change<const D: usize>(
    changed: Tensor<D>,
    given: Tensor<D>,
    change: impl FnOnce(&mut [f32], &[f32]),
) -> Tensor<D> {
    let primitive = |tensor: Tensor<D>| match tensor.try_into_primitive::<Flex>() {
        Ok(tensor) => tensor,
        Err(error) => panic!("a tensor that is not the CPU's: {error:?}"),
    };
    let (mut changed, given) = (primitive(changed), primitive(given));
    if changed.as_slice::<f32>().map(<[f32]>::len) != Some(changed.storage::<f32>().len()) {
        changed = changed.to_contiguous();
    }
    change(changed.storage_mut(), &numbers(&given));
    Tensor::from_primitive::<Flex>(changed)
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

/// A tensor shaped like another one.
fn like(numbers: Vec<f32>, other: &FlexTensor) -> FlexTensor {
    tensor(numbers, other.layout().shape().clone())
}

impl CpuOps for Flex {
    fn convolve(
        input: FlexTensor,
        weights: FlexTensor,
        bias: FlexTensor,
        conv: Conv,
    ) -> FlexTensor {
        convolution::pass(&input, &weights, Line::bias(&numbers(&bias)), &conv).0
    }

    fn linear(
        input: FlexTensor,
        weights: FlexTensor,
        bias: FlexTensor,
        linear: Linear,
    ) -> FlexTensor {
        linear::pass(&input, &weights, &bias, &linear)
    }

    fn batch_norm(
        input: FlexTensor,
        scale: FlexTensor,
        shift: FlexTensor,
        norm: Norm,
    ) -> (FlexTensor, FlexTensor, FlexTensor) {
        let (output, moments) = norm::pass(&input, &scale, &shift, &norm);
        let [mean, variance] = norm::tensors(&moments);
        (output, mean, variance)
    }

    fn cross_entropy(logits: FlexTensor, targets: FlexTensor) -> FlexTensor {
        cross_entropy::pass(&logits, &targets).0
    }
}

type Tracked<C> = FloatTensor<Autodiff<Flex, C>>;

impl<C: CheckpointStrategy> CpuOps for Autodiff<Flex, C> {
    fn convolve(
        input: Tracked<C>,
        weights: Tracked<C>,
        bias: Tracked<C>,
        conv: Conv,
    ) -> Tracked<C> {
        convolution::with_graph::<C>(input, weights, bias, conv)
    }

    fn linear(
        input: Tracked<C>,
        weights: Tracked<C>,
        bias: Tracked<C>,
        linear: Linear,
    ) -> Tracked<C> {
        linear::with_graph::<C>(input, weights, bias, linear)
    }

    fn batch_norm(
        input: Tracked<C>,
        scale: Tracked<C>,
        shift: Tracked<C>,
        norm: Norm,
    ) -> (Tracked<C>, Tracked<C>, Tracked<C>) {
        norm::with_graph::<C>(input, scale, shift, norm)
    }

    fn cross_entropy(logits: Tracked<C>, targets: Tracked<C>) -> Tracked<C> {
        cross_entropy::with_graph::<C>(logits, targets)
    }
}
