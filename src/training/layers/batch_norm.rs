//! Batch normalisation with PyTorch's running statistics (unbiased variance; burn's own keeps the
//! biased one). Ioffe and Szegedy 2015, "Batch Normalization".

use burn::module::{Module, Param, RunningState};
use burn::tensor::module::{batch_norm, batch_norm_train};
use burn::tensor::{Device, Gradients, Tensor, TensorData};

use super::learning::{Find, Learning};
use super::{Mode, learnt};
use crate::network::CheckedLayer;
use crate::training::weights::{NamedTensor, WeightsError};

#[derive(Module, Debug)]
pub struct BatchNorm {
    /// γ, `[channels]`
    weight: Param<Tensor<1>>,
    /// β, `[channels]`
    bias: Param<Tensor<1>>,
    running_mean: RunningState<Tensor<1>>,
    running_var: RunningState<Tensor<1>>,
    #[module(skip)]
    epsilon: f64,
    /// Weight of the new batch in the running statistics.
    #[module(skip)]
    momentum: f64,
}

impl BatchNorm {
    pub fn new(layer: &CheckedLayer, device: &Device) -> Self {
        let channels = layer.input().features();
        let filled = |value: f32| TensorData::new(vec![value; channels], [channels]);
        Self {
            weight: Param::from_data(filled(1.0), device),
            bias: Param::from_data(filled(0.0), device),
            running_mean: RunningState::new(Tensor::from_data(filled(0.0), device)),
            running_var: RunningState::new(Tensor::from_data(filled(1.0), device)),
            epsilon: layer.layer().real("epsilon"),
            momentum: layer.layer().real("momentum"),
        }
    }

    /// Normalises over everything but dimension 1. Same shape out as in.
    pub fn forward<const D: usize>(&self, input: Tensor<D>, mode: &Mode<'_>) -> Tensor<D> {
        let (weight, bias) = (self.weight.val(), self.bias.val());
        if matches!(mode, Mode::Inference) {
            let mean = self.running_mean.value();
            let variance = self.running_var.value();
            return batch_norm(input, weight, bias, mean, variance, self.epsilon);
        }
        let dims = input.dims();
        let count = dims.iter().product::<usize>() / dims[1].max(1);
        // A batch with one value a channel has no unbiased variance; the biased one is 0.
        let unbiased = count as f64 / count.saturating_sub(1).max(1) as f64;
        let result = batch_norm_train(input, weight, bias, self.epsilon);
        let mix = |old: Tensor<1>, new: Tensor<1>| {
            (old * (1.0 - self.momentum) + new.detach() * self.momentum).detach()
        };
        let mean = mix(self.running_mean.value_sync(), result.mean);
        let variance = mix(self.running_var.value_sync(), result.variance * unbiased);
        self.running_mean.update(mean);
        self.running_var.update(variance);
        result.output
    }
}

impl Learning for BatchNorm {
    fn tensors(&self, name: &str) -> Vec<NamedTensor> {
        vec![
            NamedTensor::new(format!("{name}.weight"), self.weight.val()),
            NamedTensor::new(format!("{name}.bias"), self.bias.val()),
            NamedTensor::new(
                format!("{name}.running_mean"),
                self.running_mean.value_sync(),
            ),
            NamedTensor::new(format!("{name}.running_var"), self.running_var.value_sync()),
        ]
    }

    fn gradients(&self, name: &str, gradients: &Gradients) -> Vec<NamedTensor> {
        let weight = self.weight.val().grad(gradients);
        learnt(name, weight, self.bias.val().grad(gradients))
    }

    fn load(mut self, name: &str, device: &Device, find: &mut Find) -> Result<Self, WeightsError> {
        let channels = self.weight.val().dims();
        let mut read = |part: &str| {
            find(&format!("{name}.{part}"), &channels)
                .map(|values| TensorData::new(values, channels))
        };
        self.weight = Param::from_data(read("weight")?, device);
        self.bias = Param::from_data(read("bias")?, device);
        self.running_mean = RunningState::new(Tensor::from_data(read("running_mean")?, device));
        self.running_var = RunningState::new(Tensor::from_data(read("running_var")?, device));
        Ok(self)
    }
}
