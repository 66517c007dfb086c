//! Weights on disk: safetensors with PyTorch's names and layouts (`conv2d_1.weight`
//! `[filters, channels, height, width]`, `dense_1.weight` `[units, inputs]`), 32-bit floats.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use burn::tensor::Tensor;
use safetensors::tensor::{Dtype, Metadata, SafeTensors, TensorView, serialize};
use thiserror::Error;

use crate::project::atomic;

/// A tensor on the host.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedTensor {
    pub name: String,
    pub shape: Vec<usize>,
    /// Row-major.
    pub values: Vec<f32>,
}

impl NamedTensor {
    /// Reads a tensor from its device; waits for it.
    pub(super) fn new<const D: usize>(name: String, tensor: Tensor<D>) -> Self {
        let shape = tensor.dims().to_vec();
        let values = tensor.into_data().iter::<f32>().collect();
        Self {
            name,
            shape,
            values,
        }
    }
}

/// Why weights could not be written or read.
#[derive(Debug, Error)]
pub enum WeightsError {
    #[error("{}: {reason}", .path.display())]
    File { path: PathBuf, reason: String },
    #[error("the weights hold no tensor {name}: they belong to another network")]
    Missing { name: String },
    #[error(
        "the tensor {name} of the weights is {found:?}, the network needs {needed:?}: they belong to another network"
    )]
    Shape {
        name: String,
        found: Vec<usize>,
        needed: Vec<usize>,
    },
}

/// Writes the tensors to `path`, all or nothing.
///
/// # Errors
/// The file cannot be written (a full disk, no permission); what stood there before stays.
pub fn write(path: &Path, tensors: &[NamedTensor]) -> Result<(), WeightsError> {
    let fault = |reason: String| WeightsError::File {
        path: path.to_path_buf(),
        reason,
    };
    let mut views = Vec::with_capacity(tensors.len());
    for tensor in tensors {
        let bytes: &[u8] = bytemuck::cast_slice(&tensor.values);
        let view = TensorView::new(Dtype::F32, tensor.shape.clone(), bytes)
            .map_err(|error| fault(error.to_string()))?;
        views.push((tensor.name.as_str(), view));
    }
    let bytes = serialize(views, None).map_err(|error| fault(error.to_string()))?;
    atomic::write(path, &bytes).map_err(|error| fault(atomic::explain(&error)))
}

/// The tensors of a file, by name.
#[derive(Clone, Debug, Default)]
pub struct Weights {
    tensors: Vec<NamedTensor>,
}

impl Weights {
    /// Reads a safetensors file whole.
    ///
    /// # Errors
    /// No such file, not a safetensors file, or numbers other than 32-bit floats.
    pub fn read(path: &Path) -> Result<Self, WeightsError> {
        let fault = |reason: String| WeightsError::File {
            path: path.to_path_buf(),
            reason,
        };
        let bytes = std::fs::read(path).map_err(|error| unreadable(path, &error))?;
        let file = SafeTensors::deserialize(&bytes)
            .map_err(|error| fault(format!("is damaged or no safetensors file ({error})")))?;
        let mut tensors = Vec::new();
        for (name, view) in file.tensors() {
            if view.dtype() != Dtype::F32 {
                return Err(fault(format!("the tensor {name} is not of 32-bit floats")));
            }
            tensors.push(NamedTensor {
                name,
                shape: view.shape().to_vec(),
                values: floats(view.data()),
            });
        }
        Ok(Self { tensors })
    }

    /// Weights that are at hand already (tests, fixtures).
    pub fn from_tensors(tensors: Vec<NamedTensor>) -> Self {
        Self { tensors }
    }

    /// The names of all tensors.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.iter().map(|tensor| tensor.name.as_str())
    }

    /// The values of a tensor of the given shape.
    pub(super) fn find(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, WeightsError> {
        let tensor = self
            .tensors
            .iter()
            .find(|tensor| tensor.name == name)
            .ok_or_else(|| WeightsError::Missing {
                name: name.to_owned(),
            })?;
        fits(name, &tensor.shape, shape)?;
        Ok(tensor.values.clone())
    }
}

/// Little-endian numbers.
fn floats(bytes: &[u8]) -> Vec<f32> {
    let numbers = bytes.chunks_exact(4);
    numbers
        .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
        .collect()
}

fn fits(name: &str, found: &[usize], needed: &[usize]) -> Result<(), WeightsError> {
    if found == needed {
        return Ok(());
    }
    Err(WeightsError::Shape {
        name: name.to_owned(),
        found: found.to_vec(),
        needed: needed.to_vec(),
    })
}

/// A safetensors file of which tensors are read one by one, when they are asked for.
#[derive(Debug)]
pub(super) struct WeightsFile {
    path: PathBuf,
    file: File,
    header: Metadata,
    /// Bytes before the first tensor.
    offset: u64,
}

/// The header's own length stands before it.
const LENGTH: usize = 8;
/// Longer headers are no headers; safetensors' own limit.
const LONGEST_HEADER: u64 = 100_000_000;

impl WeightsFile {
    /// Reads the names and shapes.
    ///
    /// # Errors
    /// No such file, or not a safetensors file.
    pub(super) fn open(path: &Path) -> Result<Self, WeightsError> {
        let damaged = || WeightsError::File {
            path: path.to_path_buf(),
            reason: "is damaged or no safetensors file".to_owned(),
        };
        let mut file = File::open(path).map_err(|error| unreadable(path, &error))?;
        let mut length = [0; LENGTH];
        file.read_exact(&mut length).map_err(|_short| damaged())?;
        let length = u64::from_le_bytes(length);
        let size = file.metadata().map_err(|error| unreadable(path, &error))?;
        if length > size.len().min(LONGEST_HEADER) {
            return Err(damaged());
        }
        let mut header = Vec::new();
        let mut start = (&file).take(length);
        start
            .read_to_end(&mut header)
            .map_err(|error| unreadable(path, &error))?;
        let header: Metadata = serde_json::from_slice(&header).map_err(|_text| damaged())?;
        Ok(Self {
            path: path.to_path_buf(),
            file,
            header,
            offset: LENGTH as u64 + length,
        })
    }

    /// The values of a tensor of the given shape.
    pub(super) fn find(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>, WeightsError> {
        let missing = || WeightsError::Missing {
            name: name.to_owned(),
        };
        let found = self.header.info(name).ok_or_else(missing)?;
        fits(name, &found.shape, shape)?;
        let (from, to) = found.data_offsets;
        let bytes = shape.iter().product::<usize>().saturating_mul(4);
        if found.dtype != Dtype::F32 || to.checked_sub(from) != Some(bytes) {
            return Err(missing());
        }
        let mut data = vec![0; bytes];
        let place = SeekFrom::Start(self.offset.saturating_add(from as u64));
        self.file
            .seek(place)
            .and_then(|_| self.file.read_exact(&mut data))
            .map_err(|error| unreadable(&self.path, &error))?;
        Ok(floats(&data))
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> WeightsError {
    WeightsError::File {
        path: path.to_path_buf(),
        reason: format!("cannot be read: {}", atomic::explain(error)),
    }
}
