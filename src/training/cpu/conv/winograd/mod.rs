//! Kernels of 3×3 by Winograd's minimal filtering, F(2×2, 3×3): four sums out of 4×4 numbers in with 16 multiplications
//! instead of 36. Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2015, section 4.1:
//! `y = Aᵀ [(G g Gᵀ) ⊙ (Bᵀ d B)] A`, where the product is a matrix product over all maps for each of the 16 places.
//!
//! Worth it where there are many maps: what tiles and weights are turned into must be used often.

mod filters;
mod forward;
mod frame;
mod transform;
mod weights;

pub use filters::Filters;
pub use forward::forward;
pub use weights::gradient;

use super::Geometry;
use crate::training::cpu::tile::{VECTORS, lanes};

/// Numbers of a turned tile.
const POINTS: usize = 16;

/// Between what belongs to two places or two maps, so that they do not share lines of the cache.
const APART: usize = 16;

/// Maps in and out from which on it is worth it.
const MAPS: usize = 32;

/// Tiles of all images from which on it is worth it: the weights are turned for them.
const TILES: usize = 96;

/// Whether a convolution is computed so, forward and backward.
pub fn covers(geometry: &Geometry, images: usize) -> bool {
    let plain = geometry.kernel == [3; 2]
        && geometry.stride == [1; 2]
        && geometry.dilation == [1; 2]
        && geometry
            .padding
            .iter()
            .all(|(before, after)| *before < 3 && *after < 3);
    let many = geometry.channels >= MAPS && geometry.filters >= MAPS;
    plain && many && images * tiles(geometry).iter().product::<usize>() >= TILES
}

/// For an image and each pair of a map in and a map out.
pub fn multiplications(geometry: &Geometry) -> usize {
    POINTS * tiles(geometry).iter().product::<usize>()
}

/// Rows and columns of tiles, each of 2×2 sums.
fn tiles(geometry: &Geometry) -> [usize; 2] {
    geometry.output().map(|side| side.div_ceil(2))
}

/// Maps that are computed at a time.
fn panel() -> usize {
    VECTORS * lanes()
}
