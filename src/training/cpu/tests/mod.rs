//! Every operation against the same sums in 64 bits, written down plainly, on random shapes; and the portable path
//! against the same.

mod convolution;

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::conv::{self, Conv, Finish, Geometry, Line, Passed};
use super::linear::{self, Linear};
use super::norm::{self, Norm};
use super::update::Memory;
use super::{cross_entropy, tile, zeros};
use crate::project::Optimizer;

/// Greatest difference, as a part of the greatest number.
const CLOSE: f64 = 1e-5;

struct Draw(ChaCha8Rng);

impl Draw {
    fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// From `least` to `most`.
    fn size(&mut self, least: usize, most: usize) -> usize {
        self.0.random_range(least..=most)
    }

    fn yes(&mut self) -> bool {
        self.0.random_range(0..2) == 1
    }

    /// −1 to 1.
    fn numbers(&mut self, count: usize) -> Vec<f32> {
        (0..count).map(|_| self.0.random_range(-1.0..1.0)).collect()
    }
}

fn wide(numbers: &[f32]) -> Vec<f64> {
    numbers.iter().copied().map(f64::from).collect()
}

#[track_caller]
fn equal(what: &str, found: &[f32], expected: &[f64]) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let greatest = expected
        .iter()
        .fold(1e-3_f64, |most, it| most.max(it.abs()));
    for (place, (found, expected)) in found.iter().zip(expected).enumerate() {
        let off = (f64::from(*found) - expected).abs() / greatest;
        assert!(off < CLOSE, "{what} at {place}: {found} for {expected}");
    }
}

#[test]
fn fully_connected_layers_equal_plain_sums() {
    for seed in 0..150 {
        let mut draw = Draw::new(seed);
        // At first more inputs than are taken at a time, of more images than share them.
        let [inputs, images] = match seed {
            0 => [2300, 130],
            _ if seed % 5 == 0 => [draw.size(1, 700), draw.size(1, 230)],
            _ => [draw.size(1, 40), draw.size(1, 40)],
        };
        let units = draw.size(1, if seed % 7 == 0 { 150 } else { 40 });
        let relu = draw.yes();
        let layer = Linear {
            inputs,
            units,
            relu,
        };
        let (input, weights) = (draw.numbers(images * inputs), draw.numbers(inputs * units));
        let (bias, gradient) = (draw.numbers(units), draw.numbers(images * units));
        let mut expected = Vec::new();
        for image in input.chunks_exact(inputs) {
            for unit in 0..units {
                let column = weights[unit..].iter().step_by(units);
                let sum: f64 = image
                    .iter()
                    .zip(column)
                    .map(|(a, b)| f64::from(*a) * f64::from(*b))
                    .sum();
                let sum = sum + f64::from(bias[unit]);
                expected.push(if relu { sum.max(0.0) } else { sum });
            }
        }
        let mut by_weights = vec![0.0; weights.len()];
        let mut by_input = vec![0.0; input.len()];
        let mut by_bias = vec![0.0; units];
        for (place, value) in gradient.iter().enumerate() {
            if relu && expected[place] <= 0.0 {
                continue;
            }
            let (image, unit, value) = (place / units, place % units, f64::from(*value));
            by_bias[unit] += value;
            for number in 0..inputs {
                by_weights[number * units + unit] +=
                    value * f64::from(input[image * inputs + number]);
                by_input[image * inputs + number] +=
                    value * f64::from(weights[number * units + unit]);
            }
        }
        let mut output = vec![0.0; expected.len()];
        linear::forward(&layer, &input, &weights, Some(&bias), &mut output);
        equal(&format!("{layer:?}"), &output, &expected);
        let found = linear::backward(&layer, &input, &weights, &output, &gradient, true);
        equal(
            &format!("weights of {layer:?}"),
            &found.weights,
            &by_weights,
        );
        equal(&format!("bias of {layer:?}"), &found.bias, &by_bias);
        let by_this = found.input.unwrap_or_default();
        equal(&format!("input of {layer:?}"), &by_this, &by_input);
    }
}

