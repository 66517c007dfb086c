//! What the layers with weights have in common: their tensors as files hold them.

use burn::module::Param;
use burn::tensor::{Device, Gradients, Tensor, TensorData};

use crate::training::weights::{NamedTensor, WeightsError};

/// Gives the values of the tensor of a name and shape.
pub type Find<'a> = dyn FnMut(&str, &[usize]) -> Result<Vec<f32>, WeightsError> + 'a;

/// The weights of a layer: PyTorch's names and layouts, each name after that of the layer and a dot. A layer
/// without weights needs no more than an empty `impl`.
pub trait Learning: Sized {
    /// All that a file keeps: what is learnt, and what is measured while learning.
    fn tensors(&self, _name: &str) -> Vec<NamedTensor> {
        Vec::new()
    }

    /// The gradients of a backward pass, named and laid out as what is learnt of [`Learning::tensors`].
    fn gradients(&self, _name: &str, _gradients: &Gradients) -> Vec<NamedTensor> {
        Vec::new()
    }

    /// Replaces all of them.
    fn load(self, _name: &str, _device: &Device, _find: &mut Find) -> Result<Self, WeightsError> {
        Ok(self)
    }
}

/// A tensor for a file, where there is one.
pub fn named<const D: usize>(
    name: &str,
    part: &str,
    tensor: Option<Tensor<D>>,
) -> Option<NamedTensor> {
    tensor.map(|tensor| NamedTensor::new(format!("{name}.{part}"), tensor))
}

/// A parameter of the same shape with the values of a file.
pub fn found<const D: usize>(
    name: &str,
    part: &str,
    parameter: &Param<Tensor<D>>,
    device: &Device,
    find: &mut Find,
) -> Result<Param<Tensor<D>>, WeightsError> {
    let shape = parameter.val().dims();
    let values = find(&format!("{name}.{part}"), &shape)?;
    Ok(Param::from_data(TensorData::new(values, shape), device))
}

/// As [`found`], of a parameter that a layer may lack.
pub fn found_if_any<const D: usize>(
    name: &str,
    part: &str,
    parameter: Option<&Param<Tensor<D>>>,
    device: &Device,
    find: &mut Find,
) -> Result<Option<Param<Tensor<D>>>, WeightsError> {
    parameter
        .map(|parameter| found(name, part, parameter, device, find))
        .transpose()
}

/// The value of a parameter that a layer may lack.
pub fn value<const D: usize>(parameter: Option<&Param<Tensor<D>>>) -> Option<Tensor<D>> {
    parameter.map(|parameter| parameter.val())
}

/// Its gradient.
pub fn gradient<const D: usize>(
    parameter: Option<&Param<Tensor<D>>>,
    gradients: &Gradients,
) -> Option<Tensor<D>> {
    value(parameter)?.grad(gradients)
}

/// A parameter of `count` equal numbers.
pub fn filled(value: f32, count: usize, device: &Device) -> Param<Tensor<1>> {
    Param::from_data(TensorData::new(vec![value; count], [count]), device)
}
