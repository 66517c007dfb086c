//! The backward pass where every sum may have a gradient: two more products over strips.

mod input;
mod many;
mod weights;

use std::borrow::Cow;

pub use input::covers;
use rayon::prelude::*;

use super::{Conv, Gradients, Passed};
use crate::training::cpu::threads::each;
use crate::training::cpu::zeros::zeros;

/// See [`super::backward`].
pub fn backward(conv: &Conv, passed: Passed<'_>, gradient: &[f32], with_input: bool) -> Gradients {
    let gradient = by_sums(conv, passed, gradient);
    let (weights, bias) = weights::gradients(&conv.geometry, passed.input, &gradient);
    let input = with_input.then(|| input::gradient(&conv.geometry, passed.weights, &gradient));
    Gradients {
        weights,
        bias,
        input,
    }
}

/// The gradient by the sums, `[image, filter, height, width]`, from that by what came out of them.
fn by_sums<'a>(conv: &Conv, passed: Passed<'_>, gradient: &'a [f32]) -> Cow<'a, [f32]> {
    if conv.finish.pool {
        let (out, maps) = (conv.out(), conv.geometry.maps());
        let [height, width] = conv.geometry.output();
        let mut sums = zeros(gradient.len() / out * maps);
        let images = sums.chunks_exact_mut(maps).zip(gradient.chunks_exact(out));
        let images = images.zip(passed.chosen.chunks_exact(out));
        each(images, 1, |((sums, gradient), chosen)| {
            conv.unpool(gradient, chosen, |filter, y, x, value, kept| {
                if kept {
                    sums[(filter * height + y) * width + x] = value;
                }
            });
        });
        return Cow::Owned(sums);
    }
    if conv.finish.relu {
        let passes = |(value, output): (&f32, &f32)| if *output > 0.0 { *value } else { 0.0 };
        let pairs = gradient.par_iter().with_min_len(4096);
        let sums = pairs.zip(passed.output).map(passes);
        return Cow::Owned(sums.collect());
    }
    Cow::Borrowed(gradient)
}
