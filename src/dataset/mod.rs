//! Folders and files to batches of numbers.
//!
//! ```text
//! Source ─ Dataset::open (layout, scan, decode) ─► Dataset ─ split ─► Splits
//!                                                     │                  │
//!                                     health ◄────────┤                  ▼
//!                                                     └─ PixelStore (decode, resize) ─ Loader ─► Batch
//! ```
//!
//! Input is hostile: size limits before decoding, no panic on any file, and a file that cannot be read is listed with
//! its reason and left out. Nothing of the user's is written or changed.

mod augment;
mod balance;
mod changes;
mod colour;
mod decode;
mod digits;
mod error;
mod health;
mod image;
mod index;
mod jpeg;
mod layout;
mod loader;
mod preprocess;
mod progress;
mod random;
mod reading;
mod resize;
mod scan;
mod source;
mod split;
mod store;

use std::collections::BTreeMap;
use std::path::PathBuf;

use ::image::DynamicImage;
use serde::{Deserialize, Serialize};

pub use self::image::{Image, Look, Mode};
pub use augment::{Augment, Policy};
pub use balance::Balance;
pub use changes::Changes;
pub use decode::{MAX_FILE_BYTES, MAX_PIXELS, MAX_SIDE, decode, read_image};
pub use error::{DatasetError, DecodeError, DecodeFault};
pub use health::{ClassCount, Health, SizeCount, health};
pub use loader::{Batch, Loader};
pub use preprocess::{Normalise, Preprocess, Resize};
pub use progress::Progress;
pub use random::shuffled;
pub use reading::{Layout, Opening};
pub use resize::{InputSize, pixels, thumbnail};
pub use scan::look;
pub use source::{Set, Source};
pub use split::{Group, SplitRecipe, Splits, split};
pub use store::PixelStore;

/// A file or folder that is left out, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Below the root with `/`.
    pub file: String,
    /// What is the matter; reads as a sentence after the file's name.
    pub reason: String,
}

/// A set of images with their classes. Made only by [`open`](Self::open) and [`digits`](Self::digits): it has two
/// classes or more, and each of its classes has an image.
#[derive(Clone, Debug)]
pub struct Dataset {
    /// Where it comes from.
    pub source: Source,
    /// The names of the classes, sorted.
    pub classes: Vec<String>,
    /// The images that can be read, sorted by file.
    pub images: Vec<Image>,
    /// What is left out, sorted by file.
    pub problems: Vec<Problem>,
    place: Place,
}

/// How an image's data is found.
#[derive(Clone, Debug)]
enum Place {
    /// For each image its place in the bundled file.
    Digits(Vec<usize>),
    /// `unusual`: the paths of files whose names are no UTF-8.
    Folder {
        root: PathBuf,
        unusual: BTreeMap<String, PathBuf>,
    },
}

impl Dataset {
    /// Opens a data set: walks the folder and decodes every file once, on all cores. Nothing stays in memory but names
    /// and sizes. Errors: see [`DatasetError`]; each says what to do.
    pub fn open(source: &Source, progress: &Progress) -> Result<Self, DatasetError> {
        Self::open_with(&source.clone().into(), progress)
    }

    /// Opens a data set as told. With a folder for the index, only new and changed files are decoded.
    pub fn open_with(opening: &Opening, progress: &Progress) -> Result<Self, DatasetError> {
        match &opening.source {
            Source::Digits => Ok(Self::digits()),
            Source::Folder(root) => scan::open(root, opening, progress),
        }
    }

    /// The bundled digits: 10,000 images of 28×28 grey pixels, named `3/00042` (class, place in the file).
    pub fn digits() -> Self {
        let mut order: Vec<(usize, usize)> = digits::labels()
            .iter()
            .enumerate()
            .map(|(place, &label)| (usize::from(label), place))
            .collect();
        order.sort_unstable();
        let image = |&(class, place): &(usize, usize)| Image {
            file: format!("{class}/{place:05}"),
            class,
            given: None,
            excluded: false,
            width: digits::SIDE,
            height: digits::SIDE,
            look: Look::default(),
        };
        Self {
            source: Source::Digits,
            classes: (0..10).map(|digit: u8| digit.to_string()).collect(),
            images: order.iter().map(image).collect(),
            problems: Vec::new(),
            place: Place::Digits(order.iter().map(|&(_, place)| place).collect()),
        }
    }

    /// Number of images.
    pub fn len(&self) -> usize {
        self.images.len()
    }

    /// Whether it has no images.
    pub fn is_empty(&self) -> bool {
        self.images.is_empty()
    }

    /// [height, width, channels] of what the images usually are: their median height and width; the bundled digits
    /// are grey, and a folder counts as colour.
    pub fn usual_size(&self) -> [usize; 3] {
        let median = |side: fn(&Image) -> u32| {
            let mut sides: Vec<u32> = self.images.iter().map(side).collect();
            let middle = sides.len() / 2;
            if middle >= sides.len() {
                return 1;
            }
            let (_, median, _) = sides.select_nth_unstable(middle);
            usize::try_from(*median).unwrap_or(usize::MAX).max(1)
        };
        let channels = match self.place {
            Place::Digits(_) => 1,
            Place::Folder { .. } => 3,
        };
        [
            median(|image| image.height),
            median(|image| image.width),
            channels,
        ]
    }

    /// Images of each class.
    pub fn counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.classes.len()];
        for image in &self.images {
            if let Some(count) = counts.get_mut(image.class) {
                *count += 1;
            }
        }
        counts
    }

    /// Whether the folder says which images are for training and which for validation or test.
    pub fn has_given_sets(&self) -> bool {
        self.images.iter().any(|image| image.given.is_some())
    }

    /// The index of the image of that name, as [`Image::file`] has it.
    pub fn index_of(&self, file: &str) -> Option<usize> {
        self.images
            .binary_search_by(|image| image.file.as_str().cmp(file))
            .ok()
    }

    /// Where an image lies; nothing for the bundled digits and for indices out of range.
    pub fn path(&self, index: usize) -> Option<PathBuf> {
        let file = &self.images.get(index)?.file;
        match &self.place {
            Place::Digits(_) => None,
            Place::Folder { root, unusual } => Some(match unusual.get(file) {
                Some(path) => root.join(path),
                None => root.join(file),
            }),
        }
    }

    /// Reads an image, upright.
    pub fn read(&self, index: usize) -> Result<DynamicImage, DecodeError> {
        let missing =
            || DecodeFault::Missing.at(format!("image number {index} of {}", self.source));
        match &self.place {
            Place::Digits(places) => places
                .get(index)
                .and_then(|&place| digits::read(place))
                .ok_or_else(missing),
            Place::Folder { .. } => read_image(&self.path(index).ok_or_else(missing)?),
        }
    }

    /// Whether one image is lost or the whole folder.
    fn explain(&self, error: DecodeError) -> DatasetError {
        match &self.place {
            Place::Folder { root, .. } if !root.is_dir() => DatasetError::Vanished(root.clone()),
            _ => DatasetError::Image(error),
        }
    }
}
