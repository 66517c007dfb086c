//! The first weights in burn, whose default is PyTorch's.

use super::super::marked::mark;
use super::layers::biased;
use crate::network::{CheckedLayer, Initialiser};

/// What makes the initialiser of a layer, and what sets the biases to 0 that burn would draw with it.
pub fn start(layer: &CheckedLayer) -> (String, &'static str) {
    let (kind, gain) = match layer.layer().initialiser() {
        // burn's own.
        Initialiser::Pytorch => return (String::new(), ""),
        Initialiser::GlorotUniform => ("XavierUniform", "gain: 1.0"),
        Initialiser::GlorotNormal => ("XavierNormal", "gain: 1.0"),
        Initialiser::HeUniform => ("KaimingUniform", "gain: SQRT_2, fan_out_only: false"),
        Initialiser::HeNormal => ("KaimingNormal", "gain: SQRT_2, fan_out_only: false"),
    };
    let zero = if biased(layer) { ".zero_bias()" } else { "" };
    (
        format!(".with_initializer(Initializer::{kind} {{ {gain} }})"),
        zero,
    )
}

/// As [`start`], of weights `[first, second, height, width]` that are grouped or transposed: burn counts the outputs
/// of an input in another way than PyTorch, or not at all, and Glorot's initialisers need them.
pub fn start_of(layer: &CheckedLayer, first: usize, second: usize) -> (String, &'static str) {
    let (usual, zero) = start(layer);
    let [height, width] = layer.layer().pair("kernel");
    let fans = ((first + second) * height * width).max(1) as f64;
    let made = match layer.layer().initialiser() {
        Initialiser::GlorotUniform => {
            let bound = mark("bound", format!("{:.6}", (6.0 / fans).sqrt()));
            format!("Uniform {{ min: -{bound}, max: {bound} }}")
        }
        Initialiser::GlorotNormal => {
            let deviation = mark("deviation", format!("{:.6}", (2.0 / fans).sqrt()));
            format!("Normal {{ mean: 0.0, std: {deviation} }}")
        }
        _ => return (usual, zero),
    };
    (format!(".with_initializer(Initializer::{made})"), zero)
}
