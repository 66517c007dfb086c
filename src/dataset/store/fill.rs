//! One picture, from its file to the bytes that a store keeps.

use crate::dataset::{Dataset, DatasetError, input};

use super::Stored;

/// Decodes an image and brings it to the size in which it is kept; `slot` has that size.
pub(super) fn decode_into(
    data: &Dataset,
    index: usize,
    stored: &Stored,
    slot: &mut [u8],
) -> Result<(), DatasetError> {
    let image = data.read(index).map_err(|error| data.explain(error))?;
    slot.copy_from_slice(&input(&image, stored.kept, &stored.preprocess));
    Ok(())
}
