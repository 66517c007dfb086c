//! What can go wrong with files and folders, in words that say what to do.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// One file that could not be read as an image.
#[derive(Debug, Error)]
#[error("{file}: {fault}")]
pub struct DecodeError {
    /// The file, as the user knows it.
    pub file: String,
    /// What is the matter with it.
    pub fault: DecodeFault,
}

/// Why some bytes are not a usable image. Reads as a sentence after the file's name.
#[derive(Debug, Error)]
pub enum DecodeFault {
    /// The file was there when the folder was scanned.
    #[error("the file is no longer there: put it back, or open the folder again")]
    Missing,
    /// The system does not let us read it.
    #[error("no permission to read it: change the file's permissions, or remove it")]
    NoPermission,
    /// Any other failure of the disk or the network.
    #[error("cannot be read ({0})")]
    Io(String),
    /// A pipe, a device, a socket.
    #[error("not a plain file")]
    Special,
    /// No bytes at all.
    #[error("the file is empty (0 bytes): copy it again, or remove it")]
    Empty,
    /// The content is no image.
    #[error("not an image ({0})")]
    NotAnImage(String),
    /// An image, of a kind that is not read here.
    #[error("{0} images are not supported: {remedy}", remedy = remedy(.0))]
    Unsupported(&'static str),
    /// A format that is read, in a variety that is not.
    #[error("its kind is not supported ({0}): convert it to PNG or JPEG")]
    UnusualKind(String),
    /// The file is larger than [`MAX_FILE_BYTES`](super::MAX_FILE_BYTES).
    #[error("the file is too large ({} MiB, at most {} MiB): make it smaller", .0 >> 20, super::MAX_FILE_BYTES >> 20)]
    FileTooLarge(u64),
    /// The picture has more pixels than the limits allow.
    #[error("{width}×{height} pixels are too many (at most {} a side and {} million in all): make it smaller",
        super::MAX_SIDE, super::MAX_PIXELS / 1_000_000)]
    TooManyPixels {
        /// Width that the file states.
        width: u32,
        /// Height that the file states.
        height: u32,
    },
    /// The file ends too early.
    #[error("the file is cut short: copy it again, or remove it")]
    Truncated,
    /// The content contradicts itself.
    #[error("the file is damaged ({0}): copy it again, or remove it")]
    Damaged(String),
    /// Somebody writes it.
    #[error(
        "the file changes while it is read: wait until it is written, then open the folder again"
    )]
    Changing,
    /// A fault of an earlier opening, in its words; the file has not changed since.
    #[error("{0}")]
    Known(String),
}

/// What to do about a format that is not read.
fn remedy(format: &str) -> &'static str {
    match format {
        "HEIC" => {
            "convert it to JPEG (an iPhone takes JPEG photos after Settings, Camera, Formats, Most Compatible)"
        }
        "camera raw" => "develop it to JPEG or TIFF",
        _ => "convert it to PNG or JPEG",
    }
}

impl DecodeFault {
    /// Whether it lies in the file's content, so that it stays as long as the file does not change.
    pub(super) fn is_lasting(&self) -> bool {
        !matches!(
            self,
            Self::Missing | Self::NoPermission | Self::Io(_) | Self::Special | Self::Changing
        )
    }

    /// The fault with its file.
    pub fn at(self, file: impl Into<String>) -> DecodeError {
        DecodeError {
            file: file.into(),
            fault: self,
        }
    }

    /// The words for what the system said.
    pub(super) fn from_io(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::Missing,
            io::ErrorKind::PermissionDenied => Self::NoPermission,
            io::ErrorKind::UnexpectedEof => Self::Truncated,
            _ => Self::Io(error.to_string()),
        }
    }
}

impl From<io::Error> for DecodeFault {
    fn from(error: io::Error) -> Self {
        Self::from_io(&error)
    }
}

