//! What the user draws: layers, the graph of them, its edits, and whether it can be trained.
//!
//! ```text
//! catalogue (what layers there are) ─► Layer ─► Graph ◄─ Edit ◄─ Editor (undo)
//!                                                 └─ check ─► Report: shapes, problems, Option<Network>
//! ```
//! Where things are: the table of layers with their shape and cost rules in `catalogue`, the order of computing
//! in `order`, repeated blocks in `expand`, the pairing of loss and output in `output`, the text form in `text`. A [`Network`] is made by [`check`] only, so that
//! training never meets an invalid one. Nothing here knows of burn or egui.

mod block;
mod builder;
mod catalogue;
mod check;
mod compare;
mod edit;
mod entry;
mod expand;
mod fragment;
mod function;
mod graph;
mod layer;
mod library;
mod loss;
mod misfit;
mod order;
mod output;
mod remedy;
mod report;
mod shape;
mod templates;
mod text;
mod undo;
mod value;
mod warnings;
mod wiring;

pub use block::{Block, BlockId, BlockSetting, Ends, MAX_REPEAT, Target};
pub use builder::Builder;
pub use catalogue::catalogue;
pub use check::{Context, MAX_ELEMENTS, MAX_LAYERS, check};
pub use compare::{Difference, Pair, compare};
pub use edit::{BlockChange, Edit, EditError};
pub use entry::{
    Arity, Cost, DefaultValue, Entry, Group, Kind, Range, Sees, Setting, ShapeError, Window,
};
pub use fragment::Fragment;
pub use function::{Activation, Initialiser};
pub use graph::{Graph, LayerId, Node};
pub use layer::Layer;
pub use library::{LibraryBlock, library, library_block};
pub use loss::{Head, Loss};
pub use output::fit_classes;
pub use report::{
    BlockCopy, BlockReport, CheckedLayer, LayerReport, Network, Problem, Remedy, Report, Severity,
    Sound,
};
pub use shape::{Shape, axes_in_order, grouped, same_padding};
pub use templates::{Family, Fitted, Template, TooSmall, Training, template, templates};
pub use text::{FileProblem, NetworkFileError};
pub use undo::Editor;
pub use value::{SettingError, Value};
