//! The optimisers' rules, each in one pass over weights, gradient and what is remembered of each weight.
//!
//! The formulas and the meaning of the settings are PyTorch's.

use pulp::{Simd, WithSimd};

use super::threads::each;
use super::tile::dispatch;
use crate::project::Optimizer;

/// Weights that one thread updates at a time.
const CHUNK: usize = 1 << 14;

/// What an optimiser remembers of the weights of one tensor; at first nothing.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    steps: i32,
    /// Adam: the means of the gradient and of its square. SGD: the velocity. RMSprop: the means of the square and, if
    /// centred, of the gradient; the velocity.
    kept: [Vec<f32>; 3],
}

impl Memory {
    /// One step of `rule` on weights and their gradient.
    pub fn update(&mut self, rule: &Optimizer, rate: f64, weights: &mut [f32], gradient: &[f32]) {
        self.steps = self.steps.saturating_add(1);
        for (kept, needed) in self.kept.iter_mut().zip(needed(rule)) {
            kept.resize(if needed { weights.len() } else { 0 }, 0.0);
        }
        let factors = Factors::new(rule, rate, self.steps);
        let [first, second, third] = &mut self.kept;
        // What a rule does not keep has no chunks, but must have as many.
        let mut first = first.chunks_mut(CHUNK);
        let mut second = second.chunks_mut(CHUNK);
        let mut third = third.chunks_mut(CHUNK);
        let chunks = weights.chunks_mut(CHUNK).zip(gradient.chunks(CHUNK));
        let chunks = chunks.map(|(weights, gradient)| Chunk {
            factors: &factors,
            weights,
            gradient,
            kept: [&mut first, &mut second, &mut third].map(|kept| kept.next().unwrap_or_default()),
        });
        each(chunks, 1, dispatch);
    }
}

/// Which of the three kinds of numbers a rule keeps.
fn needed(rule: &Optimizer) -> [bool; 3] {
    match *rule {
        Optimizer::Sgd { momentum, .. } => [momentum > 0.0, false, false],
        Optimizer::Adam { .. } | Optimizer::AdamW { .. } => [true, true, false],
        Optimizer::RmsProp {
            momentum, centered, ..
        } => [true, centered, momentum > 0.0],
    }
}

/// A step's numbers that are the same for all weights.
enum Factors {
    Sgd {
        rate: f32,
        momentum: f32,
        nesterov: bool,
        /// The first gradient is the first velocity.
        first: bool,
        decay: f32,
    },
    Adam {
        /// Of the new gradient in its mean, and of its square.
        share: [f32; 2],
        /// Learning rate divided by 1 − β₁ᵗ.
        rate: f32,
        /// 1 / √(1 − β₂ᵗ)
        root: f32,
        epsilon: f32,
        /// Added to the gradient.
        decay: f32,
        /// What is left of a weight before its update.
        left: f32,
    },
    RmsProp {
        rate: f32,
        share: f32,
        epsilon: f32,
        momentum: f32,
        centered: bool,
        decay: f32,
    },
}

impl Factors {
    fn new(rule: &Optimizer, rate: f64, steps: i32) -> Self {
        let adam = |[one, two]: [f64; 2], epsilon: f64, decay: f64, left: f64| Self::Adam {
            share: [(1.0 - one) as f32, (1.0 - two) as f32],
            rate: (rate / (1.0 - one.powi(steps))) as f32,
            root: (1.0 - two.powi(steps)).sqrt().recip() as f32,
            epsilon: epsilon as f32,
            decay: decay as f32,
            left: left as f32,
        };
        match *rule {
            Optimizer::Sgd {
                momentum,
                nesterov,
                weight_decay,
            } => Self::Sgd {
                rate: rate as f32,
                momentum: momentum as f32,
                nesterov,
                first: steps == 1,
                decay: weight_decay as f32,
            },
            Optimizer::Adam {
                beta1,
                beta2,
                epsilon,
                weight_decay,
            } => adam([beta1, beta2], epsilon, weight_decay, 1.0),
            Optimizer::AdamW {
                beta1,
                beta2,
                epsilon,
                weight_decay,
            } => adam([beta1, beta2], epsilon, 0.0, 1.0 - rate * weight_decay),
            Optimizer::RmsProp {
                alpha,
                epsilon,
                momentum,
                weight_decay,
                centered,
            } => Self::RmsProp {
                rate: rate as f32,
                share: (1.0 - alpha) as f32,
                epsilon: epsilon as f32,
                momentum: momentum as f32,
                centered,
                decay: weight_decay as f32,
            },
        }
    }
}

