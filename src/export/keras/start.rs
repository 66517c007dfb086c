//! The first weights in Keras, whose default is Glorot uniform with biases of 0.

use crate::network::{CheckedLayer, Initialiser, Shape};

/// The arguments for weights and biases; empty where Keras's default is meant.
pub fn weights(layer: &CheckedLayer, argument: &str) -> String {
    let mut text = draw(layer, argument);
    let biased = layer.layer().get("bias").is_none() || layer.layer().flag("bias");
    if layer.layer().initialiser() == Initialiser::Pytorch && biased {
        let bound = 1.0 / (fan_in(layer).max(1) as f64).sqrt();
        text.push_str(&format!(
            ", bias_initializer=keras.initializers.RandomUniform(-{bound:.6}, {bound:.6})"
        ));
    }
    text
}

/// The argument for weights.
pub fn draw(layer: &CheckedLayer, argument: &str) -> String {
    // Keras's own normal ones are cut off at two deviations.
    let (scale, mode, distribution) = match layer.layer().initialiser() {
        Initialiser::GlorotUniform => return String::new(),
        Initialiser::GlorotNormal => ("1", "fan_avg", "untruncated_normal"),
        Initialiser::HeUniform => ("2", "fan_in", "uniform"),
        Initialiser::HeNormal => ("2", "fan_in", "untruncated_normal"),
        Initialiser::Pytorch => ("1 / 3", "fan_in", "uniform"),
    };
    format!(
        ", {argument}=keras.initializers.VarianceScaling({scale}, \"{mode}\", \"{distribution}\")"
    )
}

/// Inputs that meet in one output.
fn fan_in(layer: &CheckedLayer) -> usize {
    let settings = layer.layer();
    let channels = layer.input().features();
    match (settings.kind().entry().name, layer.input()) {
        ("dense", _) | (_, Shape::Vector { .. }) => channels,
        ("patch_embedding", _) => channels * settings.pair("patch").iter().product::<usize>(),
        ("depthwise_conv2d", _) => settings.pair("kernel").iter().product(),
        _ => {
            let groups = settings.int("groups").max(1);
            channels / groups * settings.pair("kernel").iter().product::<usize>()
        }
    }
}
