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
    pub draws: Vec<(ColorImage, Option<Mixed>)>,
}

/// Another image that was mixed into a draw.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mixed {
    /// Its index into the data set.
    pub other: usize,
    /// The share of the label that is the image's own, 0 to 1; the rest is the other's.
    pub own: f32,
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
    pub draws: Vec<(TextureHandle, Option<Mixed>)>,
}

/// A preview in the window.
pub struct Preview {
    pub rows: Vec<PreviewRow>,
    /// With the figures of the training images, where the recipe asks for those.
    pub normalise: Normalise,
    pub size: InputSize,
}

/// Makes the pictures; an image that cannot be read is left out. Images are mixed with one another as those of a batch.
pub fn make(wish: &Wish, decoded: &Decoded) -> Made {
    let read = wish.images.iter().filter_map(|&index| {
        let image = decode(wish, decoded, index)?;
        Some((index, image))
    });
    let read: Vec<(usize, Arc<DynamicImage>)> = read.collect();
    let mut rows: Vec<(Drawing, Vec<Vec<u8>>)> = read
        .iter()
        .map(|(index, image)| row(wish, *index, image))
        .collect();
    for epoch in 0..DRAWS {
        let planes: Vec<&[u8]> = rows
            .iter()
            .filter_map(|(_, draws)| draws.get(epoch).map(Vec::as_slice))
            .collect();
        let mixed = mix(wish, epoch, &planes);
        let indices: Vec<usize> = rows.iter().map(|(drawing, _)| drawing.index).collect();
        for ((drawing, draws), mixed) in rows.iter_mut().zip(mixed) {
            let Some(plain) = draws.get(epoch) else {
                continue;
            };
            let (bytes, with) = match &mixed {
                Some((bytes, place, own)) => {
                    let with = indices.get(*place).map(|&other| Mixed { other, own: *own });
                    (bytes, with)
                }
                None => (plain, None),
            };
            drawing.draws.push((shown(bytes, wish.size), with));
        }
    }
    let normalise = wish.preprocess.normalise;
    Made {
        rows: rows.into_iter().map(|(drawing, _)| drawing).collect(),
        normalise: normalise.resolved(&wish.dataset, &wish.splits.train, wish.size.channels),
        size: wish.size,
    }
}

/// The draws of an epoch, mixed as the recipe says: bytes, the place of the other image, and the image's own share.
fn mix(wish: &Wish, epoch: usize, planes: &[&[u8]]) -> Vec<Option<(Vec<u8>, usize, f32)>> {
    let number = epoch_number(epoch);
    let Some(mix) = wish.augment.mix(wish.seed, number, 0, planes.len()) else {
        return vec![None; planes.len()];
    };
    let size = wish.size;
    // Mixing is linear: it may as well be done before the pixels are normalised.
    let pixels: Vec<f32> = planes
        .iter()
        .flat_map(|planes| planes.iter().map(|byte| f32::from(*byte)))
        .collect();
    let own = mix.share(size);
    let mixed = mix.mixed(&pixels, size);
    let images = mixed.chunks_exact(size.elements().max(1));
    images
        .zip(&mix.partner)
        .map(|(image, partner)| {
            let bytes = image.iter().map(|value| value.round() as u8).collect();
            Some((bytes, *partner, own))
        })
        .collect()
}

/// Epochs count from 1.
fn epoch_number(place: usize) -> u32 {
    u32::try_from(place + 1).unwrap_or(u32::MAX)
}

fn shown(planes: &[u8], size: InputSize) -> ColorImage {
    super::super::thumbnails::color_image(&picture(planes, size))
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

/// The row without its draws, and the bytes of those.
fn row(wish: &Wish, index: usize, image: &DynamicImage) -> (Drawing, Vec<Vec<u8>>) {
    let size = wish.size;
    let planes = input(image, size, &wish.preprocess);
    let stored_size = wish.augment.stored(size);
    let stored = if stored_size == size {
        planes.clone()
    } else {
        input(image, stored_size, &wish.preprocess)
    };
    let draw = |epoch: usize| {
        let drawn = wish.augment.plan(wish.seed, epoch_number(epoch), index);
        let mut bytes = planes.clone();
        drawn.apply_from(&stored, stored_size, &mut bytes, size);
        bytes
    };
    let draws = if wish.augment.is_off() {
        Vec::new()
    } else {
        (0..DRAWS).map(draw).collect()
    };
    let drawing = Drawing {
        index,
        original: super::super::thumbnails::color_image(&thumbnail(image, SIDE)),
        input: shown(&planes, size),
        draws: Vec::new(),
    };
    (drawing, draws)
}
