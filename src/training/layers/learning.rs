//! What the layers with weights have in common: each shows its tensors once, and what reads, replaces or asks for
//! their gradients goes over them.

use std::convert::Infallible;

use burn::module::{Param, RunningState};
use burn::tensor::{Device, Gradients, Tensor, TensorData};

use crate::training::weights::{NamedTensor, WeightsError};

/// Gives the values of the tensor of a name and shape.
pub type Find<'a> = dyn FnMut(&str, &[usize]) -> Result<Vec<f32>, WeightsError> + 'a;

/// The weights of a layer: PyTorch's names and layouts. A layer without weights needs no more than an empty `impl`.
pub trait Learning {
    /// Shows every tensor that a file keeps of the layer, by the part of its name after the layer's and a dot.
    ///
    /// # Errors
    /// Those of the visitor.
    fn show<V: Visitor>(&mut self, _visitor: &mut V) -> Result<(), V::Fault> {
        Ok(())
    }
}

/// What goes over the tensors of a layer.
pub trait Visitor {
    /// Why it breaks off.
    type Fault;

    /// Learnt, with a gradient.
    fn learnt<const D: usize>(
        &mut self,
        part: &str,
        parameter: &mut Param<Tensor<D>>,
    ) -> Result<(), Self::Fault>;

    /// A matrix that files hold with its rows as columns.
    fn transposed(
        &mut self,
        part: &str,
        parameter: &mut Param<Tensor<2>>,
    ) -> Result<(), Self::Fault>;

    /// Measured while learning.
    fn measured(
        &mut self,
        part: &str,
        state: &mut RunningState<Tensor<1>>,
    ) -> Result<(), Self::Fault>;

    /// What a layer may lack.
    fn learnt_if_any<const D: usize>(
        &mut self,
        part: &str,
        parameter: Option<&mut Param<Tensor<D>>>,
    ) -> Result<(), Self::Fault> {
        parameter.map_or(Ok(()), |parameter| self.learnt(part, parameter))
    }
}

/// Reads them all, as files hold them.
pub struct Reader<'a> {
    layer: &'a str,
    pub tensors: Vec<NamedTensor>,
}

impl<'a> Reader<'a> {
    pub fn new(layer: &'a str) -> Self {
        Self {
            layer,
            tensors: Vec::new(),
        }
    }

    fn read<const D: usize>(&mut self, part: &str, tensor: Tensor<D>) -> Result<(), Infallible> {
        let name = format!("{}.{part}", self.layer);
        self.tensors.push(NamedTensor::new(name, tensor));
        Ok(())
    }
}

impl Visitor for Reader<'_> {
    type Fault = Infallible;

    fn learnt<const D: usize>(
        &mut self,
        part: &str,
        parameter: &mut Param<Tensor<D>>,
    ) -> Result<(), Infallible> {
        self.read(part, parameter.val())
    }

    fn transposed(
        &mut self,
        part: &str,
        parameter: &mut Param<Tensor<2>>,
    ) -> Result<(), Infallible> {
        self.read(part, parameter.val().transpose())
    }

    fn measured(
        &mut self,
        part: &str,
        state: &mut RunningState<Tensor<1>>,
    ) -> Result<(), Infallible> {
        self.read(part, state.value_sync())
    }
}

/// Reads the gradients of a backward pass, named and laid out as [`Reader`] has what they belong to.
pub struct GradientReader<'a> {
    pub gradients: &'a Gradients,
    pub reader: Reader<'a>,
}

impl Visitor for GradientReader<'_> {
    type Fault = Infallible;

    fn learnt<const D: usize>(
        &mut self,
        part: &str,
        parameter: &mut Param<Tensor<D>>,
    ) -> Result<(), Infallible> {
        let gradient = parameter.val().grad(self.gradients);
        gradient.map_or(Ok(()), |gradient| self.reader.read(part, gradient))
    }

    fn transposed(
        &mut self,
        part: &str,
        parameter: &mut Param<Tensor<2>>,
    ) -> Result<(), Infallible> {
        let gradient = parameter.val().grad(self.gradients);
        gradient.map_or(Ok(()), |it| self.reader.read(part, it.transpose()))
    }

    fn measured(
        &mut self,
        _part: &str,
        _state: &mut RunningState<Tensor<1>>,
    ) -> Result<(), Infallible> {
        Ok(())
    }
}

/// Replaces them all by others of the same shapes.
pub struct Loader<'a, 'b> {
    pub layer: &'a str,
    pub device: &'a Device,
    pub find: &'a mut Find<'b>,
}

impl Loader<'_, '_> {
    fn found<const D: usize>(
        &mut self,
        part: &str,
        shape: [usize; D],
    ) -> Result<TensorData, WeightsError> {
        let values = (self.find)(&format!("{}.{part}", self.layer), &shape)?;
        Ok(TensorData::new(values, shape))
    }
}

impl Visitor for Loader<'_, '_> {
    type Fault = WeightsError;

    fn learnt<const D: usize>(
        &mut self,
        part: &str,
        parameter: &mut Param<Tensor<D>>,
    ) -> Result<(), WeightsError> {
        let found = self.found(part, parameter.val().dims())?;
        *parameter = Param::from_data(found, self.device);
        Ok(())
    }

    fn transposed(
        &mut self,
        part: &str,
        parameter: &mut Param<Tensor<2>>,
    ) -> Result<(), WeightsError> {
        let [rows, columns] = parameter.val().dims();
        let stored = self.found(part, [columns, rows])?;
        let mut values = vec![0.0_f32; rows * columns];
        for (place, value) in stored.iter::<f32>().enumerate() {
            values[place % rows * columns + place / rows] = value;
        }
        *parameter = Param::from_data(TensorData::new(values, [rows, columns]), self.device);
        Ok(())
    }

    fn measured(
        &mut self,
        part: &str,
        state: &mut RunningState<Tensor<1>>,
    ) -> Result<(), WeightsError> {
        let found = self.found(part, state.value_sync().dims())?;
        *state = RunningState::new(Tensor::from_data(found, self.device));
        Ok(())
    }
}

/// The value of a parameter that a layer may lack.
pub fn value<const D: usize>(parameter: Option<&Param<Tensor<D>>>) -> Option<Tensor<D>> {
    parameter.map(Param::val)
}

/// A parameter of `count` equal numbers.
pub fn filled(value: f32, count: usize, device: &Device) -> Param<Tensor<1>> {
    Param::from_data(TensorData::new(vec![value; count], [count]), device)
}
