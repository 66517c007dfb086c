//! Which column of a table names the files, which the classes and which the sets: by its name and by its values.

use std::collections::HashSet;

use super::Set;
use super::lines::meant;
use super::names::{Meant, Names};
use super::table::Sheet;

/// Rows that are looked at to find out which column names files.
const SAMPLE: usize = 400;
/// Values of a column that are told apart.
const MAX_DISTINCT: usize = 100_000;

/// In place of a column's name: a column for each class.
pub(super) const ONE_HOT: &str = "*";

/// Which columns are used, by number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Columns {
    pub image: usize,
    pub class: usize,
    /// A column for each class, with 1 in that of the image's and 0 in the others: used in place of `class`.
    pub one_hot: Vec<usize>,
    pub set: Option<usize>,
    /// The class is a column whose name says so.
    pub stated: bool,
}

impl Sheet {
    /// The columns that can be meant, the likeliest first. Errors say why there are none.
    pub fn columns(&self, names: &Names<'_>) -> Result<Vec<Columns>, String> {
        let about = self.look(names)?;
        let image = image_column(&about).ok_or(
            "names no file that is here in any of its columns: put it into the folder that its paths start from",
        )?;
        let set = set_column(&about, image);
        let taken = |at: usize| at == image || Some(at) == set;
        let mut stated: Vec<(usize, usize)> = about
            .iter()
            .enumerate()
            .filter(|&(at, column)| !taken(at) && column.filled > 0)
            .filter_map(|(at, column)| {
                let rank = CLASS.iter().position(|name| *name == column.name)?;
                Some((rank, at))
            })
            .collect();
        stated.sort_unstable();
        let columns = |class, stated| Columns {
            image,
            class,
            one_hot: Vec::new(),
            set,
            stated,
        };
        if !stated.is_empty() {
            let found = stated.iter().take(4).map(|&(_, at)| columns(at, true));
            return Ok(found.collect());
        }
        let one_hot = self.one_hot(image, set);
        if !one_hot.is_empty() {
            let class = image;
            return Ok(vec![Columns {
                one_hot,
                ..columns(class, true)
            }]);
        }
        let guessed = about
            .iter()
            .enumerate()
            .filter(|&(at, column)| !taken(at) && column.may_be_class())
            .min_by_key(|(at, column)| (column.numbers > 0, *at))
            .map(|(at, _)| columns(at, false));
        guessed.map(|columns| vec![columns]).ok_or_else(|| {
            "has no column that could be the class: name it “label” or “class” in the first line".into()
        })
    }

    /// The columns that hold one 1 and otherwise 0 in each row, one for each class; none where it is otherwise.
    pub fn one_hot(&self, image: usize, set: Option<usize>) -> Vec<usize> {
        if !self.has_header {
            return Vec::new();
        }
        let mut columns: Vec<usize> = (0..self.header.len())
            .filter(|&at| at != image && Some(at) != set)
            .collect();
        let of = |cell: Option<&str>| match cell.unwrap_or_default().trim().parse() {
            Ok(0.0) => Some(false),
            Ok(1.0) => Some(true),
            _ => None::<bool>,
        };
        for (_, row) in self.data().filter_map(Result::ok) {
            columns.retain(|&at| of(row.get(at)).is_some());
        }
        let (mut single, mut all) = (0, 0);
        for (_, row) in self.data().filter_map(Result::ok) {
            let ones = columns.iter().filter(|&&at| of(row.get(at)) == Some(true));
            single += usize::from(ones.count() == 1);
            all += 1;
        }
        // A few images may have none or several; where many have, it says something else.
        if columns.len() < 2 || single * 20 < all * 19 || all == 0 {
            columns.clear();
        }
        columns
    }

