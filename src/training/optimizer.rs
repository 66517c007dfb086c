//! A recipe's optimiser: burn's on a GPU, with PyTorch's meaning of the settings (burn's own defaults differ: ε,
//! momentum, dampening), and on the CPU our own, in one pass over the weights.

use std::collections::BTreeMap;

use burn::module::{ParamGroup, ParamId};
use burn::optim::decay::WeightDecayConfig;
use burn::optim::momentum::MomentumConfig;
use burn::optim::{
    self, AdamConfig, AdamWConfig, LearningRate, ModuleOptimizer, RecordState, RmsPropConfig,
    SgdConfig, StateSink, StateSource,
};
use burn::tensor::{Device, Tensor};

use super::cpu::ops::change;
use super::cpu::update::Memory;
use super::device::is_cpu;
use crate::project::Optimizer;

/// A rule for some parameters.
#[derive(Clone)]
struct Rule<O> {
    settings: Optimizer,
    elsewhere: O,
}

/// What a rule remembers of a parameter.
#[derive(Clone)]
enum State<S> {
    Cpu(Memory),
    Elsewhere(S),
}

impl<S: RecordState> RecordState for State<S> {
    // A run that goes on begins its optimiser anew: nothing is written.
    fn state_flatten(&self, _prefix: &str, _out: &mut StateSink) {}

    fn state_unflatten(_prefix: &str, _src: &mut StateSource, _device: &Device) -> Option<Self> {
        None
    }
}

impl<O: optim::Optimizer> optim::Optimizer for Rule<O> {
    type State<const D: usize> = State<O::State<D>>;

    fn step<const D: usize>(
        &self,
        rate: LearningRate,
        tensor: Tensor<D>,
        gradient: Tensor<D>,
        state: Option<Self::State<D>>,
    ) -> (Tensor<D>, Option<Self::State<D>>) {
        if !is_cpu(&tensor.device()) {
            let state = match state {
                Some(State::Elsewhere(state)) => Some(state),
                _ => None,
            };
            let (tensor, state) = self.elsewhere.step(rate, tensor, gradient, state);
            return (tensor, state.map(State::Elsewhere));
        }
        let mut memory = match state {
            Some(State::Cpu(memory)) => memory,
            _ => Memory::default(),
        };
        let tensor = change(tensor, gradient, |weights, gradient| {
            memory.update(&self.settings, rate, weights, gradient);
        });
        (tensor, Some(State::Cpu(memory)))
    }

    fn to_device<const D: usize>(state: Self::State<D>, device: &Device) -> Self::State<D> {
        match state {
            State::Elsewhere(state) => State::Elsewhere(O::to_device(state, device)),
            state => state,
        }
    }
}

fn decay(weight_decay: f64) -> Option<WeightDecayConfig> {
    (weight_decay > 0.0).then(|| WeightDecayConfig::new(weight_decay as f32))
}

/// PyTorch's momentum, which has no dampening.
fn momentum_of(momentum: f64, nesterov: bool) -> Option<MomentumConfig> {
    (momentum > 0.0).then_some(MomentumConfig {
        momentum,
        dampening: 0.0,
        nesterov,
    })
}

/// An optimiser with empty state. `decays` are the parameters with a weight decay of their own, which comes on
/// top of the optimiser's: a parameter group in PyTorch's words. Added to the gradient (L2), or taken off the
/// weights themselves by AdamW.
pub fn new(optimizer: &Optimizer, decays: &[(ParamId, f64)]) -> ModuleOptimizer {
    match *optimizer {
        Optimizer::Sgd {
            momentum, nesterov, ..
        } => {
            let config = SgdConfig::new().with_momentum(momentum_of(momentum, nesterov));
            in_groups(optimizer, decays, |total| {
                config.clone().with_weight_decay(decay(total)).build()
            })
        }
        Optimizer::Adam {
            beta1,
            beta2,
            epsilon,
            ..
        } => {
            let config = AdamConfig::new()
                .with_beta_1(beta1 as f32)
                .with_beta_2(beta2 as f32)
                .with_epsilon(epsilon as f32);
            in_groups(optimizer, decays, |total| {
                config.clone().with_weight_decay(decay(total)).build()
            })
        }
        Optimizer::AdamW {
            beta1,
            beta2,
            epsilon,
            ..
        } => {
            let config = AdamWConfig::new()
                .with_beta_1(beta1 as f32)
                .with_beta_2(beta2 as f32)
                .with_epsilon(epsilon as f32);
            in_groups(optimizer, decays, |total| {
                config.clone().with_weight_decay(total as f32).build()
            })
        }
        Optimizer::RmsProp {
            alpha,
            epsilon,
            momentum,
            centered,
            ..
        } => {
            let config = RmsPropConfig::new()
                .with_alpha(alpha as f32)
                .with_momentum(momentum as f32)
                .with_epsilon(epsilon as f32)
                .with_centered(centered);
            in_groups(optimizer, decays, |total| {
                config.clone().with_weight_decay(decay(total)).build()
            })
        }
    }
}

/// One optimiser for all, and others for the parameters with a weight decay of their own: one for each decay.
fn in_groups<O: optim::Optimizer>(
    settings: &Optimizer,
    decays: &[(ParamId, f64)],
    build: impl Fn(f64) -> O,
) -> ModuleOptimizer {
    let everywhere = settings.weight_decay();
    let rule = |total: f64| Rule {
        settings: settings.with_weight_decay(total),
        elsewhere: build(total),
    };
    let mut optimizer = ModuleOptimizer::from(rule(everywhere));
    let mut groups: BTreeMap<u64, Vec<ParamId>> = BTreeMap::new();
    for (id, decay) in decays {
        groups.entry(decay.to_bits()).or_default().push(*id);
    }
    for (bits, ids) in groups {
        let total = everywhere + f64::from_bits(bits);
        optimizer = optimizer.with_group(ParamGroup::from_ids(ids), rule(total), None);
    }
    optimizer
}
