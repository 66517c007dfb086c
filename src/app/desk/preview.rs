//! Real images on their way into the network: as they are, resized, and as training will see them.

use std::sync::Arc;

use egui::{ColorImage, TextureHandle};
use image::DynamicImage;
use parking_lot::Mutex;

use crate::dataset::{
    Augment, Dataset, InputSize, Normalise, Preprocess, Splits, input, picture, thumbnail,
};

/// Images in a preview, and draws of each.
pub const IMAGES: usize = 4;
pub const DRAWS: usize = 6;

/// Longest side of an image as it is, in pixels.
const SIDE: u32 = 256;

/// What a preview is made of: the newest wins.
#[derive(Clone)]
pub struct Wish {
    pub dataset: Arc<Dataset>,
    pub splits: Arc<Splits>,
    pub images: Vec<usize>,
    pub size: InputSize,
    pub preprocess: Preprocess,
    pub augment: Augment,
    pub seed: u64,
}

impl Wish {
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.dataset, &other.dataset)
            && Arc::ptr_eq(&self.splits, &other.splits)
            && self.images == other.images
            && self.size == other.size
            && self.preprocess == other.preprocess
            && self.augment == other.augment
            && self.seed == other.seed
    }
}

/// Pictures that were decoded for the last preview, so that a slider decodes nothing.
#[derive(Clone, Default)]
pub struct Decoded(Arc<Mutex<Kept>>);

/// Pictures by their index.
type Kept = Vec<(usize, Arc<DynamicImage>)>;

/// One image, as pictures.
pub struct Drawing {
    pub index: usize,
    pub original: ColorImage,
    pub input: ColorImage,
    pub draws: Vec<ColorImage>,
}

/// What a preview job has come to.
pub struct Made {
    pub rows: Vec<Drawing>,
    pub normalise: Normalise,
    pub size: InputSize,
}

/// One image in the window.
pub struct PreviewRow {
    pub index: usize,
    pub original: TextureHandle,
    pub input: TextureHandle,
    pub draws: Vec<TextureHandle>,
}

/// A preview in the window.
pub struct Preview {
    pub rows: Vec<PreviewRow>,
    /// With the figures of the training images, where the recipe asks for those.
    pub normalise: Normalise,
    pub size: InputSize,
}

/// Makes the pictures; an image that cannot be read is left out.
pub fn make(wish: &Wish, decoded: &Decoded) -> Made {
    let rows = wish.images.iter().filter_map(|&index| {
        let image = decode(wish, decoded, index)?;
        Some(row(wish, index, &image))
    });
    let rows = rows.collect();
    let normalise = wish.preprocess.normalise;
    Made {
        rows,
        normalise: normalise.resolved(&wish.dataset, &wish.splits.train, wish.size.channels),
        size: wish.size,
    }
}

fn decode(wish: &Wish, decoded: &Decoded, index: usize) -> Option<Arc<DynamicImage>> {
    let mut kept = decoded.0.lock();
    kept.retain(|(known, _)| wish.images.contains(known));
    if let Some((_, image)) = kept.iter().find(|(known, _)| *known == index) {
        return Some(image.clone());
    }
    let image = Arc::new(wish.dataset.read(index).ok()?);
    kept.push((index, image.clone()));
    Some(image)
}

fn row(wish: &Wish, index: usize, image: &DynamicImage) -> Drawing {
    let size = wish.size;
    let planes = input(image, size, &wish.preprocess);
    let stored_size = wish.augment.stored(size);
    let stored = if stored_size == size {
        planes.clone()
    } else {
        input(image, stored_size, &wish.preprocess)
    };
    let draw = |epoch: usize| {
        let epoch = u32::try_from(epoch).unwrap_or(u32::MAX);
        let drawn = wish.augment.plan(wish.seed, epoch, index);
        let mut bytes = planes.clone();
        drawn.apply_from(&stored, stored_size, &mut bytes, size);
        super::super::thumbnails::color_image(&picture(&bytes, size))
    };
    Drawing {
        index,
        original: super::super::thumbnails::color_image(&thumbnail(image, SIDE)),
        input: super::super::thumbnails::color_image(&picture(&planes, size)),
        draws: if wish.augment.is_off() {
            Vec::new()
        } else {
            (1..=DRAWS).map(draw).collect()
        },
    }
}
