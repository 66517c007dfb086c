//! Numbers that a network file holds: weights, shapes, padding; from the file itself or from one beside it.

use std::collections::HashMap;
use std::fs::File;
use std::io::Read as _;
use std::path::{Component, Path, PathBuf};

use super::model::{Outside, Tensor};
use super::{MAX_BYTES, Reason};
use crate::project::atomic;

/// Decoded values, row by row.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Constant {
    pub dims: Vec<usize>,
    pub values: Values,
}

/// Its numbers.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Values {
    Floats(Vec<f32>),
    Ints(Vec<i64>),
}

impl Constant {
    pub fn ints(values: Vec<i64>) -> Self {
        Self {
            dims: vec![values.len()],
            values: Values::Ints(values),
        }
    }

    pub fn floats(values: Vec<f32>) -> Self {
        Self {
            dims: vec![values.len()],
            values: Values::Floats(values),
        }
    }

    /// Of no dimension.
    pub fn scalar(self) -> Self {
        Self {
            dims: Vec::new(),
            ..self
        }
    }

    /// How many numbers.
    pub fn count(&self) -> usize {
        match &self.values {
            Values::Floats(values) => values.len(),
            Values::Ints(values) => values.len(),
        }
    }

    pub fn as_ints(&self) -> Option<&[i64]> {
        match &self.values {
            Values::Ints(values) => Some(values),
            Values::Floats(_) => None,
        }
    }

    pub fn as_floats(&self) -> Option<&[f32]> {
        match &self.values {
            Values::Floats(values) => Some(values),
            Values::Ints(_) => None,
        }
    }

    /// The only number, if it is a float.
    pub fn as_float(&self) -> Option<f32> {
        match self.as_floats()? {
            [number] => Some(*number),
            _ => None,
        }
    }
}

/// How many numbers may be decoded for each byte of the files: a number takes a byte or more, but may be used twice.
const NUMBERS_A_BYTE: usize = 2;

/// And besides, for the shapes that are computed.
const FREE_NUMBERS: usize = 1 << 20;

/// Files with weights beside the network's own, read once each.
pub(super) struct Beside {
    folder: PathBuf,
    /// Where each name leads to: one file may have many.
    places: HashMap<String, PathBuf>,
    files: HashMap<PathBuf, Vec<u8>>,
    /// Bytes that may still be read.
    unread: u64,
    /// Numbers that may still be decoded: many tensors can name the same bytes.
    left: usize,
}

impl Beside {
    /// Those of a network file of so many bytes.
    pub fn of(path: &Path, bytes: usize) -> Self {
        let folder = path.parent().unwrap_or(Path::new(""));
        Self {
            folder: folder.to_path_buf(),
            places: HashMap::new(),
            files: HashMap::new(),
            unread: MAX_BYTES,
            left: FREE_NUMBERS.saturating_add(bytes.saturating_mul(NUMBERS_A_BYTE)),
        }
    }

    fn bytes(&mut self, outside: &Outside<'_>) -> Result<&[u8], Reason> {
        let name = outside.location;
        if !self.places.contains_key(name) {
            let place = self.place(name)?;
            if !self.files.contains_key(&place) {
                let bytes =
                    read_within(&place, self.unread).map_err(|error| cannot(name, &error))?;
                self.unread = self.unread.saturating_sub(bytes.len() as u64);
                let more = bytes.len().saturating_mul(NUMBERS_A_BYTE);
                self.left = self.left.saturating_add(more);
                self.files.insert(place.clone(), bytes);
            }
            self.places.insert(name.to_owned(), place);
        }
        let file = self.places.get(name).and_then(|it| self.files.get(it));
        let file = file.map_or(&[][..], Vec::as_slice);
        let start = usize::try_from(outside.offset).unwrap_or(usize::MAX);
        let rest = file.get(start..);
        let found = match outside.length {
            None => rest,
            Some(length) => {
                let length = usize::try_from(length).unwrap_or(usize::MAX);
                rest.and_then(|rest| rest.get(..length))
            }
        };
        found.ok_or_else(|| {
            format!("its values are not in {name}: that file is cut short, or of another network")
        })
    }

    /// Takes so many numbers off those that may still be decoded.
    pub fn spend(&mut self, count: usize) -> Result<(), Reason> {
        let left = self.left.checked_sub(count);
        self.left = left.ok_or("it holds more numbers than there can be in this file")?;
        Ok(())
    }

    /// Where a file is: only in the network's own folder, or below it.
    fn place(&self, name: &str) -> Result<PathBuf, Reason> {
        let mut parts = Path::new(name).components();
        let below = !name.is_empty() && parts.all(|part| matches!(part, Component::Normal(_)));
        if !below || name.contains('\0') {
            return Err(format!(
                "its values are said to lie in “{name}”, outside of the network's folder, where mapsto does not look"
            ));
        }
        let path = self.folder.join(name);
        let whole = path.canonicalize().map_err(|error| cannot(name, &error));
        let (inside, whole) = (self.folder_path()?, whole?);
        if !whole.starts_with(inside) {
            return Err(format!(
                "its values lie in {name}, a link that leads out of the network's folder"
            ));
        }
        Ok(whole)
    }

    fn folder_path(&self) -> Result<PathBuf, Reason> {
        let folder = if self.folder.as_os_str().is_empty() {
            Path::new(".")
        } else {
            &self.folder
        };
        folder
            .canonicalize()
            .map_err(|error| format!("{} cannot be read: {error}", folder.display()))
    }
}

