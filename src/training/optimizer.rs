//! A recipe's optimiser as burn's, with PyTorch's meaning of the settings (burn's own defaults
//! differ: ε, momentum, dampening).

use std::collections::BTreeMap;

use burn::module::{ParamGroup, ParamId};
use burn::optim::decay::WeightDecayConfig;
use burn::optim::momentum::MomentumConfig;
use burn::optim::{self, AdamConfig, AdamWConfig, ModuleOptimizer, RmsPropConfig, SgdConfig};

use crate::project::Optimizer;

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
            momentum,
            nesterov,
            weight_decay,
        } => {
            let config = SgdConfig::new().with_momentum(momentum_of(momentum, nesterov));
            in_groups(weight_decay, decays, |total| {
                config.clone().with_weight_decay(decay(total)).build()
            })
        }
        Optimizer::Adam {
            beta1,
            beta2,
            epsilon,
            weight_decay,
        } => {
            let config = AdamConfig::new()
                .with_beta_1(beta1 as f32)
                .with_beta_2(beta2 as f32)
                .with_epsilon(epsilon as f32);
            in_groups(weight_decay, decays, |total| {
                config.clone().with_weight_decay(decay(total)).build()
            })
        }
        Optimizer::AdamW {
            beta1,
            beta2,
            epsilon,
            weight_decay,
        } => {
            let config = AdamWConfig::new()
                .with_beta_1(beta1 as f32)
                .with_beta_2(beta2 as f32)
                .with_epsilon(epsilon as f32);
            in_groups(weight_decay, decays, |total| {
                config.clone().with_weight_decay(total as f32).build()
            })
        }
        Optimizer::RmsProp {
            alpha,
            epsilon,
            momentum,
            weight_decay,
            centered,
        } => {
            let config = RmsPropConfig::new()
                .with_alpha(alpha as f32)
                .with_momentum(momentum as f32)
                .with_epsilon(epsilon as f32)
                .with_centered(centered);
            in_groups(weight_decay, decays, |total| {
                config.clone().with_weight_decay(decay(total)).build()
            })
        }
    }
}

/// One optimiser for all, and others for the parameters with a weight decay of their own: one for each decay.
fn in_groups<O: optim::Optimizer>(
    everywhere: f64,
    decays: &[(ParamId, f64)],
    build: impl Fn(f64) -> O,
) -> ModuleOptimizer {
    let mut optimizer = ModuleOptimizer::from(build(everywhere));
    let mut groups: BTreeMap<u64, Vec<ParamId>> = BTreeMap::new();
    for (id, decay) in decays {
        groups.entry(decay.to_bits()).or_default().push(*id);
    }
    for (bits, ids) in groups {
        let total = everywhere + f64::from_bits(bits);
        optimizer = optimizer.with_group(ParamGroup::from_ids(ids), build(total), None);
    }
    optimizer
}