/// Why there is no data set, or no more images from it.
#[derive(Debug, Error)]
pub enum DatasetError {
    /// The folder does not exist.
    #[error("{0} does not exist: check the path, or choose another folder")]
    Missing(PathBuf),
    /// A file was given that holds no data set.
    #[error(
        "{0} is a file: choose the folder that holds one sub-folder for each class; or a zip or tar, a table (CSV, TSV), a list of paths (.txt), an IDX file or a batch of CIFAR"
    )]
    NotAFolder(PathBuf),
    /// An archive or another file of many images that cannot be used.
    #[error("{archive} cannot be used: {reason}")]
    Archive {
        /// The file.
        archive: PathBuf,
        /// What is the matter, and what to do.
        reason: String,
    },
    /// More files than can be numbered.
    #[error("{0} holds more than 16 million files: choose a folder further down, or divide it")]
    TooManyFiles(PathBuf),
    /// The files do not fit what they are asked to mean.
    #[error("{folder} cannot be read as asked: {reason}")]
    Layout {
        /// The folder or archive.
        folder: PathBuf,
        /// Which layout, why not, and what to do.
        reason: String,
    },
    /// The folder cannot be listed.
    #[error("no permission to read {0}: change the folder's permissions, or choose another")]
    NoPermission(PathBuf),
    /// The folder cannot be listed for another reason.
    #[error("{folder} cannot be read ({reason})")]
    Io {
        /// The folder.
        folder: PathBuf,
        /// The system's words.
        reason: String,
    },
    /// Nothing in it.
    #[error("{0} is empty: put a folder of images in it for each class")]
    Empty(PathBuf),
    /// Files, but nothing that says their classes.
    #[error(
        "{folder} has no class folders: put the images of each class in a folder of its own, named after the class; or add a table (CSV) with a line for each image: its file and its class{hint}"
    )]
    NoClasses {
        /// The folder or archive.
        folder: PathBuf,
        /// Why the tables and lists that are there do not serve; or empty.
        hint: String,
    },
    /// Sub-folders, but not one image that can be read.
    #[error(
        "{folder} holds no image that can be read{detail}: mapsto reads PNG, JPEG, WebP, BMP, GIF, TIFF, TGA, PNM, QOI and ICO"
    )]
    NoImages {
        /// The folder.
        folder: PathBuf,
        /// How many files were left out, and the first of them; or empty.
        detail: String,
    },
    /// A classifier cannot learn from one class.
    #[error(
        "{folder} has one class only (“{class}”): a classifier needs two or more. Put each class in a folder of its own{hint}"
    )]
    OneClass {
        /// The folder.
        folder: PathBuf,
        /// The only class.
        class: String,
        /// Why the tables that are there do not serve; or empty.
        hint: String,
    },
    /// The user's changes leave too little.
    #[error(
        "{classes} of the classes would be left ({changes}): a classifier needs two or more. Restore some images"
    )]
    TooFewLeft {
        /// Classes that still have an image.
        classes: usize,
        /// How much is changed, in words.
        changes: String,
    },
    /// A copy of the data, or a move of its files, that cannot begin.
    #[error("{path} cannot be written: {reason}")]
    NotWritten {
        /// The folder.
        path: PathBuf,
        /// Why, and what to do.
        reason: String,
    },
    /// [`Progress::cancel`](super::Progress::cancel) was called.
    #[error("cancelled")]
    Cancelled,
    /// The whole folder has gone since it was opened.
    #[error(
        "the folder {0} is no longer there: connect its drive or put it back, then start again"
    )]
    Vanished(PathBuf),
    /// One image that could be read at the scan cannot be read any more.
    #[error(transparent)]
    Image(#[from] DecodeError),
    /// Nothing to learn from.
    #[error("{0} has no training images: put them in train/, with one sub-folder for each class")]
    NoTraining(String),
    /// Shares of the sets that make no sense.
    #[error(
        "validation {validation} and test {test} are not possible shares: each from 0 up, and together less than 1"
    )]
    Shares {
        /// Asked share of validation.
        validation: f64,
        /// Asked share of test.
        test: f64,
    },
    /// A division that cannot be: what is asked for, why not, and what to do.
    #[error("{0}")]
    Split(String),
    /// A number that stands for no image of the set.
    #[error("there is no image number {0} in this data set: open the data again")]
    NoSuchImage(usize),
    /// The loading thread could not start or has died.
    #[error("loading images stopped unexpectedly ({0}): start again with fewer programs open")]
    Loader(String),
}

impl DatasetError {
    /// The words for a folder that cannot be listed.
    pub(super) fn of_folder(folder: &Path, error: &io::Error) -> Self {
        let folder = folder.to_path_buf();
        match error.kind() {
            io::ErrorKind::NotFound => Self::Missing(folder),
            io::ErrorKind::NotADirectory => Self::NotAFolder(folder),
            io::ErrorKind::PermissionDenied => Self::NoPermission(folder),
            _ => Self::Io {
                folder,
                reason: error.to_string(),
            },
        }
    }
}
