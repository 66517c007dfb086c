//! The arithmetic of the CPU where burn's own wastes the machine: convolutions with what follows them, forward and
//! backward, in cache and on all cores.
//!
//! The rooms below compute on slices and know nothing of burn; [`ops`] brings them into its graph.

pub mod conv;
pub mod cross_entropy;
pub mod linear;
pub mod norm;
pub mod ops;
mod product;
pub mod threads;
mod tile;
pub mod update;
mod zeros;

#[cfg(test)]
mod tests;
