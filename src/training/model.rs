//! A checked network as burn modules.

use burn::module::{Module, ModuleVisitor, Param, ParamId};
use burn::tensor::{Device, Tensor, TensorData, activation};

use super::layers::{Activations, Find, Layer, Mode};
use super::weights::{NamedTensor, Weights, WeightsError};
use crate::dataset::{Stream, generator};
use crate::network::{Activation, CheckedLayer, Head, Network, Shape};

/// What is computed together with a layer.
#[derive(Clone, Copy, Debug)]
enum Together {
    Alone,
    /// The layer behind it.
    Next,
    /// Once the weights are fixed, the batch norm behind it, and the relu behind that if `cut`.
    Norm {
        cut: bool,
    },
}

/// The layers of a network with their weights on a device.
#[derive(Module, Debug)]
pub struct Model {
    layers: Vec<Layer>,
    #[module(skip)]
    names: Vec<String>,
    /// Where each layer's inputs come from: 0 is the image, k the output of layer k − 1.
    #[module(skip)]
    sources: Vec<Vec<usize>>,
    /// The layer after which an output is needed no more, by output; as in `sources`.
    #[module(skip)]
    last_use: Vec<usize>,
    /// What of the layers behind each is computed together with it, where nobody looks in between.
    #[module(skip)]
    together: Vec<Together>,
    /// Each layer's own weight decay.
    #[module(skip)]
    decays: Vec<f64>,
    #[module(skip)]
    head: Head,
}

/// The parameters that weight decay acts on: weights, and neither biases nor the scales of a norm.
#[derive(Default)]
struct Decaying(Vec<ParamId>);

impl ModuleVisitor for Decaying {
    fn visit_float<const D: usize>(&mut self, parameter: &Param<Tensor<D>>) {
        if D > 1 {
            self.0.push(parameter.id);
        }
    }
}

impl Default for Model {
    /// Without layers.
    fn default() -> Self {
        Self {
            layers: Vec::new(),
            names: Vec::new(),
            sources: Vec::new(),
            last_use: Vec::new(),
            together: Vec::new(),
            decays: Vec::new(),
            head: Head::Other,
        }
    }
}

impl Model {
    /// Draws start weights from `seed`: the same numbers on every device.
    pub fn new(network: &Network, seed: u64, device: &Device) -> Self {
        let mut rng = generator(seed, Stream::Weights);
        let last = network.layers().len().saturating_sub(1);
        let mut layers = Vec::with_capacity(network.layers().len());
        for (index, layer) in network.layers().iter().enumerate() {
            let activation = applied(layer, (index == last).then(|| network.head()));
            layers.push(Layer::new(layer, activation, &mut rng, device));
        }
        let names = network.layers().iter().map(|l| l.name().to_owned());
        let sources = network.layers().iter().map(|l| l.sources().to_vec());
        let sources: Vec<Vec<usize>> = sources.collect();
        let mut last_use = vec![usize::MAX; layers.len() + 1];
        for (index, taken) in sources.iter().enumerate() {
            for source in taken {
                last_use[*source] = index;
            }
        }
        // The layer behind another one, where no other takes the output between them.
        let behind = |index: usize| {
            let output = index + 1;
            let alone = last_use[output] == output && sources.get(output) == Some(&vec![output]);
            layers.get(output).filter(|_| alone)
        };
        let together = (0..layers.len()).map(|index| match behind(index) {
            Some(next) if layers[index].pairs_with(next) => Together::Next,
            Some(norm) if layers[index].norms_with(norm) => Together::Norm {
                cut: behind(index + 1).is_some_and(|next| norm.pairs_with(next)),
            },
            _ => Together::Alone,
        });
        let together = together.collect();
        let decays = network.layers().iter();
        let decays = decays.map(|layer| layer.layer().real("weight_decay"));
        Self {
            layers,
            names: names.collect(),
            decays: decays.collect(),
            sources,
            last_use,
            together,
            head: network.head(),
        }
    }

    /// The output of the last layer, `[batch, outputs]`, for pixels `[batch, channel, height,
    /// width]`: logits where a softmax or sigmoid folds into the loss.
    pub fn forward(&self, pixels: Tensor<4>, mode: &mut Mode<'_>) -> Tensor<2> {
        self.run(pixels, mode, None::<fn(usize, &Activations)>)
    }

    /// As [`Self::forward`], showing what every layer puts out on the way.
    pub fn forward_each(
        &self,
        pixels: Tensor<4>,
        mode: &mut Mode<'_>,
        each: impl FnMut(usize, &Activations),
    ) -> Tensor<2> {
        self.run(pixels, mode, Some(each))
    }

    fn run(
        &self,
        pixels: Tensor<4>,
        mode: &mut Mode<'_>,
        mut each: Option<impl FnMut(usize, &Activations)>,
    ) -> Tensor<2> {
        let mut flows: Vec<Option<Activations>> = Vec::with_capacity(self.layers.len() + 1);
        flows.push(Some(Activations::Maps(pixels)));
        for (index, (layer, sources)) in self.layers.iter().zip(&self.sources).enumerate() {
            // Computed together with the one before.
            if flows.len() > index + 1 {
                continue;
            }
            let inputs = sources.iter().enumerate().filter_map(|(place, source)| {
                // What nobody else needs is not kept; a join may take the same output twice.
                let again = sources[place + 1..].contains(source);
                if self.last_use[*source] == index && !again {
                    flows[*source].take()
                } else {
                    flows[*source].clone()
                }
            });
            let inputs: Vec<Activations> = inputs.collect();
            if let Some(each) = &mut each {
                let flow = layer.forward(inputs, mode);
                each(index, &flow);
                flows.push(Some(flow));
            } else {
                let (flow, more) = self.several(index, inputs, mode);
                flows.extend(std::iter::repeat_with(|| None).take(more));
                flows.push(Some(flow));
            }
        }
        // The last layer's output has no further use, and every network has a layer.
        match flows.pop().flatten() {
            Some(flow) => flow.flatten(),
            None => panic!("a network without layers was not refused"),
        }
    }

