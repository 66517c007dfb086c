//! The selected layers and what can be done with them: the keys and the menu of a card ask here.

use std::collections::HashSet;

use super::rows::Rows;
use crate::app::command::Command;
use crate::app::view::View;
use crate::network::{BlockChange, BlockId, Edit, Fragment, LayerId};

/// Why something cannot be done.
pub const INPUT_STAYS: &str = "The input stays the first layer";

/// The selected layers in the network's order, folded blocks whole.
pub struct Chosen<'a> {
    pub(super) view: &'a View<'a>,
    pub(super) rows: &'a Rows,
    /// Without the input.
    pub ids: Vec<LayerId>,
    /// The first and the last of their rows.
    span: Option<(usize, usize)>,
}

impl<'a> Chosen<'a> {
    pub fn of(view: &'a View<'a>, rows: &'a Rows) -> Self {
        Self::these(view, rows, view.selection.iter().copied())
    }

    /// These layers instead of the selected ones.
    pub fn these(
        view: &'a View<'a>,
        rows: &'a Rows,
        ids: impl IntoIterator<Item = LayerId>,
    ) -> Self {
        let chosen: HashSet<usize> = ids
            .into_iter()
            .filter_map(|id| rows.of_layer(id))
            .filter(|row| *row > 0)
            .collect();
        let graph = view.editor.graph();
        let all = (0..rows.rows.len()).filter(|row| chosen.contains(row));
        let nodes = all.flat_map(|row| rows.layers(graph, row));
        Self {
            view,
            rows,
            ids: nodes.map(|node| node.id).collect(),
            span: chosen
                .iter()
                .min()
                .copied()
                .zip(chosen.iter().max().copied()),
        }
    }

    /// Why nothing can be done with them.
    pub fn stays(&self) -> Option<&'static str> {
        Some(INPUT_STAYS).filter(|_| self.ids.is_empty())
    }

    /// "3 layers", the name of a block, or the layer's.
    fn name(&self) -> String {
        let graph = self.view.editor.graph();
        match (self.block(), self.ids.as_slice()) {
            (Some(block), _) if self.is_block(block) => graph
                .block(block)
                .map_or_else(String::new, |it| it.name.clone()),
            (_, [id]) => graph.name_of(*id),
            (_, ids) => format!("{} layers", ids.len()),
        }
    }

    /// The one block that all of them belong to.
    pub fn block(&self) -> Option<BlockId> {
        let graph = self.view.editor.graph();
        let mut blocks = self.ids.iter().map(|id| graph.node(*id)?.block);
        let first = blocks.next()??;
        blocks.all(|block| block == Some(first)).then_some(first)
    }

    /// Whether they are all the layers of the block.
    pub fn is_block(&self, block: BlockId) -> bool {
        let members = self.view.editor.graph().members(block);
        self.block() == Some(block) && members.count() == self.ids.len()
    }

    pub fn fragment(&self) -> Option<Fragment> {
        Fragment::of(self.view.editor.graph(), &self.ids).ok()
    }

    /// Deletes them and selects the next card, so that the keyboard can go on.
    pub fn delete(&self, commands: &mut Vec<Command>) {
        let Some((first, last)) = self.span else {
            return;
        };
        let graph = self.view.editor.graph();
        let next = self.rows.exit(graph, last + 1);
        let next = next.or_else(|| self.rows.exit(graph, first - 1));
        commands.push(Command::Edit(match self.ids.as_slice() {
            [id] => Edit::Delete(*id),
            ids => Edit::DeleteAll(ids.to_vec()),
        }));
        commands.push(Command::Select(next));
    }

    /// Copies right after the last of them.
    pub fn duplicate(&self, commands: &mut Vec<Command>) {
        let last = self
            .span
            .and_then(|(_, last)| self.rows.exit(self.view.editor.graph(), last));
        match (self.ids.as_slice(), last) {
            ([id], _) => commands.push(Command::Edit(Edit::Duplicate(*id))),
            (_, Some(after)) => {
                commands.extend(self.fragment().map(|fragment| Command::Together {
                    label: format!("duplicate {}", self.name()),
                    edits: vec![Edit::Paste { after, fragment }],
                }));
            }
            _ => {}
        }
    }

    /// Whether most of them are left out of the network.
    pub fn disabled(&self) -> bool {
        let graph = self.view.editor.graph();
        let mut nodes = self.ids.iter().filter_map(|id| graph.node(*id));
        nodes.all(|node| node.disabled)
    }

    /// Leaves them out, or takes them in again.
    pub fn disable(&self, commands: &mut Vec<Command>) {
        if !self.ids.is_empty() {
            commands.push(Command::Edit(Edit::Disable {
                ids: self.ids.clone(),
                disabled: !self.disabled(),
            }));
        }
    }

    /// Why they cannot be moved up or down by a card.
    pub fn fixed(&self, down: bool) -> Option<&'static str> {
        match self.span {
            None => Some(INPUT_STAYS),
            Some((1, _)) if !down => Some("It is the first layer after the input"),
            Some((_, last)) if down && last + 1 == self.rows.rows.len() => {
                Some("It is the last layer")
            }
            Some(_) => None,
        }
    }

    /// Moves them up or down by a card.
    pub fn shift(&self, down: bool, commands: &mut Vec<Command>) {
        let Some((first, last)) = self.span.filter(|_| self.fixed(down).is_none()) else {
            return;
        };
        let place = if down { last + 2 } else { first - 1 };
        commands.extend(self.moved(place));
    }

    /// Moves them before a row; none where they would stay where they are.
    pub fn moved(&self, place: usize) -> Option<Command> {
        let (first, last) = self.span?;
        let graph = self.view.editor.graph();
        let together = self.ids.len()
            == (first..=last)
                .map(|row| self.rows.layers(graph, row).len())
                .sum::<usize>();
        if together && (first..=last + 1).contains(&place) {
            return None;
        }
        if let [id] = self.ids.as_slice() {
            let place = self.rows.position(graph, place);
            let to = if graph.position(*id)? < place {
                place - 1
            } else {
                place
            };
            return Some(Command::Edit(Edit::Move { id: *id, to }));
        }
        let mut before = (0..place)
            .rev()
            .filter_map(|row| self.rows.exit(graph, row));
        let after = before.find(|id| !self.ids.contains(id))?;
        Some(Command::Together {
            label: format!("move {}", self.name()),
            edits: vec![
                Edit::DeleteAll(self.ids.clone()),
                Edit::Paste {
                    after,
                    fragment: self.fragment()?,
                },
            ],
        })
    }

    /// Why they cannot become a block.
    pub fn no_block(&self) -> Option<String> {
        if self.ids.is_empty() {
            return Some("Select the layers of the block first".to_owned());
        }
        let mut graph = self.view.editor.graph().clone();
        let edit = Edit::Group {
            ids: self.ids.clone(),
            name: String::new(),
        };
        graph.apply(&edit).err().map(|error| error.to_string())
    }

    /// Opens their block, or folds it.
    pub fn fold(&self, commands: &mut Vec<Command>) {
        let block = self
            .block()
            .and_then(|id| self.view.editor.graph().block(id));
        commands.extend(block.map(|block| fold(block.id, !block.folded)));
    }
}

