//! Numbers that a network file holds: weights, shapes, padding; from the file itself or from one beside it.

use std::collections::HashMap;
use std::fs::File;
use std::io::Read as _;
use std::path::{Component, Path, PathBuf};

use super::model::{Outside, Tensor};
use super::{MAX_BYTES, Reason};

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

/// Files with weights beside the network's own, read once each.
pub(super) struct Beside {
    folder: PathBuf,
    files: HashMap<String, Vec<u8>>,
    /// Numbers that may still be decoded: many tensors can name the same bytes.
    left: usize,
}

impl Beside {
    /// Those of a network file.
    pub fn of(path: &Path) -> Self {
        let folder = path.parent().unwrap_or(Path::new(""));
        Self {
            folder: folder.to_path_buf(),
            files: HashMap::new(),
            left: usize::try_from(MAX_BYTES / 2).unwrap_or(usize::MAX),
        }
    }

    fn bytes(&mut self, outside: &Outside<'_>) -> Result<&[u8], Reason> {
        let name = outside.location;
        if !self.files.contains_key(name) {
            self.files.insert(name.to_owned(), self.read(name)?);
        }
        let file = self.files.get(name).map_or(&[][..], Vec::as_slice);
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

    /// Only files in the network's own folder, or below it.
    fn read(&self, name: &str) -> Result<Vec<u8>, Reason> {
        let mut parts = Path::new(name).components();
        let below = !name.is_empty() && parts.all(|part| matches!(part, Component::Normal(_)));
        if !below || name.contains('\0') {
            return Err(format!(
                "its values are said to lie in “{name}”, outside of the network's folder, where mapsto does not look"
            ));
        }
        let path = self.folder.join(name);
        let failed = |error: std::io::Error| {
            format!(
                "its values lie in {name}, which cannot be read ({error}): put that file beside the network, or export with the weights inside"
            )
        };
        let (inside, whole) = (self.folder_path()?, path.canonicalize().map_err(failed)?);
        if !whole.starts_with(inside) {
            return Err(format!(
                "its values lie in {name}, a link that leads out of the network's folder"
            ));
        }
        read_within(&whole).map_err(failed)
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

/// A regular file of at most [`MAX_BYTES`].
pub(super) fn read_within(path: &Path) -> std::io::Result<Vec<u8>> {
    use std::io::{Error, ErrorKind};
    let file = File::open(path)?;
    if !file.metadata()?.is_file() {
        return Err(Error::new(ErrorKind::InvalidInput, "it is no file"));
    }
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
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
    beside.left = beside
        .left
        .checked_sub(count)
        .ok_or("it is larger than any that mapsto can open")?;
    let raw = match &tensor.outside {
        Some(outside) => Some(beside.bytes(outside)?),
        None => tensor.raw,
    };
    let values = match raw {
        Some(raw) => from_raw(raw, tensor.kind)?,
        None => from_lists(tensor)?,
    };
    let found = match &values {
        Values::Floats(values) => values.len(),
        Values::Ints(values) => values.len(),
    };
    if found != count {
        return Err(format!("it is of {count} numbers, and {found} are there"));
    }
    Ok(Constant { dims, values })
}

fn unknown_type(kind: i64) -> Reason {
    format!(
        "its numbers are of a type that mapsto does not know ({kind}): export it in 32-bit floats"
    )
}

fn from_raw(raw: &[u8], kind: i64) -> Result<Values, Reason> {
    fn each<const N: usize, T>(raw: &[u8], from: impl Fn([u8; N]) -> T) -> Vec<T> {
        let (numbers, _) = raw.as_chunks::<N>();
        numbers.iter().map(|bytes| from(*bytes)).collect()
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