    /// The output of a layer and of those that are computed together with it, and how many these are.
    fn several(
        &self,
        index: usize,
        mut inputs: Vec<Activations>,
        mode: &mut Mode<'_>,
    ) -> (Activations, usize) {
        let layer = &self.layers[index];
        match (self.together[index], inputs.pop()) {
            (Together::Next, Some(input)) => return (layer.forward_paired(input, mode), 1),
            (Together::Norm { cut }, Some(input)) => {
                // In training the norm is that of the batch.
                if matches!(mode, Mode::Inference)
                    && let Some(flow) = layer.forward_normed(&input, &self.layers[index + 1], cut)
                {
                    return (flow, 1 + usize::from(cut));
                }
                inputs.push(input);
            }
            (Together::Alone, input) => inputs.extend(input),
            (_, None) => {}
        }
        (layer.forward(inputs, mode), 0)
    }

    /// What the last layer's own activation makes of its output, `[batch, outputs]`.
    pub fn activated(&self, outputs: Tensor<2>) -> Tensor<2> {
        activated(self.head, outputs)
    }

    /// The name of every layer, in order.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// All weights on the host, by name, in the order of the layers.
    pub fn tensors(&self) -> Vec<NamedTensor> {
        let named = self.layers.iter().zip(&self.names);
        named
            .flat_map(|(layer, name)| layer.tensors(name))
            .collect()
    }

    /// The weights whose layer has a weight decay of its own, with it.
    pub fn decays(&self) -> Vec<(ParamId, f64)> {
        let mut decays = Vec::new();
        let layers = self.layers.iter().zip(&self.decays);
        for (layer, decay) in layers.filter(|(_, decay)| **decay > 0.0) {
            let mut weights = Decaying::default();
            layer.visit(&mut weights);
            decays.extend(weights.0.into_iter().map(|id| (id, *decay)));
        }
        decays
    }

    /// The gradients of a backward pass, named and laid out as [`Self::tensors`].
    pub fn gradients(&self, gradients: &burn::tensor::Gradients) -> Vec<NamedTensor> {
        let named = self.layers.iter().zip(&self.names);
        named
            .flat_map(|(layer, name)| layer.gradients(name, gradients))
            .collect()
    }

    /// Replaces every weight.
    ///
    /// # Errors
    /// A tensor is missing or of another shape.
    pub fn load(self, weights: &Weights, device: &Device) -> Result<Self, WeightsError> {
        self.load_with(device, &mut |name, shape| weights.find(name, shape))
    }

    /// As [`Self::load`], from whatever gives a tensor of a name and shape.
    pub(super) fn load_with(self, device: &Device, find: &mut Find) -> Result<Self, WeightsError> {
        let mut layers = Vec::with_capacity(self.layers.len());
        for (layer, name) in self.layers.iter().zip(&self.names) {
            layers.push(layer.clone().load(name, device, find)?);
        }
        Ok(Self { layers, ..self })
    }
}

/// The function that a layer applies: none where it is the last one, with this head, and the loss takes care
/// of it.
pub fn applied(layer: &CheckedLayer, head: Option<Head>) -> Activation {
    if matches!(head, Some(Head::Softmax | Head::Sigmoid)) {
        Activation::Linear
    } else {
        layer.layer().activation()
    }
}

/// What the head makes of the last layer's output, `[batch, outputs]`.
pub fn activated(head: Head, outputs: Tensor<2>) -> Tensor<2> {
    match head {
        Head::Softmax => activation::softmax(outputs, 1),
        Head::Sigmoid => activation::sigmoid(outputs),
        Head::Linear | Head::Other => outputs,
    }
}

/// Pixels on a device, `[batch, channel, height, width]`.
pub fn to_device(pixels: Vec<f32>, batch: usize, input: Shape, device: &Device) -> Tensor<4> {
    let (height, width, channels) = match input {
        Shape::Maps {
            height,
            width,
            channels,
        } => (height, width, channels),
        Shape::Vector { units } => (1, units, 1),
        Shape::Sequence { length, features } => (length, features, 1),
    };
    Tensor::from_data(
        TensorData::new(pixels, [batch, channels, height, width]),
        device,
    )
}

/// The probability of each class for one row of activated outputs; they sum to 1.
///
/// One unit stands for the second of two classes. Outputs that are no distribution (one sigmoid a
/// class, linear outputs under mean squared error) are cut at 0 and divided by their sum.
pub fn probabilities(head: Head, activated: &[f32]) -> Vec<f32> {
    if let [positive] = activated {
        let positive = positive.clamp(0.0, 1.0);
        return vec![1.0 - positive, positive];
    }
    if head == Head::Softmax {
        return activated.to_vec();
    }
    let cut: Vec<f32> = activated.iter().map(|value| value.max(0.0)).collect();
    let sum: f32 = cut.iter().sum();
    if sum > 0.0 {
        cut.iter().map(|value| value / sum).collect()
    } else {
        vec![1.0 / activated.len().max(1) as f32; activated.len()]
    }
}

/// Index of the predicted class for one row of activated outputs: the largest output, or for one
/// unit the second class above one half.
pub fn predicted(activated: &[f32]) -> usize {
    if let [positive] = activated {
        return usize::from(*positive > 0.5);
    }
    let mut best = 0;
    for (index, value) in activated.iter().enumerate() {
        if *value > activated[best] {
            best = index;
        }
    }
    best
}
