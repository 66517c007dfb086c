//! Where the channels are: dimension 1 of maps and vectors, the features at the end of a sequence.

use burn::tensor::Tensor;

/// The dimension of the channels in a tensor of rank `D`.
pub fn channel_axis<const D: usize>() -> usize {
    if D == 3 { 2 } else { 1 }
}

/// One number a channel, `[channels]`, as a tensor that multiplies or adds to one of rank `D`.
pub fn along_channels<const D: usize>(numbers: Tensor<1>) -> Tensor<D> {
    let mut shape = [1; D];
    shape[channel_axis::<D>()] = numbers.dims()[0];
    numbers.reshape(shape)
}

/// Mean 0 and (biased) variance 1 over a dimension; same shape out as in.
pub fn standardised<const D: usize>(input: Tensor<D>, axis: usize, epsilon: f64) -> Tensor<D> {
    let centred = input.clone() - input.mean_dim(axis);
    let variance = (centred.clone() * centred.clone()).mean_dim(axis);
    centred / (variance + epsilon).sqrt()
}
