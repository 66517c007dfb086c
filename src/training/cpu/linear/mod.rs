//! A fully connected layer, forward and backward, with bias and relu in one pass.
//!
//! Slices are input `[image, input]`, weights `[input, unit]`, output `[image, unit]`.

mod backward;
mod forward;

pub use backward::backward;
pub use forward::forward;

/// A layer's sizes, and whether negative sums are cut.
#[derive(Clone, Copy, Debug)]
pub struct Linear {
    pub inputs: usize,
    pub units: usize,
    pub relu: bool,
}

/// The gradients of a layer.
#[derive(Debug)]
pub struct Gradients {
    /// `[input, unit]`
    pub weights: Vec<f32>,
    /// One a unit.
    pub bias: Vec<f32>,
    /// `[image, input]`, where it was asked for.
    pub input: Option<Vec<f32>>,
}
