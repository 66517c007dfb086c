//! Normalisation of groups of channels, image by image (Wu and He 2018, "Group normalization"); with a group a
//! channel it is instance normalisation (Ulyanov et al. 2016, "Instance normalization").

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};

use super::Each;
use super::channels::{along_channels, standardised};
use super::learning::{Learning, Visitor, filled};
use crate::network::{CheckedLayer, Kind};

#[derive(Module, Debug)]
pub struct GroupNorm {
    /// γ, `[channels]`; none where nothing is learnt
    weight: Option<Param<Tensor<1>>>,
    /// β, `[channels]`
    bias: Option<Param<Tensor<1>>>,
    #[module(skip)]
    groups: usize,
    #[module(skip)]
    epsilon: f64,
}

impl GroupNorm {
    pub fn new(layer: &CheckedLayer, device: &Device) -> Self {
        let (settings, channels) = (layer.layer(), layer.input().features());
        let instance = settings.kind() == Kind::InstanceNorm;
        let learns = !instance || settings.flag("affine");
        Self {
            weight: learns.then(|| filled(1.0, channels, device)),
            bias: learns.then(|| filled(0.0, channels, device)),
            groups: if instance {
                channels
            } else {
                settings.int("groups")
            },
            epsilon: settings.real("epsilon"),
        }
    }
}

impl Each for &GroupNorm {
    /// `[batch, channel, …]`, same shape out as in.
    fn each<const D: usize>(self, input: Tensor<D>) -> Tensor<D> {
        let shape = input.dims();
        let size = shape.iter().skip(1).product::<usize>() / self.groups.max(1);
        let groups = input.reshape([shape[0], self.groups, size]);
        let mut output = standardised(groups, 2, self.epsilon).reshape(shape);
        if let Some(weight) = &self.weight {
            output = output * along_channels(weight.val());
        }
        if let Some(bias) = &self.bias {
            output = output + along_channels(bias.val());
        }
        output
    }
}

impl Learning for GroupNorm {
    fn show<V: Visitor>(&mut self, visitor: &mut V) -> Result<(), V::Fault> {
        visitor.learnt_if_any("weight", self.weight.as_mut())?;
        visitor.learnt_if_any("bias", self.bias.as_mut())
    }
}
