//! The pixels of a batch on their way to a device: the one place where they become a tensor.

use burn::tensor::{Device, Tensor, TensorData};

use crate::dataset::{Form, InputSize, Normaliser, Pixels};

/// The form in which images come quickest to that device.
pub(super) fn form(_device: &Device) -> Form {
    Form::Numbers
}

/// Pixels `[batch, channel, height, width]` of a network's input on a device, moved and normalised.
pub(super) fn tensor(
    pixels: Pixels,
    batch: usize,
    input: InputSize,
    normaliser: &Normaliser,
    device: &Device,
) -> Tensor<4> {
    let numbers = match pixels {
        Pixels::Numbers(numbers) => numbers,
        Pixels::Bytes(planes) => {
            let mut numbers = Vec::new();
            normaliser.append(&planes.bytes, input.height * input.width, &mut numbers);
            numbers
        }
    };
    let shape = [batch, input.channels, input.height, input.width];
    Tensor::from_data(TensorData::new(numbers, shape), device)
}
