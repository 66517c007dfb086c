//! What training keeps of a layer for the way back: an estimate, fitted to measured peaks of trainings on the CPU.

use super::super::entry::Kind;
use super::super::function::Activation;
use super::super::layer::Layer;
use super::super::shape::Shape;
use super::{FLOAT_BYTES, elements};

/// Gradients and what the arithmetic needs meanwhile, on top of what is kept: tenths.
const MEANWHILE: u64 = 15;

/// Bytes of what the layer makes of one image going forward: its output, and the weights of an attention.
pub(super) fn made(layer: &Layer, output: Option<Shape>) -> u64 {
    let numbers = elements(output).saturating_add(pairs(layer, output));
    numbers.saturating_mul(FLOAT_BYTES)
}

/// Of an attention, a weight for every pair of tokens in every head.
fn pairs(layer: &Layer, output: Option<Shape>) -> u64 {
    match output {
        Some(Shape::Sequence { length, .. }) if layer.kind() == Kind::Attention => {
            let length = length as u64;
            length
                .saturating_mul(length)
                .saturating_mul(layer.int("heads") as u64)
        }
        _ => 0,
    }
}

/// Bytes for one image, from the layer's inputs and its output.
pub(super) fn kept(layer: &Layer, inputs: &[Option<Shape>], output: Option<Shape>) -> u64 {
    let out = elements(output);
    let input = inputs
        .iter()
        .fold(0, |sum: u64, shape| sum.saturating_add(elements(*shape)));
    let times = |count: u64| out.saturating_mul(count);
    let numbers = match layer.kind().entry().name {
        // The places of the largest values beside them, as 64-bit numbers.
        "max_pool" => times(3),
        // What it normalises, and what came of it before scale and shift.
        "layer_norm" | "group_norm" | "instance_norm" => times(3),
        // The depthwise part's output has the channels of the input.
        "separable_conv2d" => times(2).saturating_add(input),
        // Queries, keys and values, the mixed values, and the weights before and after the softmax.
        "attention" => times(5).saturating_add(pairs(layer, output).saturating_mul(2)),
        "lstm" | "gru" => {
            let steps = match inputs.first().copied().flatten() {
                Some(Shape::Sequence { length, .. }) => length,
                Some(Shape::Maps { height, width, .. }) => height.max(width),
                _ => 1,
            };
            // The gates of every step, before and after their functions.
            let states = (layer.int("units") as u64).saturating_mul(steps as u64);
            states.saturating_mul(10)
        }
        "activation" => out,
        // Its own function's output beside its own.
        _ if layer.activation() != Activation::Linear && layer.get("activation").is_some() => {
            times(2)
        }
        _ => out,
    };
    numbers
        .saturating_mul(FLOAT_BYTES)
        .saturating_mul(MEANWHILE)
        / 10
}
