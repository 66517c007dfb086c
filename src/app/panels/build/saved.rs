//! The blocks of the palette: those that the user has saved.

use crate::app::view::View;
use crate::network::Fragment;

/// The name of a block of the palette.
pub fn named(view: &View<'_>, number: usize) -> Option<String> {
    Some(view.blocks.get(number)?.name.clone())
}

/// Its layers.
pub fn fragment(view: &View<'_>, number: usize) -> Option<Fragment> {
    Some(view.blocks.get(number)?.fragment.clone())
}
