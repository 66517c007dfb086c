//! What is opened, and how it is read where there is a choice.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{Changes, Source};

/// Everything that decides which images a data set has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// Where it comes from.
    pub source: Source,
    /// How its files say their classes; nothing: as [`Dataset::open`](super::Dataset::open) finds out.
    pub layout: Option<Layout>,
    /// What the user has changed.
    pub changes: Changes,
    /// A folder for the index and for unpacked archives, which may be deleted at any time; nothing: none is kept.
    pub cache: Option<PathBuf>,
}

impl From<Source> for Opening {
    /// As found, unchanged, without an index.
    fn from(source: Source) -> Self {
        Self {
            source,
            layout: None,
            changes: Changes::default(),
            cache: None,
        }
    }
}

/// How files say their classes and sets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Layout {
    /// A folder is a class.
    Folders {
        /// Which folder of a path, counted from the data's root: 1 is the first below it. Where `train/` and `test/`
        /// stand above the classes they are not counted.
        level: usize,
    },
    /// A table (CSV, TSV) with a line for each image.
    Table {
        /// The table, below the root with `/`.
        file: String,
        /// The name of the column with the images' paths.
        image: String,
        /// The name of the column with the classes; `*`: a column for each class, with 1 in the image's own and 0 in the
        /// others.
        class: String,
        /// The name of the column with the sets (`train`, `val`, `test`), if there is one.
        set: Option<String>,
    },
    /// A text file with a path in each line, and a class behind it; or the class is the folder of the path.
    List {
        /// The file, below the root with `/`.
        file: String,
    },
    /// The beginning of a file's name is its class: `cat.0.jpg`, `great_dane_12.png`.
    Names,
    /// MNIST's IDX files, plain or gzip.
    Idx,
    /// CIFAR-10's or CIFAR-100's binary batches.
    Cifar {
        /// Of CIFAR-100's two labels the coarse one.
        coarse: bool,
    },
}

/// One way to read a data set's files: what the user chooses among.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LayoutChoice {
    /// To be asked for in [`Opening::layout`].
    pub layout: Layout,
    /// What it means, in words.
    pub title: String,
    /// Classes, before any image is opened.
    pub classes: usize,
    /// Images, before any is opened.
    pub images: usize,
    /// This is how the data set is read.
    pub chosen: bool,
}
