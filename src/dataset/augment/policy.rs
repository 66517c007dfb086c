//! Ready-made mixtures: RandAugment and TrivialAugment, with torchvision's operations and strengths.
//!
//! What differs from torchvision: the moves of a policy come first, in one resampling, and its other operations after
//! them; pictures are read bilinearly (there: the nearest pixel) and mirrored at the edge (there: black).

use super::Policy;
use super::draw::Draws;
use super::drawn::{Drawn, Move, Step};

/// Strengths are counted from 0 to this.
pub const MOST_MAGNITUDE: u32 = 30;

/// One after the other at most.
pub const MOST_COUNT: u32 = 10;

/// How far the operations go at the largest magnitude.
struct Limits {
    shear: f64,
    shift: Distance,
    rotate: f64,
    colour: f64,
    /// Bits that are lost.
    posterize: f64,
}

enum Distance {
    Share(f64),
    Pixels(f64),
}

/// `RandAugment` of torchvision.
const RAND: Limits = Limits {
    shear: 0.3,
    shift: Distance::Share(150.0 / 331.0),
    rotate: 30.0,
    colour: 0.9,
    posterize: 4.0,
};

/// `TrivialAugmentWide` of torchvision.
const TRIVIAL: Limits = Limits {
    shear: 0.99,
    shift: Distance::Pixels(32.0),
    rotate: 135.0,
    colour: 0.99,
    posterize: 6.0,
};

/// Operations that both choose from, each as often as the others.
const OPERATIONS: usize = 14;

/// Adds what a policy draws.
pub fn draw(policy: Policy, draws: &mut Draws, drawn: &mut Drawn) {
    match policy {
        Policy::None => {}
        Policy::RandAugment { count, magnitude } => {
            for _ in 0..count.min(MOST_COUNT) {
                add(&RAND, magnitude.min(MOST_MAGNITUDE), draws, drawn);
            }
        }
        Policy::TrivialAugment => {
            let magnitude = draws.below(MOST_MAGNITUDE as usize + 1) as u32;
            add(&TRIVIAL, magnitude, draws, drawn);
        }
    }
}

fn add(limits: &Limits, magnitude: u32, draws: &mut Draws, drawn: &mut Drawn) {
    let operation = draws.below(OPERATIONS);
    let share = f64::from(magnitude) / f64::from(MOST_MAGNITUDE);
    let signed = if draws.coin() { -share } else { share };
    let factor = 1.0 + limits.colour * signed;
    let slide = |right: f64, down: f64| match limits.shift {
        Distance::Share(most) => Move::Shift {
            x: most * right,
            y: most * down,
        },
        Distance::Pixels(most) => Move::Translate {
            x: (most * right).trunc(),
            y: (most * down).trunc(),
        },
    };
    let slant = |x: f64, y: f64| Move::Slant {
        x: limits.shear * x,
        y: limits.shear * y,
    };
    let (moves, steps) = (&mut drawn.moves, &mut drawn.steps);
    match operation {
        1 => moves.push(slant(signed, 0.0)),
        2 => moves.push(slant(0.0, signed)),
        3 => moves.push(slide(signed, 0.0)),
        4 => moves.push(slide(0.0, signed)),
        5 => moves.push(Move::Rotate(-limits.rotate * signed)),
        6 => steps.push(Step::Brightness(factor)),
        7 => steps.push(Step::Saturation(factor)),
        8 => steps.push(Step::Contrast(factor)),
        9 => steps.push(Step::Sharpness(factor)),
        10 => steps.push(Step::Posterize(
            8 - (share * limits.posterize).round() as u8,
        )),
        11 => steps.push(Step::Solarize((255.0 * (1.0 - share)) as f32)),
        12 => steps.push(Step::AutoContrast),
        13 => steps.push(Step::Equalize),
        // The image as it is.
        _ => {}
    }
}
