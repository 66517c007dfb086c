//! Two images in one: mixup and cutmix.

use super::Augment;
use super::draw::Draws;
use super::plan::{MOST_ALPHA, strength};
use crate::dataset::resize::InputSize;

/// What was drawn for a batch: each image is mixed with another one, all by the same share.
///
/// mixup: Zhang et al., "mixup: Beyond Empirical Risk Minimization", 2018. cutmix: Yun et al., "CutMix: Regularization
/// Strategy to Train Strong Classifiers with Localizable Features", 2019.
#[derive(Clone, Debug, PartialEq)]
pub struct Mix {
    /// For each image of the batch, the place of the other; never its own.
    pub partner: Vec<usize>,
    lambda: f64,
    /// The middle of a cut, as shares of the width and the height; without one the images are blended.
    middle: Option<[f64; 2]>,
}

/// Some pixels of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rectangle {
    /// Columns before it.
    pub left: usize,
    /// Rows before it.
    pub top: usize,
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
}

impl Augment {
    /// What is mixed in the batch of that number, which has `n` images; nothing where mixing is off, or an image has
    /// no other to be mixed with.
    pub fn mix(&self, seed: u64, epoch: u32, batch: usize, n: usize) -> Option<Mix> {
        let mixup = strength(self.mixup, MOST_ALPHA);
        let cutmix = strength(self.cutmix, MOST_ALPHA);
        if n < 2 || mixup + cutmix == 0.0 {
            return None;
        }
        let mut draws = Draws::of_batch(seed, epoch, batch);
        let cut = draws.coin();
        let away = 1 + draws.below(n - 1);
        let middle = [draws.unit(), draws.unit()];
        let cut = if mixup > 0.0 && cutmix > 0.0 {
            cut
        } else {
            cutmix > 0.0
        };
        Some(Mix {
            partner: (0..n).map(|place| (place + away) % n).collect(),
            lambda: draws.beta(if cut { cutmix } else { mixup }),
            middle: cut.then_some(middle),
        })
    }
}

impl Mix {
    /// How much of the label, and with mixup of the picture, is the image's own, 0 to 1; the rest is its partner's.
    /// With a rectangle it is the area outside of it, in whole pixels.
    pub fn share(&self, size: InputSize) -> f32 {
        match self.rectangle(size) {
            Some(part) => {
                let area = (size.width * size.height).max(1);
                (1.0 - (part.width * part.height) as f64 / area as f64) as f32
            }
            None => self.lambda as f32,
        }
    }

    /// The pixels that come from the partner; nothing where pictures are blended. It may be empty. The same as
    /// torchvision's `CutMix`.
    pub fn rectangle(&self, size: InputSize) -> Option<Rectangle> {
        let [x, y] = self.middle?;
        let reach = 0.5 * (1.0 - self.lambda).max(0.0).sqrt();
        let side = |middle: f64, length: usize| {
            let middle = (middle * length as f64) as usize;
            let half = (reach * length as f64) as usize;
            let start = middle.saturating_sub(half);
            (start, (middle + half).min(length).saturating_sub(start))
        };
        let (left, width) = side(x, size.width);
        let (top, height) = side(y, size.height);
        Some(Rectangle {
            left,
            top,
            width,
            height,
        })
    }

    /// The mixed pictures of a batch: `[n, channel, height, width]` in and out. If there are fewer numbers than the
    /// batch has, they come back as they are.
    pub fn mixed(&self, pixels: &[f32], size: InputSize) -> Vec<f32> {
        let mut mixed = pixels.to_vec();
        let elements = size.elements();
        if elements == 0 || pixels.len() < elements.saturating_mul(self.partner.len()) {
            return mixed;
        }
        let own = self.share(size);
        let rectangle = self.rectangle(size);
        for (image, &partner) in mixed.chunks_exact_mut(elements).zip(&self.partner) {
            let Some(other) = pixels.get(partner * elements..(partner + 1) * elements) else {
                continue;
            };
            let Some(part) = rectangle else {
                for (value, other) in image.iter_mut().zip(other) {
                    *value = own * *value + (1.0 - own) * other;
                }
                continue;
            };
            let rows = image
                .chunks_exact_mut(size.width)
                .zip(other.chunks_exact(size.width));
            let columns = part.left..part.left + part.width;
            for (row, (line, other)) in rows.enumerate() {
                if (part.top..part.top + part.height).contains(&(row % size.height)) {
                    line[columns.clone()].copy_from_slice(&other[columns.clone()]);
                }
            }
        }
        mixed
    }
}