fn cannot(name: &str, error: &std::io::Error) -> Reason {
    format!(
        "its values lie in {name}, which cannot be read ({}): put that file beside the network, or export with the weights inside",
        atomic::explain(error)
    )
}

/// A regular file of at most so many bytes.
pub(super) fn read_within(path: &Path, most: u64) -> std::io::Result<Vec<u8>> {
    use std::io::{Error, ErrorKind};
    // Before it is opened: opening a pipe waits for its other end.
    if !std::fs::metadata(path)?.is_file() {
        return Err(Error::new(ErrorKind::InvalidInput, "it is no file"));
    }
    let mut bytes = Vec::new();
    let file = File::open(path)?;
    file.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        let gibibytes = MAX_BYTES >> 30;
        return Err(Error::new(
            ErrorKind::FileTooLarge,
            format!("it is larger than {gibibytes} GiB"),
        ));
    }
    Ok(bytes)
}

/// The values of a tensor of the file.
pub(super) fn decode(tensor: &Tensor<'_>, beside: &mut Beside) -> Result<Constant, Reason> {
    let dims: Option<Vec<usize>> = tensor
        .dims
        .iter()
        .map(|size| usize::try_from(*size).ok())
        .collect();
    let count = dims.as_ref().and_then(|dims| {
        dims.iter()
            .try_fold(1_usize, |all, size| all.checked_mul(*size))
    });
    let (Some(dims), Some(count)) = (dims, count) else {
        return Err("its size is not a size".to_owned());
    };
    beside.spend(count)?;
    let raw = match &tensor.outside {
        Some(outside) => Some(beside.bytes(outside)?),
        None => tensor.raw,
    };
    let values = match raw {
        Some(raw) => from_raw(raw, tensor.kind, count)?,
        None => from_lists(tensor)?,
    };
    let constant = Constant { dims, values };
    match constant.count() {
        found if found == count => Ok(constant),
        found => Err(other_count(count, found)),
    }
}

fn other_count(count: usize, found: usize) -> Reason {
    format!("it is of {count} numbers, and {found} are there: the file is cut short or damaged")
}

fn unknown_type(kind: i64) -> Reason {
    format!(
        "its numbers are of a type that mapsto does not know ({kind}): export it in 32-bit floats"
    )
}

/// So many bytes make a number of this type.
fn width(kind: i64) -> Option<usize> {
    Some(match kind {
        2 | 3 | 9 => 1,
        10 | 16 => 2,
        1 | 6 => 4,
        7 | 11 => 8,
        _ => return None,
    })
}

fn from_raw(raw: &[u8], kind: i64, count: usize) -> Result<Values, Reason> {
    fn each<const N: usize, T>(raw: &[u8], from: impl Fn([u8; N]) -> T) -> Vec<T> {
        let (numbers, _) = raw.as_chunks::<N>();
        numbers.iter().map(|bytes| from(*bytes)).collect()
    }
    // Before anything is allocated.
    let width = width(kind).ok_or_else(|| unknown_type(kind))?;
    if count.checked_mul(width) != Some(raw.len()) {
        return Err(other_count(count, raw.len() / width));
    }
    Ok(match kind {
        1 => Values::Floats(each(raw, f32::from_le_bytes)),
        2 | 9 => Values::Ints(raw.iter().map(|byte| i64::from(*byte)).collect()),
        3 => Values::Ints(each(raw, |bytes| i64::from(i8::from_le_bytes(bytes)))),
        6 => Values::Ints(each(raw, |bytes| i64::from(i32::from_le_bytes(bytes)))),
        7 => Values::Ints(each(raw, i64::from_le_bytes)),
        10 => Values::Floats(each(raw, |bytes| half(u16::from_le_bytes(bytes)))),
        11 => Values::Floats(each(raw, |bytes| f64::from_le_bytes(bytes) as f32)),
        16 => Values::Floats(each(raw, |bytes| brain(u16::from_le_bytes(bytes)))),
        _ => return Err(unknown_type(kind)),
    })
}

fn from_lists(tensor: &Tensor<'_>) -> Result<Values, Reason> {
    let bits = |from: fn(u16) -> f32| {
        let numbers = tensor.ints.iter();
        numbers.map(|bits| from(*bits as u16)).collect()
    };
    Ok(match tensor.kind {
        1 => Values::Floats(tensor.floats.clone()),
        2 | 3 | 6 | 7 | 9 => Values::Ints(tensor.ints.clone()),
        10 => Values::Floats(bits(half)),
        11 => Values::Floats(tensor.doubles.iter().map(|number| *number as f32).collect()),
        16 => Values::Floats(bits(brain)),
        kind => return Err(unknown_type(kind)),
    })
}

/// IEEE 754 half precision: 1 bit sign, 5 exponent, 10 fraction.
fn half(bits: u16) -> f32 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f32::from(bits & 0x3ff));
    sign * match exponent {
        0 => fraction * 2_f32.powi(-24),
        31 if fraction == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        _ => (1.0 + fraction / 1024.0) * 2_f32.powi(exponent - 15),
    }
}

/// The upper half of a 32-bit float.
fn brain(bits: u16) -> f32 {
    f32::from_bits(u32::from(bits) << 16)
}
