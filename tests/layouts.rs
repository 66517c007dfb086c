//! However a data set says its classes (folders at any level, tables, lists, records, archives of these), it opens, and
//! what does not fit is told in words.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "layouts/archives.rs"]
mod archives;
#[path = "layouts/asides.rs"]
mod asides;
#[path = "layouts/hostile.rs"]
mod hostile;
#[path = "layouts/levels.rs"]
mod levels;
#[path = "layouts/made.rs"]
mod made;
#[path = "layouts/records.rs"]
mod records;
#[path = "layouts/sets.rs"]
mod sets;
#[path = "layouts/tables.rs"]
mod tables;