/// What batch norm is, in 64 bits.
fn normalised(norm: &Norm, input: &[f64], scale: &[f32], shift: &[f32]) -> Vec<f64> {
    let of = |place: usize| place / norm.area % norm.channels;
    let count = (input.len() / norm.channels) as f64;
    let mut output = vec![0.0; input.len()];
    for channel in 0..norm.channels {
        let own: Vec<usize> = (0..input.len()).filter(|at| of(*at) == channel).collect();
        let mean = own.iter().map(|at| input[*at]).sum::<f64>() / count;
        let spread = |at: &usize| (input[*at] - mean).powi(2);
        let variance = own.iter().map(spread).sum::<f64>() / count;
        let deviation = (variance + f64::from(norm.epsilon)).sqrt();
        for at in own {
            let value = (input[at] - mean) / deviation * f64::from(scale[channel]);
            let value = value + f64::from(shift[channel]);
            output[at] = if norm.relu { value.max(0.0) } else { value };
        }
    }
    output
}

#[test]
fn batch_norms_equal_plain_sums_and_finite_differences() {
    for seed in 0..60 {
        let mut draw = Draw::new(seed);
        let norm = Norm {
            channels: draw.size(1, 5),
            area: draw.size(2, 40),
            epsilon: 1e-3,
            relu: draw.yes(),
        };
        let count = draw.size(2, 5) * norm.channels * norm.area;
        let (input, gradient) = (draw.numbers(count), draw.numbers(count));
        let (scale, shift) = (draw.numbers(norm.channels), draw.numbers(norm.channels));
        let (output, moments) = norm::forward(&norm, &input, &scale, &shift);
        let exact = normalised(&norm, &wide(&input), &scale, &shift);
        equal(&format!("{norm:?}"), &output, &exact);
        let again = norm::apply(&norm, &input, &scale, &shift, &moments);
        assert_eq!(again, output, "{norm:?}");

        let found = norm::backward(&norm, &input, &output, &scale, &moments, &gradient);
        // Far from the bend of a relu the slope is that of a small step.
        let least = exact
            .iter()
            .filter(|it| **it > 0.0)
            .fold(1.0_f64, |a, b| a.min(*b));
        if norm.relu && least < 1e-3 {
            continue;
        }
        let met = |input: &[f64]| -> f64 {
            let output = normalised(&norm, input, &scale, &shift);
            output
                .iter()
                .zip(&gradient)
                .map(|(a, b)| a * f64::from(*b))
                .sum()
        };
        for at in (0..count).step_by(count.div_ceil(6)) {
            let step = 1e-5;
            let mut moved = wide(&input);
            moved[at] += step;
            let above = met(&moved);
            moved[at] -= 2.0 * step;
            let slope = (above - met(&moved)) / (2.0 * step);
            let off = (slope - f64::from(found.input[at])).abs();
            assert!(off < 1e-3, "{norm:?}: {} for {slope}", found.input[at]);
        }
    }
}

#[test]
fn cross_entropy_equals_plain_sums_and_is_level_where_it_is_least() {
    for seed in 0..60 {
        let mut draw = Draw::new(seed);
        let (images, classes) = (draw.size(1, 9), draw.size(2, 30));
        let mut logits = draw.numbers(images * classes);
        // Some far beyond what an exponential holds.
        logits.iter_mut().step_by(7).for_each(|it| *it *= 500.0);
        let targets: Vec<f32> = draw
            .numbers(logits.len())
            .iter()
            .map(|it| it.abs())
            .collect();
        let (mut loss, mut slopes) = (0.0, Vec::new());
        for (logits, targets) in logits
            .chunks_exact(classes)
            .zip(targets.chunks_exact(classes))
        {
            let greatest = logits.iter().fold(f64::MIN, |a, b| a.max(f64::from(*b)));
            let shares = logits.iter().map(|it| (f64::from(*it) - greatest).exp());
            let sum: f64 = shares.clone().sum();
            let all: f64 = targets.iter().map(|it| f64::from(*it)).sum();
            for ((logit, share), target) in logits.iter().zip(shares).zip(targets) {
                let target = f64::from(*target);
                loss -= target * (f64::from(*logit) - greatest - sum.ln());
                slopes.push(2.0 * (all * share / sum - target));
            }
        }
        let (found, softmax) = cross_entropy::forward(classes, &logits, &targets);
        equal("loss", &[found], &[loss]);
        let found = cross_entropy::backward(classes, &softmax, &targets, 2.0);
        equal("gradient", &found, &slopes);
        let (_, softmax) = cross_entropy::forward(classes, &logits, &targets);
        let level = cross_entropy::backward(classes, &softmax, &softmax, 1.0);
        let most = level.iter().fold(0.0_f32, |most, it| most.max(it.abs()));
        assert!(most < 1e-6, "{most} where the targets are the softmax");
    }
}

