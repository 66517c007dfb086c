//! Images of any set, whatever the memory and the disk: the same bytes, decoded as rarely as can be.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "store/damage.rs"]
mod damage;
#[path = "store/made.rs"]
mod made;
#[path = "store/parts.rs"]
mod parts;
#[path = "store/passes.rs"]
mod passes;
#[path = "store/reduced.rs"]
mod reduced;
#[path = "store/streaming.rs"]
mod streaming;
#[path = "support/disk.rs"]
mod support_disk;
