//! What a run has told: its curves, its confusion matrix, its mistakes and the figures made from them.
//!
//! Everything here is pure: numbers in, numbers out. Reading and writing is `project`'s, drawing is `app`'s.

pub mod confusion;
pub mod curve;
pub mod evaluation;
pub mod history;
pub mod mistakes;

pub use confusion::{Cell, ClassFigures, Confusion};
pub use curve::{decimate, smooth};
pub use evaluation::{Evaluation, Prediction};
pub use history::{Epoch, History, Step};
