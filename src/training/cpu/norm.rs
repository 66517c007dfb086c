//! Batch normalisation over all images of a batch, forward and backward, with a relu behind it if there is one.
//!
//! Slices are `[image, channel, area]`, where the area is that of a map, or 1. Formulas: Ioffe and Szegedy 2015, "Batch
//! Normalization", algorithm 1 and section 3.

use pulp::{Simd, WithSimd};

use super::threads::{each, map};
use super::tile::dispatch;
use super::zeros::zeros;

/// What is normalised.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Norm {
    pub channels: usize,
    /// Numbers of one channel in one image.
    pub area: usize,
    pub epsilon: f32,
    pub relu: bool,
}

/// Of each channel, over the batch.
#[derive(Clone, Debug, Default)]
pub struct Moments {
    pub mean: Vec<f32>,
    /// Biased: divided by the count.
    pub variance: Vec<f32>,
}

/// The gradients of a batch norm.
#[derive(Debug)]
pub struct Gradients {
    pub input: Vec<f32>,
    pub scale: Vec<f32>,
    pub shift: Vec<f32>,
}

/// Normalised, scaled and shifted; with the moments that the batch has.
pub fn forward(norm: &Norm, input: &[f32], scale: &[f32], shift: &[f32]) -> (Vec<f32>, Moments) {
    let Norm { channels, .. } = *norm;
    let count = (input.len() / channels) as f64;
    let moments = map(0..channels, |channel| {
        let maps = || maps(norm, input, channel);
        let mean = maps().map(|map| sum(map, |x| x)).sum::<f64>() / count;
        let middle = mean as f32;
        let squares = maps().map(|map| sum(map, |x| (x - middle) * (x - middle)));
        // The mean as an f32 is not quite the mean.
        let off = mean - f64::from(middle);
        (middle, (squares.sum::<f64>() / count - off * off) as f32)
    });
    let (mean, variance) = moments.into_iter().unzip();
    let moments = Moments { mean, variance };
    (apply(norm, input, scale, shift, &moments), moments)
}

/// Normalised by given moments, scaled and shifted.
pub fn apply(
    norm: &Norm,
    input: &[f32],
    scale: &[f32],
    shift: &[f32],
    moments: &Moments,
) -> Vec<f32> {
    let Norm { channels, area, .. } = *norm;
    let lines: Vec<(f32, f32)> = (0..channels)
        .map(|channel| {
            let factor = scale[channel] * inverse(moments.variance[channel], norm.epsilon);
            (factor, shift[channel] - moments.mean[channel] * factor)
        })
        .collect();
    let mut output = zeros(input.len());
    let images = output.chunks_exact_mut(channels * area);
    let images = images.zip(input.chunks_exact(channels * area));
    each(images, 1, |(output, input)| {
        let maps = output.chunks_exact_mut(area).zip(input.chunks_exact(area));
        for ((output, input), (factor, shift)) in maps.zip(&lines) {
            dispatch(Line {
                input,
                output,
                factor: *factor,
                shift: *shift,
                relu: norm.relu,
            });
        }
    });
    output
}

/// The gradients from that by the output. `output` is needed where a relu has cut it.
pub fn backward(
    norm: &Norm,
    input: &[f32],
    output: &[f32],
    scale: &[f32],
    moments: &Moments,
    gradient: &[f32],
) -> Gradients {
    let Norm { channels, area, .. } = *norm;
    let count = (input.len() / channels) as f32;
    let sums = map(0..channels, |channel| {
        let mut sums = (0.0, 0.0);
        let maps = maps(norm, input, channel)
            .zip(maps(norm, output, channel))
            .zip(maps(norm, gradient, channel));
        for ((input, output), gradient) in maps {
            let (plain, met) = dispatch(Sums {
                input,
                output,
                gradient,
                mean: moments.mean[channel],
                relu: norm.relu,
            });
            sums = (sums.0 + f64::from(plain), sums.1 + f64::from(met));
        }
        let deviation = inverse(moments.variance[channel], norm.epsilon);
        (sums.1 as f32 * deviation, sums.0 as f32)
    });
    let (by_scale, by_shift): (Vec<f32>, Vec<f32>) = sums.into_iter().unzip();
    let mut by_input = zeros(input.len());
    let images = by_input.chunks_exact_mut(channels * area);
    each(images.enumerate(), 1, |(image, by_input)| {
        for (channel, by_input) in by_input.chunks_exact_mut(area).enumerate() {
            let start = (image * channels + channel) * area;
            let places = start..start + area;
            let deviation = inverse(moments.variance[channel], norm.epsilon);
            let factor = scale[channel] * deviation;
            // dx = factor · (dy − mean(dy) − x̂ · mean(dy · x̂))
            let slope = -factor * deviation * by_scale[channel] / count;
            let level = -factor * by_shift[channel] / count - slope * moments.mean[channel];
            dispatch(Back {
                input: &input[places.clone()],
                output: output.get(places.clone()).unwrap_or_default(),
                gradient: &gradient[places],
                by_input,
                factor,
                slope,
                level,
                relu: norm.relu,
            });
        }
    });
    Gradients {
        input: by_input,
        scale: by_scale,
        shift: by_shift,
    }
}

