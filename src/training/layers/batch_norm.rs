//! Batch normalisation with PyTorch's running statistics (unbiased variance; burn's own keeps the
//! biased one). Ioffe and Szegedy 2015, "Batch Normalization".

use burn::module::{Module, Param, RunningState};
use burn::tensor::module::{batch_norm, batch_norm_train};
use burn::tensor::{Device, Tensor};

use super::Mode;
use super::learning::{Learning, Visitor, filled};
use crate::network::CheckedLayer;

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
        Self {
            weight: filled(1.0, channels, device),
            bias: filled(0.0, channels, device),
            running_mean: RunningState::new(Tensor::zeros([channels], device)),
            running_var: RunningState::new(Tensor::ones([channels], device)),
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
    fn show<V: Visitor>(&mut self, visitor: &mut V) -> Result<(), V::Fault> {
        visitor.learnt("weight", &mut self.weight)?;
        visitor.learnt("bias", &mut self.bias)?;
        visitor.measured("running_mean", &mut self.running_mean)?;
        visitor.measured("running_var", &mut self.running_var)
    }
}
