//! The blocks of the palette: those of the library, then those that the user has saved.

use std::path::Path;

use super::anchor;
use super::rows::Rows;
use crate::app::command::Command;
use crate::app::view::{Dialog, View};
use crate::network::{Edit, Fragment, LayerId, Shape, library};

/// One block of the palette.
pub struct Offered<'a> {
    pub name: &'a str,
    pub help: &'a str,
    /// The file of a saved one.
    pub path: Option<&'a Path>,
}

/// All of them; their order is their number.
pub fn offered<'a>(view: &View<'a>) -> impl Iterator<Item = Offered<'a>> {
    let shipped = library().iter().map(|block| Offered {
        name: block.title,
        help: block.help,
        path: None,
    });
    let saved = view.blocks.iter().map(|block| Offered {
        name: &block.name,
        help: "A block of yours",
        path: Some(&block.path),
    });
    shipped.chain(saved)
}

/// The name of a block of the palette.
pub fn named(view: &View<'_>, number: usize) -> Option<String> {
    let block = offered(view).nth(number)?;
    Some(block.name.to_owned())
}

/// Its layers, with the channels that fit after `input`.
pub fn fragment(view: &View<'_>, number: usize, input: Option<Shape>) -> Option<Fragment> {
    if let Some(block) = library().get(number) {
        return Some(block.fragment(input));
    }
    let saved = view.blocks.get(number - library().len())?;
    Some(saved.fragment.clone())
}

/// What puts a block after a layer.
pub fn paste(view: &View<'_>, number: usize, after: LayerId) -> Option<Command> {
    let input = view.report.layer(after).and_then(|report| report.output);
    let fragment = fragment(view, number, input)?;
    Some(Command::Edit(Edit::Paste { after, fragment }))
}

/// What a click in the palette does with a block.
pub fn add(view: &View<'_>, rows: &Rows, number: usize) -> Option<Command> {
    paste(view, number, anchor(view, rows)?)
}

/// Asks whether a saved block shall go.
pub fn ask_to_delete(name: &str, path: &Path) -> Command {
    Command::ShowDialog(Some(Dialog::Confirm {
        title: format!("Delete {name}?"),
        text: "Networks that hold the block keep their layers; its file is deleted".to_owned(),
        yes: "Delete".to_owned(),
        then: Box::new(Command::DeleteBlock(path.to_path_buf())),
    }))
}