    fn look(&self, names: &Names<'_>) -> Result<Vec<About>, String> {
        let mut about: Vec<About> = self
            .header
            .iter()
            .map(|name| About::new(if self.has_header { name } else { "" }))
            .collect();
        for (number, row) in self.data().enumerate() {
            let (_, record) = row?;
            for (column, cell) in about.iter_mut().zip(record.iter()) {
                let cell = cell.trim();
                column.take(cell);
                if number < SAMPLE && !cell.is_empty() {
                    let meant = meant(names, &self.origin, cell);
                    column.files += usize::from(matches!(meant, Meant::File(_)));
                    column.tried += 1;
                }
            }
        }
        Ok(about)
    }
}

/// What the values of a column are.
struct About {
    /// As it is compared.
    name: String,
    filled: usize,
    distinct: HashSet<String>,
    /// Values that are numbers with a fraction, numbers at all, sets.
    fractions: usize,
    numbers: usize,
    sets: usize,
    files: usize,
    tried: usize,
}

impl About {
    fn new(name: &str) -> Self {
        Self {
            name: plain(name),
            filled: 0,
            distinct: HashSet::new(),
            fractions: 0,
            numbers: 0,
            sets: 0,
            files: 0,
            tried: 0,
        }
    }

    fn take(&mut self, cell: &str) {
        if cell.is_empty() {
            return;
        }
        self.filled += 1;
        self.numbers += usize::from(cell.parse::<f64>().is_ok());
        self.fractions += usize::from(cell.contains('.') && cell.parse::<f64>().is_ok());
        self.sets += usize::from(set(cell).is_some());
        if self.distinct.len() < MAX_DISTINCT && !self.distinct.contains(cell) {
            self.distinct.insert(cell.to_owned());
        }
    }

    /// Few different values, which are no measurements.
    fn may_be_class(&self) -> bool {
        let kinds = self.distinct.len();
        kinds >= 2 && kinds <= (self.filled / 2).max(2) && self.fractions == 0
    }
}

fn image_column(about: &[About]) -> Option<usize> {
    let share = |column: &About| column.files * 100 / column.tried.max(1);
    about
        .iter()
        .enumerate()
        .filter(|(_, column)| column.files > 0)
        .max_by_key(|(at, column)| {
            let named = IMAGE.contains(&column.name.as_str()) && share(column) >= 50;
            let class = CLASS.contains(&column.name.as_str());
            (named, !class, share(column), std::cmp::Reverse(*at))
        })
        .map(|(at, _)| at)
}

fn set_column(about: &[About], image: usize) -> Option<usize> {
    about.iter().enumerate().position(|(at, column)| {
        let named = SET.contains(&column.name.as_str());
        let enough = if named {
            column.sets * 10 >= column.filled * 9
        } else {
            column.sets == column.filled
        };
        at != image && column.filled > 0 && enough && (named || column.distinct.len() >= 2)
    })
}

/// The set that a value means.
pub(super) fn set(cell: &str) -> Option<Set> {
    super::sets::of_word(&cell.to_ascii_lowercase())
}

/// A column's name without what people write differently.
pub(super) fn plain(name: &str) -> String {
    let letters = name.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

/// Names of columns with files.
pub(super) const IMAGE: [&str; 24] = [
    "image",
    "images",
    "img",
    "file",
    "files",
    "filename",
    "filenames",
    "filepath",
    "path",
    "imagepath",
    "imgpath",
    "imagefile",
    "imageid",
    "imgid",
    "imagename",
    "imgname",
    "picture",
    "photo",
    "relpath",
    "relativepath",
    "src",
    "name",
    "id",
    "uuid",
];
/// Names of columns with classes, the likeliest first: names before numbers.
pub(super) const CLASS: [&str; 24] = [
    "classname",
    "labelname",
    "categoryname",
    "label",
    "class",
    "category",
    "target",
    "labels",
    "classes",
    "species",
    "breed",
    "diagnosis",
    "dx",
    "variety",
    "emotion",
    "genre",
    "kind",
    "type",
    "tag",
    "groundtruth",
    "y",
    "classid",
    "labelid",
    "categoryid",
];
const SET: [&str; 8] = [
    "split",
    "set",
    "subset",
    "partition",
    "usage",
    "dataset",
    "phase",
    "fold",
];
