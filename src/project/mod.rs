//! What is kept on disk: the project file, the recipe, the runs and their index, and the program's own places.
//!
//! Knows networks and data sets as data only. Every file is written whole or not at all (`atomic`), what is
//! appended to (`table`) survives a kill up to its last line, and everything read is checked before it is believed.

pub mod atomic;
pub mod blocks;
mod clock;
mod error;
mod faults;
pub mod file;
mod history_files;
pub mod index;
mod index_cache;
mod lock;
mod optimizer;
pub mod places;
mod read;
pub mod recipe;
pub mod recovery;
pub mod run;
mod run_info;
mod run_reader;
mod speeds;
mod table;
mod weights;

pub use blocks::SavedBlock;
pub use error::ProjectError;
pub use faults::{Fault, unknown_fields};
pub use file::{Project, load, runs_dir, save, save_as};
pub use index::{ListedRun, find_run, list_runs};
pub use lock::{Lock, is_locked, lock};
pub use optimizer::Optimizer;
pub use places::{Places, Settings, Theme, data_dir};
pub use recipe::{MAX_BATCH, Recipe};
pub use recovery::Recovery;
pub use run::{RunFolder, Weights, set_run_state, write_evaluation};
pub use run_info::{Mark, Marks, RunData, RunInfo, RunState};
pub use run_reader::{Damage, OpenRun, broken_part, latest_data, open_run, run_data};
pub use speeds::{Speed, Speeds};
