//! The optimiser in Keras, with the settings that come nearest to PyTorch's meaning.

use super::super::marked::identifier;
use super::super::{decays, python};
use crate::network::Network;
use crate::project::Optimizer;

/// The function `optimiser`, and what it needs.
pub fn write(network: &Network, optimizer: &Optimizer) -> String {
    let (name, settings, decay) = python::optimiser(optimizer, &WORDS);
    let decoupled = matches!(optimizer, Optimizer::AdamW { .. });
    let own = decays(network);
    let note = note(optimizer);
    if !own && (decoupled || decay == 0.0) {
        let decay = if decoupled {
            format!(", weight_decay={decay:?}")
        } else {
            String::new()
        };
        return format!(
            "def optimiser():\n{note}    return keras.optimizers.{name}(learning_rate=LEARNING_RATE, {settings}{decay})"
        );
    }
    let layers = network.layers().iter().filter_map(|layer| {
        let decay = layer.layer().real("weight_decay");
        (decay > 0.0).then(|| format!("    \"{}\": {decay:?},\n", identifier(layer.name())))
    });
    let layers: String = layers.collect();
    let (base, help, step) = if decoupled {
        (
            "Adam",
            "Takes the weight decay off the weights themselves, as PyTorch's AdamW does.",
            "        variable.assign(variable * (1 - learning_rate * decay_of(variable)))\n        super().update_step(gradient, variable, learning_rate)",
        )
    } else {
        (
            name,
            "Adds the weight decay to the gradient, as PyTorch does.",
            "        super().update_step(gradient + decay_of(variable) * variable, variable, learning_rate)",
        )
    };
    format!(
        "WEIGHT_DECAY = {decay:?}\n# More for the weights, not the biases, of single layers.\nOWN_DECAY = {{\n{layers}}}\n\n\n\
         def decay_of(variable):\n    *_, layer, name = variable.path.split(\"/\")\n    more = OWN_DECAY.get(layer, 0.0) if \"bias\" not in name else 0.0\n    return WEIGHT_DECAY + more\n\n\n\
         class Decaying(keras.optimizers.{base}):\n    \"\"\"{help}\"\"\"\n\n    def update_step(self, gradient, variable, learning_rate):\n{step}\n\n\n\
         def optimiser():\n{note}    return Decaying(learning_rate=LEARNING_RATE, {settings})"
    )
}

const WORDS: python::Words = python::Words {
    betas: |first, second| format!("beta_1={first:?}, beta_2={second:?}"),
    epsilon: "epsilon",
    alpha: "rho",
    under_root: true,
};

/// Where Keras computes otherwise than PyTorch.
fn note(optimizer: &Optimizer) -> &'static str {
    match optimizer {
        Optimizer::Sgd { .. } => "",
        Optimizer::Adam { .. } | Optimizer::AdamW { .. } => {
            "    # Keras adds epsilon before it corrects the bias of the first steps, PyTorch after\n"
        }
        Optimizer::RmsProp { .. } => {
            "    # Keras adds epsilon under the root, PyTorch after it: so its square\n"
        }
    }
}
