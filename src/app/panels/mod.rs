//! The four workspaces, one folder each, and the parts that they share.

pub mod build;
pub mod data;
pub mod inspect;
mod parts;
pub mod train;
