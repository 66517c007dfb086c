//! What happens to one image in one epoch.

use super::draw::{Draws, Part};
use super::drawn::{Drawn, Move, Step};
use super::exact::{exponential, logarithm};
use super::{Augment, Policy, policy};

/// Beyond it nothing would be left of a picture.
pub const MOST_ZOOM: f64 = 0.9;

/// Above it mixing is nearly always by halves.
pub const MOST_ALPHA: f64 = 10.0;

/// The smallest share of a picture that a crop keeps, however little is asked for.
const LEAST_CROP: f64 = 0.01;

/// The smallest share that is erased, unless less is asked for; torchvision's `RandomErasing`.
const LEAST_ERASED: f64 = 0.02;

/// How often a crop is tried that may not fit; torchvision's `RandomResizedCrop`.
const TRIES: usize = 10;

/// A strength that can be worked with: [`faults`](Augment::faults) refuses the others in words, and a file from
/// elsewhere must do no harm.
pub fn strength(value: f32, most: f64) -> f64 {
    if value.is_finite() {
        f64::from(value).clamp(0.0, most)
    } else {
        0.0
    }
}

impl Augment {
    /// What happens to the image at `position` of the training set in that epoch. Each strength has a draw of its own:
    /// changing one leaves what the others do as it was.
    ///
    /// The order: crop, flips, zoom, shear, rotation, shift and the policy's moves, all in one resampling; then
    /// brightness, contrast, saturation, hue, the policy's other operations, blur, noise, erasing.
    pub fn plan(&self, seed: u64, epoch: u32, position: usize) -> Drawn {
        let mut drawn = Drawn::default();
        if self.is_off() {
            return drawn;
        }
        let mut draws = Draws::of_image(seed, epoch, position);
        draws.go(Part::Strengths);
        let flips = (draws.coin(), draws.coin());
        let moves: [f64; 5] = std::array::from_fn(|_| draws.signed());
        let colours: [f64; 4] = std::array::from_fn(|_| draws.signed());
        let quality: [f64; 2] = std::array::from_fn(|_| draws.unit());
        let noise_seed = draws.bits();
        let erased = draws.coin();
        let rectangle: [f64; 4] = std::array::from_fn(|_| draws.unit());

        let crop = strength(self.crop, 1.0);
        if crop > 0.0 {
            draws.go(Part::Crop);
            drawn
                .moves
                .extend(cropped(crop.max(LEAST_CROP), &mut draws));
        }
        self.move_by(flips, moves, &mut drawn.moves);
        self.colour_by(colours, &mut drawn.steps);
        if self.policy != Policy::None {
            draws.go(Part::Policy);
            policy::draw(self.policy, &mut draws, &mut drawn);
        }
        self.blur_by(quality, noise_seed, &mut drawn.steps);
        let most = strength(self.erase, 1.0);
        if most > 0.0 && erased {
            drawn.steps.push(erase(most, rectangle));
        }
        drawn
    }

    fn move_by(&self, flips: (bool, bool), draws: [f64; 5], moves: &mut Vec<Move>) {
        if self.flip_horizontal && flips.0 {
            moves.push(Move::FlipHorizontal);
        }
        if self.flip_vertical && flips.1 {
            moves.push(Move::FlipVertical);
        }
        let [zoom, shear, rotate, x, y] = draws;
        let by = strength(self.zoom, MOST_ZOOM);
        if by > 0.0 {
            moves.push(Move::Zoom(1.0 + by * zoom));
        }
        let by = strength(self.shear, 80.0);
        if by > 0.0 {
            moves.push(Move::Shear(by * shear));
        }
        let by = strength(self.rotate, 180.0);
        if by > 0.0 {
            moves.push(Move::Rotate(by * rotate));
        }
        let by = strength(self.shift, 1.0);
        if by > 0.0 {
            moves.push(Move::Shift {
                x: by * x,
                y: by * y,
            });
        }
    }

    fn colour_by(&self, draws: [f64; 4], steps: &mut Vec<Step>) {
        let [brightness, contrast, saturation, hue] = draws;
        let mut push = |value: f32, most: f64, draw: f64, step: fn(f64) -> Step| {
            let by = strength(value, most);
            if by > 0.0 {
                steps.push(step(by * draw));
            }
        };
        push(self.brightness, 1.0, brightness, |by| {
            Step::Brightness(1.0 + by)
        });
        push(self.contrast, 1.0, contrast, |by| Step::Contrast(1.0 + by));
        push(self.saturation, 1.0, saturation, |by| {
            Step::Saturation(1.0 + by)
        });
        push(self.hue, 180.0, hue, Step::Hue);
    }

    fn blur_by(&self, [blur, noise]: [f64; 2], seed: u64, steps: &mut Vec<Step>) {
        let by = strength(self.blur, 20.0);
        if by > 0.0 {
            steps.push(Step::Blur((by * blur) as f32));
        }
        let by = strength(self.noise, 1.0);
        if by > 0.0 {
            steps.push(Step::Noise((by * noise) as f32, seed));
        }
    }
}

/// A part of at least that share of the area, whose proportions are from 3:4 to 4:3 of the picture's own. Where the
/// picture is as wide as high it is torchvision's `RandomResizedCrop`, but for whole pixels; the whole picture where
/// none fits.
fn cropped(least: f64, draws: &mut Draws) -> Option<Move> {
    let limit = logarithm(4.0 / 3.0);
    for _ in 0..TRIES {
        let area = least + (1.0 - least) * draws.unit();
        let ratio = exponential(limit * draws.signed());
        let (width, height) = ((area * ratio).sqrt(), (area / ratio).sqrt());
        if width <= 1.0 && height <= 1.0 {
            return Some(Move::Crop {
                left: (1.0 - width) * draws.unit(),
                top: (1.0 - height) * draws.unit(),
                width,
                height,
            });
        }
    }
    None
}

/// A rectangle of at most that share of the area, with proportions from 0.3 to 3.3, within the image.
fn erase(most: f64, [area, ratio, x, y]: [f64; 4]) -> Step {
    let least = LEAST_ERASED.min(most);
    let area = least + (most - least) * area;
    let (low, high) = (logarithm(0.3), logarithm(3.3));
    let ratio = exponential(low + (high - low) * ratio);
    // What stands over on one side is lost: a large rectangle cannot be a narrow one.
    let width = (area * ratio).sqrt().min(1.0);
    let height = (area / ratio).sqrt().min(1.0);
    Step::Erase {
        left: (1.0 - width) * x,
        top: (1.0 - height) * y,
        width,
        height,
    }
}
