pub mod conv;
pub mod tile;
