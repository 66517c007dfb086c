//! Pieces that more than one workspace draws: pictures, rows, probabilities, lists of feature maps.

pub mod layer_maps;
pub mod picture;
pub mod probabilities;
pub mod relabel;
pub mod row;
pub mod since;
