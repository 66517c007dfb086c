/// What takes its weights from a run's file, where they have PyTorch's names and layouts.
trait Take {
    fn take(&mut self, name: &str, weights: &Weights<'_>) -> Outcome<()>;
}


impl Take for Conv2d {
    fn take(&mut self, name: &str, weights: &Weights<'_>) -> Outcome<()> {
        self.weight = weights.tensor(name, "weight", self.weight.dims())?;
        if let Some(bias) = &mut self.bias {
            *bias = weights.tensor(name, "bias", bias.dims())?;
        }
        Ok(())
    }
}


impl Take for ConvTranspose2d {
    fn take(&mut self, name: &str, weights: &Weights<'_>) -> Outcome<()> {
        self.weight = weights.tensor(name, "weight", self.weight.dims())?;
        if let Some(bias) = &mut self.bias {
            *bias = weights.tensor(name, "bias", bias.dims())?;
        }
        Ok(())
    }
}


impl Take for Linear {
    fn take(&mut self, name: &str, weights: &Weights<'_>) -> Outcome<()> {
        // burn has [inputs, units].
        let [inputs, units] = self.weight.dims();
        let weight = weights.values(name, "weight", [units, inputs])?;
        self.weight = Param::from_tensor(weight.transpose());
        if let Some(bias) = &mut self.bias {
            *bias = weights.tensor(name, "bias", bias.dims())?;
        }
        Ok(())
    }
}


impl Take for BatchNorm {
    fn take(&mut self, name: &str, weights: &Weights<'_>) -> Outcome<()> {
        let shape = self.gamma.dims();
        self.gamma = weights.tensor(name, "weight", shape)?;
        self.beta = weights.tensor(name, "bias", shape)?;
        self.running_mean = RunningState::new(weights.values(name, "running_mean", shape)?);
        self.running_var = RunningState::new(weights.values(name, "running_var", shape)?);
        Ok(())
    }
}


impl Take for LayerNorm {
    fn take(&mut self, name: &str, weights: &Weights<'_>) -> Outcome<()> {
        let shape = self.gamma.dims();
        self.gamma = weights.tensor(name, "weight", shape)?;
        self.beta = Some(weights.tensor(name, "bias", shape)?);
        Ok(())
    }
}


impl Take for GroupNorm {
    fn take(&mut self, name: &str, weights: &Weights<'_>) -> Outcome<()> {
        self.gamma = Some(weights.tensor(name, "weight", [self.num_channels])?);
        self.beta = Some(weights.tensor(name, "bias", [self.num_channels])?);
        Ok(())
    }
}


impl Take for InstanceNorm {
    fn take(&mut self, name: &str, weights: &Weights<'_>) -> Outcome<()> {
        self.gamma = Some(weights.tensor(name, "weight", [self.num_channels])?);
        self.beta = Some(weights.tensor(name, "bias", [self.num_channels])?);
        Ok(())
    }
}


impl Take for MultiHeadAttention {
    fn take(&mut self, name: &str, weights: &Weights<'_>) -> Outcome<()> {
        let features = self.d_model;
        let whole: Tensor<2> = weights.values(name, "in_proj_weight", [3 * features, features])?;
        for (at, part) in [&mut self.query, &mut self.key, &mut self.value].into_iter().enumerate() {
            let rows = whole.clone().narrow(0, at * features, features);
            part.weight = Param::from_tensor(rows.transpose());
            if let Some(bias) = &mut part.bias {
                let whole: Tensor<1> = weights.values(name, "in_proj_bias", [3 * features])?;
                *bias = Param::from_tensor(whole.narrow(0, at * features, features));
            }
        }
        self.output.take(&format!("{name}.out_proj"), weights)
    }
}


/// Where the channels stand: the features of a sequence come last.
fn along_channels<const D: usize>(numbers: Tensor<1>) -> Tensor<D> {
    let mut shape = [1; D];
    shape[if D == 3 { 2 } else { 1 }] = numbers.dims()[0];
    numbers.reshape(shape)
}


/// A learnt factor a channel, unit or feature.
#[derive(Module, Debug)]
struct LayerScale {
    weight: Param<Tensor<1>>,
}

impl LayerScale {
    fn new(channels: usize, initial: f64, device: &Device) -> Self {
        Self {
            weight: Param::from_tensor(Tensor::full([channels], initial, device)),
        }
    }

    fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        x * along_channels(self.weight.val())
    }
}

impl Take for LayerScale {
    fn take(&mut self, name: &str, weights: &Weights<'_>) -> Outcome<()> {
        self.weight = weights.tensor(name, "weight", self.weight.dims())?;
        Ok(())
    }
}


/// A learnt slope a channel, unit or feature for what is negative.
#[derive(Module, Debug)]
struct Prelu {
    weight: Param<Tensor<1>>,
}

impl Prelu {
    fn new(channels: usize, initial: f64, device: &Device) -> Self {
        Self {
            weight: Param::from_tensor(Tensor::full([channels], initial, device)),
        }
    }

    fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        activation::relu(x.clone()) - activation::relu(-x) * along_channels(self.weight.val())
    }
}

impl Take for Prelu {
    fn take(&mut self, name: &str, weights: &Weights<'_>) -> Outcome<()> {
        self.weight = weights.tensor(name, "weight", self.weight.dims())?;
        Ok(())
    }
}


/// Sets whole images (1 axis) or whole maps (2 axes) to 0 at random while training.
#[derive(Module, Debug)]
struct DropWhole {
    rate: f64,
    axes: usize,
}

impl DropWhole {
    fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        let device = x.device();
        if !device.is_autodiff() || self.rate == 0.0 {
            return x;
        }
        let mut shape = [1; D];
        shape[..self.axes].copy_from_slice(&x.dims()[..self.axes]);
        let keep = 1.0 - self.rate;
        x * Tensor::random(shape, Distribution::Bernoulli(keep), &device) / keep
    }
}


/// A filter for each map on its own, then a 1×1 convolution that mixes them.
#[derive(Module, Debug)]
struct SeparableConv2d {
    depthwise: Conv2d,
    pointwise: Conv2d,
}

impl SeparableConv2d {
    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        self.pointwise.forward(self.depthwise.forward(x))
    }
}

impl Take for SeparableConv2d {
    fn take(&mut self, name: &str, weights: &Weights<'_>) -> Outcome<()> {
        self.depthwise.take(&format!("{name}.depthwise"), weights)?;
        let shape = self.pointwise.weight.dims();
        self.pointwise.weight = weights.tensor(name, "pointwise.weight", shape)?;
        if let Some(bias) = &mut self.pointwise.bias {
            *bias = weights.tensor(name, "bias", bias.dims())?;
        }
        Ok(())
    }
}


/// A learnt token before the others.
#[derive(Module, Debug)]
struct ClassToken {
    token: Param<Tensor<1>>,
}

impl ClassToken {
    fn new(features: usize, device: &Device) -> Self {
        let token = Tensor::random([features], Distribution::Normal(0.0, 0.02), device);
        Self {
            token: Param::from_tensor(token),
        }
    }

    fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let [images, _, features] = x.dims();
        let token = self.token.val().reshape([1, 1, features]);
        Tensor::cat(vec![token.expand([images, 1, features]), x], 1)
    }
}

impl Take for ClassToken {
    fn take(&mut self, name: &str, weights: &Weights<'_>) -> Outcome<()> {
        self.token = weights.tensor(name, "token", self.token.dims())?;
        Ok(())
    }
}


/// Adds a learnt vector to each token, by where it stands.
#[derive(Module, Debug)]
struct PositionEmbedding {
    weight: Param<Tensor<2>>,
}

impl PositionEmbedding {
    fn new(length: usize, features: usize, device: &Device) -> Self {
        let weight = Tensor::random([length, features], Distribution::Normal(0.0, 0.02), device);
        Self {
            weight: Param::from_tensor(weight),
        }
    }

    fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        x + self.weight.val().unsqueeze()
    }
}

impl Take for PositionEmbedding {
    fn take(&mut self, name: &str, weights: &Weights<'_>) -> Outcome<()> {
        self.weight = weights.tensor(name, "weight", self.weight.dims())?;
        Ok(())
    }
}
