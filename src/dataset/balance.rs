//! What is done about classes of very different size: part of the recipe.

use serde::{Deserialize, Serialize};

/// Means against imbalance; the default does nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Balance {
    /// The loss of an image counts by the inverse frequency of its class: n / (classes · n of the class).
    pub class_weights: bool,
    /// Images of small classes are shown several times an epoch, until every class is as large as the largest.
    pub oversample: bool,
    /// γ of the focal loss, (1 − p)^γ · cross-entropy: images that are known count less (Lin et al. 2017; 0: off).
    pub focal_gamma: f64,
}
