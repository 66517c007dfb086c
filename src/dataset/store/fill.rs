//! One picture, from its file to the bytes that a store keeps.

use crate::dataset::{Dataset, DatasetError, input};

use super::{Stored, reduced};

/// Decodes an image and brings it to the size in which it is kept; `pixels` has that size.
pub(super) fn decode_into(
    data: &Dataset,
    index: usize,
    stored: &Stored,
    pixels: &mut [u8],
) -> Result<(), DatasetError> {
    let missing = || DatasetError::NoSuchImage(index);
    let about = data.images.get(index).ok_or_else(missing)?;
    let part = if stored.preprocess.reduced_decoding {
        reduced::part(about, stored.kept)
    } else {
        1
    };
    let image = match reduced::read(data, index, part) {
        Some(image) => image,
        None => data.read(index).map_err(|error| data.explain(error))?,
    };
    pixels.copy_from_slice(&input(&image, stored.kept, &stored.preprocess));
    Ok(())
}
