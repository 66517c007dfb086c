//! Whether a safetensors file is whole, from its header alone: a copy cut short is told when the run is opened,
//! not when it is trained on. What the tensors are is `training`'s to check.
//!
//! The format (github.com/huggingface/safetensors): 8 bytes header length (little-endian), a JSON object with the
//! `data_offsets` of every tensor, then the data.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use serde::Deserialize;

use super::ProjectError;

/// The format's own limit for its header.
const HEADER_LIMIT: u64 = 100_000_000;

#[derive(Deserialize)]
struct Tensor {
    data_offsets: (u64, u64),
}

/// Checks that the header can be read and that all the data it tells of is there, and nothing more.
pub fn check(path: &Path) -> Result<(), ProjectError> {
    let failed = |error: io::Error| ProjectError::reading(path, &error);
    let damaged = |reason: &str| {
        let reason = format!("{reason}. Train again, or take the file from a copy");
        ProjectError::damaged(path, None, reason)
    };
    let mut file = File::open(path).map_err(failed)?;
    let size = file.metadata().map_err(failed)?.len();
    let mut length = [0; 8];
    if size < 8 {
        return Err(damaged("it is too short to hold weights"));
    }
    file.read_exact(&mut length).map_err(failed)?;
    let length = u64::from_le_bytes(length);
    if length > HEADER_LIMIT || length > size - 8 {
        return Err(damaged("its header is cut short or no header of weights"));
    }
    let mut header = Vec::new();
    file.take(length).read_to_end(&mut header).map_err(failed)?;
    let end = data_end(&header).ok_or_else(|| damaged("its header cannot be read"))?;
    if end == size - 8 - length {
        Ok(())
    } else {
        Err(damaged("the end of its data is missing or does not belong"))
    }
}

/// Where the data ends by the header, in bytes after it.
fn data_end(header: &[u8]) -> Option<u64> {
    let header: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(header).ok()?;
    let mut end = 0;
    for (name, value) in header {
        if name != "__metadata__" {
            let tensor: Tensor = serde_json::from_value(value).ok()?;
            let (start, stop) = tensor.data_offsets;
            end = end.max(stop);
            if start > stop {
                return None;
            }
        }
    }
    Some(end)
}
