//! Folders and files to batches of numbers.
//!
//! ```text
//! Source ─ files (disk, zip, tar: one listing) ─ layout (class folders, table, list, IDX, CIFAR) ─ scan (index) ─► Dataset
//!                                                                                                                  │
//!  Changes (left out, relabelled, moved) ─► changed ─► Dataset ─ split (groups, look-alikes, folds) ─► Splits ◄────┤
//!                                                         │                                              │         ▼
//!                                                         └─► PixelStore (preprocess, cache) ─ Loader (augment, mix) ─► Batch
//!                                                                                                               health ─► findings
//! ```
//!
//! Input is hostile: size limits before decoding, no panic on any file, and a file that cannot be read is listed with
//! its reason and left out. Nothing of the user's is written or changed, unless the user asks to carry changes out.

mod augment;
mod balance;
mod changes;
mod colour;
mod decode;
mod digits;
mod error;
mod files;
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
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ::image::DynamicImage;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

pub use self::image::{Image, Look, Mode};
pub use augment::{
    Amount, Augment, AugmentGroup, AugmentSetting, Drawn, Mix, Move, Policy, Rectangle, Span, Step,
};
pub use balance::Balance;
pub use changes::{Applied, Before, Changes, Difference, Known, copy_to, move_back, move_files};
pub use decode::{MAX_FILE_BYTES, MAX_PIXELS, MAX_SIDE, decode, read_image};
pub use error::{DatasetError, DecodeError, DecodeFault};
pub use health::{
    Action, Alike, ClassCount, Colours, Finding, Groups, Health, HealthContext, Kind, ModeCount,
    Severity, SizeCount, fingerprint, health, near_duplicates, same_files,
};
pub use loader::{Batch, Draw, Form, Loader, Pixels, Places, Planes, parts};
pub use preprocess::{Normalise, Normaliser, Preprocess, Resize, input, picture, statistics};
pub use progress::Progress;
pub use random::{Stream, generator, shuffled};
pub use reading::{Layout, LayoutChoice, Opening};
pub use resize::{InputSize, pixels, thumbnail};
pub use scan::look;
pub use source::{Set, Source};
pub use split::{Group, SplitRecipe, Splits, bonds, folds, split, split_with, together};
pub use store::{PixelStore, Room, Stored};

use files::Store;
use health::KnownCopies;
use layout::{Shelf, Spot};

/// A file or folder that is left out, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Below the root with `/`.
    pub file: String,
    /// What is the matter; reads as a sentence after the file's name.
    pub reason: String,
}

impl Problem {
    /// Whether it is no loss: a document beside the images is not one of them.
    pub fn is_no_image(&self) -> bool {
        files::beside(&self.file).is_some_and(|words| words == self.reason)
    }
}

/// A set of images with their classes. Made only by [`open`](Self::open) and [`digits`](Self::digits): it has two
/// classes or more, and each of its classes has an image.
#[derive(Debug)]
pub struct Dataset {
    /// Where it comes from.
    pub source: Source,
    /// The names of the classes, sorted.
    pub classes: Vec<String>,
    /// The images that can be read, sorted by file.
    pub images: Vec<Image>,
    /// What is left out, sorted by file.
    pub problems: Vec<Problem>,
    /// What deserves to be known of the files although nothing is left out, a sentence each.
    pub notices: Vec<String>,
    /// The ways in which the files can be read, the chosen one among them; none for the bundled digits.
    pub layouts: Vec<LayoutChoice>,
    /// Classes whose images the user has left out, every one; see [`changed`](Self::changed).
    pub emptied: Vec<String>,
    /// The classes that the places of relabelled images say.
    was: BTreeMap<usize, String>,
    /// The sets that the places of moved images say.
    was_given: BTreeMap<usize, Set>,
    place: Place,
    /// The copies among the images, once they have been looked for.
    known: Arc<KnownCopies>,
}

impl Clone for Dataset {
    fn clone(&self) -> Self {
        Self {
            source: self.source.clone(),
            classes: self.classes.clone(),
            // There may be a million, each with a name.
            images: self.images.par_iter().cloned().collect(),
            problems: self.problems.clone(),
            notices: self.notices.clone(),
            layouts: self.layouts.clone(),
            emptied: self.emptied.clone(),
            was: self.was.clone(),
            was_given: self.was_given.clone(),
            place: self.place.clone(),
            known: Arc::clone(&self.known),
        }
    }
}

/// How an image's data is found.
#[derive(Clone, Debug)]
enum Place {
    /// For each image its place in the bundled file.
    Digits(Arc<[usize]>),
    /// For each image its place in a folder, in an archive or in a file of many.
    Files {
        store: Arc<Store>,
        shelves: Arc<[Shelf]>,
        spots: Arc<[Spot]>,
    },
}

impl Dataset {
    /// Opens a data set as it is found: [`open_with`](Self::open_with) without wishes.
    pub fn open(source: &Source, progress: &Progress) -> Result<Self, DatasetError> {
        Self::open_with(&source.clone().into(), progress)
    }