/// Some weights with what belongs to them.
struct Chunk<'a> {
    factors: &'a Factors,
    weights: &'a mut [f32],
    gradient: &'a [f32],
    kept: [&'a mut [f32]; 3],
}

impl WithSimd for Chunk<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        match *self.factors {
            Factors::Sgd { .. } => self.sgd(),
            Factors::Adam { .. } => self.adam(),
            Factors::RmsProp { .. } => self.rms_prop(),
        }
    }
}

impl Chunk<'_> {
    /// Sutskever et al. 2013, "On the importance of initialization and momentum".
    #[inline(always)]
    fn sgd(self) {
        let Factors::Sgd {
            rate,
            momentum,
            nesterov,
            first,
            decay,
        } = *self.factors
        else {
            return;
        };
        let [velocity, ..] = self.kept;
        let pairs = self.weights.iter_mut().zip(self.gradient);
        if velocity.is_empty() {
            for (weight, gradient) in pairs {
                *weight -= rate * (gradient + decay * *weight);
            }
            return;
        }
        let kept = if first { 0.0 } else { momentum };
        let (own, ahead) = if nesterov {
            (1.0, momentum)
        } else {
            (0.0, 1.0)
        };
        for ((weight, gradient), velocity) in pairs.zip(velocity) {
            let gradient = gradient + decay * *weight;
            *velocity = kept * *velocity + gradient;
            *weight -= rate * (own * gradient + ahead * *velocity);
        }
    }

    /// Kingma and Ba 2015, "Adam"; Loshchilov and Hutter 2019, "Decoupled Weight Decay Regularization".
    #[inline(always)]
    fn adam(self) {
        let Factors::Adam {
            share: [of_mean, of_square],
            rate,
            root,
            epsilon,
            decay,
            left,
        } = *self.factors
        else {
            return;
        };
        let [mean, square, _] = self.kept;
        let pairs = self.weights.iter_mut().zip(self.gradient);
        for ((weight, gradient), (mean, square)) in pairs.zip(mean.iter_mut().zip(square)) {
            let gradient = gradient + decay * *weight;
            *mean += of_mean * (gradient - *mean);
            *square += of_square * (gradient * gradient - *square);
            *weight = left * *weight - rate * *mean / (square.sqrt() * root + epsilon);
        }
    }

    /// Hinton's lecture 6e, 2012; centred: Graves 2013, "Generating Sequences With Recurrent Neural Networks".
    #[inline(always)]
    fn rms_prop(self) {
        let Factors::RmsProp {
            rate,
            share,
            epsilon,
            momentum,
            centered,
            decay,
        } = *self.factors
        else {
            return;
        };
        let [square, mean, velocity] = self.kept;
        let pairs = self.weights.iter_mut().zip(self.gradient);
        for (place, ((weight, gradient), square)) in pairs.zip(square).enumerate() {
            let gradient = gradient + decay * *weight;
            *square += share * (gradient * gradient - *square);
            let mut spread = *square;
            if let (true, Some(mean)) = (centered, mean.get_mut(place)) {
                *mean += share * (gradient - *mean);
                spread -= *mean * *mean;
            }
            let step = gradient / (spread.sqrt() + epsilon);
            match velocity.get_mut(place) {
                Some(velocity) => {
                    *velocity = momentum * *velocity + step;
                    *weight -= rate * *velocity;
                }
                None => *weight -= rate * step,
            }
        }
    }
}