/// 1 / √(variance + ε)
fn inverse(variance: f32, epsilon: f32) -> f32 {
    1.0 / (variance + epsilon).sqrt()
}

/// The maps of a channel, image after image.
fn maps<'a>(norm: &Norm, numbers: &'a [f32], channel: usize) -> impl Iterator<Item = &'a [f32]> {
    let maps = numbers.chunks_exact(norm.area);
    maps.skip(channel).step_by(norm.channels)
}

/// Sums kept side by side: a vector of the longest kind, four times.
const WIDE: usize = 64;

/// The sum of what `each` makes of the numbers.
fn sum(numbers: &[f32], each: impl Fn(f32) -> f32) -> f64 {
    dispatch(
        #[inline(always)]
        || {
            let (blocks, rest) = numbers.as_chunks::<WIDE>();
            let mut sums = [0.0f32; WIDE];
            for block in blocks {
                for (sum, number) in sums.iter_mut().zip(block) {
                    *sum += each(*number);
                }
            }
            for (sum, number) in sums.iter_mut().zip(rest) {
                *sum += each(*number);
            }
            sums.iter().map(|sum| f64::from(*sum)).sum()
        },
    )
}

/// factor · x + shift
struct Line<'a> {
    input: &'a [f32],
    output: &'a mut [f32],
    factor: f32,
    shift: f32,
    relu: bool,
}

impl WithSimd for Line<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let numbers = self.output.iter_mut().zip(self.input);
        if self.relu {
            for (output, input) in numbers {
                let value = self.factor * input + self.shift;
                // What is no number stays none.
                *output = if value < 0.0 { 0.0 } else { value };
            }
        } else {
            for (output, input) in numbers {
                *output = self.factor * input + self.shift;
            }
        }
    }
}

/// Σ dy and Σ dy · (x − mean) of a map.
struct Sums<'a> {
    input: &'a [f32],
    output: &'a [f32],
    gradient: &'a [f32],
    mean: f32,
    relu: bool,
}

impl WithSimd for Sums<'_> {
    type Output = (f32, f32);

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> (f32, f32) {
        const SIDE: usize = WIDE / 4;
        let (mut plain, mut met) = ([0.0f32; SIDE], [0.0f32; SIDE]);
        let blocks = self.input.chunks(SIDE).zip(self.gradient.chunks(SIDE));
        if self.relu {
            for ((input, gradient), output) in blocks.zip(self.output.chunks(SIDE)) {
                let numbers = input.iter().zip(gradient).zip(output);
                for (((input, gradient), output), (plain, met)) in
                    numbers.zip(plain.iter_mut().zip(&mut met))
                {
                    let gradient = if *output > 0.0 { *gradient } else { 0.0 };
                    *plain += gradient;
                    *met += gradient * (input - self.mean);
                }
            }
        } else {
            for (input, gradient) in blocks {
                let numbers = input.iter().zip(gradient);
                for ((input, gradient), (plain, met)) in numbers.zip(plain.iter_mut().zip(&mut met))
                {
                    *plain += gradient;
                    *met += gradient * (input - self.mean);
                }
            }
        }
        (plain.iter().sum(), met.iter().sum())
    }
}

/// factor · dy + slope · x + level
struct Back<'a> {
    input: &'a [f32],
    output: &'a [f32],
    gradient: &'a [f32],
    by_input: &'a mut [f32],
    factor: f32,
    slope: f32,
    level: f32,
    relu: bool,
}

impl WithSimd for Back<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let numbers = self
            .by_input
            .iter_mut()
            .zip(self.input.iter().zip(self.gradient));
        if self.relu {
            for ((by_input, (input, gradient)), output) in numbers.zip(self.output) {
                let gradient = if *output > 0.0 { *gradient } else { 0.0 };
                *by_input = self.factor * gradient + self.slope * input + self.level;
            }
        } else {
            for (by_input, (input, gradient)) in numbers {
                *by_input = self.factor * gradient + self.slope * input + self.level;
            }
        }
    }
}
