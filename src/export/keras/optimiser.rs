//! The optimiser in Keras, with the settings that come nearest to PyTorch's meaning.

use super::super::decays;
use super::super::marked::identifier;
use crate::network::Network;
use crate::project::Optimizer;

/// The function `optimiser`, and what it needs.
pub fn write(network: &Network, optimizer: &Optimizer) -> String {
    let (name, settings, decay, note) = settings(optimizer);
    let decoupled = matches!(optimizer, Optimizer::AdamW { .. });
    let own = decays(network);
    let note = note.map_or_else(String::new, |note| format!("    # {note}\n"));
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

/// Class, arguments, weight decay, and what is to be said of them.
fn settings(optimizer: &Optimizer) -> (&'static str, String, f64, Option<&'static str>) {
    const EPSILON: &str =
        "Keras adds epsilon before it corrects the bias of the first steps, PyTorch after";
    match *optimizer {
        Optimizer::Sgd {
            momentum,
            nesterov,
            weight_decay,
        } => {
            let nesterov = if nesterov { ", nesterov=True" } else { "" };
            (
                "SGD",
                format!("momentum={momentum:?}{nesterov}"),
                weight_decay,
                None,
            )
        }
        Optimizer::Adam {
            beta1,
            beta2,
            epsilon,
            weight_decay,
        } => {
            let settings = format!("beta_1={beta1:?}, beta_2={beta2:?}, epsilon={epsilon:?}");
            ("Adam", settings, weight_decay, Some(EPSILON))
        }
        Optimizer::AdamW {
            beta1,
            beta2,
            epsilon,
            weight_decay,
        } => {
            let settings = format!("beta_1={beta1:?}, beta_2={beta2:?}, epsilon={epsilon:?}");
            ("AdamW", settings, weight_decay, Some(EPSILON))
        }
        Optimizer::RmsProp {
            alpha,
            epsilon,
            momentum,
            weight_decay,
            centered,
        } => {
            let centered = if centered { ", centered=True" } else { "" };
            let squared = epsilon * epsilon;
            let settings =
                format!("rho={alpha:?}, momentum={momentum:?}, epsilon={squared:?}{centered}");
            let note = "Keras adds epsilon under the root, PyTorch after it: so its square";
            ("RMSprop", settings, weight_decay, Some(note))
        }
    }
}
