//! Start weights, drawn on the host from the run's own generator: the same on every device.
//!
//! Glorot: Glorot and Bengio 2010, "Understanding the difficulty of training deep feedforward
//! neural networks". He: He et al. 2015, "Delving deep into rectifiers".

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;

use crate::network::Initialiser;

/// Uniform in [0, 1), from 24 bits.
pub fn uniform(rng: &mut ChaCha8Rng) -> f32 {
    (rng.next_u32() >> 8) as f32 / (1u32 << 24) as f32
}

/// Standard normal by Box and Muller's transform.
pub fn normal(rng: &mut ChaCha8Rng) -> f32 {
    let radius = (-2.0 * (1.0 - uniform(rng)).ln()).sqrt();
    radius * (std::f32::consts::TAU * uniform(rng)).cos()
}

fn uniform_within(rng: &mut ChaCha8Rng, bound: f32, count: usize) -> Vec<f32> {
    (0..count)
        .map(|_| (2.0 * uniform(rng) - 1.0) * bound)
        .collect()
}

/// `count` weights of a layer where `fan_in` inputs meet one output and `fan_out` outputs leave
/// one input.
pub fn weights(
    initialiser: Initialiser,
    rng: &mut ChaCha8Rng,
    count: usize,
    fan_in: usize,
    fan_out: usize,
) -> Vec<f32> {
    let (fan_in, fan_out) = (fan_in.max(1) as f32, fan_out.max(1) as f32);
    let mut spread = |deviation: f32| (0..count).map(|_| normal(rng) * deviation).collect();
    match initialiser {
        Initialiser::GlorotNormal => spread((2.0 / (fan_in + fan_out)).sqrt()),
        Initialiser::HeNormal => spread((2.0 / fan_in).sqrt()),
        Initialiser::GlorotUniform => uniform_within(rng, (6.0 / (fan_in + fan_out)).sqrt(), count),
        Initialiser::HeUniform => uniform_within(rng, (6.0 / fan_in).sqrt(), count),
        Initialiser::Pytorch => uniform_within(rng, 1.0 / fan_in.sqrt(), count),
    }
}

/// Zero, but for PyTorch's default, which draws biases as it draws weights.
pub fn biases(
    initialiser: Initialiser,
    rng: &mut ChaCha8Rng,
    count: usize,
    fan_in: usize,
) -> Vec<f32> {
    match initialiser {
        Initialiser::Pytorch => uniform_within(rng, 1.0 / (fan_in.max(1) as f32).sqrt(), count),
        _ => vec![0.0; count],
    }
}

/// Normal around 0, for tokens and positions.
pub fn normals(rng: &mut ChaCha8Rng, deviation: f32, count: usize) -> Vec<f32> {
    (0..count).map(|_| normal(rng) * deviation).collect()
}