    /// Opens a data set: lists the folder or archive, finds out how its files say their classes (or takes
    /// [`Opening::layout`]), decodes every file once, on all cores, and makes the user's changes. With a folder
    /// for the index, only new and changed files are decoded. Nothing stays in memory but names and looks. Errors: see [`DatasetError`]; each says what to do.
    pub fn open_with(opening: &Opening, progress: &Progress) -> Result<Self, DatasetError> {
        let found = match &opening.source {
            Source::Digits => Self::digits(),
            Source::Folder(root) => scan::open(root, opening, 2, progress)?,
        };
        if opening.changes.is_empty() {
            Ok(found)
        } else {
            found.changed(&opening.changes)
        }
    }

    /// Opens the images that a run is evaluated on: one class is enough for that.
    pub fn open_to_evaluate(opening: &Opening, progress: &Progress) -> Result<Self, DatasetError> {
        match &opening.source {
            Source::Folder(root) if opening.changes.is_empty() => {
                scan::open(root, opening, 1, progress)
            }
            _ => Self::open_with(opening, progress),
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
            notices: Vec::new(),
            layouts: Vec::new(),
            emptied: Vec::new(),
            was: BTreeMap::new(),
            was_given: BTreeMap::new(),
            place: Place::Digits(order.iter().map(|&(_, place)| place).collect()),
            known: Arc::default(),
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
    /// and grey records are grey, and picture files count as colour.
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
        let grey = |shelf: &Shelf| shelf.channels == 1;
        let channels = match &self.place {
            Place::Digits(_) => 1,
            Place::Files { shelves, .. } if !shelves.is_empty() && shelves.iter().all(grey) => 1,
            Place::Files { .. } => 3,
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

    /// The folder of the user's that the images' files lie in; nothing for an archive.
    pub fn root(&self) -> Option<&Path> {
        match &self.place {
            Place::Digits(_) => None,
            Place::Files { store, .. } => store.folder(),
        }
    }

    /// Where an image lies as a file of its own; nothing in an archive, for records (IDX, CIFAR, the bundled digits)
    /// and for indices out of range.
    pub fn path(&self, index: usize) -> Option<PathBuf> {
        match &self.place {
            Place::Digits(_) => None,
            Place::Files { store, spots, .. } => match spots.get(index)? {
                Spot::File(_) => store.path(&self.images.get(index)?.file),
                Spot::Record { .. } => None,
            },
        }
    }

    /// The bytes of an image's file; a record, which has none of its own, as a PNG.
    pub fn bytes(&self, index: usize) -> Result<Vec<u8>, DecodeError> {
        if let Place::Files { store, spots, .. } = &self.place
            && let (Some(Spot::File(place)), Some(image)) =
                (spots.get(index), self.images.get(index))
        {
            return store
                .bytes(&image.file, *place)
                .map_err(|fault| self.at(index, fault));
        }
        let image = self.read(index)?;
        let mut bytes = std::io::Cursor::new(Vec::new());
        image
            .write_to(&mut bytes, ::image::ImageFormat::Png)
            .map_err(|error| self.at(index, DecodeFault::Io(error.to_string())))?;
        Ok(bytes.into_inner())
    }

    /// Reads an image, upright.
    pub fn read(&self, index: usize) -> Result<DynamicImage, DecodeError> {
        let read = match &self.place {
            Place::Digits(places) => places
                .get(index)
                .and_then(|&place| digits::read(place))
                .ok_or(DecodeFault::Missing),
            Place::Files { spots, shelves, .. } => match spots.get(index) {
                None => Err(DecodeFault::Missing),
                Some(Spot::File(_)) => {
                    let name = self.images.get(index).map_or("", |image| &image.file);
                    decode::decode_named(&self.bytes(index)?, name).map(|decoded| decoded.image)
                }
                Some(Spot::Record { shelf, number }) => usize::try_from(*shelf)
                    .ok()
                    .and_then(|shelf| shelves.get(shelf))
                    .ok_or(DecodeFault::Missing)
                    .and_then(|shelf| shelf.read(*number)),
            },
        };
        read.map_err(|fault| self.at(index, fault))
    }

    /// A fault with the image that has it, as the user knows it.
    fn at(&self, index: usize, fault: DecodeFault) -> DecodeError {
        let Some(image) = self.images.get(index) else {
            return fault.at(format!("image number {index} of {}", self.source));
        };
        let fault = decode::named(fault, &image.file);
        match self.path(index) {
            Some(path) => fault.at(path.display().to_string()),
            None => fault.at(format!("{} in {}", image.file, self.source)),
        }
    }

    /// Whether one image is lost or the whole folder.
    fn explain(&self, error: DecodeError) -> DatasetError {
        match &self.place {
            Place::Files { store, .. } if !store.root.exists() => {
                DatasetError::Vanished(store.root.clone())
            }
            _ => DatasetError::Image(error),
        }
    }
}