#[test]
fn updates_do_not_depend_on_how_many_weights_there_are() {
    // More than a chunk, and the same numbers over and over.
    const SIDE: usize = 37;
    let many = SIDE * 1000;
    for rule in Optimizer::all() {
        let mut draw = Draw::new(3);
        let (start, gradients) = (draw.numbers(SIDE), [draw.numbers(SIDE), draw.numbers(SIDE)]);
        let (mut few, mut all) = (start.clone(), start.repeat(many / SIDE));
        let (mut one, mut two) = (Memory::default(), Memory::default());
        for gradient in &gradients {
            one.update(&rule, 0.1, &mut few, gradient);
            two.update(&rule, 0.1, &mut all, &gradient.repeat(many / SIDE));
        }
        assert_ne!(few, start);
        assert_eq!(all, few.repeat(many / SIDE), "{rule:?}");
    }
}

/// All numbers of a few operations, forward and backward.
fn everything() -> Vec<f32> {
    let mut draw = Draw::new(5);
    let mut all = Vec::new();
    for (channels, size, pool, images) in [
        (17, [12, 11], false, 37),
        (17, [12, 11], true, 37),
        (40, [12, 11], false, 5),
        (40, [12, 11], true, 5),
        (40, [2, 2], false, 29),
    ] {
        let geometry = Geometry {
            channels,
            size,
            filters: 33,
            kernel: [3, 3],
            stride: [1, 1],
            padding: [(1, 1), (1, 1)],
            dilation: [1, 1],
        };
        assert_eq!(conv::small::covers(&geometry, images), size == [2, 2]);
        let finish = Finish { relu: true, pool };
        let conv = Conv { geometry, finish };
        let input = draw.numbers(images * geometry.image());
        let weights = draw.numbers(geometry.filters * geometry.taps());
        let mut output = vec![0.0; images * conv.out()];
        let mut chosen = vec![0; if pool { output.len() } else { 0 }];
        conv::forward(
            &conv,
            &input,
            &weights,
            Line::default(),
            &mut output,
            &mut chosen,
        );
        let passed = Passed {
            input: &input,
            weights: &weights,
            output: &output,
            chosen: &chosen,
        };
        let gradient = draw.numbers(output.len());
        let found = conv::backward(&conv, passed, &gradient, true);
        all.extend([output, found.weights, found.bias].concat());
        all.extend(found.input.unwrap_or_default());
    }
    // Of few images threads share the inputs, of many the units, of few units the images: the last share of 97 is one.
    for (images, units) in [(37, 70), (137, 70), (97, 10)] {
        let layer = Linear {
            inputs: 2000,
            units,
            relu: true,
        };
        let (input, weights) = (draw.numbers(images * 2000), draw.numbers(2000 * units));
        let mut output = vec![0.0; images * units];
        linear::forward(&layer, &input, &weights, None, &mut output);
        let gradient = draw.numbers(output.len());
        let found = linear::backward(&layer, &input, &weights, &output, &gradient, true);
        all.extend([output, found.weights, found.bias].concat());
        all.extend(found.input.unwrap_or_default());
    }
    all
}

#[test]
fn zeros_of_many_threads_are_as_many_as_asked_for() {
    for count in [0, 1, (1 << 19) - 1, 1 << 19, (1 << 20) + 5] {
        let found = zeros::zeros(count);
        assert!(found.len() == count && found.iter().all(|number| *number == 0.0));
    }
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        match pool {
            Ok(pool) => pool.install(everything),
            Err(error) => panic!("{error}"),
        }
    };
    let alone = with(1);
    assert!(alone.iter().any(|number| *number != 0.0));
    for threads in [2, 3, 8] {
        assert!(with(threads) == alone, "{threads} threads");
    }
}

/// The other tests of this file again, in a process that uses no vectors of this processor.
#[track_caller]
fn again(vectors: &str) {
    let Ok(program) = std::env::current_exe() else {
        panic!("the test does not know itself");
    };
    let child = std::process::Command::new(program)
        .args(["training::cpu::tests::", "--skip", "computes_the_same"])
        .env(tile::PORTABLE, vectors)
        .output();
    let out = child.unwrap_or_else(|error| panic!("{error}"));
    let text = String::from_utf8_lossy(&out.stdout);
    assert!(out.status.success(), "{text}");
    assert!(text.contains("9 passed"), "{text}");
}

#[test]
fn the_portable_path_computes_the_same() {
    again("1");
}

/// Vectors of 16 numbers, on any processor.
#[test]
fn the_path_of_the_longest_vectors_computes_the_same() {
    again(tile::LONG);
}
