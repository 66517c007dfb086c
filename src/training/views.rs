//! Test-time augmentation: several views of each image, whose probabilities are averaged.

use std::sync::Arc;

use rayon::prelude::*;

use crate::dataset::{Augment, InputSize, PixelStore, Planes, Preprocess, Stored};
use crate::network::{Head, Loss};
use crate::project::Recipe;

/// For runs without augmentation of their own: mirrored, and moved by a twentieth.
const USUAL_SHIFT: f32 = 0.05;

/// The views of an image besides the plain one.
#[derive(Clone, Debug)]
pub(super) struct Views {
    /// All views, the plain one included; 2 or more.
    pub count: usize,
    /// The images, larger than the input, for views that look closer; without it views are made of the plain images.
    pub store: Option<Arc<PixelStore>>,
    seed: u64,
    augment: Augment,
}

impl Views {
    /// As many views of each image as a run of this recipe sees in training: its own augmentation without mixing, or
    /// flips and small shifts where it has none. Nothing for fewer than 2.
    pub fn of(recipe: &Recipe, count: usize) -> Option<Self> {
        let own = Augment {
            mixup: 0.0,
            cutmix: 0.0,
            ..recipe.augment.clone()
        };
        let augment = if own.is_off() {
            Augment {
                flip_horizontal: true,
                shift: USUAL_SHIFT,
                ..own
            }
        } else {
            own
        };
        (count > 1).then_some(Self {
            count,
            store: None,
            seed: recipe.seed,
            augment,
        })
    }

    /// How images are to be stored for these views; nothing where the plain ones, of the input's size, will do.
    pub fn stored(&self, input: InputSize, preprocess: &Preprocess) -> Option<Stored> {
        let stored = Stored::augmented(input, preprocess, &self.augment);
        (stored.kept != input).then_some(stored)
    }

    /// View number `view` of whole images, of which the first stands at `position` in its set. The same on every
    /// number of threads.
    pub fn draw(&self, view: usize, position: usize, kept: &Planes, size: InputSize) -> Planes {
        // Views stand where a training has its epochs.
        let epoch = u32::try_from(view).unwrap_or(u32::MAX);
        let (from, elements) = (kept.size, size.elements().max(1));
        let images = kept.bytes.chunks_exact(from.elements().max(1));
        let mut bytes = vec![0; images.len() * size.elements()];
        bytes
            .par_chunks_exact_mut(elements)
            .zip(kept.bytes.par_chunks_exact(from.elements().max(1)))
            .enumerate()
            .for_each(|(place, (image, kept))| {
                let drawn = self.augment.plan(self.seed, epoch, position + place);
                drawn.apply_from(kept, from, image, size);
            });
        Planes {
            bytes,
            size,
            maps: Vec::new(),
        }
    }
}

/// The loss of one row of activated outputs that are means over several views.
pub(super) fn loss(loss: Loss, head: Head, row: &[f32], label: usize) -> f64 {
    let log = |share: f64| share.max(f64::from(f32::MIN_POSITIVE)).ln();
    let is = |unit: usize| match row.len() {
        1 => f64::from(u8::from(label == 1)),
        _ => f64::from(u8::from(label == unit)),
    };
    let values = row.iter().map(|value| f64::from(*value));
    let units = || values.clone().enumerate();
    let count = row.len().max(1) as f64;
    match loss {
        Loss::CrossEntropy => {
            let own = f64::from(row.get(label).copied().unwrap_or(0.0));
            if head == Head::Softmax {
                return -log(own);
            }
            let most = values.clone().fold(f64::MIN, f64::max);
            most + values.map(|value| (value - most).exp()).sum::<f64>().ln() - own
        }
        Loss::BinaryCrossEntropy => {
            let share = |value: f64| match head {
                Head::Sigmoid => value,
                _ => 1.0 / (1.0 + (-value).exp()),
            };
            let each = units().map(|(unit, value)| {
                let share = share(value);
                -is(unit) * log(share) - (1.0 - is(unit)) * log(1.0 - share)
            });
            each.sum::<f64>() / count
        }
        Loss::MeanSquaredError => {
            units()
                .map(|(unit, value)| (value - is(unit)).powi(2))
                .sum::<f64>()
                / count
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn recipe(augment: Augment) -> Recipe {
        Recipe {
            augment,
            ..Recipe::default()
        }
    }

    #[test]
    fn views_that_look_closer_have_the_pixels_for_it() {
        let input = InputSize {
            height: 20,
            width: 20,
            channels: 1,
        };
        let preprocess = Preprocess::default();
        let cropped = recipe(Augment {
            crop: 0.2,
            ..Augment::default()
        });
        let views = Views::of(&cropped, 2).unwrap();
        let kept = views.stored(input, &preprocess).unwrap().kept;
        assert!(kept.width > input.width);
        // Columns as fine as they can be: one of the input's pixels cannot show them.
        let stripes = |size: InputSize, byte: fn(usize) -> u8| Planes {
            bytes: (0..size.elements())
                .map(|place| byte(place % size.width))
                .collect(),
            size,
            maps: Vec::new(),
        };
        let fine = stripes(kept, |column| if column % 2 == 0 { 0 } else { 255 });
        let grey = stripes(input, |_| 128);
        let contrast = |planes: &Planes| {
            let (least, most) = (planes.bytes.iter().min(), planes.bytes.iter().max());
            most.zip(least).map_or(0, |(most, least)| most - least)
        };
        // Among some views, one looks close enough.
        let most = (1..10).map(|view| contrast(&views.draw(view, 0, &fine, input)));
        assert!(most.max() > Some(100));
        assert_eq!(contrast(&views.draw(1, 0, &grey, input)), 0);
        let flipped = Views::of(&recipe(Augment::default()), 2).unwrap();
        assert!(flipped.stored(input, &preprocess).is_none());
    }

    #[test]
    fn losses_of_means_are_those_of_their_formulas() {
        let near = |found: f64, wanted: f64| assert!((found - wanted).abs() < 1e-6, "{found}");
        let row = [0.2, 0.5, 0.3];
        near(
            loss(Loss::CrossEntropy, Head::Softmax, &row, 1),
            -0.5_f64.ln(),
        );
        let sum = (0.2_f64.exp() + 0.5_f64.exp() + 0.3_f64.exp()).ln();
        near(loss(Loss::CrossEntropy, Head::Linear, &row, 1), sum - 0.5);
        near(
            loss(Loss::BinaryCrossEntropy, Head::Sigmoid, &[0.8], 0),
            -0.2_f64.ln(),
        );
        near(
            loss(Loss::BinaryCrossEntropy, Head::Linear, &[0.0], 1),
            2.0_f64.ln(),
        );
        let square = (0.04 + 0.25 + 0.09) / 3.0;
        near(loss(Loss::MeanSquaredError, Head::Softmax, &row, 1), square);
    }
}