/// Shows a block as one card, or its layers.
pub fn fold(id: BlockId, folded: bool) -> Command {
    let change = BlockChange::Fold(folded);
    Command::Edit(Edit::Block { id, change })
}

/// Selects a card: with Ctrl as well, or no more; with Shift all from the primary one to it.
pub fn click(view: &View<'_>, rows: &Rows, row: usize, ctrl: bool, shift: bool) -> Option<Command> {
    let graph = view.editor.graph();
    let id = rows.exit(graph, row)?;
    if shift {
        let start = view
            .selected
            .and_then(|id| rows.of_layer(id))
            .unwrap_or(row);
        let range = start.min(row)..=start.max(row);
        let ids = range.filter_map(|row| rows.exit(graph, row));
        // The primary one stays the end from which the range is drawn.
        let mut ids: Vec<LayerId> = ids.collect();
        if row > start {
            ids.reverse();
        }
        return Some(Command::SelectMany(ids));
    }
    if !ctrl {
        return Some(Command::Select(Some(id)));
    }
    let mut ids = view.selection.to_vec();
    let had = ids.len();
    ids.retain(|it| rows.of_layer(*it) != Some(row));
    if ids.len() == had {
        ids.push(id);
    }
    Some(Command::SelectMany(ids))
}

/// Selects all layers but the input; the primary one stays.
pub fn all(view: &View<'_>) -> Command {
    let nodes = view.editor.graph().nodes().iter().skip(1);
    let mut ids: Vec<LayerId> = nodes.map(|node| node.id).collect();
    if let Some(place) = ids.iter().position(|id| view.selected == Some(*id)) {
        let primary = ids.remove(place);
        ids.push(primary);
    }
    Command::SelectMany(ids)
}
