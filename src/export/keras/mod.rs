//! The program for Keras.
use super::{ExportError, Target};
use crate::network::Network;
use crate::project::Recipe;

pub fn program(_: &Network, _: &Recipe, _: &[String]) -> Result<String, ExportError> {
    Err(ExportError::CannotExpress { target: Target::Keras, reasons: vec![] })
}
