//! Where images come from, and the three sets that they are divided into.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Where a data set comes from. In files and on the command line it is a string: `digits`, or the path of a folder or file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Source {
    /// The handwritten digits that come with the program.
    Digits,
    /// A folder of the user's; or a file that stands for one: a zip or tar, a table, a list of paths, an IDX file.
    Folder(PathBuf),
}

const DIGITS: &str = "digits";

impl Source {
    /// Reads what [`Display`](fmt::Display) writes. A folder that is really named `digits` is `./digits`.
    pub fn parse(text: &str) -> Self {
        if text == DIGITS {
            Self::Digits
        } else {
            Self::Folder(PathBuf::from(text))
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Digits => f.write_str(DIGITS),
            Self::Folder(path) if path.as_os_str() == DIGITS => write!(f, "./{DIGITS}"),
            Self::Folder(path) => write!(f, "{}", path.display()),
        }
    }
}

impl From<String> for Source {
    fn from(text: String) -> Self {
        Self::parse(&text)
    }
}

impl From<Source> for String {
    fn from(source: Source) -> Self {
        source.to_string()
    }
}

/// What an image is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Set {
    /// The network learns from these.
    Train,
    /// These choose the best epoch.
    Validation,
    /// These are looked at after training only.
    Test,
}

impl Set {
    /// All three, in the order in which people name them.
    pub const ALL: [Self; 3] = [Self::Train, Self::Validation, Self::Test];

    /// `train`, `validation` or `test`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Validation => "validation",
            Self::Test => "test",
        }
    }

    /// The set that a folder of this name stands for, if it stands for one.
    pub(super) fn from_folder(name: &str) -> Option<Self> {
        super::layout::set_of_folder(name)
    }
}

impl fmt::Display for Set {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
