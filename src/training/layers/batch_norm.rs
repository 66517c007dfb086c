//! Batch normalisation with PyTorch's running statistics (unbiased variance; burn's own keeps the
//! biased one). Ioffe and Szegedy 2015, "Batch Normalization".

use burn::module::{Module, Param, RunningState};
use burn::tensor::activation::relu;
use burn::tensor::module::{batch_norm, batch_norm_train};
use burn::tensor::{Device, Tensor};

use super::Mode;
use super::learning::{Learning, Visitor, filled};
use crate::network::{CheckedLayer, Shape};
use crate::training::cpu::norm::Norm;
use crate::training::cpu::ops;
use crate::training::device::is_cpu;

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
    /// The same for our own arithmetic, on the CPU: of maps.
    #[module(skip)]
    own: Option<Norm>,
}

impl BatchNorm {
    pub fn new(layer: &CheckedLayer, device: &Device) -> Self {
        let channels = layer.input().features();
        let epsilon = layer.layer().real("epsilon");
        let own = match layer.input() {
            Shape::Maps { height, width, .. } if height * width > 1 => Some(Norm {
                channels,
                area: height * width,
                epsilon: epsilon as f32,
                relu: false,
            }),
            _ => None,
        };
        Self {
            weight: filled(1.0, channels, device),
            bias: filled(0.0, channels, device),
            running_mean: RunningState::new(Tensor::zeros([channels], device)),
            running_var: RunningState::new(Tensor::ones([channels], device)),
            epsilon,
            momentum: layer.layer().real("momentum"),
            own: own.filter(|_| is_cpu(device)),
        }
    }

    /// What it multiplies each channel with and what it adds, by the running moments.
    pub fn line(&self) -> (Vec<f32>, Vec<f32>) {
        let numbers = |tensor: Tensor<1>| tensor.into_data().iter::<f32>().collect::<Vec<f32>>();
        let variance = numbers(self.running_var.value());
        let scale: Vec<f32> = numbers(self.weight.val())
            .iter()
            .zip(variance)
            .map(|(weight, variance)| weight / (variance + self.epsilon as f32).sqrt())
            .collect();
        let shift = numbers(self.bias.val())
            .iter()
            .zip(numbers(self.running_mean.value()))
            .zip(&scale)
            .map(|((bias, mean), scale)| bias - mean * scale)
            .collect();
        (scale, shift)
    }

    /// Whether our own arithmetic computes it, which can cut what is negative at the same time.
    pub fn is_own(&self) -> bool {
        self.own.is_some()
    }

    /// As [`Self::forward`] with a relu behind it, in one pass where [`Self::is_own`].
    pub fn forward_cut(&self, input: Tensor<4>, mode: &Mode<'_>) -> Tensor<4> {
        match self.own {
            Some(own) => self.normalise(input, mode, Some(Norm { relu: true, ..own })),
            None => relu(self.forward(input, mode)),
        }
    }

    /// Normalises over everything but dimension 1. Same shape out as in.
    pub fn forward<const D: usize>(&self, input: Tensor<D>, mode: &Mode<'_>) -> Tensor<D> {
        self.normalise(input, mode, self.own)
    }

    fn normalise<const D: usize>(
        &self,
        input: Tensor<D>,
        mode: &Mode<'_>,
        own: Option<Norm>,
    ) -> Tensor<D> {
        let (weight, bias) = (self.weight.val(), self.bias.val());
        if matches!(mode, Mode::Inference) {
            return self.with_running(input, weight, bias, own);
        }
        let dims = input.dims();
        let count = dims.iter().product::<usize>() / dims[1].max(1);
        // A batch with one value a channel has no unbiased variance; the biased one is 0.
        let unbiased = count as f64 / count.saturating_sub(1).max(1) as f64;
        let (output, mean, variance) = if let Some(own) = own {
            ops::batch_norm(input, weight, bias, own)
        } else {
            let result = batch_norm_train(input, weight, bias, self.epsilon);
            (result.output, result.mean, result.variance)
        };
        let mix = |old: Tensor<1>, new: Tensor<1>| {
            (old * (1.0 - self.momentum) + new.detach() * self.momentum).detach()
        };
        let mean = mix(self.running_mean.value_sync(), mean);
        let variance = mix(self.running_var.value_sync(), variance * unbiased);
        self.running_mean.update(mean);
        self.running_var.update(variance);
        output
    }

    fn with_running<const D: usize>(
        &self,
        input: Tensor<D>,
        weight: Tensor<1>,
        bias: Tensor<1>,
        own: Option<Norm>,
    ) -> Tensor<D> {
        let (mean, variance) = (self.running_mean.value(), self.running_var.value());
        if let Some(own) = own
            && let Some(output) =
                ops::normalise(input.clone(), [&weight, &bias, &mean, &variance], own)
        {
            return output;
        }
        let output = batch_norm(input, weight, bias, mean, variance, self.epsilon);
        if own.is_some_and(|own| own.relu) {
            relu(output)
        } else {
            output
        }
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
